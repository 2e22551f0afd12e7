"""
The figures of a service for Prometheus, read as somebody asks for them.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client.exposition import choose_encoder

from api.access import Who, needs
from api.asked import Room
from dispatch import webhook_deliveries as deliveries
from dispatch.errors import DispatchError

if TYPE_CHECKING:
    from api.zone import Zone

router = APIRouter(tags=["health"])

PATIENCE_S = 1.0
"""Seconds that somebody who reads figures waits for the zone's thread; the others are told then."""


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=PlainTextResponse,
    dependencies=[needs("health.read")],
)
async def metrics(request: Request, _: Who) -> Response:
    """
    Answers all figures in Prometheus's text format, or OpenMetrics where that is asked for.

    What only the zone's thread can tell keeps its last value while that does not answer, and
    `dispatch_zone_answers` is 0.
    """
    zone: Zone = request.app.state.zone
    figures = zone.metrics
    try:
        age = await asyncio.wait_for(zone.ask(webhook_age, wake=False), PATIENCE_S)
    except (TimeoutError, DispatchError):
        figures.zone_answers.set(0)
    else:
        figures.zone_answers.set(1)
        figures.webhook_oldest_s.set(age or 0)
    encode, media_type = choose_encoder(request.headers.get("accept", ""))
    return Response(encode(figures.registry), media_type=media_type)


def watch(zone: Zone) -> None:
    """Adds the figures that are what is so when somebody reads them."""
    add = zone.metrics.watch
    zone.metrics.promises.expect(zone.settings.services())
    add(
        "dispatch_backlog_seconds",
        "Seconds that what is asked of the zone now will wait.",
        lambda: zone.waiting.backlog_s,
    )
    add("dispatch_backlog_asks", "What is asked of the zone and waits.", lambda: len(zone.waiting))
    add(
        "dispatch_load",
        "0: calm; 1: no searches; 2: nor new work of clients; 3: nor anything else.",
        lambda: zone.waiting.load,
    )
    add("dispatch_sse_clients", "Event streams that are open.", lambda: zone.feed.listening)
    add("dispatch_tick_late_seconds", "By how much a tick is late.", lambda: zone.ticking.late_s)
    add("dispatch_log_events", "Events in the zone's log.", lambda: zone.head)


def webhook_age(room: Room) -> int | None:
    """Returns how long ago that happened which some webhook was not told yet, None for nothing."""
    with room.database.read() as connection:
        oldest = deliveries.oldest(connection, room.zone)
    return None if oldest is None else max(0, room.now - oldest)
