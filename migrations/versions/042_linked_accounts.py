"""Accounts of one person in several programmes of an installation: which here are linked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import UtcDateTime

revision = "042_linked_accounts"
down_revision = "041_no_score_rollups"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "linked_accounts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("partner", sa.String(30), nullable=False),
        sa.Column("stamp", sa.String(64), nullable=False),
        sa.Column("strong", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_linked_accounts_user_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_linked_accounts")),
        sa.UniqueConstraint("reference", name=op.f("uq_linked_accounts_reference")),
        sa.UniqueConstraint("user_id", "partner", name=op.f("uq_linked_accounts_user_id_partner")),
    )
    op.add_column("user_sessions", sa.Column("crossing", sa.String(64)))


def downgrade() -> None:
    op.drop_column("user_sessions", "crossing")
    op.drop_table("linked_accounts")
