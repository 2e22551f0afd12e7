"""
What a courier's phone sends: taps in batches, each with an id and a number, each taken once.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

from dispatch import events as ev
from dispatch.codec import dumps, to_json
from dispatch.dispatcher import unknown_courier
from dispatch.numbering import check_sequence
from dispatch.plan_reading import drop_of_stop
from dispatch.requests import ActionAnswer, Evidence
from dispatch.taps import ABOUT_GOODS, Tap, Unfit, events_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dispatch.dispatcher import Dispatcher
    from dispatch.numbering import Numbers
    from dispatch.requests import Action


def act(
    dispatcher: Dispatcher,
    courier_id: str,
    actions: Sequence[Action],
    device_now: int | None,
    now: int,
    answered: Callable[[str], ActionAnswer | None],
    numbers: Numbers | None = None,
) -> tuple[ActionAnswer, ...]:
    """
    Returns what became of each tap, in order of ``seq``; each is durable before the next is judged.

    ``answered`` finds the stored answer of an id in `stored_ids`: such a tap is a duplicate,
    without effect, and one with other content is rejected. ``numbers`` are those heard of the
    courier before (None: nobody numbers). The phone's clock is evidence only: the effective moment
    is its own, corrected by the difference between ``device_now`` and ``now``, never before the
    courier's last tap nor after now. Raises NotFound for an unknown courier, and SequenceGap, with
    no effect at all, where a tap is missing.
    """
    if courier_id not in dispatcher.state.couriers:
        raise unknown_courier(courier_id)
    batch = _Batch(sorted(actions, key=lambda action: action.seq), answered, numbers)
    batch.check_sequence()
    answers = []
    for action in batch.actions:
        key, before = batch.find(action)
        if before is not None:
            first = before.result
            same = replace(before, action_id=action.action_id, result="duplicate", first=first)
            answers.append(same)
            continue
        fault = batch.fault(action, key)
        evidence = Evidence(action, now, device_now)
        answer = _take(dispatcher, ActionAnswer(courier_id, key, "", "", evidence), fault)
        batch.note(answer)
        answers.append(replace(answer, action_id=action.action_id))
    return tuple(answers)


def stored_ids(actions: Sequence[Action]) -> frozenset[str]:
    """Returns the ids under which the answers to these taps are stored, if they are."""
    return frozenset(key for action in actions for key in (action.action_id, _other_id(action)))


def _other_id(action: Action) -> str:
    """Returns the id under which a tap is kept whose own id belongs to a tap unlike it."""
    content = hashlib.sha256(dumps(to_json(action)).encode()).hexdigest()
    return f"{action.action_id}#{content[:16]}"


class _Batch:
    """Taps that came together, by number; remembers what became of them, hence a class."""

    def __init__(
        self,
        actions: Sequence[Action],
        answered: Callable[[str], ActionAnswer | None],
        numbers: Numbers | None,
    ) -> None:
        self.actions = actions
        self._answered = answered
        self._told: dict[str, ActionAnswer] = {}
        self._numbers = numbers

    def check_sequence(self) -> None:
        """Raises SequenceGap where a tap is missing before one that is new."""
        if self._numbers is not None:
            new = [action.seq for action in self.actions if self.find(action)[1] is None]
            check_sequence(new, self._numbers)

    def find(self, action: Action) -> tuple[str, ActionAnswer | None]:
        """Returns the id that a tap is stored under, and what it was answered (None: it is new)."""
        before = self._known(action.action_id)
        if before is None or before.evidence is None or before.evidence.action == action:
            return action.action_id, before
        return _other_id(action), self._known(_other_id(action))

    def fault(self, action: Action, key: str) -> Unfit | None:
        """Returns what is wrong with the id or the number of a new tap, None if nothing is."""
        if key != action.action_id:
            text = f"The action id {action.action_id} belongs to another tap of the courier."
            return Unfit("rejected", text)
        number, numbers = action.seq, self._numbers
        if numbers is None or numbers.last is None or number > numbers.last:
            return None
        if number in numbers.taken:
            text = f"The number {number} belongs to the tap {numbers.taken[number]}."
            return Unfit("rejected", text)
        text = f"The taps up to number {numbers.last} were taken before number {number} came."
        return Unfit("superseded", text)

    def note(self, answer: ActionAnswer) -> None:
        """Remembers what became of a tap."""
        assert answer.evidence is not None
        self._told[answer.action_id] = answer
        if self._numbers is not None:
            action = answer.evidence.action
            self._numbers = self._numbers.after(action.seq, action.action_id)

    def _known(self, key: str) -> ActionAnswer | None:
        return self._told.get(key) or self._answered(key)


def _take(dispatcher: Dispatcher, answer: ActionAnswer, fault: Unfit | None) -> ActionAnswer:
    """Returns the answer to a tap, complete: it took effect, or why not is durable."""
    evidence = answer.evidence
    assert evidence is not None
    action, now, courier_id = evidence.action, evidence.received_at, answer.courier
    skew = 0 if evidence.device_now is None else now - evidence.device_now
    heard_at = dispatcher.state.couriers[courier_id].heard_at
    occurred = now if action.occurred_at is None else action.occurred_at + skew
    tap = Tap(dispatcher, courier_id, action, min(now, max(occurred, heard_at)))
    try:
        if fault is not None:
            raise fault
        events = events_of(tap)
    except Unfit as verdict:
        answer = replace(answer, result=verdict.result, reason=verdict.reason)
        dispatcher.handle(now, _kept(tap, verdict), answers=(answer,))
        return answer
    answer = replace(answer, result="applied")
    dispatcher.handle(now, *events, answers=(answer,))
    return answer


def _kept(tap: Tap, verdict: Unfit) -> ev.Event:
    """Returns what is written down of a tap that cannot take effect: the courier is there."""
    action, drops = tap.action, tap.dispatcher.state.drops
    if action.kind not in ABOUT_GOODS:
        return ev.Heard(tap.at, tap.courier_id)
    name = action.drop or drop_of_stop(action.stop, drops)
    return ev.EvidenceKept(
        at=tap.at,
        courier=tap.courier_id,
        action=action.action_id,
        tap=action.kind,
        result=verdict.result,
        reason=verdict.reason,
        stop=action.stop,
        drop=name if name in drops else None,
        lines=action.lines,
        occurred_at=action.occurred_at,
    )
