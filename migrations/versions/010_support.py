"""Support delivered, confirmations by employers, referrals to other services."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "010_support"
down_revision = "009_casework"
branch_labels = None
depends_on = None

_TABLES = (
    "referrals_out",
    "confirmations",
    "delivery_attendances",
    "support_deliveries",
)


def upgrade() -> None:
    _support()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _support() -> None:
    op.create_table(
        "support_deliveries",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("design", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("audience", JsonDocument(), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=8), nullable=False),
        sa.Column("place", sa.String(length=200), nullable=False),
        sa.Column("trainer", sa.String(length=120), nullable=False),
        sa.Column("funding", sa.String(length=16), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("once", sa.String(length=64), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "design IN ('off_the_peg', 'bespoke')", name=op.f("ck_support_deliveries_design_known")
        ),
        sa.CheckConstraint(
            "funding IN ('fully_funded', 'employer_pays')",
            name=op.f("ck_support_deliveries_funding_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('training_session', 'workshop', 'consultancy', 'coaching')",
            name=op.f("ck_support_deliveries_kind_known"),
        ),
        sa.CheckConstraint(
            "mode IN ('place', 'online')", name=op.f("ck_support_deliveries_mode_known")
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)",
            name=op.f("ck_support_deliveries_withdrawn_has_reason"),
        ),
        sa.CheckConstraint("length(title) >= 1", name=op.f("ck_support_deliveries_title_given")),
        sa.CheckConstraint(
            "minutes BETWEEN 1 AND 1440", name=op.f("ck_support_deliveries_minutes_range")
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_support_deliveries_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_support_deliveries_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_support_deliveries")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_support_deliveries_revision_from_one")),
        sa.UniqueConstraint("once", name=op.f("uq_support_deliveries_once")),
        sa.UniqueConstraint("reference", name=op.f("uq_support_deliveries_reference")),
    )
    op.create_index(
        "ix_support_deliveries_organisation_id",
        "support_deliveries",
        ["organisation_id", "delivered_on"],
    )
    op.create_table(
        "delivery_attendances",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("attended", sa.Integer(), nullable=False),
        sa.Column("part_time_attended", sa.Integer(), nullable=True),
        sa.Column("sector", sa.String(length=30), nullable=False),
        sa.Column("size_tier", sa.String(length=20), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "attended BETWEEN 1 AND 100000", name=op.f("ck_delivery_attendances_attended_range")
        ),
        sa.CheckConstraint(
            "part_time_attended IS NULL OR part_time_attended BETWEEN 0 AND attended",
            name=op.f("ck_delivery_attendances_part_time_within_attended"),
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_delivery_attendances_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"],
            ["support_deliveries.id"],
            name=op.f("fk_delivery_attendances_delivery_id"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_delivery_attendances_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery_attendances")),
        sa.UniqueConstraint(
            "delivery_id",
            "employer_id",
            name=op.f("uq_delivery_attendances_delivery_id_employer_id"),
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_delivery_attendances_reference")),
    )
    op.create_index("ix_delivery_attendances_case_id", "delivery_attendances", ["case_id"])
    op.create_index("ix_delivery_attendances_employer_id", "delivery_attendances", ["employer_id"])
    op.create_table(
        "confirmations",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("attendance_id", sa.Integer(), nullable=True),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("to_name", sa.String(length=120), nullable=False),
        sa.Column("to_email", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("reminder_hash", sa.String(length=64), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("link_asked_at", UtcDateTime(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_name", sa.String(length=120), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state NOT IN ('confirmed', 'disputed') OR answered_at IS NOT NULL) "
            "AND (state <> 'awaiting' OR answered_at IS NULL)",
            name=op.f("ck_confirmations_answer_dated"),
        ),
        sa.CheckConstraint(
            "state <> 'disputed' OR length(words) >= 1",
            name=op.f("ck_confirmations_dispute_has_words"),
        ),
        sa.CheckConstraint(
            "state IN ('awaiting', 'confirmed', 'disputed', 'replaced')",
            name=op.f("ck_confirmations_state_known"),
        ),
        sa.CheckConstraint(
            "(session_id IS NULL) <> (attendance_id IS NULL)",
            name=op.f("ck_confirmations_one_subject"),
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_confirmations_asked_by")),
        sa.ForeignKeyConstraint(
            ["attendance_id"],
            ["delivery_attendances.id"],
            name=op.f("fk_confirmations_attendance_id"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_confirmations_case_id")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_confirmations_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["diagnostic_sessions.id"], name=op.f("fk_confirmations_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_confirmations")),
        sa.UniqueConstraint("reference", name=op.f("uq_confirmations_reference")),
        sa.UniqueConstraint("reminder_hash", name=op.f("uq_confirmations_reminder_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_confirmations_token_hash")),
    )
    op.create_index(op.f("ix_confirmations_case_id"), "confirmations", ["case_id"])
    op.create_index("ix_confirmations_employer_id", "confirmations", ["employer_id"])
    op.create_index("ix_confirmations_state_due_on", "confirmations", ["state", "due_on"])
    op.create_index(
        "uq_confirmations_attendance",
        "confirmations",
        ["attendance_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'replaced'"),
        postgresql_where=sa.text("state <> 'replaced'"),
    )
    op.create_index(
        "uq_confirmations_session",
        "confirmations",
        ["session_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'replaced'"),
        postgresql_where=sa.text("state <> 'replaced'"),
    )
    op.create_table(
        "referrals_out",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("service", sa.String(length=20), nullable=False),
        sa.Column("organisation", sa.String(length=160), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("contact_phone", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("consent_by", sa.String(length=120), nullable=False),
        sa.Column("consent_on", sa.Date(), nullable=False),
        sa.Column("shares", JsonDocument(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("chase_on", sa.Date(), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("outcome_on", sa.Date(), nullable=True),
        sa.Column("outcome_note", sa.Text(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("mailed_at", UtcDateTime(), nullable=True),
        sa.Column("once", sa.String(length=64), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(outcome = 'waiting') = (outcome_on IS NULL)",
            name=op.f("ck_referrals_out_outcome_dated"),
        ),
        sa.CheckConstraint(
            "outcome IN ('waiting', 'taken_up', 'not_taken_up', 'not_suitable', 'no_answer')",
            name=op.f("ck_referrals_out_outcome_known"),
        ),
        sa.CheckConstraint(
            "service IN ('skills_service', 'apprenticeship_hub', 'careers_guidance', 'in_work_advancement', 'finance', 'other')",
            name=op.f("ck_referrals_out_service_known"),
        ),
        sa.CheckConstraint("consent_on <= sent_on", name=op.f("ck_referrals_out_consent_before")),
        sa.CheckConstraint("length(consent_by) >= 1", name=op.f("ck_referrals_out_consent_named")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_referrals_out_by")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_referrals_out_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals_out")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_referrals_out_revision_from_one")),
        sa.UniqueConstraint("once", name=op.f("uq_referrals_out_once")),
        sa.UniqueConstraint("reference", name=op.f("uq_referrals_out_reference")),
    )
    op.create_index("ix_referrals_out_case_id", "referrals_out", ["case_id"])
