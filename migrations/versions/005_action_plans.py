"""Plans, goals, actions and their history, printed versions with signatures, business cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "005_action_plans"
down_revision = "004_diagnostics"
branch_labels = None
depends_on = None

_TABLES = (
    "business_cases",
    "plan_signatures",
    "plan_versions",
    "action_notes",
    "plan_actions",
    "plan_goals",
    "plans",
)


def _create(
    name: str,
    *columns: sa.Column,
    checks: Mapping[str, str],
    foreign: Mapping[str, str],
    unique: Sequence[tuple[str, ...]] = (),
) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.Integer(), nullable=False),
        *columns,
        *(sa.CheckConstraint(rule, name=op.f(f"ck_{name}_{key}")) for key, rule in checks.items()),
        *(
            sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{name}_{column}"))
            for column, target in foreign.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *(sa.UniqueConstraint(*each, name=op.f(f"uq_{name}_{'_'.join(each)}")) for each in unique),
    )


def _times() -> tuple[sa.Column, sa.Column]:
    return (
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    )


def upgrade() -> None:
    _plans()
    _goals()
    _actions()
    _versions()
    _create(
        "business_cases",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("inputs", JsonDocument(), nullable=False),
        sa.Column("in_plan", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("dated", sa.Date(), nullable=False),
        sa.Column("saved_by", sa.Integer()),
        sa.Column("saved_by_name", sa.String(120), nullable=False),
        *_times(),
        checks={"revision_from_one": "revision >= 1"},
        foreign={"plan_id": "plans.id", "saved_by": "users.id"},
        unique=[("plan_id",)],
    )


def _plans() -> None:
    _create(
        "plans",
        sa.Column("reference", sa.String(10), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("started_from_id", sa.Integer(), nullable=False),
        sa.Column("response_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("status", sa.String(10), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Integer()),
        sa.Column("closed_at", UtcDateTime()),
        *_times(),
        checks={
            "status_known": "status IN ('active', 'closed')",
            "revision_not_negative": "revision >= 0",
            "closed_has_a_day": "(status = 'closed') = (closed_at IS NOT NULL)",
        },
        foreign={
            "employer_id": "employers.id",
            "started_from_id": "diagnostic_responses.id",
            "response_id": "diagnostic_responses.id",
            "created_by": "users.id",
        },
        unique=[("reference",)],
    )
    op.create_index(
        "uq_plans_active",
        "plans",
        ["employer_id"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
    op.create_index("ix_plans_employer_id", "plans", ["employer_id"])


def _goals() -> None:
    _create(
        "plan_goals",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("goal_key", sa.String(60)),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("benefit", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        *_times(),
        checks={
            "position_not_negative": "position >= 0",
            "revision_not_negative": "revision >= 0",
            "title_given": "title <> ''",
        },
        foreign={"plan_id": "plans.id"},
        unique=[("plan_id", "goal_key")],
    )
    op.create_index("ix_plan_goals_plan_id_position", "plan_goals", ["plan_id", "position"])


def _actions() -> None:
    _create(
        "plan_actions",
        sa.Column("reference", sa.String(10), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("goal_id", sa.Integer(), nullable=False),
        sa.Column("recommendation_key", sa.String(80)),
        sa.Column("response_id", sa.Integer()),
        sa.Column("dimension", sa.String(40)),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("first_step", sa.Text(), nullable=False),
        sa.Column("owner_name", sa.String(120), nullable=False),
        sa.Column("due_on", sa.Date()),
        sa.Column("status", sa.String(12), nullable=False),
        sa.Column("withdrawn_reason", sa.Text()),
        sa.Column("effort", sa.Integer(), nullable=False),
        sa.Column("impact", sa.Integer(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("link_title", sa.String(200), nullable=False),
        sa.Column("link_url", sa.String(500), nullable=False),
        sa.Column("legal", sa.Boolean(), nullable=False),
        sa.Column("because", JsonDocument(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        *_times(),
        checks={
            "status_known": (
                "status IN ('not_started', 'in_progress', 'done', 'embedded', 'withdrawn')"
            ),
            "withdrawn_has_reason": "(status = 'withdrawn') = (withdrawn_reason IS NOT NULL)",
            "effort_range": "effort BETWEEN 1 AND 3",
            "impact_range": "impact BETWEEN 1 AND 3",
            "position_not_negative": "position >= 0",
            "revision_not_negative": "revision >= 0",
            "title_given": "title <> ''",
        },
        foreign={
            "plan_id": "plans.id",
            "goal_id": "plan_goals.id",
            "response_id": "diagnostic_responses.id",
        },
        unique=[("reference",), ("plan_id", "recommendation_key")],
    )
    op.create_index(
        "ix_plan_actions_plan_id_goal_id", "plan_actions", ["plan_id", "goal_id", "position"]
    )
    _create(
        "action_notes",
        sa.Column("action_id", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("by", sa.Integer()),
        sa.Column("by_name", sa.String(120), nullable=False),
        sa.Column("old_status", sa.String(12)),
        sa.Column("new_status", sa.String(12)),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("changes", JsonDocument(), nullable=False),
        checks={"both_statuses": "(old_status IS NULL) = (new_status IS NULL)"},
        foreign={"action_id": "plan_actions.id", "by": "users.id"},
        unique=[("action_id", "revision")],
    )
    op.create_index("ix_action_notes_action_id", "action_notes", ["action_id", "at"])


def _versions() -> None:
    _create(
        "plan_versions",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("plan_revision", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(64), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("failure", sa.String(200)),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("storage_key", sa.String(200), nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("pages", sa.Integer()),
        sa.Column("signed_off", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("created_by", sa.Integer()),
        sa.Column("created_by_name", sa.String(120), nullable=False),
        sa.Column("ready_at", UtcDateTime()),
        checks={
            "number_from_one": "number >= 1",
            "state_known": "state IN ('queued', 'rendering', 'ready', 'failed')",
            "tries_not_negative": "tries >= 0",
            "ready_has_file": (
                "state <> 'ready' OR (sha256 IS NOT NULL AND pages >= 1 AND ready_at IS NOT NULL)"
            ),
        },
        foreign={"plan_id": "plans.id", "created_by": "users.id"},
        unique=[("plan_id", "number"), ("storage_key",)],
    )
    _create(
        "plan_signatures",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("job", sa.String(120), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        checks={"role_known": "role IN ('employer', 'adviser')", "name_given": "name <> ''"},
        foreign={"version_id": "plan_versions.id", "user_id": "users.id"},
        unique=[("version_id", "role")],
    )


def downgrade() -> None:
    for name in _TABLES:
        op.drop_table(name)
