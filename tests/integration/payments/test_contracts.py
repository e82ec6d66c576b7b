"""Contracts from draft to variation, and months that close, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import freeze
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.payments.models import Contract, Decision
from portal.payments.queries import claims as claim_queries
from portal.payments.queries import contract_changes as seconds
from portal.payments.queries import contracts as found
from portal.payments.queries import ledger as reading
from portal.payments.rules.contracts import Subcontract, Terms
from portal.payments.rules.payees import Payee
from portal.payments.service import claims, contracts, variations
from portal.payments.service.contracts import ContractDetails
from portal.payments.service.proving import verify
from portal.programme.models import StaffPost
from tests.factories.caseload import (
    Provider,
    author_of,
    make_lep_officer,
    make_organisation,
    make_provider,
)
from tests.factories.payments import make_card, make_contract, make_output

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
PAYEE = Payee("EXAMPLE PROVIDER", "123456", "12345678", "finance@provider.example")
TERMS = Terms(
    starts_on=date(2026, 10, 1),
    ends_on=date(2027, 9, 30),
    total_cap=1_000_000,
    caps={"engagement": 600_000},
    profile={date(2026, 10, 1): 250_000},
)


@pytest.fixture(autouse=True)
def november():
    with freeze(NOW):
        yield


@pytest.fixture
def people(session: PortalSession) -> tuple[Provider, User, User]:
    """A provider, and two managers of the LEP."""
    with unit_of_work():
        return make_provider(), make_lep_officer("lep_manager"), make_lep_officer("lep_manager")


def details(provider: Provider, **changes) -> ContractDetails:
    values = {
        "organisation_id": provider.organisation.id,
        "title": "Example contract",
        "terms": TERMS,
        "payee": PAYEE,
    }
    return ContractDetails(**{**values, **changes})


def drafted(provider: Provider, by: User, **changes) -> str:
    with unit_of_work():
        done = contracts.draft(details=details(provider, **changes), by=author_of(by))
        assert isinstance(done, Ok), done
        return done.value.reference


def activated(reference: str, by: User, revision: int = 1) -> Ok | Err:
    with unit_of_work():
        return contracts.activate(reference=reference, revision=revision, by=author_of(by))


def load(reference: str) -> Contract:
    return current_session().scalars(select(Contract).where(Contract.reference == reference)).one()


def actions(reference: str) -> list[str]:
    return list(
        current_session().scalars(
            select(Decision.action)
            .where(Decision.subject == f"contract:{reference}")
            .order_by(Decision.sequence)
        )
    )


def test_a_contract_is_activated_once_by_somebody_else(people) -> None:
    provider, first, second = people
    reference = drafted(provider, first)
    refused = activated(reference, first)
    assert isinstance(refused, Err)
    assert refused.problem.code == contracts.SEPARATION
    assert isinstance(activated(reference, second), Ok)
    again = activated(reference, second)
    assert isinstance(again, Err)
    assert again.problem.code == "active"
    contract = load(reference)
    assert reading.standing(contract.id).budget == 1_000_000
    assert contract.open_from == date(2026, 10, 1)
    assert actions(reference) == [
        "contract.drafted",
        "contract.activate_refused",
        "contract.activated",
    ]
    assert verify().fault is None


def test_whoever_changed_the_draft_had_a_hand_in_it(people) -> None:
    provider, first, second = people
    reference = drafted(provider, first)
    with unit_of_work():
        done = contracts.edit(
            reference=reference,
            revision=1,
            details=details(provider, title="Example contract, changed"),
            by=author_of(second),
        )
        assert isinstance(done, Ok)
    for person in (first, second):
        refused = activated(reference, person, 2)
        assert isinstance(refused, Err)
        assert refused.problem.code == contracts.SEPARATION
    with unit_of_work():
        third = make_lep_officer("lep_manager")
    stale = activated(reference, third, 1)
    assert isinstance(stale, Err)
    assert stale.problem.code == "changed"
    assert isinstance(activated(reference, third, 2), Ok)


def test_whoever_works_for_the_provider_or_a_subcontractor_cannot_activate(people) -> None:
    provider, first, second = people
    with unit_of_work():
        partner = make_organisation()
        current_session().add(StaffPost(user_id=second.id, organisation_id=partner.id))
    terms = replace(TERMS, subcontractors=(Subcontract(partner.id, date(2026, 10, 1), None),))
    refused = activated(drafted(provider, first, terms=terms), second)
    assert isinstance(refused, Err)
    assert "You work for the provider" in refused.problem.message


def test_a_contract_without_bank_details_is_not_activated(people) -> None:
    provider, first, second = people
    refused = activated(drafted(provider, first, payee=Payee()), second)
    assert isinstance(refused, Err)
    assert refused.problem.code == "payee"


def test_two_people_with_one_draft(people) -> None:
    provider, first, second = people
    reference = drafted(provider, first)
    for person, fine in ((first, True), (second, False)):
        with unit_of_work():
            done = contracts.edit(
                reference=reference,
                revision=1,
                details=details(provider, title=f"By {person.id}"),
                by=author_of(person),
            )
        assert isinstance(done, Ok) is fine
    assert load(reference).title == f"By {first.id}"
    assert load(reference).revision == 2


def test_a_title_stands_once(people) -> None:
    provider, first, _second = people
    drafted(provider, first)
    with unit_of_work():
        again = contracts.draft(details=details(provider), by=author_of(first))
    assert isinstance(again, list)
    assert [one.code for one in again] == ["title_taken"]


def test_only_a_provider_is_given_a_contract(people) -> None:
    provider, first, _second = people
    with unit_of_work():
        lep = make_organisation("lep")
        done = contracts.draft(
            details=details(provider, organisation_id=lep.id), by=author_of(first)
        )
    assert isinstance(done, list)
    assert [one.code for one in done] == ["provider"]


def vary(reference: str, by: User, terms: Terms, revision: int = 2, **changes):
    """Propose, and have it confirmed by a manager who has nothing to do with it."""
    values = {"effective_on": date(2026, 11, 1), "reason": "Agreed at the review", **changes}
    with unit_of_work():
        done = variations.propose(
            reference=reference, revision=revision, terms=terms, by=author_of(by), **values
        )
        if isinstance(done, list):
            return done
        proposal, another = done.value.reference, make_lep_officer("lep_manager")
    with unit_of_work():
        return variations.confirm(proposal=proposal, by=author_of(another))


def test_a_variation_moves_the_budget_and_keeps_what_stood(people) -> None:
    provider, first, second = people
    reference = drafted(provider, first)
    activated(reference, second)
    more = replace(TERMS, total_cap=1_500_000, ends_on=date(2027, 12, 31))
    done = vary(reference, second, more)
    assert isinstance(done, Ok), done
    contract = load(reference)
    assert reading.standing(contract.id).budget == 1_500_000
    assert contract.ends_on == date(2027, 12, 31)
    less = replace(more, total_cap=700_000, caps={})
    assert isinstance(vary(reference, first, less, 3), Ok)
    assert reading.standing(contract.id).budget == 700_000
    kept = seconds.history(contract.id)
    assert [one.number for one in kept] == [2, 1]
    assert kept[0].changes == {"total_cap": [1_500_000, 700_000], "cap.engagement": [600_000, None]}
    assert kept[1].reason == "Agreed at the review"
    assert found.terms_of(contract) == replace(less, profile={date(2026, 10, 1): 250_000})
    stale = vary(reference, first, TERMS, 3)
    assert stale == [contracts.CHANGED]
    assert verify().fault is None


def test_a_refused_variation_changes_nothing(people) -> None:
    provider, first, second = people
    reference = drafted(provider, first)
    activated(reference, second)
    for terms, changes in (
        (replace(TERMS, total_cap=1), {}),
        (replace(TERMS, total_cap=2_000_000), {"reason": "  "}),
        (replace(TERMS, total_cap=2_000_000), {"effective_on": date(2027, 1, 1)}),
        (TERMS, {}),
    ):
        assert isinstance(vary(reference, second, terms, **changes), list)
    assert load(reference).revision == 2
    assert seconds.history(load(reference).id) == []


@pytest.fixture
def working(session: PortalSession) -> tuple[Provider, Contract, User]:
    """A provider with two engagements in October on a contract in force."""
    with unit_of_work():
        provider = make_provider()
        contract = make_contract(provider.organisation, starts_on=date(2026, 10, 1))
        make_card()
        for day in (5, 6):
            make_output(provider, held_on=date(2026, 10, day))
        officer = make_lep_officer("lep_manager")
    return provider, contract, officer


def claimed(provider: Provider, contract: Contract, *, submit: bool) -> str:
    by = author_of(provider.manager)
    with unit_of_work():
        built = claims.build(contract_id=contract.id, period=date(2026, 10, 1), by=by)
        assert isinstance(built, Ok), built
        claim = built.value.claim
        if submit:
            claims.submit(reference=claim.reference, revision=claim.revision, by=by)
        return claim.reference


def test_a_variation_below_what_is_claimed_is_refused(working) -> None:
    provider, contract, officer = working
    claimed(provider, contract, submit=True)
    terms = found.terms_of(load(contract.reference))
    revision = load(contract.reference).revision
    for changed, field in (
        (replace(terms, total_cap=119_999), "total_cap"),
        (replace(terms, caps={"engagement": 119_999}), "cap_engagement"),
        (replace(terms, ends_on=date(2026, 10, 5)), "ends_on"),
    ):
        refused = vary(
            contract.reference, officer, changed, revision, effective_on=date(2026, 10, 5)
        )
        assert isinstance(refused, list)
        assert field in {one.field for one in refused}
    tight = replace(terms, total_cap=120_000, caps={"engagement": 120_000})
    assert isinstance(vary(contract.reference, officer, tight, revision), Ok)
    assert reading.standing(contract.id).budget == 0
    assert verify().fault is None


def test_a_month_is_closed_once_it_is_over_and_its_draft_put_away(working) -> None:
    provider, contract, officer = working
    reference = claimed(provider, contract, submit=False)

    def close(month: date) -> Ok | Err:
        with unit_of_work():
            return contracts.close_period(
                reference=contract.reference, month=month, by=author_of(officer)
            )

    later = close(date(2026, 11, 1))
    assert isinstance(later, Err)
    assert later.problem.code == "out_of_order"
    assert isinstance(close(date(2026, 10, 1)), Ok)
    twice = close(date(2026, 10, 1))
    assert isinstance(twice, Err)
    assert twice.problem.code == "closed"
    running = close(date(2026, 11, 1))
    assert isinstance(running, Err)
    assert running.problem.code == "not_over"
    assert load(contract.reference).open_from == date(2026, 11, 1)
    claim = claim_queries.claim_facts(reference)
    assert claim is not None
    assert claim.state == "withdrawn"
    # What was on it is claimed with the next month, and nothing is lost.
    with freeze(datetime(2026, 12, 1, 10, tzinfo=UTC)), unit_of_work():
        built = claims.build(
            contract_id=contract.id, period=date(2026, 11, 1), by=author_of(provider.manager)
        )
    assert isinstance(built, Ok)
    assert built.value.added == 2


def test_a_submitted_claim_stays_when_its_month_closes(working) -> None:
    provider, contract, officer = working
    reference = claimed(provider, contract, submit=True)
    with unit_of_work():
        contracts.close_period(
            reference=contract.reference, month=date(2026, 10, 1), by=author_of(officer)
        )
    claim = claim_queries.claim_facts(reference)
    assert claim is not None
    assert claim.state == "submitted"
    assert reading.standing(contract.id).committed == 120_000


def test_months_close_by_themselves_on_their_day(working) -> None:
    _provider, contract, _officer = working
    # 13 November is the tenth working day after October; the day is London's.
    with freeze(datetime(2026, 11, 12, 23, 59, tzinfo=UTC)):
        assert contracts.close_due() == 0
    with freeze(datetime(2026, 11, 13, 0, 0, tzinfo=UTC)):
        assert contracts.close_due() == 1
        assert contracts.close_due() == 0
    assert load(contract.reference).open_from == date(2026, 11, 1)
    with freeze(datetime(2027, 4, 20, 5, tzinfo=UTC)):
        assert contracts.close_due(Author(None, "The portal")) == 5
    assert load(contract.reference).open_from == date(2027, 4, 1)


def test_the_command_closes_what_is_due(working, app) -> None:
    done = app.test_cli_runner().invoke(args=["payments", "close-periods"])
    assert done.output == "1 month closed.\n"
