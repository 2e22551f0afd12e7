"""
Whether the service lives, and whether it can do its work.
"""

from __future__ import annotations

from fastapi import APIRouter

from api.bodies import Out
from api.calendars import unpublished
from api.depends import Here, Who

router = APIRouter(tags=["health"])


class LiveOut(Out):
    """That the event loop answers."""

    status: str


class ReadyOut(Out):
    """
    That orders can be taken. ``status`` is ``degraded`` while no better plans are looked for.

    ``search`` is ``ready``, ``starting``, ``lost`` (the next change starts it anew) or ``off``.
    ``warnings`` are what somebody should see to in the next weeks: a calendar not yet published.
    """

    status: str
    zone: str
    database: str
    search: str
    clock: str
    plan_version: int
    events: int
    warnings: list[str]


@router.get("/livez", summary="Is the service alive")
async def live(_: Who) -> LiveOut:
    """Answers as long as the event loop does."""
    return LiveOut(status="ok")


@router.get("/readyz", summary="Can the service do its work")
async def ready(zone: Here, _: Who) -> ReadyOut:
    """Answers when the zone's thread and its database do; 503 when they cannot."""
    events, version, warnings = await zone.ask(
        lambda room: (
            room.database.head(room.zone),
            room.dispatcher.plan.version,
            list(unpublished(room.dispatcher.calendars, room.now)),
        )
    )
    search = zone.improver.search.state if zone.improver else "off"
    return ReadyOut(
        status="degraded" if search in ("starting", "lost") else "ok",
        zone=zone.settings.zone,
        database="ok",
        search=search,
        clock=zone.settings.clock,
        plan_version=version,
        events=events,
        warnings=warnings,
    )
