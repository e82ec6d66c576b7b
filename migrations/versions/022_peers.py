"""Peer support, ties, and the network by quarter."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "022_peers"
down_revision = "021_forum"
branch_labels = None
depends_on = None

_TABLES = (
    "peer_matches",
    "peer_requests",
    "peer_offers",
    "network_ties",
    "network_snapshots",
)


def upgrade() -> None:
    _network_snapshots()
    _network_ties()
    _peer_offers()
    _peer_requests()
    _peer_matches()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _network_snapshots() -> None:
    op.create_table(
        "network_snapshots",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("sector", sa.String(length=30), nullable=False),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("measures", JsonDocument(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_snapshots")),
        sa.UniqueConstraint(
            "day", "sector", "district", name=op.f("uq_network_snapshots_day_sector_district")
        ),
    )


def _network_ties() -> None:
    op.create_table(
        "network_ties",
        sa.Column("low_id", sa.Integer(), nullable=False),
        sa.Column("high_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('event', 'peer', 'reply', 'referral', 'invited')",
            name=op.f("ck_network_ties_kind_known"),
        ),
        sa.CheckConstraint("low_id < high_id", name=op.f("ck_network_ties_low_before_high")),
        sa.CheckConstraint("times >= 1", name=op.f("ck_network_ties_times_positive")),
        sa.ForeignKeyConstraint(
            ["high_id"], ["employers.id"], name=op.f("fk_network_ties_high_id")
        ),
        sa.ForeignKeyConstraint(["low_id"], ["employers.id"], name=op.f("fk_network_ties_low_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_network_ties")),
        sa.UniqueConstraint(
            "low_id", "high_id", "kind", name=op.f("uq_network_ties_low_id_high_id_kind")
        ),
    )
    op.create_index("ix_network_ties_high_id", "network_ties", ["high_id"])


def _peer_offers() -> None:
    op.create_table(
        "peer_offers",
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("topics", JsonDocument(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("says", JsonDocument(), nullable=False),
        sa.Column("paused_at", UtcDateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("capacity BETWEEN 1 AND 20", name=op.f("ck_peer_offers_capacity_range")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_peer_offers_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_offers")),
        sa.UniqueConstraint("employer_id", name=op.f("uq_peer_offers_employer_id")),
    )


def _peer_requests() -> None:
    op.create_table(
        "peer_requests",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("topic", sa.String(length=20), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("contact_name", sa.String(length=120), nullable=False),
        sa.Column("contact_email", sa.String(length=254), nullable=False),
        sa.Column("says", JsonDocument(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("closed_reason", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'matched', 'closed', 'withdrawn')",
            name=op.f("ck_peer_requests_state_known"),
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_peer_requests_by")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_peer_requests_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_requests")),
        sa.UniqueConstraint("reference", name=op.f("uq_peer_requests_reference")),
    )
    op.create_index(
        "uq_peer_requests_topic",
        "peer_requests",
        ["employer_id", "topic"],
        unique=True,
        sqlite_where=sa.text("state IN ('open', 'matched')"),
        postgresql_where=sa.text("state IN ('open', 'matched')"),
    )


def _peer_matches() -> None:
    op.create_table(
        "peer_matches",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("asking_id", sa.Integer(), nullable=False),
        sa.Column("champion_id", sa.Integer(), nullable=False),
        sa.Column("reasons", JsonDocument(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("asker_token_hash", sa.String(length=64), nullable=False),
        sa.Column("champion_token_hash", sa.String(length=64), nullable=False),
        sa.Column("asker_agreed_at", UtcDateTime(), nullable=True),
        sa.Column("champion_agreed_at", UtcDateTime(), nullable=True),
        sa.Column("introduced_at", UtcDateTime(), nullable=True),
        sa.Column("declined_by", sa.String(length=10), nullable=False),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("outcome_asked_at", UtcDateTime(), nullable=True),
        sa.Column("asker_outcome", sa.String(length=12), nullable=True),
        sa.Column("champion_outcome", sa.String(length=12), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("outcome_words", sa.Text(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("proposed_by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "asker_outcome IN ('useful', 'some', 'not_met', 'not_useful')",
            name=op.f("ck_peer_matches_asker_outcome_known"),
        ),
        sa.CheckConstraint(
            "champion_outcome IN ('useful', 'some', 'not_met', 'not_useful')",
            name=op.f("ck_peer_matches_champion_outcome_known"),
        ),
        sa.CheckConstraint(
            "outcome IN ('useful', 'some', 'not_met', 'not_useful')",
            name=op.f("ck_peer_matches_outcome_known"),
        ),
        sa.CheckConstraint(
            "state <> 'ended' OR outcome IS NOT NULL",
            name=op.f("ck_peer_matches_ended_has_outcome"),
        ),
        sa.CheckConstraint(
            "state <> 'introduced' OR (asker_agreed_at IS NOT NULL AND champion_agreed_at IS NOT NULL AND introduced_at IS NOT NULL)",
            name=op.f("ck_peer_matches_introduced_when_both_agreed"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'introduced', 'declined', 'lapsed', 'withdrawn', 'ended')",
            name=op.f("ck_peer_matches_state_known"),
        ),
        sa.CheckConstraint("asking_id <> champion_id", name=op.f("ck_peer_matches_two_employers")),
        sa.ForeignKeyConstraint(
            ["asking_id"], ["employers.id"], name=op.f("fk_peer_matches_asking_id")
        ),
        sa.ForeignKeyConstraint(
            ["champion_id"], ["employers.id"], name=op.f("fk_peer_matches_champion_id")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"], ["users.id"], name=op.f("fk_peer_matches_proposed_by")
        ),
        sa.ForeignKeyConstraint(
            ["request_id"], ["peer_requests.id"], name=op.f("fk_peer_matches_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_peer_matches")),
        sa.UniqueConstraint("asker_token_hash", name=op.f("uq_peer_matches_asker_token_hash")),
        sa.UniqueConstraint(
            "champion_token_hash", name=op.f("uq_peer_matches_champion_token_hash")
        ),
        sa.UniqueConstraint("reference", name=op.f("uq_peer_matches_reference")),
    )
    op.create_index("ix_peer_matches_asking_id", "peer_matches", ["asking_id"])
    op.create_index("ix_peer_matches_champion_id", "peer_matches", ["champion_id", "state"])
    op.create_index(
        "uq_peer_matches_request",
        "peer_matches",
        ["request_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('proposed', 'introduced')"),
        postgresql_where=sa.text("state IN ('proposed', 'introduced')"),
    )
