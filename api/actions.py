"""
What couriers tap.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from api.access import Principal, needs
from api.answers import Answer
from api.bodies import Id, In, Instant, Label, Moment, Out, Page, Units
from api.couriers import CourierId, known_courier
from api.depends import Here, Who
from api.hand_overs import ProofIn, judged, keep_proofs
from api.news import without_others
from api.once import WEEK_S, Sent
from api.paging import Cursor, Limit, unknown_cursor
from api.view import View
from api.zone import Room
from dispatch.actions import act, stored_ids
from dispatch.heard import Past, Place, last_number, read_past, read_taps
from dispatch.orders import Line
from dispatch.requests import Action, ActionAnswer

log = logging.getLogger(__name__)

router = APIRouter(prefix="/v1/couriers", tags=["couriers"])

MOST_SKEW_S = 300
"""By how many seconds a phone's clock may be wrong without a word."""

Kind = Literal["departed", "arrived", "loaded", "delivered", "failed", "paused", "resumed"]
Reason = Literal["closed", "absent", "refused", "wrong_desk", "no_access"]


class LineIn(In):
    """
    What became of a line of the drop at the desk.

    Couriers' phones give as ``reason`` one of ``missing``, ``dirty``, ``wrong_model``,
    ``wrong_count`` and ``disliked``.
    """

    sku: Id
    accepted: Units
    rejected: Units = 0
    reason: Label = ""


class ActionIn(In):
    """
    One tap. ``drops`` are those really loaded (absent: all of the load stop).

    ``lines`` absent: everything was accepted. ``reason`` belongs to ``failed``, ``proof`` to
    ``delivered``; a wrong PIN is ``rejected``, and the goods stay on board.
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
    proof: ProofIn | None = None

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
    """
    Taps of one courier, each numbered one higher in ``seq`` than the one before; they count in
    this order. ``device_now`` is the phone's clock as it sends them.
    """

    actions: Annotated[list[ActionIn], Field(min_length=1, max_length=100)]
    device_now: Instant | None = None


class ResultOut(Out):
    """
    What became of a tap: applied, duplicate, superseded or rejected, with a reason.

    ``first_result`` is what a duplicate was answered the first time.
    """

    action_id: str
    result: str
    reason: str | None
    first_result: str | None


class ActionsOut(Out):
    """
    What became of each tap, and the plan that holds now.

    ``expected_seq`` is the number of the next tap. ``clock_skew_s`` is by how many seconds the
    phone's clock is behind, where that is more than `MOST_SKEW_S` either way.
    """

    results: list[ResultOut]
    plan_version: int
    expected_seq: int
    clock_skew_s: int | None


class TapOut(Out):
    """
    A tap as it was sent, when it came, and what it was answered.

    ``proof`` is what was given: ``pin``, ``signature``, or why a PIN shows nothing.
    """

    action_id: str
    seq: int
    kind: str
    stop: str | None
    drop: str | None
    drops: list[str] | None
    lines: list[LineIn]
    failure: str | None
    proof: str | None
    occurred_at: Moment | None
    device_now: Moment | None
    received_at: Moment
    result: str
    reason: str | None


class TapsOut(Page[TapOut]):
    """A part of a courier's taps; ``expected_seq`` is null before the first."""

    expected_seq: int | None


@router.post(
    "/{courier_id}/actions",
    summary="Report what a courier did",
    response_model=ActionsOut,
    dependencies=[needs("actions.tell")],
)
async def report(
    courier_id: CourierId, body: ActionsIn, zone: Here, who: Who, once: Sent
) -> Response:
    """
    Answers each tap; one sent again takes no effect again.

    409 with ``expected_seq``, and nothing is taken, where a tap before these has not arrived.
    """
    told = [action.to_domain() for action in body.actions]
    given = {action.action_id: action.proof for action in body.actions if action.proof}

    def work(room: Room) -> Answer:
        past = _past(room, courier_id, told)
        actions = judged(room, courier_id, told, given, past.answers)
        answers = act(
            room.dispatcher,
            courier_id,
            actions,
            body.device_now,
            room.now,
            past.answers.get,
            past.numbers,
        )
        keep_proofs(room, courier_id, actions, given, answers)
        last = max(action.seq for action in actions)
        out = ActionsOut(
            results=[_result_out(answer, who) for answer in answers],
            plan_version=room.dispatcher.plan.version,
            expected_seq=max(last, last if past.numbers.last is None else past.numbers.last) + 1,
            clock_skew_s=_skew_s(courier_id, body.device_now, room.now),
        )
        return Answer(out)

    return await once.ask(zone, work, keep_s=WEEK_S)


@router.get(
    "/{courier_id}/actions",
    summary="Show what a courier reported",
    dependencies=[needs("actions.read")],
)
async def list_actions(
    courier_id: CourierId,
    zone: Here,
    who: Who,
    since: Annotated[
        int, Query(ge=-1, le=2**53, description="number of the last tap that is not wanted")
    ] = -1,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> TapsOut:
    """Answers the taps the service has, by number, with what each was answered."""
    after = place_of(cursor)

    def work(room: Room) -> TapsOut:
        known_courier(room, courier_id)
        view = View.of(room.dispatcher, room.now)
        with room.database.read() as connection:
            last = last_number(connection, room.zone, courier_id)
            found = read_taps(connection, room.zone, courier_id, since, after, limit + 1)
        items = [_tap_out(answer, view, who) for answer in found[:limit]]
        more = found[limit - 1] if len(found) > limit else None
        return TapsOut(
            items=items,
            next=None if more is None else cursor_of(more),
            expected_seq=None if last is None else last + 1,
        )

    return await zone.ask(work, wake=False)


def _past(room: Room, courier_id: str, actions: Sequence[Action]) -> Past:
    numbers = {action.seq for action in actions}
    with room.database.read() as connection:
        return read_past(connection, room.zone, courier_id, stored_ids(actions), numbers)


def _skew_s(courier_id: str, device_now: int | None, now: int) -> int | None:
    """Returns by how much a phone's clock is behind if that is worth a word, None if not."""
    if device_now is None or abs(now - device_now) <= MOST_SKEW_S:
        return None
    log.warning("The clock of the phone of %s is %d s behind", courier_id, now - device_now)
    return now - device_now


def _result_out(answer: ActionAnswer, who: Principal) -> ResultOut:
    return ResultOut(
        action_id=answer.action_id,
        result=answer.result,
        reason=without_others(answer.reason, who.courier) or None,
        first_result=answer.first or None,
    )


def _tap_out(answer: ActionAnswer, view: View, who: Principal) -> TapOut:
    told = answer.evidence
    assert told is not None
    action = told.action
    return TapOut(
        action_id=action.action_id,
        seq=action.seq,
        kind=action.kind,
        stop=action.stop,
        drop=action.drop,
        drops=None if action.drops is None else list(action.drops),
        lines=[LineIn.model_validate(line, from_attributes=True) for line in action.lines],
        failure=action.reason or None,
        proof=action.proof or None,
        occurred_at=view.moment_or_none(action.occurred_at),
        device_now=view.moment_or_none(told.device_now),
        received_at=view.moment(told.received_at),
        result=answer.result,
        reason=without_others(answer.reason, who.courier) or None,
    )


def cursor_of(answer: ActionAnswer) -> str:
    """Returns the cursor of what follows a tap in the list."""
    assert answer.evidence is not None
    return f"{answer.evidence.action.seq}:{answer.action_id}"


def place_of(cursor: str | None) -> Place | None:
    """Returns where a cursor goes on, None for the start; raises InvalidRequest for no cursor."""
    if cursor is None:
        return None
    number, colon, action_id = cursor.partition(":")
    if not (colon and number.isascii() and number.isdigit() and len(number) < 18):
        raise unknown_cursor(cursor)
    return Place(int(number), action_id)
