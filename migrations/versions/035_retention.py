"""What was deleted or made anonymous, when and why, and what may not be."""

from __future__ import annotations

revision = "035_retention"
down_revision = "034_privacy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
