"""
Answers kept for requests that may be sent again, each statement in the transaction it is given.

An answer is stored together with what it tells of, or not at all: whoever got none, because the
line broke or the program died, asks again under the same key and gets it, or is the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, tuple_

from dispatch.schema import idempotency
from dispatch.statements import erase_for_good

if TYPE_CHECKING:
    from sqlalchemy import Connection

SWEPT = 500
"""Answers that one sweep forgets at most, so that nobody waits for it."""


@dataclass(frozen=True, slots=True)
class Answered:
    """
    An answer as it was given: status, headers and body, byte for byte.

    ``fingerprint`` is that of the request. ``expires_at``, in Unix seconds, is when it is
    forgotten: from then on the key is free again.
    """

    principal: str
    key: str
    fingerprint: str
    status: int
    headers: Mapping[str, str]
    body: str
    expires_at: int


def read_answered(connection: Connection, principal: str, key: str, now: int) -> Answered | None:
    """Returns what was answered under a key of a principal, None if nothing is kept."""
    table = idempotency.c
    found = connection.execute(
        select(
            table.principal,
            table.key,
            table.fingerprint,
            table.status,
            table.headers,
            table.body,
            table.expires_at,
        ).where(table.principal == principal, table.key == key, table.expires_at > now)
    ).one_or_none()
    return None if found is None else Answered(*found)


def write_answered(connection: Connection, zone: str, answered: Answered, now: int) -> None:
    """Stores an answer; the key must be free, or what was kept under it expired."""
    table = idempotency.c
    mine = (table.principal == answered.principal) & (table.key == answered.key)
    connection.execute(delete(idempotency).where(mine, table.expires_at <= now))
    row = {
        "zone": zone,
        "principal": answered.principal,
        "key": answered.key,
        "fingerprint": answered.fingerprint,
        "status": answered.status,
        "headers": dict(answered.headers),
        "body": answered.body,
        "expires_at": answered.expires_at,
    }
    connection.execute(insert(idempotency), row)


def forget_answered(connection: Connection, now: int, most: int = SWEPT) -> int:
    """Forgets answers whose time is over, the oldest ``most`` of them; returns how many."""
    # They may name persons.
    erase_for_good(connection)
    table = idempotency.c
    over = select(table.principal, table.key).where(table.expires_at <= now)
    oldest = over.order_by(table.expires_at).limit(most)
    mine = tuple_(table.principal, table.key).in_(oldest)
    return connection.execute(delete(idempotency).where(mine)).rowcount
