"""Changes that two people make, proofs that were kept, and work that cannot be paid for as it is."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "016_payee_changes"
down_revision = "015_reach"
branch_labels = None
depends_on = None

_MESSAGE = "A published rate card is never changed"
_TABLES = ("output_misses", "ledger_proofs", "contract_proposals", "payee_changes")


def upgrade() -> None:
    _payee_changes()
    _contract_proposals()
    for table in ("payee_changes", "contract_proposals"):
        _one_open(table)
    _ledger_proofs()
    _output_misses()
    # Written out: SQLite takes a new column with its key in one statement, and in no other way.
    op.execute(
        "ALTER TABLE confirmations ADD COLUMN answered_by INTEGER "
        "CONSTRAINT fk_confirmations_answered_by REFERENCES users (id)"
    )
    op.add_column("payments", sa.Column("remittance_email", sa.String(length=254), nullable=True))
    op.execute(
        "UPDATE payments SET remittance_email = (SELECT contracts.remittance_email FROM contracts "
        "JOIN claims ON claims.contract_id = contracts.id WHERE claims.id = payments.claim_id)"
    )
    _close_published_cards()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER rates_no_insert")
    else:
        op.execute("DROP TRIGGER rates_no_insert ON rates")
        op.execute("DROP FUNCTION refuse_rate_insert()")
    # Each with its own key; a copy of the table would come without its checks.
    op.drop_column("payments", "remittance_email")
    op.drop_column("confirmations", "answered_by")
    for table in _TABLES:
        op.drop_table(table)


def _payee_changes() -> None:
    op.create_table(
        "payee_changes",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("payee_name", sa.String(length=18), nullable=False),
        sa.Column("payee_sort_code", sa.String(length=6), nullable=False),
        sa.Column("payee_account", sa.String(length=8), nullable=False),
        sa.Column("remittance_email", sa.String(length=254), nullable=False),
        sa.Column("old_name", sa.String(length=18), nullable=False),
        sa.Column("old_sort_code", sa.String(length=6), nullable=False),
        sa.Column("old_account", sa.String(length=8), nullable=False),
        sa.Column("old_email", sa.String(length=254), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_name", sa.String(length=120), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_name", sa.String(length=120), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL)",
            name=op.f("ck_payee_changes_decided_dated"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR length(answer) >= 1",
            name=op.f("ck_payee_changes_refused_with_words"),
        ),
        sa.CheckConstraint(
            "state = 'withdrawn' OR decided_by IS NULL OR decided_by <> proposed_by",
            name=op.f("ck_payee_changes_decided_by_another"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'refused', 'withdrawn')",
            name=op.f("ck_payee_changes_state_known"),
        ),
        sa.CheckConstraint(
            "decided_at IS NULL OR decided_by IS NOT NULL",
            name=op.f("ck_payee_changes_decided_signed"),
        ),
        sa.CheckConstraint("length(reason) >= 1", name=op.f("ck_payee_changes_reason_given")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_payee_changes_contract_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_payee_changes_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["users.id"], name=op.f("fk_payee_changes_proposed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payee_changes")),
        sa.UniqueConstraint("reference", name=op.f("uq_payee_changes_reference")),
    )


def _contract_proposals() -> None:
    op.create_table(
        "contract_proposals",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("terms", JsonDocument(), nullable=False),
        sa.Column("changes", JsonDocument(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_name", sa.String(length=120), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_name", sa.String(length=120), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'confirmed') = (number IS NOT NULL)",
            name=op.f("ck_contract_proposals_confirmed_numbered"),
        ),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL)",
            name=op.f("ck_contract_proposals_decided_dated"),
        ),
        sa.CheckConstraint(
            "state <> 'refused' OR length(answer) >= 1",
            name=op.f("ck_contract_proposals_refused_with_words"),
        ),
        sa.CheckConstraint(
            "state = 'withdrawn' OR decided_by IS NULL OR decided_by <> proposed_by",
            name=op.f("ck_contract_proposals_decided_by_another"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'confirmed', 'refused', 'withdrawn')",
            name=op.f("ck_contract_proposals_state_known"),
        ),
        sa.CheckConstraint(
            "decided_at IS NULL OR decided_by IS NOT NULL",
            name=op.f("ck_contract_proposals_decided_signed"),
        ),
        sa.CheckConstraint("length(reason) >= 1", name=op.f("ck_contract_proposals_reason_given")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_contract_proposals_contract_id")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_contract_proposals_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["users.id"], name=op.f("fk_contract_proposals_proposed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_proposals")),
        sa.UniqueConstraint(
            "contract_id", "number", name=op.f("uq_contract_proposals_contract_id_number")
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_contract_proposals_reference")),
    )


def _one_open(table: str) -> None:
    op.create_index(f"ix_{table}_contract_id", table, ["contract_id"])
    op.create_index(
        f"uq_{table}_open",
        table,
        ["contract_id"],
        unique=True,
        sqlite_where=sa.text("state = 'proposed'"),
        postgresql_where=sa.text("state = 'proposed'"),
    )


def _ledger_proofs() -> None:
    op.create_table(
        "ledger_proofs",
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(length=8), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.Column("decisions", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "source IN ('command', 'daily')", name=op.f("ck_ledger_proofs_source_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_proofs")),
    )
    op.create_index("ix_ledger_proofs_at", "ledger_proofs", ["at"])


def _output_misses() -> None:
    op.create_table(
        "output_misses",
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("looked_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(session_id IS NULL) <> (delivery_id IS NULL)",
            name=op.f("ck_output_misses_one_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["support_deliveries.id"], name=op.f("fk_output_misses_delivery_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["diagnostic_sessions.id"], name=op.f("fk_output_misses_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_output_misses")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_output_misses_delivery_id")),
        sa.UniqueConstraint("session_id", name=op.f("uq_output_misses_session_id")),
    )


def _close_published_cards() -> None:
    """Nothing is added to a published card; 011 refuses changes of what is there."""
    if op.get_bind().dialect.name == "sqlite":
        published = "(SELECT state FROM rate_cards WHERE id = NEW.card_id) = 'published'"
        op.execute(
            f"CREATE TRIGGER rates_no_insert BEFORE INSERT ON rates WHEN {published} "
            f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
        )
        return
    # The card is held meanwhile, so that it is not published between this look and the row.
    look = "SELECT state INTO held FROM rate_cards WHERE id = NEW.card_id FOR SHARE;"
    refuse = f"IF held = 'published' THEN RAISE EXCEPTION '{_MESSAGE}'; END IF;"
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_rate_insert() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"DECLARE held text; BEGIN {look} {refuse} RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER rates_no_insert BEFORE INSERT ON rates FOR EACH ROW "
        "EXECUTE FUNCTION refuse_rate_insert()"
    )
