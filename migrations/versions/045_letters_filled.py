"""The pieces of the names of employers who were here before 044, on PostgreSQL.

A step of its own, since making triggers keeps writers out of the table until the end of it. Who is
written meanwhile is indexed by the trigger, and that stands.
"""

from __future__ import annotations

from alembic import op

revision = "045_letters_filled"
down_revision = "044_employer_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(
        "INSERT INTO employer_letters (entry_id, letters) "
        "SELECT id, employer_letters_of(search_text) FROM employers "
        "ON CONFLICT (entry_id) DO NOTHING"
    )
    # The statistics tell common pieces from rare ones.
    op.execute("ANALYZE employer_letters")


def downgrade() -> None:
    """The table goes with the migration before."""
