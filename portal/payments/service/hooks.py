"""What follows for payment from what happens to cases; the caseload calls these.

What lets an output arise is the employer's word or a completed diagnostic, but neither person makes
a decision about money: the portal is named as who did it, and the chain of decisions, from which
nothing can be taken out, holds no name of somebody at an employer.
"""

from __future__ import annotations

from portal.caseload.rules.stages import Milestone
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Problem
from portal.payments.queries import origins
from portal.payments.queries import outputs as found
from portal.payments.service import outputs

_KINDS = frozenset({"session", "delivery"})


def confirmed(subject: str, record_id: int, _by: Author) -> None:
    """An employer confirmed a session or its part in a delivery: an output may arise."""
    if subject == "session":
        outputs.arise_for_session(record_id, PORTAL)
        return
    delivery_id = origins.delivery_of(record_id)
    if delivery_id is not None:
        outputs.arise_for_delivery(delivery_id, PORTAL)


def milestone_noted(case_id: int, kind: Milestone, _by: Author) -> None:
    """A completed diagnostic may have been the last that an engagement lacked."""
    if kind is Milestone.DIAGNOSTIC:
        for session_id in origins.confirmed_sessions_of(case_id):
            outputs.arise_for_session(session_id, PORTAL)


def may_not_withdraw(subject: str) -> Problem | None:
    """Why a session or a delivery cannot be withdrawn: a claim holds what arose from it."""
    kind, _, reference = subject.partition(":")
    if kind not in _KINDS:
        return None
    output = found.output_behind(kind, reference)
    if output is None or output.withdrawn_at is not None:
        return None
    return outputs.held_by_claim(output)


def withdrawn(subject: str, reason: str, by: Author) -> None:
    """A session or a delivery was withdrawn, and what arose from it with it.

    Raises:
        RuntimeError: when a claim holds the output: the guard is asked first, so it cannot be.
    """
    kind, _, reference = subject.partition(":")
    output = found.output_behind(kind, reference) if kind in _KINDS else None
    if output is None:
        return
    done = outputs.withdraw(output=output, reason=reason, by=by)
    if isinstance(done, Err):
        raise RuntimeError(  # noqa: TRY004 - a refusal, not a type
            f"{subject} was withdrawn while a claim holds its output"
        )
