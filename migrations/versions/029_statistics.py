"""Releases of statistics in which small numbers are protected, and the evaluator's packs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime
from portal.kernel.people import NAME_LENGTH

revision = "029_statistics"
down_revision = "028_movement"
branch_labels = None
depends_on = None

_MESSAGE = "A release of statistics is never changed or removed"


def upgrade() -> None:
    op.create_table(
        "statistics_releases",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("rounding", sa.Integer(), nullable=False),
        sa.Column("copy_id", sa.Integer(), nullable=False),
        sa.Column("proof", JsonDocument(), nullable=False),
        sa.Column("released_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_on < last_on", name=op.f("ck_statistics_releases_days_in_order")),
        sa.CheckConstraint(
            "threshold >= 3", name=op.f("ck_statistics_releases_threshold_protects")
        ),
        sa.CheckConstraint("rounding >= 1", name=op.f("ck_statistics_releases_rounding_positive")),
        sa.ForeignKeyConstraint(
            ["copy_id"], ["report_copies.id"], name=op.f("fk_statistics_releases_copy_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statistics_releases")),
        sa.UniqueConstraint("reference", name=op.f("uq_statistics_releases_reference")),
        sa.UniqueConstraint("copy_id", name=op.f("uq_statistics_releases_copy_id")),
        sa.UniqueConstraint("first_on", name=op.f("uq_statistics_releases_first_on")),
    )
    op.create_table(
        "evaluation_packs",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_name", sa.String(length=NAME_LENGTH), nullable=False),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("storage_key", sa.String(length=200), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("checks", JsonDocument(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(ready_at IS NULL) = (storage_key IS NULL) AND (ready_at IS NULL) = (sha256 IS NULL)",
            name=op.f("ck_evaluation_packs_ready_is_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["statistics_releases.id"],
            name=op.f("fk_evaluation_packs_release_id"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["users.id"], name=op.f("fk_evaluation_packs_asked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation_packs")),
        sa.UniqueConstraint("release_id", name=op.f("uq_evaluation_packs_release_id")),
    )
    op.create_index("ix_evaluation_packs_asked_by", "evaluation_packs", ["asked_by"])
    if op.get_bind().dialect.name == "sqlite":
        for event in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER statistics_releases_no_{event.lower()} BEFORE {event} "
                f"ON statistics_releases BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION refuse_statistics_change() RETURNS trigger LANGUAGE plpgsql "
            f"AS $$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER statistics_releases_no_change BEFORE UPDATE OR DELETE "
            "ON statistics_releases FOR EACH ROW EXECUTE FUNCTION refuse_statistics_change()"
        )


def downgrade() -> None:
    op.drop_table("evaluation_packs")
    op.drop_table("statistics_releases")
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_statistics_change()")
