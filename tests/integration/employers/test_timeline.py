"""An employer's timeline: one stream, filtered, paged, led on from, taken away."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from portal.caseload.service import evidence
from portal.db import current_session, unit_of_work
from portal.employers import service
from portal.employers.models import Employer, TimelineEntry
from portal.employers.queries.timeline import TimelineFilter, timeline_page
from portal.employers.rules.facts import StaffNumbers
from portal.employers.service import timeline
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Ok
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import make_case, make_lep_officer, make_provider
from tests.factories.employers import make_employer, make_membership

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA = Author(None, "Anna Example")
BEN = Author(None, "Ben Example")


def note(employer: Employer, title: str, at: datetime = BEGIN, **changes: Any) -> None:
    values = {"kind": "contact", "by": ANNA, **changes}
    timeline.note(employer_id=employer.id, title=title, at=at, **values)


@pytest.fixture
def employer(app: Any) -> Employer:
    with unit_of_work():
        return make_employer(name="Example Bakery Ltd")


@pytest.fixture
def owner(client: Any, employer: Employer) -> Any:
    with unit_of_work():
        user = make_user()
        make_membership(employer_id=employer.id, user_id=user.id, role="owner")
    sign_in(client, user)
    return client


def titles(soup: BeautifulSoup) -> list[str]:
    return [item.get_text() for item in soup.select(".app-timeline__title")]


def test_newest_first_under_the_days_of_london(owner: Any, employer: Employer) -> None:
    with unit_of_work():
        note(employer, "Called", BEGIN)
        note(employer, "Wrote <b>", BEGIN + timedelta(hours=2), text="= One\nTwo")
        # 23:30 in UTC is the next day in London's summer.
        note(employer, "Late call", datetime(2026, 6, 30, 23, 30, tzinfo=UTC))
    soup = owner.soup(f"/employers/{employer.reference}/timeline")
    assert titles(soup) == ["Late call", "Wrote <b>", "Called"]
    assert [day.get_text() for day in soup.select(".app-day")] == ["1 July 2026", "2 March 2026"]
    assert "11:00, Anna Example" in soup.get_text()
    answer = owner.get(f"/employers/{employer.reference}/timeline.csv", buffered=True)
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0] == ["When", "Kind", "What", "Details", "By"]
    assert [row[2] for row in rows[1:]] == ["Late call", "Wrote <b>", "Called"]
    assert rows[2][3].startswith("'= One")
    assert rows[1][0] == "2026-07-01 00:30"


def test_filters_narrow_what_is_shown_and_taken_away(owner: Any, employer: Employer) -> None:
    with unit_of_work():
        note(employer, "Called about rotas", kind="contact", by=ANNA)
        note(employer, "Plan agreed", BEGIN + timedelta(days=1), kind="plan", by=BEN)
        note(employer, "100% done", BEGIN + timedelta(days=2), kind="support", text="Rotas", by=BEN)
    base = f"/employers/{employer.reference}/timeline"
    assert titles(owner.soup(f"{base}?kind=plan&kind=contact&kind=nonsense")) == [
        "Plan agreed",
        "Called about rotas",
    ]
    assert titles(owner.soup(f"{base}?person=ben")) == ["100% done", "Plan agreed"]
    assert titles(owner.soup(f"{base}?q=rotas")) == ["100% done", "Called about rotas"]
    assert titles(owner.soup(f"{base}?q=%25")) == ["100% done"]
    assert titles(owner.soup(f"{base}?from=2026-03-03&to=2026-03-03")) == ["Plan agreed"]
    # The last day that can be named has no day after it.
    assert len(titles(owner.soup(f"{base}?to=9999-12-31"))) == 3
    soup = owner.soup(f"{base}?person=nobody")
    assert "Nothing fits" in soup.get_text()
    assert soup.find("input", {"name": "person"})["value"] == "nobody"
    export = owner.get(f"{base}.csv?kind=plan", buffered=True).data.decode("utf-8-sig")
    assert export.count("\n") == 2
    wrong = owner.soup(f"{base}?from=2026-13-99")
    assert "Enter a real date" in wrong.get_text()
    assert "The last day must be" in owner.soup(f"{base}?from=2026-03-03&to=2026-03-01").get_text()


def test_pages_of_fifty_meet_without_a_gap(owner: Any, employer: Employer) -> None:
    with unit_of_work():
        for number in range(120):
            # Many at the very same instant: the key of the line decides between them.
            note(employer, f"Line {number}", BEGIN + timedelta(microseconds=number // 60))
    seen: list[str] = []
    address: str | None = f"/employers/{employer.reference}/timeline?person=anna"
    pages = 0
    while address:
        soup = owner.soup(address)
        seen += titles(soup)
        pages += 1
        older = soup.select_one('a[rel="next"]')
        address = older["href"] if older else None
        assert address is None or "person=anna" in address
    assert pages == 3
    assert seen == [f"Line {number}" for number in reversed(range(120))]
    # A key that means nothing begins at the newest.
    for key in ("x", "1_x", "9" * 60, "99999999999999999999999999_1"):
        first = owner.soup(f"/employers/{employer.reference}/timeline?before={key}")
        assert titles(first)[0] == "Line 119"


def test_six_statements_at_two_thousand_lines(client: Any, employer: Employer) -> None:
    with unit_of_work() as session:
        provider, officer = make_provider(), make_lep_officer()
        case = make_case(provider, employer)
        subject = f"case:{case.reference}"
        session.add_all(
            TimelineEntry(
                employer_id=employer.id,
                kind="case",
                title=f"Line {number}",
                at=BEGIN + timedelta(minutes=number),
                by_name="Anna Example",
                subject=subject,
            )
            for number in range(2_000)
        )
    for person in (provider.adviser, officer):
        sign_in(client, person)
        soup = client.soup(f"/employers/{employer.reference}/timeline")
        assert len(client.statements) <= 6, client.statements
        assert len(titles(soup)) == 50
        link = soup.select_one(".app-timeline__title a")
        assert link is not None
        assert link["href"] == f"/cases/{case.reference}"


def test_links_lead_only_where_the_reader_may_go(client: Any, employer: Employer) -> None:
    with unit_of_work():
        first, later = make_provider(), make_provider()
        officer, user = make_lep_officer(), make_user()
        make_membership(employer_id=employer.id, user_id=user.id)
        case = make_case(first, employer)
        done = evidence.add(
            case=case,
            kind="other",
            subject="",
            note="",
            file_name="a.txt",
            data=b"hello\n",
            by=first.author,
        )
        assert isinstance(done, Ok)
        file = f"/evidence/{done.value.reference}"
        case.closed_at, case.stage, case.close_reason = BEGIN, "closed", "no_contact"
        current_session().flush()
        make_case(later, employer)

    def links() -> set[str]:
        soup = client.soup(f"/employers/{employer.reference}/timeline")
        return {link["href"] for link in soup.select(".app-timeline__title a")}

    # Whose case is closed while another provider works with the employer keeps that case alone.
    sign_in(client, first.adviser)
    assert client.get(f"/employers/{employer.reference}/timeline").status_code == 403
    assert client.get(f"/cases/{case.reference}").status_code == 200
    sign_in(client, later.adviser)
    assert file not in links()
    assert f"/cases/{case.reference}" not in links()
    assert len(links()) == 1
    sign_in(client, officer)
    assert len(links()) == 3
    sign_in(client, user)
    assert links() == {file}


def test_strangers_see_nothing(client: Any, employer: Employer) -> None:
    with unit_of_work():
        provider, stranger = make_provider(), make_user()
    for person in (provider.adviser, stranger):
        sign_in(client, person)
        for page in ("timeline", "timeline.csv"):
            assert client.get(f"/employers/{employer.reference}/{page}").status_code == 403
    with unit_of_work():
        officer = make_lep_officer()
    sign_in(client, officer)
    assert client.get("/employers/7ZZZZZZZZZ/timeline").status_code == 404
    assert "Nothing yet" in client.get(f"/employers/{make_reference()}/timeline").get_data(
        as_text=True
    )


def make_reference() -> str:
    with unit_of_work():
        return make_employer().reference


def test_changes_of_facts_and_people_are_told(employer: Employer) -> None:
    with unit_of_work():
        user = make_user(name="Cora Example")
        profile = current_session().get_one(Employer, employer.id)
        staff = StaffNumbers(headcount=1_200, part_time_headcount=300, on=today())
        done = service.update_staff_numbers(
            reference=profile.reference, version=profile.version, staff=staff, by=user.id
        )
        assert isinstance(done, Ok)
        site = service.add_site(
            reference=profile.reference,
            name="Leeds shop",
            address="",
            postcode="LS1 4AP",
            district="leeds",
            by=user.id,
        )
        assert isinstance(site, Ok)
        asked = service.request_to_join(employer_id=employer.id, user_id=user.id)
        assert isinstance(asked, Ok)
        service.decide_request(
            reference=profile.reference, request_id=asked.value.id, approve=True, by=user.id
        )
        invited = service.invite_member(
            reference=profile.reference,
            email="secret@example.org",
            role="member",
            by=user.id,
            by_name="Cora",
        )
        assert isinstance(invited, Ok)
    page = timeline_page(employer.reference, TimelineFilter())
    assert page is not None
    told = {line.title: line for line in page.lines}
    assert "Employees:" in told["Staff numbers changed"].text
    assert "1,200" in told["Staff numbers changed"].text
    assert told["Staff numbers changed"].by_name == "Cora Example"
    assert "Site added: Leeds shop" in told
    assert "Cora Example asked to act for the employer" in told
    assert "Cora Example joined: the request was approved" in told
    assert "Somebody was invited to act for the employer" in told
    # Whose address it is has not agreed to be shown.
    assert not any("secret@" in line.title + line.text for line in page.lines)
