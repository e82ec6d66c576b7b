"""What reports count: cells, changes not folded into them yet, and derived rows.

The triggers that keep them are no migration: they are made from the definitions in
``portal/reports/facts`` whenever the database is brought up to date.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "025_report_counts"
down_revision = "024_network_more"
branch_labels = None
depends_on = None

_TABLES = (
    "report_activities",
    "report_employers",
    "report_journeys",
    "report_definitions",
    "report_deltas",
    "report_cells",
)
_BIG_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _cells("report_cells", sa.UniqueConstraint(*_CELL, name="uq_report_cells_cell"))
    _cells("report_deltas")
    op.create_index("ix_report_deltas_fact_axis", "report_deltas", ["fact", "axis"])
    op.create_table(
        "report_definitions",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_definitions")),
    )
    op.create_table(
        "report_journeys",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("source_kind", sa.String(length=20), nullable=True),
        *_groups(),
        *_days("referred_on"),
        sa.Column("opened_on", sa.Date(), nullable=False),
        *_days("consulted_on", "session_on", "plan_on", "supported_on"),
        *_days("followed_on", "embedded_on", "closed_on"),
        sa.Column("support", sa.String(length=80), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_journeys")),
        sa.UniqueConstraint("case_id", name=op.f("uq_report_journeys_case_id")),
    )
    op.create_index("ix_report_journeys_opened_on", "report_journeys", ["opened_on"])
    op.create_index(op.f("ix_report_journeys_employer_id"), "report_journeys", ["employer_id"])
    op.create_table(
        "report_employers",
        sa.Column("employer_id", sa.Integer(), nullable=False),
        *_groups(),
        *_days("registered_on", "member_on", "attended_on", "strand_1_on"),
        *_days("diagnosed_on", "advised_on", "engaged_on", "champion_on"),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_employers")),
        sa.UniqueConstraint("employer_id", name=op.f("uq_report_employers_employer_id")),
    )
    op.create_table(
        "report_activities",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=10), nullable=False),
        *_days("held_on"),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_activities")),
        sa.UniqueConstraint("event_id", name=op.f("uq_report_activities_event_id")),
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


_CELL = ("fact", "axis", "month", "kind", "a", "b", "c")


def _cells(table: str, *constraints: sa.Constraint) -> None:
    op.create_table(
        table,
        sa.Column("fact", sa.String(length=30), nullable=False),
        sa.Column("axis", sa.String(length=12), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("a", sa.String(length=60), nullable=False),
        sa.Column("b", sa.String(length=60), nullable=False),
        sa.Column("c", sa.String(length=60), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("id", _BIG_ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        *constraints,
    )


def _groups() -> list[sa.Column[str]]:
    return [
        sa.Column("sector", sa.String(length=30), nullable=False),
        sa.Column("size_tier", sa.String(length=20), nullable=True),
        sa.Column("district", sa.String(length=40), nullable=False),
    ]


def _days(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, sa.Date(), nullable=True) for name in names]
