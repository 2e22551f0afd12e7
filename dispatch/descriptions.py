"""
A building as its site manager describes it, in TOML or JSON.

`scenarios/data/example-building.toml` shows every entry. What a description leaves out keeps
its default, and is shown as assumed.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dispatch.described_fields import Fields
from dispatch.description_parts import (
    DoorGiven,
    read_access,
    read_departments,
    read_doors,
    read_lifts,
    read_reception,
    read_stairs,
)
from dispatch.errors import CityError
from dispatch.floors import show_floors
from dispatch.geo import Point
from dispatch.indoor import unreached
from dispatch.indoor_parameters import IndoorParameters
from dispatch.interiors import FREE, Door, Interior, Reception

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["FOLDER", "Description", "check_description", "read_descriptions"]

FOLDER = "buildings.d"
"""Where in a city's directory descriptions are read from."""


@dataclass(frozen=True, slots=True)
class Description:
    """
    What a file says of one building.

    It names the building by ``id`` or by a point in it, ``at``. ``parking`` is where bikes are
    left, None: at the door nearest to a road. ``doors`` stand in the order of the file.
    """

    source: str
    id: str
    at: Point | None
    name: str
    parking: Point | None
    doors: tuple[DoorGiven, ...]
    interior: Interior


def check_description(path: Path) -> tuple[Description | None, tuple[CityError, ...]]:
    """Returns what a file describes, and every fault in it; None where it cannot be read."""
    faults: list[CityError] = []
    data = _load(path, faults)
    if data is None:
        return None, tuple(faults)
    fields = Fields(data, path.name, faults)
    found = _read(fields)
    if not faults:
        _check_reach(found, path.name, faults)
    return found, tuple(faults)


def read_descriptions(folder: Path) -> tuple[Description, ...]:
    """
    Returns the descriptions in a folder by the names of their files, none where it is not there.

    Raises the first fault as CityError.
    """
    found: list[Description] = []
    for path in sorted(folder.glob("*")) if folder.is_dir() else ():
        if path.suffix in (".toml", ".json"):
            description, faults = check_description(path)
            if faults:
                raise faults[0]
            assert description is not None
            found.append(description)
    return tuple(found)


def _load(path: Path, faults: list[CityError]) -> Mapping[str, Any] | None:
    cure = "Write it as TOML or JSON in UTF-8; see scenarios/data/example-building.toml."
    try:
        text = path.read_text("utf-8")
        data = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        if not isinstance(data, dict):
            raise ValueError(f"a {type(data).__name__} instead of a table")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        fault = CityError(
            f"This cannot be read: {why}.", at=path.name, cure=cure, code="bad-description"
        )
        faults.append(fault)
        return None
    return data


def _read(fields: Fields) -> Description:
    fields.read_datum()
    key, at = fields.text("building"), fields.point("at")
    if bool(key) == ("at" in fields):
        fields.fault("building", "One building has to be named, in one way.", _NAMING)
    floors = fields.floors("floors")
    if floors is None and "floors" not in fields:
        fields.fault("floors", "This is missing.", 'Give all floors, such as "-2-12".')
    check_in = fields.table("check_in")
    seconds = check_in.number("seconds", 0, 3600, "seconds") if check_in else None
    hours = fields.week("hours")
    if check_in:
        hours = _both(hours, check_in.week("hours"))
        check_in.close()
    doors = read_doors(fields)
    interior = Interior(
        floors=floors or (0,),
        doors=tuple(d.door for d in doors) or (Door(None),),
        lifts=read_lifts(fields),
        stairs=read_stairs(fields),
        departments=read_departments(fields),
        access=read_access(fields) or FREE,
        reception=read_reception(fields) or Reception(),
        check_in_s=seconds,
        floor_height=fields.number("floor_height_m", 2, 20, "metres"),
        hours=hours,
        source=fields.at,
    )
    found = Description(
        source=fields.at,
        id=key,
        at=at,
        name=fields.text("name"),
        parking=fields.point("parking"),
        doors=doors,
        interior=interior,
    )
    fields.close()
    return found


_NAMING = 'Give building = "b_12", or a point inside it as at = [latitude, longitude].'


def _both(a: Any, b: Any) -> Any:
    return a.overlap(b) if a and b else a or b


def _check_reach(found: Description, at: str, faults: list[CityError]) -> None:
    """Notes floors that are named but not there, and floors that cannot be reached."""
    interior = found.interior
    named = [(f"entrance[{i}]", door.floor) for i, door in enumerate(interior.doors)]
    named += [(f"lifts[{i}]", f) for i, bank in enumerate(interior.lifts) for f in bank.floors]
    named += [(f"stairs[{i}]", f) for i, s in enumerate(interior.stairs) for f in s.floors]
    named += [(f"department[{i}]", d.floor) for i, d in enumerate(interior.departments)]
    named.append(("reception", interior.reception.floor))
    shown = show_floors(interior.floors)
    for where, floor in named:
        if floor not in interior.floors:
            cure = f"The floors are {shown}: correct this, or add {floor} to floors."
            what = f"Floor {floor} is not a floor of the building."
            fault = CityError(what, at=f"{at}.{where}", cure=cure, code="bad-description")
            faults.append(fault)
    if faults:
        return
    for floor in unreached(interior, IndoorParameters()):
        fault = CityError(
            f"Floor {floor} is reached by no lift and no stairs.",
            at=f"{at}.floors",
            cure=f"Add {floor} to the floors of a lift or of stairs that also stop at a floor "
            f"with an entrance, or leave it out of floors.",
            code="unreachable-floor",
            value=floor,
        )
        faults.append(fault)
