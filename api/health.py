"""
Whether the service lives, and whether it can do its work.
"""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import APIRouter

from api.access import ANYBODY, needs
from api.bodies import Out
from api.calendars import unpublished
from api.depends import Here, Who
from api.zone import Room
from dispatch import webhook_deliveries as deliveries
from dispatch import webhooks

router = APIRouter(tags=["health"])


class LiveOut(Out):
    """That the event loop answers."""

    status: str


class ReadyOut(Out):
    """
    That orders can be taken. ``status`` is ``degraded`` while no better plans are looked for.

    ``search`` is ``ready``, ``starting``, ``lost`` (the next change starts it anew) or ``off``.
    ``warnings`` are what somebody should see to: a calendar not yet published, a webhook that was
    disabled. ``oldest_delivery_s`` is how long ago that happened which some webhook was not told
    yet.
    """

    status: str
    zone: str
    database: str
    search: str
    clock: str
    plan_version: int
    events: int
    oldest_delivery_s: int | None
    warnings: list[str]


@router.get("/livez", summary="Is the service alive", dependencies=[ANYBODY])
async def live() -> LiveOut:
    """Answers as long as the event loop does."""
    return LiveOut(status="ok")


@router.get("/readyz", summary="Can the service do its work", dependencies=[needs("health.read")])
async def ready(zone: Here, _: Who) -> ReadyOut:
    """Answers when the zone's thread and its database do; 503 when they cannot."""
    found = await zone.ask(_found)
    search = zone.improver.search.state if zone.improver else "off"
    return ReadyOut(
        status="degraded" if search in ("starting", "lost") else "ok",
        zone=zone.settings.zone,
        database="ok",
        search=search,
        clock=zone.settings.clock,
        plan_version=found.plan_version,
        events=found.events,
        oldest_delivery_s=found.oldest_delivery_s,
        warnings=found.warnings,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    """What the zone's thread says of itself."""

    plan_version: int
    events: int
    oldest_delivery_s: int | None
    warnings: list[str]


def _found(room: Room) -> _Found:
    with room.database.read() as connection:
        hooks = webhooks.read_all(connection, room.zone)
        oldest = deliveries.oldest(connection, room.zone)
    disabled = [
        f"Nothing is sent to webhook {hook.id}: {hook.disabled_for} Mend it, then enable it."
        for hook in hooks
        if hook.disabled_at is not None
    ]
    return _Found(
        room.dispatcher.plan.version,
        room.database.head(room.zone),
        None if oldest is None else max(0, room.now - oldest),
        [*unpublished(room.dispatcher.calendars, room.now), *disabled],
    )
