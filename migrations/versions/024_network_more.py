"""The network: events for some districts, mail that invites to them, and when a side has spoken."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "024_network_more"
down_revision = "023_forum_search"
branch_labels = None
depends_on = None

_KINDS = "'events', 'forum', 'digest', 'peers', 'awards', 'invitations'"
_MORE = "'events', 'event_news', 'forum', 'digest', 'peers', 'awards', 'invitations'"


def upgrade() -> None:
    # The default is for rows that are there; every new one says its own.
    op.add_column(
        "events",
        sa.Column("districts", JsonDocument(), nullable=False, server_default=sa.text("'[]'")),
    )
    op.add_column("peer_matches", sa.Column("said_at", UtcDateTime(), nullable=True))
    _mail_kinds(_MORE)


def downgrade() -> None:
    op.execute("DELETE FROM mail_refusals WHERE kind = 'event_news'")
    _mail_kinds(_KINDS)
    op.drop_column("peer_matches", "said_at")
    op.drop_column("events", "districts")


def _mail_kinds(kinds: str) -> None:
    """Let refusals be of these kinds. SQLite changes no constraint: the table is made anew."""
    name = "ck_mail_refusals_kind_known"
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f(name), "mail_refusals", type_="check")
        op.create_check_constraint(op.f(name), "mail_refusals", f"kind IN ({kinds})")
        return
    op.rename_table("mail_refusals", "mail_refusals_before")
    op.create_table(
        "mail_refusals",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f(name)),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_mail_refusals_email_small")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_refusals")),
        sa.UniqueConstraint("email", "kind", name=op.f("uq_mail_refusals_email_kind")),
    )
    op.execute(
        'INSERT INTO mail_refusals (id, email, kind, "at") '
        'SELECT id, email, kind, "at" FROM mail_refusals_before'
    )
    op.drop_table("mail_refusals_before")
