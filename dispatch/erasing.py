"""
Erases what is held of persons: when somebody asks for it, and when it is needed no longer.

Contacts are emptied, answers kept for requests sent again lose what they say of them, positions
go. What happened stays as it was; that something was erased, an event tells.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, or_, select, update

from dispatch import photos, proofs, schema
from dispatch.kept_contacts import erase, note_use, unused_since
from dispatch.orders import DropStatus
from dispatch.quoted import erase_quotes, quotes_of
from dispatch.subjects import subjects_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sqlalchemy import Connection

    from dispatch.orders import Drop
    from dispatch.personal import Personal
    from dispatch.state import State

SWEPT = 5000
"""Contacts that one sweep looks at, so that orders need not wait for it."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased: references, and how many answers, positions, proofs and photos."""

    contacts: tuple[str, ...]
    answers: int
    positions: int
    proofs: int
    photos: int


def erase_subject(connection: Connection, found: Personal, now: int) -> Erased:
    """Returns what was erased of a subject, all that can be."""
    refs = found.erasable()
    drops = {drop.id for drop in found.drops} if found.courier is None else set()
    courier = None if found.courier is None else found.courier.id
    erase(connection, found.zone, refs, now)
    answers = purge_answers(connection, found.zone, drops, courier)
    answers += erase_quotes(connection, quotes_of(connection, found.zone, (found.subject,)))
    positions = 0 if courier is None else _forget_position(connection, found.zone, courier)
    signed = proofs.erase(connection, found.zone, drops)
    shown = photos.erase(connection, found.zone, drops)
    return Erased(tuple(sorted(refs)), answers, positions, signed, shown)


def _forget_position(connection: Connection, zone: str, courier: str) -> int:
    table = schema.positions.c
    mine = (table.zone == zone) & (table.courier == courier)
    return connection.execute(delete(schema.positions).where(mine)).rowcount


def forget_positions(connection: Connection, zone: str, before: int) -> int:
    """Deletes the positions told for moments before one; returns how many."""
    table = schema.positions.c
    old = (table.zone == zone) & (table.at < before)
    return connection.execute(delete(schema.positions).where(old)).rowcount


def purge_answers(
    connection: Connection, zone: str, drops: Collection[str], courier: str | None = None
) -> int:
    """
    Returns from how many kept answers the persons of drops, or a courier's name, were taken out.

    The answers stay: a request sent again must not take effect twice.
    """
    table = schema.idempotency.c
    says = [table.body.contains(word) for word in ('"contact":{', '"note":"')] if drops else []
    says += [table.body.contains(f'"id":"{courier}"')] if courier else []
    if not says:
        return 0
    rows = select(table.principal, table.key, table.body).where(table.zone == zone, or_(*says))
    purged = 0
    for principal, key, body in connection.execute(rows).all():
        told = json.loads(body)
        without = _without(told, frozenset(drops), courier)
        if without != told:
            mine = (table.principal == principal) & (table.key == key)
            text = json.dumps(without, ensure_ascii=False, separators=(",", ":"))
            connection.execute(update(schema.idempotency).where(mine).values(body=text))
            purged += 1
    return purged


def _without(value: Any, drops: frozenset[str], courier: str | None) -> Any:
    """Returns an answer that says nothing of the persons of drops, nor what a courier is called."""
    if isinstance(value, list):
        return [_without(inner, drops, courier) for inner in value]
    if not isinstance(value, dict):
        return value
    told = {name: _without(inner, drops, courier) for name, inner in value.items()}
    if told.get("id") in drops and isinstance(told.get("desk"), dict):
        told |= {"note": None, "desk": {**told["desk"], "contact": None}}
    if courier is not None and told.get("id") == courier and "name" in told:
        told["name"] = ""
    return told


def sweep(
    connection: Connection, zone: str, state: State, now: int, keep_s: int
) -> tuple[str, ...]:
    """
    Returns the references of contacts that were erased, needed by nothing for ``keep_s`` seconds.

    One is needed while a directory has its desk, an order that refers to it is open, a place is
    held for it, or its courier's shift is not over, and counts from the last of these.
    """
    since = now - keep_s
    stale = unused_since(connection, zone, since, SWEPT)
    if not stale:
        return ()
    needed = last_needed(state, now)
    used = {held.ref: needed.get(held.ref, held.used_at) for held in stale}
    note_use(connection, zone, {ref: at for ref, at in used.items() if at >= since})
    gone = tuple(ref for ref, at in used.items() if at < since)
    if gone:
        erase(connection, zone, gone, now)
        refs = frozenset(gone)
        mine = {d.id for d in state.drops.values() if d.desk.contact in refs or d.note in refs}
        purge_answers(connection, zone, mine)
        subjects = subjects_of(held.contact for held in stale if held.ref in refs)
        erase_quotes(connection, quotes_of(connection, zone, subjects))
    return gone


def last_needed(state: State, now: int) -> Mapping[str, int]:
    """Returns until when each contact that a state refers to was needed; now if it still is."""
    needed: dict[str, int] = {}

    def note(ref: str, at: int) -> None:
        needed[ref] = max(at, needed.get(ref, at))

    for drop in state.drops.values():
        over = _over_at(state, drop, now)
        note(drop.desk.contact, over)
        note(drop.note, over)
    for desk in state.desks.values():
        note(desk.contact, now)
    for courier in state.couriers.values():
        note(courier.name, min(now, courier.shift_end))
    for quote in state.quotes.values():
        for drop in quote.held if quote.holds(now) else ():
            note(drop.desk.contact, now)
            note(drop.note, now)
    return needed


def _over_at(state: State, drop: Drop, now: int) -> int:
    """Returns when a drop was done with, now if it is not."""
    order = state.orders[drop.order]
    if drop.id in state.live or drop.status.is_open:
        return now
    if drop.status is DropStatus.CANCELLED and order.cancelled_at is not None:
        return max(order.cancelled_at, drop.closed_at or 0)
    return drop.closed_at or order.placed_at
