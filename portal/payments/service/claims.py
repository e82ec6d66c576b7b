"""A provider's side of a claim: building, taking out, submitting, answering.

Everything that spends holds the contract first, then the claim, so that two people never spend the
same money. Called inside a unit of work.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError

from portal.db import audit, current_session
from portal.kernel.clock import london, today, utc_now
from portal.kernel.memory import uninterrupted
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Claim, ClaimLine, Contract, LineQuery, Output
from portal.payments.queries import checks as checked
from portal.payments.queries import claims as found
from portal.payments.rules.caps import Candidate, Refused, fit
from portal.payments.rules.ledger import Entry
from portal.payments.rules.periods import claim_month, has_ended, last_day
from portal.payments.rules.states import (
    ClaimState,
    LineState,
    check_claim_move,
    check_line_move,
    decided,
)
from portal.payments.service import checks, ledger
from portal.payments.service.bulk import change_exactly
from portal.payments.service.claims_telling import tell_officers, tell_provider
from portal.payments.service.ledger import Movement

__all__ = [
    "CHANGED",
    "NOTHING",
    "NO_CLAIM",
    "NO_LINE",
    "Built",
    "answer_query",
    "build",
    "remove_line",
    "submit",
    "tell_provider",
    "withdraw_draft",
]

NO_CLAIM = Problem("no_claim", "There is no such claim")
NO_LINE = Problem("no_line", "That line is not on this claim")
CHANGED = Problem(
    "changed",
    "This claim changed while you had it open. Look at it again, then repeat what you wanted to do",
)
NOTHING = Problem("nothing_to_claim", "There is nothing ready to claim for this month")


@dataclass(frozen=True, slots=True)
class Built:
    """A draft, and the outputs that did not fit under a cap."""

    claim: Claim
    added: int
    refused: tuple[Refused[int], ...]


@uninterrupted()
def build(*, contract_id: int, period: date, by: Author) -> Ok[Built] | Err:
    """Make the draft claim of a month, or bring it up to date with what has become ready.

    What was taken out of the draft comes back. The checks are run on what stands on it then.
    Refused for a month that has not ended, one that was closed, or with nothing to claim. What
    happened in a closed month is claimed in the first open one.
    """
    contract = found.contract_to_change(contract_id)
    problem = _period_problem(contract, period)
    if problem is not None:
        return Err(problem)
    draft = found.draft_of(contract_id, period)
    fresh = [
        output
        for output in found.free_outputs(contract_id, until=last_day(period))
        if claim_month(occurred_on=output.occurred_on, open_from=contract.open_from) == period
    ]
    on_draft = draft_pence(draft)
    room = found.room(contract_id)
    _kept, _over, left = fit(room, on_draft)
    wanted = [Candidate(output.id, output.output_type, output.pence) for output in fresh]
    taken, refused, _rest = fit(left, wanted)
    if draft is None:
        if not taken:
            return Err(NOTHING if not refused else Problem("over_cap", refused[0].words))
        opened = _open(contract, period, by)
        if isinstance(opened, Err):
            return opened
        draft = opened.value
    chosen = set(taken)
    _add_lines(draft, [output for output in fresh if output.id in chosen])
    checks.run(draft, by)
    return Ok(Built(draft, len(taken), tuple(refused)))


def _period_problem(contract: Contract, period: date) -> Problem | None:
    if contract.state == "draft":
        return Problem("not_active", "This contract is not active yet")
    if period != period.replace(day=1):
        return Problem("not_a_month", "A claim is for a whole month")
    if not has_ended(period, today=today()):
        return Problem("month_not_over", f"{period:%B %Y} can be claimed once it is over")
    if period < contract.open_from:
        return Problem(
            "month_closed",
            f"{period:%B %Y} is closed. What happened then is claimed in "
            f"{contract.open_from:%B %Y} or later",
        )
    return None


def candidate(output: Output) -> Candidate[int]:
    """An output as the caps see it."""
    return Candidate(output.id, output.output_type, output.base_pence + output.bonus_pence)


def draft_pence(draft: Claim | None) -> list[Candidate[int]]:
    """What stands on a draft, as the caps see it."""
    if draft is None:
        return []
    return [candidate(output) for _line, output in found.live_lines(draft.id)]


def _open(contract: Contract, period: date, by: Author) -> Ok[Claim] | Err:
    session = current_session()
    claim = Claim(
        contract_id=contract.id,
        period=period,
        number=found.last_number(contract.id, period) + 1,
        drafted_by=by.user_id,
    )
    try:
        with session.begin_nested():
            session.add(claim)
            session.flush()
    except IntegrityError:
        return Err(CHANGED)
    note("claim.drafted", claim, by)
    return Ok(claim)


def _add_lines(claim: Claim, outputs: list[found.ReadyOutput]) -> None:
    if not outputs:
        return
    session = current_session()
    # An output that was taken out of this claim before comes back on its own line.
    earlier = {line.output_id: line for line in found.lines_to_change(claim.id)}
    for output in outputs:
        if output.id in earlier:
            earlier[output.id].state = LineState.DRAFT.value
            earlier[output.id].reason = ""
    fresh = [
        {
            "claim_id": claim.id,
            "output_id": output.id,
            "pence": output.pence,
            "explanation": output.explanation,
        }
        for output in outputs
        if output.id not in earlier
    ]
    if fresh:
        # Straight to the table: they are read as objects only where somebody changes them.
        table: Any = ClaimLine.__table__
        session.execute(insert(table), fresh)
    claim.revision += 1
    session.flush()


def remove_line(*, reference: str, line_id: int, reason: str, by: Author) -> Ok[Claim] | Err:
    """Take a line out of a draft, or one that was queried out of a claim: its output is free again.

    A queried line has money set aside for it, which goes back to the budget.
    """
    loaded = load_line(reference, line_id)
    if isinstance(loaded, Err):
        return loaded
    claim, line = loaded
    problem = check_line_move(LineState(line.state), LineState.REMOVED)
    if problem is not None:
        return Err(problem)
    if line.state == LineState.QUERIED:
        if not reason.strip():
            return Err(Problem("reason_needed", "Say why the line is taken out", "reason"))
        ledger.append([_movement(Entry.RELEASE, claim, line)], by=by)
    line.state, line.reason = LineState.REMOVED.value, reason.strip()
    current_session().flush()
    note("claim.line_removed", claim, by, line=line)
    _settle(claim)
    return Ok(claim)


@uninterrupted()
def submit(*, reference: str, revision: int, by: Author) -> Ok[Claim] | Err:
    """Submit a draft: every line's money is set aside. All of it goes, or nothing.

    Refused when the claim changed since it was looked at, when work behind it was withdrawn, when
    a line is over a cap, or when a check of one fails and was not let through: the line is named,
    and nothing is trimmed. Warnings do not stand in the way.
    """
    claim = found.claim_to_change(reference)
    if claim is None:
        return Err(NO_CLAIM)
    problem = _not_submittable(claim, revision)
    if problem is not None:
        return Err(problem)
    lines = [line for line in found.held_lines(claim.id) if line.state == LineState.DRAFT]
    problem = _submit_problem(claim, found.drafted_outputs(claim.id))
    if problem is None:
        checks.run(claim, by)
        problem = _failing(checked.unresolved([line.id for line in lines]))
    if problem is not None:
        return Err(problem)
    drafts = update(ClaimLine).where(
        ClaimLine.claim_id == claim.id, ClaimLine.state == LineState.DRAFT.value
    )
    change_exactly(drafts.values(state=LineState.SUBMITTED.value), len(lines))
    claim.state = ClaimState.SUBMITTED.value
    claim.submitted_at, claim.submitted_by, claim.submitted_name = utc_now(), by.user_id, by.shown
    claim.revision += 1
    current_session().flush()
    ledger.append([_movement(Entry.COMMIT, claim, line) for line in lines], by=by)
    total = sum(line.pence for line in lines)
    note("claim.submitted", claim, by, lines=len(lines), pence=total)
    tell_officers(claim, lines=len(lines), pence=total)
    return Ok(claim)


def _not_submittable(claim: Claim, revision: int) -> Problem | None:
    if claim.submitted_at is not None:
        at = london(claim.submitted_at)
        words = f"{claim.submitted_name} submitted this claim on {at.day} {at:%B %Y at %H:%M}"
        return Problem("submitted_already", f"{words}. It was sent once")
    problem = check_claim_move(ClaimState(claim.state), ClaimState.SUBMITTED)
    if problem is None and claim.revision != revision:
        problem = CHANGED
    return problem


def _failing(failed: list[checked.FailedCheck]) -> Problem | None:
    if not failed:
        return None
    others = len({one.line_id for one in failed}) - 1
    more = f", and so do {others:,} more lines" if others > 1 else ""
    if others == 1:
        more = ", and so does another line"
    first = failed[0]
    return Problem(
        "check_failed",
        f"{first.employer_name} fails a check ({first.words}){more}. Put it right, take it out, "
        "or ask for the check to be let through",
    )


def _submit_problem(claim: Claim, outputs: list[found.DraftedOutput]) -> Problem | None:
    if not outputs:
        return NOTHING
    withdrawn = [output for output in outputs if output.withdrawn]
    if withdrawn:
        names = ", ".join(output.employer_name for output in withdrawn[:3])
        return Problem("withdrawn", f"Work on this claim was withdrawn: {names}. Take it out first")
    wanted = [Candidate(output.id, output.output_type, output.pence) for output in outputs]
    _taken, refused, _left = fit(found.room(claim.contract_id), wanted)
    if refused:
        name = next(one.employer_name for one in outputs if one.id == refused[0].key)
        return Problem("over_cap", f"{name}: {refused[0].words}. Take this line out first")
    return None


def answer_query(*, reference: str, line_id: int, words: str, by: Author) -> Ok[Claim] | Err:
    """Answer a query about a line; the line waits for a decision again.

    When the last query of a claim is answered the claim is back with the LEP.
    """
    loaded = load_line(reference, line_id)
    if isinstance(loaded, Err):
        return loaded
    claim, line = loaded
    if line.state != LineState.QUERIED:
        return Err(Problem("not_queried", "Nobody has a question about this line"))
    if not words.strip():
        return Err(Problem("words_needed", "Write your answer", "words"))
    session = current_session()
    session.add(
        LineQuery(
            line_id=line.id,
            side="provider",
            words=words.strip(),
            at=utc_now(),
            by=by.user_id,
            by_name=by.shown,
        )
    )
    line.state = LineState.SUBMITTED.value
    session.flush()
    note("claim.query_answered", claim, by, line=line)
    _settle(claim)
    return Ok(claim)


def _settle(claim: Claim) -> None:
    """Bring a claim's state in line with its lines, after the provider answered or took one out.

    With its last open line taken out a claim is decided by those that were; with none left it is
    withdrawn.
    """
    lines = found.lines_to_change(claim.id)
    live = [LineState(line.state) for line in lines if line.state != LineState.REMOVED]
    outcome = decided(live)
    if claim.state == ClaimState.DRAFT:
        pass
    elif not live:
        claim.state = ClaimState.WITHDRAWN.value
    elif outcome is None:
        if claim.state == ClaimState.QUERIED and LineState.QUERIED not in live:
            claim.state = ClaimState.SUBMITTED.value
    elif outcome is not ClaimState.QUERIED:
        claim.state, claim.decided_at = outcome.value, utc_now()
        claim.decided_by = next((line.decided_by for line in lines if line.decided_by), None)
    claim.revision += 1
    current_session().flush()


def withdraw_draft(*, reference: str, by: Author) -> Ok[Claim] | Err:
    """Put a draft away; its outputs are free for another claim."""
    claim = found.claim_to_change(reference)
    if claim is None:
        return Err(NO_CLAIM)
    problem = check_claim_move(ClaimState(claim.state), ClaimState.WITHDRAWN)
    if problem is not None:
        return Err(problem)
    for line in found.lines_to_change(claim.id):
        if line.state == LineState.DRAFT:
            line.state = LineState.REMOVED.value
    claim.state = ClaimState.WITHDRAWN.value
    claim.revision += 1
    note("claim.withdrawn", claim, by)
    current_session().flush()
    return Ok(claim)


def load_line(reference: str, line_id: int) -> tuple[Claim, ClaimLine] | Err:
    """A claim and one of its lines, both held."""
    claim = found.claim_to_change(reference)
    if claim is None:
        return Err(NO_CLAIM)
    line = next((one for one in found.lines_to_change(claim.id) if one.id == line_id), None)
    return Err(NO_LINE) if line is None else (claim, line)


def _movement(kind: Entry, claim: Claim, line: ClaimLine | found.HeldLine) -> Movement:
    return Movement(
        kind,
        claim.contract_id,
        line.pence,
        claim_id=claim.id,
        line_id=line.id,
        output_id=line.output_id,
    )


def note(
    action: str, claim: Claim, by: Author, *, line: ClaimLine | None = None, **detail: int
) -> None:
    """Put on record what somebody did with a claim."""
    said: dict[str, int] = {**detail, **({"line": line.id} if line is not None else {})}
    subject = f"claim:{claim.reference}"
    ledger.decide(action=action, subject=subject, by=by, detail=said)
    audit.record(action=action, subject=subject, detail=said, actor_id=by.user_id)
