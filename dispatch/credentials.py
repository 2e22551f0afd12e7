"""
Credentials: what somebody shows to say who they are, and what they may then do.

Each function works in the transaction of the connection it is given. Of a secret only its SHA-256
is stored: 256 bits of chance need no slower hash, since nobody can try them all. Instants are Unix
seconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from dispatch.schema import credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

FORGOTTEN_S = 30 * 86_400
"""Seconds for which one that is over is still listed."""


@dataclass(frozen=True, slots=True)
class Credential:
    """
    A token, or the session of a browser that rests on one, its ``parent``.

    ``digest`` is the SHA-256 of its secret in hex. ``name`` is the principal, which may have
    several. ``courier`` is who it is the phone of; None for others. ``expires_at`` and
    ``revoked_at`` None: never. ``last_used_at`` is known to the minute.
    """

    id: str
    digest: str
    name: str
    role: str
    scopes: tuple[str, ...]
    created_at: int
    created_by: str = ""
    courier: str | None = None
    parent: str | None = None
    expires_at: int | None = None
    last_used_at: int | None = None
    revoked_at: int | None = None

    def is_over(self, now: int) -> bool:
        """Returns whether it is good for nothing any more."""
        expired = self.expires_at is not None and self.expires_at <= now
        return expired or self.revoked_at is not None


_NAMES = tuple(column.name for column in credentials.c if column.name != "zone")


def add(connection: Connection, zone: str, credential: Credential) -> None:
    """Stores a credential with a new id."""
    row = {**asdict(credential), "scopes": list(credential.scopes), "zone": zone}
    connection.execute(insert(credentials), row)


def revoke(connection: Connection, ids: tuple[str, ...], now: int) -> None:
    """Ends credentials now; one that was ended before keeps its moment."""
    mine = credentials.c.id.in_(ids) & credentials.c.revoked_at.is_(None)
    connection.execute(update(credentials).where(mine).values(revoked_at=now))


def note_used(connection: Connection, used: Mapping[str, int]) -> None:
    """Stores when credentials were last used, by id."""
    for name, at in used.items():
        this = credentials.c.id == name
        connection.execute(update(credentials).where(this).values(last_used_at=at))


def forget_over(connection: Connection, zone: str, now: int) -> None:
    """Forgets sessions that are over, and tokens that have been for `FORGOTTEN_S`."""
    table, long_ago = credentials.c, now - FORGOTTEN_S
    is_session = table.parent.is_not(None)
    session_over = is_session & (table.revoked_at.is_not(None) | (table.expires_at <= now))
    token_over = (table.revoked_at <= long_ago) | (table.expires_at <= long_ago)
    connection.execute(delete(credentials).where(table.zone == zone, session_over | token_over))


def read_all(connection: Connection, zone: str) -> tuple[Credential, ...]:
    """Returns the credentials of a zone, the oldest first."""
    table = credentials.c
    found = connection.execute(
        select(*(table[name] for name in _NAMES))
        .where(table.zone == zone)
        .order_by(table.created_at, table.id)
    )
    return tuple(Credential(**{**row, "scopes": tuple(row["scopes"])}) for row in found.mappings())
