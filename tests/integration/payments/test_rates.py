"""Rate cards from draft to publishing, and never a change after that, on both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import freeze
from portal.kernel.result import Err, Ok
from portal.payments.models import Decision, RateCardVersion
from portal.payments.queries import rates as found
from portal.payments.rules.rate_cards import Amounts
from portal.payments.service import rates
from portal.payments.service.proving import verify
from portal.payments.service.rates import CardDetails
from tests.factories.caseload import author_of, make_lep_officer, make_provider
from tests.factories.payments import (
    BONUSES,
    PRICES,
    make_card,
    make_contract,
    make_hard_to_reach,
    make_output,
)

AMOUNTS = Amounts(dict(PRICES), dict(BONUSES))
JANUARY = date(2027, 1, 1)


@pytest.fixture(autouse=True)
def november():
    with freeze(datetime(2026, 11, 22, 10, tzinfo=UTC)):
        yield


@pytest.fixture
def people(session: PortalSession) -> tuple[User, User]:
    """Two managers of the LEP."""
    with unit_of_work():
        return make_lep_officer("lep_manager"), make_lep_officer("lep_manager")


def details(first: date = JANUARY, amounts: Amounts = AMOUNTS) -> CardDetails:
    return CardDetails(title="", effective_from=first, is_example=True, amounts=amounts)


def drafted(by: User, first: date = JANUARY) -> str:
    with unit_of_work():
        done = rates.draft(details=details(first), by=author_of(by))
        assert isinstance(done, Ok), done
        return done.value.reference


def published(reference: str, by: User, revision: int = 1) -> Ok | Err:
    with unit_of_work():
        return rates.publish(reference=reference, revision=revision, by=author_of(by))


def actions(reference: str) -> list[tuple[str, dict]]:
    rows = current_session().execute(
        select(Decision.action, Decision.detail)
        .where(Decision.subject == f"rate_card:{reference}")
        .order_by(Decision.sequence)
    )
    return [(row[0], row[1]) for row in rows]


def test_a_card_is_published_once_by_somebody_else(people) -> None:
    first, second = people
    reference = drafted(first)
    refused = published(reference, first)
    assert isinstance(refused, Err)
    assert refused.problem.code == rates.SEPARATION
    assert isinstance(published(reference, second), Ok)
    again = published(reference, second)
    assert isinstance(again, Err)
    assert again.problem.code == "published"
    assert actions(reference) == [
        ("rate_card.drafted", {}),
        ("rate_card.publish_refused", {"why": "separation"}),
        ("rate_card.published", {"effective_from": "2027-01-01"}),
    ]
    assert verify().fault is None


def test_whoever_changed_a_draft_does_not_publish_it(people) -> None:
    first, second = people
    reference = drafted(first)
    with unit_of_work():
        done = rates.edit(reference=reference, revision=1, details=details(), by=author_of(second))
        assert isinstance(done, Ok)
        third = make_lep_officer("lep_manager")
    for person in (first, second):
        refused = published(reference, person, 2)
        assert isinstance(refused, Err)
        assert refused.problem.code == rates.SEPARATION
    stale = published(reference, third, 1)
    assert isinstance(stale, Err)
    assert stale.problem.code == "changed"
    assert isinstance(published(reference, third, 2), Ok)


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (date(2026, 12, 1), "same_day"),
        (date(2026, 11, 30), "before_published"),
        (date(2026, 4, 1), "same_day"),
    ],
)
def test_gaps_and_overlaps_are_refused_and_the_refusal_is_kept(people, first, code) -> None:
    drafter, publisher = people
    with unit_of_work():
        make_card(date(2026, 4, 1))
        make_card(date(2026, 12, 1))
    reference = drafted(drafter, first)
    refused = published(reference, publisher)
    assert isinstance(refused, Err)
    assert refused.problem.code == code
    assert actions(reference)[-1] == ("rate_card.publish_refused", {"why": code})


def test_a_card_does_not_begin_in_the_past(people) -> None:
    drafter, publisher = people
    # The very first card may: nothing was priced before it.
    assert isinstance(published(drafted(drafter, date(2026, 4, 1)), publisher), Ok)
    refused = published(drafted(drafter, date(2026, 11, 21)), publisher)
    assert isinstance(refused, Err)
    assert refused.problem.code == "past_day"
    assert isinstance(published(drafted(drafter, date(2026, 11, 22)), publisher), Ok)


ADD = (
    "INSERT INTO rates (card_id, output_type, size_tier, pence) "
    "VALUES (:card, 'coaching', 'nobody', 1)"
)
COPY = (
    "INSERT INTO rates (card_id, output_type, size_tier, pence) "
    "SELECT :card, output_type, size_tier, pence FROM rates WHERE card_id = :draft"
)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rates SET pence = pence + 1 WHERE card_id = :card",
        "DELETE FROM rates WHERE card_id = :card",
        ADD,
        COPY,
        "UPDATE rates SET card_id = :card WHERE card_id = :draft AND size_tier = 'large'",
        "UPDATE rate_cards SET effective_from = '2026-05-01' WHERE id = :card",
        "UPDATE rate_cards SET state = 'draft', published_at = NULL WHERE id = :card",
        "DELETE FROM rate_cards WHERE id = :card",
    ],
)
def test_the_database_refuses_to_change_a_published_card(session, statement) -> None:
    with unit_of_work():
        card, draft = make_card().id, make_card(published=False).id
    with pytest.raises(DBAPIError, match="A published rate card is never changed"), unit_of_work():
        current_session().execute(text(statement), {"card": card, "draft": draft})


def test_a_draft_can_be_changed_and_dropped_but_nothing_after_that(people) -> None:
    first, second = people
    reference = drafted(first)
    dearer = Amounts({**PRICES, ("workshop", "small"): 40_050}, dict(BONUSES))
    with unit_of_work():
        done = rates.edit(
            reference=reference, revision=1, details=details(amounts=dearer), by=author_of(second)
        )
        assert isinstance(done, Ok)
        card_id = done.value.id
    assert found.amounts_of(card_id) == dearer
    with unit_of_work():
        stale = rates.edit(reference=reference, revision=1, details=details(), by=author_of(first))
    assert stale == [rates.CHANGED]
    with unit_of_work():
        assert isinstance(rates.drop(reference=reference, by=author_of(first)), Ok)
    for refused in (
        rates.drop,
        lambda **said: rates.publish(revision=3, **said),
    ):
        with unit_of_work():
            done = refused(reference=reference, by=author_of(first))
        assert isinstance(done, Err)
        assert done.problem.code == "dropped"
    # A number is not used again.
    drafted(first)
    versions = current_session().scalars(select(RateCardVersion.version)).all()
    assert sorted(versions) == [1, 2]


@pytest.mark.parametrize("pence", [None, -1, 1_000_000_001])
def test_a_faulty_amount_changes_nothing(people, pence) -> None:
    first, _second = people
    reference = drafted(first)
    faulty = Amounts({**PRICES, ("workshop", "small"): pence, ("coaching", "micro"): 1}, BONUSES)
    with unit_of_work():
        done = rates.edit(
            reference=reference, revision=1, details=details(amounts=faulty), by=author_of(first)
        )
        made = rates.draft(details=details(amounts=faulty), by=author_of(first))
    assert isinstance(done, list)
    assert [one.field for one in done] == ["workshop.small"]
    assert isinstance(made, list)
    card = current_session().scalars(select(RateCardVersion)).one()
    assert card.revision == 1
    assert found.amounts_of(card.id) == AMOUNTS


def test_outputs_are_added_up_by_all_that_their_price_depends_on(session) -> None:
    with unit_of_work():
        provider, other = make_provider(), make_provider()
        for one in (provider, other):
            make_contract(one.organisation)
        make_card()
        for day in (date(2026, 7, 1), date(2026, 9, 30), date(2026, 10, 1)):
            make_output(provider, held_on=day)
        make_output(other, make_hard_to_reach(on=date(2026, 7, 1)), held_on=date(2026, 8, 1))
    groups = found.output_groups("pilot", first=date(2026, 7, 1), last=date(2026, 9, 30))
    assert sorted((one.provider, one.hard_to_reach, one.n, one.earned) for one in groups) == sorted(
        [
            (provider.organisation.name, False, 2, 120_000),
            (other.organisation.name, True, 1, 75_000),
        ]
    )
    assert found.output_days("pilot") == (date(2026, 7, 1), date(2026, 10, 1))
