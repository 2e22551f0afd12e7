"""
What couriers tap.
"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from api.bodies import Id, In, Instant, Label, Out, Units
from api.couriers import CourierId
from api.depends import Here, Who
from api.zone import Room
from dispatch.actions import act
from dispatch.orders import Line
from dispatch.requests import Action, ActionAnswer

router = APIRouter(prefix="/v1/couriers", tags=["couriers"])

Kind = Literal["departed", "arrived", "loaded", "delivered", "failed", "paused", "resumed"]
Reason = Literal["closed", "absent", "refused", "wrong_desk", "no_access"]


class LineIn(In):
    """What became of a line of the drop at the desk."""

    sku: Id
    accepted: Units
    rejected: Units = 0
    reason: Label = ""


class ActionIn(In):
    """
    One tap. ``drops`` are those really loaded (absent: all of the load stop).

    ``lines`` absent: everything was accepted. ``reason`` belongs to ``failed``.
    """

    action_id: Id
    seq: Annotated[int, Field(strict=True, ge=0, le=2**53)]
    kind: Kind
    stop: Id | None = None
    drop: Id | None = None
    drops: Annotated[list[Id], Field(max_length=200)] | None = None
    occurred_at: Instant | None = None
    lines: Annotated[tuple[LineIn, ...], Field(max_length=200)] = ()
    reason: Reason | None = None

    def to_domain(self) -> Action:
        """Returns the tap as a value of the business."""
        lines = (Line(n.sku, n.accepted, n.rejected, n.reason) for n in self.lines)
        return Action(
            action_id=self.action_id,
            seq=self.seq,
            kind=self.kind,
            stop=self.stop,
            drop=self.drop,
            drops=None if self.drops is None else tuple(self.drops),
            occurred_at=self.occurred_at,
            lines=tuple(lines),
            reason=self.reason or "",
        )


class ActionsIn(In):
    """Taps of one courier; they count in the order of ``seq``."""

    actions: Annotated[list[ActionIn], Field(min_length=1, max_length=100)]
    device_now: Instant | None = None


class ResultOut(Out):
    """What became of a tap: applied, duplicate, superseded or rejected, with a reason."""

    action_id: str
    result: str
    reason: str | None


class ActionsOut(Out):
    """What became of each tap, and the plan that holds now."""

    results: list[ResultOut]
    plan_version: int


@router.post("/{courier_id}/actions", summary="Report what a courier did")
async def report(courier_id: CourierId, body: ActionsIn, zone: Here, _: Who) -> ActionsOut:
    """Answers each tap; one sent again takes no effect again."""
    actions = [action.to_domain() for action in body.actions]

    def work(room: Room) -> ActionsOut:
        def answered(action_id: str) -> ActionAnswer | None:
            return room.database.answer(courier_id, action_id)

        answers = act(room.dispatcher, courier_id, actions, body.device_now, room.now, answered)
        results = [
            ResultOut(action_id=a.action_id, result=a.result, reason=a.reason or None)
            for a in answers
        ]
        return ActionsOut(results=results, plan_version=room.dispatcher.plan.version)

    return await zone.ask(work)
