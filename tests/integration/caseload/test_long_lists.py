"""Lists of very many cases: read in order and not sorted, counted so far, found by an index."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import insert, update

from portal.caseload.models import Case, NextAction
from portal.caseload.queries import lists
from portal.caseload.queries.case_sql import Scope
from portal.caseload.rules.lists import PAGE, CaseFilter
from portal.caseload.views import lists as pages
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.kernel.clock import today, utc_now
from tests.factories.accounts import sign_in
from tests.factories.caseload import Provider, make_case, make_lep_officer, make_provider
from tests.factories.employers import make_employer
from tests.support.plans import plan_lines
from tests.support.races import database_of
from tests.support.statements import sent_to

EVERYONE = Scope(None, None)
CASES = 3 * PAGE + 7
PLANNED = PAGE + 9


@pytest.fixture
def provider(session) -> Provider:
    """A provider's cases, some with a next action, several on one day; a few closed."""
    with unit_of_work() as work:
        made = make_provider()
        make_case(made, make_employer(name="Example 0", sic_codes=["47110"]))
        now = utc_now()
        for number in range(1, CASES):
            employer = make_employer(name=f"Example {number}", sic_codes=["47110"])
            shut = number % 10 == 0
            make_case(
                made,
                employer,
                contact_name=f"Contact {number}",
                contact_email=f"person.{number}@employer.example",
                stage="closed" if shut else ("plan" if number % 3 else "support"),
                closed_at=now if shut else None,
                close_reason="completed" if shut else None,
            )
        numbers = [row.id for row in work.query(Case.id).order_by(Case.id)]
        # Days go against the order of the cases, and five share one.
        work.execute(
            insert(NextAction),
            [
                {
                    "case_id": case,
                    "kind": "call",
                    "what": "Ring back",
                    "due_on": today() + timedelta(days=(PLANNED - place) // 5),
                }
                for place, case in enumerate(numbers[5 : 5 + PLANNED])
            ],
        )
    return made


def page_of(wanted: CaseFilter, number: int, *, many: bool) -> list[str]:
    asked = CaseFilter(**{**{n: getattr(wanted, n) for n in wanted.__slots__}, "page": number})
    return [row.reference for row in lists.rows(asked, EVERYONE, many=many)]


@pytest.mark.parametrize(
    "wanted",
    [
        CaseFilter(),
        CaseFilter(view="all"),
        CaseFilter(stage="plan"),
        CaseFilter(sector="retail"),
        CaseFilter(view="never_contacted", sector="retail", stage="support"),
        CaseFilter(view="almost_claimable"),
        CaseFilter(adviser="none"),
        CaseFilter(q="example"),
        CaseFilter(q="contact"),
    ],
    ids=lambda wanted: "-".join(wanted.address(default_adviser="all").values()) or "open",
)
def test_read_in_order_or_sorted_it_is_the_same_list(
    provider: Provider, wanted: CaseFilter
) -> None:
    seen: list[str] = []
    for number in range(1, CASES // PAGE + 3):
        sorted_page = page_of(wanted, number, many=False)
        assert page_of(wanted, number, many=True) == sorted_page, number
        seen += sorted_page
    assert len(seen) == len(set(seen)) == lists.frame(wanted, EVERYONE).total


def test_of_more_than_are_counted_the_first_are_paged_through(
    provider: Provider, client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work():
        officer = make_lep_officer()
    sign_in(client, officer)
    in_all = lists.frame(CaseFilter(), EVERYONE).total
    assert f"1 to 50 of {in_all} cases" in client.soup("/cases").get_text()
    for module in (lists, pages):
        monkeypatch.setattr(module, "COUNTED", 2 * PAGE)
    lists._frame.cache_clear()
    first = client.soup("/cases")
    assert f"1 to {PAGE} of more than {2 * PAGE} cases" in first.get_text()
    assert "Only the first 100 can be paged through." in first.get_text()
    assert f"51 to 100 of more than {2 * PAGE} cases" in client.soup("/cases?page=2").get_text()
    assert client.get("/cases?page=3").location == "/cases?page=2"
    # Taken away, the list is whole.
    taken = client.get("/cases/export.csv").get_data(as_text=True)
    assert len(taken.strip().splitlines()) == in_all + 1
    some = client.soup("/cases?stage=support").get_text()
    assert "more than" not in some
    lists._frame.cache_clear()


def plans(app: Flask, wanted: CaseFilter, *, many: bool = False) -> list[str]:
    """Lines of the plans of everything that one page of a list asks."""
    with sent_to(database_of(app).engine) as sent:
        assert lists.rows(wanted, EVERYONE, many=many)
    connection = current_session().connection()
    asked = [one for one in sent if one.sql.startswith("SELECT")]
    return [line for one in asked for line in plan_lines(connection, *one)]


def test_everyones_cases_are_read_by_the_day_of_their_next_action(
    app: Flask, provider: Provider
) -> None:
    index = "ix_next_actions_open_due_on"
    assert any(index in line for line in plans(app, CaseFilter(), many=True))


def test_an_employer_is_looked_for_among_those_who_hold_its_letters(
    app: Flask, provider: Provider
) -> None:
    with unit_of_work() as work:
        renamed = update(Employer).where(Employer.name == "Example 7")
        work.execute(renamed.values(search_text="quillwort 7"))
    assert [row.employer for row in lists.rows(CaseFilter(q="quillwort"), EVERYONE)] == [
        "Example 7"
    ]
    lines = plans(app, CaseFilter(q="quillwort"))
    read_whole = ("SCAN found_employer", "Seq Scan on employers found_employer")
    assert not any(line.startswith(read_whole) for line in lines), lines
