"""Photos of hand-overs, and the codes by which phones sign in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds the tables, empty: no photo was taken, and codes were in memory only."""
    op.create_table(
        "photo",
        sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), primary_key=True),
        sa.Column("drop_id", sa.String, primary_key=True),
        sa.Column("photo_id", sa.String, primary_key=True),
        sa.Column("courier", sa.String, nullable=False),
        # The line it is of, empty for the hand-over as a whole.
        sa.Column("sku", sa.String, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        # JPEG.
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("photo_at", "photo", ["zone", "at"])
    op.create_table(
        "sign_in_code",
        sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), primary_key=True),
        sa.Column("courier", sa.String, primary_key=True),
        # Of the code, in hex: what was shown once is not here.
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Takes them out again."""
    op.drop_table("sign_in_code")
    op.drop_index("photo_at", "photo")
    op.drop_table("photo")
