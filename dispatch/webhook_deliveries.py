"""
What is on its way to webhooks, and how far the telling is.

The log of events is the outbox. `relay` writes a delivery for each entry that somebody wants to
hear of, and how far it looked, in one transaction: after a crash anywhere nothing is forgotten.
A delivery is sent until it is answered or given up, so a receiver may hear it twice, by one id.

Every function works in the transaction of the connection it is given. Instants are Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from dispatch import schema, stored
from dispatch.webhooks import change, read_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dispatch.stored import LoggedEvent

PENDING, DELIVERED, FAILED = STATES = ("pending", "delivered", "failed")
"""What a delivery can be: to be sent yet, answered with success, given up."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """
    An event on its way to a webhook; ``next_at`` is the next attempt, None where none follows.

    ``status`` and ``error`` are of the last attempt, at ``tried_at``.
    """

    webhook: str
    seq: int
    state: str
    attempts: int
    next_at: int | None = None
    tried_at: int | None = None
    status: int | None = None
    error: str = ""


_SENT = schema.webhook_deliveries.c


def relay(
    connection: Connection,
    zone: str,
    now: int,
    name_of: Callable[[LoggedEvent], str | None],
    limit: int = 500,
) -> bool:
    """
    Writes the deliveries of what happened since, due at once, and returns whether more is left.

    ``name_of`` gives the name of an event's fact, None where nobody is told. Each webhook is
    brought forward by ``limit`` events at most. An event that a webhook had before is due again.
    """
    head = stored.read_zone(connection, zone).head_seq
    left = False
    for hook in read_all(connection, zone):
        if hook.disabled_at is not None or hook.seen_seq >= head:
            continue
        events = stored.read_log(connection, stored.after(zone, hook.seen_seq, limit))
        wanted = [event.seq for event in events if name_of(event) in hook.events]
        _make_due(connection, zone, hook.id, wanted, now)
        change(connection, zone, replace(hook, seen_seq=events[-1].seq))
        left |= events[-1].seq < head
    return left


def _make_due(
    connection: Connection, zone: str, webhook: str, seqs: Sequence[int], now: int
) -> None:
    if not seqs:
        return
    mine = (_SENT.zone == zone, _SENT.webhook == webhook)
    connection.execute(delete(schema.webhook_deliveries).where(*mine, _SENT.seq.in_(seqs)))
    new = {"zone": zone, "webhook": webhook, "state": PENDING, "attempts": 0, "next_at": now}
    connection.execute(insert(schema.webhook_deliveries), [{**new, "seq": seq} for seq in seqs])


def due(connection: Connection, zone: str, webhook: str, now: int, limit: int) -> list[Delivery]:
    """Returns the deliveries to send by now, the longest due first."""
    rows = _deliveries(zone, webhook).where(_SENT.next_at <= now)
    found = connection.execute(rows.order_by(_SENT.next_at, _SENT.seq).limit(limit))
    return [Delivery(*row) for row in found]


def next_moment(connection: Connection, zone: str, webhook: str, now: int) -> int | None:
    """Returns when the first delivery falls due that is not by now, None for never."""
    rows = select(func.min(_SENT.next_at)).where(_SENT.zone == zone, _SENT.webhook == webhook)
    found: int | None = connection.scalar(rows.where(_SENT.next_at > now))
    return found


def delivery(connection: Connection, zone: str, webhook: str, seq: int) -> Delivery | None:
    """Returns the delivery of an event, None if there is none."""
    found = connection.execute(_deliveries(zone, webhook).where(_SENT.seq == seq)).first()
    return Delivery(*found) if found else None


def page(
    connection: Connection, zone: str, webhook: str, state: str | None, below: int, limit: int
) -> list[Delivery]:
    """Returns the deliveries of events numbered under ``below``, the latest first."""
    rows = _deliveries(zone, webhook).where(_SENT.seq < below)
    if state is not None:
        rows = rows.where(_SENT.state == state)
    return [
        Delivery(*row) for row in connection.execute(rows.order_by(_SENT.seq.desc()).limit(limit))
    ]


def settle(connection: Connection, zone: str, told: Delivery) -> None:
    """Stores how a delivery stands after an attempt; one that is gone stays so."""
    named = {"state": told.state, "attempts": told.attempts, "next_at": told.next_at}
    named |= {"tried_at": told.tried_at, "status": told.status, "error": told.error}
    mine = (_SENT.zone == zone, _SENT.webhook == told.webhook, _SENT.seq == told.seq)
    connection.execute(update(schema.webhook_deliveries).where(*mine).values(**named))


def give_up(connection: Connection, zone: str, webhook: str, error: str) -> None:
    """Ends all that is pending for a webhook as failed."""
    mine = (_SENT.zone == zone, _SENT.webhook == webhook, _SENT.state == PENDING)
    values = {"state": FAILED, "next_at": None, "error": error}
    connection.execute(update(schema.webhook_deliveries).where(*mine).values(**values))


def retry_failed(connection: Connection, zone: str, webhook: str, now: int) -> int:
    """Makes all that failed for a webhook due again, and returns how much that is."""
    mine = (_SENT.zone == zone, _SENT.webhook == webhook, _SENT.state == FAILED)
    values = {"state": PENDING, "attempts": 0, "next_at": now}
    return connection.execute(
        update(schema.webhook_deliveries).where(*mine).values(**values)
    ).rowcount


def forget(connection: Connection, zone: str, before: int) -> None:
    """Forgets deliveries that were answered before an instant; the log has the events still."""
    mine = (_SENT.zone == zone, _SENT.state == DELIVERED, _SENT.tried_at < before)
    connection.execute(delete(schema.webhook_deliveries).where(*mine))


def oldest(connection: Connection, zone: str) -> int | None:
    """Returns when the first event was written that is pending for some webhook, None for none."""
    pending = select(func.min(_SENT.seq)).where(_SENT.zone == zone, _SENT.next_at.is_not(None))
    log = schema.events.c
    at = select(log.recorded_at).where(log.zone == zone, log.seq == pending.scalar_subquery())
    found: int | None = connection.scalar(at)
    return found


def _deliveries(zone: str, webhook: str) -> Select[Any]:
    names = ("webhook", "seq", "state", "attempts", "next_at", "tried_at", "status", "error")
    columns = [_SENT[name] for name in names]
    return select(*columns).where(_SENT.zone == zone, _SENT.webhook == webhook)
