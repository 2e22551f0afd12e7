"""
The plans that were published, in order: to look at a day again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query

from api.access import needs
from api.bodies import Moment, Out, Page
from api.depends import Here, Who
from api.news import UNTOLD
from api.paging import Cursor, Limit, unknown_cursor
from api.plan import ChangeOut
from api.promises import BOUND, read_range
from api.zone import NO_NEWS, Room
from dispatch.past_plans import PastPlan, past_plans

router = APIRouter(prefix="/v1/plans", tags=["plan"])


class CauseOut(Out):
    """Something that happened before a plan: its name, as in an order's history, and about whom."""

    what: str
    at: Moment
    about: list[str]


class PastPlanOut(Out):
    """
    A plan that was published; ``GET /v1/plan/{version}`` shows it.

    ``changes`` are drops that changed courier. Without ``causes`` a search found a better plan, or
    time passed.
    """

    version: int
    made_at: Moment
    causes: list[CauseOut]
    changes: list[ChangeOut]


@router.get("", summary="List the plans of a day", dependencies=[needs("plan.read")])
async def list_plans(
    zone: Here,
    _: Who,
    since: Annotated[str | None, Query(alias="from", max_length=40, description=BOUND)] = None,
    until: Annotated[str | None, Query(alias="to", max_length=40, description=BOUND)] = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Page[PastPlanOut]:
    """Answers the plans made at ``from`` or later and before ``to``, the oldest first."""
    view = await zone.look()
    first, last = read_range(since, until, view.city.timezone, ("query.from", "query.to"))
    after = _version(cursor)

    def look(room: Room) -> tuple[PastPlan, ...]:
        with room.database.read() as connection:
            return past_plans(
                connection,
                room.zone,
                first,
                last,
                after=after,
                limit=limit + 1,
                silent=UNTOLD | NO_NEWS,
            )

    found = await zone.ask(look, wake=False)
    items = [_out(plan, view.moment) for plan in found[:limit]]
    return Page(items=items, next=str(items[-1].version) if len(found) > limit else None)


def _version(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit()) or int(cursor) >= 2**53:
        raise unknown_cursor(cursor)
    return int(cursor)


def _out(plan: PastPlan, moment: Callable[[int], str]) -> PastPlanOut:
    return PastPlanOut(
        version=plan.version,
        made_at=moment(plan.made_at),
        causes=[
            CauseOut(what=cause.kind, at=moment(cause.at), about=list(cause.subjects))
            for cause in plan.causes
        ],
        changes=[ChangeOut(drop=c.drop, before=c.before, after=c.after) for c in plan.changes],
    )
