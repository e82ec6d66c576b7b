"""The audit trail as one chain of hashes; what was on record before is linked in its order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime
from portal.kernel.chain import GENESIS, AuditFacts, link_hash

revision = "033_audit_chain"
down_revision = "032_report_indexes"
branch_labels = None
depends_on = None

_BATCH = 2000
_CHANGED = "The chain of the audit trail is append-only"
_BACK = "The head of the audit trail only moves forward"


def upgrade() -> None:
    op.create_table(
        "audit_links",
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("previous", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["audit_entries.id"], name=op.f("fk_audit_links_entry_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_links")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_links_entry_id")),
    )
    op.create_table(
        "audit_heads",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_heads_only_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "audit_checks",
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("source", sa.String(20), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(300), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "source IN ('command', 'daily')", name=op.f("ck_audit_checks_known_source")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_checks")),
    )
    op.create_index("ix_audit_checks_at", "audit_checks", ["at"])
    op.create_index("ix_audit_entries_action_at", "audit_entries", ["action", "at"])
    op.create_index("ix_audit_entries_at", "audit_entries", ["at"])
    _link_what_there_is()
    _refuse_changes()


def _link_what_there_is() -> None:
    connection = op.get_bind()
    entries = sa.table(
        "audit_entries",
        sa.column("id", sa.Integer()),
        sa.column("at", UtcDateTime()),
        sa.column("actor_id", sa.Integer()),
        sa.column("action", sa.String()),
        sa.column("subject", sa.String()),
        sa.column("detail", JsonDocument()),
    )
    names = ("id", "entry_id", "previous", "hash")
    links = sa.table("audit_links", *(sa.column(name) for name in names))
    position, previous, last = 0, GENESIS, None
    while True:
        query = sa.select(entries).order_by(entries.c.id).limit(_BATCH)
        if last is not None:
            query = query.where(entries.c.id > last)
        rows = connection.execute(query).all()
        if not rows:
            break
        made = []
        for row in rows:
            position += 1
            digest = link_hash(previous, position, AuditFacts(*row))
            made.append(dict(zip(names, (position, row.id, previous, digest), strict=True)))
            previous = digest
        connection.execute(sa.insert(links), made)
        last = rows[-1].id
    heads = sa.table("audit_heads", *(sa.column(name) for name in ("id", "position", "hash")))
    connection.execute(sa.insert(heads), [{"id": 1, "position": position, "hash": previous}])


def _refuse_changes() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in ("audit_links", "audit_checks"):
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{_CHANGED}'); END"
                )
        op.execute(
            "CREATE TRIGGER audit_heads_no_delete BEFORE DELETE ON audit_heads "
            f"BEGIN SELECT RAISE(ABORT, '{_BACK}'); END"
        )
        op.execute(
            "CREATE TRIGGER audit_heads_no_update BEFORE UPDATE ON audit_heads "
            "WHEN NEW.position <= OLD.position OR NEW.id <> OLD.id "
            f"BEGIN SELECT RAISE(ABORT, '{_BACK}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_chain_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_CHANGED}'; END $$"
    )
    op.execute(
        "CREATE FUNCTION refuse_head_back() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_BACK}'; END $$"
    )
    for table in ("audit_links", "audit_checks"):
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_chain_change()"
        )
    op.execute(
        "CREATE TRIGGER audit_heads_no_delete BEFORE DELETE OR TRUNCATE "
        "ON audit_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_head_back()"
    )
    op.execute(
        "CREATE TRIGGER audit_heads_no_update BEFORE UPDATE ON audit_heads FOR EACH ROW "
        "WHEN (NEW.position <= OLD.position OR NEW.id <> OLD.id) "
        "EXECUTE FUNCTION refuse_head_back()"
    )


def downgrade() -> None:
    op.drop_index("ix_audit_entries_at", table_name="audit_entries")
    op.drop_index("ix_audit_entries_action_at", table_name="audit_entries")
    for table in ("audit_checks", "audit_heads", "audit_links"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION refuse_chain_change()")
        op.execute("DROP FUNCTION refuse_head_back()")
