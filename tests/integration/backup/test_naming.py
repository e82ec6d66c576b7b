"""Every stored file that the database can name is found by a backup."""

from __future__ import annotations

import re

from portal.cli.backup.naming import Holder, holders_in
from portal.cli.schema import load_metadata

# Columns whose names end so, yet hold no key of a file.
NO_FILES = {
    ("outbox", "unique_key"),
    ("programme_settings", "key"),
    ("plan_goals", "goal_key"),
    ("plan_actions", "recommendation_key"),
    ("webauthn_credentials", "public_key"),
    ("forum_posts", "submit_key"),
}


def test_every_table_that_keeps_files_is_found() -> None:
    tables = {
        name: {column.name for column in table.columns}
        for name, table in load_metadata().tables.items()
    }
    found = holders_in(tables)
    assert {
        Holder("evidence_files", "storage_key", "sha256"),
        Holder("payments", "remittance_key", "remittance_sha256"),
        Holder("pulse_waves", "poster_key", "poster_sha256"),
        Holder("awards", "certificate_key", "certificate_sha256"),
        Holder("plan_versions", "storage_key", "sha256"),
    } <= set(found)
    # A key without a hash beside it would be missed: each is a file, or known to be none.
    known = {(one.table, one.key) for one in found} | NO_FILES
    odd = [
        (table, column)
        for table, columns in sorted(tables.items())
        for column in sorted(columns)
        if re.search(r"(^|_)(storage|poster|remittance|certificate|file)_key$", column)
        and (table, column) not in known
    ]
    assert odd == []


def test_a_key_without_its_hash_is_not_taken_for_a_file() -> None:
    assert holders_in({"a": {"id", "unique_key"}, "b": {"sha256"}}) == []
    assert holders_in({"a": {"key", "sha256"}}) == [Holder("a", "key", "sha256")]
