"""Steps done, results of tools, what businesses say, campaigns and reach."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "015_reach"
down_revision = "014_toolkit"
branch_labels = None
depends_on = None

_TABLES = (
    "toolkit_steps",
    "tool_results",
    "insight_theme_links",
    "insights",
    "campaigns",
    "insight_themes",
    "reach_salts",
    "reach_marks",
    "reach_counts",
)


def upgrade() -> None:
    _reach_counts()
    _reach_marks()
    _reach_salts()
    _insight_themes()
    _campaigns()
    _insights()
    _insight_theme_links()
    _tool_results()
    _toolkit_steps()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _reach_counts() -> None:
    op.create_table(
        "reach_counts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("reader_sector", sa.String(length=30), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('visit', 'view', 'download', 'completion', 'reached')",
            name=op.f("ck_reach_counts_kind_known"),
        ),
        sa.CheckConstraint("count >= 1", name=op.f("ck_reach_counts_count_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reach_counts")),
        sa.UniqueConstraint(
            "day",
            "kind",
            "resource_id",
            "number",
            "campaign_id",
            "reader_sector",
            name="uq_reach_counts_cell",
        ),
    )
    op.create_index("ix_reach_counts_resource_id", "reach_counts", ["resource_id", "day"])


def _reach_marks() -> None:
    op.create_table(
        "reach_marks",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('visit', 'view', 'download', 'completion', 'reached')",
            name=op.f("ck_reach_marks_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reach_marks")),
        sa.UniqueConstraint(
            "day", "mark", "place", "kind", name=op.f("uq_reach_marks_day_mark_place_kind")
        ),
    )


def _reach_salts() -> None:
    op.create_table(
        "reach_salts",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reach_salts")),
        sa.UniqueConstraint("day", name=op.f("uq_reach_salts_day")),
    )


def _insight_themes() -> None:
    op.create_table(
        "insight_themes",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("dimension", sa.String(length=20), nullable=True),
        sa.Column("retired_at", UtcDateTime(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "dimension IN ('leadership', 'recruitment', 'job_design', 'scheduling', 'line_managers', 'training', 'progression', 'pay', 'voice', 'measurement')",
            name=op.f("ck_insight_themes_dimension_known"),
        ),
        sa.CheckConstraint("title <> ''", name=op.f("ck_insight_themes_title_given")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_insight_themes_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insight_themes")),
        sa.UniqueConstraint("reference", name=op.f("uq_insight_themes_reference")),
        sa.UniqueConstraint("title", name=op.f("uq_insight_themes_title")),
    )


def _campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("network", sa.String(length=16), nullable=False),
        sa.Column("network_name", sa.String(length=160), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=True),
        sa.Column("audience", sa.String(length=12), nullable=True),
        sa.Column("sectors", JsonDocument(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("sent_to", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "audience IN ('leaders', 'managers', 'supervisors', 'union_reps', 'trainers', 'workers', 'hr')",
            name=op.f("ck_campaigns_audience_known"),
        ),
        sa.CheckConstraint(
            "network IN ('chamber', 'lep_network', 'trade_body', 'skills_council', 'union', 'growth_hub', 'other')",
            name=op.f("ck_campaigns_network_known"),
        ),
        sa.CheckConstraint("title <> ''", name=op.f("ck_campaigns_title_given")),
        sa.CheckConstraint(
            "ends_on IS NULL OR ends_on >= starts_on", name=op.f("ck_campaigns_ends_after_start")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_campaigns_created_by")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_campaigns_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_campaigns_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("code", name=op.f("uq_campaigns_code")),
        sa.UniqueConstraint("reference", name=op.f("uq_campaigns_reference")),
    )
    op.create_index("ix_campaigns_starts_on", "campaigns", ["starts_on"])


def _insights() -> None:
    op.create_table(
        "insights",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=True),
        sa.Column("business", sa.String(length=160), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("how", sa.String(length=10), nullable=False),
        sa.Column("sector", sa.String(length=30), nullable=False),
        sa.Column("size_tier", sa.String(length=10), nullable=True),
        sa.Column("practice", sa.Text(), nullable=False),
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("support_need", sa.Text(), nullable=False),
        sa.Column("may_quote", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "employer_id IS NOT NULL OR business <> ''", name=op.f("ck_insights_business_named")
        ),
        sa.CheckConstraint(
            "how IN ('visit', 'phone', 'video', 'event', 'group')",
            name=op.f("ck_insights_how_known"),
        ),
        sa.CheckConstraint(
            "practice <> '' OR challenge <> '' OR support_need <> ''", name=op.f("ck_insights_said")
        ),
        sa.CheckConstraint(
            "size_tier IN ('micro', 'small', 'medium', 'large')",
            name=op.f("ck_insights_size_known"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)",
            name=op.f("ck_insights_withdrawn_has_reason"),
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_insights_by")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_insights_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_insights_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insights")),
        sa.UniqueConstraint("reference", name=op.f("uq_insights_reference")),
    )
    op.create_index("ix_insights_employer_id", "insights", ["employer_id"])
    op.create_index("ix_insights_held_on", "insights", ["held_on"])


def _insight_theme_links() -> None:
    op.create_table(
        "insight_theme_links",
        sa.Column("theme_id", sa.Integer(), nullable=False),
        sa.Column("insight_id", sa.Integer(), nullable=True),
        sa.Column("resource_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(insight_id IS NULL) <> (resource_id IS NULL)",
            name=op.f("ck_insight_theme_links_one_end"),
        ),
        sa.ForeignKeyConstraint(
            ["insight_id"], ["insights.id"], name=op.f("fk_insight_theme_links_insight_id")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_insight_theme_links_resource_id")
        ),
        sa.ForeignKeyConstraint(
            ["theme_id"], ["insight_themes.id"], name=op.f("fk_insight_theme_links_theme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insight_theme_links")),
        sa.UniqueConstraint(
            "theme_id", "insight_id", name=op.f("uq_insight_theme_links_theme_id_insight_id")
        ),
        sa.UniqueConstraint(
            "theme_id", "resource_id", name=op.f("uq_insight_theme_links_theme_id_resource_id")
        ),
    )
    op.create_index("ix_insight_theme_links_insight_id", "insight_theme_links", ["insight_id"])
    op.create_index("ix_insight_theme_links_resource_id", "insight_theme_links", ["resource_id"])


def _tool_results() -> None:
    op.create_table(
        "tool_results",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("tool", sa.String(length=12), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("inputs", JsonDocument(), nullable=False),
        sa.Column("result", JsonDocument(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "tool IN ('cost', 'job-design', 'ladder', 'rota', 'advert')",
            name=op.f("ck_tool_results_tool_known"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)",
            name=op.f("ck_tool_results_withdrawn_has_reason"),
        ),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_tool_results_by")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_tool_results_employer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tool_results")),
        sa.UniqueConstraint("reference", name=op.f("uq_tool_results_reference")),
    )
    op.create_index("ix_tool_results_employer_id", "tool_results", ["employer_id", "tool", "at"])


def _toolkit_steps() -> None:
    op.create_table(
        "toolkit_steps",
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=80), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["users.id"], name=op.f("fk_toolkit_steps_by")),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_toolkit_steps_employer_id")
        ),
        sa.ForeignKeyConstraint(
            ["resource_id"], ["resources.id"], name=op.f("fk_toolkit_steps_resource_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_toolkit_steps")),
        sa.UniqueConstraint(
            "employer_id",
            "resource_id",
            "step",
            name=op.f("uq_toolkit_steps_employer_id_resource_id_step"),
        ),
    )
    op.create_index("ix_toolkit_steps_resource_id", "toolkit_steps", ["resource_id"])
