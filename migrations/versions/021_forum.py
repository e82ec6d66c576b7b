"""The forum."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import UtcDateTime

revision = "021_forum"
down_revision = "020_events"
branch_labels = None
depends_on = None

_TABLES = (
    "forum_texts",
    "forum_reports",
    "forum_log",
    "forum_helpful",
    "forum_attachments",
    "forum_subscriptions",
    "forum_posts",
    "forum_threads",
    "forum_suspensions",
    "forum_promises",
    "forum_categories",
)


def upgrade() -> None:
    _forum_categories()
    _forum_promises()
    _forum_suspensions()
    _forum_threads()
    _forum_posts()
    _forum_subscriptions()
    _forum_attachments()
    _forum_helpful()
    _forum_log()
    _forum_reports()
    _forum_texts()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _forum_categories() -> None:
    op.create_table(
        "forum_categories",
        sa.Column("slug", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("about", sa.String(length=300), nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=True),
        sa.Column("sector", sa.String(length=30), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_categories")),
        sa.UniqueConstraint("slug", name=op.f("uq_forum_categories_slug")),
        sa.UniqueConstraint("title", name=op.f("uq_forum_categories_title")),
    )


def _forum_promises() -> None:
    op.create_table(
        "forum_promises",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_forum_promises_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_promises")),
        sa.UniqueConstraint("user_id", "version", name=op.f("uq_forum_promises_user_id_version")),
    )


def _forum_suspensions() -> None:
    op.create_table(
        "forum_suspensions",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_forum_suspensions_reason_given")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_forum_suspensions_by")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_forum_suspensions_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_suspensions")),
    )
    op.create_index("ix_forum_suspensions_user_id", "forum_suspensions", ["user_id"])


def _forum_threads() -> None:
    op.create_table(
        "forum_threads",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("category_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("solved_by_id", sa.Integer(), nullable=True),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("last_post_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('open', 'locked', 'hidden')", name=op.f("ck_forum_threads_state_known")
        ),
        sa.CheckConstraint("posts >= 0", name=op.f("ck_forum_threads_posts_not_negative")),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_forum_threads_by")),
        sa.ForeignKeyConstraint(
            ["category_id"], ["forum_categories.id"], name=op.f("fk_forum_threads_category_id")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_forum_threads_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_threads")),
        sa.UniqueConstraint("reference", name=op.f("uq_forum_threads_reference")),
    )
    op.create_index(
        "ix_forum_threads_category_id", "forum_threads", ["category_id", "state", "last_post_at"]
    )
    op.create_index("ix_forum_threads_employer_id", "forum_threads", ["employer_id"])


def _forum_posts() -> None:
    op.create_table(
        "forum_posts",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("reply_to_id", sa.Integer(), nullable=True),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("is_staff", sa.Boolean(), nullable=False),
        sa.Column("unnamed", sa.Boolean(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("held_reason", sa.Text(), nullable=False),
        sa.Column("helpful", sa.Integer(), nullable=False),
        sa.Column("edited_at", UtcDateTime(), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("submit_key", sa.String(length=64), nullable=True),
        sa.Column("shown_at", UtcDateTime(), nullable=True),
        sa.Column("told_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('shown', 'held', 'hidden', 'withdrawn')",
            name=op.f("ck_forum_posts_state_known"),
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_forum_posts_by")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_forum_posts_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["reply_to_id"], ["forum_posts.id"], name=op.f("fk_forum_posts_reply_to_id")
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["forum_threads.id"], name=op.f("fk_forum_posts_thread_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_posts")),
        sa.UniqueConstraint("reference", name=op.f("uq_forum_posts_reference")),
        sa.UniqueConstraint("by", "submit_key", name=op.f("uq_forum_posts_by_submit_key")),
    )
    op.create_index("ix_forum_posts_shown_at", "forum_posts", ["shown_at"])
    op.create_index("ix_forum_posts_by", "forum_posts", ["by", "created_at"])
    op.create_index("ix_forum_posts_employer_id", "forum_posts", ["employer_id"])
    op.create_index("ix_forum_posts_thread_id", "forum_posts", ["thread_id", "id"])


def _forum_subscriptions() -> None:
    op.create_table(
        "forum_subscriptions",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("category_id", sa.Integer(), nullable=True),
        sa.Column("how", sa.String(length=8), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "how IN ('at_once', 'digest')", name=op.f("ck_forum_subscriptions_how_known")
        ),
        sa.CheckConstraint(
            "(thread_id IS NULL) <> (category_id IS NULL)",
            name=op.f("ck_forum_subscriptions_one_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["category_id"],
            ["forum_categories.id"],
            name=op.f("fk_forum_subscriptions_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["forum_threads.id"], name=op.f("fk_forum_subscriptions_thread_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_forum_subscriptions_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_subscriptions")),
        sa.UniqueConstraint(
            "user_id", "category_id", name=op.f("uq_forum_subscriptions_user_id_category_id")
        ),
        sa.UniqueConstraint(
            "user_id", "thread_id", name=op.f("uq_forum_subscriptions_user_id_thread_id")
        ),
    )
    op.create_index("ix_forum_subscriptions_category_id", "forum_subscriptions", ["category_id"])
    op.create_index("ix_forum_subscriptions_thread_id", "forum_subscriptions", ["thread_id"])


def _forum_attachments() -> None:
    op.create_table(
        "forum_attachments",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("storage_key", sa.String(length=200), nullable=False),
        sa.Column("scan_state", sa.String(length=12), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["forum_posts.id"], name=op.f("fk_forum_attachments_post_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_attachments")),
        sa.UniqueConstraint("reference", name=op.f("uq_forum_attachments_reference")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_forum_attachments_storage_key")),
    )
    op.create_index("ix_forum_attachments_post_id", "forum_attachments", ["post_id"])


def _forum_helpful() -> None:
    op.create_table(
        "forum_helpful",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["forum_posts.id"], name=op.f("fk_forum_helpful_post_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_forum_helpful_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_helpful")),
        sa.UniqueConstraint("post_id", "user_id", name=op.f("uq_forum_helpful_post_id_user_id")),
    )


def _forum_log() -> None:
    op.create_table(
        "forum_log",
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=True),
        sa.Column("post_id", sa.Integer(), nullable=True),
        sa.Column("about_user_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["about_user_id"], ["users.id"], name=op.f("fk_forum_log_about_user_id")
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_forum_log_by")),
        sa.ForeignKeyConstraint(["post_id"], ["forum_posts.id"], name=op.f("fk_forum_log_post_id")),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["forum_threads.id"], name=op.f("fk_forum_log_thread_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_log")),
    )
    op.create_index("ix_forum_log_at", "forum_log", ["at"])
    op.create_index("ix_forum_log_post_id", "forum_log", ["post_id"])


def _forum_reports() -> None:
    op.create_table(
        "forum_reports",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "reason IN ('competition', 'personal', 'abuse', 'spam', 'wrong', 'other')",
            name=op.f("ck_forum_reports_reason_known"),
        ),
        sa.CheckConstraint(
            "state IN ('open', 'upheld', 'dismissed')", name=op.f("ck_forum_reports_state_known")
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_forum_reports_by")),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_forum_reports_decided_by")
        ),
        sa.ForeignKeyConstraint(
            ["post_id"], ["forum_posts.id"], name=op.f("fk_forum_reports_post_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_reports")),
        sa.UniqueConstraint("post_id", "by", name=op.f("uq_forum_reports_post_id_by")),
    )
    op.create_index("ix_forum_reports_state", "forum_reports", ["state", "created_at"])


def _forum_texts() -> None:
    op.create_table(
        "forum_texts",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["post_id"], ["forum_posts.id"], name=op.f("fk_forum_texts_post_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_texts")),
        sa.UniqueConstraint("post_id", "revision", name=op.f("uq_forum_texts_post_id_revision")),
    )
