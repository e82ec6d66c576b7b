"""Outputs arise from confirmed work, once, with everything that decides their price frozen."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.employers import service as employers
from portal.employers.models import Employer
from portal.employers.rules.facts import StaffNumbers
from portal.kernel.clock import freeze, today
from portal.kernel.result import Err, Ok
from portal.payments.models import LedgerEntry, Output
from portal.payments.queries import ledger as reading
from portal.payments.rules.ledger import Entry
from portal.payments.service import ledger, outputs
from portal.payments.service.proving import verify
from tests.factories.caseload import make_organisation, make_provider
from tests.factories.employers import make_employer
from tests.factories.payments import (
    make_card,
    make_confirmed_delivery,
    make_confirmed_session,
    make_contract,
    make_hard_to_reach,
    make_output,
)


def arise(session_id: int) -> Ok[Output] | Err:
    from portal.kernel.people import PORTAL

    return outputs.arise_for_session(session_id, PORTAL)


def test_a_confirmed_session_makes_one_engagement_with_its_reasons(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        make_contract(provider.organisation)
        make_card(version=1)
        made = make_confirmed_session(provider, make_hard_to_reach(headcount=34))
        first, again = arise(made.id), arise(made.id)
    assert isinstance(first, Ok)
    assert isinstance(again, Ok)
    assert first.value is again.value
    output = first.value
    assert (output.base_pence, output.bonus_pence) == (60_000, 15_000)
    day = today() - timedelta(days=30)
    assert output.explanation == (
        "Engagement, small employer (34 employees on 1 November 2026), card 1 in force from "
        "1 April 2026: £600.00; hard to reach (no Investors in People on "
        f"{day.day} {day:%B %Y}; no training for a qualification in the 12 months before "
        f"{day.day} {day:%B %Y}): £150.00"
    )
    assert session.scalar(select(func.count()).select_from(Output)) == 1
    assert verify().fault is None


def test_what_is_missing_is_said_exactly(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        employer = make_employer(headcount=None, sic_codes=["62020"], district="outside")
        made = make_confirmed_session(provider, employer, confirmed=False, diagnostic=False)
        refused = arise(made.id)
    assert isinstance(refused, Err)
    assert refused.problem.message.split("; ") == [
        "the employer has not confirmed it",
        "the employer is not in a target sector",
        "the employer is outside the area",
        "the number of employees is not known",
        "the diagnostic is not completed",
        "the provider had no contract in force on that day",
        "no rate card was in force on that day",
    ]
    assert session.scalar(select(func.count()).select_from(Output)) == 0


def test_a_business_is_engaged_once(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        make_contract(provider.organisation)
        make_card()
        output = make_output(provider)
        case = output.case_id
        from portal.caseload.models import Case

        held = current_session().get(Case, case)
        second = make_confirmed_session(provider, case=held)
        refused = arise(second.id)
    assert isinstance(refused, Err)
    assert "counts once" in refused.problem.message


def test_later_edits_never_reprice_and_the_day_decides_the_facts(session: PortalSession) -> None:
    held_on = date(2026, 11, 2)
    provider_day = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    with unit_of_work():
        provider = make_provider()
        make_contract(provider.organisation)
        make_card()
    with freeze(provider_day), unit_of_work():
        from portal.employers.rules.facts import Details

        created = employers.create_employer(
            details=Details("Example Shop Ltd", "leeds", "LS1 4AP", ["47110"]),
            staff=StaffNumbers(34, 20, provider_day.date()),
            owner_id=None,
        )
        assert isinstance(created, Ok)
        reference, employer_id = created.value.reference, created.value.id
    # Before the employer confirmed, the record was changed: the day of the session decides.
    with unit_of_work():
        grown = employers.update_staff_numbers(
            reference=reference, version=1, staff=StaffNumbers(300, 20, today()), by=None
        )
        assert isinstance(grown, Ok)
    with unit_of_work():
        employer = current_session().get(Employer, employer_id)
        made = make_confirmed_session(provider, employer, held_on=held_on)
        output = arise(made.id)
        assert isinstance(output, Ok)
    assert (output.value.size_tier, output.value.base_pence) == ("small", 60_000)
    assert output.value.facts["values"]["headcount"] == 34
    assert output.value.bonus_pence == 0
    assert "no answer about Investors in People" in output.value.explanation


def test_a_delivery_makes_one_output_however_many_came(session: PortalSession) -> None:
    from portal.kernel.people import PORTAL

    with unit_of_work():
        provider = make_provider()
        make_contract(provider.organisation)
        make_card()
        made = make_confirmed_delivery(
            provider, make_employer(sic_codes=["62020"]), make_employer(), make_employer()
        )
        first = outputs.arise_for_delivery(made.id, PORTAL)
        again = outputs.arise_for_delivery(made.id, PORTAL)
    assert isinstance(first, Ok)
    assert isinstance(again, Ok)
    assert first.value is again.value
    assert (first.value.output_type, first.value.base_pence) == ("workshop", 35_000)
    assert first.value.sector == "hospitality"


def test_a_subcontractor_delivers_under_the_primes_contract(session: PortalSession) -> None:
    with unit_of_work():
        prime = make_organisation()
        provider = make_provider()
        contract = make_contract(prime, subcontractor=provider.organisation)
        make_card()
        output = make_output(provider)
    assert output.contract_id == contract.id
    assert output.organisation_id == provider.organisation.id


def test_what_was_missing_may_come_later(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        make_contract(provider.organisation)
        made = make_confirmed_session(provider)
        assert isinstance(arise(made.id), Err)
    assert outputs.arise_due() == 0
    with unit_of_work():
        make_card()
    assert outputs.arise_due() == 1
    assert outputs.arise_due() == 0


def test_the_ledger_refuses_to_be_changed(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        contract = make_contract(provider.organisation, total_cap_pence=5_000)
    standing = reading.standing(contract.id)
    assert (standing.budget, standing.allocated, standing.spent) == (5_000, 5_000, 0)
    for words in ("UPDATE ledger_entries SET pence = 1", "DELETE FROM payment_decisions"):
        with pytest.raises(DBAPIError, match="never changed"), unit_of_work() as writing:
            if "payment_decisions" in words:
                ledger.decide(action="test", subject="test:1", by=provider.author)
            writing.execute(text(words))


def test_a_tampered_ledger_is_found(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        contract = make_contract(provider.organisation)
        ledger.append([ledger.Movement(Entry.REDUCE, contract.id, 100)], by=provider.author)
    assert verify().fault is None
    with unit_of_work() as writing:
        for trigger in ("ledger_entries_no_update", "ledger_entries_no_change"):
            on = "" if writing.get_bind().dialect.name == "sqlite" else " ON ledger_entries"
            writing.execute(text(f"DROP TRIGGER IF EXISTS {trigger}{on}"))
        last = writing.scalar(select(func.max(LedgerEntry.sequence)))
        writing.execute(
            text("UPDATE ledger_entries SET pence = 99 WHERE sequence = :last"), {"last": last}
        )
    proof = verify()
    assert proof.sequence == last
    assert "was changed after it was made" in (proof.fault or "")
