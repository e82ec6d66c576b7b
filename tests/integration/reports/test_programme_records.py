"""The lists behind the programme report's figures: as long as the figure, and for whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from portal.db import unit_of_work
from portal.kernel.clock import freeze
from portal.programme import service as programme
from portal.reports.queries.records import lines
from portal.reports.rules.document import Drill, Report, Table
from portal.reports.rules.records import KINDS, PAGE, Asked, Mark, asked
from portal.reports.rules.scope import Scope, View
from portal.reports.service.programme import build
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer
from tests.support.client import PortalClient
from tests.support.programme_records import ProgrammeRecords

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
WIDE = (date(2024, 4, 1), date(2026, 11, 22))
# Figures that are sums of what the records behind them hold, not how many there are.
_SUMS = {"people", "worth", "attendances", "engagement_cost", "outcome_cost", "hard_share"}
# What the list behind a row counts: the sum of these columns.
_ROWS = {
    "by-sector": ("advised",),
    "by-size": ("advised",),
    "by-district": ("advised",),
    "by-provider": ("engagements", "other_outputs"),
    "by-source": ("referrals",),
    "by-hard": ("engagements", "other_outputs"),
    "funnel": ("cases",),
    "referrals": ("referrals",),
    "cost-engagements": ("engagements",),
    "cost-types": ("outputs",),
    "hard-contracts": ("hard",),
    "hard-size": ("hard",),
    "hard-sector": ("hard",),
}
_OWN = ("engagements", "other_outputs")


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with freeze(NOW):
        yield


def wanted(drill: Drill) -> Asked:
    values = dict(drill.values)
    found = asked(values.pop("what"), values)
    assert found is not None, drill
    return found


def every(first: Asked, own: frozenset[int] | None = None) -> list[tuple[Any, int]]:
    """All records of a list, page by page; each is there once, the latest first."""
    found: list[tuple[Any, int]] = []
    after: Mark | None = None
    while True:
        page, after = lines(first.at(after), own=own)
        found += [(line.at, line.id) for line in page]
        if after is None:
            break
        assert len(page) == PAGE
    assert len(set(found)) == len(found)
    assert found == sorted(found, reverse=True)
    return found


def check(report: Report, own: frozenset[int] | None = None, *, provider: bool = False) -> int:
    """Hold every list against its figure; how many lists there were."""
    number = 0
    for figure in report.figures:
        if figure.drill and figure.key not in _SUMS:
            assert len(every(wanted(figure.drill), own)) == figure.value, figure.key
            number += 1
    for table in report.tables:
        columns = _ROWS.get(table.key, ())
        if provider and table.key.startswith("by-"):
            columns = _OWN
        for row, drill in zip(table.rows, table.drills, strict=False):
            if drill is not None and columns:
                expected = sum_of(table, row, columns)
                assert len(every(wanted(drill), own)) == expected, (table.key, row[0])
                number += 1
    return number


def sum_of(table: Table, row: tuple[Any, ...], columns: tuple[str, ...]) -> int:
    names = [column.key for column in table.columns]
    return sum(row[names.index(name)] for name in columns)


@pytest.mark.timeout(300)
def test_every_list_is_as_long_as_its_figure(app: Flask) -> None:
    world = ProgrammeRecords(20261122)
    assert check(build(Scope(*WIDE))) > 60
    assert check(build(Scope(date(2025, 8, 1), date(2026, 8, 31), sector="retail"))) > 30
    assert check(build(Scope(*WIDE, size_tier="small", district="leeds"))) > 20
    provider = world.organisations[1]
    report = build(Scope(*WIDE, view=View.PROVIDER, provider=provider))
    assert check(report, frozenset({provider}), provider=True) > 15


def test_a_provider_finds_nothing_of_anothers(app: Flask) -> None:
    world = ProgrammeRecords(4, writes=60, work=30)
    other, _, own = world.organisations
    question = asked(
        "outputs", {"first": "2024-04-01", "last": "2026-11-30", "provider": str(other)}
    )
    assert question is not None
    assert every(question)
    assert every(question, frozenset({own})) == []
    employers = asked("employers", {"first": "2024-04-01", "last": "2026-11-30", "kind": "advised"})
    assert employers is not None
    with pytest.raises(ValueError, match="no provider"):
        lines(employers, own=frozenset({own}))


def test_whose_contract_pays_sees_what_others_did_for_it(app: Flask) -> None:
    world = ProgrammeRecords(4, writes=60, work=30)
    given = {"first": "2024-04-01", "last": "2026-11-30", "contract": str(world.contracts[0])}
    question = asked("outputs", given)
    assert question is not None
    payer, _, other = world.organisations
    assert every(question, frozenset({payer})) == every(question)
    assert 0 < len(every(question, frozenset({other}))) < len(every(question))


def person(app: Flask, *roles: str, organisation: int | None = None) -> PortalClient:
    client = app.test_client()
    assert isinstance(client, PortalClient)
    user = make_user(roles=roles)
    if organisation is not None:
        with unit_of_work():
            programme.add_post(user_id=user.id, organisation_id=organisation)
    sign_in(client, user)
    return client


def address(what: str, **values: str) -> str:
    given = {"first": "2024-04-01", "last": "2026-11-30", **values}
    return f"/reports/records/{what}?" + "&".join(f"{key}={value}" for key, value in given.items())


def test_lep_staff_go_from_a_figure_to_its_records(app: Flask) -> None:
    ProgrammeRecords(12, writes=120, work=30)
    client = person(app, "lep_officer")
    page = client.soup("/reports/programme?from=2024-04&to=2026-11")
    links = [
        str(link["href"])
        for link in page.main.find_all("a")
        if str(link.get("href", "")).startswith("/reports/records/")
    ]
    assert len(links) > 50
    for what in KINDS:
        link = next(one for one in links if one.startswith(f"/reports/records/{what}?"))
        listed = client.soup(link)
        assert listed.main.table, link
        assert len(client.statements) <= 6, client.statements
        back = listed.find("a", class_="govuk-back-link")
        assert back is not None
        assert str(back["href"]).startswith("/reports/programme?")
        record = listed.main.table.tbody.find("a")["href"]
        # Records written straight into the tables may lack what their own pages need.
        assert str(record).startswith("/")


def test_a_long_list_is_read_page_by_page(app: Flask) -> None:
    with unit_of_work():
        for _ in range(2 * PAGE + 3):
            make_employer()
    client = person(app, "lep_manager")
    here, names, pages = address("employers", kind="registered"), [], 0
    while here:
        page = client.soup(here)
        names += [row.th.a["href"] for row in page.main.table.tbody.find_all("tr")]
        following = page.find("a", rel="next")
        here, pages = (str(following["href"]) if following else ""), pages + 1
    assert pages == 3
    assert len(names) == len(set(names)) == 2 * PAGE + 3
    few = address("employers", kind="registered", after="2020-01-01~5")
    assert "The list ends before this." in client.soup(few).main.get_text()


def test_a_page_takes_as_many_statements_with_more_records(app: Flask) -> None:
    client = person(app, "lep_officer")
    counts = []
    for number in (1, 80):
        with unit_of_work():
            for _ in range(number):
                make_employer()
        client.soup(address("employers", kind="registered"))
        counts.append(len(client.statements))
    assert counts[0] == counts[1] <= 6


def test_who_may_see_records(app: Flask) -> None:
    world = ProgrammeRecords(6, writes=60, work=30)
    own = world.organisations[2]
    manager = person(app, "provider_manager", organisation=own)
    assert manager.get(address("outputs")).status_code == 200
    assert manager.get(address("employers", kind="advised")).status_code == 404
    assert manager.get(address("events")).status_code == 404
    other = str(world.organisations[1])
    text = manager.soup(address("outputs", provider=other)).main.get_text()
    assert "Nothing was recorded" in text
    assert person(app, "evaluator").get(address("outputs")).status_code == 403
    assert person(app, "administrator").get(address("outputs")).status_code == 403
    visitor = app.test_client()
    assert visitor.get(address("outputs")).status_code == 302
    officer = person(app, "lep_officer")
    assert officer.post(address("outputs")).status_code in {400, 405}


@pytest.mark.parametrize(
    "path",
    [
        "/reports/records/secrets?first=2024-04-01&last=2026-11-30",
        "/reports/records/outputs?first=2024-04-01",
        "/reports/records/outputs?first=2026-04-01&last=2024-11-30",
        "/reports/records/outputs?first=2024-04-01&last=2026-11-30&kind=secrets",
        "/reports/records/employers?first=2024-04-01&last=2026-11-30",
        "/reports/records/outputs?first=2024-04-01&last=2026-11-30&provider=1;drop",
        "/reports/records/outputs?first=2024-04-01&last=2026-11-30&hard=perhaps",
        "/reports/records/outputs?first=2024-04-01&last=2026-11-30&after=x~1",
        "/reports/records/contacts?first=2024-04-01&last=2026-11-30&after=2026-01-01T10:00~1",
    ],
)
def test_an_address_that_makes_no_sense_is_not_found(app: Flask, path: str) -> None:
    assert person(app, "lep_officer").get(path).status_code == 404


def test_a_mark_of_another_list_is_left_alone(app: Flask) -> None:
    client = person(app, "lep_officer")
    assert client.get(address("contacts", after="2026-01-01~4")).status_code == 200
    instant = "2026-01-01T10:00:00%2B00:00~4"
    assert client.get(address("outputs", after=instant)).status_code == 200
