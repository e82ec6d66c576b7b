"""A stamp for each table that kept pages are made of, moved by whoever writes to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "043_shown_stamps"
down_revision = "042_linked_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shown_stamps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("stamp", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shown_stamps")),
        sa.UniqueConstraint("name", name=op.f("uq_shown_stamps_name")),
    )


def downgrade() -> None:
    op.drop_table("shown_stamps")
