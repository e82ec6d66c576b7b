"""Cases with their next actions, and the timeline and merges of employers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "007_cases"
down_revision = "006_closed_plans"
branch_labels = None
depends_on = None

_TABLES = (
    "next_actions",
    "cases",
    "referral_sources",
    "employer_merges",
    "employer_timeline",
)


def upgrade() -> None:
    # Said in SQL, since SQLite copies a table to add a constraint and would lose its checks.
    op.execute(
        "ALTER TABLE employers ADD COLUMN merged_into_id INTEGER "
        "CONSTRAINT fk_employers_merged_into_id REFERENCES employers (id) "
        "CONSTRAINT ck_employers_not_merged_into_itself CHECK (merged_into_id <> id)"
    )
    op.create_index(op.f("ix_employers_merged_into_id"), "employers", ["merged_into_id"])
    _timeline()
    _cases()
    _past()


def downgrade() -> None:
    op.drop_index(op.f("ix_employers_merged_into_id"), "employers")
    op.drop_column("employers", "merged_into_id")
    for table in _TABLES:
        op.drop_table(table)


def _past() -> None:
    """What happened before there was a timeline: records, diagnostics, signed plans."""
    line = (
        "INSERT INTO employer_timeline "
        "(employer_id, at, recorded_at, kind, title, text, by_id, by_name, subject) "
    )
    op.execute(
        line + "SELECT h.employer_id, h.at, h.at, 'record', 'Record made', '', h.changed_by, "  # noqa: S608 - no value comes from outside
        "coalesce(u.name, 'The portal'), '' FROM employer_history h "
        "LEFT JOIN users u ON u.id = h.changed_by WHERE h.version = 1"
    )
    op.execute(
        line + "SELECT r.employer_id, r.completed_at, r.completed_at, 'diagnostic', "  # noqa: S608 - no value comes from outside
        "'Diagnostic completed', '', r.completed_by, coalesce(u.name, 'The portal'), "
        "'response:' || r.reference FROM diagnostic_responses r "
        "LEFT JOIN users u ON u.id = r.completed_by "
        "WHERE r.status = 'completed' AND r.employer_id IS NOT NULL"
    )
    op.execute(
        line + "SELECT p.employer_id, s.at, s.at, 'plan', 'Action plan signed off', '', "  # noqa: S608 - no value comes from outside
        "s.user_id, s.name, '' FROM plan_signatures s "
        "JOIN plan_versions v ON v.id = s.version_id JOIN plans p ON p.id = v.plan_id"
    )


def _timeline() -> None:
    op.create_table(
        "employer_timeline",
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(title) >= 1", name=op.f("ck_employer_timeline_title_given")),
        sa.ForeignKeyConstraint(["by_id"], ["users.id"], name=op.f("fk_employer_timeline_by_id")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_employer_timeline_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer_timeline")),
    )
    op.create_index(
        "ix_employer_timeline_employer_id_at", "employer_timeline", ["employer_id", "at", "id"]
    )
    op.create_table(
        "employer_merges",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("merged_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("moved", JsonDocument(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("undone_at", UtcDateTime(), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.Column("undone_by_name", sa.String(length=120), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(undone_at IS NULL) = (undone_by_name IS NULL)",
            name=op.f("ck_employer_merges_undone_named"),
        ),
        sa.CheckConstraint("kept_id <> merged_id", name=op.f("ck_employer_merges_two_employers")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_employer_merges_by")),
        sa.ForeignKeyConstraint(
            ["kept_id"], ["employers.id"], name=op.f("fk_employer_merges_kept_id")
        ),
        sa.ForeignKeyConstraint(
            ["merged_id"], ["employers.id"], name=op.f("fk_employer_merges_merged_id")
        ),
        sa.ForeignKeyConstraint(
            ["undone_by"], ["users.id"], name=op.f("fk_employer_merges_undone_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_employer_merges")),
        sa.UniqueConstraint("reference", name=op.f("uq_employer_merges_reference")),
    )
    op.create_index(op.f("ix_employer_merges_kept_id"), "employer_merges", ["kept_id"])
    op.create_index(op.f("ix_employer_merges_merged_id"), "employer_merges", ["merged_id"])


def _cases() -> None:
    op.create_table(
        "referral_sources",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("link_code", sa.String(length=10), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('skills_service', 'jobcentre_plus', 'chamber', 'growth_hub', 'trade_body', 'trade_union', 'event', 'champion', 'self_referral')",
            name=op.f("ck_referral_sources_kind_known"),
        ),
        sa.CheckConstraint("length(name) >= 2", name=op.f("ck_referral_sources_name_given")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_sources")),
        sa.UniqueConstraint("link_code", name=op.f("uq_referral_sources_link_code")),
        sa.UniqueConstraint("name", name=op.f("uq_referral_sources_name")),
        sa.UniqueConstraint("reference", name=op.f("uq_referral_sources_reference")),
    )
    op.create_table(
        "cases",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=True),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("stage_since", UtcDateTime(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("close_reason", sa.String(length=30), nullable=True),
        sa.Column("close_note", sa.Text(), nullable=False),
        sa.Column("last_contact_at", UtcDateTime(), nullable=True),
        sa.Column("contact_count", sa.Integer(), nullable=False),
        sa.Column("waiting_since", UtcDateTime(), nullable=True),
        sa.Column("waiting_for", sa.String(length=200), nullable=False),
        sa.Column("session_state", sa.String(length=12), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_job", sa.String(length=120), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("contact_phone", sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (stage <> 'closed')", name=op.f("ck_cases_closed_stage")
        ),
        sa.CheckConstraint(
            "close_reason IN ('completed', 'employer_withdrew', 'no_contact', 'not_eligible', 'closed_down', 'duplicate', 'other')",
            name=op.f("ck_cases_close_reason_known"),
        ),
        sa.CheckConstraint(
            "session_state IN ('none', 'held', 'asked', 'confirmed', 'disputed')",
            name=op.f("ck_cases_session_state_known"),
        ),
        sa.CheckConstraint(
            "stage IN ('referral', 'consultation', 'diagnostic', 'plan', 'support', 'follow_up', 'closed')",
            name=op.f("ck_cases_stage_known"),
        ),
        sa.CheckConstraint(
            "(closed_at IS NULL) = (close_reason IS NULL)", name=op.f("ck_cases_closed_reason")
        ),
        sa.CheckConstraint("contact_count >= 0", name=op.f("ck_cases_contact_count_not_negative")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_cases_revision_from_one")),
        sa.ForeignKeyConstraint(["adviser_id"], ["users.id"], name=op.f("fk_cases_adviser_id")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_cases_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_cases_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["referral_sources.id"], name=op.f("fk_cases_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("reference", name=op.f("uq_cases_reference")),
    )
    op.create_index(op.f("ix_cases_adviser_id"), "cases", ["adviser_id"])
    op.create_index("ix_cases_employer_id", "cases", ["employer_id"])
    op.create_index(
        "ix_cases_organisation_id_adviser_id",
        "cases",
        ["organisation_id", "adviser_id", "closed_at"],
    )
    op.create_index(
        "uq_cases_open",
        "cases",
        ["employer_id", "programme"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "next_actions",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("what", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'open') = (ended_at IS NULL)", name=op.f("ck_next_actions_ended_dated")
        ),
        sa.CheckConstraint(
            "kind IN ('call', 'visit', 'video', 'email', 'other')",
            name=op.f("ck_next_actions_kind_known"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'done', 'moved', 'dropped')",
            name=op.f("ck_next_actions_state_known"),
        ),
        sa.CheckConstraint("length(what) >= 1", name=op.f("ck_next_actions_what_given")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_next_actions_case_id")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_next_actions_created_by")
        ),
        sa.ForeignKeyConstraint(["ended_by"], ["users.id"], name=op.f("fk_next_actions_ended_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_next_actions")),
    )
    op.create_index("ix_next_actions_case_id", "next_actions", ["case_id"])
    op.create_index(
        "uq_next_actions_open",
        "next_actions",
        ["case_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
