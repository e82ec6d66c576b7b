"""Sums of scores by month go: nothing read them, and each completed diagnostic wrote eleven rows.

Reports by month count from ``report_cells``. On the way back they are counted from the records.
"""

from __future__ import annotations

from collections import defaultdict
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from portal.db.types import UtcDateTime

revision = "041_no_score_rollups"
down_revision = "040_unended_tries"
branch_labels = None
depends_on = None

_LONDON = ZoneInfo("Europe/London")
_CELL = {
    "questionnaire_key": sa.String(60),
    "month": sa.Date(),
    "sector": sa.String(20),
    "size_tier": sa.String(10),
    "district": sa.String(60),
    "dimension": sa.String(40),
}


def upgrade() -> None:
    op.drop_table("score_rollups")


def downgrade() -> None:
    table = op.create_table(
        "score_rollups",
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in _CELL.items()),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.CheckConstraint("n >= 0 AND total >= 0", name=op.f("ck_score_rollups_not_negative")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_rollups")),
        sa.UniqueConstraint(*_CELL, name="uq_score_rollups_cell"),
    )
    asked = sa.text(
        "SELECT r.questionnaire_key, r.completed_at, r.sector, r.size_tier, "
        "coalesce(r.district, ''), s.dimension, s.score "
        "FROM dimension_scores s JOIN diagnostic_responses r ON r.id = s.response_id "
        "WHERE r.status = 'completed' AND r.employer_id IS NOT NULL"
    ).columns(sa.column("questionnaire_key"), sa.column("completed_at", UtcDateTime()))
    sums: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0])
    for key, completed_at, *group, score in op.get_bind().execute(asked):
        month = completed_at.astimezone(_LONDON).date().replace(day=1)
        cell = sums[key, month, *group]
        cell[0] += 1
        cell[1] += score
    rows = [
        dict(zip(_CELL, cell, strict=True)) | {"n": n, "total": total}
        for cell, (n, total) in sums.items()
    ]
    if rows:
        op.bulk_insert(table, rows)
