"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TABLES = (
    "zone",
    "event",
    "event_subject",
    "orders",
    "drops",
    "couriers",
    "quotes",
    "plan",
    "courier_action",
    "position",
)


def upgrade() -> None:
    """Creates the tables."""
    op.create_table(
        "zone",
        _key("id"),
        _count("epoch"),
        _count("head_seq"),
        _count("plan_version"),
        _count("quotes_given"),
    )
    _create_log()
    _create_state()
    _create_published()


def downgrade() -> None:
    """Drops the tables, those that refer to others first."""
    for table in reversed(TABLES):
        op.drop_table(table)


def _create_log() -> None:
    op.create_table(
        "event",
        _zone(),
        _number_key("seq"),
        _count("at"),
        _count("recorded_at"),
        _text("kind"),
        _json("body"),
        _json("subjects"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "event_subject",
        _zone(),
        _key("subject"),
        _number_key("seq"),
        sa.ForeignKeyConstraint(["zone", "seq"], ["event.zone", "event.seq"]),
        sqlite_with_rowid=False,
    )


def _create_state() -> None:
    op.create_table(
        "orders",
        _zone(),
        _key("id"),
        _count("ordinal"),
        sa.Column("external_id", sa.String),
        _text("service"),
        _count("placed_at"),
        sa.Column("cancelled_at", sa.BigInteger),
        _json("body"),
        sa.UniqueConstraint("zone", "external_id", name="orders_external_id"),
    )
    op.create_table(
        "drops",
        _zone(),
        _key("id"),
        _count("ordinal"),
        _text("order_id"),
        _text("status"),
        sa.Column("courier", sa.String),
        sa.Column("live", sa.BigInteger),
        _json("body"),
        sa.ForeignKeyConstraint(["zone", "order_id"], ["orders.zone", "orders.id"]),
    )
    op.create_table("couriers", _zone(), _key("id"), _count("ordinal"), _json("body"))
    op.create_table("quotes", _zone(), _key("id"), _count("ordinal"), _json("body"))


def _create_published() -> None:
    op.create_table(
        "plan",
        _zone(),
        _number_key("version"),
        _count("seq"),
        _count("epoch"),
        _count("made_at"),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "courier_action",
        _key("courier"),
        _key("action_id"),
        _zone(),
        _count("seq"),
        _text("result"),
        _text("reason"),
    )
    op.create_table(
        "position",
        _zone(),
        _key("courier"),
        sa.Column("lat", sa.Float, nullable=False),
        sa.Column("lon", sa.Float, nullable=False),
        _count("at"),
    )


def _zone() -> sa.Column[str]:
    return sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), primary_key=True)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, primary_key=True)


def _number_key(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, primary_key=True)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String, nullable=False)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, sa.JSON, nullable=False)
