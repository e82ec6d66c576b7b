"""What may become of a claim and of its lines: one table of allowed transitions for each."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from portal.kernel.result import Problem


class ClaimState(StrEnum):
    """How far a claim has come."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    QUERIED = "queried"
    APPROVED = "approved"
    PART_APPROVED = "part_approved"
    REJECTED = "rejected"
    PAID = "paid"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The state on screen."""
        return CLAIM_LABELS[self]


class LineState(StrEnum):
    """What was decided about one line of a claim."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    QUERIED = "queried"
    APPROVED = "approved"
    REJECTED = "rejected"
    REMOVED = "removed"

    @property
    def label(self) -> str:
        """The state on screen."""
        return LINE_LABELS[self]

    @property
    def holds_output(self) -> bool:
        """Whether the output cannot stand on another line."""
        return self not in {LineState.REJECTED, LineState.REMOVED}


CLAIM_LABELS: Final[Mapping[ClaimState, str]] = {
    ClaimState.DRAFT: "Draft",
    ClaimState.SUBMITTED: "Submitted",
    ClaimState.QUERIED: "Queried",
    ClaimState.APPROVED: "Approved",
    ClaimState.PART_APPROVED: "Approved in part",
    ClaimState.REJECTED: "Rejected",
    ClaimState.PAID: "Paid",
    ClaimState.WITHDRAWN: "Withdrawn",
}
LINE_LABELS: Final[Mapping[LineState, str]] = {
    LineState.DRAFT: "Draft",
    LineState.SUBMITTED: "Waiting for a decision",
    LineState.QUERIED: "Queried",
    LineState.APPROVED: "Approved",
    LineState.REJECTED: "Rejected",
    LineState.REMOVED: "Taken out",
}
CLAIM_MOVES: Final[Mapping[ClaimState, frozenset[ClaimState]]] = {
    ClaimState.DRAFT: frozenset({ClaimState.SUBMITTED, ClaimState.WITHDRAWN}),
    ClaimState.SUBMITTED: frozenset(
        {
            ClaimState.QUERIED,
            ClaimState.APPROVED,
            ClaimState.PART_APPROVED,
            ClaimState.REJECTED,
        }
    ),
    ClaimState.QUERIED: frozenset({ClaimState.SUBMITTED}),
    ClaimState.APPROVED: frozenset({ClaimState.PAID}),
    ClaimState.PART_APPROVED: frozenset({ClaimState.PAID}),
    ClaimState.REJECTED: frozenset(),
    ClaimState.PAID: frozenset(),
    ClaimState.WITHDRAWN: frozenset(),
}
LINE_MOVES: Final[Mapping[LineState, frozenset[LineState]]] = {
    LineState.DRAFT: frozenset({LineState.SUBMITTED, LineState.REMOVED}),
    LineState.SUBMITTED: frozenset({LineState.QUERIED, LineState.APPROVED, LineState.REJECTED}),
    # The provider answers a query or takes the line out.
    LineState.QUERIED: frozenset({LineState.SUBMITTED, LineState.REMOVED, LineState.REJECTED}),
    LineState.APPROVED: frozenset(),
    LineState.REJECTED: frozenset(),
    # Taken out of a draft by mistake: bringing the draft up to date puts it back.
    LineState.REMOVED: frozenset({LineState.DRAFT}),
}


def check_claim_move(current: ClaimState, target: ClaimState) -> Problem | None:
    """Whether a claim may go from one state to another."""
    if target in CLAIM_MOVES[current]:
        return None
    return Problem(
        "claim_state",
        f"A claim that is {current.label.lower()} cannot become {target.label.lower()}",
    )


def check_line_move(current: LineState, target: LineState) -> Problem | None:
    """Whether a line may go from one state to another."""
    if target in LINE_MOVES[current]:
        return None
    return Problem(
        "line_state",
        f"A line that is {current.label.lower()} cannot become {target.label.lower()}",
    )


def decided(lines: Collection[LineState]) -> ClaimState | None:
    """What a claim becomes once every line has a decision; None while one waits.

    Lines that the provider took out do not count.
    """
    live = [line for line in lines if line is not LineState.REMOVED]
    if any(line in {LineState.DRAFT, LineState.SUBMITTED} for line in live):
        return None
    if any(line is LineState.QUERIED for line in live):
        return ClaimState.QUERIED
    approved = sum(line is LineState.APPROVED for line in live)
    if approved == 0:
        return ClaimState.REJECTED
    return ClaimState.APPROVED if approved == len(live) else ClaimState.PART_APPROVED
