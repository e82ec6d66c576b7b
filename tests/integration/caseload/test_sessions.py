"""The in-depth session: who was there, what was said, until the employer is asked about it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from portal.caseload import queries
from portal.caseload.models import DiagnosticSession
from portal.caseload.panels import (
    GUARDS_EXTENSION,
    SESSIONS_EXTENSION,
    Panel,
    register_session_link,
)
from portal.caseload.queries import confirmations as questions
from portal.caseload.rules.confirmations import what
from portal.caseload.rules.stages import Milestone
from portal.caseload.rules.work import Held, Present
from portal.caseload.service import cases, confirmations, sessions
from portal.db import current_session, unit_of_work
from portal.employers.models import TimelineEntry
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from tests.factories.accounts import sign_in
from tests.factories.caseload import make_case, make_lep_officer, make_provider

HELD = Held(
    held_on=date(2026, 11, 20),
    minutes=120,
    mode="face_to_face",
    place="The bakery",
    present=(
        Present("Casey Contact", "Owner", "employer"),
        Present("Example Adviser", "", "provider"),
    ),
)


@pytest.fixture
def opened(app):
    with unit_of_work():
        provider = make_provider()
        case = make_case(
            provider,
            contact_name="Casey Contact",
            contact_job="Owner",
            contact_email="casey@example.org",
        )
        cases.set_next_action(
            case=case, kind="visit", what="In-depth session", due_on=today(), by=provider.author
        )
        return {
            "provider": provider,
            "author": provider.author,
            "adviser": provider.adviser,
            "case": case.reference,
            "employer_id": case.employer_id,
        }


def record(opened, given=HELD, **more):
    with unit_of_work():
        result = sessions.record(reference=opened["case"], given=given, by=opened["author"], **more)
        return result.value.reference if isinstance(result, Ok) else result.problem


def edit(opened, reference, revision=1, given=HELD):
    with unit_of_work():
        return sessions.edit(
            reference=opened["case"],
            record_reference=reference,
            revision=revision,
            given=given,
            by=opened["author"],
        )


def withdraw(opened, reference, reason="The wrong day"):
    with unit_of_work():
        return sessions.withdraw(
            reference=opened["case"],
            record_reference=reference,
            reason=reason,
            by=opened["author"],
        )


def ask(opened, reference):
    with unit_of_work():
        case = queries.case_to_change(opened["case"])
        about = questions.subject_by_reference("session", reference)
        asked = confirmations.ask(
            case=case,
            subject="session",
            record_id=about.record_id,
            reference=reference,
            what=what(about),
            to_name="Casey Contact",
            to_email="casey@example.org",
            by=opened["author"],
        )
        assert isinstance(asked, Ok), asked
        return asked.value.reference


def case_now(opened) -> queries.CaseFacts:
    facts = queries.case_facts(opened["case"])
    assert facts is not None
    return facts


def rows() -> list[DiagnosticSession]:
    query = select(DiagnosticSession).order_by(DiagnosticSession.id)
    return list(current_session().scalars(query))


def path_of(opened, *more: str) -> str:
    return "/".join([f"/cases/{opened['case']}/session", *more])


def held_milestones(opened) -> frozenset[str]:
    return queries.held_milestones(case_now(opened).id)


def test_recorded_on_one_page_with_more_people(opened, client) -> None:
    sign_in(client, opened["adviser"])
    page = client.soup(path_of(opened))
    names = [tag.get("value", "") for tag in page.select("input[name$='-name']")]
    assert names == ["Casey Contact", "Example Adviser"]
    typed = {
        "minutes": "95",
        "mode": "face_to_face",
        "place": "Above the shop",
        "goals_text": "A job share by Easter",
        "challenges": ["no_supervisors"],
        "benefits": ["pipeline"],
    }
    more = client.submit(path_of(opened), {**typed, "present-0-name": "Cass Changed"}, add="1")
    page = more.get_data(as_text=True)
    assert rows() == []
    assert 'name="present-2-name"' in page
    for kept in ('value="Cass Changed"', 'value="Above the shop"', "A job share by Easter"):
        assert kept in page
    # What that page holds is sent again, with the third person in it.
    done = client.submit(
        path_of(opened),
        {
            **typed,
            "present-2-name": "Lee Line",
            "present-2-job": "Team leader",
            "present-2-side": "employer",
        },
    ).get_data(as_text=True)
    for words in (
        "1 hour 35 minutes",
        "Lee Line",
        "Too few people ready to supervise",
        "A talent pipeline",
        "Ask the employer to confirm",
    ):
        assert words in done
    kept = rows()[0]
    assert [one["side"] for one in kept.present] == ["employer", "provider", "employer"]
    case = case_now(opened)
    assert (case.session_state, case.contact_count, case.next_what) == ("held", 1, None)
    assert "session" in held_milestones(opened)


def test_rows_left_empty_are_not_kept_and_spaces_go(opened) -> None:
    record(
        opened,
        replace(HELD, present=(*HELD.present, Present(" ", "", "employer")), place=" Here "),
    )
    assert len(rows()[0].present) == 2
    assert rows()[0].place == "Here"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"minutes": "0"}, "must be 1 or more"),
        ({"mode": ""}, "Choose how you met"),
        ({"place": ""}, "Enter where you met"),
        ({"held_on-year": "2099"}, "or earlier"),
        ({"present-0-side": "provider"}, "at least one person from the employer"),
        ({"present-0-name": ""}, "Enter a name for everybody"),
        ({"benefits": ["moon"]}, "Choose one of the options"),
    ],
)
def test_a_mistake_keeps_what_was_typed(opened, client, changes, says) -> None:
    sign_in(client, opened["adviser"])
    data = {"minutes": "95", "mode": "face_to_face", "place": "The shop", "goals_text": "Kept"}
    shown = client.submit(path_of(opened), {**data, **changes}).get_data(as_text=True)
    assert says in shown
    assert "There is a problem" in shown
    assert "Kept" in shown
    assert rows() == []


def test_no_day_in_the_future_even_without_the_form(opened) -> None:
    problem = record(opened, replace(HELD, held_on=today() + timedelta(days=1)))
    assert (problem.code, problem.field) == ("in_future", "held_on")


def test_no_more_people_than_a_room_holds(opened, client) -> None:
    sign_in(client, opened["adviser"])
    people = {f"present-{n}-name": f"Person {n}" for n in range(20)}
    sides = {f"present-{n}-side": "employer" for n in range(20)}
    shown = client.submit(path_of(opened), {**people, **sides}, add="1").get_data(as_text=True)
    assert 'name="present-19-name"' in shown
    assert 'name="present-20-name"' not in shown


def test_the_same_form_sent_twice_is_one_session(opened) -> None:
    first, second = (record(opened, once="b" * 32) for _ in range(2))
    assert first == second
    assert case_now(opened).contact_count == 1


def test_changed_until_the_employer_is_asked(opened, client) -> None:
    reference = record(opened)
    sign_in(client, opened["adviser"])
    edit_path = path_of(opened, reference, "edit")
    shown = client.submit(edit_path, {"minutes": "90"}).get_data(as_text=True)
    assert "1 hour 30 minutes" in shown
    assert rows()[0].revision == 2
    ask(opened, reference)
    page = client.soup(path_of(opened, reference))
    assert page.find("a", href=edit_path) is None
    late = client.submit(edit_path, {"minutes": "10"}).get_data(as_text=True)
    assert "so it stays as it is" in late
    assert rows()[0].minutes == 90


def test_a_record_answered_with_no_stays_as_it_was_asked(opened) -> None:
    reference = record(opened)
    question = ask(opened, reference)
    with unit_of_work():
        confirmations.answer(
            reference=question,
            agrees=False,
            words="No",
            by=Author(None, "Casey", "casey@example.org"),
            by_link=True,
        )
    refused = edit(opened, reference)
    assert isinstance(refused, Err)
    assert refused.problem.code == "asked"


def test_two_people_change_it_at_once(opened, client) -> None:
    reference = record(opened)
    sign_in(client, opened["adviser"])
    edit_path = path_of(opened, reference, "edit")
    page = client.soup(edit_path)
    token = page.find("main").find("input", {"name": "csrf_token"})["value"]
    edit(opened, reference, given=replace(HELD, minutes=45))
    mine = {
        "csrf_token": token,
        "revision": "1",
        "held_on-day": "20",
        "held_on-month": "11",
        "held_on-year": "2026",
        "minutes": "200",
        "mode": "video",
        "present-0-name": "Casey Contact",
        "present-0-side": "employer",
    }
    clash = client.post(edit_path, data=mine).get_data(as_text=True)
    assert "Somebody else changed this record" in clash
    assert "45 minutes" in clash
    assert 'value="200"' in clash
    assert 'name="revision" value="2"' in clash
    assert rows()[0].minutes == 45
    client.post(edit_path, data={**mine, "revision": "2"})
    assert (rows()[0].minutes, rows()[0].revision) == (200, 3)


def test_withdrawn_with_a_reason_and_recorded_again(opened, client) -> None:
    reference = record(opened, replace(HELD, goals_text="A job share"))
    ask(opened, reference)
    sign_in(client, opened["adviser"])
    path = path_of(opened, reference, "withdraw")
    empty = client.submit(path, {"reason": ""}).get_data(as_text=True)
    assert "Say why the record is withdrawn" in empty
    done = client.submit(path, {"reason": "It was the 19th"}).get_data(as_text=True)
    assert "It was the 19th" in done
    case = case_now(opened)
    assert case.session_state == "none"
    assert Milestone.SESSION not in held_milestones(opened)
    assert questions.of_subjects("session", [rows()[0].id]) == {}
    again = client.soup(f"{path_of(opened)}?again={reference}")
    assert again.find("textarea", {"name": "goals_text"}).get_text().strip() == "A job share"
    client.submit(f"{path_of(opened)}?again={reference}", {"held_on-day": "19"})
    assert [row.held_on.day for row in rows()] == [20, 19]
    assert case_now(opened).session_state == "held"
    twice = withdraw(opened, reference)
    assert isinstance(twice, Err)
    assert twice.problem.code == "withdrawn"
    titles = set(current_session().scalars(select(TimelineEntry.title)))
    assert "The record of the in-depth session on 20 November 2026 was withdrawn" in titles


def test_a_later_feature_can_hold_a_record_fast(opened, app) -> None:
    reference = record(opened)
    guards = app.extensions.setdefault(GUARDS_EXTENSION, [])
    guards.append(
        lambda subject: (
            Problem("paid", "It was paid for") if subject == f"session:{reference}" else None
        )
    )
    try:
        refused = withdraw(opened, reference)
    finally:
        guards.pop()
    assert isinstance(refused, Err)
    assert refused.problem.code == "paid"
    assert rows()[0].withdrawn_at is None


def test_the_state_follows_the_latest_session(opened) -> None:
    record(opened)
    later = record(opened, replace(HELD, held_on=date(2026, 11, 21)))
    ask(opened, later)
    assert case_now(opened).session_state == "asked"
    withdraw(opened, later)
    assert case_now(opened).session_state == "held"


def test_a_later_feature_adds_cards_to_the_session(opened, client, app) -> None:
    reference = record(opened)
    seen = []

    def links(session_reference, case, actor):
        seen.append((session_reference, case.reference, actor.name))
        return [Panel("Diagnostic", "Done together", href="/help")]

    register_session_link(app, links)
    try:
        sign_in(client, opened["adviser"])
        page = client.soup(path_of(opened, reference)).get_text()
    finally:
        app.extensions[SESSIONS_EXTENSION].remove(links)
    assert "Done together" in page
    assert seen == [(reference, opened["case"], "Example Adviser")]


def test_a_closed_case_takes_no_session(opened) -> None:
    reference = record(opened)
    with unit_of_work():
        cases.close_case(
            reference=opened["case"],
            reason="no_contact",
            note="",
            revision=case_now(opened).revision,
            by=opened["author"],
        )
    assert record(opened).code == "case_closed"
    for refused in (edit(opened, reference), withdraw(opened, reference)):
        assert isinstance(refused, Err)
        assert refused.problem.code == "case_closed"


def test_only_the_own_provider_writes_and_the_lep_reads(opened, client) -> None:
    reference = record(opened)
    with unit_of_work():
        stranger, officer = make_provider().adviser, make_lep_officer()
    sign_in(client, stranger)
    for path in (
        path_of(opened),
        path_of(opened, reference),
        path_of(opened, reference, "edit"),
        path_of(opened, reference, "withdraw"),
    ):
        assert client.get(path).status_code == 404, path
    sign_in(client, officer)
    page = client.soup(path_of(opened, reference))
    assert "Withdraw" not in page.find("main").get_text()
    assert client.get(path_of(opened, reference, "edit")).status_code == 403


def test_the_case_page_says_what_to_do_next(opened, client) -> None:
    sign_in(client, opened["adviser"])
    case_path = f"/cases/{opened['case']}"
    assert "Not recorded yet" in client.soup(case_path).get_text()
    reference = record(opened)
    assert "Ask the employer to confirm it" in client.soup(case_path).get_text()
    ask(opened, reference)
    page = client.soup(case_path)
    assert "The employer has until" in page.get_text()
    assert page.find("a", href=path_of(opened, reference)) is not None
