"""What reports count is what the records say, whoever wrote them and however."""

from __future__ import annotations

import os
import random
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import text

from portal.db import current_session, unit_of_work
from portal.kernel.clock import london
from portal.reports.facts import install
from portal.reports.models import ReportDelta
from portal.reports.queries.cells import Wanted, counts, total, waiting
from portal.reports.service import counting
from tests.factories.diagnostics import make_response
from tests.factories.employers import make_employer
from tests.factories.paying import make_owed
from tests.support.random_records import _EDGES, RandomRecords

BIG = os.environ.get("BIG") == "1"
WRITES = 10_000 if BIG else 900
STEPS = 30 if BIG else 9
# Claims, the ledger and movement are written by services only: tests of their own count them.
OWN_TESTS = {"money", "claimed", "cohort", "movement", "together"}


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 300)
def test_the_counts_equal_a_recomputation_after_random_writes(committed_app: Flask) -> None:
    # Really committed: in one long transaction PostgreSQL keeps every version of every row.
    with committed_app.app_context():
        records = RandomRecords(seed=20261122)
        assert counting.differences() == []
        for step in range(STEPS):
            with unit_of_work():
                for _ in range(WRITES // STEPS):
                    records.write()
                if step % 3 == 2:
                    counting.fold()
            assert counting.differences() == [], step
        # Every fact was really met, or equality says nothing.
        kept = text("SELECT fact FROM report_cells UNION SELECT fact FROM report_deltas")
        met = set(current_session().execute(kept).scalars())
        sql = install.sql_of(current_session().connection())
        assert {fact.key for fact in install.facts(sql)} - met <= OWN_TESTS


def test_a_figure_without_its_triggers_would_be_found_wrong(app: Flask) -> None:
    records = RandomRecords(seed=7)
    with unit_of_work():
        install.uninstall(current_session().connection())
        for _ in range(60):
            records.write()
        found = counting.differences()
        counting.rebuild()
    assert found
    assert counting.differences() == []


def test_folding_changes_no_figure(app: Flask) -> None:
    records = RandomRecords(seed=11)
    with unit_of_work():
        for _ in range(80):
            records.write()
    wanted = Wanted("step", "employer", by=("month", "kind", "a", "b", "c"))
    before = counts(wanted)
    assert before
    assert waiting() > 0
    with unit_of_work():
        counting.fold()
        counting.fold()
    assert waiting() == 0
    assert counts(wanted) == before
    assert counting.differences() == []


def test_money_is_counted_by_ledger_entry(app: Flask) -> None:
    owing = make_owed(app, months=2)
    owing.pay(owing.make_run(owing.claims[0]))
    by_kind = {count.group[0]: count for count in counts(Wanted("money", "type", by=("kind",)))}
    entries = current_session().execute(
        text(
            "SELECT kind, count(*), sum(pence) FROM ledger_entries WHERE output_id IS NOT NULL "
            "GROUP BY kind"
        )
    )
    assert {kind: (n, pence) for kind, n, pence in entries} == {
        kind: (count.n, count.amount) for kind, count in by_kind.items()
    }
    assert by_kind["pay"].n > 0
    assert counting.differences() == []


@pytest.mark.parametrize("instant", _EDGES, ids=str)
def test_days_are_londons_on_both_databases(app: Flask, instant) -> None:
    sql = install.sql_of(current_session().connection())
    given = (
        f"'{instant:%Y-%m-%d %H:%M:%S}.000000'"
        if sql.sqlite
        else f"TIMESTAMPTZ '{instant.isoformat()}'"
    )
    day = london(instant).date()
    row = (
        current_session()
        .connection()
        .exec_driver_sql(
            f"SELECT {sql.day(given)}, {sql.month(sql.day(given))}, "
            f"{sql.quarter(sql.day(given))}, {sql.financial_year(sql.day(given))}"
        )
        .one()
    )
    year = day.year if day >= date(day.year, 4, 1) else day.year - 1
    assert [str(value) for value in row] == [
        str(day),
        str(day.replace(day=1)),
        str(date(day.year, (day.month - 1) // 3 * 3 + 1, 1)),
        str(date(year, 4, 1)),
    ]


def test_cells_are_asked_for_by_known_groups_only(app: Flask) -> None:
    with pytest.raises(ValueError, match="not grouped"):
        counts(Wanted("step", "employer", by=("fact",)))
    assert total(Wanted("step", "employer")).n == 0


def test_a_month_at_the_edge_of_what_is_asked_counts(app: Flask) -> None:
    with unit_of_work():
        for month, n in ((date(2026, 3, 1), 2), (date(2026, 4, 1), 3), (date(2026, 5, 1), 5)):
            _changed(month, n, 1)
        counting.fold()
        for month in (date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1)):
            _changed(month, 10, 1)
    wanted = Wanted("example", "all", first=date(2026, 4, 1), last=date(2026, 5, 1))
    assert (total(wanted).n, total(wanted).amount) == (28, 4)


def _changed(month: date, n: int, amount: int, **groups: str) -> None:
    named = {"kind": "", "a": "", "b": "", "c": ""} | groups
    current_session().add(
        ReportDelta(fact="example", axis="all", month=month, n=n, amount=amount, **named)
    )


def test_any_question_is_answered_alike_from_cells_of_any_size(app: Flask) -> None:
    """Folded or not, by month or over years: the sums are those of the changes themselves."""
    chance = random.Random(5)  # noqa: S311
    months = [date(2024 + place // 12, place % 12 + 1, 1) for place in range(36)]
    rows = [
        (
            {"month": chance.choice(months)}
            | {name: chance.choice("xy") for name in ("kind", "a", "b", "c")},
            chance.randrange(-3, 9),
            chance.randrange(1_000),
        )
        for _ in range(400)
    ]
    with unit_of_work():
        for place, (group, n, amount) in enumerate(rows):
            _changed(group["month"], n, amount, **{k: v for k, v in group.items() if k != "month"})
            if place in (150, 300):
                counting.fold()
    for _ in range(80):
        by = tuple(name for name in ("month", "kind", "a", "b", "c") if chance.random() < 0.3)
        only = tuple((name, {"x"}) for name in ("kind", "a", "c") if chance.random() < 0.2)
        first, last = (chance.choice([None, *months]) for _ in range(2))
        wanted = Wanted("example", "all", by, first, last, only)
        expected: dict[tuple[object, ...], list[int]] = {}
        for group, n, amount in rows:
            month = group["month"]
            if (first and month < first) or (last and month > last):
                continue
            if any(group[name] not in values for name, values in only):
                continue
            sums = expected.setdefault(tuple(group[name] for name in by), [0, 0])
            sums[0], sums[1] = sums[0] + n, sums[1] + amount
        assert {count.group: [count.n, count.amount] for count in counts(wanted)} == {
            group: sums for group, sums in expected.items() if any(sums)
        }, wanted


def test_a_coarser_cell_that_is_wrong_is_found(app: Flask) -> None:
    records = RandomRecords(seed=13)
    with unit_of_work():
        for _ in range(60):
            records.write()
        counting.fold()
    assert counting.differences() == []
    with unit_of_work():
        current_session().execute(
            text("UPDATE report_cells SET n = n + 1 WHERE axis = 'employer/y' AND fact = 'step'")
        )
        found = counting.differences()
        counting.rebuild()
    assert found
    assert all("employer/y" in difference.where for difference in found)
    assert counting.differences() == []


@pytest.mark.parametrize(
    "harm",
    [
        "DELETE FROM score_histograms WHERE dimension = 'overall'",
        "UPDATE score_histograms SET district = 'nowhere' WHERE dimension = 'overall'",
    ],
)
def test_scores_that_were_kept_wrong_are_found_and_counted_afresh(app: Flask, harm: str) -> None:
    with unit_of_work():
        employer = make_employer().reference
    make_response(employer=employer)
    make_response(employer=employer, worst=True)
    assert counting.differences() == []
    with unit_of_work():
        current_session().execute(text(harm))
    found = counting.differences()
    assert found
    assert all(difference.where.startswith("score ") for difference in found)
    assert all("overall" in difference.where for difference in found)
    with unit_of_work():
        counting.rebuild()
    assert counting.differences() == []
