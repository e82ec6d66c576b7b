"""Outputs arise through the employer's own answer, and go with the work they rest on."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.caseload import queries as caseload
from portal.caseload.models import Attendance, Case, Delivery, DiagnosticSession
from portal.caseload.panels import CONFIRMED_EXTENSION, WITHDRAWN_EXTENSION
from portal.caseload.queries import confirmations as asked
from portal.caseload.rules.confirmations import what
from portal.caseload.rules.stages import Milestone
from portal.caseload.service import cases, confirmations, sessions, support
from portal.caseload.service import merging as employer_merging
from portal.db import current_session, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.db.session import PortalSession
from portal.employers import service as employers
from portal.employers.models import Employer
from portal.employers.rules.facts import Details, StaffNumbers
from portal.integrations.jobs import run_daily
from portal.kernel.clock import freeze, today
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok
from portal.payments.models import Decision, Output, Subcontractor
from portal.payments.service import claims, outputs
from portal.payments.service.proving import verify
from tests.factories.caseload import (
    Provider,
    author_of,
    make_lep_officer,
    make_organisation,
    make_provider,
)
from tests.factories.employers import make_employer
from tests.factories.payments import (
    PRICES,
    make_card,
    make_confirmed_delivery,
    make_confirmed_session,
    make_contract,
    make_hard_to_reach,
    make_output,
)
from tests.support.client import PortalClient

CASEY = Author(None, "Casey Contact", "casey@example.org")


def ask(case: str, kind: Any, record_id: int, reference: str, by: Author) -> str:
    """Ask the employer to confirm; the path of the link in its mail."""
    with unit_of_work():
        about = asked.subjects(kind, [record_id])[record_id]
        held = caseload.case_to_change(case)
        assert held is not None
        done = confirmations.ask(
            case=held,
            subject=kind,
            record_id=record_id,
            reference=reference,
            what=what(about),
            to_name="Casey Contact",
            to_email="casey@example.org",
            by=by,
        )
        assert isinstance(done, Ok), done
    mails = current_session().scalars(
        select(OutboxEntry.payload).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
    )
    text = [mail for mail in mails if mail["to"] == "casey@example.org"][-1]["text"]
    found = re.search(r"https?://[^/\s]+(/confirm/\S+)", text)
    assert found is not None
    return found[1]


def ask_session(made: DiagnosticSession, provider: Provider) -> str:
    case = current_session().get_one(Case, made.case_id).reference
    return ask(case, "session", made.id, made.reference, provider.author)


def ask_delivery(delivery: Delivery, provider: Provider) -> list[str]:
    rows = current_session().execute(
        select(Attendance.id, Attendance.reference, Case.reference)
        .join(Case, Case.id == Attendance.case_id)
        .where(Attendance.delivery_id == delivery.id)
        .order_by(Attendance.id)
    )
    return [ask(row[2], "attendance", row[0], row[1], provider.author) for row in rows.all()]


def all_outputs() -> list[Output]:
    return list(current_session().scalars(select(Output).order_by(Output.id)))


@pytest.fixture
def provider(session: PortalSession) -> Provider:
    """A provider with a contract, and a card in force."""
    with unit_of_work():
        made = make_provider()
        make_contract(made.organisation)
        make_card()
    return made


def test_the_employers_yes_makes_the_engagement(provider: Provider, client: PortalClient) -> None:
    with unit_of_work():
        made = make_confirmed_session(provider, make_hard_to_reach(), confirmed=False)
    path = ask_session(made, provider)
    assert all_outputs() == []
    client.submit(path, {"answer": "yes"}, form="right")
    (output,) = all_outputs()
    assert (output.output_type, output.session_id) == ("engagement", made.id)
    assert (output.base_pence, output.bonus_pence) == (60_000, 15_000)
    assert output.adviser_id == provider.adviser.id
    proof = output.facts["work"]
    assert proof["reference"] == made.reference
    assert set(proof["confirmation"]) == {"reference", "at"}
    assert proof["diagnostic"]["subject"].startswith("diagnostic:")
    # No name of somebody at the employer stands where nothing can be taken out again.
    assert "Casey" not in str(output.facts)
    said = current_session().scalars(select(Decision)).all()
    assert [(one.action, one.by_name) for one in said if "output" in one.action] == [
        ("output.arose", PORTAL.shown)
    ]
    assert run_daily() == []
    assert len(all_outputs()) == 1
    assert verify().fault is None


def test_a_no_makes_nothing(provider: Provider, client: PortalClient) -> None:
    with unit_of_work():
        made = make_confirmed_session(provider, confirmed=False)
    path = ask_session(made, provider)
    client.submit(path, {"answer": "no", "words": "It was another day"}, form="wrong")
    assert all_outputs() == []


def test_what_is_missing_never_spoils_the_employers_answer(
    provider: Provider, client: PortalClient
) -> None:
    with unit_of_work():
        made = make_confirmed_session(
            provider, make_employer(headcount=None), confirmed=False, diagnostic=False
        )
    shown = client.submit(ask_session(made, provider), {"answer": "yes"}, form="right")
    assert "You confirmed this" in shown.get_data(as_text=True)
    assert all_outputs() == []


def test_a_fault_of_what_follows_never_spoils_the_employers_answer(
    provider: Provider,
    client: PortalClient,
    app: Flask,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fails(*_args: Any) -> None:
        current_session().add(Output(reference="HALFMADE00"))
        current_session().flush()

    known = app.extensions[CONFIRMED_EXTENSION]
    monkeypatch.setitem(app.extensions, CONFIRMED_EXTENSION, [fails, *known])
    with unit_of_work():
        made = make_confirmed_session(provider, confirmed=False)
    shown = client.submit(ask_session(made, provider), {"answer": "yes"}, form="right")
    assert "You confirmed this" in shown.get_data(as_text=True)
    # What failed is undone alone, and those after it still act.
    assert [one.session_id for one in all_outputs()] == [made.id]
    assert "tried again daily" in caplog.text


def test_a_diagnostic_completed_after_the_confirmation_lets_it_arise(
    provider: Provider, client: PortalClient
) -> None:
    with unit_of_work():
        made = make_confirmed_session(provider, confirmed=False, diagnostic=False)
    client.submit(ask_session(made, provider), {"answer": "yes"}, form="right")
    assert all_outputs() == []
    with unit_of_work():
        case = current_session().get_one(Case, made.case_id)
        cases.note_milestone(
            case=case, kind=Milestone.CONSULTATION, subject="consultation:X", by=provider.author
        )
        assert all_outputs() == []
        cases.note_milestone(
            case=case, kind=Milestone.DIAGNOSTIC, subject="response:X", by=provider.author
        )
    assert [one.session_id for one in all_outputs()] == [made.id]


def test_a_fact_added_later_is_found_by_the_daily_job(provider: Provider) -> None:
    with unit_of_work():
        created = employers.create_employer(
            details=Details("Example Shop Ltd", "leeds", "LS1 4AP", ["47110"]),
            staff=None,
            owner_id=None,
        )
        assert isinstance(created, Ok)
        reference = created.value.reference
        make_confirmed_session(provider, created.value)
    assert run_daily() == []
    assert all_outputs() == []
    with unit_of_work():
        done = employers.update_staff_numbers(
            reference=reference, version=1, staff=StaffNumbers(34, 20, today()), by=None
        )
        assert isinstance(done, Ok)
    assert run_daily() == []
    (output,) = all_outputs()
    assert output.facts["values"]["headcount"] == 34
    # Still the day of the session, so it does not count as known later.
    assert output.facts["known_later"] == []
    assert output.facts["since"]["headcount"] == {"on": today().isoformat(), "version": 2}
    assert output.facts["since"]["sector"] == {"on": today().isoformat(), "version": 1}


def test_the_first_of_many_that_confirm_makes_the_one_delivery(
    provider: Provider, client: PortalClient
) -> None:
    with unit_of_work():
        made = make_confirmed_delivery(
            provider, make_employer(), make_employer(), make_employer(), confirmed=False
        )
    links = ask_delivery(made, provider)
    for path in links:
        client.submit(path, {"answer": "yes"}, form="right")
        assert len(all_outputs()) == 1
    assert all_outputs()[0].output_type == "workshop"


def test_of_those_that_confirmed_the_largest_party_counts_and_of_equals_the_first_by_name(
    provider: Provider,
) -> None:
    with unit_of_work():
        names = ("Zebra Ltd", "apple Ltd", "Mango Ltd")
        three = [make_employer(name=name, headcount=30 + at) for at, name in enumerate(names)]
        made = make_confirmed_delivery(provider, *three)
        same = outputs.arise_for_delivery(made.id, PORTAL)
        other = make_confirmed_delivery(
            provider, *(make_employer(name=f"{name} 2") for name in names)
        )
        most = current_session().scalars(
            select(Attendance).where(Attendance.delivery_id == other.id)
        )
        for at, row in enumerate(most):
            row.attended = (5, 4, 9)[at]
        current_session().flush()
        largest = outputs.arise_for_delivery(other.id, PORTAL)
    assert isinstance(same, Ok)
    assert isinstance(largest, Ok)
    assert same.value.employer_name == "apple Ltd"
    assert largest.value.employer_name == "Mango Ltd 2"
    assert largest.value.facts["work"]["attended"] == 9


def test_a_large_employer_earns_the_large_rate(provider: Provider) -> None:
    with unit_of_work():
        output = make_output(provider, make_employer(headcount=250))
        delivery = make_confirmed_delivery(provider, make_employer(headcount=400))
        refused = outputs.arise_for_delivery(delivery.id, PORTAL)
        delivery.funding = "employer_pays"
        current_session().flush()
        paid = outputs.arise_for_delivery(delivery.id, PORTAL)
    assert (output.size_tier, output.base_pence) == ("large", PRICES[("engagement", "large")])
    assert output.base_pence < PRICES[("engagement", "medium")]
    assert isinstance(refused, Err)
    assert refused.problem.message == (
        "fully funded support is for employers with fewer than 250 employees"
    )
    assert isinstance(paid, Ok)


def test_unknown_is_not_hard_to_reach_and_the_sentence_says_what_was_missing(
    provider: Provider,
) -> None:
    with unit_of_work():
        half = make_employer(
            iip_status="not_accredited", iip_on=today(), iip_evidence="Said on the phone"
        )
        output = make_output(provider, half)
    assert not output.hard_to_reach
    assert output.bonus_pence == 0
    assert output.explanation.endswith("no bonus: not counted yet: no answer about training")
    assert output.facts["hard_to_reach"]["missing"] == ["no answer about training"]


@pytest.mark.parametrize(
    ("day", "counts"),
    [
        (date(2026, 5, 31), False),
        (date(2026, 6, 1), True),
        (date(2026, 10, 31), True),
        (date(2026, 11, 1), False),
    ],
)
def test_only_work_within_the_contracts_days_counts(
    session: PortalSession, day: date, counts: bool
) -> None:
    with unit_of_work():
        provider = make_provider()
        make_contract(provider.organisation, starts_on=date(2026, 6, 1), ends_on=date(2026, 10, 31))
        make_card()
        made = make_confirmed_session(provider, held_on=day)
        found = outputs.arise_for_session(made.id, PORTAL)
    assert isinstance(found, Ok) is counts
    if isinstance(found, Err):
        assert found.problem.message == "the provider had no contract in force on that day"


def test_a_subcontractor_counts_only_while_it_was_one(session: PortalSession) -> None:
    with unit_of_work():
        prime, provider = make_organisation(), make_provider()
        contract = make_contract(prime, subcontractor=provider.organisation)
        make_card()
        sub = (
            current_session()
            .scalars(select(Subcontractor).where(Subcontractor.contract_id == contract.id))
            .one()
        )
        sub.until_on = date(2026, 10, 15)
        current_session().flush()
        inside = make_output(provider, held_on=date(2026, 10, 15))
        outside = make_confirmed_session(provider, held_on=date(2026, 10, 16))
        refused = outputs.arise_for_session(outside.id, PORTAL)
    assert (inside.contract_id, inside.organisation_id) == (contract.id, provider.organisation.id)
    assert isinstance(refused, Err)


@pytest.mark.parametrize(
    ("changed_at", "tier"),
    [
        # In summer the London day begins an hour before midnight UTC, in winter with it.
        (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), "large"),
        (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), "small"),
        (datetime(2026, 6, 30, 23, 59, tzinfo=UTC), "small"),
    ],
)
def test_a_change_before_midnight_in_london_counts_for_that_day(
    provider: Provider, changed_at: datetime, tier: str
) -> None:
    day = date(2026, 6, 30)
    _check_change(provider, changed_at, day, tier)


@pytest.mark.parametrize(
    ("changed_at", "day", "tier"),
    [
        (datetime(2026, 10, 31, 23, 59, tzinfo=UTC), date(2026, 10, 31), "large"),
        (datetime(2026, 11, 1, 0, 0, tzinfo=UTC), date(2026, 10, 31), "small"),
        # The night the clocks go back: 25 October 2026, an hour of 25 hours.
        (datetime(2026, 10, 24, 22, 59, tzinfo=UTC), date(2026, 10, 24), "large"),
        (datetime(2026, 10, 24, 23, 0, tzinfo=UTC), date(2026, 10, 24), "small"),
        (datetime(2026, 10, 25, 23, 59, tzinfo=UTC), date(2026, 10, 25), "large"),
    ],
)
def test_winter_time_and_the_night_the_clocks_go_back(
    provider: Provider, changed_at: datetime, day: date, tier: str
) -> None:
    _check_change(provider, changed_at, day, tier)


def _check_change(provider: Provider, changed_at: datetime, day: date, tier: str) -> None:
    with freeze(datetime(2026, 5, 1, 12, tzinfo=UTC)), unit_of_work():
        made = employers.create_employer(
            details=Details("Example Shop Ltd", "leeds", "LS1 4AP", ["47110"]),
            staff=StaffNumbers(34, 20, date(2026, 5, 1)),
            owner_id=None,
        )
        assert isinstance(made, Ok)
        employer_id, reference = made.value.id, made.value.reference
    with freeze(changed_at), unit_of_work():
        grown = employers.update_staff_numbers(
            reference=reference, version=1, staff=StaffNumbers(300, 20, today()), by=None
        )
        assert isinstance(grown, Ok)
    with unit_of_work():
        employer = current_session().get_one(Employer, employer_id)
        output = make_output(provider, employer, held_on=day)
    assert output.size_tier == tier


def withdraw_session(made: DiagnosticSession, provider: Provider) -> Any:
    with unit_of_work():
        case = current_session().get_one(Case, made.case_id)
        return sessions.withdraw(
            reference=case.reference,
            record_reference=made.reference,
            reason="It was another employer",
            by=provider.author,
        )


def test_withdrawing_the_work_withdraws_a_free_output_and_frees_the_business(
    provider: Provider,
) -> None:
    with unit_of_work():
        made = make_confirmed_session(provider)
        first = outputs.arise_for_session(made.id, PORTAL)
        assert isinstance(first, Ok)
    assert isinstance(withdraw_session(made, provider), Ok)
    (output,) = all_outputs()
    assert output.withdrawn_reason == "It was another employer"
    with unit_of_work():
        case = current_session().get_one(Case, made.case_id)
        second = make_confirmed_session(provider, case=case)
        again = outputs.arise_for_session(second.id, PORTAL)
    assert isinstance(again, Ok)
    assert [one.withdrawn_at is None for one in all_outputs()] == [False, True]


def test_a_delivery_goes_with_its_output(provider: Provider) -> None:
    with unit_of_work():
        made = make_confirmed_delivery(provider)
        assert isinstance(outputs.arise_for_delivery(made.id, PORTAL), Ok)
    with unit_of_work():
        done = support.withdraw(reference=made.reference, reason="Twice", by=provider.author)
    assert isinstance(done, Ok)
    assert all_outputs()[0].withdrawn_at is not None


def claimed(provider: Provider, contract_id: int, month: date, *, submit: bool) -> str:
    manager = author_of(provider.manager)
    with unit_of_work():
        built = claims.build(contract_id=contract_id, period=month, by=manager)
        assert isinstance(built, Ok), built
        reference = built.value.claim.reference
        if submit:
            done = claims.submit(
                reference=reference, revision=built.value.claim.revision, by=manager
            )
            assert isinstance(done, Ok), done
    return reference


@pytest.mark.parametrize("submit", [False, True])
def test_what_a_claim_holds_cannot_be_withdrawn(provider: Provider, submit: bool) -> None:
    october = date(2026, 10, 1)
    with unit_of_work():
        made = make_confirmed_session(provider, held_on=date(2026, 10, 31))
        delivery = make_confirmed_delivery(provider, delivered_on=date(2026, 10, 31))
        for found in (
            outputs.arise_for_session(made.id, PORTAL),
            outputs.arise_for_delivery(delivery.id, PORTAL),
        ):
            assert isinstance(found, Ok)
        contract_id = found.value.contract_id
    reference = claimed(provider, contract_id, october, submit=submit)
    refused = withdraw_session(made, provider)
    assert isinstance(refused, Err)
    assert refused.problem.message.startswith(
        f"This is on the claim for October 2026 ({reference}). Take it out of that claim"
    )
    with unit_of_work():
        other = support.withdraw(reference=delivery.reference, reason="Twice", by=provider.author)
    assert isinstance(other, Err)
    assert current_session().get_one(DiagnosticSession, made.id).withdrawn_at is None
    assert [one.withdrawn_at for one in all_outputs()] == [None, None]


def test_a_fault_while_withdrawing_the_output_stops_the_withdrawal(
    provider: Provider, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_args: Any) -> None:
        raise RuntimeError("no")

    with unit_of_work():
        made = make_confirmed_session(provider)
        assert isinstance(outputs.arise_for_session(made.id, PORTAL), Ok)
    monkeypatch.setitem(app.extensions, WITHDRAWN_EXTENSION, [fails])
    with pytest.raises(RuntimeError, match="no"):
        withdraw_session(made, provider)
    current_session().expire_all()
    assert current_session().get_one(DiagnosticSession, made.id).withdrawn_at is None


def test_two_businesses_that_were_both_engaged_are_not_merged(provider: Provider) -> None:
    with unit_of_work():
        by = author_of(make_lep_officer("lep_manager"))
        kept, merged = make_employer(), make_employer()
        first = make_output(provider, kept)
        second = make_output(provider, merged)
    plan = employer_merging.plan(kept=kept.reference, merged=merged.reference)
    assert isinstance(plan, Ok)
    assert "engaged_twice" in {problem.code for problem in plan.value.problems}
    # Once one of them is gone the other goes along, with the name it was frozen with.
    made = current_session().get_one(DiagnosticSession, first.session_id)
    assert isinstance(withdraw_session(made, provider), Ok)
    with unit_of_work():
        held = caseload.case_to_change(current_session().get_one(Case, first.case_id).reference)
        assert held is not None
        closed = cases.close_case(
            reference=held.reference,
            reason="duplicate",
            note="",
            revision=held.revision,
            by=provider.author,
        )
        assert isinstance(closed, Ok), closed
    with unit_of_work():
        found = employer_merging.plan(kept=kept.reference, merged=merged.reference)
        assert isinstance(found, Ok)
        codes = {problem.code for problem in found.value.problems}
        assert "engaged_twice" not in codes
        rows = {table.column: table.moving for table in found.value.tables}
        assert list(rows["outputs.employer_id"].values()) == [
            f"Engagement on {today().day} {today():%B %Y}, as {second.employer_name}"
        ]
        assert codes == set()
        done = employer_merging.merge(
            kept=kept.reference,
            merged=merged.reference,
            fill=(),
            reason="The same shop",
            fingerprint=found.value.fingerprint,
            by=by,
        )
        assert isinstance(done, Ok), done
    current_session().expire_all()
    moved = current_session().get_one(Output, second.id)
    assert moved.employer_id == kept.id
    assert moved.employer_name == merged.name
