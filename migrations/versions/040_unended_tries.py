"""How often in a row work was begun and never ended: work that kills its worker is parked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "040_unended_tries"
down_revision = "038_erasure_by_two"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("unended", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("outbox", "unended")
