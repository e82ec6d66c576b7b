"""Responses, scores, roll-ups and histograms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "004_diagnostics"
down_revision = "003_employers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _responses()
    op.create_table(
        "dimension_scores",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("dimension", sa.String(40), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("exact", sa.String(60), nullable=False),
        sa.CheckConstraint(
            "score >= 0 AND score <= 100", name=op.f("ck_dimension_scores_score_range")
        ),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["diagnostic_responses.id"],
            name=op.f("fk_dimension_scores_response_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dimension_scores")),
        sa.UniqueConstraint(
            "response_id", "dimension", name=op.f("uq_dimension_scores_response_id_dimension")
        ),
    )
    op.create_table(
        "score_rollups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_key", sa.String(60), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("sector", sa.String(20), nullable=False),
        sa.Column("size_tier", sa.String(10), nullable=False),
        sa.Column("district", sa.String(60), nullable=False),
        sa.Column("dimension", sa.String(40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.CheckConstraint("n >= 0 AND total >= 0", name=op.f("ck_score_rollups_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_rollups")),
        sa.UniqueConstraint(
            "questionnaire_key",
            "month",
            "sector",
            "size_tier",
            "district",
            "dimension",
            name="uq_score_rollups_cell",
        ),
    )
    op.create_table(
        "score_histograms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_key", sa.String(60), nullable=False),
        sa.Column("dimension", sa.String(40), nullable=False),
        sa.Column("sector", sa.String(20), nullable=False),
        sa.Column("size_tier", sa.String(10), nullable=False),
        sa.Column("district", sa.String(60), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.CheckConstraint("n >= 0", name=op.f("ck_score_histograms_not_negative")),
        sa.CheckConstraint(
            "score >= 0 AND score <= 100", name=op.f("ck_score_histograms_score_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_histograms")),
        sa.UniqueConstraint(
            "questionnaire_key",
            "dimension",
            "sector",
            "size_tier",
            "district",
            "score",
            name="uq_score_histograms_cell",
        ),
    )


def _responses() -> None:
    name = "diagnostic_responses"
    checks = {
        "status_known": "status IN ('in_progress', 'completed', 'withdrawn')",
        "kind_known": "kind IN ('first', 'correction', 'retake')",
        "sector_known": "sector IN ('retail', 'hospitality', 'social_care', 'other')",
        "size_known": "size_tier IN ('micro', 'small', 'medium', 'large')",
        "revision_not_negative": "revision >= 0",
        "overall_score_range": (
            "overall_score IS NULL OR (overall_score >= 0 AND overall_score <= 100)"
        ),
        "completed_has_result": (
            "status <> 'completed' OR (completed_at IS NOT NULL AND result IS NOT NULL)"
        ),
        "current_is_completed": (
            "NOT is_current OR (status = 'completed' AND employer_id IS NOT NULL)"
        ),
    }
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(10), nullable=False),
        sa.Column("questionnaire_key", sa.String(60), nullable=False),
        sa.Column("questionnaire_version", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("earlier_id", sa.Integer()),
        sa.Column("employer_id", sa.Integer()),
        sa.Column("owner_id", sa.Integer()),
        sa.Column("sector", sa.String(20), nullable=False),
        sa.Column("size_tier", sa.String(10), nullable=False),
        sa.Column("district", sa.String(60)),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("answers", JsonDocument(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("completed_at", UtcDateTime()),
        sa.Column("completed_by", sa.Integer()),
        sa.Column("overall_score", sa.Integer()),
        sa.Column("result", JsonDocument()),
        sa.Column("resume_token_hash", sa.String(64)),
        sa.Column("resume_email", sa.String(254)),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{name}_{key}")) for key, rule in checks.items()),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in (
                ("earlier_id", "diagnostic_responses.id"),
                ("employer_id", "employers.id"),
                ("owner_id", "users.id"),
                ("completed_by", "users.id"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sa.UniqueConstraint("reference", name=op.f(f"uq_{name}_reference")),
        sa.UniqueConstraint("resume_token_hash", name=op.f(f"uq_{name}_resume_token_hash")),
    )
    op.create_index(
        "uq_diagnostic_responses_current",
        name,
        ["employer_id", "questionnaire_key"],
        unique=True,
        sqlite_where=sa.text("is_current"),
        postgresql_where=sa.text("is_current"),
    )
    op.create_index("ix_diagnostic_responses_employer_id", name, ["employer_id", "started_at"])
    op.create_index("ix_diagnostic_responses_owner_id", name, ["owner_id"])
    op.create_index("ix_diagnostic_responses_resume_email", name, ["resume_email"])


def downgrade() -> None:
    for name in ("score_histograms", "score_rollups", "dimension_scores", "diagnostic_responses"):
        op.drop_table(name)
