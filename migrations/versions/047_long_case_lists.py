"""An index of open next actions by their day: a list of very many cases is read in its order.

Every open case was put in order before the first fifty could be shown.
"""

from __future__ import annotations

from portal.db.indexes import Index, change_indexes

revision = "047_long_case_lists"
down_revision = "046_lean_indexes"
branch_labels = None
depends_on = None

_BY_DAY = Index("ix_next_actions_open_due_on", "next_actions", "due_on, case_id", "state = 'open'")


def upgrade() -> None:
    change_indexes(make=[_BY_DAY])


def downgrade() -> None:
    change_indexes(drop=[_BY_DAY])
