"""The toolkit: resources, their testers and their readers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "014_toolkit"
down_revision = "013_ledger"
branch_labels = None
depends_on = None

_TABLES = (
    "resource_versions",
    "resource_tests",
    "resource_tags",
    "resource_ratings",
    "resource_files",
    "resource_events",
    "resources",
)


def upgrade() -> None:
    _resources()
    _resource_events()
    _resource_files()
    _resource_ratings()
    _resource_tags()
    _resource_tests()
    _resource_versions()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _resources() -> None:
    op.create_table(
        "resources",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("format", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("latest_number", sa.Integer(), nullable=False),
        sa.Column("published_number", sa.Integer(), nullable=True),
        sa.Column("published_at", UtcDateTime(), nullable=True),
        sa.Column("retired_reason", sa.Text(), nullable=True),
        sa.Column("replaced_by", sa.Integer(), nullable=True),
        sa.Column("seed_hash", sa.String(length=64), nullable=True),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("illustrative", sa.Boolean(), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=False),
        sa.Column("rating_count", sa.Integer(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'retired') = (retired_reason IS NOT NULL)",
            name=op.f("ck_resources_retired_has_reason"),
        ),
        sa.CheckConstraint(
            "format IN ('guide', 'toolkit', 'case_study', 'fact_sheet', 'vignette', 'template', 'training_outline')",
            name=op.f("ck_resources_format_known"),
        ),
        sa.CheckConstraint(
            "state <> 'published' OR (published_number IS NOT NULL AND published_at IS NOT NULL)",
            name=op.f("ck_resources_published_has_version"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'testing', 'published', 'retired')",
            name=op.f("ck_resources_state_known"),
        ),
        sa.CheckConstraint("latest_number >= 1", name=op.f("ck_resources_latest_from_one")),
        sa.CheckConstraint("length(slug) >= 3", name=op.f("ck_resources_slug_length")),
        sa.CheckConstraint(
            "published_number IS NULL OR published_number BETWEEN 1 AND latest_number",
            name=op.f("ck_resources_published_is_a_version"),
        ),
        sa.CheckConstraint(
            "rating_count >= 0 AND stars >= 0", name=op.f("ck_resources_ratings_not_negative")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_resources_created_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_resources_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["replaced_by"], ["resources.id"], name=op.f("fk_resources_replaced_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resources")),
        sa.UniqueConstraint("reference", name=op.f("uq_resources_reference")),
        sa.UniqueConstraint("slug", name=op.f("uq_resources_slug")),
    )
    op.create_index("ix_resources_state_format", "resources", ["state", "format"])


def _resource_events() -> None:
    op.create_table(
        "resource_events",
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_resource_events_by")),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_resource_events_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_events")),
    )
    op.create_index("ix_resource_events_resource_id", "resource_events", ["resource_id", "at"])


def _resource_files() -> None:
    op.create_table(
        "resource_files",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=6), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("words", sa.String(length=120), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("storage_key", sa.String(length=200), nullable=False),
        sa.Column("failure", sa.String(length=200), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('pdf', 'docx', 'xlsx', 'pptx', 'added')",
            name=op.f("ck_resource_files_kind_known"),
        ),
        sa.CheckConstraint(
            "state <> 'ready' OR (sha256 IS NOT NULL AND size_bytes > 0)",
            name=op.f("ck_resource_files_ready_has_file"),
        ),
        sa.CheckConstraint(
            "state IN ('queued', 'ready', 'failed', 'withdrawn')",
            name=op.f("ck_resource_files_state_known"),
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_resource_files_by")),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_resource_files_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_files")),
        sa.UniqueConstraint("reference", name=op.f("uq_resource_files_reference")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_resource_files_storage_key")),
    )
    op.create_index(
        "ix_resource_files_version", "resource_files", ["resource_id", "number", "kind"]
    )
    op.create_index(
        "uq_resource_files_made",
        "resource_files",
        ["resource_id", "number", "kind"],
        unique=True,
        sqlite_where=sa.text("kind <> 'added'"),
        postgresql_where=sa.text("kind <> 'added'"),
    )


def _resource_ratings() -> None:
    op.create_table(
        "resource_ratings",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("comment_state", sa.String(length=8), nullable=False),
        sa.Column("hidden_reason", sa.Text(), nullable=False),
        sa.Column("sector", sa.String(length=30), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("visitor_mark", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(comment = '') = (comment_state = 'none')",
            name=op.f("ck_resource_ratings_comment_has_state"),
        ),
        sa.CheckConstraint(
            "comment_state IN ('none', 'waiting', 'shown', 'hidden')",
            name=op.f("ck_resource_ratings_comment_state_known"),
        ),
        sa.CheckConstraint(
            "(user_id IS NULL) <> (visitor_mark IS NULL)",
            name=op.f("ck_resource_ratings_one_reader"),
        ),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_resource_ratings_stars_range")),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_resource_ratings_resource_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_resource_ratings_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_ratings")),
        sa.UniqueConstraint("reference", name=op.f("uq_resource_ratings_reference")),
        sa.UniqueConstraint(
            "resource_id", "user_id", name=op.f("uq_resource_ratings_resource_id_user_id")
        ),
        sa.UniqueConstraint(
            "resource_id", "visitor_mark", name=op.f("uq_resource_ratings_resource_id_visitor_mark")
        ),
    )


def _resource_tags() -> None:
    op.create_table(
        "resource_tags",
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('audience', 'sector', 'size', 'dimension', 'practice')",
            name=op.f("ck_resource_tags_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_resource_tags_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_tags")),
        sa.UniqueConstraint(
            "resource_id", "kind", "value", name=op.f("uq_resource_tags_resource_id_kind_value")
        ),
    )
    op.create_index(
        "ix_resource_tags_kind_value", "resource_tags", ["kind", "value", "resource_id"]
    )


def _resource_tests() -> None:
    op.create_table(
        "resource_tests",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("to_name", sa.String(length=120), nullable=False),
        sa.Column("to_email", sa.String(length=254), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reminded_at", UtcDateTime(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.Column("answered_name", sa.String(length=120), nullable=False),
        sa.Column("tried", sa.Boolean(), nullable=True),
        sa.Column("clear", sa.Integer(), nullable=True),
        sa.Column("useful", sa.Integer(), nullable=True),
        sa.Column("doable", sa.Integer(), nullable=True),
        sa.Column("would_use", sa.String(length=8), nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("best", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.Integer(), nullable=True),
        sa.Column("asked_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state <> 'answered' OR (clear IS NOT NULL AND useful IS NOT NULL AND doable IS NOT NULL AND would_use IS NOT NULL AND answered_at IS NOT NULL)",
            name=op.f("ck_resource_tests_answered_is_complete"),
        ),
        sa.CheckConstraint(
            "state IN ('asked', 'answered', 'declined', 'withdrawn')",
            name=op.f("ck_resource_tests_state_known"),
        ),
        sa.CheckConstraint(
            "would_use IN ('yes', 'changed', 'no')", name=op.f("ck_resource_tests_would_use_known")
        ),
        sa.CheckConstraint("clear BETWEEN 1 AND 5", name=op.f("ck_resource_tests_clear_range")),
        sa.CheckConstraint("doable BETWEEN 1 AND 5", name=op.f("ck_resource_tests_doable_range")),
        sa.CheckConstraint(
            "minutes BETWEEN 1 AND 600", name=op.f("ck_resource_tests_minutes_range")
        ),
        sa.CheckConstraint("useful BETWEEN 1 AND 5", name=op.f("ck_resource_tests_useful_range")),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["users.id"], name=op.f("fk_resource_tests_asked_by")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_resource_tests_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_resource_tests_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_tests")),
        sa.UniqueConstraint("reference", name=op.f("uq_resource_tests_reference")),
        sa.UniqueConstraint(
            "resource_id",
            "number",
            "employer_id",
            name=op.f("uq_resource_tests_resource_id_number_employer_id"),
        ),
        sa.UniqueConstraint("token_hash", name=op.f("uq_resource_tests_token_hash")),
    )
    op.create_index("ix_resource_tests_employer_id", "resource_tests", ["employer_id"])


def _resource_versions() -> None:
    op.create_table(
        "resource_versions",
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("summary", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("review_by", sa.Date(), nullable=False),
        sa.Column("illustrative", sa.Boolean(), nullable=False),
        sa.Column("audiences", JsonDocument(), nullable=False),
        sa.Column("sectors", JsonDocument(), nullable=False),
        sa.Column("sizes", JsonDocument(), nullable=False),
        sa.Column("dimensions", JsonDocument(), nullable=False),
        sa.Column("practices", JsonDocument(), nullable=False),
        sa.Column("sources", JsonDocument(), nullable=False),
        sa.Column("downloads", JsonDocument(), nullable=False),
        sa.Column("workbook", JsonDocument(), nullable=True),
        sa.Column("change_note", sa.Text(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "minutes BETWEEN 1 AND 240", name=op.f("ck_resource_versions_minutes_range")
        ),
        sa.CheckConstraint("number >= 1", name=op.f("ck_resource_versions_number_from_one")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_resource_versions_by")),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_resource_versions_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource_versions")),
        sa.UniqueConstraint(
            "resource_id", "number", name=op.f("uq_resource_versions_resource_id_number")
        ),
    )
