"""The programme report: every figure recomputed from the records, on random ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.db import current_session, unit_of_work
from portal.kernel.clock import freeze
from portal.payments.models import Output
from portal.reports.rules.document import Report, Table, from_text, to_text
from portal.reports.rules.scope import Scope, View
from portal.reports.service import counting
from portal.reports.service.programme import build
from tests.integration.reports import reference_programme_tables as plain
from tests.integration.reports.reference_programme import Records, Reference
from tests.support.programme_records import ProgrammeRecords

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
YEAR = (date(2025, 8, 1), date(2026, 8, 31))


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with freeze(NOW):
        yield


def table(report: Report, key: str) -> Table:
    return next(one for one in report.tables if one.key == key)


def rows(made: Table) -> dict[Any, tuple[Any, ...]]:
    """Rows that say something; those of zeros and nothing else are left out."""
    return said({row[0]: row[1:] for row in made.rows})


def said(found: dict[Any, tuple[Any, ...]]) -> dict[Any, tuple[Any, ...]]:
    return {key: row for key, row in found.items() if any(value for value in row)}


def value(report: Report, key: str) -> Any:
    return next(one.value for one in report.figures if one.key == key)


def check_common(report: Report, ref: Reference, *, timed: bool, with_paid: bool) -> None:
    """What every scope has."""
    everything = [(0, one) for one in ref.outputs]
    worth = sum(plain.worth(everything).values())
    figures = {
        "referrals": len(ref.referrals()),
        "opened": len(ref.cohort("accepted")),
        "contacts": len(ref.contacts),
        "consultations": len(ref.consultations),
        "plans": len(ref.arrived("plan")),
        "followed": len(ref.arrived("followed")),
        "embedded": len(ref.arrived("embedded")),
        "sessions": len(ref.sessions),
        "support": len(ref.support),
        "people": sum(one.attended for one, _, _ in ref.support),
        "engagements": len(ref.engagements),
        "other_outputs": len(ref.outputs) - len(ref.engagements),
        "worth": worth,
        "paid": plain.stays([entry for entry, _ in ref.entries()]),
        "engagement_cost": plain.mean(
            sum(plain.worth([(0, one) for one in ref.engagements]).values()), len(ref.engagements)
        ),
        "outcome_cost": plain.mean(worth, len(ref.arrived("embedded"))),
    }
    assert {key: value(report, key) for key in figures} == figures
    assert rows(table(report, "by-month")) == said(plain.by_month(ref))
    assert rows(table(report, "funnel")) == said(plain.funnel(ref, timed=timed))
    assert rows(table(report, "referrals")) == said(plain.referrals(ref))
    assert rows(table(report, "cost-types")) == said(plain.cost_types(ref))
    if not ref.district:
        check_hard(report, ref, with_paid=with_paid)


def check_hard(report: Report, ref: Reference, *, with_paid: bool) -> None:
    made = table(report, "cost-engagements")
    expected = plain.cost_engagements(ref, with_paid=with_paid)
    assert made.total is not None
    assert (*rows(made).items(), ("Total", made.total[1:])) == tuple(
        (key, row) for key, row in expected.items() if any(row) or key == "Total"
    )
    assert rows(table(report, "by-hard")) == said(plain.by_hard(ref))
    by_size = plain.hard_shares(ref, lambda one: plain.title("size", one.size_tier))
    assert rows(table(report, "hard-size")) == said(by_size)
    figure = next(one for one in report.figures if one.key == "hard_share")
    hard = [one for one in ref.engagements if one.hard_to_reach]
    assert figure.value == plain.per_mille(len(hard), len(ref.engagements))
    assert (figure.low, figure.high) == plain.wilson(len(hard), len(ref.engagements))


def check_employers(report: Report, ref: Reference) -> None:
    """What is counted of employers, for the whole programme and a part of it."""
    for key in ("registered", "diagnosed", "strand_1", "advised"):
        if key != "registered":
            assert value(report, key) == len(ref.new(key)), key
    assert value(report, "champions") == len(ref.new("champion"))
    for of in ("sector", "size", "district"):
        assert rows(table(report, f"by-{of}")) == said(plain.by_place(ref, of)), of
    assert rows(table(report, "sector-months")) == said(plain.sector_months(ref))


@pytest.mark.timeout(300)
def test_every_figure_is_what_the_records_say(app: Flask) -> None:
    ProgrammeRecords(20261122)
    records = Records()
    assert counting.differences() == []
    for first, last in (YEAR, (date(2024, 4, 1), date(2026, 11, 22))):
        report = build(Scope(first, last))
        ref = Reference(records, first, last)
        check_common(report, ref, timed=True, with_paid=True)
        check_employers(report, ref)
        check_whole(report, ref)
        assert from_text(to_text(report)) == report
    assert len(ref.engagements) > 20
    assert len(ref.arrived("embedded")) > 3


def check_whole(report: Report, ref: Reference) -> None:
    """What only the whole programme has."""
    minutes = sum(
        one.minutes for one, _ in [*ref.contacts, *ref.consultations, *ref.sessions]
    ) + sum(one.minutes for one in ref.deliveries)
    read = plain.reach(ref, lambda one: plain.title("sector", one.reader_sector))
    figures = {
        "time": minutes,
        "budget": sum(one.total_cap_pence for one in ref.contracts()),
        "contracts": len(ref.contracts()),
        "deliveries": len(ref.deliveries),
        "published": plain.published(ref),
        "distributed": sum(row[0] for row in read.values()),
        "visits": sum(row[4] for row in read.values()),
        "activities": sum(row[1] for row in plain.reach_months(ref).values()),
        "attendances": sum(row[2] for row in plain.reach_months(ref).values()),
        "members": sum(row[3] for row in plain.reach_months(ref).values()),
    }
    assert {key: value(report, key) for key in figures} == figures
    assert rows(table(report, "by-provider")) == said(plain.by_provider(ref))
    assert rows(table(report, "by-source")) == said(plain.by_source(ref))
    assert rows(table(report, "reach-sectors")) == said(read)
    channels = plain.reach(
        ref, lambda one: "By a campaign's link" if one.campaign_id else "Otherwise"
    )
    assert rows(table(report, "reach-channels")) == said(channels)
    assert rows(table(report, "reach-months")) == said(plain.reach_months(ref))
    by_sector = plain.hard_shares(ref, lambda one: plain.title("sector", one.sector))
    assert rows(table(report, "hard-sector")) == said(by_sector)
    check_contracts(report, ref)
    check_results(report, ref)


def check_results(report: Report, ref: Reference) -> None:
    """What all outputs cost for each thing that was reached."""
    worth = sum(plain.worth([(0, one) for one in ref.outputs]).values())
    numbers = {
        "Employer receiving advice": len(ref.new("advised")),
        "Assessment session": len(ref.sessions),
        "Engagement": len(ref.engagements),
        "Action plan agreed": len(ref.arrived("plan")),
        "Employer with a practice embedded": len(ref.arrived("embedded")),
    }
    found = {row[0]: row[1:] for row in table(report, "cost-results").rows}
    more = found.pop("Quality part-time role more than at the start")
    assert found == {key: (n, plain.mean(worth, n)) for key, n in numbers.items()}
    outcomes = next(one for one in report.tables if one.key == "outcomes")
    # The section on outcomes has a reference of its own; here the same roles are divided by.
    assert isinstance(more[0], int)
    assert outcomes.rows


def check_contracts(report: Report, ref: Reference) -> None:
    assert rows(table(report, "contracts")) == plain.contracts(ref)
    shown = [str(row[0]) for row in table(report, "burn-up").rows]
    assert rows(table(report, "burn-up")) == said(plain.burn_up(ref, shown))
    titles = {one.id: one for one in ref.contracts()}
    mine = [one for one in ref.records.every(plain.Contract) if one.id in titles]
    for contract in mine:
        own = Reference(ref.records, ref.first, ref.last)
        own.engagements = [one for one in own.engagements if one.contract_id == contract.id]
        expected = plain.hard_shares(own, lambda _: contract.title)  # noqa: B023 - used at once
        aim = contract.bonus_target_percent
        got = rows(table(report, "hard-contracts")).get(contract.title)
        if expected:
            assert got == (*expected[contract.title], None if aim is None else 10 * aim)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    "chosen",
    [
        {"sector": "retail"},
        {"size_tier": "small"},
        {"district": "leeds"},
        {"sector": "social_care", "size_tier": "micro"},
    ],
    ids=str,
)
def test_a_part_of_the_employers_is_counted_likewise(app: Flask, chosen: dict[str, str]) -> None:
    ProgrammeRecords(31)
    report = build(Scope(*YEAR, **chosen))
    ref = Reference(
        Records(),
        *YEAR,
        sector=chosen.get("sector", ""),
        size=chosen.get("size_tier", ""),
        district=chosen.get("district", ""),
    )
    check_common(report, ref, timed=False, with_paid=False)
    check_employers(report, ref)
    keys = {one.key for one in report.tables}
    assert not keys & {"by-provider", "by-source", "contracts", "burn-up", "reach-sectors"}
    assert len(report.chosen) == len(chosen)


@pytest.mark.timeout(300)
def test_one_provider_reads_its_own_work_only(app: Flask) -> None:
    world = ProgrammeRecords(57)
    records = Records()
    for provider in world.organisations[:2]:
        report = build(Scope(*YEAR, view=View.PROVIDER, provider=provider))
        ref = Reference(records, *YEAR, provider=provider)
        check_common(report, ref, timed=False, with_paid=False)
        check_contracts(report, ref)
        for of in ("sector", "size", "district"):
            assert rows(table(report, f"by-{of}")) == said(plain.own_place(ref, of)), of
        assert value(report, "deliveries") == len(ref.deliveries)
        assert not {one.key for one in report.sections} & {"strand-1", "reach"}
        drills = [one.drill for one in report.figures if one.drill]
        assert {one.values["provider"] for one in drills} == {str(provider)}


def test_tables_add_up(app: Flask) -> None:
    ProgrammeRecords(99)
    report = build(Scope(*YEAR))
    for made in report.tables:
        if made.total is None:
            continue
        for place, column in enumerate(made.columns[1:], start=1):
            if column.unit in {"count", "pence"} and "price" not in column.key:
                if column.key == "average":
                    continue
                numbers = [row[place] for row in made.rows if isinstance(row[place], int)]
                assert made.total[place] == sum(numbers), (made.key, column.key)
    # The groups of every breakdown add up to the same figure.
    for key in ("by-sector", "by-size", "by-district", "by-month"):
        made = table(report, key)
        names = [column.key for column in made.columns]
        assert made.total is not None
        for name in ("advised", "sessions", "engagements", "worth", "embedded"):
            assert made.total[names.index(name)] == value(report, name), (key, name)


def test_a_report_on_nothing_reads_well(app: Flask) -> None:
    report = build(Scope(date(2026, 4, 1), date(2026, 6, 30)))
    assert value(report, "engagements") == 0
    assert value(report, "hard_share") is None
    assert table(report, "funnel").rows[0][:2] == ("Referred", 0)
    assert "Nothing yet: no contract was in force then." in report.section("targets").notes
    for section in report.sections:
        for picture in section.pictures:
            assert picture.reading.endswith("."), picture
            assert "None" not in picture.reading


def test_statistics_name_no_provider_and_lead_to_no_record(app: Flask) -> None:
    ProgrammeRecords(5, writes=60, work=20)
    report = build(Scope(*YEAR, view=View.STATISTICS))
    assert not {one.key for one in report.tables} & {"by-provider", "contracts", "hard-contracts"}
    assert not any(one.drill for one in report.figures)
    assert not any(drill for one in report.tables for drill in one.drills)


def test_the_report_takes_three_statements_whatever_there_is(app: Flask) -> None:
    found: list[str] = []
    engine = current_session().get_bind()

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement)

    counts = []
    for world in (False, True):
        if world:
            ProgrammeRecords(3, writes=120)
        event.listen(engine, "before_cursor_execute", note)
        found.clear()
        build(Scope(*YEAR))
        counts.append(len([one for one in found if one.lstrip().upper().startswith("SELECT")]))
        event.remove(engine, "before_cursor_execute", note)
    assert counts[1] <= 3
    assert counts[1] <= counts[0]


def test_a_corrected_record_changes_the_figure_at_once(app: Flask) -> None:
    ProgrammeRecords(8, writes=40, work=30)
    scope = Scope(date(2024, 4, 1), date(2026, 11, 22))
    before = value(build(scope), "engagements")
    wanted = select(Output).where(Output.withdrawn_at.is_(None), Output.output_type == "engagement")
    with unit_of_work() as session:
        row = session.scalars(wanted).first()
        assert row is not None
        row.withdrawn_at, row.withdrawn_reason = NOW, "Recorded twice"
    assert value(build(scope), "engagements") == before - 1
