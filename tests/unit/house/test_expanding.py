"""What migrations may do while the version before serves: each rule, and what it leaves alone."""

from __future__ import annotations

import pytest

from tests.support.expanding import expanding_faults


@pytest.mark.parametrize(
    "statement",
    [
        "DROP TABLE employers",
        "ALTER TABLE employers DROP COLUMN name",
        "ALTER TABLE employers RENAME COLUMN name TO title",
        "ALTER TABLE employers RENAME TO firms",
        "ALTER TABLE employers ALTER COLUMN name TYPE VARCHAR(10)",
        "ALTER TABLE employers ALTER COLUMN name DROP DEFAULT",
        "ALTER TABLE employers ALTER COLUMN name SET NOT NULL",
        "ALTER TABLE employers ADD COLUMN kind VARCHAR(20) NOT NULL",
        "ALTER TABLE employers\n  ADD COLUMN kind VARCHAR(20) NOT NULL CHECK (kind <> '')",
        "ALTER TABLE employers ADD COLUMN at TIMESTAMP DEFAULT clock_timestamp()",
        "ALTER TABLE employers ADD CONSTRAINT ck_x CHECK (name <> '')",
        "ALTER TABLE employers ADD CONSTRAINT fk_x FOREIGN KEY(lep_id) REFERENCES leps (id)",
        "CREATE UNIQUE INDEX ix_x ON employers (name)",
        "create index ix_x on employers (name)",
    ],
)
def test_what_the_version_before_cannot_bear_is_refused(statement: str) -> None:
    assert len(expanding_faults([statement])) == 1
    # The same on a table that nobody has yet.
    assert expanding_faults(["CREATE TABLE employers (id INTEGER)", statement]) == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE leps (id INTEGER NOT NULL)",
        "ALTER TABLE employers ADD COLUMN kind VARCHAR(20)",
        "ALTER TABLE employers ADD COLUMN kind VARCHAR(20) DEFAULT '' NOT NULL",
        "ALTER TABLE employers ALTER COLUMN name DROP NOT NULL",
        "ALTER TABLE employers ADD CONSTRAINT ck_x CHECK (name <> '') NOT VALID",
        "ALTER TABLE employers VALIDATE CONSTRAINT ck_x",
        "CREATE INDEX CONCURRENTLY ix_x ON employers (name)",
        "UPDATE employers SET kind = ''",
    ],
)
def test_what_it_can_bear_is_left_alone(statement: str) -> None:
    assert expanding_faults([statement]) == []
