"""Outcomes of a case at the start and at its latest follow-up, side by side."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "031_report_outcomes"
down_revision = "030_report_access"
branch_labels = None
depends_on = None

_KINDS = ("posts", "quality", "policies", "pathways", "support", "training")


def upgrade() -> None:
    op.create_table(
        "report_outcomes",
        sa.Column("case_id", sa.Integer(), nullable=False),
        sa.Column("sector", sa.String(length=30), nullable=False),
        sa.Column("size_tier", sa.String(length=20), nullable=True),
        sa.Column("district", sa.String(length=40), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("shares", sa.Integer(), nullable=False),
        sa.Column("baseline_on", sa.Date(), nullable=True),
        sa.Column("followed_on", sa.Date(), nullable=True),
        *(
            sa.Column(f"{kind}_{when}", sa.Integer(), nullable=True)
            for kind in _KINDS
            for when in ("before", "after")
        ),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_outcomes")),
        sa.UniqueConstraint("case_id", name=op.f("uq_report_outcomes_case_id")),
    )


def downgrade() -> None:
    op.drop_table("report_outcomes")
