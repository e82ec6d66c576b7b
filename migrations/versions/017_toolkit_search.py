"""The library's search: an index of words by where they stand, and of spellings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "017_toolkit_search"
down_revision = "016_payee_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "library_entries",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("facets", sa.BigInteger(), nullable=False),
        sa.Column("sorted_by", sa.String(length=120), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["resources.id"], name=op.f("fk_library_entries_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_library_entries")),
    )
    op.create_index(
        "ix_library_entries_sorted_by", "library_entries", ["sorted_by", "id", "facets"]
    )
    if op.get_bind().dialect.name == "sqlite":
        _search_sqlite()
    else:
        _search_postgresql()
    # Changes with every publication, so that what a process remembers is known to be old.
    op.execute("CREATE TABLE library_search_state (id integer PRIMARY KEY, token text NOT NULL)")
    op.execute("INSERT INTO library_search_state (id, token) VALUES (1, '')")


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    for table in (
        "library_search_state",
        "library_search_keys",
        "library_search_terms",
        "library_search",
    ):
        op.execute(f"DROP TABLE {table}")
    op.drop_table("library_entries")
    if not sqlite:
        op.execute("DROP FUNCTION library_search_keep()")


def _search_sqlite() -> None:
    """Words in an external-content index kept by triggers; spellings in two plain tables."""
    op.execute(
        "CREATE VIRTUAL TABLE library_search USING fts5(search_text, content='library_entries', "
        "content_rowid='id', tokenize='unicode61 remove_diacritics 2', columnsize=0, detail=none)"
    )
    remove = (
        "INSERT INTO library_search(library_search, rowid, search_text) "
        "VALUES ('delete', old.id, old.search_text);"
    )
    add = "INSERT INTO library_search(rowid, search_text) VALUES (new.id, new.search_text);"
    op.execute(
        f"CREATE TRIGGER library_search_insert AFTER INSERT ON library_entries BEGIN {add} END"
    )
    op.execute(
        f"CREATE TRIGGER library_search_delete AFTER DELETE ON library_entries BEGIN {remove} END"
    )
    op.execute(
        "CREATE TRIGGER library_search_update AFTER UPDATE OF search_text ON library_entries "
        f"BEGIN {remove} {add} END"
    )
    op.execute(
        "CREATE TABLE library_search_terms (term TEXT PRIMARY KEY, stem TEXT NOT NULL) "
        "WITHOUT ROWID"
    )
    op.execute("CREATE INDEX library_search_terms_stem ON library_search_terms (stem)")
    op.execute(
        "CREATE TABLE library_search_keys (key TEXT NOT NULL, stem TEXT NOT NULL, "
        "PRIMARY KEY (key, stem)) WITHOUT ROWID"
    )


def _search_postgresql() -> None:
    """The same with a tsvector and a GIN index. The words come normalised, so no parser runs."""
    op.execute(
        "CREATE TABLE library_search (entry_id integer PRIMARY KEY "
        "REFERENCES library_entries (id) ON DELETE CASCADE, words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX library_search_words ON library_search USING gin (words)")
    op.execute(
        "CREATE FUNCTION library_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO library_search (entry_id, words) VALUES (new.id, "
        "array_to_tsvector(array_remove(string_to_array(new.search_text, ' '), ''))) "
        "ON CONFLICT (entry_id) DO UPDATE SET words = excluded.words; RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER library_search_insert AFTER INSERT ON library_entries "
        "FOR EACH ROW EXECUTE FUNCTION library_search_keep()"
    )
    op.execute(
        "CREATE TRIGGER library_search_update AFTER UPDATE OF search_text ON library_entries "
        "FOR EACH ROW EXECUTE FUNCTION library_search_keep()"
    )
    op.execute(
        'CREATE TABLE library_search_terms (term text COLLATE "C" PRIMARY KEY, '
        'stem text COLLATE "C" NOT NULL)'
    )
    op.execute("CREATE INDEX library_search_terms_stem ON library_search_terms (stem)")
    op.execute(
        'CREATE TABLE library_search_keys (key text COLLATE "C" NOT NULL, '
        'stem text COLLATE "C" NOT NULL, PRIMARY KEY (key, stem))'
    )
