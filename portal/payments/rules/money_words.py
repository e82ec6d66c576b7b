"""What somebody can do next so that work is paid, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from portal.payments.rules.money import STEPS, Step
from portal.payments.rules.periods import has_ended, next_month
from portal.payments.rules.readiness import Lack, Missing

ARISES: Final = (
    "Sessions and deliveries on record that cannot be claimed, because something is missing. Once "
    "it is there, the output arises by itself."
)


@dataclass(frozen=True, slots=True)
class Next:
    """What to do; ``never`` where the day of the work has decided that it is not paid for."""

    words: str
    never: bool = False


_ASKED: Final[Mapping[str | None, str]] = {
    None: "Ask the employer to confirm it",
    "awaiting": "The employer was asked: remind them, or wait for their answer",
    "disputed": "The employer disputes it: put the record right, then ask again",
}
_ADVICE: Final[Mapping[Lack, str]] = {
    Lack.SESSION: "Record the session",
    Lack.SECTOR: "Add what the employer does to its record",
    Lack.AREA: "Add where the employer is to its record",
    Lack.SIZE: "Add how many people the employer has to its record",
    Lack.DIAGNOSTIC: "Complete the diagnostic with the employer",
    Lack.CONTRACT: "Ask the LEP: only a contract in force on the day pays for it",
    Lack.CARD: "Ask the LEP: only a rate card in force on the day prices it",
    Lack.RATE: "Ask the LEP for a rate for this kind of work",
}
_NEVER: Final = "Nothing to do: this work is not paid for"
_SOON: Final = "Nothing to do: the output arises with the next daily run"


def next_of(step: Step, *, claim_on: date | None, today: date) -> Next:
    """What to do with an output at a step; ``claim_on`` is the month it is claimed in."""
    if claim_on is not None and step in {Step.READY, Step.REJECTED, Step.LATER}:
        if not has_ended(claim_on, today=today):
            begins = next_month(claim_on)
            return Next(f"Nothing to do yet: it can be claimed from {begins.day} {begins:%B %Y}")
        if step is Step.READY:
            return Next(f"Put it on the claim for {claim_on:%B %Y}")
        if step is Step.REJECTED:
            return Next(f"{STEPS[step].advice}: it would go on the claim for {claim_on:%B %Y}")
    return Next(STEPS[step].advice)


def next_of_work(missing: Sequence[Missing], *, asked: str | None) -> Next:
    """What to do so that an output arises: the first thing that somebody can still add."""
    if not missing:
        return Next(_SOON)
    if any(one.fixed for one in missing):
        return Next(_NEVER, never=True)
    for one in missing:
        if one.kind is Lack.CONFIRMATION:
            return Next(_ASKED.get(asked, _ASKED[None]))
        if one.kind in _ADVICE:
            return Next(_ADVICE[one.kind])
    return Next(_NEVER, never=True)
