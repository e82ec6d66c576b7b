"""Support delivered: recording, refusing, correcting, withdrawing, asking for confirmation."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.caseload import queries as case_queries
from portal.caseload.models import (
    Attendance,
    Case,
    CaseMilestone,
    Confirmation,
    Delivery,
    EvidenceFile,
)
from portal.caseload.panels import GUARDS_EXTENSION, register_withdraw_guard
from portal.caseload.queries import support as queries
from portal.caseload.queries.support import Filters
from portal.caseload.rules.stages import Milestone, Stage
from portal.caseload.rules.support import Attending, Delivered
from portal.caseload.service import confirmations, support
from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.employers.models import TimelineEntry
from portal.kernel.clock import london, today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from tests.factories.caseload import Provider, make_case, make_provider
from tests.factories.employers import make_employer

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def said(**changes: Any) -> Delivered:
    values: dict[str, Any] = {
        "kind": "workshop",
        "design": "bespoke",
        "audience": ("line_managers",),
        "title": "Rotas that work",
        "delivered_on": today(),
        "minutes": 90,
        "mode": "place",
        "place": "The back office",
        "trainer": "Example Trainer",
        "funding": "fully_funded",
        **changes,
    }
    return Delivered(**values)


@pytest.fixture
def provider(session: PortalSession) -> Provider:
    with unit_of_work():
        return make_provider()


def a_case(provider: Provider, **employer: Any) -> str:
    with unit_of_work():
        case = make_case(
            provider,
            make_employer(**employer),
            contact_name="Example Contact",
            contact_email="contact@example.org",
        )
        return case.reference


def record(provider: Provider, rows: list[Attending], **kwargs: Any) -> Ok[Delivery] | Err:
    given = kwargs.pop("given", None) or said()
    with unit_of_work():
        return support.record(
            given=given,
            attending=rows,
            organisations={provider.organisation.id},
            once=kwargs.pop("once", ""),
            by=kwargs.pop("by", None) or provider.author,
            **kwargs,
        )


def recorded(provider: Provider, *cases: str, **kwargs: Any) -> queries.DeliveryFacts:
    made = record(provider, [Attending(case, 4, 3) for case in cases], **kwargs)
    assert isinstance(made, Ok), made
    facts = queries.delivery_facts(made.value.reference)
    assert facts is not None
    return facts


def code_of(result: Ok[Any] | Err) -> str:
    return result.problem.code if isinstance(result, Err) else "done"


def test_a_delivery_is_on_each_case_with_the_size_of_the_day(
    session: PortalSession, provider: Provider
) -> None:
    first, second = a_case(provider), a_case(provider, headcount=249)
    facts = recorded(provider, first, second, given=said(delivered_on=today() - timedelta(days=3)))
    assert [row.case_reference for row in facts.attendances] == [first, second]
    assert [row.size_tier for row in facts.attendances] == ["small", "medium"]
    assert {row.sector for row in facts.attendances} == {"hospitality"}
    assert {row.state for row in facts.attendances} == {"not_asked"}
    for reference in (first, second):
        case = case_queries.case_facts(reference)
        assert case is not None
        assert case.contact_count == 1
        assert case.last_contact_at is not None
        assert london(case.last_contact_at).date() == today() - timedelta(days=3)
        assert Milestone.SUPPORT in case_queries.held_milestones(case.id)
        entry = session.scalars(
            select(TimelineEntry).where(
                TimelineEntry.employer_id == case.employer_id, TimelineEntry.kind == "support"
            )
        ).one()
        assert entry.title == "Workshop: Rotas that work"
        assert entry.subject == f"delivery:{facts.reference}"


def test_the_last_missing_record_carries_the_case_to_support(provider: Provider) -> None:
    reference = a_case(provider)
    with unit_of_work():
        case = case_queries.case_to_change(reference)
        assert case is not None
        from portal.caseload.service import cases

        for kind in (
            Milestone.CONSULTATION,
            Milestone.SESSION,
            Milestone.DIAGNOSTIC,
            Milestone.PLAN,
        ):
            cases.note_milestone(case=case, kind=kind, subject=f"x:{kind}", by=provider.author)
    recorded(provider, reference)
    facts = case_queries.case_facts(reference)
    assert facts is not None
    assert facts.stage is Stage.SUPPORT


def test_todays_support_is_never_in_the_future(provider: Provider) -> None:
    reference = a_case(provider)
    recorded(provider, reference)
    case = case_queries.case_facts(reference)
    assert case is not None
    assert case.last_contact_at is not None
    assert case.last_contact_at <= utc_now()


def test_another_providers_case_is_refused_and_nothing_is_kept(
    session: PortalSession, provider: Provider
) -> None:
    with unit_of_work():
        other = make_provider()
    mine, theirs = a_case(provider), a_case(other)
    result = record(provider, [Attending(mine, 2), Attending(theirs, 2)])
    assert code_of(result) == "not_your_case"
    assert session.scalar(select(func.count(Delivery.id))) == 0
    # Somebody who works for both still cannot mix them: a record has one provider.
    with unit_of_work():
        mixed = support.record(
            given=said(),
            attending=[Attending(mine, 2), Attending(theirs, 2)],
            organisations={provider.organisation.id, other.organisation.id},
            once="",
            by=provider.author,
        )
    assert code_of(mixed) == "not_your_case"


def test_a_case_closed_a_year_ago_counts_and_an_older_one_does_not(provider: Provider) -> None:
    recent, old = a_case(provider), a_case(provider)
    with unit_of_work() as session:
        for reference, days in ((recent, 360), (old, 370)):
            case = session.scalars(select(Case).where(Case.reference == reference)).one()
            case.stage, case.close_reason = "closed", "completed"
            case.closed_at = utc_now() - timedelta(days=days)
    assert code_of(record(provider, [Attending(old, 2)])) == "not_your_case"
    facts = recorded(provider, recent)
    assert facts.attendances[0].case_reference == recent
    case_facts = case_queries.case_facts(recent)
    assert case_facts is not None
    assert case_facts.stage is Stage.CLOSED


@pytest.mark.parametrize(
    ("headcount", "code"), [(249, "done"), (250, "too_large"), (None, "size_unknown")]
)
def test_fully_funded_support_is_for_smaller_employers(
    session: PortalSession, provider: Provider, headcount: int | None, code: str
) -> None:
    reference = a_case(provider, headcount=headcount, name="Example Store Ltd")
    result = record(provider, [Attending(reference, 2)])
    assert code_of(result) == code
    if isinstance(result, Err):
        assert "Example Store Ltd" in result.problem.message
        assert session.scalar(select(func.count(Attendance.id))) == 0
        paying = said(funding="employer_pays")
        assert code_of(record(provider, [Attending(reference, 2)], given=paying)) == "done"


def test_the_same_form_twice_is_one_delivery_and_only_for_its_sender(
    session: PortalSession, provider: Provider
) -> None:
    reference = a_case(provider)
    rows = [Attending(reference, 2)]
    first = record(provider, rows, once="the-mark")
    again = record(provider, rows, once="the-mark")
    assert isinstance(first, Ok)
    assert isinstance(again, Ok)
    assert first.value.id == again.value.id
    case = case_queries.case_facts(reference)
    assert case is not None
    assert case.contact_count == 1
    colleague = Author(provider.manager.id, "Example Manager", None)
    theirs = record(provider, rows, once="the-mark", by=colleague)
    assert isinstance(theirs, Ok)
    assert theirs.value.id != first.value.id


def test_a_sheet_is_kept_with_each_case_and_is_not_its_own_double(
    session: PortalSession, provider: Provider
) -> None:
    from portal.caseload.queries import evidence

    first, second = a_case(provider), a_case(provider)
    sheets = support.keep_sheet("sheet.pdf", PDF, 2)
    assert isinstance(sheets, Ok), sheets
    facts = recorded(provider, first, second, sheets=sheets.value)
    kept = evidence.of_subject(f"delivery:{facts.reference}")
    assert {file.case_reference for file in kept} == {first, second}
    assert {file.kind for file in kept} == {"attendance_sheet"}
    assert [file.same_as for file in kept] == [(), ()]


def test_what_is_no_sheet_is_refused_before_anything_is_written(provider: Provider) -> None:
    a_case(provider)
    refused = support.keep_sheet("sheet.pdf", b"<script>alert(1)</script>", 1)
    assert isinstance(refused, Err)
    assert refused.problem.field == "sheet"


def test_a_sheet_for_closed_cases_only_takes_the_record_with_it(
    session: PortalSession, provider: Provider
) -> None:
    reference = a_case(provider)
    with unit_of_work() as writing:
        case = writing.scalars(select(Case).where(Case.reference == reference)).one()
        case.stage, case.close_reason, case.closed_at = "closed", "completed", utc_now()
    sheets = support.keep_sheet("sheet.pdf", PDF, 1)
    assert isinstance(sheets, Ok)
    refused = record(provider, [Attending(reference, 2)], sheets=sheets.value)
    assert isinstance(refused, Err)
    assert refused.problem.field == "sheet"
    assert session.scalar(select(func.count(Delivery.id))) == 0
    assert session.scalar(select(func.count(CaseMilestone.id))) == 0
    assert session.scalar(select(func.count(EvidenceFile.id))) == 0


def test_a_record_is_corrected_until_somebody_is_asked(provider: Provider) -> None:
    reference = a_case(provider)
    facts = recorded(provider, reference)

    def correct(revision: int, title: str) -> Ok[Delivery] | Err:
        with unit_of_work():
            return support.correct(
                reference=facts.reference,
                given=said(title=title, delivered_on=facts.delivered_on),
                attending=[Attending(reference, 7, None)],
                revision=revision,
                by=provider.author,
            )

    assert code_of(correct(1, "Better rotas")) == "done"
    now = queries.delivery_facts(facts.reference)
    assert now is not None
    assert (now.title, now.attendances[0].attended, now.revision) == ("Better rotas", 7, 2)
    assert code_of(correct(1, "Stale")) == "changed"
    with unit_of_work():
        assert support.ask_all(reference=facts.reference, by=provider.author) == Ok(1)
    assert code_of(correct(2, "Too late")) == "was_asked"


def test_a_correction_keeps_its_employers_and_the_rule_of_size(provider: Provider) -> None:
    large, other = a_case(provider, headcount=900), a_case(provider)
    facts = recorded(provider, large, given=said(funding="employer_pays"))
    for rows, given, code in (
        ([Attending(other, 2)], said(funding="employer_pays"), "not_your_case"),
        ([Attending(large, 2)], said(), "too_large"),
        ([Attending(large, 2)], said(funding="employer_pays", trainer=" "), "bad_trainer"),
    ):
        with unit_of_work():
            result = support.correct(
                reference=facts.reference,
                given=given,
                attending=rows,
                revision=1,
                by=provider.author,
            )
        assert code_of(result) == code


def test_withdrawing_takes_the_record_from_every_case_and_ends_links(
    session: PortalSession, provider: Provider
) -> None:
    first, second = a_case(provider), a_case(provider)
    facts = recorded(provider, first, second)
    with unit_of_work():
        support.ask_all(reference=facts.reference, by=provider.author)

    def withdraw(reason: str) -> Ok[Delivery] | Err:
        with unit_of_work():
            return support.withdraw(reference=facts.reference, reason=reason, by=provider.author)

    assert code_of(withdraw("  ")) == "reason_needed"
    assert code_of(withdraw("It did not take place")) == "done"
    assert code_of(withdraw("Again")) == "withdrawn"
    for reference in (first, second):
        case = case_queries.case_facts(reference)
        assert case is not None
        assert Milestone.SUPPORT not in case_queries.held_milestones(case.id)
        assert queries.summary_of_case(case.id).sessions == 0
    assert set(session.scalars(select(Confirmation.state))) == {"replaced"}
    with unit_of_work():
        asked = support.ask_all(reference=facts.reference, by=provider.author)
    assert code_of(asked) == "withdrawn"


def test_a_later_feature_can_refuse_a_withdrawal(app: Any, provider: Provider) -> None:
    reference = a_case(provider)
    facts = recorded(provider, reference)
    attendance = f"attendance:{facts.attendances[0].reference}"
    before = list(app.extensions.get(GUARDS_EXTENSION, []))
    register_withdraw_guard(
        app, lambda subject: Problem("claimed", "Claimed") if subject == attendance else None
    )
    try:
        with unit_of_work():
            refused = support.withdraw(
                reference=facts.reference, reason="A mistake", by=provider.author
            )
    finally:
        app.extensions[GUARDS_EXTENSION] = before
    assert code_of(refused) == "claimed"
    now = queries.delivery_facts(facts.reference)
    assert now is not None
    assert not now.is_withdrawn


def test_one_button_asks_those_who_can_be_asked_once(
    session: PortalSession, provider: Provider
) -> None:
    first, second, silent = a_case(provider), a_case(provider), a_case(provider)
    with unit_of_work() as writing:
        case = writing.scalars(select(Case).where(Case.reference == silent)).one()
        case.contact_email = ""
    facts = recorded(provider, first, second, silent)

    def ask() -> Ok[int] | Err:
        with unit_of_work():
            return support.ask_all(reference=facts.reference, by=provider.author)

    assert ask() == Ok(2)
    assert code_of(ask()) == "nobody_to_ask"
    now = queries.delivery_facts(facts.reference)
    assert now is not None
    assert now.counted() == {"awaiting": 2, "not_asked": 1}
    with unit_of_work() as writing:
        row = writing.scalars(select(Confirmation).order_by(Confirmation.id)).first()
        assert row is not None
        row.due_on = today() - timedelta(days=1)
    assert ask() == Ok(1)


def test_a_dispute_shows_its_words_and_is_not_asked_again_by_the_button(
    provider: Provider,
) -> None:
    reference = a_case(provider)
    facts = recorded(provider, reference)
    with unit_of_work() as session:
        support.ask_all(reference=facts.reference, by=provider.author)
        question = session.scalars(select(Confirmation.reference)).one()
    with unit_of_work():
        answered = confirmations.answer(
            reference=question,
            agrees=False,
            words="Only two of us came",
            by=Author(None, "Example Owner", "owner@example.org"),
            by_link=True,
        )
    assert isinstance(answered, Ok), answered
    now = queries.delivery_facts(facts.reference)
    assert now is not None
    row = now.attendances[0]
    assert (row.state, row.words) == ("disputed", "Only two of us came")
    assert not row.can_be_asked
    case = case_queries.case_facts(reference)
    assert case is not None
    summary = queries.summary_of_case(case.id)
    assert (summary.sessions, summary.unconfirmed, summary.disputed) == (1, 1, 1)


def test_the_list_narrows_by_provider_kind_month_state_mine_and_case(provider: Provider) -> None:
    with unit_of_work():
        other = make_provider()
    one, two, theirs = a_case(provider), a_case(provider), a_case(other)
    first = recorded(provider, one, given=said(kind="coaching", delivered_on=date(2026, 3, 31)))
    second = recorded(provider, two, by=Author(provider.manager.id, "Example Manager"))
    third = recorded(other, theirs)
    with unit_of_work():
        support.ask_all(reference=second.reference, by=provider.author)

    def found(**filters: Any) -> list[str]:
        return [row.reference for row in queries.deliveries(Filters(**filters)).rows]

    own = frozenset({provider.organisation.id})
    assert found() == [third.reference, second.reference, first.reference]
    assert found(organisation_ids=own) == [second.reference, first.reference]
    assert found(organisation_ids=frozenset()) == []
    assert found(kind="coaching") == [first.reference]
    assert found(month=date(2026, 3, 1)) == [first.reference]
    assert found(month=date(2026, 4, 1)) == []
    assert found(state="awaiting") == [second.reference]
    assert found(organisation_ids=own, state="not_asked") == [first.reference]
    # The adviser holds both cases; the manager only recorded one.
    assert found(mine=provider.manager.id) == [second.reference]
    assert found(mine=provider.adviser.id) == [second.reference, first.reference]
    assert found(case=one) == [first.reference]
    with unit_of_work():
        support.withdraw(reference=first.reference, reason="A mistake", by=provider.author)
    assert found(state="withdrawn") == [first.reference]
    assert found(organisation_ids=own, state="not_asked") == []


def test_a_long_list_pages(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "PAGE", 2)
    reference = a_case(provider)
    made = [recorded(provider, reference).reference for _ in range(3)]
    first, second = queries.deliveries(Filters()), queries.deliveries(Filters(), page=2)
    assert [row.reference for row in first.rows] == [made[2], made[1]]
    assert first.more
    assert [row.reference for row in second.rows] == [made[0]]
    assert not second.more


def test_cases_are_found_among_ones_own_by_words_of_the_name(provider: Provider) -> None:
    with unit_of_work():
        other = make_provider()
    mine = a_case(provider, name="Example Bakery of Leeds Ltd")
    a_case(other, name="Example Bakery of York Ltd")
    own = {provider.organisation.id}
    assert [each.reference for each in queries.find_cases("bakery", own)] == [mine]
    assert [each.reference for each in queries.find_cases(mine.lower(), own)] == [mine]
    assert queries.find_cases("bakery york", own) == []
    assert queries.find_cases("  ", own) == []
    assert queries.find_cases("bakery", set()) == []
