"""
What is known of the inside of a building: the values its graph is compiled from.

None stands for "not known": the figure of `IndoorParameters` is taken instead, and shown as
assumed. ``source`` says where a thing is known from, such as ``map: highway=elevator`` or
``tower.toml: lifts[0]``; empty means that the thing itself is assumed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from dispatch.hours import Week

if TYPE_CHECKING:
    from dispatch.places import Building

RECEPTION = "reception"
"""The name of the desk at which goods are left when their own cannot be reached."""


class Badge(StrEnum):
    """What a door with a badge reader means for a courier."""

    NONE = "none"
    SLOW = "slow"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Access:
    """
    Who may enter, and when.

    ``badge`` is ``slow`` where somebody opens the door, ``refused`` where couriers never pass.
    ``escort_s`` is the wait for the person who fetches the courier; ``escort`` True with None
    takes the default. ``hours`` are when deliveries are taken, None: whenever it is open.
    """

    badge: Badge = Badge.NONE
    badge_s: float | None = None
    escort: bool = False
    escort_s: float | None = None
    hours: Week | None = None
    source: str = ""


FREE = Access()
"""Nothing in the way."""


@dataclass(frozen=True, slots=True)
class Door:
    """
    An entrance that couriers may use.

    ``away_m`` are the metres on foot from where the bike is parked, ``walk_m`` those from the
    door to lifts and stairs. ``check_in`` tells whether one passes the lobby's desk there.
    """

    id: str | None
    away_m: float = 0
    walk_m: float | None = None
    floor: int = 0
    check_in: bool = True
    source: str = ""


@dataclass(frozen=True, slots=True)
class LiftBank:
    """
    Lifts side by side that serve the same floors.

    ``speed`` is metres per second, ``dwell`` the seconds of one stop, ``waits`` the mean wait
    by band, seconds.
    """

    name: str
    floors: tuple[int, ...]
    cars: int | None = None
    speed: float | None = None
    dwell: float | None = None
    waits: tuple[tuple[str, float], ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Stairs:
    """A staircase and the floors it opens on."""

    name: str
    floors: tuple[int, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class DeskSpot:
    """A desk of a department, ``walk_m`` metres from the department's door."""

    name: str
    walk_m: float = 0


@dataclass(frozen=True, slots=True)
class Department:
    """A department, its door ``walk_m`` metres from the lifts, and the desks known in it."""

    name: str
    floor: int
    walk_m: float | None = None
    access: Access = FREE
    hours: Week | None = None
    desks: tuple[DeskSpot, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Reception:
    """Where goods are left on the ground floor; ``walk_m`` metres from the door."""

    floor: int = 0
    walk_m: float | None = None
    takes_goods: bool = True
    hours: Week | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Interior:
    """
    The inside of a building; floors ascending, as many as there are storeys.

    Storeys are counted along ``floors``: where there is no floor 13, floor 14 is one above 12.
    """

    floors: tuple[int, ...]
    doors: tuple[Door, ...]
    lifts: tuple[LiftBank, ...] = ()
    stairs: tuple[Stairs, ...] = ()
    departments: tuple[Department, ...] = ()
    access: Access = FREE
    reception: Reception = Reception()
    check_in_s: float | None = None
    floor_height: float | None = None
    hours: Week | None = None
    source: str = ""

    @property
    def lobby(self) -> int:
        """The floor of the first door: where one comes in."""
        return self.doors[0].floor

    def department(self, floor: int, desk: str) -> Department | None:
        """Returns the department that a desk such as ``Accounting/4-117`` is in, if known."""
        for department in self.departments:
            if department.floor == floor and (desk + "/").startswith(department.name + "/"):
                return department
        return None


def usual_interior(building: Building, door: str | None) -> Interior:
    """
    Returns the inside of a building of which only the map is known.

    Stairs reach every floor. A lift that the map draws serves the floors the map gives it;
    where those leave out the top, or none is drawn, the usual lifts serve all floors.
    """
    floors = building.floors
    banks = [
        LiftBank(f"lift {i}", served, 1, source="map: level of the lift")
        for i, served in enumerate(building.lift_floors, start=1)
    ]
    rest = building.lifts - len(banks)
    if rest > 0:
        usual = LiftBank("lifts", floors)
        known = replace(usual, cars=rest, source="map: highway=elevator")
        banks.append(usual if building.lifts_assumed else known)
    return Interior(
        floors=floors,
        doors=(Door(door, source="map: entrance" if door else ""),),
        lifts=tuple(bank for bank in banks if len(bank.floors) > 1),
        stairs=(Stairs("stairs", floors),),
        hours=building.hours,
        source="" if building.levels_assumed else "map: building:levels",
    )
