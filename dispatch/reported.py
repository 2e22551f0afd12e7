"""
The speeds that reports of traffic put in force, and their end.

Where reports in force name the same segment, the latest holds; when it ends, the one before
holds again.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from dispatch.events import TrafficEnded
from dispatch.live import live_streets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dispatch.live import LiveStreets, SegKey, Traffic
    from dispatch.state import State


def expired(state: State, now: int) -> tuple[TrafficEnded, ...]:
    """Returns the ends of the reports whose time is over."""
    return tuple(
        TrafficEnded(now, report.id)
        for report in state.traffic.values()
        if report.until is not None and report.until <= now
    )


@contextmanager
def in_force(city: object, before: State, after: State) -> Iterator[None]:
    """
    Puts the speeds of the state after in force, and those of before again when this fails.

    Raises CityError for a segment that the city does not have; then nothing has changed.
    """
    live = live_streets(city)
    if live is None or before.traffic is after.traffic:
        yield
        return
    old, new = (speeds(live, state.traffic.values()) for state in (before, after))
    change: dict[SegKey, float | None] = dict.fromkeys(old.keys() - new.keys())
    change |= {key: kmh for key, kmh in new.items() if old.get(key) != kmh}
    if not change:
        yield
        return
    live.set_speeds(change)
    try:
        yield
    except BaseException:
        live.set_speeds({key: old.get(key) for key in change})
        raise


def speeds(live: LiveStreets, reports: Iterable[Traffic]) -> dict[SegKey, float]:
    """Returns the km/h of each segment that reports name; the latest report holds."""
    found: dict[SegKey, float] = {}
    for report in reports:
        for part in report.areas:
            found |= dict.fromkeys(live.segments_in(part.area), part.kmh)
        found |= {(s.a, s.b): s.kmh for s in report.segments}
    return found
