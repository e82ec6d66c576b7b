"""Reports that were frozen, and prints of live ones, with their files."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import UtcDateTime

revision = "026_report_copies"
down_revision = "025_report_counts"
branch_labels = None
depends_on = None

_MESSAGE = "A frozen report is never changed or removed"
# The worker notes when the files of a copy are kept; nothing else of a frozen one ever changes.
_FIXED = (
    *("reference", "kind", "report_key", "title", "view", "organisation_id", "first_on"),
    *("last_on", "text", "fingerprint", "counts_hash", "note", "made_at", "made_by", "made_name"),
    "expires_on",
)


def upgrade() -> None:
    op.create_table(
        "report_copies",
        sa.Column("reference", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("report_key", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("view", sa.String(length=12), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("counts_hash", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("made_name", sa.String(length=120), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("ready_at", UtcDateTime(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('frozen', 'print')", name=op.f("ck_report_copies_kind_known")),
        sa.CheckConstraint(
            "view IN ('full', 'provider', 'statistics')", name=op.f("ck_report_copies_view_known")
        ),
        sa.CheckConstraint(
            "(view = 'provider') = (organisation_id IS NOT NULL)",
            name=op.f("ck_report_copies_whose"),
        ),
        sa.CheckConstraint(
            "(kind = 'print') = (expires_on IS NOT NULL)",
            name=op.f("ck_report_copies_goes_where_due"),
        ),
        sa.CheckConstraint("first_on <= last_on", name=op.f("ck_report_copies_days_in_order")),
        sa.CheckConstraint(
            "length(fingerprint) = 64", name=op.f("ck_report_copies_fingerprint_whole")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_report_copies_organisation_id"),
        ),
        sa.ForeignKeyConstraint(["made_by"], ["users.id"], name=op.f("fk_report_copies_made_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_copies")),
        sa.UniqueConstraint("reference", name=op.f("uq_report_copies_reference")),
    )
    op.create_index("ix_report_copies_kind_view", "report_copies", ["kind", "view", "id"])
    op.create_index("ix_report_copies_expires_on", "report_copies", ["expires_on"])
    for column in ("organisation_id", "made_by"):
        op.create_index(op.f(f"ix_report_copies_{column}"), "report_copies", [column])
    op.create_table(
        "report_copy_files",
        sa.Column("copy_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("storage_key", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.CheckConstraint("size > 0", name=op.f("ck_report_copy_files_not_empty")),
        sa.CheckConstraint("length(sha256) = 64", name=op.f("ck_report_copy_files_sha256_whole")),
        sa.ForeignKeyConstraint(
            ["copy_id"], ["report_copies.id"], name=op.f("fk_report_copy_files_copy_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_copy_files")),
        sa.UniqueConstraint("copy_id", "name", name=op.f("uq_report_copy_files_copy_id_name")),
        sa.UniqueConstraint("storage_key", name=op.f("uq_report_copy_files_storage_key")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _refuse_on_sqlite()
    else:
        _refuse_on_postgresql()


def downgrade() -> None:
    for table in ("report_copy_files", "report_copies"):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        for function in ("refuse_report_copy_change", "refuse_report_file_change"):
            op.execute(f"DROP FUNCTION {function}()")


def _refuse_on_sqlite() -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{_MESSAGE}'); END"
    frozen = "(SELECT kind FROM report_copies WHERE id = OLD.copy_id) = 'frozen'"
    op.execute(
        f"CREATE TRIGGER report_copies_no_update BEFORE UPDATE OF {', '.join(_FIXED)} "
        f"ON report_copies WHEN OLD.kind = 'frozen' {refuse}"
    )
    op.execute(
        "CREATE TRIGGER report_copies_no_delete BEFORE DELETE ON report_copies "
        f"WHEN OLD.kind = 'frozen' {refuse}"
    )
    op.execute(
        f"CREATE TRIGGER report_copy_files_no_update BEFORE UPDATE ON report_copy_files {refuse}"
    )
    op.execute(
        "CREATE TRIGGER report_copy_files_no_delete BEFORE DELETE ON report_copy_files "
        f"WHEN {frozen} {refuse}"
    )


def _refuse_on_postgresql() -> None:
    refuse = f"RAISE EXCEPTION '{_MESSAGE}'"
    frozen = "(SELECT kind FROM report_copies WHERE id = OLD.copy_id) = 'frozen'"
    same = " AND ".join(f"NEW.{name} IS NOT DISTINCT FROM OLD.{name}" for name in _FIXED)
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_report_copy_change() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' THEN IF OLD.kind = 'frozen' THEN {refuse}; END IF; RETURN OLD; "
        f"END IF; IF OLD.kind = 'frozen' AND NOT ({same}) THEN {refuse}; END IF; "
        "RETURN NEW; END $$"
    )
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_report_file_change() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN "
        f"IF TG_OP = 'UPDATE' OR {frozen} THEN {refuse}; END IF; RETURN OLD; END $$"
    )
    for table, function in (
        ("report_copies", "refuse_report_copy_change"),
        ("report_copy_files", "refuse_report_file_change"),
    ):
        op.execute(
            f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {function}()"
        )
