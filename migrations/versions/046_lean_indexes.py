"""Two indexes that say what is asked for: lists of employers, and what a claim's checks found.

Nearly every employer was in the index of those merged into another, as merged into none: SQLite
took it for the way to all who stand in a list, and sorted them. Now it holds the merged ones only.
The checks of a claim are looked through for those that did not pass: the index holds the results.
"""

from __future__ import annotations

from portal.db.indexes import Index, change_indexes

revision = "046_lean_indexes"
down_revision = "045_letters_filled"
branch_labels = None
depends_on = None

_EVERY = Index("ix_employers_merged_into_id", "employers", "merged_into_id")
_MERGED = _EVERY._replace(where="merged_into_id IS NOT NULL")
_RUNS = Index("ix_claim_checks_claim_id_run", "claim_checks", "claim_id, run")
_FOUND = Index("ix_claim_checks_found", "claim_checks", "claim_id, run, line_id, result")


def upgrade() -> None:
    change_indexes(make=[_MERGED, _FOUND], drop=[_RUNS])


def downgrade() -> None:
    change_indexes(make=[_EVERY, _RUNS], drop=[_FOUND])
