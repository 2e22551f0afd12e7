"""
Where a drop is handed over, and when that place is open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from solver.problem import FOREVER, TimeWindow

if TYPE_CHECKING:
    from dispatch.city import City
    from dispatch.hours import Week
    from dispatch.orders import Drop
    from dispatch.places import Place

DAY = 24 * 3600
HORIZON_S = FOREVER // 4
"""What is farther ahead than eight years is planned as if it were then."""


def desk_place(city: City, drop: Drop) -> Place:
    """Returns where in the city a drop is handed over."""
    name = "/".join(part for part in (drop.desk.department, drop.desk.desk) if part)
    return city.place(drop.desk.building, drop.desk.floor, name)


def handed_over(city: City, drop: Drop, weekday: int, second: int) -> tuple[Place, Week]:
    """Returns where a drop is handed over as things are at a moment, and when that is open."""
    desk = desk_place(city, drop)
    office = city.offices.get(drop.desk.id or "")
    own = office.hours if office is not None else None
    place = city.handover(desk, weekday, second, own)
    return place, city.hours(place, own if place == desk else None)


def opening(week: Week, weekday: int, second: int) -> TimeWindow:
    """
    Returns when a desk is open, from a second of a local day on: that day or else the next.

    Breaks in a day are not seen: who comes at noon waits. A desk that never opens does so at the
    horizon, where no shift reaches.
    """
    for ahead in range(len(week.days) + 1):
        spans = week.days[(weekday + ahead) % len(week.days)]
        left = [span for span in spans if span[1] + ahead * DAY >= second]
        if left:
            early = max(0, left[0][0] + ahead * DAY - second)
            return TimeWindow(early, max(early, left[-1][1] + ahead * DAY - second))
    return TimeWindow(HORIZON_S, HORIZON_S)
