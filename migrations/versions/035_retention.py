"""What was deleted or made anonymous, when and why, and what may not be."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "035_retention"
down_revision = "034_privacy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _erasure_requests()
    _legal_holds()
    op.create_table(
        "retention_runs",
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("went", JsonDocument(), nullable=False),
        sa.Column("held", JsonDocument(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retention_runs")),
    )
    _tombstones()


def downgrade() -> None:
    for table in ("retention_tombstones", "retention_runs", "legal_holds", "erasure_requests"):
        op.drop_table(table)


def _person(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], ["users.id"], name=op.f(f"fk_{table}_{column}"))


def _erasure_requests() -> None:
    table = "erasure_requests"
    op.create_table(
        table,
        sa.Column("reference", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("subject", sa.String(60), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("entered_by", sa.Integer(), nullable=True),
        sa.Column("entered_name", sa.String(120), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("ended_name", sa.String(120), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("went", JsonDocument(), nullable=False),
        sa.Column("stayed", JsonDocument(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('person', 'employer', 'contact')", name=op.f(f"ck_{table}_kind_known")
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'done', 'refused')", name=op.f(f"ck_{table}_state_known")
        ),
        sa.CheckConstraint(
            "(state = 'asked') = (ended_at IS NULL)", name=op.f(f"ck_{table}_ended_when_decided")
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR words <> ''", name=op.f(f"ck_{table}_refused_with_words")
        ),
        _person(table, "entered_by"),
        _person(table, "ended_by"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("reference", name=op.f(f"uq_{table}_reference")),
    )
    op.create_index("ix_erasure_requests_state_due_on", table, ["state", "due_on"])


def _legal_holds() -> None:
    table = "legal_holds"
    op.create_table(
        table,
        sa.Column("reference", sa.String(10), nullable=False),
        sa.Column("scope", sa.String(12), nullable=False),
        sa.Column("subject", sa.String(60), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("placed_by", sa.Integer(), nullable=True),
        sa.Column("placed_name", sa.String(120), nullable=False),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("lifted_by", sa.Integer(), nullable=True),
        sa.Column("lifted_name", sa.String(120), nullable=False),
        sa.Column("lifted_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "scope IN ('everything', 'class', 'employer', 'person')",
            name=op.f(f"ck_{table}_scope_known"),
        ),
        sa.CheckConstraint(
            "(scope = 'everything') = (subject = '')", name=op.f(f"ck_{table}_subject_named")
        ),
        sa.CheckConstraint("reason <> ''", name=op.f(f"ck_{table}_reason_given")),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_reason IS NULL)",
            name=op.f(f"ck_{table}_lifted_has_reason"),
        ),
        _person(table, "placed_by"),
        _person(table, "lifted_by"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("reference", name=op.f(f"uq_{table}_reference")),
    )


def _tombstones() -> None:
    table = "retention_tombstones"
    op.create_table(
        table,
        sa.Column("class_key", sa.String(30), nullable=False),
        sa.Column("holding", sa.String(60), nullable=False),
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("since", UtcDateTime(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("why", sa.String(10), nullable=False),
        sa.Column("what", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=True),
        sa.Column("erasure_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("why IN ('schedule', 'erasure')", name=op.f(f"ck_{table}_why_known")),
        sa.CheckConstraint(
            "sha256 IS NULL OR length(sha256) = 64", name=op.f(f"ck_{table}_sha256_length")
        ),
        sa.ForeignKeyConstraint(
            ["erasure_id"],
            ["erasure_requests.id"],
            name=op.f(f"fk_{table}_erasure_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            "class_key",
            "holding",
            "row_id",
            "since",
            name=op.f(f"uq_{table}_class_key_holding_row_id_since"),
        ),
    )
    op.create_index("ix_retention_tombstones_at", table, ["at"])
