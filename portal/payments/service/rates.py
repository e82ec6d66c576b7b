"""What the LEP does with rate cards: draft, change, drop, publish.

A card is published by somebody who had no hand in it, and never changed afterwards: the database
refuses it too. Called inside a unit of work.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy.exc import IntegrityError

from portal.db import audit, current_session
from portal.kernel.clock import today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Rate, RateCardVersion
from portal.payments.queries import decisions
from portal.payments.queries import rates as found
from portal.payments.rules.rate_cards import Amounts
from portal.payments.rules.rates import check_card, check_start
from portal.payments.rules.words import BONUS
from portal.payments.service import ledger
from portal.programme import queries as programme

NO_CARD = Problem("no_card", "There is no such rate card")
CHANGED = Problem(
    "changed",
    "Somebody changed this card while you had it open. What you typed is still here: see below "
    "what differs, then save again to keep yours",
)
CHANGED_SINCE = Problem(
    "changed", "This card changed while you had it open. Look at it again first"
)
AT_ONCE = Problem("at_once", "Somebody else wrote a card at the same moment. Save again")
HANDS = ("rate_card.drafted", "rate_card.edited")
SEPARATION = "separation"


@dataclass(frozen=True, slots=True)
class CardDetails:
    """What a draft says."""

    title: str
    effective_from: date
    is_example: bool
    amounts: Amounts


def draft(*, details: CardDetails, by: Author) -> Ok[RateCardVersion] | list[Problem]:
    """Write a new card down; it prices nothing until it is published."""
    problems = check_card(details.amounts.prices, details.amounts.bonuses)
    if problems:
        return problems
    key = programme.settings().programme_key
    card = RateCardVersion(
        programme=key,
        version=found.last_version(key) + 1,
        title=details.title,
        effective_from=details.effective_from,
        is_example=details.is_example,
        drafted_by=by.user_id,
    )
    session = current_session()
    try:
        with session.begin_nested():
            session.add(card)
            session.flush()
    except IntegrityError:
        return [AT_ONCE]
    _write(card, details.amounts)
    _note("rate_card.drafted", card, by)
    return Ok(card)


def edit(
    *, reference: str, revision: int, details: CardDetails, by: Author
) -> Ok[RateCardVersion] | list[Problem]:
    """Change a draft: all of it, or nothing."""
    card = found.card_to_change(reference)
    problem = _draft_problem(card)
    if card is None or problem is not None:
        return [problem or NO_CARD]
    if card.revision != revision:
        return [CHANGED]
    problems = check_card(details.amounts.prices, details.amounts.bonuses)
    if problems:
        return problems
    card.title, card.effective_from = details.title, details.effective_from
    card.is_example = details.is_example
    _write(card, details.amounts)
    card.revision += 1
    _note("rate_card.edited", card, by)
    return Ok(card)


def replace_amounts(
    *, reference: str, revision: int, amounts: Amounts, by: Author
) -> Ok[RateCardVersion] | list[Problem]:
    """Give a draft the amounts of a file: all of them, or nothing."""
    card = found.card_to_change(reference)
    if card is None:
        return [NO_CARD]
    details = CardDetails(card.title, card.effective_from, card.is_example, amounts)
    done = edit(reference=reference, revision=revision, details=details, by=by)
    return [CHANGED_SINCE] if done == [CHANGED] else done


def drop(*, reference: str, by: Author) -> Ok[RateCardVersion] | Err:
    """Put a draft away for good; its number is not used again."""
    card = found.card_to_change(reference)
    problem = _draft_problem(card)
    if card is None or problem is not None:
        return Err(problem or NO_CARD)
    card.state = "dropped"
    card.revision += 1
    _note("rate_card.dropped", card, by)
    return Ok(card)


def publish(*, reference: str, revision: int, by: Author) -> Ok[RateCardVersion] | Err:
    """Put a draft in force from its day, by somebody who had no hand in it.

    A refusal is kept among the decisions, whatever its reason.
    """
    card = found.card_to_change(reference)
    problem = _draft_problem(card)
    if card is None or problem is not None:
        return Err(problem or NO_CARD)
    problem = _publish_problem(card, revision, by)
    if problem is None:
        problem = _published(card, by)
    if problem is not None:
        _note("rate_card.publish_refused", card, by, why=problem.code)
        return Err(problem)
    _note("rate_card.published", card, by, effective_from=card.effective_from.isoformat())
    return Ok(card)


def _published(card: RateCardVersion, by: Author) -> Problem | None:
    session = current_session()
    try:
        with session.begin_nested():
            card.state = "published"
            card.published_by, card.published_at = by.user_id, utc_now()
            card.revision += 1
            session.flush()
    except IntegrityError:
        # Another card with this first day was published at the same moment.
        session.refresh(card)
        return Problem("same_day", "Another card begins on that day", "effective_from")
    return None


def _publish_problem(card: RateCardVersion, revision: int, by: Author) -> Problem | None:
    if by.user_id is None or by.user_id in hands(card):
        return Problem(
            SEPARATION,
            "Somebody else must publish this card: you drafted or changed it",
        )
    if card.revision != revision:
        return CHANGED_SINCE
    amounts = found.amounts_of(card.id)
    wrong = check_card(amounts.prices, amounts.bonuses)
    if wrong:
        return wrong[0]
    starts = found.published_starts(card.programme)
    return check_start(card.effective_from, starts, today=today())


def hands(card: RateCardVersion) -> frozenset[int]:
    """Who drafted or changed a card."""
    drafter = frozenset() if card.drafted_by is None else frozenset({card.drafted_by})
    return decisions.hands(_subject(card), HANDS) | drafter


def _draft_problem(card: RateCardVersion | None) -> Problem | None:
    if card is None:
        return NO_CARD
    if card.state == "published":
        return Problem("published", "This card is published: nothing on it changes any more")
    if card.state == "dropped":
        return Problem("dropped", "This draft was dropped")
    return None


def _cells(amounts: Amounts) -> Iterator[tuple[tuple[str, str], int]]:
    yield from amounts.prices.items()
    for tier, pence in amounts.bonuses.items():
        yield (BONUS, tier), pence


def _write(card: RateCardVersion, amounts: Amounts) -> None:
    session = current_session()
    held = found.rates_to_change(card.id)
    for (row, tier), pence in _cells(amounts):
        rate = held.get((row, tier))
        if rate is None:
            session.add(Rate(card_id=card.id, output_type=row, size_tier=tier, pence=pence))
        elif rate.pence != pence:
            rate.pence = pence
    session.flush()


def _subject(card: RateCardVersion) -> str:
    return f"rate_card:{card.reference}"


def _note(action: str, card: RateCardVersion, by: Author, **detail: str) -> None:
    current_session().flush()
    ledger.decide(action=action, subject=_subject(card), by=by, detail=detail)
    audit.record(action=action, subject=_subject(card), detail=detail, actor_id=by.user_id)
