"""The job-design worksheet: a job's tasks become a part-time job or a job share.

Time is whole minutes a week throughout, and every minute of the job is accounted for: kept, handed
over, dropped, or said to have nobody. The design is a proposal; people may say what becomes of any
task themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portal.kernel.result import Problem
from portal.toolkit.rules.hours import LONGEST_WEEK, HoursError, read_hours
from portal.toolkit.rules.tools import say_hours

MOST_TASKS: Final = 20
NAME_LENGTH: Final = 80
LEVELS: Final[Mapping[str, str]] = {
    "anyone": "Anyone in the team",
    "trained": "Somebody trained for it",
    "leader": "A leader decides",
}
CHOICES: Final[Mapping[str, str]] = {
    "auto": "Decide for me",
    "keep": "Keep in the job",
    "hand_over": "Hand over to somebody else",
    "drop": "Stop doing it",
    "first": "First person of the job share",
    "second": "Second person of the job share",
}
DESIGNS: Final[Mapping[str, str]] = {
    "part_time": "A part-time job: some tasks go elsewhere",
    "job_share": "A job share: two people do the whole job",
}
PEAKS: Final[Mapping[str, str]] = {
    "job": "This job is the leader then",
    "other": "Another leader is there then",
    "nobody": "Nobody yet",
    "none": "No time of the week needs a leader",
}


@dataclass(frozen=True, slots=True)
class Task:
    """One task: minutes a week; ``fixed`` when its time cannot move, ``other`` when it can go."""

    name: str
    minutes: int
    fixed: bool = False
    other: bool = False
    level: str = "anyone"
    choice: str = "auto"


@dataclass(frozen=True, slots=True)
class Job:
    """The job as it is, and what it shall become. Hours of people are minutes a week.

    For a part-time job ``first`` is its hours and ``second`` is 0; for a job share they are the
    two people's. ``handover`` is what each person spends on handing over in a week.
    """

    title: str
    minutes: int
    tasks: tuple[Task, ...]
    design: str
    first: int
    second: int = 0
    handover: int = 0
    peak: str = "none"
    peak_when: str = ""

    @property
    def shared(self) -> bool:
        """Whether two people share it."""
        return self.design == "job_share"


@dataclass(frozen=True, slots=True)
class Share:
    """Minutes of a task that somebody does, or nobody."""

    task: Task
    minutes: int


@dataclass(frozen=True, slots=True)
class Design:
    """Where every minute goes. ``nobody`` holds work that fits into nobody's hours."""

    job: Job
    first: tuple[Share, ...]
    second: tuple[Share, ...]
    handed_over: tuple[Share, ...]
    dropped: tuple[Share, ...]
    nobody: tuple[Share, ...]

    @property
    def first_spare(self) -> int:
        """Minutes the first person has left; below nought when there is too much."""
        return self.job.first - self.job.handover - total(self.first)

    @property
    def second_spare(self) -> int:
        """The same of the second person; 0 without one."""
        if not self.job.shared:
            return 0
        return self.job.second - self.job.handover - total(self.second)

    @property
    def extra(self) -> int:
        """Minutes paid in a week beyond the job as it is; below nought when fewer."""
        return self.job.first + self.job.second - self.job.minutes


def total(shares: Iterable[Share]) -> int:
    """Minutes of shares together."""
    return sum(share.minutes for share in shares)


def balance_problem(tasks: Sequence[Task], minutes: int) -> Problem | None:
    """Why the tasks are not the whole job, said to the minute; None when they are."""
    found = sum(task.minutes for task in tasks)
    if found == minutes:
        return None
    gap = f"{say_hours(abs(found - minutes))} {'too many' if found > minutes else 'missing'}"
    return Problem(
        "balance",
        f"Tasks add up to {say_hours(found)}, the job has {say_hours(minutes)}: {gap}",
        "job_hours",
    )


def read(values: Mapping[str, Any]) -> Job | tuple[Problem, ...]:
    """A job as typed. Returns every problem; those of a row name it, like ``tasks-2-hours``."""
    problems: list[Problem] = []
    shared = values.get("design") == "job_share"
    minutes = _hours(values.get("job_hours"), "job_hours", "Hours of the job", problems)
    key, words = ("first_hours", "First person's hours") if shared else ("target", "New hours")
    first = _hours(values.get(key), key, words, problems)
    second = 0
    if shared:
        words = "Second person's hours"
        second = _hours(values.get("second_hours"), "second_hours", words, problems)
    raw = str(values.get("handover") or "").strip()
    handover = _hours(raw, "handover", "Handover", problems) if raw not in {"", "0"} else 0
    tasks = _tasks(values.get("tasks") or (), problems)
    if not tasks and not problems:
        problems.append(Problem("no_tasks", "Enter the tasks of the job", "tasks-0-name"))
    if problems:
        return tuple(problems)
    job = Job(
        title=str(values.get("title") or ""),
        minutes=minutes,
        tasks=tasks,
        design="job_share" if shared else "part_time",
        first=first,
        second=second,
        handover=handover,
        peak=str(values.get("peak") or "none"),
        peak_when=str(values.get("peak_when") or ""),
    )
    return tuple(_contradictions(job)) or job


def _contradictions(job: Job) -> list[Problem]:
    found = []
    unbalanced = balance_problem(job.tasks, job.minutes)
    if unbalanced:
        found.append(unbalanced)
    if not job.shared and job.first >= job.minutes:
        words = f"New hours: enter fewer than the {say_hours(job.minutes)} of the job"
        found.append(Problem("not_fewer", words, "target"))
    shortest = min(job.first, job.second) if job.shared else job.first
    if job.handover >= shortest:
        words = "Handover: enter less than the person's own hours"
        found.append(Problem("handover", words, "handover"))
    return found


def _hours(raw: object, key: str, label: str, problems: list[Problem]) -> int:
    """Minutes of a field; 0 and a problem when they are missing or wrong."""
    try:
        minutes = read_hours(str(raw or ""))
    except HoursError as error:
        problems.append(Problem("hours", f"{label}: {error}", key))
        return 0
    if minutes == 0:
        problems.append(Problem("hours", f"{label}: enter more than 0", key))
    if minutes > LONGEST_WEEK:
        problems.append(Problem("hours", f"{label}: a week has 168 hours", key))
    return minutes


def _tasks(rows: Sequence[Mapping[str, Any]], problems: list[Problem]) -> tuple[Task, ...]:
    tasks = []
    for index, row in enumerate(rows):
        name, hours = str(row.get("name") or "").strip(), str(row.get("hours") or "").strip()
        if not name and not hours:
            continue
        where = f"tasks-{index}"
        if not name:
            problems.append(
                Problem("no_name", f"Task {index + 1}: enter its name", f"{where}-name")
            )
        minutes = _hours(hours, f"{where}-hours", f"Task {index + 1}", problems)
        level, choice = str(row.get("level") or "anyone"), str(row.get("choice") or "auto")
        tasks.append(
            Task(
                name,
                minutes,
                fixed=bool(row.get("fixed")),
                other=bool(row.get("other")),
                level=level if level in LEVELS else "anyone",
                choice=choice if choice in CHOICES else "auto",
            )
        )
    return tuple(tasks)


# --- The design ----------------------------------------------------------------------------------


def design(job: Job) -> Design:
    """Where every minute of the job goes. Equal jobs give equal designs."""
    dropped = tuple(Share(task, task.minutes) for task in job.tasks if task.choice == "drop")
    handed = [Share(task, task.minutes) for task in job.tasks if task.choice == "hand_over"]
    rest = [task for task in job.tasks if task.choice not in {"drop", "hand_over"}]
    if job.shared:
        return _shared(job, rest, handed, dropped)
    room = job.first - job.handover
    excess = sum(task.minutes for task in rest) - room
    given: dict[int, int] = {}
    for index in sorted(range(len(rest)), key=lambda index: _ease(rest[index])):
        task = rest[index]
        if excess <= 0 or task.choice == "keep" or not task.other:
            continue
        given[index] = min(task.minutes, excess)
        excess -= given[index]
    kept = [Share(task, task.minutes - given.get(i, 0)) for i, task in enumerate(rest)]
    handed += [Share(rest[index], minutes) for index, minutes in sorted(given.items())]
    # What is too much and cannot go stays with the person, and the checks say so.
    return Design(job, _some(kept), (), _some(handed), dropped, ())


def _ease(task: Task) -> tuple[int, bool, int]:
    """What is handed over first: what anyone can do, at any time, the longest first."""
    return (list(LEVELS).index(task.level), task.fixed, -task.minutes)


def _shared(
    job: Job, rest: Sequence[Task], handed: Sequence[Share], dropped: tuple[Share, ...]
) -> Design:
    """Fixed tasks go whole to whoever has more room; the last to fill somebody's hours is split."""
    room = {"first": job.first - job.handover, "second": job.second - job.handover}
    does: dict[str, dict[int, int]] = {"first": {}, "second": {}}
    for index, task in enumerate(rest):
        if task.choice in room:
            does[task.choice][index] = task.minutes
            room[task.choice] -= task.minutes
    nobody = []
    open_ones = [index for index, task in enumerate(rest) if task.choice not in does]
    for index in sorted(open_ones, key=lambda index: (not rest[index].fixed, -rest[index].minutes)):
        left = rest[index].minutes
        # Whole where it fits; the fuller person's room is used up only by what fits nowhere whole.
        for who in sorted(room, key=lambda who: (-room[who], who)):
            takes = min(left, max(room[who], 0))
            if takes <= 0 or (rest[index].fixed and takes < left):
                continue
            does[who][index] = takes
            room[who] -= takes
            left -= takes
        if left:
            nobody.append(Share(rest[index], left))
    first, second = (
        _some(Share(rest[index], minutes) for index, minutes in sorted(does[who].items()))
        for who in ("first", "second")
    )
    return Design(job, first, second, tuple(handed), dropped, tuple(nobody))


def _some(shares: Iterable[Share]) -> tuple[Share, ...]:
    return tuple(share for share in shares if share.minutes)
