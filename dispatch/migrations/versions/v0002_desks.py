"""The customers' own directories of desks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Creates the table."""
    op.create_table(
        "desks",
        sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("ordinal", sa.BigInteger, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    """Drops the table."""
    op.drop_table("desks")
