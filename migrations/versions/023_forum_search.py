"""The forum's search: an index of the words of posts that are shown."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "023_forum_search"
down_revision = "022_peers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forum_entries",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["forum_posts.id"], name=op.f("fk_forum_entries_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forum_entries")),
    )
    if op.get_bind().dialect.name == "sqlite":
        _search_sqlite()
    else:
        _search_postgresql()


def downgrade() -> None:
    sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TABLE forum_search")
    op.drop_table("forum_entries")
    if not sqlite:
        op.execute("DROP FUNCTION forum_search_keep()")


def _search_sqlite() -> None:
    """Words in an external-content index kept by triggers."""
    op.execute(
        "CREATE VIRTUAL TABLE forum_search USING fts5(search_text, content='forum_entries', "
        "content_rowid='id', tokenize='unicode61 remove_diacritics 2', columnsize=0, detail=none)"
    )
    remove = (
        "INSERT INTO forum_search(forum_search, rowid, search_text) "
        "VALUES ('delete', old.id, old.search_text);"
    )
    add = "INSERT INTO forum_search(rowid, search_text) VALUES (new.id, new.search_text);"
    op.execute(f"CREATE TRIGGER forum_search_insert AFTER INSERT ON forum_entries BEGIN {add} END")
    op.execute(
        f"CREATE TRIGGER forum_search_delete AFTER DELETE ON forum_entries BEGIN {remove} END"
    )
    op.execute(
        "CREATE TRIGGER forum_search_update AFTER UPDATE OF search_text ON forum_entries "
        f"BEGIN {remove} {add} END"
    )


def _search_postgresql() -> None:
    """The same with a tsvector and a GIN index. The words come normalised, so no parser runs."""
    op.execute(
        "CREATE TABLE forum_search (entry_id integer PRIMARY KEY "
        "REFERENCES forum_entries (id) ON DELETE CASCADE, words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX forum_search_words ON forum_search USING gin (words)")
    op.execute(
        "CREATE FUNCTION forum_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO forum_search (entry_id, words) VALUES (new.id, "
        "array_to_tsvector(array_remove(string_to_array(new.search_text, ' '), ''))) "
        "ON CONFLICT (entry_id) DO UPDATE SET words = excluded.words; RETURN NULL; END $$"
    )
    for what in ("INSERT", "UPDATE OF search_text"):
        name = what.partition(" ")[0].lower()
        op.execute(
            f"CREATE TRIGGER forum_search_{name} AFTER {what} ON forum_entries "
            "FOR EACH ROW EXECUTE FUNCTION forum_search_keep()"
        )
