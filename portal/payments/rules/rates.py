"""Rate cards: what an output is worth, by its type and the employer's size, from a day on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from portal.kernel.money import Money
from portal.kernel.result import Problem
from portal.payments.rules.words import ENGAGEMENT, MOST_PENCE, OUTPUT_TYPES, SIZE_TIERS


@dataclass(frozen=True, slots=True)
class RateCard:
    """One version of the rates. Prices in pence by output type and size tier; bonuses by tier."""

    version: int
    effective_from: date
    prices: Mapping[tuple[str, str], int]
    bonuses: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Price:
    """What an output earns, in pence."""

    card_version: int
    card_from: date
    base: int
    bonus: int

    @property
    def total(self) -> int:
        """Base and bonus together."""
        return self.base + self.bonus


def cell(output_type: str, tier: str) -> str:
    """How a cell of a card is called in forms and files."""
    return f"{output_type}.{tier}"


def check_card(
    prices: Mapping[tuple[str, str], int | None],
    bonuses: Mapping[str, int | None],
    *,
    large_supported: Collection[str] = OUTPUT_TYPES,
) -> list[Problem]:
    """Everything that is wrong with a card: a gap, a negative amount, one that is too large.

    ``large_supported`` are the types for which an employer of 250 or more can be paid for at all.
    """
    problems = []
    for output_type, title in OUTPUT_TYPES.items():
        for tier, size in SIZE_TIERS.items():
            if tier == "large" and output_type not in large_supported:
                continue
            field = cell(output_type, tier)
            problems += _amount(prices.get((output_type, tier)), field, f"{title}, {size.lower()}")
    for tier, size in SIZE_TIERS.items():
        problems += _amount(
            bonuses.get(tier), cell("bonus", tier), f"Hard-to-reach bonus, {size.lower()}"
        )
    large = prices.get((ENGAGEMENT, "large"))
    for tier in ("micro", "small", "medium"):
        smaller = prices.get((ENGAGEMENT, tier))
        if smaller is not None and large is not None and smaller < large:
            problems.append(
                Problem(
                    "smaller_pays_less",
                    "An engagement of a smaller employer may not pay less than a large one",
                    cell(ENGAGEMENT, tier),
                )
            )
    return problems


def _amount(pence: int | None, field: str, name: str) -> list[Problem]:
    if pence is None:
        return [Problem("rate_missing", f"{name}: enter an amount, 0 if it is not paid", field)]
    if pence < 0:
        return [Problem("rate_negative", f"{name}: the amount cannot be below £0", field)]
    if pence > MOST_PENCE:
        most = Money(MOST_PENCE).format_whole()
        return [Problem("rate_too_large", f"{name}: the amount cannot be above {most}", field)]
    return []


def check_start(
    effective_from: date, published: Collection[date], *, today: date
) -> Problem | None:
    """Whether a card can begin on a day.

    Each card holds until the next begins, so that there is neither gap nor overlap: two cannot
    begin on one day, and none can begin before today or before one that is published already.
    """
    if effective_from in published:
        return Problem("same_day", "Another card begins on that day", "effective_from")
    if published and effective_from < max(published):
        return Problem(
            "before_published",
            "A later card is published already: rates are not changed backwards",
            "effective_from",
        )
    if published and effective_from < today:
        return Problem("past_day", "A card begins today or later", "effective_from")
    return None


def card_on(cards: Sequence[RateCard], day: date) -> RateCard | None:
    """The card in force on a day."""
    begun = [card for card in cards if card.effective_from <= day]
    return max(begun, key=lambda card: card.effective_from, default=None)


def price(
    cards: Sequence[RateCard],
    *,
    output_type: str,
    tier: str,
    hard_to_reach: bool,
    occurred_on: date,
) -> Price | Problem:
    """What an output earns by the card in force on its date. The bonus is for engagements only."""
    card = card_on(cards, occurred_on)
    if card is None:
        return Problem("no_card", "No rate card was in force on that day")
    base = card.prices.get((output_type, tier))
    if base is None:
        return Problem("no_rate", "The rate card has no rate for this kind of output and size")
    bonus = card.bonuses.get(tier, 0) if output_type == ENGAGEMENT and hard_to_reach else 0
    return Price(card.version, card.effective_from, base, bonus)
