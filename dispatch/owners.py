"""
Who placed an order: the principal, for those who may see their own only.

Each function works in the transaction of the connection it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from dispatch.schema import owners

if TYPE_CHECKING:
    from sqlalchemy import Connection


def owner_of(connection: Connection, zone: str, order: str) -> str | None:
    """Returns who placed an order, None where nobody noted it."""
    this = (owners.c.zone == zone) & (owners.c.id == order)
    return connection.scalar(select(owners.c.principal).where(this))


def own(connection: Connection, zone: str, order: str, principal: str) -> None:
    """Notes who placed an order; the first who did stays."""
    if owner_of(connection, zone, order) is None:
        connection.execute(insert(owners), {"zone": zone, "id": order, "principal": principal})


def owned_by(connection: Connection, zone: str, principal: str) -> frozenset[str]:
    """Returns the orders that a principal placed."""
    mine = (owners.c.zone == zone) & (owners.c.principal == principal)
    return frozenset(connection.scalars(select(owners.c.id).where(mine)))
