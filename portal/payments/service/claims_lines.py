"""Lines of a draft put back or taken out many at a time. Called inside a unit of work."""

from __future__ import annotations

from portal.db import current_session
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Claim
from portal.payments.queries import checks as checked
from portal.payments.queries import claims as found
from portal.payments.queries import outputs as outputs_found
from portal.payments.rules.caps import fit
from portal.payments.rules.states import ClaimState, LineState, check_line_move
from portal.payments.service import checks, claims


def put_back(*, reference: str, line_id: int, by: Author) -> Ok[Claim] | Err:
    """Put a line back that was taken out of a draft, if it still fits under the caps."""
    loaded = claims.load_line(reference, line_id)
    if isinstance(loaded, Err):
        return loaded
    claim, line = loaded
    if claim.state != ClaimState.DRAFT:
        return Err(Problem("claim_state", "Only a draft takes lines back"))
    problem = check_line_move(LineState(line.state), LineState.DRAFT)
    if problem is not None:
        return Err(problem)
    output = found.outputs_by_id([line.output_id])[line.output_id]
    if output.withdrawn_at is not None or outputs_found.holder(output.id) is not None:
        return Err(Problem("not_free", "This work was withdrawn, or is on another claim"))
    _kept, _over, left = fit(found.room(claim.contract_id), claims.draft_pence(claim))
    _taken, refused, _rest = fit(left, [claims.candidate(output)])
    if refused:
        return Err(Problem("over_cap", refused[0].words))
    line.state, line.reason = LineState.DRAFT.value, ""
    claim.revision += 1
    claims.note("claim.line_returned", claim, by, line=line)
    current_session().flush()
    checks.run(claim, by)
    return Ok(claim)


def remove_failing(*, reference: str, by: Author) -> Ok[int] | Err:
    """Take every line out of a draft that fails a check; how many those were."""
    claim = found.claim_to_change(reference)
    if claim is None:
        return Err(claims.NO_CLAIM)
    if claim.state != ClaimState.DRAFT:
        return Err(Problem("claim_state", "Lines are taken out of drafts only"))
    lines = [line for line in found.lines_to_change(claim.id) if line.state == LineState.DRAFT]
    failed: dict[int, str] = {}
    for one in checked.unresolved([line.id for line in lines]):
        failed.setdefault(one.line_id, one.words)
    for line in lines:
        if line.id in failed:
            line.state, line.reason = LineState.REMOVED.value, failed[line.id]
    if failed:
        claim.revision += 1
        claims.note("claim.failing_removed", claim, by, lines=len(failed))
        current_session().flush()
    return Ok(len(failed))
