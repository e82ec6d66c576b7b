"""How employers moved between their first and their latest diagnostic.

The rows are worked out by ``flask db upgrade`` once the tables are there: comparing two
diagnostics needs the questionnaires, which no migration knows.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "028_movement"
down_revision = "027_pulse"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _movements()
    _scores()
    op.create_table(
        "report_movements",
        sa.Column("score_id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_key", sa.String(length=60), nullable=False),
        *_groups(),
        sa.Column("latest_on", sa.Date(), nullable=False),
        sa.Column("support", sa.String(length=80), nullable=False),
        sa.Column("before_tenths", sa.Integer(), nullable=False),
        sa.Column("after_tenths", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_movements")),
        sa.UniqueConstraint("score_id", name=op.f("uq_report_movements_score_id")),
    )


def downgrade() -> None:
    op.drop_table("report_movements")
    op.drop_table("diagnostic_movement_scores")
    op.drop_table("diagnostic_movements")


def _movements() -> None:
    op.create_table(
        "diagnostic_movements",
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("questionnaire_key", sa.String(length=60), nullable=False),
        *_groups(),
        sa.Column("first_id", sa.Integer(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("first_score", sa.Integer(), nullable=True),
        sa.Column("latest_id", sa.Integer(), nullable=True),
        sa.Column("latest_on", sa.Date(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("compared", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnostic_movements")),
        sa.UniqueConstraint(
            "employer_id",
            "questionnaire_key",
            name=op.f("uq_diagnostic_movements_employer_id_questionnaire_key"),
        ),
        sa.ForeignKeyConstraint(
            ["employer_id"],
            ["employers.id"],
            name=op.f("fk_diagnostic_movements_employer_id_employers"),
        ),
        *(
            sa.ForeignKeyConstraint(
                [column],
                ["diagnostic_responses.id"],
                name=op.f(f"fk_diagnostic_movements_{column}_diagnostic_responses"),
            )
            for column in ("first_id", "latest_id")
        ),
        *_checks(
            "diagnostic_movements",
            state_known="state IN ('once', 'compared', 'apart')",
            latest_unless_once="(state = 'once') = (latest_id IS NULL)",
            latest_dated="(latest_id IS NULL) = (latest_on IS NULL)",
            not_negative="compared >= 0 AND left_out >= 0",
            first_score_range=("first_score IS NULL OR (first_score >= 0 AND first_score <= 100)"),
        ),
    )
    for column in ("first_id", "latest_id"):
        op.create_index(op.f(f"ix_diagnostic_movements_{column}"), "diagnostic_movements", [column])


def _scores() -> None:
    op.create_table(
        "diagnostic_movement_scores",
        sa.Column("movement_id", sa.Integer(), nullable=False),
        sa.Column("dimension", sa.String(length=40), nullable=False),
        sa.Column("before_tenths", sa.Integer(), nullable=False),
        sa.Column("after_tenths", sa.Integer(), nullable=False),
        sa.Column("questions", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_diagnostic_movement_scores")),
        sa.UniqueConstraint(
            "movement_id",
            "dimension",
            name=op.f("uq_diagnostic_movement_scores_movement_id_dimension"),
        ),
        sa.ForeignKeyConstraint(
            ["movement_id"],
            ["diagnostic_movements.id"],
            name=op.f("fk_diagnostic_movement_scores_movement_id_diagnostic_movements"),
        ),
        *_checks(
            "diagnostic_movement_scores",
            tenths_range="before_tenths BETWEEN 0 AND 1000 AND after_tenths BETWEEN 0 AND 1000",
            questions_positive="questions > 0",
        ),
    )


def _groups() -> list[sa.Column[str]]:
    return [
        sa.Column("sector", sa.String(length=20), nullable=False),
        sa.Column("size_tier", sa.String(length=10), nullable=False),
        sa.Column("district", sa.String(length=60), nullable=False),
    ]


def _checks(table: str, **conditions: str) -> list[sa.CheckConstraint]:
    return [
        sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
        for name, condition in conditions.items()
    ]
