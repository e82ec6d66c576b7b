"""What an award takes: rounds by their days, who may apply, what scores allow, codes and terms.

Pure functions. Days are London days; a round is open on its first and its last day and between.
"""

from __future__ import annotations

import calendar
import re
import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Final

from portal.kernel.ids import normalise_reference
from portal.kernel.result import Problem
from portal.network.rules.award_criteria import Criteria, Tier
from portal.network.rules.words import TEXT_LENGTH, TIERS

SECTION_LENGTH: Final = TEXT_LENGTH
NOTE_LENGTH: Final = 1000
FEEDBACK_LENGTH: Final = TEXT_LENGTH
REASON_LENGTH: Final = 1000
STATEMENT_LENGTH: Final = 2000
MOST_STATEMENTS: Final = 6
ASSESSORS: Final = 2
RENEW_DAYS: Final = 180
REMIND_DAYS: Final = (90, 30)
LEAST_REASON: Final = 20
CODE_LENGTH: Final = 12
_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_HIDDEN: Final = "[hidden]"
_ADDRESS: Final = re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE: Final = re.compile(r"(?<!\w)(?:\+44|0)[\d\s()-]{8,14}\d(?!\w)")


# Rounds ---------------------------------------------------------------------------------------


def state_on(state: str, *, opens_on: date, closes_on: date, day: date) -> tuple[str, ...]:
    """The states a round passes through to be where its days say, none if it is there already."""
    moves: list[str] = []
    if state == "planned" and day >= opens_on:
        state = "open"
        moves.append(state)
    if state == "open" and day > closes_on:
        moves.append("assessing")
    return tuple(moves)


def round_faults(
    *, opens_on: date, closes_on: date, decide_by: date, today: date, begun: bool
) -> list[Problem]:
    """What is wrong with a round's days; one that has begun keeps its first day."""
    found = []
    if not begun and opens_on < today:
        found.append(Problem("opens_past", "It opens today or later", "opens_on"))
    if closes_on < max(opens_on, today):
        found.append(Problem("closes", "It closes after it opens, today or later", "closes_on"))
    if decide_by < closes_on:
        found.append(Problem("decide_by", "Decisions come after it closes", "decide_by"))
    return found


# Who may apply --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InForce:
    """An award that is in force: its key, tier and last day."""

    id: int
    tier: str
    valid_until: date


@dataclass(frozen=True, slots=True)
class Need:
    """One thing it takes to apply, whether it is met, and what to do if not."""

    key: str
    title: str
    met: bool
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an employer that would apply."""

    diagnostic: bool
    sector: str
    open_flags: tuple[str, ...]
    member: bool
    awards: tuple[InForce, ...] = ()


def needs(
    standing: Standing, *, sectors: Collection[str], sector_words: str, tier: str, today: date
) -> list[Need]:
    """Everything it takes, met or not; ``sectors`` are those that may apply in the round."""
    flags = standing.open_flags
    return [
        Need(
            "diagnostic",
            "A completed diagnostic",
            standing.diagnostic,
            "Complete the diagnostic first: the criteria are about what it asks",
        ),
        Need(
            "sector",
            f"A business in: {sector_words}",
            standing.sector in sectors,
            "This round is for other sectors",
        ),
        Need(
            "legal",
            "What the law asks for is met",
            standing.diagnostic and not flags,
            "Answer these first, in your action plan or by taking the diagnostic again: "
            + ", ".join(f"“{flag}”" for flag in flags)
            if flags
            else "The diagnostic asks about it",
        ),
        Need(
            "member",
            "A member of the network",
            standing.member,
            "Join the network first: champions share what they did",
        ),
        award_need(standing.awards, tier=tier, today=today),
    ]


def award_need(awards: Iterable[InForce], *, tier: str, today: date) -> Need:
    """No award of this tier or a higher one in force, unless it may be renewed by now."""
    title = "No award of this tier in force, unless it is renewed"
    held = [one for one in awards if rank(one.tier) >= rank(tier)]
    if not held:
        return Need("award", title, met=True)
    latest = max(held, key=lambda one: (one.valid_until, one.id))
    if today >= renew_from(latest.valid_until):
        return Need("award", title, met=True)
    return Need(
        "award",
        title,
        met=False,
        missing=f"Your {TIERS[latest.tier]} award is in force until {_day(latest.valid_until)}. "
        f"It can be renewed from {_day(renew_from(latest.valid_until))}",
    )


def renewed(awards: Iterable[InForce], *, today: date) -> InForce | None:
    """The award that an application made today renews, if there is one."""
    due = [one for one in awards if today >= renew_from(one.valid_until)]
    return max(due, key=lambda one: (one.valid_until, one.id), default=None)


def renew_from(valid_until: date) -> date:
    """The first day on which an award may be renewed."""
    return valid_until - timedelta(days=RENEW_DAYS)


def open_flags(
    flags: Iterable[Mapping[str, Any]], done: Collection[str], answered: Collection[str]
) -> tuple[str, ...]:
    """Legal items of a result that nothing was done about.

    ``done`` holds recommendations whose action is done, ``answered`` questions behind such actions.
    """
    return tuple(
        str(flag["text"])
        for flag in flags
        if flag["question"] not in answered
        and not any(key in done for key in flag.get("recommendations", ()))
    )


def rank(tier: str) -> int:
    """Where a tier stands, the lowest 0."""
    return list(TIERS).index(tier)


# Scores ---------------------------------------------------------------------------------------

Scores = Mapping[str, int]


def scores_missing(criteria: Criteria, scores: Mapping[str, Any]) -> list[str]:
    """Titles of criteria that have no score yet."""
    return [one.title for one in criteria.criteria if one.key not in scores]


def gap_words(criteria: Criteria, one: Scores, other: Scores) -> list[str]:
    """Why two assessments differ too much to be averaged; empty when they do not."""
    found = []
    apart = abs(sum(one.values()) - sum(other.values()))
    if apart >= criteria.gap_total:
        found.append(f"The totals are {apart} apart")
    for criterion in criteria.criteria:
        apart = abs(one[criterion.key] - other[criterion.key])
        if apart >= criteria.gap_criterion:
            found.append(f"{criterion.title}: {apart} apart")
    return found


def settled(
    criteria: Criteria, two: Sequence[Scores], moderated: Scores | None = None
) -> dict[str, Fraction]:
    """The scores that count: the mean of two assessors, or the moderator's where one was needed."""
    if moderated is not None:
        return {key: Fraction(moderated[key]) for key in criteria.keys}
    return {key: Fraction(sum(one[key] for one in two), len(two)) for key in criteria.keys}


def earned(criteria: Criteria, scores: Mapping[str, Fraction]) -> Tier | None:
    """The highest tier that scores allow."""
    total, least = sum(scores.values(), Fraction(0)), min(scores.values(), default=Fraction(0))
    allowed = [t for t in criteria.tiers if total >= t.least_total and least >= t.least_each]
    return allowed[-1] if allowed else None


def decision_fault(
    *, tier: str | None, allowed: Tier | None, feedback: str, reason: str
) -> Problem | None:
    """Why a decision cannot stand: feedback always, and a reason for more than scores allow."""
    if not feedback.strip():
        return Problem(
            "no_feedback", "Write what was good and what would make it better", "feedback"
        )
    if tier is None:
        return None
    if allowed is not None and rank(tier) <= rank(allowed.key):
        return None
    if len(reason.strip()) < LEAST_REASON:
        most = allowed.title if allowed else "no award"
        return Problem(
            "above_scores",
            f"The scores allow {most}. Say why it should be more, in a sentence or two",
            "reason",
        )
    return None


def shown_score(score: Fraction) -> str:
    """A score as people read it: 3, or 2.5."""
    return str(score.numerator) if score.denominator == 1 else f"{float(score):.1f}"


# Codes, terms and what assessors may not see ---------------------------------------------------


def new_code() -> str:
    """A code of 60 bits for a certificate; it can be read out and not guessed."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))


def read_code(text: str) -> str:
    """A code as typed, made comparable; nothing when it cannot be one."""
    code = normalise_reference(text[:40])
    return code if len(code) == CODE_LENGTH and set(code) <= set(_ALPHABET) else ""


def shown_code(code: str) -> str:
    """A code in groups of four."""
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4))


def add_months(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where there is none."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def standing_on(*, valid_until: date, revoked: bool, day: date) -> str:
    """How an award stands on a day: valid, expired or revoked."""
    if revoked:
        return "revoked"
    return "valid" if day <= valid_until else "expired"


def unnamed(text: str, people: Iterable[str]) -> str:
    """A text without the names of these people, addresses and telephone numbers."""
    text = _PHONE.sub(_HIDDEN, _ADDRESS.sub(_HIDDEN, text))
    for name in sorted({name.strip() for name in people if name.strip()}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", _HIDDEN, text, flags=re.IGNORECASE)
    return text


def drafted(actions: Iterable[tuple[str, str]]) -> str:
    """The beginning of a section out of completed actions: each title, and what shows it."""
    return "\n".join(
        f"We did this: {title}." + (f" What shows it: {evidence}" if evidence else "")
        for title, evidence in actions
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
