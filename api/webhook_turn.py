"""
What is done about webhooks on the zone's thread, in one transaction: what became of attempts is
written down, what happened since gets its deliveries, and what is due is handed out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from random import Random

from sqlalchemy import Connection

from api.news import name_of
from api.webhook_schedule import Answer, after, judged
from api.zone import Room
from dispatch import webhook_deliveries as deliveries
from dispatch import webhooks
from dispatch.events import WebhookDisabled
from dispatch.stored import LoggedEvent, read_events
from dispatch.webhook_deliveries import Delivery
from dispatch.webhooks import Webhook

IN_FLIGHT = 4
"""Attempts under way to one webhook at most: a slow receiver holds up nobody else."""

KEPT_S = 30 * 24 * 3600
"""Seconds for which deliveries that were answered are kept for somebody to look at."""

Key = tuple[str, int]
"""A delivery: webhook and number of the event."""


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt that is over; ``delivery`` is as it was before, ``at`` the moment in Unix s."""

    delivery: Delivery
    answer: Answer
    at: int

    @property
    def key(self) -> Key:
        """Which delivery it was of."""
        return self.delivery.webhook, self.delivery.seq


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery to be sent now, of this event to this webhook."""

    webhook: Webhook
    delivery: Delivery
    event: LoggedEvent


@dataclass(frozen=True, slots=True)
class Turn:
    """
    What is due; ``next_at`` is when something else is, None for never.

    ``left`` says that more happened than was looked at, ``active`` that somebody listens at all.
    """

    due: tuple[Due, ...]
    next_at: int | None
    left: bool
    active: bool


def turn(room: Room, tried: Sequence[Tried], busy: AbstractSet[Key], chance: Random) -> Turn:
    """Returns what is to be sent now, but for what is ``busy`` still; stores what was ``tried``."""
    with room.write() as connection:
        for attempt in tried:
            _settle(room, connection, attempt, chance)
        left = deliveries.relay(connection, room.zone, room.now, name_of)
        hooks = [h for h in webhooks.read_all(connection, room.zone) if h.disabled_at is None]
        due = tuple(d for hook in hooks for d in _due(room, connection, hook, busy))
        moments = [
            deliveries.next_moment(connection, room.zone, hook.id, room.now) for hook in hooks
        ]
    next_at = min((m for m in moments if m is not None), default=None)
    return Turn(due, next_at, left, bool(hooks))


def forget_old(room: Room) -> None:
    """Forgets deliveries that were answered long ago."""
    with room.write() as connection:
        deliveries.forget(connection, room.zone, room.now - KEPT_S)


def _settle(room: Room, connection: Connection, tried: Tried, chance: Random) -> None:
    """Writes down what became of an attempt, and what that says about the webhook."""
    hook = webhooks.read(connection, room.zone, tried.delivery.webhook)
    if hook is None:
        return
    deliveries.settle(connection, room.zone, after(tried.delivery, tried.answer, tried.at, chance))
    now = judged(hook, tried.answer, tried.at)
    if now == hook:
        return
    webhooks.change(connection, room.zone, now)
    if now.disabled_at is not None:
        deliveries.give_up(connection, room.zone, hook.id, now.disabled_for)
        room.dispatcher.record(room.now, WebhookDisabled(room.now, hook.id, now.disabled_for))


def _due(
    room: Room, connection: Connection, hook: Webhook, busy: AbstractSet[Key]
) -> Iterator[Due]:
    taken = {seq for name, seq in busy if name == hook.id}
    free = IN_FLIGHT - len(taken)
    if free <= 0:
        return
    # Those under way are due still, until what became of them is written.
    found = deliveries.due(connection, room.zone, hook.id, room.now, free + len(taken))
    chosen = [delivery for delivery in found if delivery.seq not in taken][:free]
    events = read_events(connection, room.zone, [delivery.seq for delivery in chosen])
    for delivery in chosen:
        yield Due(hook, delivery, events[delivery.seq])
