"""Responses, scores, roll-ups and histograms."""

from __future__ import annotations

revision = "004_diagnostics"
down_revision = "003_employers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
