"""Why a plan was closed, and by whom."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "006_closed_plans"
down_revision = "005_action_plans"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add what is kept with a closed plan."""
    op.add_column("plans", sa.Column("closed_reason", sa.Text(), nullable=True))
    op.add_column("plans", sa.Column("closed_by_name", sa.String(120), nullable=True))


def downgrade() -> None:
    """Take it away again."""
    # A copy of the table, as batches make it, would come without its checks.
    op.drop_column("plans", "closed_by_name")
    op.drop_column("plans", "closed_reason")
