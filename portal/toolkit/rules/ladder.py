"""The stuck-ladder check: the part-time share at each grade, and of those who were promoted.

Half to three quarters of store staff work part-time but 1 to 23% of supervisors and managers do
(Timewise, Retail Pioneer Programme 2018). The check shows the step at which that happens here, and
says where the numbers are too small to tell it from chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import exp, lgamma, log
from typing import Any, Final

from portal.kernel.result import Problem
from portal.toolkit.rules.ladder_words import NOTES, suggestions
from portal.toolkit.rules.tool_csv import Column, Row, read_rows
from portal.toolkit.rules.tools import Figure, Line, Outcome, Part, Suggestion

LEAST_GRADES: Final = 2
MOST_GRADES: Final = 12
MOST_PEOPLE: Final = 1_000_000
GRADE_LENGTH: Final = 60
# A drop of this many percentage points from one grade to the next is worth a look; ours, and said.
WORTH_A_LOOK: Final = 10
# One in ten: how often chance alone may do it before we say that it well could have.
CHANCE: Final = 0.1
# With more people than this, chance is no explanation of a drop that is worth a look.
_MOST_ADDED_UP: Final = 2000

COLUMNS: Final = (
    Column("grade", "Grade", ("role", "level", "job", "grade name")),
    Column("staff", "Staff", ("total", "headcount", "all staff", "employees")),
    Column("part_time", "Part-time", ("part-time staff", "of whom part-time", "pt")),
    Column("promoted", "Promoted", ("promotions", "promoted into"), required=False),
    Column(
        "promoted_part_time",
        "Promoted part-time",
        ("part-time promotions", "promoted of whom part-time"),
        required=False,
    ),
)
FIELDS: Final[Mapping[str, str]] = {
    "staff": "the number of staff",
    "part_time": "how many are part-time",
    "promoted": "how many were promoted into it",
    "promoted_part_time": "how many of those were part-time",
}


@dataclass(frozen=True, slots=True)
class Grade:
    """A grade, the lowest first. ``promoted`` came into it from below in twelve months."""

    name: str
    staff: int
    part_time: int
    promoted: int | None = None
    promoted_part_time: int | None = None

    @property
    def share(self) -> Fraction | None:
        """The part of the staff that works part-time."""
        return Fraction(self.part_time, self.staff) if self.staff else None


def read(rows: Iterable[Mapping[str, str]]) -> tuple[Grade, ...] | list[Problem]:
    """Grades from what was typed, or everything that is wrong, field by field."""
    grades: list[Grade] = []
    problems: list[Problem] = []
    for place, row in enumerate(rows):
        if not any(str(row.get(name) or "").strip() for name in ("grade", *FIELDS)):
            continue
        found = _grade(row, place)
        if isinstance(found, Grade):
            grades.append(found)
        else:
            problems += found
    if not problems and len(grades) < LEAST_GRADES:
        problems.append(
            Problem("few", "Fill in at least two grades, the lowest first", "grades-0-grade")
        )
    names = [grade.name.casefold() for grade in grades]
    if not problems and len(set(names)) != len(names):
        problems.append(Problem("twice", "Two grades have the same name", "grades-0-grade"))
    return problems or tuple(grades)


def read_file(content: bytes) -> tuple[Grade, ...] | list[Problem]:
    """Grades from a CSV file, the lowest first."""
    rows = read_rows(content, COLUMNS, most=MOST_GRADES)
    if isinstance(rows, Problem):
        return [rows]
    found = read([row.cells for row in rows])
    if isinstance(found, tuple):
        return found
    return [Problem(one.code, f"{_line_of(one, rows)}{one.message}", "file") for one in found]


def _line_of(problem: Problem, rows: Sequence[Row]) -> str:
    parts = (problem.field or "").split("-")
    place = int(parts[1]) if len(parts) > 1 and parts[1].isdecimal() else None
    return "" if place is None else f"Line {rows[place].line}: "


def _grade(row: Mapping[str, str], place: int) -> Grade | list[Problem]:
    problems = []
    name = str(row.get("grade") or "").strip()
    if not name or len(name) > GRADE_LENGTH:
        problems.append(Problem("grade", "Enter a name for the grade", f"grades-{place}-grade"))
    numbers: dict[str, int | None] = {}
    for field, words in FIELDS.items():
        text = str(row.get(field) or "").strip().replace(",", "")
        needed = field in {"staff", "part_time"}
        if not text and not needed:
            numbers[field] = None
        elif text.isascii() and text.isdigit() and int(text) <= MOST_PEOPLE:
            numbers[field] = int(text)
        else:
            message = f"Enter {words} as a whole number"
            problems.append(Problem("number", message, f"grades-{place}-{field}"))
    if problems:
        return problems
    return _checked(Grade(name, **numbers), place)  # type: ignore[arg-type]


def _checked(grade: Grade, place: int) -> Grade | list[Problem]:
    at = f"grades-{place}-"
    if grade.part_time > grade.staff:
        words = "There cannot be more part-time staff than staff"
        return [Problem("more", words, f"{at}part_time")]
    if (grade.promoted is None) != (grade.promoted_part_time is None):
        missing = "promoted" if grade.promoted is None else "promoted_part_time"
        return [Problem("half", "Fill in both numbers about promotions, or neither", at + missing)]
    if grade.promoted is not None and (grade.promoted_part_time or 0) > grade.promoted:
        words = "There cannot be more part-time promotions than promotions"
        return [Problem("more", words, f"{at}promoted_part_time")]
    return grade


# --- What the figures say ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Step:
    """From one grade to the next: the part-time shares, and how many part-timers are missing."""

    lower: Grade
    upper: Grade

    @property
    def drop(self) -> Fraction:
        """Percentage points by which the share falls; below zero where it rises."""
        assert self.lower.share is not None  # noqa: S101 - steps are made of such grades only
        assert self.upper.share is not None  # noqa: S101
        return (self.lower.share - self.upper.share) * 100

    @property
    def missing(self) -> Fraction:
        """How many more part-timers the upper grade would have with the lower one's share."""
        return self.drop * self.upper.staff / 100

    @property
    def by_chance(self) -> float | None:
        """How likely so few or fewer are, if people came up whatever their hours."""
        assert self.lower.share is not None  # noqa: S101
        return at_most(self.upper.part_time, self.upper.staff, self.lower.share)


def at_most(found: int, of: int, share: Fraction) -> float | None:
    """The chance of so many or fewer in so many draws; None where there are too many to add up."""
    if of > _MOST_ADDED_UP:
        return None
    if share in {0, 1}:
        return 1.0 if share == 0 or found >= of else 0.0
    yes, no = log(share), log(1 - share)
    ways = (lgamma(of + 1) - lgamma(count + 1) - lgamma(of - count + 1) for count in range(of + 1))
    return min(
        1.0,
        sum(
            exp(way + count * yes + (of - count) * no)
            for count, way in zip(range(found + 1), ways, strict=False)
        ),
    )


def steps(grades: Sequence[Grade]) -> list[Step]:
    """Steps between neighbouring grades that have anybody in them."""
    return [Step(lower, upper) for lower, upper in pairwise(one for one in grades if one.staff)]


def stuck(grades: Sequence[Grade]) -> Step | None:
    """The step at which part-time staff stop: of the real drops, the one with most missing."""
    drops = [step for step in steps(grades) if step.drop >= WORTH_A_LOOK]
    return max(drops, key=lambda step: step.missing, default=None)


def outcome(grades: Sequence[Grade]) -> Outcome:
    """What the ladder looks like, and where it is stuck. Equal figures give equal outcomes."""
    worst = stuck(grades)
    promotions = [one for one in grades if one.promoted]
    return Outcome(
        tool="ladder",
        title=f"Stuck-ladder check: {len(grades)} grades"[:80],
        headline=_headline(grades, worst),
        text=_text(worst),
        state="good" if worst is None else "watch" if _may_be_chance(worst) else "bad",
        figures=_figures(grades, worst, promotions),
        parts=tuple(_parts(grades, worst, promotions)),
        given=tuple(_given(one) for one in grades),
        suggestions=_suggested(worst),
        notes=NOTES,
    )


def _headline(grades: Sequence[Grade], worst: Step | None) -> str:
    if worst is not None:
        return (
            f"Part-time staff stop at the step from {worst.lower.name} to {worst.upper.name}: "
            f"{_percent(worst.lower.share)} work part-time below it, "
            f"{_percent(worst.upper.share)} above"
        )
    if not steps(grades):
        return "Only one grade has anybody in it, so there is no step to look at"
    return "The part-time share does not fall by 10 points or more at any step"


def _text(worst: Step | None) -> str:
    if worst is None:
        return "Look again in a year, or after the next round of promotions."
    missing = round(worst.missing)
    more = f"{missing} more part-time {'person' if missing == 1 else 'people'}"
    words = f"With the same share as below, {worst.upper.name} would have {more}."
    if _may_be_chance(worst):
        words += " With so few people this could well be chance: look at two or three years."
    return words


def _may_be_chance(step: Step) -> bool:
    chance = step.by_chance
    return chance is not None and chance > CHANCE


def _figures(
    grades: Sequence[Grade], worst: Step | None, promotions: Sequence[Grade]
) -> tuple[Figure, ...]:
    staff = sum(one.staff for one in grades)
    part_time = sum(one.part_time for one in grades)
    above = grades[1:]
    promoted = sum(one.promoted or 0 for one in promotions)
    promoted_part_time = sum(one.promoted_part_time or 0 for one in promotions)
    return (
        Figure("share", "Part-time share of all staff", _whole(part_time, staff), "percent"),
        Figure(
            "share_above",
            f"Part-time share above {grades[0].name}",
            _whole(sum(one.part_time for one in above), sum(one.staff for one in above)),
            "percent",
            "higher",
        ),
        Figure(
            "missing",
            "Part-time people missing above the step",
            round(worst.missing) if worst else 0,
            "people",
            "lower",
        ),
        Figure(
            "promoted_share",
            "Part-time share of promotions",
            _whole(promoted_part_time, promoted),
            "percent",
            "higher",
        ),
    )


def _parts(
    grades: Sequence[Grade], worst: Step | None, promotions: Sequence[Grade]
) -> Iterable[Part]:
    yield Part(
        "Each grade, the lowest first",
        head=("Grade", "Staff", "Part-time", "Part-time share"),
        rows=tuple(
            (one.name, f"{one.staff:,}", f"{one.part_time:,}", _percent(one.share))
            for one in grades
        ),
    )
    yield Part("Each step", lines=tuple(_step_line(step, worst) for step in steps(grades)))
    if promotions:
        yield Part(
            "Promotions in the last 12 months",
            "If people came up whatever their hours, the part-time share of those promoted would "
            "be about that of the grade below.",
            lines=tuple(_promotion_lines(grades)),
        )


def _step_line(step: Step, worst: Step | None) -> Line:
    label = f"{step.lower.name} to {step.upper.name}"
    drop = step.drop
    value = f"{_percent(step.lower.share)} to {_percent(step.upper.share)}"
    if drop < WORTH_A_LOOK:
        words = "The share does not fall" if drop <= 0 else "The share falls by less than 10 points"
        return Line(label, value, words, "good")
    words = f"The share falls by {round(drop)} points"
    if _may_be_chance(step):
        words += ". With so few people it could be chance"
    return Line(label, value, words, "bad" if step == worst else "watch")


def _promotion_lines(grades: Sequence[Grade]) -> Iterable[Line]:
    for lower, upper in pairwise(one for one in grades if one.staff or one.promoted):
        if not upper.promoted or lower.share is None:
            continue
        part_time = upper.promoted_part_time or 0
        expected = lower.share * upper.promoted
        value = f"{part_time} of {upper.promoted} part-time"
        words = f"About {_round_half(expected)} of {upper.promoted} would match the grade below"
        chance = at_most(part_time, upper.promoted, lower.share)
        if part_time >= expected:
            yield Line(f"Into {upper.name}", value, words, "good")
        elif chance is not None and chance > CHANCE:
            yield Line(f"Into {upper.name}", value, f"{words}. This could well be chance", "watch")
        else:
            yield Line(f"Into {upper.name}", value, words, "bad")


def _given(grade: Grade) -> Line:
    value = f"{grade.staff:,} staff, {grade.part_time:,} part-time"
    if grade.promoted is not None:
        value += f"; {grade.promoted:,} promoted, {grade.promoted_part_time:,} part-time"
    return Line(grade.name, value)


def _suggested(worst: Step | None) -> tuple[Suggestion, ...]:
    if worst is None:
        return suggestions()
    shares = (_percent(worst.lower.share), _percent(worst.upper.share))
    return suggestions(worst.lower.name, worst.upper.name, shares)


def _whole(part: int, of: int) -> int | None:
    return None if not of else round(Fraction(part * 100, of))


def _percent(share: Fraction | None) -> str:
    return "nobody" if share is None else f"{round(share * 100)}%"


def _round_half(value: Fraction) -> str:
    halves = round(value * 2)
    return str(halves // 2) if halves % 2 == 0 else f"{halves / 2:.1f}"


def as_inputs(grades: Sequence[Grade]) -> dict[str, Any]:
    """The figures as the form takes them again, wherever they came from."""
    return {
        "grades": [
            {
                "grade": one.name,
                **{
                    field: "" if getattr(one, field) is None else str(getattr(one, field))
                    for field in FIELDS
                },
            }
            for one in grades
        ]
    }
