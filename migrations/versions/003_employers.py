"""Programme settings, employers, memberships and the register."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from portal.db.types import JsonDocument, UtcDateTime

revision = "003_employers"
down_revision = "002_accounts"
branch_labels = None
depends_on = None

POSTCODE = (
    "postcode = upper(postcode) AND length(postcode) BETWEEN 6 AND 8 AND postcode LIKE '% ___'"
)


def _id() -> sa.Column:
    return sa.Column("id", sa.Integer(), nullable=False)


def _times() -> list[sa.Column]:
    return [
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
    ]


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _foreign(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=op.f(f"fk_{table}_{column}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))


def upgrade() -> None:
    _programme()
    _register()
    _employers()
    _sites_and_history()
    _people()
    if op.get_bind().dialect.name == "sqlite":
        _search_sqlite()
    else:
        _search_postgresql()


def _programme() -> None:
    op.create_table(
        "programme_settings",
        _id(),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("value", JsonDocument(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("changed_by", sa.Integer()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        _key("programme_settings"),
        _foreign("programme_settings", "changed_by", "users.id"),
        _unique("programme_settings", "key", "effective_from"),
    )
    op.create_table(
        "organisations",
        _id(),
        sa.Column("reference", sa.String(10), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        *_times(),
        _key("organisations"),
        _unique("organisations", "reference"),
        _unique("organisations", "kind", "name"),
        _check("organisations", "kind_known", "kind IN ('lep', 'provider')"),
        _check("organisations", "name_given", "length(name) >= 2"),
    )
    op.create_table(
        "staff_posts",
        _id(),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        *_times(),
        _key("staff_posts"),
        _foreign("staff_posts", "user_id", "users.id"),
        _foreign("staff_posts", "organisation_id", "organisations.id"),
        _unique("staff_posts", "user_id", "organisation_id"),
    )
    op.create_index("ix_staff_posts_organisation_id", "staff_posts", ["organisation_id"])


def _register() -> None:
    op.create_table(
        "register_entries",
        _id(),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("source_id", sa.String(40), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("current_name", sa.String(200), nullable=False),
        sa.Column("address", sa.String(400), nullable=False),
        sa.Column("postcode", sa.String(8)),
        sa.Column("company_number", sa.String(8)),
        sa.Column("sic_codes", JsonDocument(), nullable=False),
        sa.Column("size_band", sa.String(40)),
        sa.Column("url", sa.String(500)),
        sa.Column("submitted_on", sa.Date()),
        sa.Column("content_hash", sa.String(32), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        _key("register_entries"),
        _unique("register_entries", "source", "source_id"),
        _check("register_entries", "name_length", "length(name) BETWEEN 1 AND 200"),
    )
    op.create_index("ix_register_entries_company_number", "register_entries", ["company_number"])


def _employers() -> None:
    table = "employers"
    op.create_table(
        table,
        _id(),
        sa.Column("reference", sa.String(10), nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("trading_name", sa.String(160)),
        sa.Column("company_number", sa.String(8)),
        sa.Column("charity_number", sa.String(10)),
        sa.Column("sic_codes", JsonDocument(), nullable=False),
        sa.Column("sector", sa.String(30), nullable=False),
        sa.Column("district", sa.String(40), nullable=False),
        sa.Column("postcode", sa.String(8), nullable=False),
        sa.Column("headcount", sa.Integer()),
        sa.Column("part_time_headcount", sa.Integer()),
        sa.Column("headcount_on", sa.Date()),
        sa.Column("size_tier", sa.String(20)),
        sa.Column("iip_status", sa.String(20)),
        sa.Column("iip_on", sa.Date()),
        sa.Column("iip_evidence", sa.String(500), nullable=False),
        sa.Column("training_answer", sa.String(3)),
        sa.Column("training_on", sa.Date()),
        sa.Column("training_last_on", sa.Date()),
        sa.Column("training_note", sa.String(500), nullable=False),
        sa.Column("register_entry_id", sa.Integer()),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        *_times(),
        _key(table),
        _foreign(table, "register_entry_id", "register_entries.id"),
        *(
            _unique(table, column)
            for column in ("reference", "company_number", "charity_number", "register_entry_id")
        ),
        *(_check(table, name, condition) for name, condition in _EMPLOYER_CHECKS.items()),
    )
    op.create_index("ix_employers_name_id", table, ["name", "id"])
    op.create_index(
        "ix_employers_sector_size_tier_district", table, ["sector", "size_tier", "district"]
    )


_EMPLOYER_CHECKS = {
    "name_length": "length(name) BETWEEN 2 AND 160",
    "company_number_shape": "length(company_number) = 8 AND company_number = upper(company_number)",
    "charity_number_shape": "length(charity_number) BETWEEN 6 AND 10",
    "postcode_shape": POSTCODE,
    "headcount_range": "headcount BETWEEN 1 AND 2000000",
    "part_time_not_negative": "part_time_headcount >= 0",
    "part_time_within_headcount": (
        "part_time_headcount IS NULL OR "
        "(headcount IS NOT NULL AND part_time_headcount <= headcount)"
    ),
    "headcount_dated": (
        "(headcount IS NULL) = (headcount_on IS NULL) AND (headcount IS NULL) = (size_tier IS NULL)"
    ),
    "iip_known": "iip_status IN ('accredited', 'not_accredited')",
    "iip_dated": "(iip_status IS NULL) = (iip_on IS NULL)",
    "training_known": "training_answer IN ('yes', 'no')",
    "training_dated": "(training_answer IS NULL) = (training_on IS NULL)",
    "training_last_before": (
        "training_last_on IS NULL OR (training_answer = 'yes' AND training_last_on <= training_on)"
    ),
    "version_positive": "version >= 1",
}


def _sites_and_history() -> None:
    op.create_table(
        "employer_sites",
        _id(),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(160), nullable=False),
        sa.Column("address", sa.String(400), nullable=False),
        sa.Column("postcode", sa.String(8), nullable=False),
        sa.Column("district", sa.String(40), nullable=False),
        sa.Column("withdrawn_at", UtcDateTime()),
        *_times(),
        _key("employer_sites"),
        _foreign("employer_sites", "employer_id", "employers.id"),
        _check("employer_sites", "name_given", "length(name) >= 1"),
        _check("employer_sites", "postcode_shape", POSTCODE),
    )
    op.create_index("ix_employer_sites_employer_id", "employer_sites", ["employer_id"])
    op.create_table(
        "employer_history",
        _id(),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("changed_by", sa.Integer()),
        sa.Column("changes", JsonDocument(), nullable=False),
        _key("employer_history"),
        _foreign("employer_history", "employer_id", "employers.id"),
        _foreign("employer_history", "changed_by", "users.id"),
        _unique("employer_history", "employer_id", "version"),
        _check("employer_history", "version_positive", "version >= 1"),
    )


def _people() -> None:
    op.create_table(
        "memberships",
        _id(),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        *_times(),
        _key("memberships"),
        _foreign("memberships", "user_id", "users.id"),
        _foreign("memberships", "employer_id", "employers.id"),
        _unique("memberships", "user_id", "employer_id"),
        _check("memberships", "role_known", "role IN ('owner', 'member')"),
    )
    op.create_index("ix_memberships_employer_id", "memberships", ["employer_id"])
    table = "employer_invitations"
    op.create_table(
        table,
        _id(),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("role", sa.String(10), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("invited_by", sa.Integer()),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("accepted_at", UtcDateTime()),
        sa.Column("accepted_by", sa.Integer()),
        sa.Column("withdrawn_at", UtcDateTime()),
        *_times(),
        _key(table),
        _foreign(table, "employer_id", "employers.id"),
        _foreign(table, "invited_by", "users.id"),
        _foreign(table, "accepted_by", "users.id"),
        _unique(table, "token_hash"),
        _check(table, "role_known", "role IN ('owner', 'member')"),
        _check(table, "email_lower", "email = lower(email)"),
        _check(table, "one_end", "accepted_at IS NULL OR withdrawn_at IS NULL"),
    )
    op.create_index("ix_employer_invitations_employer_id", table, ["employer_id"])
    table = "employer_join_requests"
    op.create_table(
        table,
        _id(),
        sa.Column("employer_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime()),
        sa.Column("decided_by", sa.Integer()),
        *_times(),
        _key(table),
        _foreign(table, "employer_id", "employers.id"),
        _foreign(table, "user_id", "users.id"),
        _foreign(table, "decided_by", "users.id"),
        _unique(table, "employer_id", "user_id"),
        _check(table, "state_known", "state IN ('pending', 'approved', 'declined')"),
        _check(table, "decision_dated", "(state = 'pending') = (decided_at IS NULL)"),
    )
    op.create_index("ix_employer_join_requests_user_id", table, ["user_id"])


def _search_sqlite() -> None:
    """Words in an external-content index kept by triggers; spellings in two plain tables."""
    op.execute(
        "CREATE VIRTUAL TABLE register_search USING fts5("
        "search_text, content='register_entries', content_rowid='id', "
        "tokenize='unicode61 remove_diacritics 2', columnsize=0, detail=none)"
    )
    remove = (
        "INSERT INTO register_search(register_search, rowid, search_text) "
        "VALUES ('delete', old.id, old.search_text);"
    )
    add = "INSERT INTO register_search(rowid, search_text) VALUES (new.id, new.search_text);"
    op.execute(
        f"CREATE TRIGGER register_search_insert AFTER INSERT ON register_entries BEGIN {add} END"
    )
    op.execute(
        f"CREATE TRIGGER register_search_delete AFTER DELETE ON register_entries BEGIN {remove} END"
    )
    op.execute(
        "CREATE TRIGGER register_search_update AFTER UPDATE OF search_text ON register_entries "
        f"WHEN old.search_text <> new.search_text BEGIN {remove} {add} END"
    )
    op.execute(
        "CREATE TABLE register_search_terms (term TEXT PRIMARY KEY, stem TEXT NOT NULL) "
        "WITHOUT ROWID"
    )
    op.execute("CREATE INDEX register_search_terms_stem ON register_search_terms (stem)")
    op.execute(
        "CREATE TABLE register_search_keys (key TEXT NOT NULL, stem TEXT NOT NULL, "
        "PRIMARY KEY (key, stem)) WITHOUT ROWID"
    )


def _search_postgresql() -> None:
    """The same with a tsvector and a GIN index. The words come normalised, so no parser runs."""
    op.execute(
        "CREATE TABLE register_search (entry_id integer PRIMARY KEY "
        "REFERENCES register_entries (id) ON DELETE CASCADE, "
        "length integer NOT NULL, words tsvector NOT NULL)"
    )
    op.execute("CREATE INDEX register_search_words ON register_search USING gin (words)")
    op.execute(
        "CREATE FUNCTION register_search_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO register_search (entry_id, length, words) VALUES (new.id, "
        "length(new.search_text), array_to_tsvector(array_remove(string_to_array(new.search_text, ' '), ''))) "
        "ON CONFLICT (entry_id) DO UPDATE SET length = excluded.length, words = excluded.words; "
        "RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER register_search_insert AFTER INSERT ON register_entries "
        "FOR EACH ROW EXECUTE FUNCTION register_search_keep()"
    )
    op.execute(
        "CREATE TRIGGER register_search_update AFTER UPDATE OF search_text ON register_entries "
        "FOR EACH ROW WHEN (old.search_text <> new.search_text) "
        "EXECUTE FUNCTION register_search_keep()"
    )
    op.execute(
        'CREATE TABLE register_search_terms (term text COLLATE "C" PRIMARY KEY, '
        'stem text COLLATE "C" NOT NULL)'
    )
    op.execute("CREATE INDEX register_search_terms_stem ON register_search_terms (stem)")
    op.execute(
        'CREATE TABLE register_search_keys (key text COLLATE "C" NOT NULL, '
        'stem text COLLATE "C" NOT NULL, PRIMARY KEY (key, stem))'
    )


def downgrade() -> None:
    for table in ("register_search_keys", "register_search_terms", "register_search"):
        op.execute(f"DROP TABLE {table}")
    for table in (
        "employer_join_requests",
        "employer_invitations",
        "memberships",
        "employer_history",
        "employer_sites",
        "employers",
        "register_entries",
        "staff_posts",
        "organisations",
        "programme_settings",
    ):
        op.drop_table(table)
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION register_search_keep()")
