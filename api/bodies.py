"""
What bodies of requests and answers have in common, and the parts that several of them share.

Instants are RFC 3339 with an offset outside and Unix seconds inside.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from dispatch.contacts import Contact, Kind
from dispatch.coordinates import latitude_fault, longitude_fault
from dispatch.datum import Datum, to_wgs84
from dispatch.intake import MOST
from dispatch.orders import Item
from dispatch.requests import DeskRequest, DropRequest

MAX_DROPS = 50
"""Drops of one order at most."""

MAX_ITEMS = 200
"""Lines of one drop at most."""

YEARS = range(2000, 2100)
"""Years in which instants make sense."""


Keep = Callable[[Contact], str]
"""Holds what is told of a person, and gives the reference to it."""


class In(BaseModel):
    """A body that is sent to the service; an unknown field is an error."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Out(BaseModel):
    """A body that the service answers."""

    model_config = ConfigDict(frozen=True)


T = TypeVar("T")


class Page(Out, Generic[T]):
    """A part of a list; ``next`` is the cursor of the part after it, null at the end."""

    items: list[T]
    next: str | None = None


def read_instant(value: Any) -> int:
    """Returns the Unix seconds of an RFC 3339 text; raises for one without an offset."""
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise PydanticCustomError(
            "instant", "Give an instant as RFC 3339 text, like 2026-11-23T10:04:12+02:00"
        ) from None
    if moment.tzinfo is None:
        raise PydanticCustomError(
            "instant_offset", "Give the instant with its offset, like 2026-11-23T10:04:12+02:00"
        )
    if moment.year not in YEARS:
        raise PydanticCustomError("instant_year", "Give an instant in the years 2000 to 2099")
    return int(moment.timestamp())


Instant = Annotated[
    int,
    BeforeValidator(read_instant),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment in Unix seconds, told as RFC 3339 text."""

Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A moment in an answer: RFC 3339 text in the time zone of the city."""

Id = Annotated[str, Field(min_length=1, max_length=100)]
Label = Annotated[str, Field(max_length=200)]
ServiceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,49}$")]
Note = Annotated[str, Field(max_length=1000)]
Quantity = Annotated[int, Field(strict=True, ge=1, le=MOST)]
Units = Annotated[int, Field(strict=True, ge=0, le=MOST)]
Floor = Annotated[int, Field(strict=True, ge=-20, le=200)]


def _check_latitude(value: float) -> float:
    if fault := latitude_fault(value):
        raise PydanticCustomError("latitude", "{fault}", {"fault": fault})
    return value


def _check_longitude(value: float) -> float:
    if fault := longitude_fault(value):
        raise PydanticCustomError("longitude", "{fault}", {"fault": fault})
    return value


def _degrees(most: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "number", "minimum": -most, "maximum": most})


Latitude = Annotated[float, Field(strict=True), AfterValidator(_check_latitude), _degrees(90)]
Longitude = Annotated[float, Field(strict=True), AfterValidator(_check_longitude), _degrees(180)]


class PointIn(In):
    """A place on the map; ``datum`` is what its degrees are counted in."""

    lat: Latitude
    lon: Longitude
    datum: Datum = Datum.WGS84

    def wgs84(self) -> tuple[float, float]:
        """Returns latitude and longitude in WGS-84."""
        return to_wgs84((self.lat, self.lon), self.datum)


class ContactBody(In):
    """Who takes the goods at the desk."""

    name: Label = ""
    phone: Label = ""


class DeskIn(In):
    """A desk of the directory by ``id``, or one named ad hoc by building and floor."""

    id: Id | None = None
    building: Id | None = None
    floor: Floor | None = None
    department: Label = ""
    desk: Label = ""
    contact: ContactBody = ContactBody()

    def to_domain(self, keep: Keep) -> DeskRequest:
        """Returns the desk as it is asked for; whether it exists is not yet known."""
        return DeskRequest(
            id=self.id,
            building=self.building,
            floor=self.floor,
            department=self.department,
            desk=self.desk,
            contact=keep(Contact(name=self.contact.name, phone=self.contact.phone)),
        )


class ItemBody(In):
    """A line of a drop; ``load`` is that of one unit."""

    sku: Id
    quantity: Quantity
    load: Units = 1
    name: Label = ""

    def to_domain(self) -> Item:
        """Returns the line as a value of the business."""
        return Item(self.sku, self.quantity, self.load, self.name)


class DropIn(In):
    """The goods for one desk."""

    desk: DeskIn
    items: Annotated[list[ItemBody], Field(min_length=1, max_length=MAX_ITEMS)]
    note: Note = ""

    def to_domain(self, keep: Keep) -> DropRequest:
        """Returns the drop as it is asked for."""
        items = tuple(item.to_domain() for item in self.items)
        return DropRequest(
            self.desk.to_domain(keep), items, keep(Contact(Kind.NOTE, text=self.note))
        )


Drops = Annotated[list[DropIn], Field(min_length=1, max_length=MAX_DROPS)]


class DelayOut(Out):
    """By how much an order becomes later, and whether its promise is still kept."""

    order: str
    by_s: int
    still_on_time: bool
