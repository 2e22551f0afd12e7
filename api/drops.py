"""
The dispatcher's hand on single drops.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.access import Principal, needs
from api.answers import SAME, Answer, IfMatch, IfNoneMatch, check_match, shown, tag_of
from api.bodies import DelayOut, Id, In, Moment, Out
from api.contacts import with_contacts
from api.depends import Here, Who
from api.once import Sent
from api.order_answers import DropOut, drop_out
from api.sight import NOTHING, sees_drop
from api.view import View
from api.zone import Room
from dispatch.hand import known_drop, move_drop
from dispatch.requests import Move

router = APIRouter(prefix="/v1/drops", tags=["drops"])

DropId = Annotated[str, Path(max_length=100)]


class MoveIn(In):
    """
    Where a drop shall go: to ``courier`` (null: back to the planner), in the wake of ``after``.

    ``pinned`` keeps it there until it is released; ``dry_run`` only shows the consequences.
    """

    courier: Id | None
    after: Id | None = None
    pinned: bool = True
    dry_run: bool = False


class MovedOut(Out):
    """
    The consequences; ``plan_version`` is null for a dry run.

    ``eta`` is the end of the drop's own hand-over then, null where nobody would bring it.
    """

    drop: str
    courier: str | None
    pinned: bool
    dry_run: bool
    eta: Moment | None
    delays: list[DelayOut]
    plan_version: int | None


class DropDetailOut(DropOut):
    """A drop of an order, as of one plan version."""

    order: str
    plan_version: int


@router.get(
    "/{drop_id}",
    summary="Show a drop",
    response_model=DropDetailOut,
    responses=SAME,
    dependencies=[needs("drops.read")],
)
async def show(
    drop_id: DropId, zone: Here, who: Who, if_none_match: IfNoneMatch = None
) -> Response:
    """Answers a drop, with who brings it now; a courier knows those of the present route only."""

    def work(room: Room) -> tuple[DropDetailOut, str]:
        return _detail(room, who, drop_id), tag_of(room, drop_id)

    return shown(*await zone.ask(work), if_none_match)


@router.patch(
    "/{drop_id}",
    summary="Move, pin or release a drop",
    response_model=MovedOut,
    dependencies=[needs("drops.move")],
)
async def move(
    drop_id: DropId,
    body: MoveIn,
    zone: Here,
    who: Who,
    once: Sent,
    if_match: IfMatch = None,
) -> Response:
    """
    Answers who is handed over later because of it, and the new plan version unless dry.

    With ``If-Match`` a drop that another moved meanwhile stays there: 412, with who has it now.
    """

    def work(room: Room) -> Answer:
        if if_match is not None:
            detail = _detail(room, who, drop_id)
            check_match(if_match, tag_of(room, drop_id), lambda: detail)
        wish = Move(body.courier, body.after, body.pinned, body.dry_run)
        moved = move_drop(room.dispatcher, drop_id, wish, room.now)
        out = MovedOut(
            drop=drop_id,
            courier=body.courier,
            pinned=body.pinned and body.courier is not None,
            dry_run=body.dry_run,
            eta=View.of(room.dispatcher, room.now).moment_or_none(moved.end),
            delays=[DelayOut.model_validate(d, from_attributes=True) for d in moved.delays],
            plan_version=moved.version,
        )
        return Answer(out, tag=tag_of(room, drop_id))

    return await once.ask(zone, work)


def _detail(room: Room, who: Principal, drop_id: str) -> DropDetailOut:
    view = View.of(room.dispatcher, room.now)
    drop = known_drop(view.state if sees_drop(view, who, drop_id) else NOTHING, drop_id)
    view = with_contacts(who, view, (drop,), room.contacts)
    fields = drop_out(drop, view).model_dump()
    return DropDetailOut(**fields, order=drop.order, plan_version=view.plan.version)
