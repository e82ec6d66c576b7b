"""The stages of a case, what each rests on, and which moves are possible.

The stages and their order are the service's own: referral, consultation, in-depth diagnostic, plan
agreed, support, follow-up, closed. A case stands at the furthest stage that was reached.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Final

from portal.kernel.result import Problem


class Stage(StrEnum):
    """How far a case has come."""

    REFERRAL = "referral"
    CONSULTATION = "consultation"
    DIAGNOSTIC = "diagnostic"
    PLAN = "plan"
    SUPPORT = "support"
    FOLLOW_UP = "follow_up"
    CLOSED = "closed"

    @property
    def label(self) -> str:
        """The stage on screen."""
        return STAGE_TITLES[self]

    @property
    def place(self) -> int:
        """Its place in the order, from 0."""
        return list(Stage).index(self)


STAGE_TITLES: Final[Mapping[Stage, str]] = {
    Stage.REFERRAL: "Referral",
    Stage.CONSULTATION: "Consultation",
    Stage.DIAGNOSTIC: "In-depth diagnostic",
    Stage.PLAN: "Plan agreed",
    Stage.SUPPORT: "Support",
    Stage.FOLLOW_UP: "Follow-up",
    Stage.CLOSED: "Closed",
}


class Milestone(StrEnum):
    """A record that a stage rests on."""

    CONSULTATION = "consultation"
    SESSION = "session"
    DIAGNOSTIC = "diagnostic"
    PLAN = "plan"
    SUPPORT = "support"
    FOLLOW_UP = "follow_up"

    @property
    def label(self) -> str:
        """The record on screen, as it follows "missing:"."""
        return MILESTONE_TITLES[self]


MILESTONE_TITLES: Final[Mapping[Milestone, str]] = {
    Milestone.CONSULTATION: "the phone consultation form",
    Milestone.SESSION: "the record of the in-depth session",
    Milestone.DIAGNOSTIC: "a completed diagnostic",
    Milestone.PLAN: "an action plan signed off by employer and adviser",
    Milestone.SUPPORT: "a record of support delivered",
    Milestone.FOLLOW_UP: "a follow-up that was done",
}
REQUIRED: Final[Mapping[Stage, tuple[Milestone, ...]]] = {
    Stage.REFERRAL: (),
    Stage.CONSULTATION: (Milestone.CONSULTATION,),
    Stage.DIAGNOSTIC: (Milestone.SESSION, Milestone.DIAGNOSTIC),
    Stage.PLAN: (Milestone.PLAN,),
    Stage.SUPPORT: (Milestone.SUPPORT,),
    Stage.FOLLOW_UP: (Milestone.FOLLOW_UP,),
    Stage.CLOSED: (),
}

CLOSE_REASONS: Final[Mapping[str, str]] = {
    "completed": "Support is complete",
    "employer_withdrew": "The employer does not want to go on",
    "no_contact": "The employer cannot be reached",
    "not_eligible": "The employer is not eligible",
    "closed_down": "The employer has closed down or changed hands",
    "duplicate": "There is another case for the same employer",
    "other": "Another reason",
}


def missing(target: Stage, held: Collection[str], waived: Collection[str] = ()) -> list[Milestone]:
    """Records that a case at ``target`` should have and has not, in the order of the stages.

    ``waived`` are those whose absence was explained before. Closing asks for nothing here: its
    reason explains it.
    """
    if target is Stage.CLOSED:
        return []
    return [
        milestone
        for stage in Stage
        if stage.place <= target.place
        for milestone in REQUIRED[stage]
        if milestone not in held and milestone not in waived
    ]


def reached_by(stage: Stage, held: Collection[str], waived: Collection[str] = ()) -> Stage:
    """The furthest stage that the records carry the case to, never back and never closed."""
    furthest = stage
    for later in Stage:
        if later is Stage.CLOSED or not REQUIRED[later]:
            continue
        own = [milestone for milestone in REQUIRED[later] if milestone in held]
        if len(own) == len(REQUIRED[later]) and not missing(later, held, waived):
            furthest = max(furthest, later, key=lambda item: item.place)
    return furthest


def check_move(
    *, current: Stage, target: Stage, absent: Collection[Milestone], reason: str
) -> Problem | None:
    """Whether a case may be moved by hand; closing and reopening have ways of their own."""
    problem: Problem | None = None
    if current is Stage.CLOSED:
        problem = Problem("case_closed", "This case is closed. Reopen it first")
    elif target is Stage.CLOSED:
        problem = Problem("use_close", "Close the case with a reason instead")
    elif target is current:
        problem = Problem("same_stage", f"The case is at {target.label} already", "stage")
    elif reason.strip():
        problem = None
    elif target.place < current.place:
        problem = Problem("reason_needed", "Say why the case goes back a stage", "reason")
    elif absent:
        words = ", ".join(milestone.label for milestone in absent)
        problem = Problem("record_missing", f"Say why this is missing: {words}", "reason")
    return problem
