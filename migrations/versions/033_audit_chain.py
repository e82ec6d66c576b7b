"""The audit trail as one chain of hashes."""

from __future__ import annotations

revision = "033_audit_chain"
down_revision = "032_report_indexes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
