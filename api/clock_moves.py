"""
Moving a manual clock: simulated shifts and tests decide what time it is.
"""

from __future__ import annotations

from fastapi import APIRouter, Request

from api.access import needs
from api.bodies import In, Instant, Moment, Out
from api.clock import ManualClock
from api.depends import Here, Who
from api.tokens import credentials_of
from api.webhook_access import Sends
from dispatch.errors import Conflict, InvalidRequest

router = APIRouter(prefix="/v1/clock", tags=["clock"])

MOST_S = 7 * 24 * 3600
"""Seconds by which the clock moves in one request at most."""


class ClockIn(In):
    """The moment it shall be."""

    now: Instant


class ClockOut(Out):
    """The moment it is, and the plan that holds then."""

    now: Moment
    plan_version: int


@router.post("", summary="Move the manual clock", dependencies=[needs("clock")])
async def move(body: ClockIn, zone: Here, sender: Sends, _: Who, request: Request) -> ClockOut:
    """
    Answers when everything due until then was done and no better plan is being looked for.

    Webhooks that fell due are sent after it, each once, and tokens that expired end their streams.
    """
    clock = zone.clock
    if not isinstance(clock, ManualClock):
        raise Conflict(
            "The service runs on the machine's clock.",
            at="now",
            cure="Start it with --clock manual to decide what time it is.",
            code="clock-not-manual",
        )
    if body.now - clock.now() > MOST_S:
        raise InvalidRequest(
            f"The clock would move by {body.now - clock.now()} s.",
            at="now",
            cure=f"Move it by at most {MOST_S} s at once.",
            code="clock-too-far",
            value=body.now,
        )
    try:
        await zone.move_clock(body.now)
    except ValueError as error:
        raise Conflict(
            f"It is {zone.moment(clock.now())} already.",
            at="now",
            cure="The clock moves forward only.",
            code="clock-backwards",
            value=zone.moment(body.now),
        ) from error
    sender.wake()
    credentials_of(request).sweep()
    version = await zone.ask(lambda room: room.dispatcher.plan.version)
    return ClockOut(now=zone.moment(clock.now()), plan_version=version)
