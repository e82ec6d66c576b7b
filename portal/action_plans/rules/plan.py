"""What holds for every plan: how an action moves on, what is overdue, what pays first.

Pure functions over plain values. Days are Europe/London days; effort and impact run from 1 to 3.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from portal.kernel.result import Err, Ok, Problem

TITLE_LENGTH = 200
NAME_LENGTH = 120
URL_LENGTH = 500

MONTHS_BACK_DAYS = 366
"""A due date further back than this is a slip of the keyboard; a nearer one is shown as overdue."""
YEARS_AHEAD_DAYS = 366 * 10
QUICK_WIN_EFFORT = 2
QUICK_WINS_SHOWN = 3
DUE_SOON_DAYS = 14
FILE_NAME_LENGTH = 60
_SATURDAY = 5

# What says when, by whom and whether a version was signed is not what the plan says; nor is how
# other employers scored by then, or every diagnostic of theirs would change the plan.
NOT_CONTENT = frozenset(
    {"version", "prepared_on", "prepared_by", "signatures", "signed_off", "comparison"}
)

Key = TypeVar("Key", bound=Hashable)


class ActionStatus(StrEnum):
    """Where an action stands. `embedded` is done and still practised at a later look."""

    NOT_STARTED = "not_started"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    EMBEDDED = "embedded"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The words on the screen and in the PDF."""
        return _STATUS_WORDS[self]

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self in _OPEN

    @property
    def is_done(self) -> bool:
        """Whether it counts as done."""
        return self in _DONE


_STATUS_WORDS = {
    ActionStatus.NOT_STARTED: "Not started",
    ActionStatus.IN_PROGRESS: "In progress",
    ActionStatus.DONE: "Done",
    ActionStatus.EMBEDDED: "Embedded",
    ActionStatus.WITHDRAWN: "Withdrawn",
}
_OPEN = frozenset({ActionStatus.NOT_STARTED, ActionStatus.IN_PROGRESS})
_DONE = frozenset({ActionStatus.DONE, ActionStatus.EMBEDDED})

ACTION_TRANSITIONS: Mapping[ActionStatus, frozenset[ActionStatus]] = {
    ActionStatus.NOT_STARTED: frozenset(
        {ActionStatus.IN_PROGRESS, ActionStatus.DONE, ActionStatus.WITHDRAWN}
    ),
    ActionStatus.IN_PROGRESS: frozenset(
        {ActionStatus.NOT_STARTED, ActionStatus.DONE, ActionStatus.WITHDRAWN}
    ),
    # What was done cannot be withdrawn: it happened. It may slip back, or prove to last.
    ActionStatus.DONE: frozenset({ActionStatus.IN_PROGRESS, ActionStatus.EMBEDDED}),
    ActionStatus.EMBEDDED: frozenset({ActionStatus.IN_PROGRESS}),
    ActionStatus.WITHDRAWN: frozenset({ActionStatus.NOT_STARTED}),
}


def move(old: ActionStatus, new: ActionStatus) -> Ok[ActionStatus] | Err:
    """The new status when the step is allowed, or why it is not."""
    if new in ACTION_TRANSITIONS[old]:
        return Ok(new)
    if new is old:
        return Err(Problem("same_status", f"The action is already “{old.label}”", "status"))
    return Err(
        Problem(
            "not_allowed",
            f"An action cannot go from “{old.label}” to “{new.label}”",
            "status",
        )
    )


def next_statuses(old: ActionStatus) -> tuple[ActionStatus, ...]:
    """Where an action may go without a reason; withdrawing has a page of its own."""
    return tuple(
        status
        for status in ActionStatus
        if status in ACTION_TRANSITIONS[old] and status is not ActionStatus.WITHDRAWN
    )


# --- Dates -----------------------------------------------------------------------------------


def suggested_due(today: date, days: int) -> date:
    """Today and so many days; a Saturday or Sunday moves on to Monday."""
    due = today + timedelta(days=days)
    return due + timedelta(days=7 - due.weekday()) if due.weekday() >= _SATURDAY else due


def check_due(due: date | None, today: date) -> Problem | None:
    """Refuse dates that are slips; a recent past date is allowed and shows as overdue."""
    if due is None:
        return None
    if due < today - timedelta(days=MONTHS_BACK_DAYS):
        return Problem(
            "due_too_old",
            "The due date is more than a year ago: check the year, or leave it blank",
            "due_on",
        )
    if due > today + timedelta(days=YEARS_AHEAD_DAYS):
        return Problem(
            "due_too_far", "The due date is more than 10 years ahead: check the year", "due_on"
        )
    return None


def is_overdue(status: ActionStatus, due: date | None, today: date) -> bool:
    """Whether the day has passed and something is still to be done."""
    return due is not None and due < today and status.is_open


def is_due_soon(status: ActionStatus, due: date | None, today: date) -> bool:
    """Whether it is due within two weeks."""
    return (
        due is not None and status.is_open and today <= due <= today + timedelta(days=DUE_SOON_DAYS)
    )


# --- Counting and ranking --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """An action as counting and ranking need it; `key` is whatever tells actions apart."""

    key: str
    status: ActionStatus
    due: date | None
    effort: int
    impact: int
    legal: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How a plan stands; withdrawn actions count nowhere but in `withdrawn`."""

    total: int
    done: int
    embedded: int
    in_progress: int
    overdue: int
    due_soon: int
    withdrawn: int

    @property
    def percent(self) -> int:
        """Whole percent done, rounded down so that 100 means finished."""
        return self.done * 100 // self.total if self.total else 0


def progress(steps: Iterable[Step], today: date) -> Progress:
    """Count the actions of a plan; `done` includes the embedded ones."""
    everything = list(steps)
    live = [step for step in everything if step.status is not ActionStatus.WITHDRAWN]
    return Progress(
        total=len(live),
        done=sum(step.status.is_done for step in live),
        embedded=sum(step.status is ActionStatus.EMBEDDED for step in live),
        in_progress=sum(step.status is ActionStatus.IN_PROGRESS for step in live),
        overdue=sum(is_overdue(step.status, step.due, today) for step in live),
        due_soon=sum(is_due_soon(step.status, step.due, today) for step in live),
        withdrawn=len(everything) - len(live),
    )


def quick_wins(steps: Iterable[Step]) -> tuple[Step, ...]:
    """Up to three open actions: the least effort first, then the most impact.

    The same ranking as the diagnostic's: a legal duty is not something to choose, and weeks of
    work are not quick.
    """
    fitting = [
        step
        for step in steps
        if step.status.is_open and not step.legal and step.effort <= QUICK_WIN_EFFORT
    ]
    # The sort is stable: what is equal keeps the plan's own order.
    fitting.sort(key=lambda step: (step.effort, -step.impact))
    return tuple(fitting[:QUICK_WINS_SHOWN])


def what_next(steps: Iterable[Step], today: date) -> tuple[Step, ...]:
    """Up to three open actions to do next: legal ones, overdue ones, then by date and impact."""
    still = [step for step in steps if step.status.is_open]
    still.sort(
        key=lambda step: (
            not step.legal,
            not is_overdue(step.status, step.due, today),
            step.due or date.max,
            -step.impact,
        )
    )
    return tuple(still[:QUICK_WINS_SHOWN])


# --- Grouping and order ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """A goal of a result with its recommendations, in the order in which they are ranked."""

    key: str
    title: str
    benefit: str
    recommendations: tuple[Mapping[str, Any], ...]


OTHER_GOAL = Group("other", "Other actions", "", ())


def grouped(result: Mapping[str, Any]) -> tuple[Group, ...]:
    """A frozen result's recommendations by goal; goals without any are left out."""
    known = [
        Group(goal["key"], goal["title"], goal.get("benefit", ""), ())
        for goal in result.get("goals", ())
    ]
    by_goal: dict[str, list[Mapping[str, Any]]] = {group.key: [] for group in known}
    rest: list[Mapping[str, Any]] = []
    for item in result.get("recommendations", ()):
        by_goal.get(item["goal"], rest).append(item)
    groups = [
        Group(group.key, group.title, group.benefit, tuple(by_goal[group.key]))
        for group in known
        if by_goal[group.key]
    ]
    if rest:
        groups.append(Group(OTHER_GOAL.key, OTHER_GOAL.title, OTHER_GOAL.benefit, tuple(rest)))
    return tuple(groups)


def preselected(result: Mapping[str, Any]) -> tuple[str, ...]:
    """The recommendations ticked at the start: quick wins and legal items."""
    wins = set(result.get("quick_wins", ()))
    return tuple(
        item["key"]
        for item in result.get("recommendations", ())
        if item.get("legal") or item["key"] in wins
    )


def moved(keys: Sequence[Key], key: Key, *, up: bool) -> tuple[Key, ...]:
    """The same keys with one moved a place; at an end nothing changes."""
    place = keys.index(key)
    other = place - 1 if up else place + 1
    if not 0 <= other < len(keys):
        return tuple(keys)
    order = list(keys)
    order[place], order[other] = order[other], order[place]
    return tuple(order)


def by_due_date(dates: Mapping[Key, date | None]) -> tuple[Key, ...]:
    """Keys in the order of their dates, undated ones last; equal dates keep their order."""
    return tuple(sorted(dates, key=lambda key: dates[key] or date.max))


# --- Two people at once ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that two people changed: what it was, what is saved now, and what was typed."""

    field: str
    before: str
    saved: str
    typed: str


@dataclass(frozen=True, slots=True)
class Merged:
    """What to show the second person: their words, and the other's where they changed nothing."""

    values: Mapping[str, str]
    taken: tuple[str, ...]
    clashes: tuple[Clash, ...]


def merge(
    *, before: Mapping[str, str], saved: Mapping[str, str], typed: Mapping[str, str]
) -> Merged:
    """Bring together a form as it was opened, as another saved it, and as it was sent.

    A field the second person left alone takes what the first saved (`taken`); a field both
    changed keeps what was typed and is named in `clashes`.
    """
    values: dict[str, str] = {}
    taken: list[str] = []
    clashes: list[Clash] = []
    for field, mine in typed.items():
        was, now = before.get(field, ""), saved.get(field, "")
        if mine == was and now != was:
            values[field] = now
            taken.append(field)
            continue
        values[field] = mine
        if now not in {was, mine}:
            clashes.append(Clash(field, was, now, mine))
    return Merged(values, tuple(taken), tuple(clashes))


# --- Versions --------------------------------------------------------------------------------


def content_hash(plan: Mapping[str, Any]) -> str:
    """SHA-256 of what a plan says, without what NOT_CONTENT names.

    Equal content has an equal hash, so that it is rendered once.
    """
    said = {key: value for key, value in plan.items() if key not in NOT_CONTENT}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def file_name(employer: str, number: int) -> str:
    """A file name any system takes: letters, digits and hyphens of the employer's name."""
    folded = unicodedata.normalize("NFKC", employer)
    kept = "".join(each if each.isalnum() else " " for each in folded)
    name = "-".join(kept.split())[:FILE_NAME_LENGTH].strip("-") or "employer"
    return f"{name}-action-plan-v{number}.pdf"
