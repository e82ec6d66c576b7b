"""The ledger and the record of decisions, payments, and samples for audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "013_ledger"
down_revision = "012_claims"
branch_labels = None
depends_on = None

_MESSAGE = "Ledger entries and decisions are never changed or removed"
_APPENDED = ("ledger_entries", "payment_decisions")
_TABLES = (
    "audit_sample_items",
    "audit_samples",
    "payments",
    "payment_runs",
    "payment_decisions",
    "ledger_entries",
    "chain_heads",
)


def upgrade() -> None:
    _ledger()
    _paying()
    _samples()
    for table in _APPENDED:
        _refuse_changes(table)


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_ledger_change()")


def _ledger() -> None:
    op.create_table(
        "chain_heads",
        sa.Column("chain", sa.String(length=20), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_heads")),
        sa.UniqueConstraint("chain", name=op.f("uq_chain_heads_chain")),
    )
    op.create_table(
        "ledger_entries",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("target", sa.String(length=10), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=True),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("output_id", sa.Integer(), nullable=True),
        sa.Column("about_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind IN ('allocate', 'reduce')) = (line_id IS NULL)",
            name=op.f("ck_ledger_entries_line_where_due"),
        ),
        sa.CheckConstraint(
            "(kind IN ('recover', 'adjust')) = (about_id IS NOT NULL)",
            name=op.f("ck_ledger_entries_linked_where_due"),
        ),
        sa.CheckConstraint(
            "kind IN ('allocate', 'reduce', 'commit', 'release', 'approve', 'pay', 'recover', 'adjust')",
            name=op.f("ck_ledger_entries_kind_known"),
        ),
        sa.CheckConstraint(
            "source IN ('funder', 'budget', 'committed', 'payable', 'paid', 'recovered')",
            name=op.f("ck_ledger_entries_source_known"),
        ),
        sa.CheckConstraint(
            "target IN ('funder', 'budget', 'committed', 'payable', 'paid', 'recovered')",
            name=op.f("ck_ledger_entries_target_known"),
        ),
        sa.CheckConstraint(
            "pence BETWEEN 1 AND 100000000000", name=op.f("ck_ledger_entries_pence_range")
        ),
        sa.CheckConstraint("source <> target", name=op.f("ck_ledger_entries_two_accounts")),
        sa.ForeignKeyConstraint(
            ["about_id"], ["ledger_entries.id"], name=op.f("fk_ledger_entries_about_id")
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_ledger_entries_by")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claims.id"], name=op.f("fk_ledger_entries_claim_id")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_ledger_entries_contract_id")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["claim_lines.id"], name=op.f("fk_ledger_entries_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["output_id"], ["outputs.id"], name=op.f("fk_ledger_entries_output_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint("hash", name=op.f("uq_ledger_entries_hash")),
        sa.UniqueConstraint("sequence", name=op.f("uq_ledger_entries_sequence")),
    )
    op.create_index(op.f("ix_ledger_entries_claim_id"), "ledger_entries", ["claim_id"])
    op.create_index("ix_ledger_entries_contract_id", "ledger_entries", ["contract_id", "sequence"])
    op.create_index("ix_ledger_entries_line_id", "ledger_entries", ["line_id"])
    op.create_index(
        "uq_ledger_entries_line_kind",
        "ledger_entries",
        ["line_id", "kind"],
        unique=True,
        sqlite_where=sa.text("kind IN ('commit', 'release', 'approve', 'pay')"),
        postgresql_where=sa.text("kind IN ('commit', 'release', 'approve', 'pay')"),
    )
    op.create_index(
        "uq_ledger_entries_output_pay",
        "ledger_entries",
        ["output_id"],
        unique=True,
        sqlite_where=sa.text("kind = 'pay'"),
        postgresql_where=sa.text("kind = 'pay'"),
    )
    op.create_table(
        "payment_decisions",
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("action", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("detail", JsonDocument(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_payment_decisions_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_decisions")),
        sa.UniqueConstraint("hash", name=op.f("uq_payment_decisions_hash")),
        sa.UniqueConstraint("sequence", name=op.f("uq_payment_decisions_sequence")),
    )
    op.create_index("ix_payment_decisions_subject", "payment_decisions", ["subject", "sequence"])


def _paying() -> None:
    op.create_table(
        "payment_runs",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("total_pence", sa.BigInteger(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("process_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("count >= 1", name=op.f("ck_payment_runs_count_positive")),
        sa.CheckConstraint(
            "made_on <= process_on", name=op.f("ck_payment_runs_made_before_processed")
        ),
        sa.CheckConstraint(
            "total_pence BETWEEN 1 AND 100000000000", name=op.f("ck_payment_runs_total_range")
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_payment_runs_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_runs")),
        sa.UniqueConstraint("reference", name=op.f("uq_payment_runs_reference")),
    )
    op.create_table(
        "payments",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("payee_name", sa.String(length=18), nullable=False),
        sa.Column("payee_sort_code", sa.String(length=6), nullable=False),
        sa.Column("payee_account", sa.String(length=8), nullable=False),
        sa.Column("paid_on", sa.Date(), nullable=True),
        sa.Column("bank_reference", sa.String(length=40), nullable=True),
        sa.Column("paid_by", sa.Integer(), nullable=True),
        sa.Column("paid_name", sa.String(length=120), nullable=False),
        sa.Column("remittance_key", sa.String(length=200), nullable=True),
        sa.Column("remittance_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(paid_on IS NULL) = (bank_reference IS NULL)", name=op.f("ck_payments_paid_referenced")
        ),
        sa.CheckConstraint(
            "pence BETWEEN 1 AND 100000000000", name=op.f("ck_payments_pence_range")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_payments_claim_id")),
        sa.ForeignKeyConstraint(["paid_by"], ["users.id"], name=op.f("fk_payments_paid_by")),
        sa.ForeignKeyConstraint(["run_id"], ["payment_runs.id"], name=op.f("fk_payments_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("claim_id", name=op.f("uq_payments_claim_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_payments_reference")),
    )
    op.create_index("ix_payments_run_id", "payments", ["run_id"])


def _samples() -> None:
    op.create_table(
        "audit_samples",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("seed", sa.String(length=64), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("settings", JsonDocument(), nullable=False),
        sa.Column("drawn_by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("from_on <= until_on", name=op.f("ck_audit_samples_from_before_until")),
        sa.CheckConstraint("size >= 1", name=op.f("ck_audit_samples_size_positive")),
        sa.ForeignKeyConstraint(["drawn_by"], ["users.id"], name=op.f("fk_audit_samples_drawn_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_samples")),
        sa.UniqueConstraint(
            "programme",
            "seed",
            "from_on",
            "until_on",
            "size",
            name=op.f("uq_audit_samples_programme_seed_from_on_until_on_size"),
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_audit_samples_reference")),
    )
    op.create_table(
        "audit_sample_items",
        sa.Column("sample_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.String(length=20), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("found_pence", sa.BigInteger(), nullable=True),
        sa.Column("found_words", sa.Text(), nullable=False),
        sa.Column("found_by", sa.Integer(), nullable=True),
        sa.Column("found_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(found_pence IS NULL) = (found_at IS NULL)",
            name=op.f("ck_audit_sample_items_found_dated"),
        ),
        sa.CheckConstraint(
            "found_pence IS NULL OR found_pence BETWEEN 0 AND pence",
            name=op.f("ck_audit_sample_items_found_range"),
        ),
        sa.CheckConstraint(
            "pence BETWEEN 0 AND 1000000000", name=op.f("ck_audit_sample_items_pence_range")
        ),
        sa.ForeignKeyConstraint(
            ["found_by"], ["users.id"], name=op.f("fk_audit_sample_items_found_by")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"], ["claim_lines.id"], name=op.f("fk_audit_sample_items_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["sample_id"], ["audit_samples.id"], name=op.f("fk_audit_sample_items_sample_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_sample_items")),
        sa.UniqueConstraint(
            "sample_id", "line_id", name=op.f("uq_audit_sample_items_sample_id_line_id")
        ),
    )


def _refuse_changes(table: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE "
        f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()"
    )
