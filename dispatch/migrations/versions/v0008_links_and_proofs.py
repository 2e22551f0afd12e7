"""What buyers look after their orders by, and what shows that goods were handed over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds the tables, empty: orders placed before have no link, and nobody signed for them."""
    op.create_table(
        "link",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), nullable=False),
        sa.Column("order_id", sa.String, nullable=False),
        # SHA-256 of the secret, in hex: what was shown once is not here.
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False, server_default=""),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_index("link_order", "link", ["zone", "order_id"])
    op.create_table(
        "pin",
        sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), primary_key=True),
        sa.Column("drop_id", sa.String, primary_key=True),
        sa.Column("digits", sa.String, nullable=False),
        # How often something else was told at the desk.
        sa.Column("wrong", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "proof",
        sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), primary_key=True),
        sa.Column("drop_id", sa.String, primary_key=True),
        sa.Column("action_id", sa.String, primary_key=True),
        sa.Column("courier", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        # The strokes of a signature, empty for a PIN.
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("proof_at", "proof", ["zone", "at"])


def downgrade() -> None:
    """Takes them out again."""
    op.drop_index("proof_at", "proof")
    op.drop_index("link_order", "link")
    for table in ("proof", "pin", "link"):
        op.drop_table(table)
