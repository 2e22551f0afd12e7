"""Services as data: what is urgent stands in each order, and its promise as it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

if TYPE_CHECKING:
    from collections.abc import Callable

revision = "0004"
down_revision = "0003"

Json = dict[str, Any]

_orders = sa.table("orders", sa.column("zone"), sa.column("id"), sa.column("body", sa.JSON))
_events = sa.table(
    "event",
    *(sa.column(name) for name in ("zone", "seq", "kind")),
    sa.column("body", sa.JSON),
)


def upgrade() -> None:
    """Says of each order, in the tables and in the log, what followed from its service before."""
    _rewrite(_with_promise)


def downgrade() -> None:
    """Takes both out again."""
    _rewrite(lambda order: {k: v for k, v in order.items() if k not in ("urgent", "promise")})


def _with_promise(order: Json) -> Json:
    is_urgent = order["service"] != "standard"
    clock: Json = {"kind": "working_days", "days": 1, "at_close": True}
    if is_urgent:
        clock = {"kind": "wall_clock", "seconds": order["promise_s"]}
    return order | {"urgent": is_urgent, "promise": {"clock": clock}}


def _rewrite(change: Callable[[Json], Json]) -> None:
    connection = op.get_bind()
    for zone, name, order in connection.execute(
        sa.select(_orders.c.zone, _orders.c.id, _orders.c.body)
    ).all():
        row = (_orders.c.zone == zone) & (_orders.c.id == name)
        connection.execute(sa.update(_orders).where(row).values(body=change(order)))
    is_placed = _events.c.kind == "order_placed"
    for zone, seq, placed in connection.execute(
        sa.select(_events.c.zone, _events.c.seq, _events.c.body).where(is_placed)
    ).all():
        row = (_events.c.zone == zone) & (_events.c.seq == seq)
        body = placed | {"order": change(placed["order"])}
        connection.execute(sa.update(_events).where(row).values(body=body))
