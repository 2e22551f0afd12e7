"""
The dispatcher's hand on single drops.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.bodies import DelayOut, Id, In, Out
from api.depends import Here, Who
from api.zone import Room
from dispatch.hand import move_drop
from dispatch.requests import Move

router = APIRouter(prefix="/v1/drops", tags=["drops"])


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
    """The consequences; ``plan_version`` is null for a dry run."""

    drop: str
    courier: str | None
    pinned: bool
    dry_run: bool
    delays: list[DelayOut]
    plan_version: int | None


@router.patch("/{drop_id}", summary="Move, pin or release a drop")
async def move(
    drop_id: Annotated[str, Path(max_length=100)], body: MoveIn, zone: Here, _: Who
) -> MovedOut:
    """Answers who is handed over later because of it, and the new plan version unless dry."""

    def work(room: Room) -> MovedOut:
        wish = Move(body.courier, body.after, body.pinned, body.dry_run)
        moved = move_drop(room.dispatcher, drop_id, wish, room.now)
        return MovedOut(
            drop=drop_id,
            courier=body.courier,
            pinned=body.pinned and body.courier is not None,
            dry_run=body.dry_run,
            delays=[DelayOut.model_validate(d, from_attributes=True) for d in moved.delays],
            plan_version=moved.version,
        )

    return await zone.ask(work)
