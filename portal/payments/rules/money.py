"""How far an output is on its way to being paid, and words for each step of that way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Step(StrEnum):
    """Where an output stands; each output stands at exactly one."""

    LATER = "later"
    READY = "ready"
    REJECTED = "rejected"
    DRAFT = "draft"
    WAITING = "waiting"
    QUERIED = "queried"
    APPROVED = "approved"
    PAID = "paid"


@dataclass(frozen=True, slots=True)
class Words:
    """A step on screen: what it is called, what it means, and what comes next."""

    title: str
    meaning: str
    reason: str = ""
    advice: str = ""


STEPS: Final[Mapping[Step, Words]] = {
    Step.LATER: Words(
        "Month not over",
        "Outputs of a month that is not over yet: a month can be claimed once it is.",
        "Its month is not over yet",
        "Nothing to do: it can be claimed when the month is over",
    ),
    Step.READY: Words(
        "Ready to claim",
        "Outputs that stand on no claim and whose month is over.",
        "It is on no claim yet",
        "Build the claim of its month, or bring the draft up to date",
    ),
    Step.REJECTED: Words(
        "Rejected",
        "Outputs that the LEP turned down, with its reason. They can be claimed again once that "
        "reason is dealt with.",
        "The LEP rejected it",
        "Put right what the LEP says, then claim it again",
    ),
    Step.DRAFT: Words(
        "On a draft",
        "Outputs on a claim that was not sent yet.",
        "It is on a draft that was not sent",
        "Check the draft and send it",
    ),
    Step.WAITING: Words(
        "Claimed and waiting",
        "Sent to the LEP, which has not decided yet. The money is set aside.",
        "The LEP has not decided yet",
        "Nothing to do: the LEP decides on it",
    ),
    Step.QUERIED: Words(
        "Queried",
        "The LEP has a question. The money stays set aside until it is answered.",
        "The LEP has a question about it",
        "Answer the question on the claim",
    ),
    Step.APPROVED: Words(
        "Approved",
        "The LEP agreed and owes the money.",
        "Approved, and not paid yet",
        "Nothing to do: it is paid with the next payment run",
    ),
    Step.PAID: Words("Paid", "Paid to the provider, less what was taken back."),
}
# The steps at which an output is not paid, in the order in which somebody works through them.
UNPAID: Final = tuple(step for step in Step if step is not Step.PAID)
# Work from which no output arose yet stands before all of them.
WORK: Final = "work"
PAGE: Final = 50
# Steps under one heading, where a table has no room for all of them.
GROUPS: Final[Mapping[str, tuple[str, tuple[Step, ...]]]] = {
    "unclaimed": ("Not claimed yet", (Step.LATER, Step.READY, Step.REJECTED, Step.DRAFT)),
    "claimed": ("With the LEP", (Step.WAITING, Step.QUERIED)),
}
