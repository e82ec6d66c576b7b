"""Outcomes: only with the employer's agreement, at the start and at follow-ups, side by side."""

from __future__ import annotations

import re
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import select

from portal.caseload import queries
from portal.caseload.models import Consultation, OutcomeRecord
from portal.caseload.queries import outcomes
from portal.caseload.rules.outcomes import Role
from portal.caseload.rules.stages import Milestone
from portal.caseload.service import cases
from portal.caseload.service import follow_up as follow_up_service
from portal.caseload.service import outcomes as service
from portal.caseload.views.reminders import outcomes_panel
from portal.db import current_session, unit_of_work
from portal.employers.models import TimelineEntry
from portal.kernel.clock import today, utc_now
from portal.kernel.result import Err, Ok
from portal.web.access import Actor
from tests.factories.accounts import sign_in
from tests.factories.caseload import make_case, make_lep_officer, make_provider


def text_of(response) -> str:
    page = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(unescape(page).split())


@pytest.fixture
def provider(app):
    with unit_of_work():
        return make_provider()


def consult(case, provider, shares: bool | None, days_ago: int = 30) -> None:
    """A phone consultation at which the employer was asked about sharing data, or was not."""
    current_session().add(
        Consultation(
            case_id=case.id,
            held_at=utc_now() - timedelta(days=days_ago),
            minutes=30,
            with_name="Casey Contact",
            next_step="session",
            shares_outcomes=shares,
            by=provider.adviser.id,
            by_name=provider.adviser.name,
        )
    )
    cases.note_milestone(
        case=case,
        kind=Milestone.CONSULTATION,
        subject="consultation:EXAMPLE",
        by=provider.author,
    )


@pytest.fixture
def shared(provider) -> str:
    """A case whose employer shares data, with its follow-ups planned."""
    with unit_of_work():
        case = make_case(provider, opened_at=utc_now() - timedelta(days=200))
        consult(case, provider, shares=True)
        cases.note_milestone(
            case=case, kind=Milestone.PLAN, subject="plan_version:X/1", by=provider.author
        )
        return case.reference


def follow_up_done(reference: str, provider, months: int = 3) -> None:
    given = follow_up_service.Given(today(), "call", 5, "Casey Contact", "Well", answers={})
    with unit_of_work():
        done = follow_up_service.record(
            reference=reference, months=months, given=given, by=provider.author
        )
    assert isinstance(done, Ok), done


def address(reference: str, months: int | None = None) -> str:
    ending = "" if months is None else f"?follow_up={months}"
    return f"/cases/{reference}/outcomes/record{ending}"


POST = {
    "role_0_title": "Shift supervisor",
    "role_0_pay": "20,000.01",
    "role_0_advertised": "flexible",
    "role_0_filled": "yes",
}


def on(day: date) -> dict[str, int]:
    return {"true_on-day": day.day, "true_on-month": day.month, "true_on-year": day.year}


def test_the_start_and_a_follow_up_side_by_side(client, provider, shared) -> None:
    sign_in(client, provider.adviser)
    start = client.submit(
        address(shared),
        {
            **on(date(2026, 9, 1)),
            "higher_posts": "4",
            "higher_posts_open": "1",
            "advertised": "no",
            "policy_written": "draft",
            "reviews": "0",
        },
    )
    said = text_of(start)
    assert "Outcomes recorded" in said
    assert "At the start, 1 September 2026" in said
    assert "At the start, 1 September 2026: 0 people" in said
    assert "impact" not in said.casefold()
    early = text_of(client.get(address(shared, 3)))
    assert "Record the follow-up first" in early
    follow_up_done(shared, provider)
    assert "no outcomes recorded" in text_of(client.get(f"/cases/{shared}/outcomes"))
    to_form = client.get(f"/cases/{shared}/outcomes?follow_up=3")
    assert to_form.location.endswith(address(shared, 3))
    later = client.submit(
        address(shared, 3),
        {"higher_posts": "4", "higher_posts_open": "3", "advertised": "yes", "coaching": "2"}
        | POST,
    )
    said = text_of(later)
    assert "3 posts , 2 more than at the start" in said
    assert "2 people , nothing from the start to compare with" in said
    assert "Shift supervisor: £20,000.01 a year full-time" in said
    assert "1 role , 1 more than at the start" in said
    # Written down as missing, never as 0.
    assert said.count("Not known at any time") == 6
    assert "3-month follow-up, " in said
    assert said.count(": not known") == 3
    records = outcomes.current(queries.case_facts(shared).id)
    assert [(each.label, each.quality_roles) for each in records] == [
        ("At the start", 0),
        ("3-month follow-up", 1),
    ]
    assert records[1].true_on == today()
    titles = current_session().scalars(
        select(TimelineEntry.title).where(TimelineEntry.title.startswith("Outcomes"))
    )
    assert set(titles) == {
        "Outcomes at the start recorded",
        "Outcomes at the 3-month follow-up recorded",
    }


@pytest.mark.parametrize(("pay", "count"), [("20000", 0), ("20000.01", 1), ("", 0)])
def test_a_quality_role_pays_over_the_threshold(client, provider, shared, pay, count) -> None:
    sign_in(client, provider.adviser)
    client.submit(address(shared), {"advertised": "yes", **POST, "role_0_pay": pay})
    (record,) = outcomes.current(queries.case_facts(shared).id)
    assert record.quality_roles == count


def test_posts_are_added_without_losing_what_was_typed(client, provider, shared) -> None:
    sign_in(client, provider.adviser)
    more = client.submit(
        address(shared), {"advertised": "yes", **POST, "more": "1", "reviews": "x"}
    )
    body = more.get_data(as_text=True)
    assert 'name="role_1_title"' in body
    assert 'value="Shift supervisor"' in body
    assert 'value="x"' in body
    assert outcomes.current(queries.case_facts(shared).id) == []
    two = {
        **POST,
        "rows": "2",
        "role_1_title": "Team leader",
        "role_1_advertised": "neither",
        "role_1_filled": "open",
    }
    done = client.submit(address(shared), {"advertised": "yes", **two})
    assert "Posts advertised: at the start (2)" in text_of(done)
    # Taking one out again: what was typed is cleared; a choice cannot be unmade.
    form = client.soup(address(shared))
    assert form.find("input", {"name": "role_1_title"})["value"] == "Team leader"
    client.submit(address(shared), {"role_1_title": "", "role_1_pay": ""})
    (record,) = outcomes.current(queries.case_facts(shared).id)
    assert [role.title for role in record.roles] == ["Shift supervisor"]
    assert record.roles[0].pay_pence == 20_000_01


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({}, "Answer at least one question"),
        ({"higher_posts": "2", "higher_posts_open": "3"}, "cannot be more than 2 posts"),
        ({"training_hours": "8"}, "Say how many people as well"),
        ({"advertised": "yes"}, "List the posts below"),
        ({"advertised": "no", **POST}, "choose the answer that fits them"),
        ({"advertised": "yes", **POST, "role_0_pay": "11.44"}, "must be £1,000.00 or more"),
        ({"advertised": "yes", **POST, "role_0_advertised": ""}, "how the post was advertised"),
        ({"advertised": "yes", **POST, "role_0_title": ""}, "Enter what the post is called"),
        ({"reviews": "many"}, "must be a whole number"),
        ({"reviews": "1", "true_on-year": "2099"}, "or earlier"),
    ],
)
def test_a_record_that_does_not_hold_together_is_refused(
    client, provider, shared, sent, says
) -> None:
    sign_in(client, provider.adviser)
    assert says in text_of(client.submit(address(shared), sent))
    assert outcomes.of_case(queries.case_facts(shared).id) == []


def test_without_agreement_nothing_is_recorded(client, provider) -> None:
    with unit_of_work():
        case = make_case(provider)
        consult(case, provider, shares=None)
        reference, case_id = case.reference, case.id
    sign_in(client, provider.adviser)
    page = client.get(address(reference))
    assert "Nobody has recorded yet whether the employer agrees" in text_of(page)
    assert "Save" not in text_of(page)
    given = service.Given(today(), {"reviews": 1}, [])
    with unit_of_work():
        refused = service.record(reference=reference, months=None, given=given, by=provider.author)
    assert isinstance(refused, Err)
    assert refused.problem.code == "not_shared"
    with unit_of_work():
        consult(queries.case_to_change(reference), provider, shares=True, days_ago=20)
        # A later consultation that does not ask leaves the answer as it was.
        consult(queries.case_to_change(reference), provider, shares=None, days_ago=10)
    assert outcomes.agreement(case_id).shares is True
    with unit_of_work():
        consult(queries.case_to_change(reference), provider, shares=False, days_ago=5)
    page = text_of(client.get(f"/cases/{reference}/outcomes"))
    assert "it does not share data on outcomes" in page
    assert outcomes.agreement(case_id).shares is False


def test_not_before_the_consultation(client, provider) -> None:
    with unit_of_work():
        case = make_case(provider)
        consult(case, provider, shares=True)
        cases.withdraw_milestone(
            case=case, kind=Milestone.CONSULTATION, subject="consultation:EXAMPLE"
        )
        case.stage = "referral"
        reference = case.reference
    sign_in(client, provider.adviser)
    assert "once the phone consultation or a session" in text_of(client.get(address(reference)))
    with unit_of_work():
        refused = service.record(
            reference=reference,
            months=None,
            given=service.Given(today(), {"reviews": 1}, []),
            by=provider.author,
        )
    assert refused == Err(service.TOO_EARLY)


def test_a_replaced_record_is_kept_and_two_people_do_not_overwrite(
    client, provider, shared
) -> None:
    sign_in(client, provider.adviser)
    client.submit(address(shared), {"reviews": "3"})
    page = client.soup(address(shared))
    hidden = {
        tag["name"]: tag.get("value", "")
        for tag in page.find("main").find_all("input", {"type": "hidden"})
    }
    first = outcomes.current(queries.case_facts(shared).id)[0]
    assert hidden["seen"] == first.reference
    with unit_of_work():
        given = service.Given(today(), {"reviews": 4}, [], seen=first.reference)
        colleague = service.record(reference=shared, months=None, given=given, by=provider.author)
    assert isinstance(colleague, Ok)
    mine = {**hidden, **on(today()), "reviews": "5"}
    answer = client.post(address(shared), data=mine)
    assert "Somebody else recorded these outcomes" in text_of(answer)
    assert "4 people" in text_of(answer)
    body = answer.get_data(as_text=True)
    assert 'value="5"' in body
    again = client.post(
        address(shared), data={**mine, "seen": colleague.value.reference}, follow_redirects=True
    )
    assert "Earlier records that were replaced (2)" in text_of(again)
    rows = current_session().scalars(select(OutcomeRecord).order_by(OutcomeRecord.id)).all()
    assert [row.replaced_at is None for row in rows] == [False, False, True]
    assert [row.answers["reviews"] for row in rows] == [3, 4, 5]


def test_who_may_see_and_who_may_record(client, provider, shared) -> None:
    with unit_of_work():
        other, officer = make_provider(), make_lep_officer()
    page = f"/cases/{shared}/outcomes"
    sign_in(client, other.adviser)
    assert client.get(page).status_code == 404
    assert client.get(address(shared)).status_code == 404
    sign_in(client, officer)
    assert client.get(page).status_code == 200
    assert client.get(f"{page}?follow_up=3").status_code == 200
    assert client.get(address(shared)).status_code == 403
    sign_in(client, provider.adviser)
    assert client.get(address(shared, 5)).status_code == 404
    assert client.get(f"{address(shared)}?follow_up=soon").status_code == 404


def test_a_closed_case_takes_no_outcomes(client, provider, shared) -> None:
    facts = queries.case_facts(shared)
    with unit_of_work():
        cases.close_case(
            reference=shared,
            reason="no_contact",
            note="",
            revision=facts.revision,
            by=provider.author,
        )
    sign_in(client, provider.adviser)
    assert "The case is closed" in text_of(client.get(address(shared)))
    with unit_of_work():
        refused = service.record(
            reference=shared,
            months=None,
            given=service.Given(today(), {"reviews": 1}, []),
            by=provider.author,
        )
    assert refused == Err(cases.CLOSED)


def test_the_card_says_what_is_recorded(app, provider, shared) -> None:
    with app.test_request_context():
        facts = queries.case_facts(shared)
        assert outcomes_panel(facts, Actor()).text == "Nothing is recorded at the start yet."
    follow_up_done(shared, provider)
    roles = [Role("Manager", 30_000_00, "part_time", "yes")]
    with unit_of_work():
        made = service.record(
            reference=shared,
            months=3,
            given=service.Given(today(), {"advertised": "yes"}, roles),
            by=provider.author,
        )
    assert isinstance(made, Ok)
    with app.test_request_context():
        text = outcomes_panel(facts, Actor()).text
    assert text.startswith("Nothing is recorded at the start. Latest: 3-month follow-up")
