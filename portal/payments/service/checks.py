"""Running the checks of a claim, and keeping what they said.

Each run is kept beside the earlier ones. A passed check is kept in one row a line that names all
that passed; every other finding has a row of its own. Called inside a unit of work in which the
claim is held.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import insert

from portal.caseload.rules.words import EVIDENCE_KINDS
from portal.caseload.rules.working_days import is_working_day
from portal.db import audit, current_session
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import CheckResult, Claim
from portal.payments.queries import checks as kept
from portal.payments.queries import checks_facts as facts
from portal.payments.queries import claims as found
from portal.payments.queries.checks_deliveries import SameDelivery, same_deliveries
from portal.payments.queries.checks_facts import ClaimTerms, FileUse, LineFacts, OtherFile
from portal.payments.rules.caps import Candidate, fit
from portal.payments.rules.checks import (
    KINDS,
    ClaimCase,
    Finding,
    LineCase,
    check_claim,
    counted,
)
from portal.payments.rules.checks_alike import Double, doubles
from portal.payments.rules.checks_deliveries import words as twin_words
from portal.payments.rules.periods import last_day
from portal.payments.rules.states import ClaimState, LineState
from portal.payments.rules.words import ENGAGEMENT
from portal.programme import queries as programme

NO_CLAIM = Problem("no_claim", "There is no such claim")
SETTLED = Problem("claim_state", "This claim is decided: its checks are not run again")
PASSED: Final = "passed"
FRESH_FOR: Final = timedelta(days=1)
_OPEN: Final = (ClaimState.DRAFT, ClaimState.SUBMITTED, ClaimState.QUERIED)
_MOST_PLACES: Final = 3
_LONGEST: Final = 500
_ELSEWHERE: Final = "a record of another provider"
_ANOTHER: Final = "A business of another provider"


@dataclass(frozen=True, slots=True)
class CheckRun:
    """One run: its number, how many lines it looked at, and how many findings of each kind."""

    run: int
    lines: int
    passed: int
    warnings: int
    failed: int


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Everything that was read about a claim, by line or by output."""

    terms: ClaimTerms
    confirmed: Mapping[int, list[bool]]
    files: Mapping[int, list[FileUse]]
    uses: Mapping[str, list[OtherFile]]
    fact_kinds: Mapping[int, set[str]]
    doubles: Mapping[int, list[Double]]
    twins: Mapping[int, list[SameDelivery]]
    over_cap: Mapping[int, str]
    sessions: Mapping[tuple[int, date], int]
    working: Mapping[date, bool]


def run(claim: Claim, by: Author) -> CheckRun:
    """Check every line that stands on a claim, and keep what was found as its newest run."""
    lines = facts.lines(claim.id)
    gathered = _gather(claim, lines)
    settings = programme.settings()
    case = ClaimCase(
        lines=[_line_case(line, gathered) for line in lines],
        target_sectors=frozenset(sector.key for sector in settings.sectors),
        bonus_target=gathered.terms.bonus_target,
    )
    findings = check_claim(case)
    number = kept.last_run(claim.id) + 1
    _keep(claim, number, findings, _details(lines, gathered))
    counts = counted(findings)
    done = CheckRun(number, len(lines), counts["pass"], counts["warn"], counts["fail"])
    audit.record(
        action="claim.checked",
        subject=f"claim:{claim.reference}",
        detail={"run": number, "lines": done.lines, **dict(counts)},
        actor_id=by.user_id,
    )
    return done


def run_again(*, reference: str, by: Author) -> Ok[CheckRun] | Err:
    """Run the checks because somebody asks: a fault may be mended, or a new one come to light."""
    claim = found.claim_to_change(reference)
    if claim is None:
        return Err(NO_CLAIM)
    if claim.state not in _OPEN:
        return Err(SETTLED)
    return Ok(run(claim, by))


def refresh(claim: Claim, by: Author) -> CheckRun | None:
    """Run the checks before a decision when their newest run is older than a day."""
    ran_at = kept.last_run_at(claim.id)
    if ran_at is not None and utc_now() - ran_at < FRESH_FOR:
        return None
    return run(claim, by)


def _gather(claim: Claim, lines: Sequence[LineFacts]) -> _Gathered:
    terms = facts.terms(claim.id)
    files: dict[int, list[FileUse]] = {}
    every = facts.files(claim.id)
    for use in every:
        files.setdefault(use.line, []).append(use)
    wanted, known = facts.engaged(claim.id, terms)
    return _Gathered(
        terms=terms,
        confirmed=facts.confirmations(claim.id),
        files=files,
        uses=facts.other_uses(claim.id) if every else {},
        fact_kinds=facts.fact_kinds(every),
        doubles=doubles(wanted, known),
        twins=same_deliveries(claim.id),
        over_cap=_over_cap(terms.contract_id, lines),
        sessions=facts.sessions_a_day(claim.id),
        working={day: is_working_day(day) for day in {line.occurred_on for line in lines}},
    )


def _over_cap(contract_id: int, lines: Iterable[LineFacts]) -> dict[int, str]:
    """Draft lines that no longer fit; the money of submitted ones is set aside already."""
    drafts = [
        Candidate(line.line, line.output_type, line.pence)
        for line in lines
        if line.state == LineState.DRAFT
    ]
    if not drafts:
        return {}
    _taken, refused, _left = fit(found.room(contract_id), drafts)
    return {one.key: one.words for one in refused}


def _line_case(line: LineFacts, seen: _Gathered) -> LineCase:
    terms = seen.terms
    staff = seen.confirmed.get(line.line, [])
    of_session = line.output_type == ENGAGEMENT
    sessions = 0
    if of_session and line.adviser_id is not None:
        sessions = seen.sessions.get((line.adviser_id, line.occurred_on), 0)
    return LineCase(
        line=line.line,
        output_type=line.output_type,
        occurred_on=line.occurred_on,
        employer_name=line.employer_name,
        sector=line.sector,
        size_tier=line.size_tier,
        hard_to_reach=line.hard_to_reach,
        fully_funded=line.funding == "fully_funded",
        contract_starts=terms.starts_on,
        contract_ends=terms.ends_on,
        period_end=last_day(terms.period),
        confirmed=bool(staff),
        confirmed_by_staff=bool(staff) and all(staff),
        withdrawn=bool(line.output_withdrawn or line.work_withdrawn),
        files=len(seen.files.get(line.line, ())),
        fact_evidence_missing=_missing(line, seen.fact_kinds.get(line.line, set())),
        alike=[
            (_name(double), double.percent, double.same_number)
            for double in seen.doubles.get(line.output, ())
        ],
        twin=twin_words(seen.twins.get(line.line, ())),
        reused=_reused(seen.files.get(line.line, ()), seen),
        over_cap=seen.over_cap.get(line.line, ""),
        is_working_day=seen.working[line.occurred_on],
        adviser=line.adviser or "An adviser",
        sessions_that_day=sessions,
    )


def _name(double: Double) -> str:
    # A provider learns nothing about another's businesses.
    return double.business.name if double.business.own else _ANOTHER


def _missing(line: LineFacts, kinds: set[str]) -> list[str]:
    """Facts behind the price that neither the employer's record nor a file bears out."""
    values = line.facts.get("values", {})
    missing = []
    if not values.get("headcount_on") and "size" not in kinds:
        missing.append("the day of the number of employees")
    if line.output_type == ENGAGEMENT and line.hard_to_reach:
        if not values.get("iip_evidence") and "investors_in_people" not in kinds:
            missing.append("no Investors in People")
        if not values.get("training_note") and "training" not in kinds:
            missing.append("no training for a qualification")
    return missing


def _reused(own: Iterable[FileUse], seen: _Gathered) -> list[str]:
    """Where else a file stands: at other work, or with another case."""
    places: list[str] = []
    for use in own:
        for other in seen.uses.get(use.sha256, ()):
            if len(places) == _MOST_PLACES:
                return places
            if other.file != use.file and _is_other_work(use, other):
                words = _place(other, seen.terms)
                if words not in places:
                    places.append(words)
    return places


def _is_other_work(use: FileUse, other: OtherFile) -> bool:
    # One sheet may prove one delivery to each of its employers: that is one use.
    if use.subject and use.subject == other.subject:
        return False
    same_case = use.case_id == other.case_id
    return not same_case or (use.of_work and other.subject.startswith(("session:", "delivery:")))


def _place(other: OtherFile, terms: ClaimTerms) -> str:
    if other.organisation_id != terms.organisation_id:
        return _ELSEWHERE
    what = "a file" if other.kind == "other" else EVIDENCE_KINDS.get(other.kind, other.kind).lower()
    return f"{what} of {other.employer_name}"


def _details(lines: Iterable[LineFacts], seen: _Gathered) -> dict[tuple[int, str], dict[str, Any]]:
    """What the LEP may look up behind a finding: the outputs of businesses that look alike."""
    return {
        (line.line, "duplicate"): {
            "outputs": [double.business.output for double in seen.doubles[line.output]],
            "names": [double.business.name for double in seen.doubles[line.output]],
        }
        for line in lines
        if line.output in seen.doubles
    } | {
        (line, "duplicate"): {
            "outputs": list(dict.fromkeys(twin.output for twin in twins)),
            "names": list(dict.fromkeys(twin.employer for twin in twins)),
        }
        for line, twins in seen.twins.items()
    }


def _keep(
    claim: Claim,
    number: int,
    findings: Iterable[Finding],
    details: Mapping[tuple[int, str], dict[str, Any]],
) -> None:
    now = utc_now()
    rows: list[dict[str, Any]] = []
    passed: dict[int | None, list[str]] = {}
    said: dict[tuple[str, ...], tuple[str, dict[str, Any]]] = {}

    def row(line: int | None, kind: str, result: str, words: str, detail: Any) -> dict[str, Any]:
        return {
            "claim_id": claim.id,
            "line_id": line,
            "run": number,
            "kind": kind,
            "result": result,
            "words": words[:_LONGEST],
            "detail": detail,
            "at": now,
        }

    for one in findings:
        if one.result == "pass":
            passed.setdefault(one.line, []).append(one.kind)
            continue
        detail = details.get((one.line, one.kind), {}) if one.line is not None else {}
        rows.append(row(one.line, one.kind, one.result, one.words, {**one.detail, **detail}))
    for line, kinds in passed.items():
        # Most lines pass the same checks: that is put into words once.
        key = tuple(kinds)
        if key not in said:
            said[key] = ", ".join(KINDS[kind] for kind in kinds), {"kinds": kinds}
        rows.append(row(line, PASSED, "pass", *said[key]))
    session = current_session()
    session.flush()
    if rows:
        # Straight to the table: thousands of rows, and nobody holds one of them as an object.
        table: Any = CheckResult.__table__
        session.execute(insert(table), rows)
