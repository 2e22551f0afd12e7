"""
From a customer's directory as it is sent, JSON or CSV, to desks or to all that is wrong with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError

from api.bodies import ContactBody, Floor, Id, In, Label
from api.problems import Problem, clipped
from dispatch.city import City
from dispatch.directory import MOST_ROWS, Directory, read_csv, read_rows
from dispatch.directory_rows import RowFault
from dispatch.errors import CityError
from dispatch.places import DirectoryDesk

JSON, CSV = "application/json", "text/csv"

PATHS = {"contact_name": "contact.name", "contact_phone": "contact.phone"}
"""Where in an item of JSON a column is, if not under its own name."""


class DeskRowIn(In):
    """
    A desk of a customer; ``building`` is an id, a name or an address.

    ``floor`` null: the described department's, else the lobby's, which is shown as assumed.
    """

    id: Id | None = None
    building: Label
    floor: Floor | None = None
    department: Label = ""
    desk: Label = ""
    contact: ContactBody = ContactBody()

    def row(self) -> dict[str, str]:
        """Returns the desk as a row of a table."""
        return {
            "id": self.id or "",
            "building": self.building,
            "floor": "" if self.floor is None else str(self.floor),
            "department": self.department,
            "desk": self.desk,
            "contact_name": self.contact.name,
            "contact_phone": self.contact.phone,
        }


class DirectoryIn(In):
    """All desks of a customer."""

    items: Annotated[list[DeskRowIn], Field(max_length=MOST_ROWS)]


REQUEST_BODY: Mapping[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["items"],
                    "properties": {
                        "items": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["building"],
                                "properties": {
                                    "id": {"type": "string"},
                                    "building": {"type": "string"},
                                    "floor": {"type": "integer", "nullable": True},
                                    "department": {"type": "string"},
                                    "desk": {"type": "string"},
                                    "contact": {"$ref": "#/components/schemas/ContactBody"},
                                },
                            },
                        }
                    },
                }
            },
            CSV: {"schema": {"type": "string"}},
        },
    }
}
"""The body as OpenAPI tells it; FastAPI cannot see it, as it is read by its content type."""


def read_table(
    kind: str, body: bytes, city: City, customer: str, known: Mapping[str, DirectoryDesk]
) -> Directory:
    """
    Returns the desks of a body of a content type; ``known`` are those there are so far.

    Raises Problem with all rows that are wrong, RequestValidationError for JSON of another form.
    """
    if kind == CSV:
        return _desks(read_csv(body, city, customer, known), json=False)
    if kind != JSON:
        raise Problem(
            415,
            "unsupported-media-type",
            f"The body is {kind or 'of no content type'}.",
            cure=f"Send {JSON} or {CSV}.",
        )
    try:
        sent = DirectoryIn.model_validate_json(body)
    except ValidationError as error:
        faults = error.errors()
        if faults[0]["type"] == "json_invalid":
            reason = faults[0]["ctx"]["error"]
            raise Problem(400, "invalid-json", f"The body is not JSON: {reason}.") from error
        raise RequestValidationError(
            [{**fault, "loc": ("body", *fault["loc"])} for fault in faults]
        ) from error
    rows = [(number, item.row()) for number, item in enumerate(sent.items, start=1)]
    return _desks(read_rows(rows, city, customer, known), json=True)


def _desks(found: Directory, *, json: bool) -> Directory:
    if not found.faults:
        return found
    errors = [_fault_out(fault, json=json) for fault in found.faults]
    first = found.faults[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    raise Problem(
        422,
        "bad-directory",
        f"Nothing was taken. {errors[0]['at']}: {first.what}{more}",
        cure=first.cure,
        errors=errors,
    )


def _fault_out(fault: CityError, *, json: bool) -> dict[str, Any]:
    told = {
        "at": fault.at,
        "message": fault.what,
        "input": clipped(fault.value),
        "cure": fault.cure,
    }
    if isinstance(fault, RowFault):
        if json:
            path = PATHS.get(fault.column, fault.column)
            told["at"] = f"items[{fault.row - 1}]" + (f".{path}" if path else "")
        else:
            told |= {"row": fault.row, "column": fault.column or None}
    return told
