"""Hard to reach: not accredited by Investors in People, and no vocational training of late.

Both halves are dated answers with evidence. An unknown half never counts: the employer is then
"not counted yet", and the explanation says what is missing. Source: the service's design, in which
vocational training means training that leads to a qualification, in the last 12 months.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

Status = Literal["yes", "no", "not_counted_yet"]


@dataclass(frozen=True, slots=True)
class AccreditationAnswer:
    """What an employer said about Investors in People, and on which day."""

    status: str | None
    on: date | None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class TrainingAnswer:
    """What an employer said about vocational training in the 12 months before ``on``.

    ``last_on``: the latest day of such training, where the answer is yes and the day is known.
    """

    answer: str | None
    on: date | None
    last_on: date | None = None
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class HardToReach:
    """Whether an employer is hard to reach on a day, in one sentence, and what is missing."""

    status: Status
    explanation: str
    missing: tuple[str, ...] = ()


def year_before(day: date) -> date:
    """The same day a year earlier; 29 February becomes the 28th."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return day.replace(year=day.year - 1, day=28)


def hard_to_reach(
    accreditation: AccreditationAnswer, training: TrainingAnswer, *, on: date
) -> HardToReach:
    """Whether the employer is hard to reach on a day.

    One half that speaks against it settles the matter; otherwise both must be known. An answer
    given after the day, or more than 12 months before it, is not known on that day.
    """
    not_accredited, missing_accreditation = _accreditation_half(accreditation, on)
    untrained, missing_training = _training_half(training, on)
    if not_accredited is False:
        return HardToReach("no", "Not hard to reach: accredited by Investors in People")
    if untrained is False:
        return HardToReach(
            "no", "Not hard to reach: staff had vocational training in the last 12 months"
        )
    missing = tuple(part for part in (missing_accreditation, missing_training) if part)
    if missing:
        return HardToReach("not_counted_yet", f"Not counted yet: {' and '.join(missing)}", missing)
    return HardToReach(
        "yes",
        "Hard to reach: not accredited by Investors in People, and no vocational training in the "
        "last 12 months",
    )


def _accreditation_half(given: AccreditationAnswer, on: date) -> tuple[bool | None, str | None]:
    subject = "Investors in People"
    missing = _missing(given.status, given.on, given.evidence, subject, on)
    if missing:
        return None, missing
    return given.status != "accredited", None


def _training_half(given: TrainingAnswer, on: date) -> tuple[bool | None, str | None]:
    missing = _missing(given.answer, given.on, given.evidence, "training", on)
    if missing:
        return None, missing
    if given.answer != "yes":
        return True, None
    # Training that has since fallen out of the 12 months says nothing about what came after it.
    if given.last_on is not None and given.last_on < year_before(on):
        return None, "the answer about training is more than 12 months old"
    return False, None


def _missing(
    answer: str | None, given_on: date | None, evidence: str, subject: str, on: date
) -> str | None:
    if answer is None or given_on is None or given_on > on:
        return f"no answer about {subject}"
    if given_on < year_before(on):
        return f"the answer about {subject} is more than 12 months old"
    if not evidence.strip():
        return f"no evidence for the answer about {subject}"
    return None
