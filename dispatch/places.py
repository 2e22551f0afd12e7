"""
The values a city is made of: where a courier can stand, buildings, offices, ways.

Coordinates are WGS-84 degrees, durations integer seconds, distances metres. A floor is
counted from the ground floor, which is 0.
"""

from __future__ import annotations

from dataclasses import dataclass

from dispatch.hours import Week

OPENS, CLOSES = 7 * 3600, 20 * 3600
"""Hours of a building where nobody says them, seconds of the local day; assumed."""


@dataclass(frozen=True, slots=True)
class Place:
    """
    Where a courier can stand: on the street (``building`` None) or at a desk in a building.

    ``lat`` and ``lon`` are the door on the street. Two places with the same building,
    floor and desk are the same place; on the street it is the same point.
    """

    lat: float
    lon: float
    building: str | None = None
    floor: int = 0
    desk: str = ""


@dataclass(frozen=True, slots=True)
class Entrance:
    """A door of a building that the map knows; ``main`` as the map says."""

    id: str
    lat: float
    lon: float
    main: bool


@dataclass(frozen=True, slots=True)
class Building:
    """
    A building with floors ``lowest .. levels - 1``, those of ``missing`` left out.

    ``lat`` and ``lon`` are its centre, ``outline`` its outer wall as (lat, lon) pairs
    without the closing point. ``opens`` and ``closes`` are seconds of the local day on working
    days: those of ``hours``, or an assumption where ``hours`` is None. ``lift_floors`` are the
    floors of each lift of which the map says them; ``lifts`` counts these too.
    """

    id: str
    name: str
    address: str
    lat: float
    lon: float
    levels: int
    levels_assumed: bool
    lifts: int
    lifts_assumed: bool
    entrances: tuple[Entrance, ...]
    outline: tuple[tuple[float, float], ...]
    opens: int = OPENS
    closes: int = CLOSES
    lowest: int = 0
    lowest_assumed: bool = True
    missing: tuple[int, ...] = ()
    lift_floors: tuple[tuple[int, ...], ...] = ()
    hours: Week | None = None

    @property
    def floors(self) -> tuple[int, ...]:
        """The floors there are, ascending."""
        return tuple(f for f in range(self.lowest, self.levels) if f not in self.missing)


@dataclass(frozen=True, slots=True)
class Office:
    """
    An entry of the desk directory: a named office on the map, that is its front desk.

    ``hours`` None: the map does not say; the building's are taken.
    """

    id: str
    name: str
    building: str
    floor: int
    floor_assumed: bool
    lat: float
    lon: float
    hours: Week | None = None


@dataclass(frozen=True, slots=True)
class DirectoryDesk:
    """
    A desk of a customer's own directory; ``contact`` refers to who takes the goods there.

    ``assumed`` names what nobody said: ``floor`` where it is taken for the ground floor,
    ``place`` where the department's place on its floor is not described.
    """

    id: str
    building: str
    floor: int
    department: str = ""
    desk: str = ""
    customer: str = ""
    contact: str = ""
    assumed: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The desk as `Place.desk` has it, such as ``Accounting/4-117``."""
        return "/".join(part for part in (self.department, self.desk) if part)


@dataclass(frozen=True, slots=True)
class InsideLeg:
    """
    A part of a way that is not riding.

    ``kind`` is ``leave`` (unlock the bike and set off), ``park``, ``check_in``, ``badge``,
    ``escort``, ``stairs``, ``lift`` or ``walk``; the floors are None unless it changes the
    floor.
    """

    kind: str
    duration_s: int
    from_floor: int | None = None
    to_floor: int | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """
    How to get from one place to another.

    ``line`` are (lon, lat) pairs, the order of GeoJSON, from door to door; it is empty for
    a way within one building. ``entrance`` is the door to go in by, None where the map
    knows none or nobody goes in. ``inside`` are the legs before and after the ride, in
    order; ``duration_s`` is all of it, the ride included. ``steps`` tell the ride turn by turn.
    """

    duration_s: int
    distance_m: int
    line: tuple[tuple[float, float], ...]
    entrance: str | None
    inside: tuple[InsideLeg, ...]
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do, the whole seconds until the next one, and the whole metres to it."""

    text_zh: str
    text_en: str
    duration_s: int
    distance_m: int
