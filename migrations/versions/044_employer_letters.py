"""An index of the pieces of employers' names: a part of a word is found without reading them all.

It is kept by triggers, in the transaction that writes the name. Those who are here already follow
in the next migration, which keeps nobody out of their table.
"""

from __future__ import annotations

from alembic import op

revision = "044_employer_letters"
down_revision = "043_shown_stamps"
branch_labels = None
depends_on = None

_TABLE = "employer_letters"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _sqlite()
    else:
        _postgresql()


def _sqlite() -> None:
    op.execute(
        f"CREATE VIRTUAL TABLE {_TABLE} USING fts5("
        "search_text, content='employers', content_rowid='id', "
        "tokenize='trigram', columnsize=0, detail=none)"
    )
    remove = (
        f"INSERT INTO {_TABLE}({_TABLE}, rowid, search_text) "  # noqa: S608 - our own words
        "VALUES ('delete', old.id, old.search_text);"
    )
    add = f"INSERT INTO {_TABLE}(rowid, search_text) VALUES (new.id, new.search_text);"  # noqa: S608
    # Filled here: a row taken out that was never put in would spoil the index.
    op.execute(f"INSERT INTO {_TABLE}({_TABLE}) VALUES ('rebuild')")  # noqa: S608
    op.execute(f"CREATE TRIGGER {_TABLE}_insert AFTER INSERT ON employers BEGIN {add} END")
    op.execute(f"CREATE TRIGGER {_TABLE}_delete AFTER DELETE ON employers BEGIN {remove} END")
    op.execute(
        f"CREATE TRIGGER {_TABLE}_update AFTER UPDATE OF search_text ON employers "
        f"WHEN old.search_text <> new.search_text BEGIN {remove} {add} END"
    )


def _postgresql() -> None:
    op.execute(
        f"CREATE TABLE {_TABLE} (entry_id integer PRIMARY KEY "
        "REFERENCES employers (id) ON DELETE CASCADE, letters tsvector NOT NULL)"
    )
    op.execute(f"CREATE INDEX {_TABLE}_letters ON {_TABLE} USING gin (letters)")
    op.execute(
        f"CREATE FUNCTION {_TABLE}_of(words text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$ "  # noqa: S608
        "SELECT array_to_tsvector(array(SELECT DISTINCT piece "
        "FROM generate_series(1, length(words) - 2) AS place, "
        "LATERAL (SELECT substr(words, place, 3) AS piece) AS cut "
        "WHERE strpos(piece, ' ') = 0)) $$"
    )
    op.execute(
        f"CREATE FUNCTION {_TABLE}_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "  # noqa: S608
        f"INSERT INTO {_TABLE} (entry_id, letters) "
        f"VALUES (new.id, {_TABLE}_of(new.search_text)) "
        "ON CONFLICT (entry_id) DO UPDATE SET letters = excluded.letters; RETURN NULL; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {_TABLE}_insert AFTER INSERT ON employers "
        f"FOR EACH ROW EXECUTE FUNCTION {_TABLE}_keep()"
    )
    op.execute(
        f"CREATE TRIGGER {_TABLE}_update AFTER UPDATE OF search_text ON employers "
        "FOR EACH ROW WHEN (old.search_text <> new.search_text) "
        f"EXECUTE FUNCTION {_TABLE}_keep()"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in ("insert", "delete", "update"):
            op.execute(f"DROP TRIGGER {_TABLE}_{event}")
        op.execute(f"DROP TABLE {_TABLE}")
        return
    for event in ("insert", "update"):
        op.execute(f"DROP TRIGGER {_TABLE}_{event} ON employers")
    op.execute(f"DROP FUNCTION {_TABLE}_keep()")
    op.execute(f"DROP FUNCTION {_TABLE}_of(text)")
    op.execute(f"DROP TABLE {_TABLE}")
