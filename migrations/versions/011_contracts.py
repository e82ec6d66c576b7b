"""Contracts with providers, and rate cards."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "011_contracts"
down_revision = "010_support"
branch_labels = None
depends_on = None

_TABLES = (
    "rates",
    "rate_cards",
    "contract_variations",
    "contract_subcontractors",
    "contract_profiles",
    "contract_caps",
    "contracts",
)


_MESSAGE = "A published rate card is never changed"


def upgrade() -> None:
    _contracts()
    _rates()
    _keep_published_cards()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_card_change()")
        op.execute("DROP FUNCTION refuse_rate_change()")


def _keep_published_cards() -> None:
    """The database itself refuses to change a card once it is published, or its amounts.

    Nothing can be added to one either: every cell is there when it is published, and once only.
    """
    if op.get_bind().dialect.name == "sqlite":
        published = "(SELECT state FROM rate_cards WHERE id = {}.card_id) = 'published'"
        for name, verb, table, when in (
            ("rate_cards_no_update", "UPDATE", "rate_cards", "OLD.state = 'published'"),
            ("rate_cards_no_delete", "DELETE", "rate_cards", "OLD.state = 'published'"),
            (
                "rates_no_update",
                "UPDATE",
                "rates",
                f"{published.format('OLD')} OR {published.format('NEW')}",
            ),
            ("rates_no_delete", "DELETE", "rates", published.format("OLD")),
        ):
            op.execute(
                f"CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {when} "
                f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_card_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_MESSAGE}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER rate_cards_no_change BEFORE UPDATE OR DELETE ON rate_cards FOR EACH ROW "
        "WHEN (OLD.state = 'published') EXECUTE FUNCTION refuse_card_change()"
    )
    # The card is held meanwhile, so that it is not published between this look and the change.
    look = "SELECT state INTO held FROM rate_cards WHERE id = {}.card_id FOR SHARE;"
    refuse = f"IF held = 'published' THEN RAISE EXCEPTION '{_MESSAGE}'; END IF;"
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_rate_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"DECLARE held text; BEGIN {look.format('OLD')} {refuse} "
        f"IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; {look.format('NEW')} {refuse} "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE TRIGGER rates_no_change BEFORE UPDATE OR DELETE ON rates FOR EACH ROW "
        "EXECUTE FUNCTION refuse_rate_change()"
    )


def _contracts() -> None:
    op.create_table(
        "contracts",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("total_cap_pence", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("open_from", sa.Date(), nullable=False),
        sa.Column("bonus_target_percent", sa.Integer(), nullable=True),
        sa.Column("drafted_by", sa.Integer(), nullable=True),
        sa.Column("activated_by", sa.Integer(), nullable=True),
        sa.Column("activated_at", UtcDateTime(), nullable=True),
        sa.Column("payee_name", sa.String(length=18), nullable=False),
        sa.Column("payee_sort_code", sa.String(length=6), nullable=False),
        sa.Column("payee_account", sa.String(length=8), nullable=False),
        sa.Column("remittance_email", sa.String(length=254), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'active', 'ended')", name=op.f("ck_contracts_state_known")
        ),
        sa.CheckConstraint("length(title) >= 2", name=op.f("ck_contracts_title_given")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_contracts_revision_from_one")),
        sa.CheckConstraint("starts_on <= ends_on", name=op.f("ck_contracts_starts_before_ends")),
        sa.CheckConstraint(
            "total_cap_pence BETWEEN 1 AND 100000000000", name=op.f("ck_contracts_total_cap_range")
        ),
        sa.ForeignKeyConstraint(
            ["activated_by"], ["users.id"], name=op.f("fk_contracts_activated_by")
        ),
        sa.ForeignKeyConstraint(["drafted_by"], ["users.id"], name=op.f("fk_contracts_drafted_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_contracts_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contracts")),
        sa.UniqueConstraint("programme", "title", name=op.f("uq_contracts_programme_title")),
        sa.UniqueConstraint("reference", name=op.f("uq_contracts_reference")),
    )
    op.create_index(op.f("ix_contracts_organisation_id"), "contracts", ["organisation_id"])
    op.create_table(
        "contract_caps",
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("output_type", sa.String(length=20), nullable=False),
        sa.Column("cap_pence", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "output_type IN ('engagement', 'training_session', 'workshop', 'consultancy', 'coaching')",
            name=op.f("ck_contract_caps_output_type_known"),
        ),
        sa.CheckConstraint(
            "cap_pence BETWEEN 0 AND 100000000000", name=op.f("ck_contract_caps_cap_range")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_contract_caps_contract_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_caps")),
        sa.UniqueConstraint(
            "contract_id", "output_type", name=op.f("uq_contract_caps_contract_id_output_type")
        ),
    )
    op.create_table(
        "contract_profiles",
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("quarter", sa.Date(), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "pence BETWEEN 0 AND 100000000000", name=op.f("ck_contract_profiles_pence_range")
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_contract_profiles_contract_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_profiles")),
        sa.UniqueConstraint(
            "contract_id", "quarter", name=op.f("uq_contract_profiles_contract_id_quarter")
        ),
    )
    op.create_table(
        "contract_subcontractors",
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "until_on IS NULL OR from_on <= until_on",
            name=op.f("ck_contract_subcontractors_from_before_until"),
        ),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_contract_subcontractors_contract_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_contract_subcontractors_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_subcontractors")),
        sa.UniqueConstraint(
            "contract_id",
            "organisation_id",
            "from_on",
            name=op.f("uq_contract_subcontractors_contract_id_organisation_id_from_on"),
        ),
    )
    op.create_table(
        "contract_variations",
        sa.Column("contract_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changes", JsonDocument(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(reason) >= 1", name=op.f("ck_contract_variations_reason_given")),
        sa.CheckConstraint("number >= 1", name=op.f("ck_contract_variations_number_from_one")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_contract_variations_by")),
        sa.ForeignKeyConstraint(
            ["contract_id"], ["contracts.id"], name=op.f("fk_contract_variations_contract_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contract_variations")),
        sa.UniqueConstraint(
            "contract_id", "number", name=op.f("uq_contract_variations_contract_id_number")
        ),
    )


def _rates() -> None:
    op.create_table(
        "rate_cards",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("programme", sa.String(length=40), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("is_example", sa.Boolean(), nullable=False),
        sa.Column("drafted_by", sa.Integer(), nullable=True),
        sa.Column("published_by", sa.Integer(), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'published') = (published_at IS NOT NULL)",
            name=op.f("ck_rate_cards_published_dated"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'dropped')", name=op.f("ck_rate_cards_state_known")
        ),
        sa.CheckConstraint(
            "published_by IS NULL OR drafted_by IS NULL OR published_by <> drafted_by",
            name=op.f("ck_rate_cards_published_by_another"),
        ),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_rate_cards_revision_from_one")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_rate_cards_version_from_one")),
        sa.ForeignKeyConstraint(
            ["drafted_by"], ["users.id"], name=op.f("fk_rate_cards_drafted_by")
        ),
        sa.ForeignKeyConstraint(
            ["published_by"], ["users.id"], name=op.f("fk_rate_cards_published_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_cards")),
        sa.UniqueConstraint("programme", "version", name=op.f("uq_rate_cards_programme_version")),
        sa.UniqueConstraint("reference", name=op.f("uq_rate_cards_reference")),
    )
    op.create_index(
        "uq_rate_cards_start",
        "rate_cards",
        ["programme", "effective_from"],
        unique=True,
        sqlite_where=sa.text("state = 'published'"),
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "rates",
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("output_type", sa.String(length=20), nullable=False),
        sa.Column("size_tier", sa.String(length=10), nullable=False),
        sa.Column("pence", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "output_type IN ('engagement', 'training_session', 'workshop', 'consultancy', 'coaching', 'hard_to_reach')",
            name=op.f("ck_rates_output_type_known"),
        ),
        sa.CheckConstraint(
            "size_tier IN ('micro', 'small', 'medium', 'large')",
            name=op.f("ck_rates_size_tier_known"),
        ),
        sa.CheckConstraint("pence BETWEEN 0 AND 1000000000", name=op.f("ck_rates_pence_range")),
        sa.ForeignKeyConstraint(["card_id"], ["rate_cards.id"], name=op.f("fk_rates_card_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rates")),
        sa.UniqueConstraint(
            "card_id",
            "output_type",
            "size_tier",
            name=op.f("uq_rates_card_id_output_type_size_tier"),
        ),
    )
