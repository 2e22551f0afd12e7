"""
Links by which buyers look after one order: opaque, of which only a hash is kept, and soon over.

Each function works in the transaction of the connection it is given. Instants are Unix seconds.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, func, insert, select

from dispatch.orders import DropStatus
from dispatch.schema import links
from dispatch.shown_once import new_shown, read_shown

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from dispatch.orders import Order
    from dispatch.shown_once import Shown
    from dispatch.state import State

KIND = "dsl"
"""What a link's token begins with."""

LONGEST_S = 30 * 86_400
"""Seconds after which a link is over whatever became of its order."""

AFTERWARDS_S = 6 * 3600
"""Seconds for which a link shows an order that is over."""

MOST = 20
"""Links of one order at once."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link to an order; ``digest`` is the SHA-256 of its secret in hex."""

    id: str
    order_id: str
    digest: str
    created_by: str
    created_at: int
    expires_at: int


def new_link(order_id: str, created_by: str, now: int) -> tuple[Link, str]:
    """Returns a new link and the token that is shown of it, once."""
    shown = new_shown(KIND)
    made = Link(_id_of(shown), order_id, shown.digest, created_by, now, now + LONGEST_S)
    return made, shown.text


def _id_of(shown: Shown) -> str:
    return f"l_{shown.number}"


def add(connection: Connection, zone: str, link: Link) -> None:
    """Stores a link."""
    connection.execute(insert(links), {**asdict(link), "zone": zone})


def count(connection: Connection, zone: str, order_id: str) -> int:
    """Returns how many links an order has."""
    mine = (links.c.zone == zone) & (links.c.order_id == order_id)
    return int(connection.scalar(select(func.count()).select_from(links).where(mine)) or 0)


def find(connection: Connection, zone: str, shown: str, now: int) -> Link | None:
    """Returns the link of a token; None for one that is forged, revoked or expired."""
    told = read_shown(shown, KIND)
    if told is None:
        return None
    names = [column for column in links.c if column.name != "zone"]
    mine = (links.c.zone == zone) & (links.c.id == _id_of(told))
    row = connection.execute(select(*names).where(mine)).mappings().first()
    same = told.is_of(row["digest"] if row else None)
    return Link(**row) if row and same and row["expires_at"] > now else None


def revoke(connection: Connection, zone: str, order_id: str) -> None:
    """Ends all links of an order."""
    mine = (links.c.zone == zone) & (links.c.order_id == order_id)
    connection.execute(delete(links).where(mine))


def forget_over(connection: Connection, zone: str, state: State, now: int) -> None:
    """Forgets links that have expired, and those of orders that have long been over."""
    mine = links.c.zone == zone
    connection.execute(delete(links).where(mine, links.c.expires_at <= now))
    for order_id in set(connection.scalars(select(links.c.order_id).where(mine))):
        order = state.orders.get(order_id)
        if order is None or not is_shown(order, state, now):
            revoke(connection, zone, order_id)


def is_shown(order: Order, state: State, now: int) -> bool:
    """Returns whether a link to an order still shows it."""
    ended = over_at(order, state)
    return ended is None or now < ended + AFTERWARDS_S


def over_at(order: Order, state: State) -> int | None:
    """Returns when an order was over, None while it is not."""
    if order.cancelled_at is not None:
        return order.cancelled_at
    drops = [state.drops[drop] for drop in order.drops]
    if any(drop.status.is_open for drop in drops):
        return None
    ended = [drop.closed_at for drop in drops if drop.status is not DropStatus.CANCELLED]
    return max((at for at in ended if at is not None), default=order.placed_at)
