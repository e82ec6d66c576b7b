"""A claim from draft to decision: money is set aside, owed or given back, each once."""

from __future__ import annotations

from datetime import date

import pytest

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.result import Err, Ok
from portal.payments.models import Claim, Contract
from portal.payments.queries import claims as found
from portal.payments.queries import ledger as reading
from portal.payments.service import claims, outputs, reviewing
from portal.payments.service.proving import verify
from portal.programme.models import StaffPost
from tests.factories.caseload import Provider, author_of, make_lep_officer, make_provider
from tests.factories.payments import make_card, make_contract, make_output

OCTOBER = date(2026, 10, 1)


@pytest.fixture
def world(session: PortalSession) -> tuple[Provider, Contract, User]:
    """A provider with a contract for three engagements of a small employer, and an officer."""
    with unit_of_work():
        provider = make_provider()
        contract = make_contract(provider.organisation, total_cap_pence=200_000)
        make_card()
        officer = make_lep_officer()
        for day in (3, 9, 30):
            make_output(provider, held_on=date(2026, 10, day))
    return provider, contract, officer


def submitted(provider: Provider, contract: Contract) -> Claim:
    manager = author_of(provider.manager)
    with unit_of_work():
        built = claims.build(contract_id=contract.id, period=OCTOBER, by=manager)
        assert isinstance(built, Ok), built
        done = claims.submit(
            reference=built.value.claim.reference, revision=built.value.claim.revision, by=manager
        )
        assert isinstance(done, Ok), done
    return done.value


def test_a_claim_runs_its_course(world: tuple[Provider, Contract, User]) -> None:
    provider, contract, officer = world
    claim = submitted(provider, contract)
    assert reading.standing(contract.id).committed == 180_000
    lines = [line.id for line, _output in found.live_lines(claim.id)]
    with unit_of_work():
        asked = reviewing.query(
            reference=claim.reference,
            line_ids=lines[:1],
            words="Who was there?",
            by=author_of(officer),
        )
        assert isinstance(asked, Ok)
    with unit_of_work():
        done = reviewing.approve(
            reference=claim.reference, line_ids=lines[1:2], by=author_of(officer)
        )
        assert isinstance(done, Ok)
        rejected = reviewing.reject(
            reference=claim.reference,
            line_ids=lines[2:],
            reason="Not in the area",
            by=author_of(officer),
        )
        assert isinstance(rejected, Ok)
        assert rejected.value.claim.state == "queried"
    with unit_of_work():
        answered = claims.answer_query(
            reference=claim.reference,
            line_id=lines[0],
            words="The owner",
            by=author_of(provider.manager),
        )
        assert isinstance(answered, Ok)
        assert answered.value.state == "submitted"
    with unit_of_work():
        last = reviewing.approve(
            reference=claim.reference, line_ids=lines[:1], by=author_of(officer)
        )
        assert isinstance(last, Ok)
        assert last.value.claim.state == "part_approved"
    standing = reading.standing(contract.id)
    assert (standing.budget, standing.committed, standing.payable) == (80_000, 0, 120_000)
    assert verify().fault is None


def test_a_line_over_the_cap_is_refused_whole(session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        contract = make_contract(
            provider.organisation, total_cap_pence=1_000_000, caps={"engagement": 130_000}
        )
        make_card()
        for day in (1, 2, 3):
            make_output(provider, held_on=date(2026, 10, day))
        built = claims.build(contract_id=contract.id, period=OCTOBER, by=provider.author)
    assert isinstance(built, Ok)
    assert built.value.added == 2
    assert [one.words for one in built.value.refused] == [
        "The cap for engagement has £100.00 left, this is £600.00"
    ]


def test_submitting_twice_spends_once(world: tuple[Provider, Contract, User]) -> None:
    provider, contract, _officer = world
    claim = submitted(provider, contract)
    with unit_of_work():
        again = claims.submit(
            reference=claim.reference, revision=claim.revision, by=author_of(provider.manager)
        )
    assert isinstance(again, Err)
    assert reading.standing(contract.id).committed == 180_000
    with unit_of_work():
        nothing = claims.build(
            contract_id=contract.id, period=OCTOBER, by=author_of(provider.manager)
        )
    assert isinstance(nothing, Err)
    assert nothing.problem.code == "nothing_to_claim"


def test_nobody_decides_on_what_they_had_a_hand_in(world: tuple[Provider, Contract, User]) -> None:
    provider, contract, officer = world
    claim = submitted(provider, contract)
    line = found.live_lines(claim.id)[0][0].id
    for person in (provider.adviser, provider.manager):
        with unit_of_work():
            refused = reviewing.approve(
                reference=claim.reference, line_ids=[line], by=author_of(person)
            )
        assert isinstance(refused, Err)
        assert refused.problem.code == reviewing.SEPARATION
    with unit_of_work():
        # The officer takes a post at the provider: from then on that settles it.
        current_session().add(
            StaffPost(user_id=officer.id, organisation_id=provider.organisation.id)
        )
    with unit_of_work():
        refused = reviewing.approve(
            reference=claim.reference, line_ids=[line], by=author_of(officer)
        )
    assert isinstance(refused, Err)
    assert "work for the provider" in refused.problem.message
    assert verify().decisions > 0
    assert reading.standing(contract.id).payable == 0


def test_late_work_goes_to_the_first_open_month(world: tuple[Provider, Contract, User]) -> None:
    provider, contract, _officer = world
    with unit_of_work():
        held = found.contract_to_change(contract.id)
        held.open_from = date(2026, 11, 1)
    with unit_of_work():
        closed = claims.build(contract_id=contract.id, period=OCTOBER, by=provider.author)
        early = claims.build(contract_id=contract.id, period=date(2026, 11, 1), by=provider.author)
    assert isinstance(closed, Err)
    assert closed.problem.code == "month_closed"
    assert isinstance(early, Err)
    assert early.problem.code == "month_not_over"


def test_withdrawn_work_stops_a_claim_and_claimed_work_cannot_be_withdrawn(
    world: tuple[Provider, Contract, User],
) -> None:
    provider, contract, _officer = world
    with unit_of_work():
        built = claims.build(contract_id=contract.id, period=OCTOBER, by=provider.author)
        assert isinstance(built, Ok)
        output = found.live_lines(built.value.claim.id)[0][1]
        refused = outputs.withdraw(output=output, reason="Wrong employer", by=provider.author)
    assert isinstance(refused, Err)
    assert refused.problem.code == "on_a_claim"
    with unit_of_work():
        line = found.live_lines(built.value.claim.id)[0][0]
        taken = claims.remove_line(
            reference=built.value.claim.reference, line_id=line.id, reason="", by=provider.author
        )
        assert isinstance(taken, Ok)
        gone = outputs.withdraw(output=output, reason="Wrong employer", by=provider.author)
    assert isinstance(gone, Ok)
    assert verify().fault is None
