"""On SQLite, how employers stand is read from an index alone, in the order it is grouped in.

PostgreSQL reads the whole table faster, and an index that holds the numbers would make every
completed diagnostic write to it.
"""

from __future__ import annotations

from alembic import op

revision = "036_standing_index"
down_revision = "035_retention"
branch_labels = None
depends_on = None

_NAME = "ix_score_histograms_standing"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(
            _NAME, "score_histograms", ["questionnaire_key", "dimension", "sector", "score", "n"]
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index(_NAME, table_name="score_histograms")
