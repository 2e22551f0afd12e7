"""
Codes by which phones sign in, one of each courier: what is in force, by digest and end.

Each function works in the transaction of the connection it is given. Instants are Unix seconds.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from dispatch.schema import sign_in_codes

if TYPE_CHECKING:
    from sqlalchemy import Connection


def put(connection: Connection, zone: str, courier: str, digest: str, expires_at: int) -> None:
    """Stores a code of a courier in place of one before."""
    _forget(connection, zone, courier)
    row = {"zone": zone, "courier": courier, "digest": digest, "expires_at": expires_at}
    connection.execute(insert(sign_in_codes), row)


def take(connection: Connection, zone: str, digest: str, now: int) -> str | None:
    """Returns whose code this is and ends it; None for one that is not in force."""
    forget_over(connection, zone, now)
    table = sign_in_codes.c
    rows = connection.execute(select(table.courier, table.digest).where(table.zone == zone)).all()
    # Each is compared, and in the same time, whatever is told.
    mine = [row.courier for row in rows if secrets.compare_digest(row.digest, digest)]
    for courier in mine:
        _forget(connection, zone, courier)
    return mine[0] if mine else None


def forget_over(connection: Connection, zone: str, now: int) -> None:
    """Deletes codes that are in force no longer."""
    table = sign_in_codes.c
    over = (table.zone == zone) & (table.expires_at <= now)
    connection.execute(delete(sign_in_codes).where(over))


def _forget(connection: Connection, zone: str, courier: str) -> None:
    table = sign_in_codes.c
    mine = (table.zone == zone) & (table.courier == courier)
    connection.execute(delete(sign_in_codes).where(mine))
