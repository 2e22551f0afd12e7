"""A chain over the log, answers kept for a request sent again, evidence of taps, webhooks."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_ADDED = {
    "event": (("actor", sa.String), ("hash", sa.String)),
    "zone": (("head_hash", sa.String),),
}
_EVIDENCE: tuple[tuple[str, Any], ...] = (
    *(("number", sa.BigInteger), ("occurred_at", sa.BigInteger), ("device_now", sa.BigInteger)),
    *(("received_at", sa.BigInteger), ("body", sa.JSON)),
)

_events = sa.table(
    "event",
    *(sa.column(name) for name in ("zone", "seq", "at", "recorded_at", "kind")),
    *(sa.column("body", sa.JSON), sa.column("subjects", sa.JSON)),
    *(sa.column("actor"), sa.column("hash")),
)
_zones = sa.table("zone", sa.column("id"), sa.column("head_hash"))


def upgrade() -> None:
    """Adds columns and tables, and chains what is in the log already."""
    for table, columns in _ADDED.items():
        for name, kind in columns:
            op.add_column(table, sa.Column(name, kind, nullable=False, server_default=""))
    for name, kind in _EVIDENCE:
        op.add_column("courier_action", sa.Column(name, kind))
    op.create_index("courier_action_number", "courier_action", ["courier", "number"])
    _create_idempotency()
    _create_webhooks()
    _chain()


def _create_idempotency() -> None:
    op.create_table(
        "idempotency",
        sa.Column("principal", sa.String, primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("status", sa.BigInteger, nullable=False),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("idempotency_expires_at", "idempotency", ["expires_at"])


def _create_webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("body", sa.JSON, nullable=False),
        # Events up to this one have their rows in webhook_delivery.
        sa.Column("seen_seq", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("zone", sa.String, primary_key=True),
        sa.Column("webhook", sa.String, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        # Unix seconds of the next attempt, null when there is none.
        sa.Column("next_at", sa.BigInteger),
        sa.Column("tried_at", sa.BigInteger),
        sa.Column("status", sa.BigInteger),
        sa.Column("error", sa.String, nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["zone", "webhook"], ["webhook.zone", "webhook.id"]),
    )
    op.create_index("webhook_delivery_next", "webhook_delivery", ["zone", "webhook", "next_at"])


def _chain() -> None:
    """Gives what is in the log its hashes, as the program does that first had them."""
    connection = op.get_bind()
    for (zone,) in connection.execute(sa.select(_zones.c.id)).all():
        before = ""
        of_zone = sa.select(_events).where(_events.c.zone == zone).order_by(_events.c.seq)
        for row in connection.execute(of_zone).mappings().all():
            before = _link(before, zone, row)
            this = (_events.c.zone == zone) & (_events.c.seq == row["seq"])
            connection.execute(sa.update(_events).where(this).values(hash=before))
        mine = _zones.c.id == zone
        connection.execute(sa.update(_zones).where(mine).values(head_hash=before))


def _link(before: str, zone: str, row: Any) -> str:
    names = ("seq", "at", "recorded_at", "kind", "body", "subjects", "actor")
    covered = [before, zone, *(row[name] for name in names)]
    return hashlib.sha256(orjson.dumps(covered, option=orjson.OPT_SORT_KEYS)).hexdigest()


def downgrade() -> None:
    """Takes all of it out again."""
    for table in ("webhook_delivery", "webhook", "idempotency"):
        op.drop_table(table)
    op.drop_index("courier_action_number", "courier_action")
    for name, _ in _EVIDENCE:
        op.drop_column("courier_action", name)
    for table, columns in _ADDED.items():
        for name, _ in columns:
            op.drop_column(table, name)
