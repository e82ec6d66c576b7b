"""People, their factors, sessions and roles."""

from __future__ import annotations

revision = "002_accounts"
down_revision = "001_foundation"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
