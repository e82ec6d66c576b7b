"""Consents, requests of people about their data, copies given to them, and breaches."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "034_privacy"
down_revision = "033_audit_chain"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "breaches",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("kinds", JsonDocument(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("risk", sa.String(length=10), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("done", sa.Text(), nullable=False),
        sa.Column("ico_told_at", UtcDateTime(), nullable=True),
        sa.Column("ico_reference", sa.String(length=40), nullable=False),
        sa.Column("ico_reason", sa.Text(), nullable=False),
        sa.Column("people_told_at", UtcDateTime(), nullable=True),
        sa.Column("people_reason", sa.Text(), nullable=False),
        sa.Column("lessons", sa.Text(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "closed_at IS NULL OR risk <> 'unknown'", name=op.f("ck_breaches_closed_is_assessed")
        ),
        sa.CheckConstraint(
            "closed_at IS NULL OR risk = 'unlikely' OR ico_told_at IS NOT NULL",
            name=op.f("ck_breaches_closed_ico_told"),
        ),
        sa.CheckConstraint(
            "risk IN ('unknown', 'unlikely', 'risk', 'high')", name=op.f("ck_breaches_risk_known")
        ),
        sa.CheckConstraint(
            "people IS NULL OR people >= 0", name=op.f("ck_breaches_people_not_negative")
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_breaches_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breaches")),
        sa.UniqueConstraint("reference", name=op.f("uq_breaches_reference")),
    )
    op.create_index("ix_breaches_found_at", "breaches", ["found_at", "id"], unique=False)
    op.create_table(
        "rights_requests",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=15), nullable=False),
        sa.Column("channel", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("identity_asked_on", sa.Date(), nullable=True),
        sa.Column("identity_on", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("extended_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (decided_at IS NULL)",
            name=op.f("ck_rights_requests_decided_once_closed"),
        ),
        sa.CheckConstraint(
            "channel IN ('account', 'mail', 'letter', 'phone', 'person')",
            name=op.f("ck_rights_requests_channel_known"),
        ),
        sa.CheckConstraint(
            "kind IN ('access', 'rectification', 'erasure', 'restriction', 'objection', 'portability')",
            name=op.f("ck_rights_requests_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'refused', 'withdrawn')",
            name=op.f("ck_rights_requests_state_known"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_rights_requests_email_small")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_rights_requests_decided_by")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_rights_requests_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_requests")),
        sa.UniqueConstraint("reference", name=op.f("uq_rights_requests_reference")),
    )
    op.create_index(
        "ix_rights_requests_state", "rights_requests", ["state", "due_on", "id"], unique=False
    )
    op.create_index("ix_rights_requests_user_id", "rights_requests", ["user_id"], unique=False)
    op.create_table(
        "breach_steps",
        sa.Column("breach_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["breach_id"], ["breaches.id"], name=op.f("fk_breach_steps_breach_id")
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_breach_steps_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_breach_steps")),
    )
    op.create_index("ix_breach_steps_breach_id", "breach_steps", ["breach_id", "id"], unique=False)
    op.create_table(
        "consent_records",
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("words_version", sa.Integer(), nullable=False),
        sa.Column("given", sa.Boolean(), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "how IN ('page', 'letter', 'phone', 'mail')", name=op.f("ck_consent_records_how_known")
        ),
        sa.CheckConstraint(
            "(user_id IS NULL) <> (employer_id IS NULL)", name=op.f("ck_consent_records_one_party")
        ),
        sa.CheckConstraint("words_version > 0", name=op.f("ck_consent_records_words_known")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_consent_records_by")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_consent_records_employer_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_consent_records_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent_records")),
    )
    op.create_index(
        "ix_consent_records_employer_id",
        "consent_records",
        ["employer_id", "purpose", "id"],
        unique=False,
    )
    op.create_index(
        "ix_consent_records_purpose", "consent_records", ["purpose", "id"], unique=False
    )
    op.create_index(
        "ix_consent_records_user_id", "consent_records", ["user_id", "purpose", "id"], unique=False
    )
    op.create_table(
        "person_copies",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("storage_key", sa.String(length=120), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("taken_at", UtcDateTime(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'making') = (ready_at IS NULL)", name=op.f("ck_person_copies_made_has_time")
        ),
        sa.CheckConstraint(
            "(state = 'ready') = (storage_key IS NOT NULL)",
            name=op.f("ck_person_copies_ready_has_file"),
        ),
        sa.CheckConstraint(
            "state IN ('making', 'ready', 'expired')", name=op.f("ck_person_copies_state_known")
        ),
        sa.ForeignKeyConstraint(["asked_by"], ["users.id"], name=op.f("fk_person_copies_asked_by")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["rights_requests.id"], name=op.f("fk_person_copies_request_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_person_copies_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_copies")),
        sa.UniqueConstraint("reference", name=op.f("uq_person_copies_reference")),
    )
    op.create_index("ix_person_copies_request_id", "person_copies", ["request_id"], unique=False)
    op.create_index(
        "ix_person_copies_state", "person_copies", ["state", "expires_at"], unique=False
    )
    op.create_index("ix_person_copies_user_id", "person_copies", ["user_id", "id"], unique=False)
    op.create_table(
        "rights_steps",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("what", sa.String(length=20), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_rights_steps_by")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["rights_requests.id"], name=op.f("fk_rights_steps_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rights_steps")),
    )
    op.create_index(
        "ix_rights_steps_request_id", "rights_steps", ["request_id", "id"], unique=False
    )


def downgrade() -> None:
    for table in (
        "breach_steps",
        "breaches",
        "person_copies",
        "rights_steps",
        "rights_requests",
        "consent_records",
    ):
        op.drop_table(table)
