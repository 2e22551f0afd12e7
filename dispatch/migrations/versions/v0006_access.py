"""Who may ask, and who placed what."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the tables, empty: orders placed before belong to nobody in particular."""
    op.create_table(
        "credential",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("zone", sa.String, nullable=False),
        # SHA-256 of the secret, in hex: what was shown once is not here.
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        # Who it is the phone of, and the token that a browser's session rests on; null for none.
        sa.Column("courier", sa.String),
        sa.Column("parent", sa.String),
        sa.Column("created_by", sa.String, nullable=False, server_default=""),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("last_used_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
    )
    op.create_index("credential_zone", "credential", ["zone"])
    op.create_table(
        "owner",
        sa.Column("zone", sa.String, sa.ForeignKey("zone.id"), primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        # The principal in whose name the order was placed.
        sa.Column("principal", sa.String, nullable=False),
    )
    op.create_index("owner_principal", "owner", ["zone", "principal"])


def downgrade() -> None:
    """Takes them out again."""
    for table in ("owner", "credential"):
        op.drop_index(f"{table}_{'principal' if table == 'owner' else 'zone'}", table)
        op.drop_table(table)
