"""Programme settings, employers, memberships and the register."""

from __future__ import annotations

revision = "003_employers"
down_revision = "002_accounts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
