"""
Why a drop is with nobody, or comes too late, and the move that would help most.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from fastapi import APIRouter

from api.access import needs
from api.bodies import Out
from api.depends import Here, Who
from api.drops import DropId
from api.order_answers import ReasonOut, reason_out
from api.sight import NOTHING, sees_drop
from api.view import View
from api.zone import Room
from dispatch.drop_prospects import obstacles, rescue_of
from dispatch.events import Rescue
from dispatch.hand import known_drop
from dispatch.orders import Drop
from dispatch.proposals import Proposal

router = APIRouter(prefix="/v1/drops", tags=["drops"])


class RescueOut(Out):
    """
    A move for ``PATCH /v1/drops/{drop_id}``, tested: to ``courier``, behind ``after`` (null: where
    it fits).

    ``p_on_time`` is the order's chance then, ``harm_s`` by how much others are handed over later in
    all, ``late`` are the orders that would become late by it.
    """

    courier: str
    after: str | None
    p_on_time: float
    harm_s: int
    late: list[str]


class ExplanationOut(Out):
    """
    How a drop stands: ``p_on_time`` is the chance of its order, null where none is known.

    ``reasons`` say for each courier why they cannot bring it in time; who could is not among them.
    ``rescue`` null: no move helps, and ``reason`` says why.
    """

    drop: str
    order: str
    courier: str | None
    p_on_time: float | None
    rescue: RescueOut | None
    reason: str
    reasons: list[ReasonOut]
    plan_version: int


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was seen of a drop in one moment."""

    view: View
    proposal: Proposal
    drop: Drop
    rescue: Rescue | None
    reason: str


@router.get(
    "/{drop_id}/explanation",
    summary="Say why a drop is late or with nobody",
    dependencies=[needs("plan.read")],
)
async def explain(drop_id: DropId, zone: Here, who: Who) -> ExplanationOut:
    """Answers what keeps each courier from bringing a drop in time, and what would help."""

    def look(room: Room) -> _Looked:
        view = View.of(room.dispatcher, room.now)
        drop = known_drop(view.state if sees_drop(view, who, drop_id) else NOTHING, drop_id)
        rescue, reason = rescue_of(room.dispatcher, drop, room.now)
        return _Looked(view, room.dispatcher.present(room.now), drop, rescue, reason)

    looked = await zone.ask(look, wake=False)
    # Couriers are tested one after the other, and orders shall not wait for that.
    return await asyncio.to_thread(_explained, looked)


def _explained(looked: _Looked) -> ExplanationOut:
    view, drop = looked.view, looked.drop
    courier, _ = view.assignments.get(drop.id, (drop.courier, None))
    found = obstacles(looked.proposal, view.plan, drop) if drop.status.is_open else ()
    return ExplanationOut(
        drop=drop.id,
        order=drop.order,
        courier=courier,
        p_on_time=view.p_on_time(view.state.orders[drop.order]),
        rescue=RescueOut.model_validate(looked.rescue, from_attributes=True)
        if looked.rescue
        else None,
        reason=looked.reason,
        reasons=[reason_out(reason) for reason in found],
        plan_version=view.plan.version,
    )
