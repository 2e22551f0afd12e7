"""
What became of an import, as it looks from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from api.bodies import Moment, Out
from api.problems import FaultOut, Problem, clipped
from dispatch.tables import Fault, Table

MOST_TOLD = 1000
"""Faults of a table that are listed."""

Kind = Literal["orders", "desks"]
Mode = Literal["preview", "all_or_nothing", "valid_rows"]


class ImportFileOut(Out):
    """What was read: encoding and delimiter of a text, or the sheet of a workbook."""

    format: Literal["csv", "xlsx"]
    encoding: str | None
    delimiter: str | None
    sheet: str | None
    rows: int
    key: str


class ImportedOrderOut(Out):
    """
    An order of a file: its rows, and what became of it.

    ``valid`` is one that a preview would place, ``again`` one that was placed before. ``due_at`` of
    a preview is null where it rests on the plan at the moment of placing.
    """

    external_id: str
    rows: list[int]
    result: Literal["valid", "placed", "again", "refused"]
    order: str | None
    due_at: Moment | None
    requoted: bool


class ImportedDesksOut(Out):
    """How many desks a customer has with the file, and what becomes of those it had before."""

    customer: str
    desks: int
    added: int
    changed: int
    removed: int


class ImportOut(Out):
    """
    What became of a file; ``orders`` or ``desks`` is null.

    ``taken`` counts what the file brought, or would bring; ``again`` what was there before,
    ``refused`` what is wrong. ``errors`` are all that is wrong, ``errors_left_out`` how many are
    not listed.
    """

    kind: Kind
    mode: Mode
    file: ImportFileOut
    taken: int
    again: int
    refused: int
    orders: list[ImportedOrderOut] | None
    desks: ImportedDesksOut | None
    errors: list[FaultOut]
    errors_left_out: int


def file_out(table: Table, key: str) -> ImportFileOut:
    """Returns what was read of a file as JSON."""
    return ImportFileOut.model_validate(
        {
            "format": table.format,
            "encoding": table.encoding or None,
            "delimiter": table.delimiter or None,
            "sheet": table.sheet or None,
            "rows": len(table.rows),
            "key": key,
        }
    )


def faults_out(table: Table, faults: Sequence[Fault]) -> list[FaultOut]:
    """Returns the first faults of a table as JSON, by their rows."""
    told = sorted(faults, key=lambda fault: fault.row)[:MOST_TOLD]
    return [
        FaultOut(
            at=table.place(fault),
            message=fault.what,
            input=clipped(fault.value),
            row=fault.row,
            column=fault.column or None,
            cure=fault.cure or None,
            sheet=table.sheet or None,
            cell=table.cell(fault),
        )
        for fault in told
    ]


def refused(table: Table, faults: Sequence[Fault]) -> Problem:
    """Returns the refusal of a whole file, with all that is wrong with it."""
    errors = faults_out(table, faults)
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return Problem(
        422,
        "bad-import",
        f"Nothing was taken. {errors[0].at}: {errors[0].message}{more}",
        cure=errors[0].cure or "",
        errors=[error.model_dump() for error in errors],
    )
