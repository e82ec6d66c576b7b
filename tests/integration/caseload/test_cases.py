"""Cases: one open at a time, stages that rest on records, the one next action."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from portal.caseload import queries
from portal.caseload.models import NextAction
from portal.caseload.rules.stages import Milestone, Stage
from portal.caseload.service import cases
from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.employers.models import TimelineEntry
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok
from tests.factories.accounts import sign_in
from tests.factories.caseload import make_case, make_provider
from tests.factories.employers import make_employer
from tests.support.client import PortalClient


def test_an_employer_has_one_open_case(session: PortalSession) -> None:
    with unit_of_work():
        mine, other = make_provider(), make_provider()
        employer = make_employer()
        make_case(mine, employer)
        again = cases.open_case(
            employer_id=employer.id,
            organisation_id=other.organisation.id,
            adviser_id=None,
            by=other.author,
        )
    assert isinstance(again, Err)
    assert again.problem.code == cases.OPEN_ALREADY
    assert queries.serves({mine.organisation.id}, employer.reference)
    assert not queries.serves({other.organisation.id}, employer.reference)


def test_a_stage_without_its_record_needs_a_reason_once(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        case = make_case(provider)
        reference, revision = case.reference, case.revision
    with unit_of_work():
        refused = cases.move_stage(
            reference=reference,
            target=Stage.DIAGNOSTIC,
            reason="",
            revision=revision,
            by=provider.author,
        )
    assert isinstance(refused, Err)
    assert "consultation form" in refused.problem.message
    assert "in-depth session" in refused.problem.message
    with unit_of_work():
        moved = cases.move_stage(
            reference=reference,
            target=Stage.DIAGNOSTIC,
            reason="The consultation was done on paper before the portal opened",
            revision=revision,
            by=provider.author,
        )
        assert isinstance(moved, Ok)
        revision = moved.value.revision
    assert queries.waived_milestones(case.id) == {"consultation", "session", "diagnostic"}
    with unit_of_work():
        stale = cases.move_stage(
            reference=reference, target=Stage.PLAN, reason="x", revision=1, by=provider.author
        )
    assert isinstance(stale, Err)
    assert stale.problem.code == "changed"
    titles = set(
        session.scalars(
            select(TimelineEntry.title).where(TimelineEntry.employer_id == case.employer_id)
        )
    )
    assert "Referral → In-depth diagnostic" in titles


def test_records_carry_a_case_forward(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        case = make_case(provider)
        for kind in (Milestone.CONSULTATION, Milestone.SESSION):
            cases.note_milestone(case=case, kind=kind, subject=f"{kind}:X", by=provider.author)
        assert case.stage == "consultation"
        cases.note_milestone(
            case=case, kind=Milestone.DIAGNOSTIC, subject="response:X", by=provider.author
        )
        assert case.stage == "diagnostic"
        cases.note_milestone(
            case=case, kind=Milestone.SUPPORT, subject="delivery:X", by=provider.author
        )
        # Support came before the plan was agreed: the case waits for somebody to explain that.
        assert case.stage == "diagnostic"


def test_a_missed_action_is_kept_when_it_is_moved(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        case = make_case(provider)
        first = cases.set_next_action(
            case=case, kind="call", what="Ring back", due_on=today(), by=provider.author
        )
        assert isinstance(first, Ok)
        second = cases.set_next_action(
            case=case,
            kind="visit",
            what="",
            due_on=today() + timedelta(days=3),
            by=provider.author,
        )
        assert isinstance(second, Ok)
        past = cases.set_next_action(
            case=case,
            kind="visit",
            what="",
            due_on=today() - timedelta(days=1),
            by=provider.author,
        )
        assert isinstance(past, Err)
    rows = session.execute(
        select(NextAction.what, NextAction.state)
        .where(NextAction.case_id == case.id)
        .order_by(NextAction.id)
    ).all()
    assert [tuple(row) for row in rows] == [("Ring back", "moved"), ("Visit", "open")]


def test_closing_says_why_and_reopening_goes_back_to_the_records(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        case = make_case(provider)
        reference = case.reference
        cases.note_milestone(
            case=case, kind=Milestone.CONSULTATION, subject="consultation:X", by=provider.author
        )
        revision = case.revision
    with unit_of_work():
        refused = cases.close_case(
            reference=reference, reason="completed", note="", revision=revision, by=provider.author
        )
    assert isinstance(refused, Err)
    assert refused.problem.field == "note"
    with unit_of_work():
        closed = cases.close_case(
            reference=reference,
            reason="no_contact",
            note="",
            revision=revision,
            by=provider.author,
        )
        assert isinstance(closed, Ok)
        revision = closed.value.revision
    assert queries.open_case_of(case.employer_id) is None
    with unit_of_work():
        opened = cases.reopen_case(
            reference=reference, reason="They rang", revision=revision, by=provider.author
        )
        assert isinstance(opened, Ok)
        assert opened.value.stage == "consultation"
    changes = [change.to_stage for change in queries.stage_changes(case.id)]
    assert changes == ["referral", "consultation", "closed", "consultation"]


def test_a_record_that_was_merged_takes_no_case(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        kept, merged = make_employer(), make_employer()
        merged.merged_into_id = kept.id
        session.flush()
        refused = cases.open_case(
            employer_id=merged.id,
            organisation_id=provider.organisation.id,
            adviser_id=provider.adviser.id,
            by=provider.author,
        )
    assert isinstance(refused, Err)
    assert refused.problem.code == "employer_merged"


def test_the_employers_page_leads_its_adviser_to_the_case(client: PortalClient) -> None:
    with unit_of_work():
        provider, other = make_provider(), make_provider()
        employer = make_employer()
        case = make_case(provider, employer).reference
        reference = employer.reference
        adviser, stranger = provider.adviser, other.adviser
    sign_in(client, adviser)
    page = client.soup(f"/employers/{reference}")
    assert page.select_one(f'a[href="/cases/{case}"]').get_text() == "Case: referral"
    sign_in(client, stranger)
    assert client.get(f"/employers/{reference}").status_code == 403
