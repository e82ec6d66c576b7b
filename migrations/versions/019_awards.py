"""The award scheme."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "019_awards"
down_revision = "018_network_members"
branch_labels = None
depends_on = None

_TABLES = (
    "champions",
    "awards",
    "award_statements",
    "award_assessments",
    "award_applications",
    "award_conflicts",
    "award_assessors",
    "award_rounds",
)


def upgrade() -> None:
    _award_rounds()
    _award_assessors()
    _award_conflicts()
    _award_applications()
    _award_assessments()
    _award_statements()
    _awards()
    _champions()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _award_rounds() -> None:
    op.create_table(
        "award_rounds",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("criteria_version", sa.Integer(), nullable=False),
        sa.Column("sectors", JsonDocument(), nullable=False),
        sa.Column("opens_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("decide_by", sa.Date(), nullable=False),
        sa.Column("valid_months", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("cancelled_reason", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'open', 'assessing', 'decided', 'cancelled')",
            name=op.f("ck_award_rounds_state_known"),
        ),
        sa.CheckConstraint(
            "closes_on >= opens_on", name=op.f("ck_award_rounds_closes_after_opening")
        ),
        sa.CheckConstraint(
            "decide_by >= closes_on", name=op.f("ck_award_rounds_decided_after_closing")
        ),
        sa.CheckConstraint(
            "valid_months BETWEEN 6 AND 60", name=op.f("ck_award_rounds_valid_months_range")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_award_rounds_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_rounds")),
        sa.UniqueConstraint("reference", name=op.f("uq_award_rounds_reference")),
    )


def _award_assessors() -> None:
    op.create_table(
        "award_assessors",
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by"], ["users.id"], name=op.f("fk_award_assessors_added_by")
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["award_rounds.id"], name=op.f("fk_award_assessors_round_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_award_assessors_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_assessors")),
        sa.UniqueConstraint(
            "round_id", "user_id", name=op.f("uq_award_assessors_round_id_user_id")
        ),
    )


def _award_conflicts() -> None:
    op.create_table(
        "award_conflicts",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_award_conflicts_reason_given")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_award_conflicts_by")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_award_conflicts_employer_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_award_conflicts_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_conflicts")),
        sa.UniqueConstraint(
            "user_id", "employer_id", name=op.f("uq_award_conflicts_user_id_employer_id")
        ),
    )
    op.create_index(op.f("ix_award_conflicts_employer_id"), "award_conflicts", ["employer_id"])


def _award_applications() -> None:
    op.create_table(
        "award_applications",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("round_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("tier_sought", sa.String(length=12), nullable=False),
        sa.Column("renews_id", sa.Integer(), nullable=True),
        sa.Column("answers", JsonDocument(), nullable=False),
        sa.Column("consent_evidence", sa.Boolean(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=True),
        sa.Column("frozen", JsonDocument(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("submitted_by", sa.Integer(), nullable=True),
        sa.Column("submitted_name", sa.String(length=120), nullable=False),
        sa.Column("tier_awarded", sa.String(length=12), nullable=True),
        sa.Column("feedback", sa.Text(), nullable=False),
        sa.Column("beyond_reason", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'awarded') = (tier_awarded IS NOT NULL)",
            name=op.f("ck_award_applications_awarded_has_tier"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'assessing', 'moderation', 'ready', 'awarded', 'declined', 'withdrawn', 'lapsed')",
            name=op.f("ck_award_applications_state_known"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('awarded', 'declined') OR (decided_at IS NOT NULL AND feedback <> '')",
            name=op.f("ck_award_applications_decided_has_feedback"),
        ),
        sa.CheckConstraint(
            "tier_awarded IN ('committed', 'established', 'leading')",
            name=op.f("ck_award_applications_tier_awarded_known"),
        ),
        sa.CheckConstraint(
            "tier_sought IN ('committed', 'established', 'leading')",
            name=op.f("ck_award_applications_tier_sought_known"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_award_applications_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_award_applications_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["response_id"],
            ["diagnostic_responses.id"],
            name=op.f("fk_award_applications_response_id"),
        ),
        sa.ForeignKeyConstraint(
            ["round_id"], ["award_rounds.id"], name=op.f("fk_award_applications_round_id")
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["users.id"], name=op.f("fk_award_applications_submitted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_applications")),
        sa.UniqueConstraint("reference", name=op.f("uq_award_applications_reference")),
    )
    op.create_index("ix_award_applications_employer_id", "award_applications", ["employer_id"])
    op.create_index(
        "uq_award_applications_one",
        "award_applications",
        ["round_id", "employer_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'withdrawn'"),
        postgresql_where=sa.text("state <> 'withdrawn'"),
    )


def _award_assessments() -> None:
    op.create_table(
        "award_assessments",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("moderates", sa.Boolean(), nullable=False),
        sa.Column("scores", JsonDocument(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'done') = (done_at IS NOT NULL)",
            name=op.f("ck_award_assessments_done_has_day"),
        ),
        sa.CheckConstraint(
            "state IN ('assigned', 'done', 'stood_down')",
            name=op.f("ck_award_assessments_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["award_applications.id"],
            name=op.f("fk_award_assessments_application_id"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_award_assessments_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_assessments")),
        sa.UniqueConstraint(
            "application_id", "user_id", name=op.f("uq_award_assessments_application_id_user_id")
        ),
    )
    op.create_index("ix_award_assessments_user_id", "award_assessments", ["user_id"])


def _award_statements() -> None:
    op.create_table(
        "award_statements",
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("to_name", sa.String(length=120), nullable=False),
        sa.Column("to_email", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("job", sa.String(length=120), nullable=False),
        sa.Column("part_time", sa.Boolean(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'given' OR words <> ''", name=op.f("ck_award_statements_given_has_words")
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'given', 'refused', 'withdrawn')",
            name=op.f("ck_award_statements_state_known"),
        ),
        sa.ForeignKeyConstraint(
            ["application_id"],
            ["award_applications.id"],
            name=op.f("fk_award_statements_application_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award_statements")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_award_statements_token_hash")),
    )
    op.create_index("ix_award_statements_application_id", "award_statements", ["application_id"])


def _awards() -> None:
    op.create_table(
        "awards",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=12), nullable=False),
        sa.Column("employer_name", sa.String(length=160), nullable=False),
        sa.Column("awarded_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_reason", sa.Text(), nullable=True),
        sa.Column("certificate_state", sa.String(length=10), nullable=False),
        sa.Column("certificate_key", sa.String(length=200), nullable=False),
        sa.Column("certificate_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "tier IN ('committed', 'established', 'leading')", name=op.f("ck_awards_tier_known")
        ),
        sa.CheckConstraint(
            "(revoked_at IS NULL) = (revoked_reason IS NULL)",
            name=op.f("ck_awards_revoked_has_reason"),
        ),
        sa.CheckConstraint("valid_until > awarded_on", name=op.f("ck_awards_valid_for_a_while")),
        sa.ForeignKeyConstraint(
            ["application_id"], ["award_applications.id"], name=op.f("fk_awards_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_awards_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_awards")),
        sa.UniqueConstraint("application_id", name=op.f("uq_awards_application_id")),
        sa.UniqueConstraint("code", name=op.f("uq_awards_code")),
        sa.UniqueConstraint("reference", name=op.f("uq_awards_reference")),
    )
    op.create_index("ix_awards_employer_id", "awards", ["employer_id"])


def _champions() -> None:
    op.create_table(
        "champions",
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("award_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("sector", sa.String(length=30), nullable=False),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("size_tier", sa.String(length=10), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["award_id"], ["awards.id"], name=op.f("fk_champions_award_id")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_champions_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_champions")),
        sa.UniqueConstraint("award_id", name=op.f("uq_champions_award_id")),
        sa.UniqueConstraint("employer_id", name=op.f("uq_champions_employer_id")),
    )
