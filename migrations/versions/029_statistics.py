"""Releases of statistics in which small numbers are protected."""

from __future__ import annotations

revision = "029_statistics"
down_revision = "028_movement"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
