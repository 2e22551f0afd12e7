"""
How a promise stands, computed on read from what happened.

Nothing here keeps anything: the same facts give the same answer after a restart and in whatever
order they became known. A promise is kept when the last drop is accepted, by the time of the tap,
not by that at which the phone came back; a clock runs to the second, and its last second is in
time. When it is due is counted in `promise_due`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dispatch.promise_due import (
    checked_calendar,
    counts_from,
    due_of,
    elapsed,
    falls_provisional,
    needs_calendar,
    total_of,
    warnings_due,
)
from dispatch.promise_pauses import cut, stops_of
from dispatch.promises import Pause, Promise, PromiseState, Service, Start, WallClock

if TYPE_CHECKING:
    from dispatch.calendars import Calendar

__all__ = [
    "Facts",
    "Standing",
    "answer_of",
    "due_of",
    "elapsed",
    "promise_of",
    "started_at",
    "state_of",
    "warnings_due",
]


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What happened to an order, Unix seconds; None: not yet.

    ``closed_at`` is the effective time of the last accept tap, ``answered_at`` of the first answer.
    """

    placed_at: int
    goods_arrived_at: int | None = None
    answered_at: int | None = None
    pauses: tuple[Pause, ...] = ()
    closed_at: int | None = None
    cancelled_at: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How a promise stands.

    ``due_at`` is None where the clock has not started, or stands still without an end; it is paused
    then. ``slack_s`` are the wall seconds from now, or from the end of the order, until it is due,
    negative when that is past. ``used`` is the share of its time, 1 from the due instant on.
    ``provisional``: it is due on a day whose calendar is not yet published.
    """

    state: PromiseState
    due_at: int | None
    slack_s: int | None
    used: float
    provisional: bool


def promise_of(service: Service, calendar: Calendar | None, placed_at: int) -> Promise:
    """
    Returns what a service promises to an order placed now, pinned to the calendar's version.

    Raises InvalidRequest where its clock needs a calendar and there is none, or where the calendar
    ends before the promise is due.
    """
    promise = Promise(
        clock=service.clock,
        starts=service.starts,
        answer_s=service.answer_s,
        cut_off=service.cut_off,
    )
    if not needs_calendar(promise):
        return promise
    known = checked_calendar(promise, calendar, f"service {service.name}")
    # Goods that arrive at once: later ones are counted when they do.
    due = due_of(promise, placed_at, (), known)
    provisional = due is not None and falls_provisional(promise, due, known)
    return replace(promise, calendar=known.version, provisional=provisional)


def started_at(promise: Promise, facts: Facts) -> int | None:
    """Returns when the clock started; None while the goods it waits for have not arrived."""
    if promise.starts is Start.PLACED:
        return facts.placed_at
    arrived = facts.goods_arrived_at
    return None if arrived is None else max(arrived, facts.placed_at)


def state_of(promise: Promise, facts: Facts, calendar: Calendar | None, now: int) -> Standing:
    """
    Returns how a promise stands, now or when the order ended, whichever was first.

    What ends while the clock stands still is met. An order cancelled after it was due stays
    breached. Raises InvalidRequest as `due_of` does.
    """
    start, closed = started_at(promise, facts), facts.closed_at
    ends = [at for at in (closed, facts.cancelled_at) if at is not None]
    at = min(ends, default=now)
    pauses = tuple(p for p in facts.pauses if p.since <= at)
    held_since = at if start is None else _held_since(promise, start, pauses, calendar, at)
    # What has ended is due as if the clock had run again at its end.
    due = due_of(promise, start, cut(pauses, at) if ends else pauses, calendar)
    held, late = held_since is not None, held_since is None and due is not None and at > due
    return Standing(
        state=_state(ended=bool(ends), closed=closed == at, held=held, late=late),
        due_at=due,
        slack_s=None if due is None else due - at,
        used=_used(promise, start, pauses, calendar, at if held_since is None else held_since),
        provisional=(
            promise.provisional if due is None else falls_provisional(promise, due, calendar)
        ),
    )


def answer_of(promise: Promise, facts: Facts, now: int) -> Standing | None:
    """
    Returns how the promise of a first answer stands; None where none was promised.

    It runs by the wall clock from placing, is never paused, and goods that are handed over answer
    it too.
    """
    if promise.answer_s is None:
        return None
    answers = [at for at in (facts.answered_at, facts.closed_at) if at is not None]
    answer = Promise(WallClock(promise.answer_s), warn_at=promise.warn_at)
    asked = Facts(
        facts.placed_at, closed_at=min(answers, default=None), cancelled_at=facts.cancelled_at
    )
    return state_of(answer, asked, None, now)


def _state(*, ended: bool, closed: bool, held: bool, late: bool) -> PromiseState:
    if closed:
        return PromiseState.MET_LATE if late else PromiseState.MET
    if late:
        return PromiseState.BREACHED
    if ended:
        return PromiseState.CANCELLED
    return PromiseState.PAUSED if held else PromiseState.RUNNING


def _held_since(
    promise: Promise,
    start: int,
    pauses: tuple[Pause, ...],
    calendar: Calendar | None,
    at: int,
) -> int | None:
    """Returns since when a pause holds the clock; None where none does, or where it came late."""
    for since, until in stops_of(pauses, start):
        if since <= at < until:
            due = due_of(promise, start, cut(pauses, since), calendar)
            return since if due is not None and since < due else None
    return None


def _used(
    promise: Promise,
    start: int | None,
    pauses: tuple[Pause, ...],
    calendar: Calendar | None,
    at: int,
) -> float:
    """Returns the share of its time used at an instant at which the clock runs or just stops."""
    if start is None:
        return 0.0
    before = tuple(cut(pauses, at))
    due = due_of(promise, start, before, calendar)
    if due is not None and at >= due:
        return 1.0
    total = total_of(promise, counts_from(promise, start, calendar), calendar)
    # Due at midnight and placed after hours, it has no business time at all.
    return min(1.0, elapsed(promise, start, before, calendar, at) / max(1, total))
