"""Short anonymous surveys of an employer's workers, and views of one practice side by side."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument

revision = "027_pulse"
down_revision = "026_report_copies"
branch_labels = None
depends_on = None

_TABLES = ("pulse_sums", "pulse_views", "pulse_tallies", "pulse_waves", "pulse_blocks")


def upgrade() -> None:
    _blocks()
    _waves()
    _totals("pulse_tallies", "wave_id", "pulse_waves")
    op.create_table(
        "pulse_views",
        sa.Column("wave_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("answers", JsonDocument(), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'manager')", name=op.f("ck_pulse_views_role_known")),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_pulse_views_user_id_users")
        ),
        sa.ForeignKeyConstraint(
            ["wave_id"], ["pulse_waves.id"], name=op.f("fk_pulse_views_wave_id_pulse_waves")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pulse_views")),
        sa.UniqueConstraint("wave_id", "user_id", name=op.f("uq_pulse_views_wave_id_user_id")),
    )
    _totals("pulse_sums", "block_id", "pulse_blocks")


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _blocks() -> None:
    op.create_table(
        "pulse_blocks",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("sector", sa.String(length=30), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("employers", sa.Integer(), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("owners", sa.Integer(), nullable=False),
        sa.Column("managers", sa.Integer(), nullable=False),
        sa.Column("is_example", sa.Boolean(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_pulse_blocks_days_in_order")),
        sa.CheckConstraint("employers >= 5", name=op.f("ck_pulse_blocks_enough_employers")),
        sa.CheckConstraint(
            "answers >= 0 AND owners >= 0 AND managers >= 0",
            name=op.f("ck_pulse_blocks_not_negative"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pulse_blocks")),
        sa.UniqueConstraint("reference", name=op.f("uq_pulse_blocks_reference")),
    )
    op.create_index("ix_pulse_blocks_last_on", "pulse_blocks", ["last_on"])


def _waves() -> None:
    op.create_table(
        "pulse_waves",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=10), nullable=False),
        sa.Column("survey_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("invited", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("closes_on", sa.Date(), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("opened_by", sa.Integer(), nullable=True),
        sa.Column("opened_by_name", sa.String(length=120), nullable=False),
        sa.Column("sector", sa.String(length=30), nullable=False),
        sa.Column("size_tier", sa.String(length=20), nullable=True),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("answers", sa.Integer(), nullable=False),
        sa.Column("answers_before", sa.Integer(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=True),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("owners", sa.Integer(), nullable=False),
        sa.Column("managers", sa.Integer(), nullable=False),
        sa.Column("is_example", sa.Boolean(), nullable=False),
        sa.Column("poster_key", sa.String(length=120), nullable=True),
        sa.Column("poster_sha256", sa.String(length=64), nullable=True),
        sa.Column("block_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        *_rules_of_waves(),
        sa.ForeignKeyConstraint(
            ["block_id"], ["pulse_blocks.id"], name=op.f("fk_pulse_waves_block_id_pulse_blocks")
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"], ["employers.id"], name=op.f("fk_pulse_waves_employer_id_employers")
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"], ["users.id"], name=op.f("fk_pulse_waves_opened_by_users")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pulse_waves")),
        sa.UniqueConstraint("code", name=op.f("uq_pulse_waves_code")),
        sa.UniqueConstraint("reference", name=op.f("uq_pulse_waves_reference")),
    )
    op.create_index(
        "uq_pulse_waves_open",
        "pulse_waves",
        ["employer_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index("ix_pulse_waves_employer_id", "pulse_waves", ["employer_id", "opened_on"])
    op.create_index("ix_pulse_waves_state", "pulse_waves", ["state", "closes_on"])
    op.create_index("ix_pulse_waves_block_id", "pulse_waves", ["block_id"])


def _rules_of_waves() -> list[sa.CheckConstraint]:
    rules = {
        "state_known": "state IN ('open', 'closed', 'stopped')",
        "closes_later": "opened_on < closes_on",
        "closed_has_day": "(state = 'open') = (closed_on IS NULL)",
        "threshold_enough": "threshold >= 5",
        "enough_invited": "invited >= threshold",
        "answers_in_range": "answers >= 0 AND answers <= invited",
        "before_in_range": "answers_before >= 0 AND answers_before <= answers",
        "released_enough": "NOT released OR (state = 'closed' AND answers >= threshold)",
        "unreleased_forgotten": "state = 'open' OR released OR answers = 0",
        "closed_without_days": "state = 'open' OR counted_on IS NULL",
        "blocks_of_released": "block_id IS NULL OR released",
    }
    return [
        sa.CheckConstraint(rule, name=op.f(f"ck_pulse_waves_{name}"))
        for name, rule in rules.items()
    ]


def _totals(table: str, key: str, of: str) -> None:
    op.create_table(
        table,
        sa.Column(key, sa.Integer(), nullable=False),
        sa.Column("whose", sa.String(length=10), nullable=False),
        sa.Column("question", sa.String(length=20), nullable=False),
        sa.Column("choice", sa.String(length=10), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "whose IN ('all', 'part_time', 'owner', 'manager')",
            name=op.f(f"ck_{table}_whose_known"),
        ),
        sa.ForeignKeyConstraint([key], [f"{of}.id"], name=op.f(f"fk_{table}_{key}_{of}")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint(
            key, "whose", "question", "choice", name=op.f(f"uq_{table}_{key}_whose_question_choice")
        ),
    )
