"""An index that the counts need: a case that goes to another provider bears on its outputs."""

from __future__ import annotations

from alembic import op

revision = "032_report_indexes"
down_revision = "031_report_outcomes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_outputs_case_id", "outputs", ["case_id"])


def downgrade() -> None:
    op.drop_index("ix_outputs_case_id", table_name="outputs")
