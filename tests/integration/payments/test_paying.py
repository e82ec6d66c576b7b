"""Paying: once per claim, and back again only as far as it went."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from portal.accounts.models import User
from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok
from portal.payments.models import Claim, Contract
from portal.payments.queries import claims as claiming
from portal.payments.queries import ledger as reading
from portal.payments.queries import paying as found
from portal.payments.service import claims, outputs, paying, reviewing
from portal.payments.service.proving import verify
from tests.factories.caseload import author_of, make_lep_officer, make_provider
from tests.factories.payments import make_card, make_contract, make_output


@pytest.fixture
def owed(session: PortalSession) -> tuple[Claim, Contract, User]:
    """An approved claim of two engagements, and an LEP manager who had no hand in it."""
    with unit_of_work():
        provider = make_provider()
        contract = make_contract(provider.organisation)
        make_card()
        officer, manager = make_lep_officer(), make_lep_officer("lep_manager")
        for day in (3, 9):
            make_output(provider, held_on=date(2026, 10, day))
        built = claims.build(
            contract_id=contract.id, period=date(2026, 10, 1), by=author_of(provider.manager)
        )
        assert isinstance(built, Ok)
        claim = built.value.claim
        claims.submit(
            reference=claim.reference, revision=claim.revision, by=author_of(provider.manager)
        )
        lines = [line.id for line, _output in claiming.live_lines(claim.id)]
        done = reviewing.approve(reference=claim.reference, line_ids=lines, by=author_of(officer))
        assert isinstance(done, Ok)
    return claim, contract, manager


def test_a_claim_is_paid_once(owed: tuple[Claim, Contract, User]) -> None:
    claim, contract, manager = owed
    by = author_of(manager)
    with unit_of_work():
        run = paying.make_run(programme="pilot", references=[claim.reference], by=by)
        assert isinstance(run, Ok)
        assert (run.value.count, run.value.total_pence) == (1, 120_000)
    with unit_of_work():
        again = paying.make_run(programme="pilot", references=[claim.reference], by=by)
        everything = paying.make_run(programme="pilot", references=None, by=by)
    assert isinstance(again, Err)
    assert again.problem.code == "in_a_run"
    assert isinstance(everything, Err)
    payment = found.payments_of(run.value.id)[0]
    with unit_of_work():
        early = paying.mark_paid(
            reference=payment.reference,
            paid_on=today() - timedelta(days=1),
            bank_reference="BACS 1",
            by=by,
        )
        paid = paying.mark_paid(
            reference=payment.reference, paid_on=today(), bank_reference=" BACS  1 ", by=by
        )
        twice = paying.mark_paid(
            reference=payment.reference, paid_on=today(), bank_reference="BACS 2", by=by
        )
    assert isinstance(early, Err)
    assert early.problem.field == "paid_on"
    assert isinstance(paid, Ok)
    assert isinstance(twice, Err)
    assert "bank reference BACS 1" in twice.problem.message
    standing = reading.standing(contract.id)
    assert (standing.payable, standing.paid) == (0, 120_000)
    assert verify().fault is None


def test_money_comes_back_only_as_far_as_it_went(owed: tuple[Claim, Contract, User]) -> None:
    claim, contract, manager = owed
    by = author_of(manager)
    line = claiming.live_lines(claim.id)[0][0].id
    with unit_of_work():
        unpaid = paying.recover(line_id=line, pence=1, reason="Not held", by=by)
        run = paying.make_run(programme="pilot", references=None, by=by)
        assert isinstance(run, Ok)
        payment = found.payments_of(run.value.id)[0]
        paying.mark_paid(
            reference=payment.reference, paid_on=today(), bank_reference="BACS 1", by=by
        )
    assert isinstance(unpaid, Err)
    with unit_of_work():
        assert isinstance(paying.recover(line_id=line, pence=60_001, reason="x", by=by), Err)
        assert isinstance(paying.recover(line_id=line, pence=60_000, reason="", by=by), Err)
        taken = paying.recover(line_id=line, pence=60_000, reason="The session was not held", by=by)
        assert isinstance(paying.recover(line_id=line, pence=1, reason="again", by=by), Err)
        back = paying.give_back(line_id=line, pence=20_000, reason="It was, in part", by=by)
        assert isinstance(paying.give_back(line_id=line, pence=40_001, reason="x", by=by), Err)
    assert isinstance(taken, Ok)
    assert taken.value == 0
    assert isinstance(back, Ok)
    assert back.value == 20_000
    standing = reading.standing(contract.id)
    assert (standing.paid, standing.recovered) == (80_000, 40_000)
    assert verify().fault is None


def test_a_payee_without_bank_details_is_named(owed: tuple[Claim, Contract, User]) -> None:
    claim, contract, manager = owed
    with unit_of_work():
        claiming.contract_to_change(contract.id).payee_account = ""
    with unit_of_work():
        refused = paying.make_run(
            programme="pilot", references=[claim.reference], by=author_of(manager)
        )
    assert isinstance(refused, Err)
    assert refused.problem.code == "no_bank_details"


def test_nothing_is_given_back_for_work_that_was_withdrawn_since(
    owed: tuple[Claim, Contract, User],
) -> None:
    """The business may be engaged anew then: giving back would pay for it twice."""
    claim, contract, manager = owed
    by = author_of(manager)
    line, output = claiming.live_lines(claim.id)[0]
    with unit_of_work():
        run = paying.make_run(programme="pilot", references=None, by=by)
        assert isinstance(run, Ok)
        payment = found.payments_of(run.value.id)[0]
        paying.mark_paid(
            reference=payment.reference, paid_on=today(), bank_reference="BACS 1", by=by
        )
        assert isinstance(outputs.withdraw(output=output, reason="Not theirs", by=by), Err)
        taken = paying.recover(line_id=line.id, pence=60_000, reason="Not theirs", by=by)
        assert isinstance(taken, Ok)
        assert isinstance(outputs.withdraw(output=output, reason="Not theirs", by=by), Ok)
    with unit_of_work():
        back = paying.give_back(line_id=line.id, pence=60_000, reason="It was", by=by)
    assert isinstance(back, Err)
    assert back.problem.code == "withdrawn"
    assert reading.standing(contract.id).recovered == 60_000
    assert verify().fault is None
