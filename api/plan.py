"""
The plan of the zone, the one that holds and those before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from api.access import needs
from api.answers import SAME, IfNoneMatch, shown
from api.bodies import Moment, Out
from api.depends import Here, Who
from api.order_answers import ReasonOut, reason_out
from api.route import ways_of
from api.route_answers import RouteOut, route_out
from api.view import View
from api.zone import Zone
from dispatch.city import Way
from dispatch.errors import NotFound

router = APIRouter(prefix="/v1/plan", tags=["plan"])

Ways = Sequence[Way | None]
"""Those of a courier's legs; None where one is not known."""

NO_WAYS: Mapping[str, Ways] = MappingProxyType({})


class UnassignedOut(Out):
    """A drop in nobody's route, and why; ``held_until`` is when it will be planned at last."""

    drop: str
    held_until: Moment | None
    reasons: list[ReasonOut]


class ChangeOut(Out):
    """A drop that changed courier since the plan before; null is nobody."""

    drop: str
    before: str | None = Field(serialization_alias="from")
    after: str | None = Field(serialization_alias="to")


class PlanOut(Out):
    """Who goes where, in which order and when; with ways where they are asked for."""

    version: int
    made_at: Moment
    travel_epoch: int
    band: str
    routes: list[RouteOut]
    unassigned: list[UnassignedOut]
    changes: list[ChangeOut]


@router.get(
    "",
    summary="Show the plan",
    response_model=PlanOut,
    responses=SAME,
    dependencies=[needs("plan.read")],
)
async def show(
    zone: Here,
    _: Who,
    ways: Annotated[bool, Query(description="tell the way to each stop too")] = False,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answers the plan that holds."""
    view = await zone.look()
    routes = view.plan.routes if ways else ()
    found = {route.courier: await ways_of(zone, view, route.courier) for route in routes}
    return await _shown(zone, view, if_none_match, found)


@router.get(
    "/{version}",
    summary="Show a plan published before",
    response_model=PlanOut,
    responses=SAME,
    dependencies=[needs("plan.read")],
)
async def show_version(
    version: Annotated[int, Path(ge=1, lt=2**53)],
    zone: Here,
    _: Who,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Answers the plan of a version."""

    plan = await zone.ask(lambda room: room.database.plan(room.zone, version))
    view = await zone.look()
    if plan is None:
        raise NotFound(
            f"There is no plan {version}.",
            at="path.version",
            cure=f"The plan that holds is {view.plan.version}.",
            code="unknown-plan",
            value=version,
        )
    return await _shown(zone, replace(view, plan=plan), if_none_match)


async def _shown(
    zone: Zone, view: View, if_none_match: str | None, ways: Mapping[str, Ways] = NO_WAYS
) -> Response:
    def work() -> Response:
        tag = f"{zone.settings.zone}-v{view.plan.version}"
        return shown(plan_out(view, ways), tag, if_none_match)

    return await asyncio.to_thread(work)


def plan_out(view: View, ways: Mapping[str, Ways] = NO_WAYS) -> PlanOut:
    """Returns the plan of a view as JSON; ``ways`` are those of couriers' legs, if shown."""
    plan = view.plan
    return PlanOut(
        version=plan.version,
        made_at=view.moment(plan.made_at),
        travel_epoch=plan.travel_epoch,
        band=plan.band,
        routes=[route_out(route.courier, view, ways.get(route.courier)) for route in plan.routes],
        unassigned=[
            UnassignedOut(
                drop=left_out.drop,
                held_until=view.moment_or_none(left_out.held_until),
                reasons=[reason_out(reason) for reason in left_out.reasons],
            )
            for left_out in plan.unassigned
        ],
        changes=[ChangeOut(drop=c.drop, before=c.before, after=c.after) for c in plan.changes],
    )
