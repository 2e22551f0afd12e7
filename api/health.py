"""
Whether the service lives, and whether it can do its work.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from api.access import ANYBODY, needs
from api.bodies import Out
from api.checks import Check, examine, state_of
from api.depends import Here, Who

router = APIRouter(tags=["health"])


class LiveOut(Out):
    """That the event loop answers."""

    status: str


class CheckOut(Out):
    """One thing that was looked at; ``detail`` says what was found where it is not ``ok``."""

    name: str
    state: Literal["ok", "warn", "fail"]
    detail: str | None


class ReadyOut(Out):
    """
    Whether orders can be taken. ``status`` is ``ok``; ``degraded`` while they are taken but
    planned worse than usual; or ``failing``, with 503.

    ``checks`` are those of `api.checks.CHECKS`. ``search`` is ``ready``, ``starting``, ``lost``
    (the next change starts it anew) or ``off``. ``load`` is ``calm``, ``shedding`` (no searches),
    ``refusing`` (nor new work of clients) or ``closed``, and what comes now waits ``backlog_s``.
    ``warnings`` are what somebody should see to: a calendar not yet published, a webhook that was
    disabled. ``oldest_delivery_s`` is how long ago that happened which some webhook was not told
    yet.
    """

    status: Literal["ok", "degraded", "failing"]
    zone: str
    database: Literal["ok", "busy", "failing"]
    search: str
    clock: str
    plan_version: int
    events: int
    load: str
    backlog_s: Annotated[float, Field(ge=0)]
    oldest_delivery_s: int | None
    checks: list[CheckOut]
    warnings: list[str]


@router.get("/livez", summary="Is the service alive", dependencies=[ANYBODY])
async def live() -> LiveOut:
    """Answers as long as the event loop does."""
    return LiveOut(status="ok")


@router.get(
    "/readyz",
    summary="Can the service do its work",
    dependencies=[needs("health.read")],
    responses={503: {"model": ReadyOut, "description": "It cannot: see `checks`."}},
)
async def ready(zone: Here, _: Who, response: Response) -> ReadyOut:
    """
    Answers what was found; 503 where nothing can be stored.

    A plan that comes late is no reason for that, nor is a search that was lost.
    """
    found = await examine(zone)
    status = state_of(found.checks)
    if status == "failing":
        response.status_code = 503
    return ReadyOut(
        status=status,
        zone=zone.settings.zone,
        database=found.database,
        search=found.search,
        clock=zone.settings.clock,
        plan_version=zone.plan_version,
        events=zone.head,
        load=zone.waiting.load.name.lower(),
        backlog_s=round(zone.waiting.backlog_s, 3),
        oldest_delivery_s=found.oldest_delivery_s,
        checks=[_check_out(check) for check in found.checks],
        warnings=list(found.warnings),
    )


def _check_out(check: Check) -> CheckOut:
    return CheckOut(name=check.name, state=check.state, detail=check.detail or None)
