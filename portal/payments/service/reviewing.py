"""The LEP's side of a claim: approving, querying and rejecting lines.

Nobody decides on what they had a hand in, whatever roles they hold: such an attempt is refused,
shown, and put on record. Called inside a unit of work, which must be committed when a decision is
refused too: the refusal is kept with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import insert, update

from portal.db import audit, current_session
from portal.kernel.clock import london, utc_now
from portal.kernel.memory import uninterrupted
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import Claim, ClaimLine, LineQuery
from portal.payments.queries import checks as checked
from portal.payments.queries import claims as found
from portal.payments.queries import hands
from portal.payments.queries import review as seen
from portal.payments.queries.claims import HeldLine
from portal.payments.rules.decisions import action_words
from portal.payments.rules.duties import conflicts
from portal.payments.rules.ledger import Entry
from portal.payments.rules.states import ClaimState, LineState, check_line_move, decided
from portal.payments.service import checks, ledger
from portal.payments.service.bulk import change_exactly
from portal.payments.service.claims_telling import tell_provider
from portal.payments.service.ledger import Movement

NO_CLAIM = Problem("no_claim", "There is no such claim")
NOT_SUBMITTED = Problem("claim_state", "This claim is not waiting for a decision")
NO_LINES = Problem("no_lines", "Choose at least one line that waits for a decision", "lines")
SEPARATION = "separation_of_duties"
# As many keys in one statement as every database takes.
_AT_ONCE: Final = 1000


LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Decided:
    """What became of a decision: the claim, how many lines it was about, and their pence."""

    claim: Claim
    lines: int
    pence: int


def consider(
    *,
    reference: str,
    line_ids: Collection[int],
    target: LineState,
    revision: int | None = None,
    by: Author,
) -> Ok[Decided] | Err:
    """Whether these lines could be decided so, by this person, now; decides nothing.

    An attempt on what they had a hand in is put on record here already.
    """
    loaded = _load(reference, line_ids, target, by, revision)
    if isinstance(loaded, Err):
        return loaded
    claim, lines = loaded
    if target is LineState.APPROVED:
        failed = _failed(lines)
        if failed is not None:
            return Err(failed)
    return Ok(Decided(claim, len(lines), sum(line.pence for line in lines)))


@uninterrupted()
def approve(
    *,
    reference: str,
    line_ids: Collection[int],
    by: Author,
    revision: int | None = None,
    clean_only: bool = False,
) -> Ok[Decided] | Err:
    """Approve lines, all of them or none: their money is owed from now on.

    ``revision`` is the claim's as it was looked at: after any change of it nothing is approved.
    Refused while a check of a line fails and no second person has let it through. Checks older
    than a day are run again first; ``clean_only`` says that the lines were chosen because every
    check passed, and one that is warned about by now stops all of them.
    """
    loaded = _load(reference, line_ids, LineState.APPROVED, by, revision)
    if isinstance(loaded, Err):
        return loaded
    claim, lines = loaded
    checks.refresh(claim, by)
    problem = _failed(lines)
    if problem is None and clean_only:
        problem = _no_longer_clean(claim, lines)
    if problem is not None:
        return Err(problem)
    _decide(lines, LineState.APPROVED, "", by)
    ledger.append([_movement(Entry.APPROVE, claim, line) for line in lines], by=by)
    return _finish("claim.lines_approved", claim, lines, by)


def reject(
    *,
    reference: str,
    line_ids: Collection[int],
    reason: str,
    by: Author,
    revision: int | None = None,
) -> Ok[Decided] | Err:
    """Reject lines with a reason: the money set aside for them goes back, the outputs are free."""
    problem = _words_problem(reason, "Say why")
    if problem is not None:
        return Err(problem)
    loaded = _load(reference, line_ids, LineState.REJECTED, by, revision)
    if isinstance(loaded, Err):
        return loaded
    claim, lines = loaded
    _decide(lines, LineState.REJECTED, reason.strip(), by)
    ledger.append([_movement(Entry.RELEASE, claim, line) for line in lines], by=by)
    return _finish("claim.lines_rejected", claim, lines, by, reason=reason.strip())


def query(
    *,
    reference: str,
    line_ids: Collection[int],
    words: str,
    by: Author,
    revision: int | None = None,
) -> Ok[Decided] | Err:
    """Ask the provider about lines; the rest of the claim can be decided meanwhile."""
    problem = _words_problem(words, "Write your question")
    if problem is not None:
        return Err(problem)
    loaded = _load(reference, line_ids, LineState.QUERIED, by, revision)
    if isinstance(loaded, Err):
        return loaded
    claim, lines = loaded
    _change(lines, {"state": LineState.QUERIED.value})
    said = {
        "side": "lep",
        "words": words.strip(),
        "at": utc_now(),
        "by": by.user_id,
        "by_name": by.shown,
    }
    table: Any = LineQuery.__table__
    current_session().execute(insert(table), [{"line_id": line.id, **said} for line in lines])
    return _finish("claim.lines_queried", claim, lines, by, words=words.strip())


def _words_problem(words: str, message: str) -> Problem | None:
    if not words.strip():
        return Problem("words_needed", message, "words")
    if len(words.strip()) > LONGEST * 4:
        return Problem("words_long", f"Use {LONGEST:,} characters or fewer", "words")
    return None


def _load(
    reference: str,
    line_ids: Collection[int],
    target: LineState,
    by: Author,
    revision: int | None,
) -> tuple[Claim, list[HeldLine]] | Err:
    claim = found.claim_to_change(reference)
    if claim is None:
        return Err(NO_CLAIM)
    wanted = set(line_ids)
    lines = [line for line in found.held_lines(claim.id) if line.id in wanted]
    if lines and (refusal := _separation(claim, lines, target, by)) is not None:
        return Err(refusal)
    if revision is not None and claim.revision != revision:
        return Err(_changed(claim))
    if claim.state not in {ClaimState.SUBMITTED, ClaimState.QUERIED}:
        return Err(NOT_SUBMITTED)
    if not lines or len(lines) != len(wanted):
        return Err(NO_LINES)
    problem = _state_problem(lines, target)
    return Err(problem) if problem is not None else (claim, lines)


def _state_problem(lines: Iterable[HeldLine], target: LineState) -> Problem | None:
    """Why one of the lines cannot become this, and who decided it where somebody has."""
    for line in lines:
        problem = check_line_move(LineState(line.state), target)
        if problem is None:
            continue
        if line.decided_at is not None and line.state in {LineState.APPROVED, LineState.REJECTED}:
            name = found.outputs_by_id([line.output_id])[line.output_id].employer_name
            when = london(line.decided_at)
            problem = Problem(
                problem.code,
                f"{name} was {LineState(line.state).label.lower()} already, by "
                f"{line.decided_name} on {when.day} {when:%B %Y at %H:%M}. Nothing was changed",
            )
        return problem
    return None


def _changed(claim: Claim) -> Problem:
    """What happened to a claim after somebody looked at it."""
    last = seen.last_decision(f"claim:{claim.reference}")
    said = ""
    if last is not None:
        when = london(last.at)
        said = f": {last.by_name}, {when.day} {when:%B at %H:%M}, {action_words(last.action)}"
    return Problem(
        "changed",
        f"This claim changed while you had it open{said}. Nothing was decided. Look at it again, "
        "then choose again",
    )


def _failed(lines: Collection[HeldLine]) -> Problem | None:
    failed = checked.unresolved([line.id for line in lines])
    if not failed:
        return None
    first, others = failed[0], len({one.line_id for one in failed}) - 1
    more = f", and {others:,} more line{'' if others == 1 else 's'} fail a check" if others else ""
    return Problem(
        "check_failed", f"{first.employer_name}: {first.words}{more}. Nothing was approved"
    )


def _no_longer_clean(claim: Claim, lines: Collection[HeldLine]) -> Problem | None:
    names = seen.warned(claim.id, [line.id for line in lines])
    if not names:
        return None
    more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
    return Problem(
        "checks_changed",
        f"The checks were run again and now have a warning about {names[0]}{more}. Nothing was "
        "approved. Look at it, then choose again",
    )


def _separation(
    claim: Claim, lines: list[HeldLine], target: LineState, by: Author
) -> Problem | None:
    involved = hands.involvement(claim, [line.output_id for line in lines])
    refused: list[int] = []
    reasons: dict[str, None] = {}
    for line in lines:
        why = (
            ("Nobody is signed in",)
            if by.user_id is None
            else conflicts(by.user_id, involved[line.output_id])
        )
        if why:
            refused.append(line.id)
            reasons |= dict.fromkeys(why)
    if not refused:
        return None
    detail = {"lines": refused, "wanted": target.value, "why": list(reasons)}
    subject = f"claim:{claim.reference}"
    ledger.decide(action="claim.refused", subject=subject, by=by, detail=detail)
    audit.record(action="claim.refused", subject=subject, detail=detail, actor_id=by.user_id)
    said = "; ".join(reasons)
    return Problem(
        SEPARATION,
        f"You cannot decide on this: {said[0].lower()}{said[1:]}. The attempt is on record",
    )


def _decide(lines: Sequence[HeldLine], state: LineState, reason: str, by: Author) -> None:
    values = {
        "state": state.value,
        "decided_at": utc_now(),
        "decided_by": by.user_id,
        "decided_name": by.shown,
        "reason": reason,
    }
    _change(lines, values)


def _change(lines: Sequence[HeldLine], values: Mapping[str, Any]) -> None:
    """One statement for many lines: they were held and looked at before."""
    for begun in range(0, len(lines), _AT_ONCE):
        keys = [line.id for line in lines[begun : begun + _AT_ONCE]]
        change_exactly(update(ClaimLine).where(ClaimLine.id.in_(keys)).values(values), len(keys))


def _finish(
    action: str, claim: Claim, lines: list[HeldLine], by: Author, **said: str
) -> Ok[Decided]:
    outcome = decided(found.line_states(claim.id))
    if outcome is not None and outcome.value != claim.state:
        claim.state = outcome.value
        if outcome is not ClaimState.QUERIED:
            claim.decided_at, claim.decided_by = utc_now(), by.user_id
    claim.revision += 1
    current_session().flush()
    pence = sum(line.pence for line in lines)
    detail = {
        "lines": sorted(line.id for line in lines),
        "pence": pence,
        "state": claim.state,
        **said,
    }
    subject = f"claim:{claim.reference}"
    ledger.decide(action=action, subject=subject, by=by, detail=detail)
    audit.record(action=action, subject=subject, detail=detail, actor_id=by.user_id)
    if action == "claim.lines_queried":
        tell_provider(claim, "queried")
    elif outcome is not None and outcome is not ClaimState.QUERIED:
        tell_provider(claim, "decided")
    return Ok(Decided(claim, len(lines), pence))


def _movement(kind: Entry, claim: Claim, line: HeldLine) -> Movement:
    return Movement(
        kind,
        claim.contract_id,
        line.pence,
        claim_id=claim.id,
        line_id=line.id,
        output_id=line.output_id,
    )
