"""Advisers in the diagnostic: who may, answering together, and what the case rests on."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from portal.caseload import queries as caseload
from portal.caseload.models import CaseMilestone, DiagnosticSession
from portal.caseload.service import cases
from portal.db import current_session, unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.employers.models import TimelineEntry
from portal.employers.queries import employer_profile
from portal.kernel.clock import utc_now
from portal.kernel.people import PORTAL
from portal.kernel.result import Err, Ok
from tests.factories.diagnostics import finish, make_response
from tests.factories.together import Pair, make_pair, make_session


@pytest.fixture
def pair(app: Flask) -> Pair:
    return make_pair(app)


def text(answer: Any) -> str:
    soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
    return " ".join(soup.find("main").get_text(" ", strip=True).split())


def seen(client: Any, path: str) -> str:
    return " ".join(client.soup(path).find("main").get_text(" ", strip=True).split())


def lines_of(pair: Pair) -> list[str]:
    return list(
        current_session().scalars(
            select(TimelineEntry.title)
            .where(
                TimelineEntry.employer_id == pair.employer_id, TimelineEntry.kind == "diagnostic"
            )
            .order_by(TimelineEntry.id)
        )
    )


def milestones(pair: Pair) -> list[tuple[str, str]]:
    case = caseload.case_facts(pair.case)
    assert case is not None
    rows = current_session().execute(
        select(CaseMilestone.kind, CaseMilestone.subject)
        .where(CaseMilestone.case_id == case.id, CaseMilestone.withdrawn_at.is_(None))
        .order_by(CaseMilestone.id)
    )
    return [(row.kind, row.subject) for row in rows]


def test_an_adviser_starts_answers_and_finishes_for_the_employer(pair: Pair) -> None:
    adviser = pair.client(pair.provider.adviser)
    card = seen(adviser, f"/employers/{pair.employer}")
    assert "Start the diagnostic" in card
    opened = adviser.submit(
        f"/employers/{pair.employer}/diagnostic/start", {"sector": "hospitality", "size": "small"}
    )
    assert "You are answering for Example Café with them" in text(opened)
    found = re.search(r"/diagnostic/(\w+)/page/", opened.request.path)
    assert found
    finish(found[1], complete=False)
    check = f"/diagnostic/{found[1]}/check"
    assert "You are answering for Example Café with them" in seen(adviser, check)
    done = adviser.submit(check)
    assert done.request.path.endswith("/results")
    assert "Change an answer" in text(done)
    facts = queries.response_facts(found[1])
    assert facts is not None
    assert facts.employer_reference == pair.employer
    assert milestones(pair) == [("diagnostic", f"response:{found[1]}")]
    assert lines_of(pair) == ["Diagnostic started", "Diagnostic completed: 100 out of 100"]


def test_who_may_open_what(pair: Pair) -> None:
    facts = make_response(employer=pair.employer)
    opened = make_response(employer=pair.employer, complete=False)
    stranger = pair.client(pair.other.adviser)
    officer = pair.client(pair.officer)
    manager = pair.client(pair.provider.manager)
    history = f"/employers/{pair.employer}/diagnostics"
    for path in ("", "/results"):
        assert stranger.get(f"/diagnostic/{facts.reference}{path}").status_code == 404
    assert stranger.get(history).status_code == 403
    assert stranger.get(f"/employers/{pair.employer}/diagnostic/start").status_code == 403
    assert stranger.get(f"/employers/{pair.employer}/diagnostic/call-sheet").status_code == 403
    assert stranger.get(f"/cases/{pair.case}/diagnostic").status_code == 404
    assert manager.get(f"/diagnostic/{opened.reference}/check").status_code == 200
    assert "Change an answer" in seen(manager, f"/diagnostic/{facts.reference}/results")
    # The LEP reads results and writes nothing.
    shown = seen(officer, f"/diagnostic/{facts.reference}/results")
    assert "About this result" in shown
    assert "Take it again" not in shown
    listed = officer.soup(history)
    assert not listed.select(f'a[href="/diagnostic/{opened.reference}"]')
    assert officer.get(f"/diagnostic/{facts.reference}").status_code == 302
    for path in ("", "/check", "/keying"):
        assert officer.get(f"/diagnostic/{opened.reference}{path}").status_code == 404
    token = officer.soup(history).find("input", {"name": "csrf_token"})["value"]
    for action in ("correct", "retake"):
        answer = officer.post(f"/diagnostic/{facts.reference}/{action}", data={"csrf_token": token})
        assert answer.status_code == 404
    assert officer.get(f"/employers/{pair.employer}/diagnostic/start").status_code == 403
    assert officer.get(f"/cases/{pair.case}/diagnostic").status_code == 403


def test_two_people_answer_one_diagnostic_at_the_session(pair: Pair) -> None:
    session = make_session(pair)
    adviser, owner = pair.client(pair.provider.adviser), pair.client(pair.owner)
    path = f"/cases/{pair.case}/diagnostic?session={session}"
    assert "At the in-depth session on 20 November 2026" in seen(adviser, path)
    opened = adviser.submit(path, {"sector": "hospitality", "size": "small"}, form="start-form")
    page = text(opened)
    assert "You are answering for Example Café with them, at the in-depth session on" in page
    reference = re.search(r"/diagnostic/(\w+)/page/", opened.request.path)[1]
    adviser.submit(opened.request.path, {"staff_total": "24"}, do="skip")
    their = seen(owner, f"/diagnostic/{reference}/check")
    assert "You are answering together with Ada Adviser" in their
    assert "Answered so far by Ada Adviser" in their
    questionnaire = load_catalogue().latest()
    lead = f"/diagnostic/{reference}/page/{questionnaire.page_of['lead_owner'].key}"
    token = adviser.soup(lead).find("input", {"name": "csrf_token"})["value"]
    seen_at = queries.response_facts(reference).revision
    owner.submit(lead, {"lead_owner": "nobody"}, do="skip")
    clash = adviser.post(
        lead,
        data={
            "csrf_token": token,
            "revision": str(seen_at),
            "lead_owner": "named_only",
            "do": "skip",
        },
    )
    assert clash.status_code == 409
    assert "Olive Example" in text(clash)
    finish(reference, complete=False)
    done = owner.submit(f"/diagnostic/{reference}/check")
    said = "Answered together with an adviser, Ada Adviser, on 20 November 2026"
    assert said in text(done)
    assert said.lower() in seen(owner, f"/employers/{pair.employer}/diagnostics").lower()
    assert milestones(pair) == [("diagnostic", f"response:{reference}")]
    assert "Diagnostic started together with an adviser" in lines_of(pair)


def test_a_withdrawn_session_no_longer_says_together(pair: Pair) -> None:
    session = make_session(pair)
    with unit_of_work():
        reference = service.start_together(
            case=pair.case, session=session, sector="retail", size_tier="small", by=pair.adviser
        ).value
    finish(reference)
    assert queries.response_facts(reference).session_by == "Ada Adviser"
    with unit_of_work() as db:
        row = db.scalars(select(DiagnosticSession)).one()
        row.withdrawn_at, row.withdrawn_reason = utc_now(), "Wrong day"
    adviser = pair.client(pair.provider.adviser)
    assert "Answered together" not in seen(adviser, f"/diagnostic/{reference}/results")


def test_theirs_is_gone_on_with_instead_of_another(pair: Pair) -> None:
    session = make_session(pair)
    theirs = make_response(employer=pair.employer, complete=False)
    adviser = pair.client(pair.provider.adviser)
    path = f"/cases/{pair.case}/diagnostic"
    page = seen(adviser, path)
    assert "They have one under way" in page
    assert "Start from an empty page" not in page
    answer = adviser.submit(path, form="take_in-form")
    assert answer.request.path == f"/diagnostic/{theirs.reference}/check"
    facts = queries.response_facts(theirs.reference)
    assert facts.session_by == "Ada Adviser"
    assert "Diagnostic taken into the in-depth session" in lines_of(pair)
    # Starting takes it in as well: there is never a second one beside it.
    with unit_of_work():
        again = service.start_together(
            case=pair.case, session=session, sector="retail", size_tier="small", by=pair.adviser
        )
    assert again == Ok(theirs.reference)


def test_finished_answers_are_gone_through_together(pair: Pair) -> None:
    make_session(pair)
    first = make_response(employer=pair.employer, worst=True)
    before = len(milestones(pair))
    adviser = pair.client(pair.provider.adviser)
    opened = adviser.submit(f"/cases/{pair.case}/diagnostic", form="go_through-form")
    reference = re.search(r"/diagnostic/(\w+)/", opened.request.path)[1]
    facts = queries.response_facts(reference)
    assert (facts.kind, facts.session_by) == ("correction", "Ada Adviser")
    assert facts.answers.keys() == queries.response_facts(first.reference).answers.keys()
    done = adviser.submit(f"/diagnostic/{reference}/check")
    assert "and corrected" in text(done)
    assert len(milestones(pair)) == before + 1
    assert lines_of(pair)[-1].startswith("Diagnostic corrected")


def test_a_session_recorded_afterwards_is_said_only_when_an_adviser_answered(pair: Pair) -> None:
    with unit_of_work():
        reference = service.start_together(
            case=pair.case, session=None, sector="retail", size_tier="small", by=pair.adviser
        ).value
    finish(reference)
    session = make_session(pair)
    alone = {"case": pair.case, "session": session, "response": reference, "by": pair.adviser}
    with unit_of_work():
        refused = service.say_together(**alone)
    assert isinstance(refused, Err)
    assert refused.problem.code == "not_together"
    facts = queries.response_facts(reference)
    with unit_of_work():
        opened = service.correct(response_id=facts.id)
        corrected = queries.response_facts(opened.value)
        service.save_answers(
            response_id=corrected.id,
            values={"staff_total": 77},
            seen=corrected.revision,
            by=f"user:{pair.adviser.user_id}",
        )
        service.complete(response_id=corrected.id, by=pair.adviser)
    adviser = pair.client(pair.provider.adviser)
    done = adviser.submit(f"/cases/{pair.case}/diagnostic", form="say_together-form")
    assert "now says that it was answered together" in done.get_data(as_text=True)
    assert queries.response_facts(corrected.reference).session_by == "Ada Adviser"


def test_a_closed_case_or_another_ones_session_starts_nothing(pair: Pair) -> None:
    elsewhere = make_pair(pair.app, name="Another Example")
    foreign = make_session(elsewhere)
    foreign_response = make_response(employer=elsewhere.employer, complete=False).reference
    with unit_of_work():
        wrong = service.start_together(
            case=pair.case, session=foreign, sector="retail", size_tier="small", by=pair.adviser
        )
        theirs = service.take_in(
            case=pair.case,
            session=None,
            response=foreign_response,
            by=pair.adviser,
        )
    assert isinstance(wrong, Err)
    assert isinstance(theirs, Err)
    facts = caseload.case_facts(pair.case)
    with unit_of_work():
        cases.close_case(
            reference=pair.case,
            reason="no_contact",
            note="",
            revision=facts.revision,
            by=pair.adviser,
        )
        closed = service.start_together(
            case=pair.case, session=None, sector="retail", size_tier="small", by=pair.adviser
        )
    assert isinstance(closed, Err)
    assert closed.problem.code == "case_closed"
    adviser = pair.client(pair.provider.adviser)
    assert "This case is closed" in seen(adviser, f"/cases/{pair.case}/diagnostic")


def test_what_a_visitor_answered_counts_for_the_case_once_it_is_the_employers(pair: Pair) -> None:
    facts = make_response()
    profile = employer_profile(pair.employer)
    assert profile is not None
    with unit_of_work():
        service.attach_to_employer(response_id=facts.id, employer=profile, by=PORTAL)
    assert milestones(pair) == [("diagnostic", f"response:{facts.reference}")]
    assert lines_of(pair) == ["Diagnostic completed: 100 out of 100"]


def test_without_a_case_nothing_rests_on_a_diagnostic(pair: Pair) -> None:
    alone = make_pair(pair.app, name="Alone")
    facts = caseload.case_facts(alone.case)
    with unit_of_work():
        cases.close_case(
            reference=alone.case,
            reason="no_contact",
            note="",
            revision=facts.revision,
            by=alone.adviser,
        )
    make_response(employer=alone.employer)
    assert milestones(alone) == []
    assert lines_of(alone)[-1] == "Diagnostic completed: 100 out of 100"


def test_cards_on_the_case_and_the_session(pair: Pair) -> None:
    session = make_session(pair)
    adviser, officer = pair.client(pair.provider.adviser), pair.client(pair.officer)
    case, visit = f"/cases/{pair.case}", f"/cases/{pair.case}/session/{session}"
    assert "Start the diagnostic together" in seen(adviser, case)
    assert "Start the diagnostic together" in seen(adviser, visit)
    assert "Start the diagnostic together" not in seen(officer, case)
    with unit_of_work():
        reference = service.start_together(
            case=pair.case, session=session, sector="retail", size_tier="small", by=pair.adviser
        ).value
    assert "Diagnostic: not finished" in seen(adviser, case)
    assert "Go on where it was left" in seen(adviser, visit)
    finish(reference)
    assert "Diagnostic: 100 out of 100" in seen(officer, case)
    assert "Answered together with Ada Adviser" in seen(adviser, case)
    timeline = adviser.soup(f"/employers/{pair.employer}/timeline")
    assert timeline.select(f'a[href="/diagnostic/{reference}"]')
