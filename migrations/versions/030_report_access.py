"""Reports by mail each month, and tokens by which other programs read them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime
from portal.kernel.people import NAME_LENGTH

revision = "030_report_access"
down_revision = "029_statistics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "report_subscriptions",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("report_key", sa.String(length=40), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("last_month", sa.Date(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_report_subscriptions_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_subscriptions")),
        sa.UniqueConstraint("reference", name=op.f("uq_report_subscriptions_reference")),
        sa.UniqueConstraint(
            "user_id", "report_key", name=op.f("uq_report_subscriptions_user_id_report_key")
        ),
    )
    op.create_table(
        "report_monthlies",
        sa.Column("report_key", sa.String(length=40), nullable=False),
        sa.Column("whose", sa.String(length=24), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("period", sa.String(length=120), nullable=False),
        sa.Column("readings", JsonDocument(), nullable=False),
        sa.Column("storage_key", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_report_monthlies_sha256_whole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_monthlies")),
        sa.UniqueConstraint(
            "report_key", "whose", "month", name=op.f("uq_report_monthlies_report_key_whose_month")
        ),
    )
    op.create_index("ix_report_monthlies_made_at", "report_monthlies", ["made_at"])
    op.create_table(
        "report_tokens",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("scope", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("ends", sa.String(length=4), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_name", sa.String(length=NAME_LENGTH), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_name", sa.String(length=NAME_LENGTH), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "scope IN ('full', 'statistics')", name=op.f("ck_report_tokens_scope_known")
        ),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_name IS NULL)",
            name=op.f("ck_report_tokens_revoked_whole"),
        ),
        sa.CheckConstraint("length(token_hash) = 64", name=op.f("ck_report_tokens_hash_whole")),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_report_tokens_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_tokens")),
        sa.UniqueConstraint("reference", name=op.f("uq_report_tokens_reference")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_report_tokens_token_hash")),
    )
    op.create_index(op.f("ix_report_tokens_made_by"), "report_tokens", ["made_by"])


def downgrade() -> None:
    op.drop_table("report_tokens")
    op.drop_table("report_monthlies")
    op.drop_table("report_subscriptions")
