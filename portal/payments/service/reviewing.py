"""The LEP's side of a claim: approving, querying and rejecting lines.

Nobody decides on what they had a hand in, whatever roles they hold: such an attempt is refused,
shown, and put on record. Called inside a unit of work.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from portal.db import audit, current_session
from portal.kernel.clock import utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Claim, ClaimLine, LineQuery
from portal.payments.queries import checks as checked
from portal.payments.queries import claims as found
from portal.payments.rules.duties import conflicts
from portal.payments.rules.ledger import Entry
from portal.payments.rules.states import ClaimState, LineState, check_line_move, decided
from portal.payments.service import ledger
from portal.payments.service.ledger import Movement

NO_CLAIM = Problem("no_claim", "There is no such claim")
NOT_SUBMITTED = Problem("claim_state", "This claim is not waiting for a decision")
NO_LINES = Problem("no_lines", "Choose at least one line that waits for a decision", "lines")
SEPARATION = "separation_of_duties"


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a decision: the claim, and how many lines it was about."""

    claim: Claim
    lines: int


def approve(*, reference: str, line_ids: Collection[int], by: Author) -> Ok[Decided] | Err:
    """Approve lines, all of them or none: their money is owed from now on.

    Refused while a check of one of them fails and no second person has let it through.
    """
    loaded = _load(reference, line_ids, LineState.APPROVED, by)
    if isinstance(loaded, Err):
        return loaded
    claim, lines = loaded
    failed = checked.unresolved([line.id for line in lines])
    if failed:
        first = failed[0]
        return Err(
            Problem("check_failed", f"{first.employer_name}: {first.words}. Nothing was approved")
        )
    for line in lines:
        _decide(line, LineState.APPROVED, "", by)
    current_session().flush()
    ledger.append([_movement(Entry.APPROVE, claim, line) for line in lines], by=by)
    return _finish("claim.lines_approved", claim, lines, by)


def reject(
    *, reference: str, line_ids: Collection[int], reason: str, by: Author
) -> Ok[Decided] | Err:
    """Reject lines with a reason: the money set aside for them goes back, the outputs are free."""
    if not reason.strip():
        return Err(Problem("reason_needed", "Say why", "reason"))
    loaded = _load(reference, line_ids, LineState.REJECTED, by)
    if isinstance(loaded, Err):
        return loaded
    claim, lines = loaded
    for line in lines:
        _decide(line, LineState.REJECTED, reason.strip(), by)
    current_session().flush()
    ledger.append([_movement(Entry.RELEASE, claim, line) for line in lines], by=by)
    return _finish("claim.lines_rejected", claim, lines, by)


def query(
    *, reference: str, line_ids: Collection[int], words: str, by: Author
) -> Ok[Decided] | Err:
    """Ask the provider about lines; the rest of the claim can be decided meanwhile."""
    if not words.strip():
        return Err(Problem("words_needed", "Write your question", "words"))
    loaded = _load(reference, line_ids, LineState.QUERIED, by)
    if isinstance(loaded, Err):
        return loaded
    claim, lines = loaded
    session = current_session()
    for line in lines:
        line.state = LineState.QUERIED.value
        session.add(
            LineQuery(
                line_id=line.id,
                side="lep",
                words=words.strip(),
                at=utc_now(),
                by=by.user_id,
                by_name=by.shown,
            )
        )
    session.flush()
    return _finish("claim.lines_queried", claim, lines, by)


def _load(
    reference: str, line_ids: Collection[int], target: LineState, by: Author
) -> tuple[Claim, list[ClaimLine]] | Err:
    claim = found.claim_to_change(reference)
    if claim is None:
        return Err(NO_CLAIM)
    if claim.state not in {ClaimState.SUBMITTED, ClaimState.QUERIED}:
        return Err(NOT_SUBMITTED)
    wanted = set(line_ids)
    lines = [line for line in found.lines_to_change(claim.id) if line.id in wanted]
    if not lines or len(lines) != len(wanted):
        return Err(NO_LINES)
    for line in lines:
        problem = check_line_move(LineState(line.state), target)
        if problem is not None:
            return Err(problem)
    refusal = _separation(claim, lines, target, by)
    return Err(refusal) if refusal is not None else (claim, lines)


def _separation(
    claim: Claim, lines: list[ClaimLine], target: LineState, by: Author
) -> Problem | None:
    involved = found.involvement(claim, [line.output_id for line in lines])
    for line in lines:
        reasons = (
            ("Nobody is signed in",)
            if by.user_id is None
            else conflicts(by.user_id, involved[line.output_id])
        )
        if reasons:
            ledger.decide(
                action="claim.refused",
                subject=f"claim:{claim.reference}",
                by=by,
                detail={"line": line.id, "wanted": target.value, "why": list(reasons)},
            )
            return Problem(SEPARATION, f"You cannot decide on this: {'; '.join(reasons).lower()}")
    return None


def _decide(line: ClaimLine, state: LineState, reason: str, by: Author) -> None:
    line.state = state.value
    line.decided_at, line.decided_by, line.decided_name = utc_now(), by.user_id, by.shown
    line.reason = reason


def _finish(action: str, claim: Claim, lines: list[ClaimLine], by: Author) -> Ok[Decided]:
    states = [LineState(line.state) for line in found.lines_to_change(claim.id)]
    outcome = decided(states)
    if outcome is not None and outcome.value != claim.state:
        claim.state = outcome.value
        if outcome is not ClaimState.QUERIED:
            claim.decided_at, claim.decided_by = utc_now(), by.user_id
    claim.revision += 1
    current_session().flush()
    detail = {
        "lines": sorted(line.id for line in lines),
        "pence": sum(line.pence for line in lines),
        "state": claim.state,
    }
    subject = f"claim:{claim.reference}"
    ledger.decide(action=action, subject=subject, by=by, detail=detail)
    audit.record(action=action, subject=subject, detail=detail, actor_id=by.user_id)
    return Ok(Decided(claim, len(lines)))


def _movement(kind: Entry, claim: Claim, line: ClaimLine) -> Movement:
    return Movement(
        kind,
        claim.contract_id,
        line.pence,
        claim_id=claim.id,
        line_id=line.id,
        output_id=line.output_id,
    )
