"""What stands between a piece of work and being paid for it, and what it would earn.

An engagement: an in-depth session that the employer confirmed, its diagnostic completed, of a
business in a target sector and in the area, engaged for the first time. A delivery: training, a
workshop and the like, confirmed by at least one such employer that attended (file 004, Initiative
3: payment for outputs; fully funded support is reserved for employers with fewer than 250).

``caseload.rules.attention.engagement_readiness`` asks five of the same questions (sector, size,
session, diagnostic, confirmation) for the lists of cases. It asks them of the employer's record as
it stands today and of the latest session, since a list must stay quick; here the record on the day
of the work decides. It does not know of areas, contracts, rate cards or earlier engagements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from portal.kernel.result import Problem
from portal.payments.rules.freezing import OTHER_SECTOR, OUTSIDE, UNITS, Frozen, is_known
from portal.payments.rules.rates import Price, RateCard, card_on
from portal.payments.rules.rates import price as priced
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES

_UNIT_OF: Final = {unit[0]: unit for unit in UNITS}


class Lack(StrEnum):
    """What can be missing, in the order in which it is said."""

    WITHDRAWN = "withdrawn"
    SESSION = "session"
    CONFIRMATION = "confirmation"
    SECTOR = "sector"
    AREA = "area"
    SIZE = "size"
    FUNDING = "funding"
    DIAGNOSTIC = "diagnostic"
    ENGAGED = "engaged"
    CONTRACT = "contract"
    CARD = "card"
    RATE = "rate"


WORDS: Final[Mapping[Lack, str]] = {
    Lack.WITHDRAWN: "the record was withdrawn",
    Lack.SESSION: "the in-depth session is not recorded",
    Lack.CONFIRMATION: "the employer has not confirmed it",
    Lack.SECTOR: "the employer is not in a target sector",
    Lack.AREA: "the employer is outside the area",
    Lack.SIZE: "the number of employees is not known",
    Lack.FUNDING: "fully funded support is for employers with fewer than 250 employees",
    Lack.DIAGNOSTIC: "the diagnostic is not completed",
    Lack.ENGAGED: "this business was engaged before: it counts once",
    Lack.CONTRACT: "the provider had no contract in force on that day",
    Lack.CARD: "no rate card was in force on that day",
    Lack.RATE: "the rate card has no rate for this kind of work and size",
}


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is missing; ``fixed`` when the day has decided it and nothing can be added."""

    kind: Lack
    words: str
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Agreement:
    """A contract as far as it says whose work it pays for; ``deliverers`` may deliver under it.

    Each deliverer comes with the first and the last day, which may be open.
    """

    id: int
    organisation_id: int
    starts_on: date
    ends_on: date
    deliverers: tuple[tuple[int, date, date | None], ...] = ()

    def covers(self, organisation_id: int, day: date) -> bool:
        """Whether it pays for what an organisation did on a day."""
        if not self.starts_on <= day <= self.ends_on:
            return False
        return organisation_id == self.organisation_id or any(
            organisation_id == who and begun <= day and (ended is None or day <= ended)
            for who, begun, ended in self.deliverers
        )


def agreement_on(
    agreements: Sequence[Agreement], *, organisation_id: int, day: date
) -> Agreement | None:
    """The contract under which an organisation worked on a day: its own, else the newest prime's.

    Of two contracts of its own the newer one counts.
    """
    found = [one for one in agreements if one.covers(organisation_id, day)]
    return max(
        found, key=lambda one: (one.organisation_id == organisation_id, one.id), default=None
    )


@dataclass(frozen=True, slots=True)
class Work:
    """A session or a delivery with one of its employers, as far as paying for it matters."""

    output_type: str
    occurred_on: date
    withdrawn: bool
    confirmed: bool
    diagnostic: bool
    engaged: bool
    fully_funded: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What is missing, nothing when the work can be paid for, and its price as far as known."""

    missing: tuple[Missing, ...]
    price: Price | None
    card_id: int | None


def judge(
    work: Work,
    frozen: Frozen,
    *,
    agreement: Agreement | None,
    cards: Mapping[int, RateCard],
    sme_limit: int,
) -> Judged:
    """Whether a piece of work can be paid for, and if not everything that is missing."""
    kinds: list[Lack | Missing] = []
    if work.withdrawn:
        kinds.append(Lack.WITHDRAWN)
    if not work.confirmed:
        kinds.append(Lack.CONFIRMATION)
    kinds += _facts(work, frozen, sme_limit)
    if work.output_type == ENGAGEMENT:
        if not work.diagnostic:
            kinds.append(Lack.DIAGNOSTIC)
        if work.engaged:
            kinds.append(Missing(Lack.ENGAGED, WORDS[Lack.ENGAGED], fixed=True))
    if agreement is None:
        kinds.append(Lack.CONTRACT)
    price, card_id, problem = _price(work, frozen, cards)
    if problem is not None:
        kinds.append(problem)
    missing = [one if isinstance(one, Missing) else Missing(one, WORDS[one]) for one in kinds]
    return Judged(tuple(missing), price, card_id)


def _facts(work: Work, frozen: Frozen, sme_limit: int) -> list[Lack | Missing]:
    """What of the employer's own record stands in the way.

    What the record said on the day cannot be changed afterwards; what it did not say can be added.
    """
    values, found = frozen.values, []
    if values["sector"] in (None, "", OTHER_SECTOR):
        said = is_known(_UNIT_OF["sector"], values)
        found.append(Missing(Lack.SECTOR, WORDS[Lack.SECTOR], fixed=said))
    if values["district"] in (None, "", OUTSIDE):
        said = is_known(_UNIT_OF["district"], values)
        found.append(Missing(Lack.AREA, WORDS[Lack.AREA], fixed=said))
    if values["size_tier"] is None:
        found.append(Missing(Lack.SIZE, WORDS[Lack.SIZE]))
    elif work.fully_funded and values["headcount"] >= sme_limit:
        words = f"fully funded support is for employers with fewer than {sme_limit:,} employees"
        found.append(Missing(Lack.FUNDING, words, fixed=True))
    return list(found)


def _price(
    work: Work, frozen: Frozen, cards: Mapping[int, RateCard]
) -> tuple[Price | None, int | None, Lack | Missing | None]:
    card = card_on(list(cards.values()), work.occurred_on)
    if card is None:
        return None, None, Lack.CARD
    card_id = next(key for key, value in cards.items() if value is card)
    tier = frozen.values["size_tier"]
    if tier is None:
        return None, card_id, None
    worth = priced(
        [card],
        output_type=work.output_type,
        tier=tier,
        hard_to_reach=frozen.is_hard_to_reach,
        occurred_on=work.occurred_on,
    )
    if isinstance(worth, Problem):
        return None, card_id, Lack.RATE
    if worth.total == 0:
        kind = OUTPUT_TYPES[work.output_type].lower()
        words = f"the rate card pays nothing for this: {kind}"
        return None, card_id, Missing(Lack.RATE, words, fixed=True)
    return worth, card_id, None
