"""Who gets reports by mail, and tokens for reading them."""

from __future__ import annotations

revision = "030_report_access"
down_revision = "029_statistics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
