"""A histogram of scores is one row of 101 counts, and no longer a row for each score met.

A report adds them up by sector, size and district. A row a score, those are some 120,000 rows at
100,000 employers and ever more with more of them; a row a group, they are as many as there are
groups. What was counted is carried over in both directions. The index that let SQLite read the
old rows in order goes with them.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from portal.db.types import Counts

revision = "037_score_counts"
down_revision = "036_standing_index"
branch_labels = None
depends_on = None

_TABLE = "score_histograms"
_SCORES = 101
_GROUP = ("questionnaire_key", "sector", "size_tier", "district", "dimension")
_LENGTHS = {"questionnaire_key": 60, "dimension": 40, "sector": 20, "size_tier": 10, "district": 60}
_STANDING = "ix_score_histograms_standing"


def upgrade() -> None:
    rows = _rows("score", "n")
    found: dict[tuple[str, ...], list[int]] = {}
    for *group, score, n in rows:
        found.setdefault(tuple(group), [0] * _SCORES)[score] += n
    op.drop_table(_TABLE)
    sqlite = op.get_bind().dialect.name == "sqlite"
    rule = (
        "json_array_length(counts) = 101 AND counts NOT LIKE '%-%' AND counts NOT LIKE '%null%'"
        if sqlite
        else "cardinality(counts) = 101 AND 0 <= ALL (counts) "
        "AND array_position(counts, NULL) IS NULL"
    )
    op.create_table(
        _TABLE,
        *_columns(_GROUP),
        sa.Column("counts", Counts(), nullable=False),
        sa.CheckConstraint(rule, name=op.f("ck_score_histograms_counts_whole")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_histograms")),
        sa.UniqueConstraint(*_GROUP, name="uq_score_histograms_cell"),
    )
    _put(
        (*_columns(_GROUP), sa.Column("counts", Counts())),
        [
            dict(zip(_GROUP, group, strict=True)) | {"counts": counts}
            for group, counts in found.items()
            if any(counts)
        ],
    )


def downgrade() -> None:
    rows = _rows("counts")
    op.drop_table(_TABLE)
    # As it was, columns in that order.
    group = ("questionnaire_key", "dimension", "sector", "size_tier", "district")
    numbers = ("score", "n")
    op.create_table(
        _TABLE,
        *_columns(group),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in numbers),
        sa.CheckConstraint("n >= 0", name=op.f("ck_score_histograms_not_negative")),
        sa.CheckConstraint(
            "score >= 0 AND score <= 100", name=op.f("ck_score_histograms_score_range")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_histograms")),
        sa.UniqueConstraint(*group, "score", name="uq_score_histograms_cell"),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(
            _STANDING, _TABLE, ["questionnaire_key", "dimension", "sector", "score", "n"]
        )
    _put(
        (*_columns(group), *(sa.Column(name, sa.Integer()) for name in numbers)),
        [
            dict(zip(_GROUP, of_group, strict=True)) | {"score": score, "n": n}
            for *of_group, counts in rows
            for score, n in enumerate(counts)
            if n
        ],
    )


def _columns(names: tuple[str, ...]) -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.String(_LENGTHS[name]), nullable=False) for name in names),
    ]


def _rows(*more: str) -> list[Any]:
    """Every row of the table as it is: its group and these columns."""
    kinds = {"score": sa.Integer(), "n": sa.Integer(), "counts": Counts()}
    columns = [sa.column(name) for name in _GROUP]
    columns += [sa.column(name, kinds[name]) for name in more]
    table = sa.table(_TABLE, *columns)
    return list(op.get_bind().execute(sa.select(*columns).select_from(table)))


def _put(columns: tuple[Any, ...], rows: list[dict[str, Any]]) -> None:
    if rows:
        table = sa.table(_TABLE, *(sa.column(one.name, one.type) for one in columns))
        op.get_bind().execute(sa.insert(table), rows)
