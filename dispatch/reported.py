"""
The speeds that reports of traffic put in force, and their end.

Where reports in force name the same segment, the latest holds; when it ends, the one before
holds again.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING

from dispatch.events import TrafficEnded
from dispatch.live import live_streets

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

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
        found |= _told(live, report)
    return found


def closes(reports: Iterable[Traffic]) -> bool:
    """Returns whether any report closes a street."""
    return any(
        0 in {*(part.kmh for part in report.areas), *(part.kmh for part in report.segments)}
        for report in reports
    )


@lru_cache(maxsize=8)
def closing(city: Hashable, reports: tuple[Traffic, ...]) -> tuple[str, ...]:
    """Returns the ids of the reports that hold segments of a city closed, the earliest first."""
    live = live_streets(city)
    if live is None:
        return ()
    told = {report.id: _told(live, report) for report in reports}
    holds = {key: name for name, speed in told.items() for key in speed}
    return tuple(
        name
        for name, speed in told.items()
        if any(kmh == 0 and holds[key] == name for key, kmh in speed.items())
    )


def _told(live: LiveStreets, report: Traffic) -> dict[SegKey, float]:
    told: dict[SegKey, float] = {}
    for part in report.areas:
        told |= dict.fromkeys(live.segments_in(part.area), part.kmh)
    return told | {(s.a, s.b): s.kmh for s in report.segments}
