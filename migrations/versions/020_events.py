"""Events, registrations and feedback."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "020_events"
down_revision = "019_awards"
branch_labels = None
depends_on = None

_TABLES = (
    "event_feedback",
    "event_registrations",
    "events",
    "event_series",
)


def upgrade() -> None:
    _event_series()
    _events()
    _event_registrations()
    _event_feedback()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _event_series() -> None:
    op.create_table(
        "event_series",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_event_series_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_series")),
        sa.UniqueConstraint("reference", name=op.f("uq_event_series_reference")),
        sa.UniqueConstraint("title", name=op.f("uq_event_series_title")),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=True),
        sa.Column("sectors", JsonDocument(), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("access_notes", sa.Text(), nullable=False),
        sa.Column("online_address", sa.String(length=500), nullable=False),
        sa.Column("starts_at", UtcDateTime(), nullable=False),
        sa.Column("ends_at", UtcDateTime(), nullable=False),
        sa.Column("closes_at", UtcDateTime(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("offer_hours", sa.Integer(), nullable=False),
        sa.Column("questions", JsonDocument(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("cancelled_reason", sa.Text(), nullable=True),
        sa.Column("checkin_code", sa.String(length=16), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'cancelled') = (cancelled_reason IS NOT NULL)",
            name=op.f("ck_events_cancelled_has_reason"),
        ),
        sa.CheckConstraint(
            "mode IN ('in_person', 'online', 'both')", name=op.f("ck_events_mode_known")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'held', 'cancelled')",
            name=op.f("ck_events_state_known"),
        ),
        sa.CheckConstraint(
            "capacity IS NULL OR capacity BETWEEN 1 AND 5000", name=op.f("ck_events_capacity_range")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_events_ends_after_start")),
        sa.CheckConstraint(
            "offer_hours BETWEEN 1 AND 168", name=op.f("ck_events_offer_hours_range")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_events_created_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_events_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["series_id"], ["event_series.id"], name=op.f("fk_events_series_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("checkin_code", name=op.f("uq_events_checkin_code")),
        sa.UniqueConstraint("reference", name=op.f("uq_events_reference")),
    )
    op.create_index("ix_events_state_starts_at", "events", ["state", "starts_at"])


def _event_registrations() -> None:
    op.create_table(
        "event_registrations",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("business", sa.String(length=160), nullable=False),
        sa.Column("answers", JsonDocument(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("queued_at", UtcDateTime(), nullable=True),
        sa.Column("offered_until", UtcDateTime(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("reminded_before", sa.Integer(), nullable=True),
        sa.Column("attended_at", UtcDateTime(), nullable=True),
        sa.Column("checked_in_by", sa.Integer(), nullable=True),
        sa.Column("certificate_state", sa.String(length=10), nullable=False),
        sa.Column("certificate_key", sa.String(length=200), nullable=False),
        sa.Column("certificate_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'offered') = (offered_until IS NOT NULL)",
            name=op.f("ck_event_registrations_offered_has_deadline"),
        ),
        sa.CheckConstraint(
            "attended_at IS NULL OR state = 'registered'",
            name=op.f("ck_event_registrations_attended_had_place"),
        ),
        sa.CheckConstraint(
            "state IN ('registered', 'waiting', 'offered', 'lapsed', 'cancelled')",
            name=op.f("ck_event_registrations_state_known"),
        ),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_event_registrations_email_small")),
        sa.ForeignKeyConstraint(
            ["checked_in_by"], ["users.id"], name=op.f("fk_event_registrations_checked_in_by")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_event_registrations_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_registrations_event_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_event_registrations_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_registrations")),
        sa.UniqueConstraint("reference", name=op.f("uq_event_registrations_reference")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_event_registrations_token_hash")),
    )
    op.create_index("ix_event_registrations_employer_id", "event_registrations", ["employer_id"])
    op.create_index(
        "ix_event_registrations_event_id", "event_registrations", ["event_id", "state", "queued_at"]
    )
    op.create_index(
        "uq_event_registrations_person",
        "event_registrations",
        ["event_id", "email"],
        unique=True,
        sqlite_where=sa.text("state IN ('registered', 'waiting', 'offered')"),
        postgresql_where=sa.text("state IN ('registered', 'waiting', 'offered')"),
    )


def _event_feedback() -> None:
    op.create_table(
        "event_feedback",
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("useful", sa.Integer(), nullable=False),
        sa.Column("again", sa.Integer(), nullable=False),
        sa.Column("will_do", sa.Text(), nullable=False),
        sa.Column("better", sa.Text(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("again BETWEEN 1 AND 5", name=op.f("ck_event_feedback_again_range")),
        sa.CheckConstraint("useful BETWEEN 1 AND 5", name=op.f("ck_event_feedback_useful_range")),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["event_registrations.id"],
            name=op.f("fk_event_feedback_registration_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_feedback")),
        sa.UniqueConstraint("registration_id", name=op.f("uq_event_feedback_registration_id")),
    )
