"""What advisers record of their work: contacts, sessions, follow-ups, outcomes, evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "009_casework"
down_revision = "008_referrals"
branch_labels = None
depends_on = None

_TABLES = (
    "evidence_files",
    "adviser_preferences",
    "outcome_records",
    "follow_up_answers",
    "follow_ups",
    "diagnostic_sessions",
    "consultations",
    "interactions",
)


def upgrade() -> None:
    _work()
    _follow_up()
    _evidence()
    # Said in SQL, since SQLite copies a table to add a constraint and would lose its checks.
    op.execute(
        "ALTER TABLE diagnostic_responses ADD COLUMN session_id INTEGER "
        "CONSTRAINT fk_diagnostic_responses_session_id REFERENCES diagnostic_sessions (id)"
    )
    op.create_index(
        op.f("ix_diagnostic_responses_session_id"), "diagnostic_responses", ["session_id"]
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_diagnostic_responses_session_id"), "diagnostic_responses")
    op.drop_column("diagnostic_responses", "session_id")
    for table in _TABLES:
        op.drop_table(table)


def _work() -> None:
    op.create_table(
        "interactions",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("reached", sa.Boolean(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("with_name", sa.String(length=120), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("once", sa.String(length=32), nullable=True),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind <> 'note' OR NOT reached", name=op.f("ck_interactions_note_reaches_nobody")
        ),
        sa.CheckConstraint(
            "kind IN ('call', 'visit', 'video', 'email', 'note')",
            name=op.f("ck_interactions_kind_known"),
        ),
        sa.CheckConstraint(
            "minutes BETWEEN 0 AND 1440", name=op.f("ck_interactions_minutes_range")
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_interactions_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_interactions_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_interactions")),
        sa.UniqueConstraint("once", name=op.f("uq_interactions_once")),
        sa.UniqueConstraint("reference", name=op.f("uq_interactions_reference")),
    )
    op.create_index(op.f("ix_interactions_by"), "interactions", ["by"])
    op.create_index("ix_interactions_case_id_at", "interactions", ["case_id", "at"])
    op.create_table(
        "consultations",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("held_at", UtcDateTime(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("with_name", sa.String(length=120), nullable=False),
        sa.Column("with_job", sa.String(length=120), nullable=False),
        sa.Column("business", sa.Text(), nullable=False),
        sa.Column("challenges", JsonDocument(), nullable=False),
        sa.Column("challenges_text", sa.Text(), nullable=False),
        sa.Column("tried", sa.Text(), nullable=False),
        sa.Column("wants", JsonDocument(), nullable=False),
        sa.Column("wants_text", sa.Text(), nullable=False),
        sa.Column("next_step", sa.String(length=12), nullable=False),
        sa.Column("next_step_text", sa.Text(), nullable=False),
        sa.Column("shares_outcomes", sa.Boolean(), nullable=True),
        sa.Column("once", sa.String(length=32), nullable=True),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "next_step IN ('session', 'think', 'signpost', 'not_eligible', 'no')",
            name=op.f("ck_consultations_next_step_known"),
        ),
        sa.CheckConstraint(
            "minutes BETWEEN 0 AND 1440", name=op.f("ck_consultations_minutes_range")
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_consultations_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_consultations_case_id")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["consultations.id"], name=op.f("fk_consultations_corrects_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consultations")),
        sa.UniqueConstraint("once", name=op.f("uq_consultations_once")),
        sa.UniqueConstraint("reference", name=op.f("uq_consultations_reference")),
    )
    op.create_index("ix_consultations_case_id", "consultations", ["case_id", "held_at"])
    op.create_table(
        "diagnostic_sessions",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=12), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("present", JsonDocument(), nullable=False),
        sa.Column("challenges", JsonDocument(), nullable=False),
        sa.Column("challenges_text", sa.Text(), nullable=False),
        sa.Column("benefits", JsonDocument(), nullable=False),
        sa.Column("benefits_text", sa.Text(), nullable=False),
        sa.Column("goals_text", sa.Text(), nullable=False),
        sa.Column("solutions_text", sa.Text(), nullable=False),
        sa.Column("once", sa.String(length=32), nullable=True),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "mode IN ('face_to_face', 'video')", name=op.f("ck_diagnostic_sessions_mode_known")
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)",
            name=op.f("ck_diagnostic_sessions_withdrawn_has_reason"),
        ),
        sa.CheckConstraint(
            "minutes BETWEEN 1 AND 1440", name=op.f("ck_diagnostic_sessions_minutes_range")
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_diagnostic_sessions_revision_from_one")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_diagnostic_sessions_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_diagnostic_sessions_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnostic_sessions")),
        sa.UniqueConstraint("once", name=op.f("uq_diagnostic_sessions_once")),
        sa.UniqueConstraint("reference", name=op.f("uq_diagnostic_sessions_reference")),
    )
    op.create_index("ix_diagnostic_sessions_case_id", "diagnostic_sessions", ["case_id", "held_on"])


def _follow_up() -> None:
    op.create_table(
        "follow_ups",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("skip_reason", sa.Text(), nullable=True),
        sa.Column("channel", sa.String(length=10), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("with_name", sa.String(length=120), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("reminded_on", sa.Date(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'done') = (done_on IS NOT NULL)", name=op.f("ck_follow_ups_done_dated")
        ),
        sa.CheckConstraint(
            "(state = 'skipped') = (skip_reason IS NOT NULL)",
            name=op.f("ck_follow_ups_skipped_has_reason"),
        ),
        sa.CheckConstraint(
            "channel IN ('call', 'visit', 'video', 'email', 'note')",
            name=op.f("ck_follow_ups_channel_known"),
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'done', 'skipped')", name=op.f("ck_follow_ups_state_known")
        ),
        sa.CheckConstraint("minutes BETWEEN 0 AND 1440", name=op.f("ck_follow_ups_minutes_range")),
        sa.CheckConstraint("months BETWEEN 1 AND 36", name=op.f("ck_follow_ups_months_range")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_follow_ups_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_follow_ups_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
        sa.UniqueConstraint("case_id", "months", name=op.f("uq_follow_ups_case_id_months")),
        sa.UniqueConstraint("reference", name=op.f("uq_follow_ups_reference")),
    )
    op.create_index("ix_follow_ups_state_due_on", "follow_ups", ["state", "due_on"])
    op.create_table(
        "follow_up_answers",
        sa.Column("follow_up_id", sa.Integer(), nullable=False),
        sa.Column("item", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "answer IN ('embedded', 'under_way', 'not_started', 'stopped', 'not_asked')",
            name=op.f("ck_follow_up_answers_answer_known"),
        ),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_ups.id"], name=op.f("fk_follow_up_answers_follow_up_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_up_answers")),
        sa.UniqueConstraint(
            "follow_up_id", "item", name=op.f("uq_follow_up_answers_follow_up_id_item")
        ),
    )
    op.create_table(
        "outcome_records",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("follow_up_id", sa.Integer(), nullable=True),
        sa.Column("true_on", sa.Date(), nullable=False),
        sa.Column("answers", JsonDocument(), nullable=False),
        sa.Column("roles", JsonDocument(), nullable=False),
        sa.Column("quality_roles", sa.Integer(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("replaced_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(phase = 'follow_up') OR follow_up_id IS NULL",
            name=op.f("ck_outcome_records_baseline_has_no_follow_up"),
        ),
        sa.CheckConstraint(
            "phase IN ('baseline', 'follow_up')", name=op.f("ck_outcome_records_phase_known")
        ),
        sa.CheckConstraint(
            "quality_roles >= 0", name=op.f("ck_outcome_records_quality_roles_not_negative")
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_outcome_records_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outcome_records_case_id")),
        sa.ForeignKeyConstraint(
            ["follow_up_id"], ["follow_ups.id"], name=op.f("fk_outcome_records_follow_up_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcome_records")),
        sa.UniqueConstraint("reference", name=op.f("uq_outcome_records_reference")),
    )
    op.create_index("ix_outcome_records_case_id", "outcome_records", ["case_id", "recorded_at"])
    op.create_table(
        "adviser_preferences",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("daily_mail", sa.Boolean(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_adviser_preferences_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adviser_preferences")),
        sa.UniqueConstraint("user_id", name=op.f("uq_adviser_preferences_user_id")),
    )


def _evidence() -> None:
    op.create_table(
        "evidence_files",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("storage_key", sa.String(length=200), nullable=False),
        sa.Column("scan_state", sa.String(length=12), nullable=False),
        sa.Column("scanned_at", UtcDateTime(), nullable=True),
        sa.Column("uploaded_at", UtcDateTime(), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('attendance_sheet', 'session_record', 'employer_statement', 'size', 'investors_in_people', 'training', 'referral_consent', 'outcome', 'other')",
            name=op.f("ck_evidence_files_kind_known"),
        ),
        sa.CheckConstraint(
            "scan_state IN ('waiting', 'clean', 'infected', 'failed', 'not_scanned')",
            name=op.f("ck_evidence_files_scan_state_known"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)",
            name=op.f("ck_evidence_files_withdrawn_has_reason"),
        ),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_evidence_files_sha256_length")),
        sa.CheckConstraint("size_bytes > 0", name=op.f("ck_evidence_files_size_positive")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_evidence_files_case_id")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_evidence_files_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_evidence_files_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["users.id"], name=op.f("fk_evidence_files_uploaded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_files")),
        sa.UniqueConstraint("reference", name=op.f("uq_evidence_files_reference")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_evidence_files_storage_key")),
    )
    op.create_index("ix_evidence_files_case_id", "evidence_files", ["case_id"])
    op.create_index("ix_evidence_files_employer_id", "evidence_files", ["employer_id"])
    op.create_index("ix_evidence_files_sha256", "evidence_files", ["sha256"])
    op.create_index("ix_evidence_files_subject", "evidence_files", ["subject"])
