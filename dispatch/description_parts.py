"""The parts of a building's description: doors, lifts, stairs, departments, access."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dispatch.geo import Point
from dispatch.indoor_parameters import BANDS
from dispatch.interiors import (
    FREE,
    Access,
    Badge,
    Department,
    DeskSpot,
    Door,
    LiftBank,
    Reception,
    Stairs,
)

if TYPE_CHECKING:
    from dispatch.described_fields import Fields

FAR = 2000.0
"""Metres; more is a slip of the pen inside a building."""

LONG = 7200.0
"""Seconds; more is a slip of the pen for one wait."""


@dataclass(frozen=True, slots=True)
class DoorGiven:
    """An entrance as described: the door, and where it is, None if by its id on the map."""

    door: Door
    at: Point | None


def read_doors(fields: Fields) -> tuple[DoorGiven, ...]:
    """Returns the entrances; couriers may use none that says ``couriers = false``."""
    found: list[DoorGiven] = []
    for entry in fields.tables("entrance"):
        key, at = entry.text("id"), entry.point("at")
        if not key and "at" not in entry:
            cure = 'Give at = [latitude, longitude], or the id of the map, such as id = "e_12".'
            entry.fault("at", "Where the entrance is, is missing.", cure)
        door = Door(
            id=key or None,
            walk_m=entry.number("walk_m", 0, FAR, "metres"),
            floor=entry.whole("floor", -20, 200) or 0,
            check_in=entry.flag("check_in", default=True),
            source=entry.at,
        )
        if entry.flag("couriers", default=True):
            found.append(DoorGiven(door, at))
        entry.close()
    if "entrance" in fields and not found and not fields.faults:
        cure = "Leave couriers = false off at least one entrance, or name no entrance at all."
        fields.fault("entrance", "There is no entrance for couriers.", cure)
    return tuple(found)


def read_lifts(fields: Fields) -> tuple[LiftBank, ...]:
    """Returns the banks of lifts."""
    found: list[LiftBank] = []
    for i, entry in enumerate(fields.tables("lifts"), start=1):
        waits = entry.table("wait_s")
        known = {band: waits.number(band, 0, LONG, "seconds") for band in BANDS} if waits else {}
        if waits:
            waits.close()
        bank = LiftBank(
            name=entry.text("name") or f"lifts {i}",
            floors=_some_floors(entry),
            cars=entry.whole("cars", 1, 50),
            speed=entry.number("speed_m_s", 0.1, 20, "metres per second"),
            dwell=entry.number("dwell_s", 0, 120, "seconds"),
            waits=tuple((band, wait) for band, wait in known.items() if wait is not None),
            source=entry.at,
        )
        entry.close()
        if any(other.name == bank.name for other in found):
            entry.fault("name", f"Two banks are named {bank.name!r}.", "Name each differently.")
        found.append(bank)
    return tuple(found)


def read_stairs(fields: Fields) -> tuple[Stairs, ...]:
    """Returns the staircases that couriers may use."""
    found: list[Stairs] = []
    for i, entry in enumerate(fields.tables("stairs"), start=1):
        name = entry.text("name") or f"stairs {i}"
        found.append(Stairs(name, _some_floors(entry), entry.at))
        entry.close()
    return tuple(found)


def _some_floors(entry: Fields) -> tuple[int, ...]:
    floors = entry.floors("floors")
    if floors is None and "floors" not in entry:
        entry.fault("floors", "This is missing.", 'Give the floors it stops at, such as "0-12".')
    if floors is not None and len(floors) < 2:
        entry.fault("floors", "It joins fewer than two floors.", 'Give them, such as "0-12".')
    return floors or ()


def read_departments(fields: Fields) -> tuple[Department, ...]:
    """Returns the departments with their desks."""
    found: list[Department] = []
    for entry in fields.tables("department"):
        floor = entry.whole("floor", -20, 200)
        if floor is None and "floor" not in entry:
            entry.fault("floor", "This is missing.", "Give its floor; 0 is the ground floor.")
        department = Department(
            name=entry.required("name"),
            floor=floor or 0,
            walk_m=entry.number("walk_m", 0, FAR, "metres"),
            access=read_access(entry) or FREE,
            hours=entry.week("hours"),
            desks=_read_desks(entry),
            source=entry.at,
        )
        entry.close()
        if (department.name, floor) in [(d.name, d.floor) for d in found]:
            cure = "Describe it once, with all its desks."
            entry.fault("name", f"{department.name!r} stands twice on floor {floor}.", cure)
        found.append(department)
    return tuple(found)


def _read_desks(fields: Fields) -> tuple[DeskSpot, ...]:
    found: list[DeskSpot] = []
    for entry in fields.tables("desk"):
        desk = DeskSpot(entry.required("name"), entry.number("walk_m", 0, FAR, "metres") or 0)
        if desk.name in [d.name for d in found]:
            entry.fault("name", f"The desk {desk.name!r} stands twice.", "Name each desk once.")
        found.append(desk)
        entry.close()
    return tuple(found)


def read_access(fields: Fields) -> Access | None:
    """Returns who may enter; None where nothing is said."""
    entry = fields.table("access")
    if entry is None:
        return None
    badge = entry.text("badge") or Badge.NONE.value
    if badge not in {b.value for b in Badge}:
        cure = 'Give "none", "slow" (somebody opens) or "refused" (couriers never pass).'
        entry.fault("badge", f"The value is {badge!r}.", cure)
        badge = Badge.NONE.value
    found = Access(
        badge=Badge(badge),
        badge_s=entry.number("badge_s", 0, LONG, "seconds"),
        escort=entry.flag("escort", default="escort_s" in entry),
        escort_s=entry.number("escort_s", 0, LONG, "seconds"),
        hours=entry.week("delivery_hours"),
        source=entry.at,
    )
    entry.close()
    return found


def read_reception(fields: Fields) -> Reception | None:
    """Returns where goods are left instead; None where nothing is said."""
    entry = fields.table("reception")
    if entry is None:
        return None
    found = Reception(
        floor=entry.whole("floor", -20, 200) or 0,
        walk_m=entry.number("walk_m", 0, FAR, "metres"),
        takes_goods=entry.flag("takes_goods", default=True),
        hours=entry.week("hours"),
        source=entry.at,
    )
    entry.close()
    return found
