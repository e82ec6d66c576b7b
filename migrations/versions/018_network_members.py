"""Employers in the network: what they show, who competes, who brought whom, refused mail."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "018_network_members"
down_revision = "017_toolkit_search"
branch_labels = None
depends_on = None

_TABLES = (
    "network_members",
    "network_invitations",
    "network_consents",
    "network_competitors",
    "mail_refusals",
)


def upgrade() -> None:
    _mail_refusals()
    _network_competitors()
    _network_consents()
    _network_invitations()
    _network_members()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _mail_refusals() -> None:
    op.create_table(
        "mail_refusals",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('events', 'forum', 'digest', 'peers', 'awards', 'invitations')",
            name=op.f("ck_mail_refusals_kind_known"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_mail_refusals_email_small")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_refusals")),
        sa.UniqueConstraint("email", "kind", name=op.f("uq_mail_refusals_email_kind")),
    )


def _network_competitors() -> None:
    op.create_table(
        "network_competitors",
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "employer_id <> other_id", name=op.f("ck_network_competitors_two_employers")
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_network_competitors_by")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_network_competitors_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["employers.id"], name=op.f("fk_network_competitors_other_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_competitors")),
        sa.UniqueConstraint(
            "employer_id", "other_id", name=op.f("uq_network_competitors_employer_id_other_id")
        ),
    )
    op.create_index("ix_network_competitors_other_id", "network_competitors", ["other_id"])


def _network_consents() -> None:
    op.create_table(
        "network_consents",
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=12), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "field IN ('name', 'sector', 'size', 'district', 'about', 'changed', 'for_whom', 'cost', 'brought', 'ask_about', 'contact', 'website', 'award')",
            name=op.f("ck_network_consents_field_known"),
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_network_consents_by")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_network_consents_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_consents")),
    )
    op.create_index("ix_network_consents_employer_id", "network_consents", ["employer_id", "at"])


def _network_invitations() -> None:
    op.create_table(
        "network_invitations",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("from_employer_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("to_business", sa.String(length=160), nullable=False),
        sa.Column("to_name", sa.String(length=120), nullable=False),
        sa.Column("to_email", sa.String(length=254), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("joined_employer_id", sa.Integer(), nullable=True),
        sa.Column("joined_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'joined') = (joined_employer_id IS NOT NULL)",
            name=op.f("ck_network_invitations_joined_is_somebody"),
        ),
        sa.CheckConstraint(
            "state IN ('sent', 'joined', 'refused', 'withdrawn')",
            name=op.f("ck_network_invitations_state_known"),
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_network_invitations_by")),
        sa.ForeignKeyConstraint(
            ["from_employer_id"],
            ["employers.id"],
            name=op.f("fk_network_invitations_from_employer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["joined_employer_id"],
            ["employers.id"],
            name=op.f("fk_network_invitations_joined_employer_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_invitations")),
        sa.UniqueConstraint("reference", name=op.f("uq_network_invitations_reference")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_network_invitations_token_hash")),
    )
    op.create_index(
        "ix_network_invitations_from_employer_id", "network_invitations", ["from_employer_id"]
    )
    op.create_index(
        "ix_network_invitations_joined_employer_id", "network_invitations", ["joined_employer_id"]
    )


def _network_members() -> None:
    op.create_table(
        "network_members",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.Column("shown", JsonDocument(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("changed", sa.Text(), nullable=False),
        sa.Column("for_whom", sa.Text(), nullable=False),
        sa.Column("cost", sa.Text(), nullable=False),
        sa.Column("brought", sa.Text(), nullable=False),
        sa.Column("ask_about", sa.Text(), nullable=False),
        sa.Column("contact", sa.String(length=120), nullable=False),
        sa.Column("website", sa.String(length=200), nullable=False),
        sa.Column("link_code", sa.String(length=12), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_network_members_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_members")),
        sa.UniqueConstraint("employer_id", name=op.f("uq_network_members_employer_id")),
        sa.UniqueConstraint("link_code", name=op.f("uq_network_members_link_code")),
        sa.UniqueConstraint("reference", name=op.f("uq_network_members_reference")),
    )
