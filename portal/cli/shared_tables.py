"""What the programmes of an installation share: their list, and which accounts people have linked.

The list is the operator's alone. Of links each programme's role reads and writes its own side only:
row-level security says so by the role a transaction works as (docs/decisions/015). Nothing here
names an account or a person.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, text

from portal.db.programmes import SHARED_SCHEMA

_PROGRAMMES: Final = f"""
CREATE TABLE {SHARED_SCHEMA}.programmes (
    slug text PRIMARY KEY CHECK (slug ~ '^[a-z][a-z0-9_]{{1,29}}$'),
    title text NOT NULL CHECK (length(title) >= 2),
    lep text NOT NULL CHECK (length(lep) >= 2),
    public_url text NOT NULL UNIQUE,
    role text NOT NULL UNIQUE,
    settings jsonb NOT NULL DEFAULT '{{}}',
    opened_at timestamptz NOT NULL DEFAULT now(),
    closed_on date
)
"""
_OF_PROGRAMME: Final = (
    f"text NOT NULL REFERENCES {SHARED_SCHEMA}.programmes (role) ON DELETE CASCADE"
)
# A link is two halves, each written by its own programme when the person says so there. It stands
# while both do.
_HALVES: Final = f"""
CREATE TABLE {SHARED_SCHEMA}.link_halves (
    reference text NOT NULL CHECK (length(reference) >= 40),
    programme {_OF_PROGRAMME},
    partner {_OF_PROGRAMME},
    made_at timestamptz NOT NULL,
    PRIMARY KEY (reference, programme),
    CHECK (programme <> partner)
)
"""
_TICKETS: Final = f"""
CREATE TABLE {SHARED_SCHEMA}.tickets (
    ticket_hash text PRIMARY KEY CHECK (length(ticket_hash) = 64),
    kind text NOT NULL CHECK (kind IN ('link', 'go')),
    from_programme {_OF_PROGRAMME},
    to_programme {_OF_PROGRAMME},
    from_session text NOT NULL,
    strong boolean NOT NULL,
    ends_at timestamptz NOT NULL,
    idle_seconds integer NOT NULL CHECK (idle_seconds > 0),
    expires_at timestamptz NOT NULL,
    CHECK (from_programme <> to_programme)
)
"""
_HALF: Final = f"REFERENCES {SHARED_SCHEMA}.link_halves ON DELETE CASCADE"
_CROSSINGS: Final = f"""
CREATE TABLE {SHARED_SCHEMA}.crossings (
    reference text PRIMARY KEY CHECK (length(reference) >= 40),
    link text NOT NULL,
    from_programme text NOT NULL,
    to_programme text NOT NULL,
    from_session text NOT NULL,
    idle_seconds integer NOT NULL CHECK (idle_seconds > 0),
    ends_at timestamptz NOT NULL,
    FOREIGN KEY (link, from_programme) {_HALF},
    FOREIGN KEY (link, to_programme) {_HALF},
    CHECK (from_programme <> to_programme)
)
"""
# As the owner: a programme sees no half but its own, and may still ask whether the other stands.
_AS_OWNER: Final = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
_STANDS: Final = f"""
CREATE FUNCTION {SHARED_SCHEMA}.link_stands(asked text, mine text) RETURNS boolean
LANGUAGE sql STABLE {_AS_OWNER} AS $$
    SELECT EXISTS (
        SELECT FROM {SHARED_SCHEMA}.link_halves one
        JOIN {SHARED_SCHEMA}.link_halves other
        ON other.reference = one.reference
        AND other.programme = one.partner AND other.partner = one.programme
        WHERE one.reference = asked AND one.programme = mine
    )
$$
"""  # noqa: S608 - names of our own
_END_OTHER: Final = f"""
CREATE FUNCTION {SHARED_SCHEMA}.end_other_half() RETURNS trigger
LANGUAGE plpgsql {_AS_OWNER} AS $$
BEGIN
    DELETE FROM {SHARED_SCHEMA}.link_halves
    WHERE reference = OLD.reference AND programme = OLD.partner AND partner = OLD.programme;
    RETURN NULL;
END
$$
"""  # noqa: S608 - names of our own
LINK_TABLES: Final = ("link_halves", "tickets", "crossings")
_EITHER: Final = "from_programme = current_user OR to_programme = current_user"
_WALLS: Final = (
    (
        f"CREATE POLICY own ON {SHARED_SCHEMA}.link_halves "
        "USING (programme = current_user) WITH CHECK (programme = current_user)"
    ),
    f"CREATE POLICY seen ON {SHARED_SCHEMA}.tickets FOR SELECT USING ({_EITHER})",
    (
        f"CREATE POLICY given ON {SHARED_SCHEMA}.tickets FOR INSERT "
        "WITH CHECK (from_programme = current_user)"
    ),
    f"CREATE POLICY taken ON {SHARED_SCHEMA}.tickets FOR DELETE USING ({_EITHER})",
    f"CREATE POLICY seen ON {SHARED_SCHEMA}.crossings FOR SELECT USING ({_EITHER})",
    (
        f"CREATE POLICY made ON {SHARED_SCHEMA}.crossings FOR INSERT "
        "WITH CHECK (to_programme = current_user)"
    ),
    f"CREATE POLICY ended ON {SHARED_SCHEMA}.crossings FOR DELETE USING ({_EITHER})",
)
# Each step is taken where its table is missing, in this order.
_STEPS: Final[Mapping[str, tuple[str, ...]]] = {
    "programmes": (_PROGRAMMES,),
    "link_halves": (
        *(_HALVES, _TICKETS, _CROSSINGS, _STANDS, _END_OTHER),
        (
            f"CREATE TRIGGER end_other_half AFTER DELETE ON {SHARED_SCHEMA}.link_halves "
            f"FOR EACH ROW EXECUTE FUNCTION {SHARED_SCHEMA}.end_other_half()"
        ),
        f"CREATE INDEX ix_tickets_from_session ON {SHARED_SCHEMA}.tickets (from_session)",
        f"CREATE INDEX ix_crossings_from_session ON {SHARED_SCHEMA}.crossings (from_session)",
        f"CREATE INDEX ix_crossings_link ON {SHARED_SCHEMA}.crossings (link)",
        f"REVOKE ALL ON FUNCTION {SHARED_SCHEMA}.link_stands(text, text) FROM PUBLIC",
        f"REVOKE ALL ON FUNCTION {SHARED_SCHEMA}.end_other_half() FROM PUBLIC",
        *(
            f"ALTER TABLE {SHARED_SCHEMA}.{name} ENABLE ROW LEVEL SECURITY"
            for name in ("link_halves", "tickets", "crossings")
        ),
        *_WALLS,
    ),
}


def make_shared(connection: Connection) -> None:
    """Bring what programmes share up to date; what is there stays as it is."""
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SHARED_SCHEMA}"))
    for table, statements in _STEPS.items():
        asked = {"name": f"{SHARED_SCHEMA}.{table}"}
        if connection.execute(text("SELECT to_regclass(:name)"), asked).scalar() is None:
            for statement in statements:
                connection.execute(text(statement))


def allow_shared(connection: Connection, role: str) -> None:
    """Let a programme's role use what it shares with others, each row as the policies say."""
    tables = ", ".join(f"{SHARED_SCHEMA}.{name}" for name in LINK_TABLES)
    for statement in (
        f"GRANT USAGE ON SCHEMA {SHARED_SCHEMA} TO {role}",
        f"GRANT SELECT, INSERT, DELETE ON {tables} TO {role}",
        f"GRANT EXECUTE ON FUNCTION {SHARED_SCHEMA}.link_stands(text, text) TO {role}",
    ):
        connection.execute(text(statement))
