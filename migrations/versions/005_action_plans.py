"""Plans, goals, actions, versions."""

from __future__ import annotations

revision = "005_action_plans"
down_revision = "004_diagnostics"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
