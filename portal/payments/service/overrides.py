"""Letting a failed check through: asked for by one person, granted by another, until a day.

Called inside a unit of work. Who asks and who grants is on record, and so is each refusal.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from portal.db import audit, current_session
from portal.kernel.clock import today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.payments.models import CheckOverride, Claim
from portal.payments.queries import checks as kept
from portal.payments.queries import claims as found
from portal.payments.queries import hands
from portal.payments.rules.checks import KINDS
from portal.payments.rules.duties import conflicts
from portal.payments.rules.states import ClaimState
from portal.payments.service import ledger, overrides_telling

MOST_DAYS: Final = 90
# Nothing lets money be spent that is not there.
NEVER: Final = frozenset({"cap"})
SEPARATION = "separation_of_duties"
NO_LINE = Problem("no_line", "That line is not on this claim")
NO_OVERRIDE = Problem("no_override", "There is no such request")
_OPEN: Final = (ClaimState.DRAFT, ClaimState.SUBMITTED, ClaimState.QUERIED)


def ask(
    *, reference: str, line_id: int, kind: str, reason: str, until_on: date | None, by: Author
) -> Ok[CheckOverride] | Err:
    """Ask that a failed check of a line be let through until a day, 90 days ahead at most."""
    claim = found.claim_to_change(reference)
    if claim is None or by.user_id is None:
        return Err(NO_LINE)
    if claim.state not in _OPEN:
        return Err(Problem("claim_state", "This claim is decided already"))
    failed = next((one for one in kept.unresolved([line_id]) if one.kind == kind), None)
    line = kept.line_of(claim.id, line_id)
    if line is None:
        return Err(NO_LINE)
    problem = _ask_problem(kind, reason, until_on, is_failing=failed is not None)
    if problem is None and kept.live_override(line.output_id, kind) is not None:
        problem = Problem("asked_already", "Somebody has asked for this already")
    if problem is not None or until_on is None:
        return Err(problem or NO_OVERRIDE)
    override = CheckOverride(
        output_id=line.output_id,
        kind=kind,
        reason=reason.strip(),
        until_on=until_on,
        asked_by=by.user_id,
        asked_at=utc_now(),
    )
    session = current_session()
    session.add(override)
    session.flush()
    _note("override.asked", override, reference, by, reason=override.reason)
    overrides_telling.tell_deciders(override, claim, by)
    return Ok(override)


def _ask_problem(
    kind: str, reason: str, until_on: date | None, *, is_failing: bool
) -> Problem | None:
    if kind in NEVER:
        return Problem("never", "A cap is not let through: the contract has to be varied first")
    if not is_failing:
        return Problem("not_failing", "This check does not fail, or is let through already")
    if not reason.strip():
        return Problem("reason_needed", "Say why this can be paid all the same", "reason")
    if until_on is None or until_on < today():
        return Problem("until_past", "The last day must be today or later", "until_on")
    if until_on > today() + timedelta(days=MOST_DAYS):
        return Problem("until_far", f"The last day is {MOST_DAYS} days ahead at most", "until_on")
    return None


def grant(*, override_id: int, by: Author) -> Ok[CheckOverride] | Err:
    """Let a check through: another person than who asked, and one without a hand in the work."""
    loaded = _decidable(override_id, by, "override.grant_refused")
    if isinstance(loaded, Err):
        return loaded
    override, claim = loaded
    override.granted_by, override.granted_at = by.user_id, utc_now()
    current_session().flush()
    _note("override.granted", override, claim.reference, by)
    overrides_telling.tell_asker(override, claim, by)
    return Ok(override)


def decline(*, override_id: int, words: str, by: Author) -> Ok[CheckOverride] | Err:
    """Do not let a check through, and say why."""
    if not words.strip():
        return Err(Problem("words_needed", "Say why not", "words"))
    loaded = _decidable(override_id, by, "override.decline_refused")
    if isinstance(loaded, Err):
        return loaded
    override, claim = loaded
    override.declined_by, override.declined_at = by.user_id, utc_now()
    override.answer = words.strip()
    current_session().flush()
    _note("override.declined", override, claim.reference, by, reason=override.answer)
    overrides_telling.tell_asker(override, claim, by)
    return Ok(override)


def _decidable(override_id: int, by: Author, action: str) -> tuple[CheckOverride, Claim] | Err:
    override = kept.override_to_change(override_id)
    claim = None if override is None else kept.claim_of_output(override.output_id)
    if override is None or claim is None or by.user_id is None:
        return Err(NO_OVERRIDE)
    settled = _settled(override)
    if settled is not None:
        return Err(settled)
    reasons = ["You asked for this"] if by.user_id == override.asked_by else []
    involved = hands.involvement(claim, [override.output_id])[override.output_id]
    reasons += conflicts(by.user_id, involved)
    if reasons:
        _note(action, override, claim.reference, by, reason="; ".join(reasons))
        said = "; ".join(reasons).lower()
        return Err(Problem(SEPARATION, f"You cannot decide on this: {said}"))
    return override, claim


def _settled(override: CheckOverride) -> Problem | None:
    if override.granted_at is not None:
        return Problem("granted_already", "This was let through already")
    if override.declined_at is not None:
        return Problem("declined_already", "This was declined already")
    if override.until_on < today():
        return Problem("lapsed", "The last day that was asked for is over: ask again")
    return None


def _note(
    action: str, override: CheckOverride, claim: str, by: Author, *, reason: str = ""
) -> None:
    detail = {
        "override": override.id,
        "output": override.output_id,
        "check": KINDS[override.kind],
        "until": override.until_on.isoformat(),
        "reason": reason,
    }
    subject = f"claim:{claim}"
    ledger.decide(action=action, subject=subject, by=by, detail=detail)
    audit.record(action=action, subject=subject, detail=detail, actor_id=by.user_id)
