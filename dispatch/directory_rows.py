"""One row of a directory to one desk: what is named has to be there."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from dispatch.building_names import BuildingNames
from dispatch.contacts import Contact
from dispatch.errors import CityError
from dispatch.floors import show_floors
from dispatch.places import DirectoryDesk

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dispatch.city import City

LONGEST = 200
"""Characters of one entry."""

_ID = re.compile(r"k_[A-Za-z0-9_-]{1,60}\Z")

_FLOOR = re.compile(r"(-?\d{1,3})(?:\.0+)?\Z")
"""A floor, also as spreadsheets write it: 4.0."""


class RowFault(CityError):
    """What is wrong with a row of a directory; ``column`` is empty where it is the whole row."""

    default_code = "bad-directory"
    row = 0
    column = ""


class RowReader:
    """
    The desks read so far, and their contacts by id; a class because a row is checked against those
    before it.

    ``customer`` is whose they are where a row does not say. With ``known``, the desks there are of
    all customers, no row may say another customer or take the id of another one's desk.
    """

    def __init__(
        self, city: City, customer: str, known: Mapping[str, DirectoryDesk] | None = None
    ) -> None:
        self.desks: dict[str, DirectoryDesk] = {}
        self.contacts: dict[str, Contact] = {}
        self.faults: list[RowFault] = []
        self._known = known
        self._city = city
        self._customer = customer
        self.rows: dict[str, int] = {}
        self._buildings = BuildingNames(city.buildings)

    def read(self, number: int, row: Mapping[str, str]) -> None:
        """Adds a row, or notes what is wrong with it."""
        before = len(self.faults)
        for name, text in row.items():
            if len(text) > LONGEST:
                cure = f"Give at most {LONGEST} characters."
                self._note(number, name, f"It has {len(text)} characters.", cure, text[:40])
        named = row.get("customer", "")
        if self._known is not None and named not in ("", self._customer):
            cure = f"Leave it out, or give {self._customer!r}; import each customer for itself."
            what = f"This is the directory of {self._customer!r}."
            self._note(number, "customer", what, cure, named)
        building = self._building(number, row.get("building", ""))
        if building is None or len(self.faults) > before:
            return
        floor, assumed = self._floor(number, building, row)
        if floor is None:
            return
        desk = self._desk(row, building, floor, assumed)
        if self._check_id(number, desk):
            self.desks[desk.id] = desk
            name, phone = row.get("contact_name", ""), row.get("contact_phone", "")
            if name or phone:
                self.contacts[desk.id] = Contact(name=name, phone=phone)
            self.rows[desk.id] = number

    def _building(self, number: int, text: str) -> str | None:
        try:
            return self._buildings.find(text)
        except CityError as error:
            self._note(number, "building", error.what, error.cure, text)
            return None

    def _floor(
        self, number: int, building: str, row: Mapping[str, str]
    ) -> tuple[int | None, tuple[str, ...]]:
        """Returns the floor, and what of the desk's place had to be assumed."""
        interior = self._city.insides.interior(building)
        text, department = row.get("floor", ""), row.get("department", "")
        described = [d for d in interior.departments if d.name == department]
        if not text:
            if described:
                return described[0].floor, ()
            return interior.lobby, ("floor", "place")
        match = _FLOOR.match(text)
        floor = int(match[1]) if match else None
        if floor is None or floor not in interior.floors:
            cure = (
                f"Give a whole number; the floors are {show_floors(interior.floors)}, 0 is the "
                "ground floor, -1 the first below it."
            )
            what = f"Floor {text} is not in {building}." if match else f"{text!r} is no floor."
            self._note(number, "floor", what, cure, text)
            return None, ()
        return floor, () if any(d.floor == floor for d in described) else ("place",)

    def _desk(
        self, row: Mapping[str, str], building: str, floor: int, assumed: tuple[str, ...]
    ) -> DirectoryDesk:
        customer = row.get("customer") or self._customer
        named = row.get("department", ""), row.get("desk", "")
        return DirectoryDesk(
            id=row.get("id") or _own_id((customer, building, str(floor), *named)),
            building=building,
            floor=floor,
            department=named[0],
            desk=named[1],
            customer=customer,
            assumed=assumed,
        )

    def _check_id(self, number: int, desk: DirectoryDesk) -> bool:
        """Returns whether the desk may have its id; notes why not."""
        other = (self._known or {}).get(desk.id, desk).customer
        if not _ID.match(desk.id):
            cure = "Give k_ and then letters, digits, _ or -, or leave the id out."
            self._note(number, "id", f"{desk.id!r} is no id of a desk.", cure, desk.id)
        elif desk.id in self._city.offices:
            name = self._city.offices[desk.id].name
            cure = "Give another id, or leave it out."
            self._note(number, "id", f"{desk.id} is {name} on the map.", cure, desk.id)
        elif other != desk.customer:
            cure = "Give another id, or leave it out."
            self._note(number, "id", f"{desk.id} is a desk of {other!r}.", cure, desk.id)
        elif desk.id in self.desks:
            cure = "Leave one of the two rows out."
            what = f"The desk stands in row {self.rows[desk.id]} already."
            self._note(number, "desk", what, cure, desk.name)
        else:
            return True
        return False

    def _note(self, number: int, column: str, what: str, cure: str, value: object) -> None:
        self.faults.append(row_fault(number, column, what, cure, value))


def row_fault(number: int, column: str, what: str, cure: str, value: object) -> RowFault:
    """Returns what is wrong with a row, or with one entry of it."""
    at = f"row {number}, column {column}" if column else f"row {number}"
    fault = RowFault(what, at=at, cure=cure, value=value)
    fault.row, fault.column = number, column
    return fault


def _own_id(parts: tuple[str, ...]) -> str:
    """Returns the id of a desk that was given none: the same for the same words."""
    digest = hashlib.blake2s("\x1f".join(parts).encode(), digest_size=6)
    return f"k_{digest.hexdigest()}"
