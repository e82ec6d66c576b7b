"""Reports that were frozen, who gets them by mail, and tokens for reading them."""

from __future__ import annotations

revision = "026_report_copies"
down_revision = "025_report_counts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
