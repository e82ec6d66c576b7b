"""Outputs, claims and their lines, checks, and payment runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "012_claims"
down_revision = "011_contracts"
branch_labels = None
depends_on = None

_TABLES = (
    "claim_line_queries",
    "claim_checks",
    "claim_lines",
    "claims",
    "check_overrides",
    "outputs",
)


def upgrade() -> None:
    _outputs()
    _claims()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _outputs() -> None:
    op.create_table(
        "outputs",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("output_type", sa.String(length=20), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=True),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("adviser_id", sa.Integer(), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("arose_at", UtcDateTime(), nullable=False),
        sa.Column("employer_name", sa.String(length=160), nullable=False),
        sa.Column("sector", sa.String(length=30), nullable=False),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("size_tier", sa.String(length=10), nullable=False),
        sa.Column("hard_to_reach", sa.Boolean(), nullable=False),
        sa.Column("facts", JsonDocument(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("base_pence", sa.BigInteger(), nullable=False),
        sa.Column("bonus_pence", sa.BigInteger(), nullable=False),
        sa.Column("explanation", sa.String(length=600), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=500), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(output_type = 'engagement') = (session_id IS NOT NULL)",
            name=op.f("ck_outputs_engagement_session"),
        ),
        sa.CheckConstraint(
            "output_type IN ('engagement', 'training_session', 'workshop', 'consultancy', 'coaching')",
            name=op.f("ck_outputs_output_type_known"),
        ),
        sa.CheckConstraint("sector <> 'other'", name=op.f("ck_outputs_target_sector")),
        sa.CheckConstraint(
            "(session_id IS NULL) <> (delivery_id IS NULL)", name=op.f("ck_outputs_one_origin")
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)",
            name=op.f("ck_outputs_withdrawn_has_reason"),
        ),
        sa.CheckConstraint(
            "base_pence BETWEEN 0 AND 1000000000", name=op.f("ck_outputs_base_range")
        ),
        sa.CheckConstraint(
            "bonus_pence = 0 OR hard_to_reach", name=op.f("ck_outputs_bonus_hard_to_reach")
        ),
        sa.CheckConstraint(
            "bonus_pence BETWEEN 0 AND 1000000000", name=op.f("ck_outputs_bonus_range")
        ),
        sa.ForeignKeyConstraint(["adviser_id"], ["users.id"], name=op.f("fk_outputs_adviser_id")),
        sa.ForeignKeyConstraint(["card_id"], ["rate_cards.id"], name=op.f("fk_outputs_card_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outputs_case_id")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_outputs_contract_id")
        ),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["support_deliveries.id"], name=op.f("fk_outputs_delivery_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_outputs_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_outputs_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["diagnostic_sessions.id"], name=op.f("fk_outputs_session_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outputs")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_outputs_delivery_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_outputs_reference")),
        sa.UniqueConstraint("session_id", name=op.f("uq_outputs_session_id")),
    )
    op.create_index("ix_outputs_contract_id_occurred_on", "outputs", ["contract_id", "occurred_on"])
    op.create_index("ix_outputs_employer_id", "outputs", ["employer_id"])
    op.create_index(
        "uq_outputs_engagement",
        "outputs",
        ["employer_id", "programme"],
        unique=True,
        sqlite_where=sa.text("output_type = 'engagement' AND withdrawn_at IS NULL"),
        postgresql_where=sa.text("output_type = 'engagement' AND withdrawn_at IS NULL"),
    )
    op.create_table(
        "check_overrides",
        sa.Column("output_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=True),
        sa.Column("granted_at", UtcDateTime(), nullable=True),
        sa.Column("declined_by", sa.Integer(), nullable=True),
        sa.Column("declined_at", UtcDateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(granted_by IS NULL) = (granted_at IS NULL)",
            name=op.f("ck_check_overrides_granted_dated"),
        ),
        sa.CheckConstraint(
            "granted_by IS NULL OR granted_by <> asked_by",
            name=op.f("ck_check_overrides_granted_by_another"),
        ),
        sa.CheckConstraint("length(reason) >= 1", name=op.f("ck_check_overrides_reason_given")),
        sa.CheckConstraint(
            "(declined_by IS NULL) = (declined_at IS NULL)",
            name=op.f("ck_check_overrides_declined_dated"),
        ),
        sa.CheckConstraint(
            "granted_at IS NULL OR declined_at IS NULL",
            name=op.f("ck_check_overrides_one_answer"),
        ),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["users.id"], name=op.f("fk_check_overrides_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["declined_by"], ["users.id"], name=op.f("fk_check_overrides_declined_by")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["users.id"], name=op.f("fk_check_overrides_granted_by")
        ),
        sa.ForeignKeyConstraint(
            ["output_id"], ["outputs.id"], name=op.f("fk_check_overrides_output_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_overrides")),
    )
    op.create_index("ix_check_overrides_output_id", "check_overrides", ["output_id", "kind"])


def _claims() -> None:
    op.create_table(
        "claims",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=14), nullable=False),
        sa.Column("drafted_by", sa.Integer(), nullable=True),
        sa.Column("submitted_at", UtcDateTime(), nullable=True),
        sa.Column("submitted_by", sa.Integer(), nullable=True),
        sa.Column("submitted_name", sa.String(length=120), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'queried', 'approved', 'part_approved', 'rejected', 'paid', 'withdrawn')",
            name=op.f("ck_claims_state_known"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'withdrawn') OR submitted_at IS NOT NULL",
            name=op.f("ck_claims_submitted_dated"),
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_claims_number_from_one")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_claims_revision_from_one")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_claims_contract_id")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_claims_decided_by")),
        sa.ForeignKeyConstraint(["drafted_by"], ["users.id"], name=op.f("fk_claims_drafted_by")),
        sa.ForeignKeyConstraint(
            ["submitted_by"], ["users.id"], name=op.f("fk_claims_submitted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claims")),
        sa.UniqueConstraint(
            "contract_id", "period", "number", name=op.f("uq_claims_contract_id_period_number")
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_claims_reference")),
    )
    op.create_index("ix_claims_state", "claims", ["state", "submitted_at"])
    op.create_index(
        "uq_claims_draft",
        "claims",
        ["contract_id", "period"],
        unique=True,
        sqlite_where=sa.text("state = 'draft'"),
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "claim_lines",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("output_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("explanation", sa.String(length=600), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_name", sa.String(length=120), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'queried', 'approved', 'rejected', 'removed')",
            name=op.f("ck_claim_lines_state_known"),
        ),
        sa.CheckConstraint(
            "pence BETWEEN 0 AND 1000000000", name=op.f("ck_claim_lines_pence_range")
        ),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_lines_claim_id")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_claim_lines_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["output_id"], ["outputs.id"], name=op.f("fk_claim_lines_output_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_lines")),
        sa.UniqueConstraint(
            "claim_id", "output_id", name=op.f("uq_claim_lines_claim_id_output_id")
        ),
    )
    op.create_index("ix_claim_lines_claim_id", "claim_lines", ["claim_id", "state"])
    op.create_index("ix_claim_lines_output_id", "claim_lines", ["output_id"])
    op.create_index(
        "uq_claim_lines_output",
        "claim_lines",
        ["output_id"],
        unique=True,
        sqlite_where=sa.text("state NOT IN ('rejected', 'removed')"),
        postgresql_where=sa.text("state NOT IN ('rejected', 'removed')"),
    )
    op.create_table(
        "claim_checks",
        sa.Column("claim_id", sa.Integer(), nullable=False),
        sa.Column("line_id", sa.Integer(), nullable=True),
        sa.Column("run", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("result", sa.String(length=4), nullable=False),
        sa.Column("words", sa.String(length=500), nullable=False),
        sa.Column("detail", JsonDocument(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "result IN ('pass', 'warn', 'fail')", name=op.f("ck_claim_checks_result_known")
        ),
        sa.CheckConstraint("run >= 1", name=op.f("ck_claim_checks_run_from_one")),
        sa.ForeignKeyConstraint(["claim_id"], ["claims.id"], name=op.f("fk_claim_checks_claim_id")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["claim_lines.id"], name=op.f("fk_claim_checks_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_checks")),
    )
    op.create_index("ix_claim_checks_claim_id_run", "claim_checks", ["claim_id", "run"])
    op.create_index("ix_claim_checks_line_id", "claim_checks", ["line_id"])
    op.create_table(
        "claim_line_queries",
        sa.Column("line_id", sa.Integer(), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "side IN ('lep', 'provider')", name=op.f("ck_claim_line_queries_side_known")
        ),
        sa.CheckConstraint("length(words) >= 1", name=op.f("ck_claim_line_queries_words_given")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_claim_line_queries_by")),
        sa.ForeignKeyConstraint(
            ["line_id"], ["claim_lines.id"], name=op.f("fk_claim_line_queries_line_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_line_queries")),
    )
    op.create_index("ix_claim_line_queries_line_id", "claim_line_queries", ["line_id", "at"])
