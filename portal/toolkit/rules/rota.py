"""The rota predictability score: notice, late changes, split shifts, rest and steady hours.

Four weeks' notice of shifts is what the Living Hours standard of the Living Wage Foundation asks
for; 11 hours' rest between shifts is the Working Time Regulations 1998. The weights are ours: they
put first what people say they need most, to know their hours early and to be able to rely on them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Any, Final

from portal.toolkit.rules.rota_file import Shift
from portal.toolkit.rules.rota_words import NOTES, suggestions
from portal.toolkit.rules.tools import Figure, Line, Outcome, Part, say

FULL_NOTICE: Final = 28
LATE: Final = timedelta(days=7)
SPLIT_GAP: Final = timedelta(hours=2)
REST: Final = timedelta(hours=11)
NOTICE, CHANGES, SPLITS, RESTS, STEADY = 40, 25, 10, 10, 15
# A share of shifts at which nothing is left of the points.
_WORST_CHANGES: Final = Fraction(20, 100)
_WORST_SPLITS: Final = Fraction(10, 100)
_WORST_RESTS: Final = Fraction(5, 100)
_WORST_STEADY: Final = Fraction(30, 100)
_LEAST_WEEKS: Final = 3
_GOOD, _FAIR = 75, 50


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing measured: points of how many (None: the file does not say), and its line."""

    key: str
    points: Fraction | None
    most: int
    line: Line
    figure: Figure


def measures(shifts: Sequence[Shift]) -> tuple[Measure, ...]:
    """Everything the score is made of."""
    return (_notice(shifts), _changes(shifts), _splits(shifts), _rests(shifts), _steady(shifts))


def score(found: Sequence[Measure]) -> int | None:
    """Points of those that could be measured, out of 100; None where nothing could."""
    known = [one for one in found if one.points is not None]
    most = sum(one.most for one in known)
    if not most:
        return None
    return round(sum((one.points or 0 for one in known), start=Fraction(0)) / most * 100)


def outcome(shifts: Sequence[Shift]) -> Outcome:
    """What a rota is like for the people on it. Equal rotas give equal outcomes."""
    found = measures(shifts)
    points = score(found)
    people = len({shift.person for shift in shifts})
    first, last = shifts[0].day, max(shift.day for shift in shifts)
    weak = [one.key for one in found if one.line.state in {"bad", "watch"}]
    return Outcome(
        tool="rota",
        title=f"Rota score: {_span(first, last)}"[:80],
        headline=_headline(points, found),
        text=_text(found),
        state="note" if points is None else _state(points),
        figures=(
            Figure("score", "Predictability score", points, "points", "higher"),
            *(one.figure for one in found),
        ),
        parts=(
            Part("What was measured", lines=tuple(one.line for one in found)),
            _points_part(found, points),
        ),
        given=(
            Line("Rota", _span(first, last)),
            Line("Shifts", f"{len(shifts):,}"),
            Line("People", f"{people:,}"),
        ),
        suggestions=suggestions(weak),
        notes=NOTES,
    )


def as_inputs(shifts: Sequence[Shift], file_name: str) -> dict[str, Any]:
    """What is remembered of the file: no shift and no name."""
    return {"file_name": file_name[:80], "shifts": len(shifts)}


def _headline(points: int | None, found: Sequence[Measure]) -> str:
    if points is None:
        return "The rota says too little to work out a score"
    notice = found[0].figure
    if notice.value is None:
        return f"{points} out of 100, leaving out notice: the file has no days of publication"
    told = say(notice.value, "days")
    return f"{points} out of 100: people know a shift {told} ahead, as a rule"


def _text(found: Sequence[Measure]) -> str:
    worst = [one.line.label.lower() for one in found if one.line.state == "bad"]
    return f"To change first: {', '.join(worst)}." if worst else "Nothing stands out as bad."


def _state(points: int) -> str:
    return "good" if points >= _GOOD else "watch" if points >= _FAIR else "bad"


def _points_part(found: Sequence[Measure], points: int | None) -> Part:
    rows = [
        (
            one.line.label,
            "Not known" if one.points is None else str(round(one.points)),
            str(one.most),
        )
        for one in found
    ]
    known = sum(one.most for one in found if one.points is not None)
    intro = "What the file does not say is left out, and the rest is scaled to 100."
    if points is not None:
        got = round(sum((one.points or 0 for one in found), start=Fraction(0)))
        rows.append(("Together", str(got), str(known)))
    return Part(
        "How the score comes about",
        intro,
        head=("What", "Points", "Of"),
        rows=tuple(rows),
    )


# --- What is measured ----------------------------------------------------------------------------


def _notice(shifts: Sequence[Shift]) -> Measure:
    label = "Notice of shifts"
    days = sorted((one.day - one.published).days for one in shifts if one.published is not None)
    if not days:
        line = Line(
            label, "Not known", "Add a column “Published”: the day on which people were told"
        )
        return Measure(
            "notice", None, NOTICE, line, _figure("notice", "Usual notice", None, "days")
        )
    usual = max(0, days[len(days) // 2])
    counted = [Fraction(min(max(day, 0), FULL_NOTICE), FULL_NOTICE) for day in days]
    share = sum(counted, start=Fraction(0)) / len(counted)
    short = _part_of(sum(day < LATE.days for day in days), len(days))
    words = f"Half of the shifts were known {say(usual, 'days')} ahead or more"
    words += f"; {_percent(short)} less than a week ahead. Four weeks earn every point"
    line = Line(label, say(usual, "days"), words, _by_share(share))
    figure = _figure("notice", "Usual notice", usual, "days", "higher")
    return Measure("notice", share * NOTICE, NOTICE, line, figure)


def _changes(shifts: Sequence[Shift]) -> Measure:
    label = "Late changes"
    if all(one.changed is None and one.published is None for one in shifts):
        line = Line(
            label, "Not known", "Add a column “Changed”: the day of the last change, if any"
        )
        figure = _figure("late", "Shifts changed late", None, "percent")
        return Measure("changes", None, CHANGES, line, figure)
    late = [one for one in shifts if one.changed is not None and one.day - one.changed < LATE]
    part = _part_of(len(late), len(shifts))
    line = Line(
        label,
        _percent(part),
        f"{len(late):,} of {len(shifts):,} shifts were changed less than a week before",
        _by_share(_left(part, _WORST_CHANGES)),
    )
    figure = _figure("late", "Shifts changed late", _whole(part), "percent", "lower")
    return Measure("changes", _left(part, _WORST_CHANGES) * CHANGES, CHANGES, line, figure)


def _splits(shifts: Sequence[Shift]) -> Measure:
    days = splits = 0
    for _key, group in _by_person_and_day(shifts):
        days += 1
        splits += any(later.start - earlier.end >= SPLIT_GAP for earlier, later in pairwise(group))
    part = _part_of(splits, days)
    line = Line(
        "Split shifts",
        _percent(part),
        f"On {splits:,} of {days:,} working days somebody had a gap of two hours or more",
        _by_share(_left(part, _WORST_SPLITS)),
    )
    figure = _figure("splits", "Days with a split shift", _whole(part), "percent", "lower")
    return Measure("splits", _left(part, _WORST_SPLITS) * SPLITS, SPLITS, line, figure)


def _rests(shifts: Sequence[Shift]) -> Measure:
    gaps = short = 0
    for _person, group in _by_person(shifts):
        for earlier, later in pairwise(group):
            if later.day > earlier.day:
                gaps += 1
                short += later.start - earlier.end < REST
    if not gaps:
        line = Line("Rest between shifts", "Not known", "Nobody has shifts on two days")
        figure = _figure("rests", "Too short rests", None, "count")
        return Measure("rests", None, RESTS, line, figure)
    part = _part_of(short, gaps)
    if short:
        times = "time" if short == 1 else "times"
        words = (
            f"{short:,} {times} there were fewer than 11 hours between shifts. That is the law's "
            "daily rest, with few exceptions: look at each"
        )
        line = Line("Rest between shifts", f"{short:,} too short", words, "bad")
    else:
        line = Line("Rest between shifts", "11 hours or more, always", state="good")
    figure = _figure("rests", "Too short rests", short, "count", "lower")
    return Measure("rests", _left(part, _WORST_RESTS) * RESTS, RESTS, line, figure)


def _steady(shifts: Sequence[Shift]) -> Measure:
    label = "Steady hours"
    swings = [swing for swing in map(_swing, _weeks(shifts)) if swing is not None]
    if not swings:
        words = f"At least {_LEAST_WEEKS} whole weeks of rota are needed to tell"
        figure = _figure("swing", "Weekly hours swing", None, "percent")
        return Measure("steady", None, STEADY, Line(label, "Not known", words), figure)
    usual = sum(swings, start=Fraction(0)) / len(swings)
    line = Line(
        label,
        f"{_percent(usual)} up or down",
        "By so much do somebody's hours in a week differ from their own average, as a rule",
        _by_share(_left(usual, _WORST_STEADY)),
    )
    figure = _figure("swing", "Weekly hours swing", _whole(usual), "percent", "lower")
    return Measure("steady", _left(usual, _WORST_STEADY) * STEADY, STEADY, line, figure)


def _weeks(shifts: Sequence[Shift]) -> list[list[int]]:
    """Minutes of each person in each whole week of the rota, weeks off included."""
    first, last = shifts[0].day, max(one.day for one in shifts)
    monday = first + timedelta(days=-first.weekday() % 7)
    weeks = (last - monday).days // 7 + (1 if last.weekday() == 6 else 0)  # noqa: PLR2004 - Sunday
    if weeks < _LEAST_WEEKS:
        return []
    minutes: dict[int, list[int]] = defaultdict(lambda: [0] * weeks)
    for one in shifts:
        week = (one.day - monday).days // 7
        if one.day >= monday and week < weeks:
            minutes[one.person][week] += one.minutes
    return [each for each in minutes.values() if sum(1 for week in each if week) >= _LEAST_WEEKS]


def _swing(minutes: Sequence[int]) -> Fraction | None:
    """How far weeks lie from their average on average, as a part of it. A week off is no swing."""
    worked = [week for week in minutes if week]
    average = Fraction(sum(worked), len(worked))
    return sum((abs(week - average) for week in worked), start=Fraction(0)) / len(worked) / average


# --- Parts ---------------------------------------------------------------------------------------


def _by_person(shifts: Sequence[Shift]) -> Any:
    ordered = sorted(shifts, key=lambda one: (one.person, one.start))
    return ((key, list(group)) for key, group in groupby(ordered, key=lambda one: one.person))


def _by_person_and_day(shifts: Sequence[Shift]) -> Any:
    ordered = sorted(shifts, key=lambda one: (one.person, one.start))
    keyed = groupby(ordered, key=lambda one: (one.person, one.day))
    return ((key, list(group)) for key, group in keyed)


def _part_of(some: int, of: int) -> Fraction:
    return Fraction(some, of) if of else Fraction(0)


def _left(part: Fraction, worst: Fraction) -> Fraction:
    """What is left of the points: all at nought, nothing at the worst and beyond."""
    return 1 - min(part / worst, Fraction(1))


def _by_share(share: Fraction) -> str:
    return "good" if share * 100 >= _GOOD else "watch" if share * 100 >= _FAIR else "bad"


def _figure(key: str, label: str, value: int | None, unit: str, better: str = "") -> Figure:
    return Figure(key, label, value, unit, better)


def _whole(part: Fraction) -> int:
    return round(part * 100)


def _percent(part: Fraction) -> str:
    return f"{_whole(part)}%"


def _span(first: date, last: date) -> str:
    return f"{first.day} {first:%B %Y} to {last.day} {last:%B %Y}"
