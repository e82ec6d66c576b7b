"""What may be done with a response in which state: the one table of allowed transitions."""

from __future__ import annotations

from portal.kernel.result import Problem

# state -> what may be done in it
ALLOWED: dict[str, frozenset[str]] = {
    "in_progress": frozenset({"answer", "complete", "withdraw"}),
    "completed": frozenset({"correct", "retake"}),
    "withdrawn": frozenset(),
}

_WHY = {
    "answer": "This diagnostic is finished. To change an answer, open a correction.",
    "complete": "This diagnostic is already finished.",
    "withdraw": "A finished diagnostic is kept. You can correct it or take it again.",
    "correct": "This diagnostic is not finished yet: you can still change its answers.",
    "retake": "Finish this diagnostic before you take it again.",
}


def refusal(action: str, *, status: str) -> Problem | None:
    """Why an action is refused in this state, or None when it is allowed."""
    if action in ALLOWED.get(status, frozenset()):
        return None
    return Problem(f"not_{action}", _WHY[action])


def may_answer(*, status: str) -> Problem | None:
    """Whether answers may be saved."""
    return refusal("answer", status=status)


def may_complete(*, status: str) -> Problem | None:
    """Whether it may be completed."""
    return refusal("complete", status=status)


def may_withdraw(*, status: str) -> Problem | None:
    """Whether it may be put away."""
    return refusal("withdraw", status=status)


def may_correct(*, status: str) -> Problem | None:
    """Whether a correction may be opened."""
    return refusal("correct", status=status)


def may_retake(*, status: str) -> Problem | None:
    """Whether it may be taken again."""
    return refusal("retake", status=status)
