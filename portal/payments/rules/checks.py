"""The checks on a claim: what is looked at, and what each finding says.

A failed check stops a line's approval until a second person lets it through for a time; a warning
is something to look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

Result = Literal["pass", "warn", "fail"]
KINDS: Final[Mapping[str, str]] = {
    "eligibility": "Eligible employer",
    "dates": "Dates",
    "confirmation": "Confirmed by the employer",
    "evidence": "Evidence",
    "duplicate": "Counted once",
    "reused_file": "File used once",
    "cap": "Within the caps",
    "working_day": "Working day",
    "volume": "Adviser's day",
    "bonus_share": "Share of bonuses",
}
# More in-depth sessions than this of one adviser on one day are worth a look. Four sessions of an
# hour and a half with the way between them fill a working day.
USUAL_SESSIONS_A_DAY = 4
# Fewer bonuses than this say nothing about their share.
LEAST_FOR_SHARE = 20
DRIFT_POINTS = 15


_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Finding(NamedTuple):
    """What one check says about a line, or about the claim where ``line`` is None."""

    kind: str
    result: Result
    words: str
    line: int | None = None
    detail: Mapping[str, object] = _NOTHING


@dataclass(frozen=True, slots=True)
class LineCase:
    """A line as the checks see it, everything read beforehand.

    ``alike`` names other businesses that were engaged and look like this one, with how alike they
    are in per cent and whether a number is the same; ``twin`` says of a delivery which other one it
    may be. ``files`` counts evidence; ``reused`` says
    where else a file of it was used. ``confirmed_by_staff`` is true when who confirmed works for a
    provider or the LEP.
    """

    line: int
    output_type: str
    occurred_on: date
    employer_name: str
    sector: str
    size_tier: str
    hard_to_reach: bool
    fully_funded: bool
    contract_starts: date
    contract_ends: date
    period_end: date
    confirmed: bool
    confirmed_by_staff: bool
    withdrawn: bool
    files: int
    fact_evidence_missing: Sequence[str]
    alike: Sequence[tuple[str, int, bool]]
    reused: Sequence[str]
    over_cap: str
    is_working_day: bool
    adviser: str
    sessions_that_day: int
    twin: str = ""


@dataclass(frozen=True, slots=True)
class ClaimCase:
    """A claim as the checks see it; the target is the contract's, in per cent, if it has one."""

    lines: Sequence[LineCase]
    target_sectors: Collection[str]
    bonus_target: int | None


def check_claim(claim: ClaimCase) -> list[Finding]:
    """Every finding about every line, passes among them, and about the claim as a whole."""
    found = []
    for one in claim.lines:
        found += [
            _eligibility(one, claim.target_sectors),
            *(check(one) for check in _LINE_CHECKS),
        ]
    share = _bonus_share(claim)
    return [*found, *([share] if share is not None else [])]


def _finding(kind: str, one: LineCase, fault: str, *, result: Result = "fail") -> Finding:
    if not fault:
        return Finding(kind, "pass", KINDS[kind], one.line)
    return Finding(kind, result, fault, one.line)


def _eligibility(one: LineCase, sectors: Collection[str]) -> Finding:
    fault = ""
    if one.sector not in sectors:
        fault = "The employer was not in a target sector"
    elif one.fully_funded and one.size_tier == "large":
        fault = "Fully funded support is for employers with fewer than 250 employees"
    return _finding("eligibility", one, fault)


def _dates(one: LineCase) -> Finding:
    fault = ""
    if not one.contract_starts <= one.occurred_on <= one.contract_ends:
        fault = "The work lies outside the contract's dates"
    elif one.occurred_on > one.period_end:
        fault = "The work was done after the month that is claimed"
    return _finding("dates", one, fault)


def _confirmation(one: LineCase) -> Finding:
    fault = ""
    if one.withdrawn:
        fault = "The record of the work was withdrawn"
    elif not one.confirmed:
        fault = "The employer has not confirmed the work"
    elif one.confirmed_by_staff:
        fault = "The person who confirmed works for a provider or the LEP"
    return _finding("confirmation", one, fault)


def _evidence(one: LineCase) -> Finding:
    if one.fact_evidence_missing:
        missing = ", ".join(one.fact_evidence_missing)
        return _finding("evidence", one, f"There is no evidence for: {missing}")
    if one.files == 0:
        return _finding("evidence", one, "No file was added for this work", result="warn")
    return _finding("evidence", one, "")


def _duplicate(one: LineCase) -> Finding:
    if not one.alike:
        return _finding("duplicate", one, one.twin, result="warn")
    name, likeness, same_number = max(one.alike, key=lambda item: (item[2], item[1]))
    if same_number:
        return _finding("duplicate", one, f"{name} has the same number and was engaged before")
    words = f"{name} was engaged before and looks like this business ({likeness}% alike)"
    return _finding("duplicate", one, words, result="warn")


def _reused_file(one: LineCase) -> Finding:
    places = ", ".join(one.reused)
    return _finding("reused_file", one, f"A file was used before: {places}" if places else "")


def _cap(one: LineCase) -> Finding:
    return _finding("cap", one, one.over_cap)


def _working_day(one: LineCase) -> Finding:
    fault = ""
    if not one.is_working_day:
        day = f"{one.occurred_on:%A} {one.occurred_on.day} {one.occurred_on:%B %Y}"
        fault = f"{day} is a weekend or a bank holiday"
    return _finding("working_day", one, fault, result="warn")


def _volume(one: LineCase) -> Finding:
    fault = ""
    if one.sessions_that_day > USUAL_SESSIONS_A_DAY:
        fault = f"{one.adviser} recorded {one.sessions_that_day} sessions on that day"
    return _finding("volume", one, fault, result="warn")


_LINE_CHECKS: Final[tuple[Callable[[LineCase], Finding], ...]] = (
    _dates,
    _confirmation,
    _evidence,
    _duplicate,
    _reused_file,
    _cap,
    _working_day,
    _volume,
)


def _bonus_share(claim: ClaimCase) -> Finding | None:
    engaged = [one for one in claim.lines if one.output_type == "engagement"]
    if claim.bonus_target is None or len(engaged) < LEAST_FOR_SHARE:
        return None
    share = round(100 * sum(one.hard_to_reach for one in engaged) / len(engaged))
    detail = {"share": share, "target": claim.bonus_target, "n": len(engaged)}
    if abs(share - claim.bonus_target) <= DRIFT_POINTS:
        return Finding("bonus_share", "pass", KINDS["bonus_share"], None, detail)
    words = (
        f"{share}% of {len(engaged)} engagements are hard to reach, the target is "
        f"{claim.bonus_target}%"
    )
    return Finding("bonus_share", "warn", words, None, detail)


def summary(findings: Sequence[Finding]) -> dict[int | None, Result]:
    """The worst finding of each line, and of the claim itself under None."""
    order = {"pass": 0, "warn": 1, "fail": 2}
    worst: dict[int | None, Result] = {}
    for one in findings:
        if one.line not in worst or order[one.result] > order[worst[one.line]]:
            worst[one.line] = one.result
    return worst


def counted(findings: Sequence[Finding]) -> Mapping[str, int]:
    """How many passes, warnings and failures there are."""
    return Counter(one.result for one in findings)
