"""The promises in a database, read beside the service that uses it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from dispatch import schema
from dispatch.beside import beside, check_zone, zones_of
from dispatch.promise_report import Promised

if TYPE_CHECKING:
    from sqlalchemy import Select


def find_promises(url: str, zone: str, since: int, until: int) -> tuple[Promised, ...]:
    """
    Returns the drops of all orders of a zone placed from ``since`` and before ``until``.

    Both are Unix seconds; orders come in the order of placing, their drops together. The database
    may be in use; nothing is written or locked. Raises DatabaseError where there is no database of
    this program's version, and InvalidRequest for a zone it does not have though it has others.
    """
    with beside(url) as connection:
        # One that no service ran with yet has no zone, and no promises.
        if zones_of(connection):
            check_zone(connection, zone)
        found = connection.execute(_promised(zone, since, until))
        return tuple(Promised(*row) for row in found)


def _promised(zone: str, since: int, until: int) -> Select[Any]:
    order, drop = schema.orders.c, schema.drops.c
    return (
        select(
            order.id,
            order.service,
            order.body["store"].as_string(),
            order.placed_at,
            order.cancelled_at,
            order.body["deadline"].as_integer(),
            drop.body["desk", "building"].as_string(),
            drop.courier,
            drop.body["closed_at"].as_integer(),
            order.body["channel"].as_string(),
        )
        .join_from(
            schema.orders,
            schema.drops,
            (drop.zone == order.zone) & (drop.order_id == order.id),
        )
        .where(order.zone == zone, order.placed_at >= since, order.placed_at < until)
        .order_by(order.ordinal, drop.ordinal)
    )
