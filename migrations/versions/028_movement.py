"""How employers moved between their first and their latest diagnostic."""

from __future__ import annotations

revision = "028_movement"
down_revision = "027_pulse"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
