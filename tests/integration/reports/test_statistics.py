"""Releases of statistics: what is counted, what is shown of it, and what an attacker finds."""

from __future__ import annotations

import csv
import io
import itertools
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.integrations.jobs import run_daily
from portal.kernel.clock import freeze
from portal.network.models import NetworkMember
from portal.payments.models import Output
from portal.programme import queries as programme
from portal.reports.files.texts import sheet_bytes
from portal.reports.models import ReportEmployer, StatisticsRelease
from portal.reports.queries import copies as copies_found
from portal.reports.queries import statistics as found
from portal.reports.rules.disclosure.audit import faults
from portal.reports.rules.disclosure.protect import Rule
from portal.reports.rules.disclosure.shape import TOTAL, count
from portal.reports.rules.document import Report, Table, Unit, Withheld, to_text
from portal.reports.rules.sheets import sheets_of, tables_of
from portal.reports.rules.statistics.counts import BY_KEY, Quarter
from portal.reports.service import copies, statistics
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer
from tests.factories.network import make_member
from tests.support.random_records import RandomRecords

SUMMER, AUTUMN = Quarter(date(2026, 7, 1)), Quarter(date(2026, 10, 1))
LATER = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
SIZES = {"micro": 4, "small": 20, "medium": 90, "large": 400}


def make_joined(number: int, seed: int = 5) -> None:
    """Employers of uneven groups that joined the network in two quarters."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    districts = [one.key for one in programme.settings().area.districts]
    with unit_of_work() as session:
        for _ in range(number):
            size = chance.choices(list(SIZES), (12, 6, 3, 1))[0]
            employer = make_employer(
                sic_codes=[chance.choices(("47110", "56101", "87300"), (9, 5, 2))[0]],
                headcount=SIZES[size],
                part_time_headcount=2,
                district=chance.choices(districts, [2.0**-n for n in range(len(districts))])[0],
            )
            at = datetime(2026, chance.randint(7, 12), chance.randint(2, 27), 12, tzinfo=UTC)
            make_member(employer).joined_at = at
            employer.created_at = at
        session.flush()


def released() -> dict[date, Report]:
    """The released reports by their quarter, read back from what is kept."""
    reports = {}
    for one in found.releases():
        copy = copies_found.copy_of(one.copy)
        assert copy is not None
        reports[one.first_on] = copies.report_of(copy)
    return reports


# --- what is counted --------------------------------------------------------------------------


def test_every_count_is_what_a_loop_over_the_records_finds(app: Flask) -> None:
    records = RandomRecords(seed=29, employers=20)
    with unit_of_work():
        for _ in range(500):
            records.write()
    session, met = current_session(), 0
    for quarter in _quarters(Quarter(date(2025, 1, 1)), 8):
        counted = found.records(quarter)
        rows = list(session.scalars(select(ReportEmployer)))
        for key in ("registered", "strand_1", "diagnosed", "advised", "champion"):
            firsts = [getattr(row, f"{key}_on") for row in rows]
            expected = sum(day is not None and _in(quarter, day) for day in firsts)
            assert len(counted[key]) == expected, (key, quarter)
            met += expected
        outputs = [
            one
            for one in session.scalars(select(Output))
            if one.output_type == "engagement"
            and one.withdrawn_at is None
            and _in(quarter, one.occurred_on)
        ]
        assert sorted(
            (one.employer_id, one.sector, "yes" if one.hard_to_reach else "no") for one in outputs
        ) == sorted(
            (one.unit, one.groups["sector"], one.groups["hard"]) for one in counted["engaged"]
        )
        met += len(outputs)
        supported = [one.unit for one in counted["supported"]]
        assert len(supported) == len(set(supported))
    assert met > 20


def _quarters(first: Quarter, number: int) -> Iterator[Quarter]:
    for _ in range(number):
        yield first
        first = first.next


def _in(quarter: Quarter, day: date) -> bool:
    return quarter.first <= day <= quarter.last


# --- releasing --------------------------------------------------------------------------------


def test_a_quarter_is_released_once_three_weeks_after_it_and_never_changes(app: Flask) -> None:
    make_joined(60)
    with freeze(datetime(2026, 10, 21, 12, tzinfo=UTC)):
        assert statistics.release_due() == []
    with freeze(datetime(2026, 10, 22, 12, tzinfo=UTC)):
        assert len(statistics.release_due()) == 1
        before = {first: to_text(one) for first, one in released().items()}
        assert list(before) == [SUMMER.first]
        assert statistics.release_due() == []
    make_joined(30, seed=6)
    with freeze(LATER):
        assert run_daily() == []
    after = {first: to_text(one) for first, one in released().items()}
    assert list(after) == [AUTUMN.first, SUMMER.first]
    assert after[SUMMER.first] == before[SUMMER.first]
    entries = current_session().scalars(
        select(AuditEntry).where(AuditEntry.action == "statistics.released")
    )
    assert len(list(entries)) == 2


def test_the_database_refuses_to_change_a_release(app: Flask) -> None:
    make_joined(30)
    with freeze(LATER):
        statistics.release_due()
    for statement in (
        "UPDATE statistics_releases SET threshold = 3",
        "DELETE FROM statistics_releases",
    ):
        with pytest.raises(DBAPIError, match="never changed"), unit_of_work() as session:
            session.execute(text(statement))


def test_the_command_releases_what_is_due(app: Flask) -> None:
    make_joined(30)
    with freeze(LATER):
        done = app.test_cli_runner().invoke(args=["reports", "release"])
        assert done.exit_code == 0
        assert done.output == "2 released.\n"
        again = app.test_cli_runner().invoke(args=["reports", "release"])
        assert again.output == "Nothing is due.\n"


def test_nothing_is_released_that_is_not_proven(app: Flask, monkeypatch) -> None:
    make_joined(60)
    monkeypatch.setattr(statistics, "faults", lambda _release: ["a number is found"])
    with freeze(LATER), pytest.raises(statistics.UnprovenError):
        statistics.release_due()
    assert current_session().scalars(select(StatisticsRelease)).all() == []


# --- an attacker who has everything -----------------------------------------------------------

Number = tuple[str, frozenset[tuple[str, str]]]


def published(report: Report, table_texts: bool) -> dict[Number, int | None]:
    """Every number of a release under a name of its own, out of its tables or its CSV files.

    The reader needs no more than the headings: which count a column shows, and which group a row.
    """
    numbers: dict[Number, int | None] = {}
    for figure in report.figures:
        shown = figure.value if isinstance(figure.value, int) else None
        numbers[figure.key, frozenset()] = shown
    for table in report.tables:
        if table.key.startswith("by-"):
            dimension, keys = table.key.removeprefix("by-"), [one.key for one in table.columns[1:]]
            for row in _rows(report, table, table_texts):
                groups = frozenset() if row[0] == "All" else frozenset({(dimension, str(row[0]))})
                for key, value in zip(keys, row[1:], strict=True):
                    _note(numbers, (key, groups), value)
        elif "-sector-" in table.key:
            key, _, leaf = table.key.split("-")
            sectors = [one.label for one in table.columns[1:]]
            for row in _rows(report, table, table_texts):
                for sector, value in zip(sectors, row[1:], strict=True):
                    groups = {("sector", sector)} if sector != "All" else set()
                    groups |= {(leaf, str(row[0]))} if row[0] != "All" else set()
                    _note(numbers, (key, frozenset(groups)), value)
    return numbers


def _note(numbers: dict[Number, int | None], name: Number, value: object) -> None:
    if value is Withheld.TOO_FEW or value == "[u]":
        return
    shown = value if isinstance(value, int) else None
    # Withheld in one place, it is withheld everywhere: the first thing an attacker looks for.
    assert numbers.setdefault(name, shown) == shown, name


def _rows(report: Report, table: Table, table_texts: bool) -> list[list[object]]:
    if not table_texts:
        return [list(row) for row in (*table.rows, *((table.total,) if table.total else ()))]
    name = next(name for name, one in tables_of(report).items() if one is table)
    data = sheet_bytes(sheets_of(report)[name]).decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(data)))
    start = next(n for n, line in enumerate(lines) if len(line) == len(table.columns))
    return [
        [line[0], *(int(cell) if cell.lstrip("-").isdigit() else cell for cell in line[1:])]
        for line in lines[start + 1 :]
        if len(line) == len(table.columns)
    ]


def guessed(numbers: dict[Number, int | None]) -> dict[Number, tuple[int, int]]:
    """The least and most of every number, narrowed by every sum until nothing changes."""
    most = {key: n for (key, groups), n in numbers.items() if not groups and n is not None}
    bounds = {
        name: (1, most.get(name[0], 10**6)) if n is None else (n, n) for name, n in numbers.items()
    }
    names = {dimension for _, groups in numbers for dimension, _ in groups}
    sums = []
    for (key, groups), dimension in itertools.product(numbers, names):
        if dimension in dict(groups):
            continue
        parts = [
            (own, more)
            for own, more in numbers
            if own == key and more > groups and {name for name, _ in more - groups} == {dimension}
        ]
        if parts:
            sums.append(((key, groups), parts))
    changed = True
    while changed:
        changed = False
        for total, parts in sums:
            lows, highs = (sum(bounds[part][end] for part in parts) for end in (0, 1))
            new = {total: (max(bounds[total][0], lows), min(bounds[total][1], highs))}
            for part in parts:
                low, high = bounds[part]
                new[part] = (
                    max(low, bounds[total][0] - highs + high),
                    min(high, bounds[total][1] - lows + low),
                )
            changed |= any(bounds[name] != ends for name, ends in new.items())
            bounds |= new
    return bounds


@pytest.mark.parametrize("texts", [False, True], ids=["tables", "CSV files"])
def test_who_has_every_table_file_and_release_recovers_nothing(app: Flask, texts) -> None:
    make_joined(260)
    with freeze(LATER):
        statistics.release_due()
    reports = released()
    assert len(reports) == 2
    everything = {
        (f"{first} {key}", groups): n
        for first, report in reports.items()
        for (key, groups), n in published(report, texts).items()
    }
    # Sums over quarters, and differences between them, are in the same bounds: nothing is shared.
    bounds = guessed(everything)
    withheld = [name for name, n in everything.items() if n is None]
    assert len(withheld) > 20
    for name in withheld:
        assert bounds[name][1] - bounds[name][0] >= Rule().values - 1, name


def test_the_same_attacker_succeeds_where_complements_are_shown(app: Flask) -> None:
    make_joined(260)
    settings = programme.settings()
    report, counts = statistics.protected_report(
        SUMMER,
        settings,
        Rule(),
        random.Random(1),  # noqa: S311 - repeatable
    )
    safe = guessed(published(report, table_texts=False))
    assert not [
        name
        for name, n in published(report, table_texts=False).items()
        if n is None and safe[name][0] == safe[name][1]
    ]
    assert all(not faults(one) for one in counts.values())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(statistics, "_prove", lambda _counts: None)
        open_report, _ = statistics.protected_report(
            SUMMER,
            settings,
            Rule(complements=False),
            random.Random(1),  # noqa: S311
        )
    numbers = published(open_report, table_texts=False)
    bounds = guessed(numbers)
    truth = count(counts["strand_1"].shape, found.records(SUMMER)["strand_1"])
    recovered = [name for name, n in numbers.items() if n is None and len(set(bounds[name])) == 1]
    assert recovered
    small = {n for cell, n in truth.items() if n < Rule().threshold}
    assert {bounds[name][0] for name in recovered if name[0] == "strand_1"} <= small


def test_what_is_shown_is_true_and_no_small_number_is(app: Flask) -> None:
    make_joined(260)
    with freeze(LATER):
        statistics.release_due()
    for first, report in released().items():
        truth = found.records(Quarter(first))
        numbers = published(report, table_texts=False)
        for key in BY_KEY:
            assert numbers[key, frozenset()] in {len(truth[key]), None}
        for table in report.tables:
            for column, *values in zip(table.columns, *table.rows, strict=True):
                if column.unit is Unit.COUNT and table.key != "activities":
                    shown = [value for value in values if isinstance(value, int)]
                    assert all(value == 0 or value >= Rule().threshold for value in shown)
        assert "complement" not in to_text(report)


def test_two_days_that_differ_by_one_record_are_never_both_seen(app: Flask) -> None:
    make_joined(80)
    with freeze(LATER):
        statistics.release_due()
        first = {at: to_text(one) for at, one in released().items()}
        with unit_of_work():
            late = make_member(make_employer())
            late.joined_at = datetime(2026, 8, 5, 12, tzinfo=UTC)
        assert len(found.records(SUMMER)["strand_1"]) > 0
        statistics.release_due()
        assert {at: to_text(one) for at, one in released().items()} == first
    assert current_session().scalar(select(NetworkMember.id).limit(1))


def test_rounding_is_a_setting(app: Flask) -> None:
    make_joined(120)
    settings = programme.settings()
    report, counts = statistics.protected_report(
        SUMMER,
        settings,
        Rule(rounding=5),
        random.Random(1),  # noqa: S311 - repeatable
    )
    shown = [n for n in published(report, table_texts=False).values() if n is not None]
    # Events are public and stand as they are: there are none here.
    assert all(n % 5 == 0 for n in shown)
    assert any("rounded" in note for note in report.notes)
    assert counts["strand_1"].truth[TOTAL] > 0


# --- pages ------------------------------------------------------------------------------------


def test_an_evaluator_reads_releases_and_no_live_report(app: Flask, client) -> None:
    make_joined(60)
    with freeze(LATER):
        statistics.release_due()
    sign_in(client, make_user(roles=("evaluator",)))
    page = client.get("/reports/releases")
    assert "July to September 2026" in page.text
    reference = found.releases()[-1].reference
    page = client.get(f"/reports/releases/{reference}")
    assert "Statistics, July to September 2026" in page.text
    assert "Not shown" in page.text
    assert client.get(f"/reports/releases/{reference}/definitions").status_code == 200
    for key in ("programme", "diagnostics", "workers", "statistics"):
        assert client.get(f"/reports/{key}?from=2026-07&to=2026-07").status_code == 404


@pytest.mark.parametrize(
    ("role", "status"),
    [("lep_manager", 200), ("lep_officer", 200), ("adviser", 403), ("provider_manager", 403)],
)
def test_who_may_read_releases(app: Flask, client, role, status) -> None:
    make_joined(30)
    with freeze(LATER):
        statistics.release_due()
    sign_in(client, make_user(roles=(role,)))
    assert client.get("/reports/releases").status_code == status
    address = f"/reports/releases/{found.releases()[0].reference}"
    assert client.get(address).status_code == status
    pack = 200 if role == "lep_manager" else 403
    assert client.get(f"{address}/pack").status_code == pack


def test_an_empty_list_and_an_unknown_release(app: Flask, client) -> None:
    sign_in(client, make_user(roles=("evaluator",)))
    assert "Nothing yet" in client.get("/reports/releases").text
    assert client.get("/reports/releases/0000000000").status_code == 404
