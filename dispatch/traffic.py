"""
Live traffic: reports of speeds come in and hold for a while; the streets follow them.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dispatch.errors import CityError, Conflict, NotFound
from dispatch.events import TrafficChanged, TrafficEnded
from dispatch.live import Traffic, live_streets
from dispatch.reported import expired, speeds
from dispatch.traffic_checks import check, check_consistent

if TYPE_CHECKING:
    from dispatch.dispatcher import Dispatcher
    from dispatch.live import LiveStreets
    from dispatch.traffic_checks import TrafficRequest

logger = logging.getLogger(__name__)

MOST_IN_FORCE = 1000
"""Reports in force at once, at most."""


def set_traffic(dispatcher: Dispatcher, request: TrafficRequest, now: int) -> Traffic:
    """
    Returns the report now in force, with the plan made anew by its times.

    What it cuts off is left out of the plan, which says so. Raises InvalidRequest for a report that
    is empty, over already or contradicts itself; CityError for an unknown segment; Conflict where
    the streets take no reports or have too many. Then nothing has changed.
    """
    live = _live(dispatcher)
    state = dispatcher.state
    if len(state.traffic) >= MOST_IN_FORCE:
        raise Conflict(
            f"{len(state.traffic)} reports are in force.",
            at="segments",
            cure="End some, give `until`, or report many segments at once.",
            code="too-much-traffic",
        )
    check(request, now)
    check_consistent(live, request)
    report = Traffic(
        id=f"t_{state.traffic_given + 1}",
        set_at=now,
        segments=request.segments,
        areas=request.areas,
        until=request.until,
        note=request.note,
    )
    dispatcher.handle(now, TrafficChanged(now, report))
    return report


def end_traffic(dispatcher: Dispatcher, report: str, now: int) -> Traffic:
    """Returns the report that is no longer in force; raises NotFound for an unknown one."""
    found = dispatcher.state.traffic.get(report)
    if found is None:
        raise NotFound(
            f"No traffic report {report!r} is in force.",
            at="path.traffic_id",
            cure="See GET /v1/traffic.",
            code="unknown-traffic",
            value=report,
        )
    dispatcher.handle(now, TrafficEnded(now, report))
    return found


def restore(dispatcher: Dispatcher, now: int) -> None:
    """
    Puts the reports that a restart found in force, before anything is planned.

    Those whose time is over end, those about segments that the map no longer has, and all where
    the streets take none any more.
    """
    state, live = dispatcher.state, live_streets(dispatcher.city)
    if live is None or not state.traffic:
        return
    ended = {event.traffic for event in expired(state, now)}
    reports = [report for report in state.traffic.values() if report.id not in ended]
    try:
        live.set_speeds({**speeds(live, reports)})
    except CityError:
        for report in reports:
            try:
                live.set_speeds({**speeds(live, [report])})
            except CityError as error:
                logger.warning("traffic report %s ends: %s", report.id, error)
                ended.add(report.id)
    dispatcher.record(now, *(TrafficEnded(now, report) for report in sorted(ended)))


def _live(dispatcher: Dispatcher) -> LiveStreets:
    live = live_streets(dispatcher.city)
    if live is None or live.streets_fixed:
        raise Conflict(
            "The streets of this city take no reports of traffic.",
            at="segments",
            cure="Use the engine of the house, or change the speeds where its times come from.",
            code="no-live-traffic",
        )
    return live
