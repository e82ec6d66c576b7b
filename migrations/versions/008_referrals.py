"""Referrals, and the history of cases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "008_referrals"
down_revision = "007_cases"
branch_labels = None
depends_on = None

_TABLES = (
    "referrals",
    "referral_batches",
    "case_assignments",
    "case_stage_changes",
    "case_milestones",
)


def upgrade() -> None:
    _case_history()
    _referrals()
    # Telling whether a referred employer is known already must not read the whole table.
    op.create_index("ix_employers_postcode", "employers", ["postcode"])
    if op.get_bind().dialect.name == "sqlite":
        _employer_search_sqlite()
    else:
        _employer_search_postgresql()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER employer_search_{event}")
        op.execute("DROP TABLE employer_search")
    else:
        for event in ("insert", "update"):
            op.execute(f"DROP TRIGGER employer_search_{event} ON employers")
        op.execute("DROP FUNCTION employer_search_keep()")
        op.execute("DROP TABLE employer_search")
    op.drop_index("ix_employers_postcode", "employers")
    for table in _TABLES:
        op.drop_table(table)


def _case_history() -> None:
    op.create_table(
        "case_milestones",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('consultation', 'session', 'diagnostic', 'plan', 'support', 'follow_up')",
            name=op.f("ck_case_milestones_kind_known"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_milestones_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_milestones")),
        sa.UniqueConstraint(
            "case_id", "kind", "subject", name=op.f("uq_case_milestones_case_id_kind_subject")
        ),
    )
    op.create_table(
        "case_stage_changes",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("from_stage", sa.String(length=20), nullable=True),
        sa.Column("to_stage", sa.String(length=20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("missing", JsonDocument(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "from_stage IN ('referral', 'consultation', 'diagnostic', 'plan', 'support', 'follow_up', 'closed')",
            name=op.f("ck_case_stage_changes_from_known"),
        ),
        sa.CheckConstraint(
            "to_stage IN ('referral', 'consultation', 'diagnostic', 'plan', 'support', 'follow_up', 'closed')",
            name=op.f("ck_case_stage_changes_to_known"),
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_case_stage_changes_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_stage_changes_case_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_stage_changes")),
    )
    op.create_index("ix_case_stage_changes_case_id", "case_stage_changes", ["case_id", "at"])
    op.create_table(
        "case_assignments",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=True),
        sa.Column("to_id", sa.Integer(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.String(length=500), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_case_assignments_by")),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_case_assignments_case_id")
        ),
        sa.ForeignKeyConstraint(
            ["from_id"], ["users.id"], name=op.f("fk_case_assignments_from_id")
        ),
        sa.ForeignKeyConstraint(["to_id"], ["users.id"], name=op.f("fk_case_assignments_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_assignments")),
    )
    op.create_index("ix_case_assignments_case_id", "case_assignments", ["case_id", "at"])


def _referrals() -> None:
    op.create_table(
        "referral_batches",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("rows", JsonDocument(), nullable=False),
        sa.Column("taken_count", sa.Integer(), nullable=False),
        sa.Column("uploaded_by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('checked', 'taken', 'dropped')", name=op.f("ck_referral_batches_state_known")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_referral_batches_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["referral_sources.id"], name=op.f("fk_referral_batches_source_id")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["users.id"], name=op.f("fk_referral_batches_uploaded_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral_batches")),
        sa.UniqueConstraint("reference", name=op.f("uq_referral_batches_reference")),
    )
    op.create_index(op.f("ix_referral_batches_sha256"), "referral_batches", ["sha256"])
    op.create_table(
        "referrals",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.Column("channel", sa.String(length=8), nullable=False),
        sa.Column("employer_name", sa.String(length=160), nullable=False),
        sa.Column("trading_name", sa.String(length=160), nullable=False),
        sa.Column("match_name", sa.String(length=200), nullable=False),
        sa.Column("company_number", sa.String(length=8), nullable=True),
        sa.Column("postcode", sa.String(length=8), nullable=True),
        sa.Column("sector", sa.String(length=30), nullable=True),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_job", sa.String(length=120), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("contact_phone", sa.String(length=40), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("referrer_name", sa.String(length=120), nullable=False),
        sa.Column("referrer_email", sa.String(length=254), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("status", sa.String(length=10), nullable=False),
        sa.Column("decline_reason", sa.String(length=20), nullable=True),
        sa.Column("decision_note", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("case_id", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(status = 'accepted') = (case_id IS NOT NULL)", name=op.f("ck_referrals_accepted_case")
        ),
        sa.CheckConstraint(
            "(status = 'declined') = (decline_reason IS NOT NULL)",
            name=op.f("ck_referrals_declined_reason"),
        ),
        sa.CheckConstraint(
            "(status = 'waiting') = (decided_at IS NULL)", name=op.f("ck_referrals_decided_dated")
        ),
        sa.CheckConstraint(
            "channel IN ('form', 'file', 'link', 'public')", name=op.f("ck_referrals_channel_known")
        ),
        sa.CheckConstraint(
            "contact_email <> '' OR contact_phone <> ''",
            name=op.f("ck_referrals_contact_can_be_reached"),
        ),
        sa.CheckConstraint(
            "decline_reason IN ('not_eligible', 'duplicate', 'not_interested', 'cannot_reach', 'no_capacity', 'other')",
            name=op.f("ck_referrals_decline_reason_known"),
        ),
        sa.CheckConstraint(
            "status IN ('waiting', 'accepted', 'declined', 'expired')",
            name=op.f("ck_referrals_status_known"),
        ),
        sa.CheckConstraint(
            "length(employer_name) >= 2", name=op.f("ck_referrals_employer_name_given")
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["referral_batches.id"], name=op.f("fk_referrals_batch_id")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_referrals_case_id")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_referrals_created_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_referrals_decided_by")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_referrals_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_referrals_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["referral_sources.id"], name=op.f("fk_referrals_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referrals")),
        sa.UniqueConstraint("reference", name=op.f("uq_referrals_reference")),
    )
    op.create_index(op.f("ix_referrals_case_id"), "referrals", ["case_id"])
    op.create_index("ix_referrals_company_number", "referrals", ["company_number"])
    op.create_index(op.f("ix_referrals_employer_id"), "referrals", ["employer_id"])
    op.create_index("ix_referrals_match_name", "referrals", ["match_name"])
    op.create_index(
        "ix_referrals_organisation_id_status",
        "referrals",
        ["organisation_id", "status", "expires_on"],
    )
    op.create_index("ix_referrals_postcode", "referrals", ["postcode"])
    op.create_index(op.f("ix_referrals_source_id"), "referrals", ["source_id"])


def _employer_search_sqlite() -> None:
    """Words of employers' names in an external-content index kept by triggers."""
    op.execute(
        "CREATE VIRTUAL TABLE employer_search USING fts5("
        "search_text, content='employers', content_rowid='id', "
        "tokenize='unicode61 remove_diacritics 2', columnsize=0, detail=none)"
    )
    remove = (
        "INSERT INTO employer_search(employer_search, rowid, search_text) "
        "VALUES ('delete', old.id, old.search_text);"
    )
    add = "INSERT INTO employer_search(rowid, search_text) VALUES (new.id, new.search_text);"
    op.execute(f"CREATE TRIGGER employer_search_insert AFTER INSERT ON employers BEGIN {add} END")
    op.execute(
        f"CREATE TRIGGER employer_search_delete AFTER DELETE ON employers BEGIN {remove} END"
    )
    op.execute(
        "CREATE TRIGGER employer_search_update AFTER UPDATE OF search_text ON employers "
        f"WHEN old.search_text <> new.search_text BEGIN {remove} {add} END"
    )
    op.execute("INSERT INTO employer_search(employer_search) VALUES ('rebuild')")


def _employer_search_postgresql() -> None:
    """The same with a tsvector and a GIN index. The words come normalised, so no parser runs."""
    words = "array_to_tsvector(array_remove(string_to_array(search_text, ' '), ''))"
    op.execute(
        "CREATE TABLE employer_search (entry_id integer PRIMARY KEY "
        "REFERENCES employers (id) ON DELETE CASCADE, "
        "length integer NOT NULL, words tsvector NOT NULL)"
    )
    op.execute(
        "INSERT INTO employer_search (entry_id, length, words) "  # noqa: S608 - our own words
        f"SELECT id, length(search_text), {words} FROM employers"
    )
    op.execute("CREATE INDEX employer_search_words ON employer_search USING gin (words)")
    op.execute(
        "CREATE FUNCTION employer_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608
        "INSERT INTO employer_search (entry_id, length, words) VALUES (new.id, "
        f"length(new.search_text), {words.replace('search_text', 'new.search_text')}) "
        "ON CONFLICT (entry_id) DO UPDATE SET length = excluded.length, words = excluded.words; "
        "RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER employer_search_insert AFTER INSERT ON employers "
        "FOR EACH ROW EXECUTE FUNCTION employer_search_keep()"
    )
    op.execute(
        "CREATE TRIGGER employer_search_update AFTER UPDATE OF search_text ON employers "
        "FOR EACH ROW WHEN (old.search_text <> new.search_text) "
        "EXECUTE FUNCTION employer_search_keep()"
    )
