"""``flask bench seed``: believable, the same for a seed on either database, and whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from portal.cli.bulk.seeding import seed
from portal.cli.moving.copying import check
from portal.db.session import WRITE_OPTION, Database
from portal.reports.facts.definition import CELL
from tests.support import databases

EMPLOYERS = 200


def _quiet(_words: str) -> None:
    """Say nothing."""


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Database]]:
    """Makes programmes."""
    folder, made = tmp_path_factory.mktemp("programmes"), []

    def make(kind: str, number: int, employers: int = EMPLOYERS) -> Database:
        database = Database(databases.new_database(kind, Path(folder)))
        made.append(database)
        plain = database.engine.connect().execution_options(**{WRITE_OPTION: True})
        with plain as connection, connection.begin():
            seed(connection, employers=employers, seed=number, tell=_quiet)
        return database

    yield make
    for database in made:
        database.dispose()


@pytest.fixture(scope="module")
def first(seeded: Callable[..., Database]) -> Database:
    """One on SQLite."""
    return seeded("sqlite", 1)


def test_a_seed_makes_the_same_rows_again(seeded: Callable[..., Database], first: Database) -> None:
    """Every row of every table, and ledger, audit trail and reports hold (see ``check``)."""
    said: list[str] = []
    assert check(first, seeded("sqlite", 1), tell=said.append) == []
    assert any("are equal: sha256" in words for words in said)


def test_a_seed_makes_the_same_rows_on_postgresql(
    seeded: Callable[..., Database], first: Database
) -> None:
    """What reports count comes in another order there, and is the same."""
    other = seeded("postgresql", 1)
    odd = check(first, other, tell=_quiet)
    assert [words for words in odd if not words.startswith("report_cells row")] == []
    assert _cells(first) == _cells(other) != Counter()


def _cells(database: Database) -> Counter[tuple[str, ...]]:
    with database.engine.connect() as connection:
        rows = connection.execute(text(f"SELECT {', '.join(CELL)}, n, amount FROM report_cells"))  # noqa: S608
        return Counter(tuple(str(value) for value in row) for row in rows)


def test_another_seed_makes_others(seeded: Callable[..., Database], first: Database) -> None:
    odd = check(first, seeded("sqlite", 2, 20), tell=_quiet)
    assert any("employers row id=1 differs" in words for words in odd)


BELIEVABLE = {
    "most are micro": "SELECT avg(size_tier = 'micro') > 0.5 FROM employers",
    "few are large": "SELECT avg(size_tier = 'large') < 0.06 FROM employers",
    "sectors are skewed": "SELECT count(DISTINCT sector) = 4 FROM employers",
    "districts are skewed": (
        "SELECT sum(district = 'leeds') > 5 * sum(district = 'harrogate') / 2 FROM employers"
    ),
    "autumn is busier than August": (
        "SELECT sum(strftime('%m', opened_at) = '10') > "
        "1.5 * sum(strftime('%m', opened_at) = '08') FROM cases"
    ),
    "evidence is late for some": (
        "SELECT avg(date(arose_at) > occurred_on) BETWEEN 0.3 AND 0.7 FROM outputs"
    ),
    "some outputs were withdrawn": (
        "SELECT avg(withdrawn_at IS NOT NULL) BETWEEN 0.001 AND 0.04 FROM outputs"
    ),
    "doubles stand under like names": (
        "SELECT count(*) > 0 FROM employers a JOIN employers b ON a.name = b.name || ' Limited'"
    ),
    "doubles were merged": "SELECT count(*) > 0 FROM employers WHERE merged_into_id IS NOT NULL",
    "each merge is on record": (
        "SELECT (SELECT count(*) FROM employer_merges m JOIN employers e "
        "ON e.id = m.merged_id AND e.merged_into_id = m.kept_id) = "
        "(SELECT count(*) FROM employers WHERE merged_into_id IS NOT NULL)"
    ),
    "what was merged holds nothing": (
        "SELECT count(*) = 0 FROM cases JOIN employers e ON e.id = employer_id "
        "WHERE e.merged_into_id IS NOT NULL"
    ),
    "some close down": "SELECT count(*) > 0 FROM cases WHERE close_reason = 'closed_down'",
    "some withdraw": "SELECT count(*) > 0 FROM cases WHERE close_reason = 'employer_withdrew'",
    "some complete": "SELECT count(*) > 0 FROM cases WHERE close_reason = 'completed'",
    "cases stall at every step": "SELECT count(DISTINCT stage) >= 6 FROM cases",
    "three diagnostics each": (
        "SELECT (SELECT count(*) FROM diagnostic_responses) = "
        "3 * (SELECT count(*) FROM employers WHERE merged_into_id IS NULL)"
    ),
    "ten contacts each": (
        "SELECT (SELECT count(*) FROM interactions) BETWEEN 8 * count(*) AND 14 * count(*) "
        "FROM employers"
    ),
    "three outputs for each employer": (
        "SELECT (SELECT count(*) FROM outputs) BETWEEN 2.8 * count(*) AND 3.3 * count(*) "
        "FROM employers"
    ),
}


@pytest.mark.parametrize("what", BELIEVABLE)
def test_it_is_believable(first: Database, what: str) -> None:
    with first.engine.connect() as connection:
        assert connection.execute(text(BELIEVABLE[what])).scalar_one() == 1
