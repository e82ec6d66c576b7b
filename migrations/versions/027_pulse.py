"""Short anonymous surveys of an employer's workers, and views of one practice side by side."""

from __future__ import annotations

revision = "027_pulse"
down_revision = "026_report_copies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
