"""What every tool gives back: one document that a page shows, prints, keeps and compares.

A tool is a pure function from what was typed to an ``Outcome``. An outcome is plain data: text,
whole numbers and lists of them, so that what is kept is exactly what was shown. Money is pence,
time is minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from portal.kernel.money import Money
from portal.toolkit.rules.words import DIMENSIONS, TOOLS

# How a line or a whole result stands, and the words of its tag.
STATES: Final[Mapping[str, str]] = {
    "good": "Good",
    "watch": "Look again",
    "bad": "Change this",
    "note": "",
}
UNITS: Final = ("pence", "minutes", "percent", "people", "points", "count", "days", "weeks")
MINUTES_IN_HOUR: Final = 60
_PENCE_SHOWN_BELOW: Final = 100_00

# Headings of an action plan under which suggestions go: the goals of the questionnaire, so that an
# action from a tool stands beside those from the diagnostic. Key, title and benefit.
GOALS: Final[Mapping[str, tuple[str, str]]] = {
    "lead_from_top": (
        "Lead it from the top",
        "When one person owns it and the cost is known, effort goes where it saves money.",
    ),
    "open_jobs": (
        "Open better jobs to part-timers",
        "You choose from more people, fill gaps faster, and keep staff you have paid to train.",
    ),
    "steady_hours": (
        "Make hours work for people and the business",
        "Steady hours mean fewer gaps in cover, fewer sick days and fewer leavers.",
    ),
    "build_skills": (
        "Build skills and get the next leaders ready",
        "Skill gaps are filled from within, and service holds up when someone leaves.",
    ),
    "fair_deal": (
        "Give every part-timer a fair deal",
        "Getting the basics right avoids claims and back pay, and people trust you and stay.",
    ),
    "hear_and_learn": (
        "Listen, count and improve",
        "You spot problems while they are cheap to fix, and can see which changes paid off.",
    ),
}


@dataclass(frozen=True, slots=True)
class ToolFacts:
    """A tool as the list of tools shows it."""

    key: str
    endpoint: str
    about: str
    need: str
    minutes: int

    @property
    def title(self) -> str:
        """Its name."""
        return TOOLS[self.key]


CATALOGUE: Final = (
    ToolFacts(
        "cost",
        "tool_cost",
        "What each leaver costs you, what a year of them costs, and whether a change would pay.",
        "How many people left, their pay and hours",
        5,
    ),
    ToolFacts(
        "job-design",
        "tool_job_design",
        "Make a full-time job into a part-time job or a job share, with hours that add up.",
        "The tasks of the job and the hours each takes",
        15,
    ),
    ToolFacts(
        "ladder",
        "tool_ladder",
        "See at which grade part-time staff stop moving up.",
        "Staff numbers at each grade, typed or as a CSV file",
        10,
    ),
    ToolFacts(
        "rota",
        "tool_rota",
        "A score for how far ahead people know their hours, and how often those change.",
        "A rota as a CSV file from your rota system or spreadsheet",
        5,
    ),
    ToolFacts(
        "advert",
        "tool_advert",
        "What a job advert says, and leaves out, for somebody who wants part-time hours.",
        "The text of the advert, to paste",
        2,
    ),
)
BY_KEY: Final[Mapping[str, ToolFacts]] = {tool.key: tool for tool in CATALOGUE}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a result: a label, its value as text, and in ``words`` how it came about.

    ``quotes`` are words found in what was typed; ``paste`` is text to copy; ``total`` marks a sum.
    """

    label: str
    value: str = ""
    words: str = ""
    state: str = "note"
    quotes: tuple[str, ...] = ()
    paste: str = ""
    total: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A section of a result: lines, or a table with ``head`` and ``rows``, or both."""

    title: str
    intro: str = ""
    lines: tuple[Line, ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A number worth comparing later. ``better`` is ``higher``, ``lower`` or empty."""

    key: str
    label: str
    value: int | None
    unit: str
    better: str = ""
    note: str = ""

    @property
    def said(self) -> str:
        """The number with its unit."""
        if self.value is None:
            return "Not known"
        if self.unit == "minutes" and self.value % MINUTES_IN_HOUR:
            hours, rest = divmod(abs(self.value), MINUTES_IN_HOUR)
            return f"{'-' if self.value < 0 else ''}{hours:,} h {rest} min"
        return say(self.value, self.unit)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to do about a result, as an action plan takes it. Effort and impact are 1 to 3."""

    key: str
    title: str
    why: str
    first_step: str
    goal: str
    dimension: str
    effort: int = 1
    impact: int = 2
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tool found. ``title`` names it in a list; ``headline`` is the answer in a sentence.

    ``given`` repeats what was typed, in words; ``figures`` are compared with another result's.
    """

    tool: str
    title: str
    headline: str
    text: str = ""
    state: str = "note"
    figures: tuple[Figure, ...] = ()
    parts: tuple[Part, ...] = ()
    given: tuple[Line, ...] = ()
    suggestions: tuple[Suggestion, ...] = ()
    notes: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """The outcome as JSON keeps it; ``from_data`` reads it back equal."""
        data: dict[str, Any] = _plain(asdict(self))
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Outcome:
        """Read what ``to_data`` wrote.

        Raises:
            KeyError, TypeError: when the data is not ours.
        """
        values = dict(data)
        values["figures"] = tuple(Figure(**one) for one in data["figures"])
        values["parts"] = tuple(_part(one) for one in data["parts"])
        values["given"] = tuple(_line(one) for one in data["given"])
        values["suggestions"] = tuple(Suggestion(**one) for one in data["suggestions"])
        values["notes"] = tuple(data["notes"])
        return cls(**values)

    def suggestion(self, key: str) -> Suggestion | None:
        """The suggestion with this key."""
        return next((one for one in self.suggestions if one.key == key), None)

    @property
    def faults(self) -> list[str]:
        """What breaks the rules of an outcome; a tool's own tests expect none."""
        found = [f"Unknown unit {one.unit}" for one in self.figures if one.unit not in UNITS]
        states = {self.state, *(line.state for part in self.parts for line in part.lines)}
        found += [f"Unknown state {state}" for state in sorted(states - STATES.keys())]
        found += [f"Unknown goal {s.goal}" for s in self.suggestions if s.goal not in GOALS]
        found += [
            f"Unknown dimension {s.dimension}"
            for s in self.suggestions
            if s.dimension not in DIMENSIONS
        ]
        keys = [one.key for one in self.suggestions]
        if len(set(keys)) != len(keys):
            found.append("Two suggestions with one key")
        found += [
            f"A row of {part.title} does not fit its head"
            for part in self.parts
            for row in part.rows
            if len(row) != len(part.head)
        ]
        return found


def say(value: int, unit: str) -> str:
    """A number with its unit, as people say it: ``£1,234``, ``7 hours 30 minutes``, ``12%``."""
    if unit == "pence":
        return (
            Money(value).format_whole()
            if abs(value) >= _PENCE_SHOWN_BELOW
            else Money(value).format()
        )
    if unit == "minutes":
        return say_hours(value)
    if unit == "percent":
        return f"{value:,}%"
    if unit == "points":
        return f"{value} out of 100"
    one = {"people": "person", "days": "day", "weeks": "week"}
    if unit in one:
        return f"{value:,} {one[unit] if abs(value) == 1 else unit}"
    return f"{value:,}"


def say_hours(minutes: int) -> str:
    """Minutes in words: ``37 hours 30 minutes``, ``1 hour``, ``45 minutes``, ``0 hours``."""
    hours, rest = divmod(abs(minutes), MINUTES_IN_HOUR)
    parts = []
    if hours or not rest:
        parts.append(f"{hours:,} {'hour' if hours == 1 else 'hours'}")
    if rest:
        parts.append(f"{rest} {'minute' if rest == 1 else 'minutes'}")
    return ("minus " if minutes < 0 else "") + " ".join(parts)


# --- Two results beside each other ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure or an answer in two results; ``verdict`` is better, worse, same or empty."""

    label: str
    before: str
    after: str
    change: str = ""
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two results of one tool, the earlier first."""

    figures: tuple[Compared, ...]
    given: tuple[Compared, ...]

    @property
    def changed_inputs(self) -> tuple[Compared, ...]:
        """What was typed differently."""
        return tuple(one for one in self.given if one.before != one.after)


def compare(before: Outcome, after: Outcome) -> Comparison:
    """What differs between two results of one tool.

    Raises:
        ValueError: for results of different tools.
    """
    if before.tool != after.tool:
        raise ValueError("Only results of the same tool can be compared")
    old = {one.key: one for one in before.figures}
    new = {one.key: one for one in after.figures}
    figures = tuple(_compared(old.get(key), new.get(key)) for key in dict.fromkeys([*old, *new]))
    was = {line.label: line.value for line in before.given}
    now = {line.label: line.value for line in after.given}
    given = tuple(
        Compared(label, was.get(label, "Not given"), now.get(label, "Not given"))
        for label in dict.fromkeys([*was, *now])
    )
    return Comparison(figures, given)


def _compared(old: Figure | None, new: Figure | None) -> Compared:
    shown = new or old
    assert shown is not None  # noqa: S101 - the key came from one of them
    before, after = (one.said if one else "Not worked out" for one in (old, new))
    if old is None or new is None or old.value is None or new.value is None:
        return Compared(shown.label, before, after)
    difference = new.value - old.value
    if not difference:
        return Compared(shown.label, before, after, "No change", "same")
    verdict = ""
    if shown.better:
        verdict = "better" if (difference > 0) == (shown.better == "higher") else "worse"
    # A change in a percentage is in points: "20% to 30%" is 10 points, not 10%.
    unit = {"percent": "count", "points": "count"}.get(shown.unit, shown.unit)
    size = say(abs(difference), unit) + (" points" if shown.unit in {"percent", "points"} else "")
    return Compared(
        shown.label, before, after, f"{size} {'more' if difference > 0 else 'less'}", verdict
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value


def _line(data: Mapping[str, Any]) -> Line:
    return Line(**{**data, "quotes": tuple(data["quotes"])})


def _part(data: Mapping[str, Any]) -> Part:
    return Part(
        title=data["title"],
        intro=data["intro"],
        lines=tuple(_line(one) for one in data["lines"]),
        head=tuple(data["head"]),
        rows=tuple(tuple(row) for row in data["rows"]),
    )
