"""
The contacts that are held, each statement in the transaction of the connection it is given.

The same words get the same reference until they are erased, and then another one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, func, insert, select, update

from dispatch.codec import from_json, to_json
from dispatch.contacts import Contact
from dispatch.schema import contacts
from dispatch.statements import erase_for_good, in_parts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Row

PREFIX = "ct_"

TOUCHED_S = 86_400
"""Seconds after which it is written down anew that a contact was named again."""


@dataclass(frozen=True, slots=True)
class Held:
    """
    A contact as it is held: its reference, and in Unix seconds since when and when last needed.
    """

    ref: str
    contact: Contact
    created_at: int
    used_at: int


def keep(connection: Connection, zone: str, contact: Contact, now: int) -> str:
    """Returns the reference of a contact, held from now on; empty for an empty one."""
    return keep_all(connection, zone, (contact,), now)[0]


def keep_all(
    connection: Connection, zone: str, found: Sequence[Contact], now: int
) -> tuple[str, ...]:
    """Returns the references of contacts in their order, as `keep` does."""
    wanted = {contact.key: contact for contact in found if not contact.is_empty}
    known: dict[str, int] = {}
    for part in in_parts(wanted):
        known |= _known(connection, zone, part, now)
    new = [contact for key, contact in wanted.items() if key not in known]
    if new:
        first = last_number(connection, zone) + 1
        rows = [_row(zone, number, contact, now) for number, contact in enumerate(new, first)]
        connection.execute(insert(contacts), rows)
        known |= {contact.key: number for number, contact in enumerate(new, first)}
    return tuple("" if c.is_empty else f"{PREFIX}{known[c.key]}" for c in found)


def _known(connection: Connection, zone: str, keys: Sequence[str], now: int) -> dict[str, int]:
    """Returns the numbers of keys that are held already; they are in use once more."""
    found = _rows_of(connection, zone, keys)
    if any(row.used_at < now - TOUCHED_S for row in found):
        table = contacts.c
        mine = (table.zone == zone) & table.key.in_(keys)
        stale = mine & (table.used_at < now - TOUCHED_S)
        connection.execute(update(contacts).where(stale).values(used_at=now))
    return {row.key: row.number for row in found}


def find_all(connection: Connection, zone: str, found: Sequence[Contact]) -> tuple[str, ...]:
    """
    Returns the references of contacts in their order as far as they are held; nothing is written.

    Of one that is not held it is that of nobody, ``ct_0``.
    """
    keys = {contact.key for contact in found if not contact.is_empty}
    known: dict[str, int] = {}
    for part in in_parts(sorted(keys)):
        known |= {row.key: row.number for row in _rows_of(connection, zone, part)}
    return tuple("" if c.is_empty else f"{PREFIX}{known.get(c.key, 0)}" for c in found)


def newer(refs: Iterable[str], since: int) -> set[str]:
    """Returns those of some references that were given after a number."""
    return {f"{PREFIX}{number}" for number in _numbers(frozenset(refs)) if number > since}


def last_number(connection: Connection, zone: str) -> int:
    """Returns the number of the last reference given, 0 where none was."""
    # Rows are emptied, never deleted: no number is given twice.
    last = select(func.max(contacts.c.number)).where(contacts.c.zone == zone)
    return int(connection.scalar(last) or 0)


def _rows_of(
    connection: Connection, zone: str, keys: Sequence[str]
) -> Sequence[Row[Any, Any, Any]]:
    table = contacts.c
    mine = (table.zone == zone) & table.key.in_(keys)
    return connection.execute(select(table.key, table.number, table.used_at).where(mine)).all()


def _row(zone: str, number: int, contact: Contact, now: int) -> dict[str, object]:
    return {
        "zone": zone,
        "number": number,
        "kind": contact.kind.value,
        "key": contact.key,
        "body": to_json(contact),
        "created_at": now,
        "used_at": now,
    }


def read(connection: Connection, zone: str, refs: Collection[str]) -> Mapping[str, Contact]:
    """Returns the contacts of references; those erased, and those never given, are left out."""
    found: dict[str, Contact] = {}
    for part in in_parts(sorted(_numbers(refs))):
        mine = contacts.c.number.in_(part)
        found |= {held.ref: held.contact for held in _held(connection, zone, mine)}
    return found


def read_all(connection: Connection, zone: str) -> tuple[Held, ...]:
    """Returns all that is held of persons in a zone, in the order in which it came."""
    return _held(connection, zone, contacts.c.number > 0)


def unused_since(connection: Connection, zone: str, moment: int, most: int) -> tuple[Held, ...]:
    """Returns what was last known to be needed before a moment, ``most`` of it at most."""
    return _held(connection, zone, contacts.c.used_at < moment, most)


def _held(
    connection: Connection, zone: str, wanted: ColumnElement[bool], most: int | None = None
) -> tuple[Held, ...]:
    table = contacts.c
    rows = connection.execute(
        select(contacts)
        .where(table.zone == zone, table.key.is_not(None), wanted)
        .order_by(table.number)
        .limit(most)
    )
    return tuple(
        Held(
            f"{PREFIX}{row.number}",
            from_json(Contact, row.body),
            row.created_at,
            row.used_at,
        )
        for row in rows
    )


def note_use(connection: Connection, zone: str, used: Mapping[str, int]) -> None:
    """Writes down until when contacts were needed, in Unix seconds by reference."""
    rows = [
        {"of": number, "moment": moment}
        for ref, moment in used.items()
        for number in _numbers((ref,))
    ]
    if rows:
        mine = (contacts.c.zone == zone) & (contacts.c.number == bindparam("of"))
        noted = update(contacts).where(mine).values(used_at=bindparam("moment"))
        connection.execute(noted, rows)


def erase(connection: Connection, zone: str, refs: Collection[str], now: int) -> None:
    """Empties contacts for good; their references stay and lead nowhere."""
    erase_for_good(connection)
    emptied = {"key": None, "body": None, "erased_at": now}
    for part in in_parts(sorted(_numbers(refs))):
        mine = (contacts.c.zone == zone) & contacts.c.number.in_(part)
        connection.execute(update(contacts).where(mine).values(emptied))


def _numbers(refs: Collection[str]) -> set[int]:
    """Returns the numbers of references; what is none has none."""
    told = (ref.removeprefix(PREFIX) for ref in refs if ref.startswith(PREFIX))
    return {int(text) for text in told if text.isascii() and text.isdigit() and len(text) < 19}
