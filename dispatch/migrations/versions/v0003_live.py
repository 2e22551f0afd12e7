"""Reports of traffic, and what taps showed of real times."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Creates the tables, and counts reports."""
    for name in ("traffic", "observed"):
        op.create_table(
            name,
            sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), primary_key=True),
            sa.Column("id", sa.String, primary_key=True),
            sa.Column("ordinal", sa.BigInteger, nullable=False),
            sa.Column("body", sa.JSON, nullable=False),
        )
    count = sa.Column("traffic_given", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("zone", count)


def downgrade() -> None:
    """Drops them."""
    op.drop_column("zone", "traffic_given")
    op.drop_table("observed")
    op.drop_table("traffic")
