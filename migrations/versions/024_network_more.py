"""The network: what later months added."""

from __future__ import annotations

revision = "024_network_more"
down_revision = "023_forum_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
