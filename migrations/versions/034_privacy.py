"""Consents, requests of people about their data, and breaches."""

from __future__ import annotations

revision = "034_privacy"
down_revision = "033_audit_chain"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
