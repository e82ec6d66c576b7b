"""Lists of cases: what each view keeps, whose cases they are, paging, export, and their cost."""

from __future__ import annotations

import csv
import io
import itertools
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.caseload.models import NextAction
from portal.caseload.queries import home, lists
from portal.caseload.queries.case_sql import Scope
from portal.caseload.rules.attention import EngagementFacts, engagement_readiness
from portal.caseload.rules.lists import PAGE, SORTS, VIEWS, CaseFilter
from portal.caseload.rules.stages import Milestone
from portal.caseload.service import cases
from portal.db import current_session, unit_of_work
from portal.kernel.clock import today, utc_now
from tests.factories.accounts import sign_in
from tests.factories.caseload import (
    make_case,
    make_lep_officer,
    make_provider,
    make_source,
    make_staff,
)
from tests.factories.employers import make_employer


def names(soup) -> list[str]:
    return [link.get_text() for link in soup.select(".app-work__name a")]


def in_days(days: int):
    return utc_now() + timedelta(days=days)


def plan(case, days: int, by, what: str = "Ring back") -> None:
    current_session().add(
        NextAction(
            case_id=case.id,
            kind="call",
            what=what,
            due_on=today() + timedelta(days=days),
            created_by=by.user_id,
        )
    )
    current_session().flush()


def test_almost_claimable_says_the_same_in_words_and_in_sql(session) -> None:
    combinations = itertools.product(
        ("56101", "62020"),
        (24, None),
        ("none", "held", "asked", "confirmed", "disputed"),
        ("never", "completed", "withdrawn"),
    )
    expected = {}
    with unit_of_work():
        provider = make_provider()
        for code, headcount, state, diagnostic in combinations:
            employer = make_employer(sic_codes=[code], headcount=headcount)
            case = make_case(provider, employer, session_state=state)
            if diagnostic != "never":
                cases.note_milestone(
                    case=case, kind=Milestone.DIAGNOSTIC, subject="response:X", by=provider.author
                )
            if diagnostic == "withdrawn":
                cases.withdraw_milestone(case=case, kind=Milestone.DIAGNOSTIC, subject="response:X")
            expected[case.reference] = engagement_readiness(
                EngagementFacts(
                    in_target_sector=code == "56101",
                    size_known=headcount is not None,
                    session_recorded=state != "none",
                    diagnostic_completed=diagnostic == "completed",
                    session_confirmed=state == "confirmed",
                )
            )
        organisations = frozenset({provider.organisation.id})
        user_id = provider.adviser.id
    assert len(expected) == 60
    scope = Scope(organisations, user_id)
    for view, wanted in (("almost_claimable", 1), ("claimable", 0)):
        references = {ref for ref, gaps in expected.items() if len(gaps) == wanted}
        assert references
        found = {row.reference for row in lists.rows(CaseFilter(view=view), scope)}
        assert found == references
    counts, _rows = home.work(scope, today(), mine=True)
    assert counts["open"] == 60
    assert counts["almost_claimable"] == sum(len(gaps) == 1 for gaps in expected.values())
    assert counts["claimable"] == 1


@pytest.fixture
def base(session):
    """One case for each view, of one adviser; another adviser's; another provider's."""
    with unit_of_work():
        provider = make_provider()
        by = provider.author
        plain = {"last_contact_at": in_days(-1), "contact_count": 1}

        def add(name: str, due: int | None = 40, **changes):
            case = make_case(provider, make_employer(name=name), **{**plain, **changes})
            if due is not None:
                plan(case, due, by)
            return case

        add("Overdue Ltd", -5)
        add("Today Ltd", 0)
        add("Nothing Planned Ltd", None)
        add("Quiet Ltd", last_contact_at=in_days(-31))
        add("Never Ltd", last_contact_at=None, contact_count=0)
        add("Waiting Ltd", waiting_since=utc_now(), waiting_for="records")
        add("Asked Ltd", session_state="asked")
        shut = add("Shut Ltd", None)
        cases.close_case(reference=shut.reference, reason="no_contact", note="", revision=1, by=by)
        other = make_staff(provider.organisation, name="Other Adviser")
        add("Colleague Ltd", adviser_id=other.id)
        add("Nobody's Ltd", adviser_id=None)
        stranger = make_provider()
        make_case(stranger, make_employer(name="Stranger Ltd"))
        current_session().flush()
    return provider, other, stranger


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("overdue", {"Overdue Ltd"}),
        ("today", {"Today Ltd"}),
        ("no_next_action", {"Nothing Planned Ltd"}),
        ("quiet", {"Quiet Ltd"}),
        ("never_contacted", {"Never Ltd"}),
        ("waiting_for_employer", {"Waiting Ltd"}),
        ("session_unconfirmed", {"Asked Ltd"}),
        ("closed", {"Shut Ltd"}),
    ],
)
def test_each_view_keeps_its_own(base, client, view: str, expected: set[str]) -> None:
    provider, _other, _stranger = base
    sign_in(client, provider.adviser)
    assert set(names(client.soup(f"/cases?view={view}"))) == expected
    # The same count stands at the adviser's home.
    if view in home.COUNTERS:
        scope = Scope(frozenset({provider.organisation.id}), provider.adviser.id)
        assert home.work(scope, today(), mine=True)[0][view] == 1


def test_whose_cases_are_listed(base, client) -> None:
    provider, other, _stranger = base
    sign_in(client, provider.adviser)
    own = names(client.soup("/cases"))
    assert len(own) == 7
    assert not {"Colleague Ltd", "Nobody's Ltd", "Stranger Ltd", "Shut Ltd"} & set(own)
    everyone = set(names(client.soup("/cases?adviser=all")))
    assert {"Colleague Ltd", "Nobody's Ltd"} <= everyone
    assert "Stranger Ltd" not in everyone
    assert names(client.soup("/cases?adviser=none")) == ["Nobody's Ltd"]
    assert names(client.soup(f"/cases?adviser={other.id}")) == ["Colleague Ltd"]


def test_a_provider_filter_in_the_address_opens_nothing(base, client) -> None:
    provider, _other, stranger = base
    sign_in(client, provider.adviser)
    page = f"/cases?adviser=all&provider={stranger.organisation.id}"
    assert "Stranger Ltd" not in names(client.soup(page))
    text = client.get(page.replace("/cases", "/cases/export.csv")).get_data(as_text=True)
    assert "Stranger Ltd" not in text
    assert "Colleague Ltd" in text


def test_a_manager_begins_with_everyones(base, client) -> None:
    provider, _other, _stranger = base
    sign_in(client, provider.manager)
    assert "Colleague Ltd" in names(client.soup("/cases"))


def test_lep_staff_read_every_provider_and_change_nothing(base, client) -> None:
    _provider, _other, stranger = base
    with unit_of_work():
        officer = make_lep_officer()
    sign_in(client, officer)
    soup = client.soup("/cases")
    assert {"Stranger Ltd", "Colleague Ltd"} <= set(names(soup))
    assert not soup.select(".app-work__press")
    one = client.soup(f"/cases?provider={stranger.organisation.id}")
    assert names(one) == ["Stranger Ltd"]
    assert client.get("/work").status_code == 403
    href = one.select_one(".app-work__name a")["href"]
    case = client.soup(href)
    assert "Log a contact" not in case.get_text()
    reference = urlsplit(href).path.rsplit("/", 1)[1]
    for page in ("log", "next", "stage", "close", "waiting", "contact"):
        assert client.get(f"/cases/{reference}/{page}").status_code == 403


def test_search_and_filters_narrow_and_stand_in_the_address(client, session) -> None:
    with unit_of_work():
        provider = make_provider()
        source = make_source(name="Example Chamber")
        first = make_case(
            provider,
            make_employer(
                name="Riverside Café Ltd", company_number="01234567", search_text="riverside cafe"
            ),
            contact_name="Priya Example",
            contact_email="priya@riverside.example",
            source_id=source.id,
            stage="plan",
        )
        make_case(
            provider,
            make_employer(name="Hill Shop", sic_codes=["47110"], headcount=300, district="york"),
        )
        source_id, reference = source.id, first.reference
    sign_in(client, provider.adviser)
    for question in (
        "q=RIVERSIDE+cafe",
        "q=1234567",
        "q=priya",
        "q=priya@riverside",
        f"q={reference.lower()}",
        "stage=plan",
        "sector=hospitality",
        "size=small",
        "district=leeds",
        f"source={source_id}",
    ):
        assert names(client.soup(f"/cases?{question}")) == ["Riverside Café Ltd"], question
    assert names(client.soup("/cases?q=%25")) == []
    assert names(client.soup("/cases?q=%00%22'")) in ([], ["Riverside Café Ltd", "Hill Shop"])
    soup = client.soup("/cases?sector=hospitality&stage=plan&sort=employer")
    chosen = {tag.get_text(strip=True): tag["href"] for tag in soup.select(".app-filter__tag")}
    assert chosen["Remove filterHospitality"] == "/cases?stage=plan&sort=employer"
    back = parse_qs(urlsplit(soup.select_one(".app-work__name a")["href"]).query)["back"][0]
    assert back == "/cases?stage=plan&sector=hospitality&sort=employer"
    case = client.soup(soup.select_one(".app-work__name a")["href"])
    assert case.select_one(".govuk-back-link")["href"] == back


def test_every_view_and_order_answers(base, client) -> None:
    provider, _other, _stranger = base
    sign_in(client, provider.adviser)
    for view in VIEWS:
        client.soup(f"/cases?view={view}")
    orders = {sort: names(client.soup(f"/cases?sort={sort}")) for sort in SORTS}
    assert all(len(found) == 7 for found in orders.values())
    assert orders["next"][0] == "Overdue Ltd"
    assert orders["next"][-1] == "Nothing Planned Ltd"
    assert orders["contact"][:2] == ["Never Ltd", "Quiet Ltd"]
    assert orders["employer"] == sorted(orders["employer"], key=str.lower)


def many(provider, count: int) -> None:
    for number in range(count):
        case = make_case(
            provider,
            make_employer(name=f"Example Employer With Quite A Long Name {number:03} Limited"),
            contact_name="Example Contact Person",
            contact_email=f"person{number}@example-employer.example",
            contact_phone="0113 496 0123",
            last_contact_at=in_days(-40),
            contact_count=1,
        )
        plan(case, number % 9 - 5, provider.author, "Ring back about the rota and the records")


def test_two_hundred_cases_take_few_statements_and_few_bytes(client, session) -> None:
    with unit_of_work():
        provider = make_provider()
        many(provider, 3)
    sign_in(client, provider.adviser)
    few = {}
    for path in ("/work", "/cases"):
        client.get(path)
        few[path] = len(client.statements)
    with unit_of_work():
        many(provider, 197)
    for path in ("/work", "/cases"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert len(client.statements) == few[path] <= 6, client.statements
        assert len(answer.data) < 150_000, path


def test_pages_hold_every_case_once(client, session) -> None:
    with unit_of_work():
        provider = make_provider()
        many(provider, 2 * PAGE + 3)
    sign_in(client, provider.adviser)
    seen: list[str] = []
    for page in (1, 2, 3):
        soup = client.soup(f"/cases?sort=employer&page={page}")
        seen += names(soup)
    assert len(seen) == len(set(seen)) == 2 * PAGE + 3
    assert "101 to 103 of 103 cases" in soup.get_text()
    beyond = client.get("/cases?sort=employer&page=99")
    assert beyond.status_code == 302
    assert beyond.location == "/cases?sort=employer&page=3"


def test_the_export_is_the_whole_list_and_harmless(client, session) -> None:
    with unit_of_work():
        provider = make_provider()
        many(provider, PAGE + 2)
        evil = make_employer(name="=cmd|' /C calc'!A0", search_text="cmd calc a0")
        case = make_case(provider, evil, contact_phone="+44 113 496 0000")
        plan(case, -1, provider.author, "@SUM(A1)")
        done = make_case(provider, make_employer(name="Closed Ltd"))
        cases.close_case(
            reference=done.reference,
            reason="completed",
            note="All done",
            revision=1,
            by=provider.author,
        )
    sign_in(client, provider.adviser)
    answer = client.get("/cases/export.csv?view=all&page=2")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert len(rows) == PAGE + 4
    row = next(row for row in rows if row["Case"] == case.reference)
    assert row["Employer"].startswith("'=cmd")
    assert row["Telephone"] == "'+44 113 496 0000"
    assert row["Next action"] == "Call: @SUM(A1)"
    assert (row["Sector"], row["Size"], row["Employees"]) == (
        "Hospitality",
        "Small (10 to 49)",
        "24",
    )
    shut = next(row for row in rows if row["Employer"] == "Closed Ltd")
    assert (shut["Stage"], shut["Why closed"]) == ("Closed", "Support is complete")
    book = client.get("/cases/export.xlsx?view=overdue")
    assert book.data[:2] == b"PK"
    overdue = client.get("/cases/export.csv?view=overdue").get_data(as_text=True)
    assert "Closed Ltd" not in overdue
    assert case.reference in overdue
