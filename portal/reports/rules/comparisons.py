"""Sentences that hold figures against something: a target, a plan, a step before, an earlier time.

A difference is said as what it is. What follows from what is never said: a figure that moved has
moved, and nobody claims to know why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from portal.reports.rules.document import Unit, Value, Withheld
from portal.reports.rules.sentences import (
    NONE_SHOWN,
    Cell,
    biggest,
    capital,
    counted,
    listed,
    nothing,
    percent,
    points,
    seen,
)
from portal.reports.rules.written import share, written

_LONG: Final = 2


@dataclass(frozen=True, slots=True)
class Held:
    """A figure with what it is held against, and the ends of its 95% interval if it has one."""

    label: str
    value: Value
    target: Value = None
    low: Value = None
    high: Value = None


def against_target(rows: Sequence[Held], what: str, unit: Unit = Unit.COUNT) -> str:
    """How many figures reach their target, and which is furthest behind it."""
    held = [
        (row, row.value, row.target)
        for row in rows
        if isinstance(row.value, int) and isinstance(row.target, int)
    ]
    if not held:
        return biggest([Cell(row.label, row.value) for row in rows], what, unit)
    if len(held) == 1 and len(rows) == 1:
        return _one_target(held[0][0], (held[0][1], held[0][2]), unit)
    behind = [(row.label, value, target) for row, value, target in held if value < target]
    if not behind:
        every = "Both" if len(held) == _LONG else f"All {len(held)}"
        return (
            f"{every} {'' if len(held) == len(rows) else 'shown with a target '}reach it: {what}."
        )
    label, value, target = max(behind, key=lambda one: _behind(one[1], one[2]))
    reached = len(held) - len(behind)
    return (
        f"{capital(_number(reached))} of {len(held)} "
        f"{'reaches its' if reached == 1 else 'reach their'} target; furthest behind is {label}: "
        f"{written(value, unit)} of {written(target, unit)} {what}."
    )


def _number(count: int) -> str:
    return "none" if count == 0 else str(count)


def _behind(value: int, target: int) -> float:
    """How far a figure is from its target, as a part of the target."""
    return (target - value) / max(abs(target), 1)


def _one_target(row: Held, numbers: tuple[int, int], unit: Unit) -> str:
    value, target = numbers
    by = value - target
    if by == 0:
        text = f"{row.label}: {written(value, unit)}, just its target"
    else:
        far = points(abs(by), unit)
        text = f"{row.label}: {written(value, unit)} against a target of {written(target, unit)}"
        text += f", {far} {'above it' if by > 0 else 'below it'}"
    if isinstance(row.low, int) and isinstance(row.high, int):
        text += f" (95% interval {written(row.low, unit)} to {written(row.high, unit)}"
        text += ", which the target lies in" if row.low <= target <= row.high else ""
        text += ")"
    return f"{capital(text)}."


@dataclass(frozen=True, slots=True)
class Step:
    """One month of a burn-up: what there is since the start, and what was planned by then."""

    label: str
    actual: Value
    profile: Value


def progress(steps: Sequence[Step], what: str, unit: Unit = Unit.COUNT) -> str:
    """Where things stand against the profile at the last time that has a figure."""
    done = [
        (step, actual) for step in steps for actual in (step.actual,) if isinstance(actual, int)
    ]
    if not done:
        kept = any(isinstance(step.actual, Withheld) for step in steps)
        return NONE_SHOWN if kept else f"Nothing yet: no {what}."
    step, actual = done[-1]
    text = f"By {step.label} there {'was' if actual == 1 else 'were'} {counted(actual, what)}"
    if unit is not Unit.COUNT:
        text = f"By {step.label} {what} came to {written(actual, unit)}"
    planned = step.profile
    if not isinstance(planned, int):
        return f"{text}; there is no profile to compare with."
    by = actual - planned
    if by == 0:
        return f"{text}, as the profile planned."
    part = share(abs(by), planned)
    far = written(abs(by), unit) + (f" ({percent(part)})" if part is not None else "")
    side = "ahead of" if by > 0 else "behind"
    return f"{text}, {far} {side} the profile of {written(planned, unit)}."


def passage(
    cells: Sequence[Cell], what: str, *, days: Sequence[Value] = (), final: str = ""
) -> str:
    """Of those at the first step how many came to the last, and where most were lost.

    ``days`` are median days from the step before, the first one's being nothing. ``final`` says
    what the last step is, where its label does not read well in a sentence.
    """
    found = seen(cells)
    if not found.cells or not isinstance(cells[0].value, int):
        return nothing(found, what) if not found.cells else NONE_SHOWN
    first, last = cells[0], cells[-1]
    if not isinstance(first.value, int) or first.value == 0 or len(cells) == 1:
        text = counted(first.value, what) if isinstance(first.value, int) else NONE_SHOWN
        return f"{first.label}: {text}."
    start = first.value
    text = f"Of {counted(start, what)}"
    if isinstance(last.value, int):
        text += f", {last.value:,} ({percent(share(last.value, start))}) came to "
        text += f"“{final or last.label}”"
    losses = [
        (one.value - two.value, one, two)
        for one, two in pairwise(cells)
        if isinstance(one.value, int) and isinstance(two.value, int)
    ]
    worst = max(losses, key=lambda loss: loss[0], default=None)
    if worst is not None and worst[0] > 0 and isinstance(worst[1].value, int):
        part = share(worst[0], worst[1].value)
        text += f"; the largest drop is after “{worst[1].label}”: {worst[0]:,} "
        text += f"({percent(part)}) have not gone on"
    elif worst is not None and not found.held_back:
        text += "; none dropped out on the way"
    return f"{text}{_slowest(cells, days)}."


def _slowest(cells: Sequence[Cell], days: Sequence[Value]) -> str:
    known = [
        (value, cell.label)
        for cell, value in zip(cells, days, strict=False)
        if isinstance(value, int)
    ]
    if len(known) < _LONG:
        return ""
    most = max(value for value, _ in known)
    names = [f"“{label}”" for value, label in known if value == most]
    return f"; the longest wait is for {listed(names)}, {written(most, Unit.DAYS)} at the median"


@dataclass(frozen=True, slots=True)
class Moved:
    """A measure at two times."""

    label: str
    earlier: Value
    later: Value


def movement(rows: Sequence[Moved], what: str, unit: Unit = Unit.TENTHS, *, n: int | None) -> str:
    """How many measures went up and down between two times, and which moved most.

    ``n`` is how many employers the two times are of, the same ones at both.
    """
    moved = [
        (row, row.later - row.earlier)
        for row in rows
        if isinstance(row.earlier, int) and isinstance(row.later, int)
    ]
    if not moved:
        kept = any(
            isinstance(value, Withheld) for row in rows for value in (row.earlier, row.later)
        )
        return NONE_SHOWN if kept else f"Nothing yet: no {what} at two times."
    ends = f"Among {n:,} employers at both times, " if n is not None else ""
    row, most = max(moved, key=lambda one: abs(one[1]))
    if most == 0:
        return capital(f"{ends}none of {len(moved)} {what} moved.")
    up = sum(1 for _, by in moved if by > 0)
    down = sum(1 for _, by in moved if by < 0)
    level = len(moved) - up - down
    counts = [
        f"{count} {word}"
        for count, word in ((up, "rose"), (down, "fell"), (level, "stayed level"))
        if count
    ]
    named = [one.label for one, by in moved if abs(by) == abs(most)]
    far = points(abs(most), unit)
    if len(named) > 1:
        far_text = f"{listed(named)} moved most, by {far} each"
    else:
        far_text = (
            f"{row.label} moved most, from {written(row.earlier, unit)} to "
            f"{written(row.later, unit)} ({far} {'up' if most > 0 else 'down'})"
        )
    return capital(f"{ends}of {len(moved)} {what} {listed(counts)}; {far_text}.")


def middle(cells: Sequence[Cell], what: str) -> str:
    """In which band the middle one lies, and which band holds most."""
    found = seen(cells)
    whole = sum(value for _, value in found.cells)
    if not found.cells or (whole == 0 and not found.held_back):
        return nothing(found, what)
    top = max(value for _, value in found.cells)
    names = [label for label, value in found.cells if value == top]
    most = f"{listed(names)} {'is' if len(names) == 1 else 'are'} most common"
    most += f", with {counted(top, what)}" + ("" if len(names) == 1 else " each")
    if found.held_back:
        return capital(f"{found.opening}{most}.")
    so_far = 0
    for label, value in found.cells:
        so_far += value
        if 2 * so_far >= whole:
            most += f" of {whole:,}; the middle one lies in {label}"
            break
    return capital(f"{most}.")


@dataclass(frozen=True, slots=True)
class Spread:
    """One row of several values that are looked at side by side, each under its group's name."""

    label: str
    values: tuple[Cell, ...]


def widest(rows: Sequence[Spread], what: str, unit: Unit) -> str:
    """Where the groups differ most."""
    numbers = [(row.label, seen(row.values).cells) for row in rows]
    pairs = [(label, cells) for label, cells in numbers if len(cells) > 1]
    if not pairs:
        return biggest([cell for row in rows for cell in row.values], what, unit)
    label, cells = max(pairs, key=lambda one: _gap(one[1]))
    if _gap(cells) == 0:
        return f"The groups do not differ: {what}."
    high, low = max(cells, key=lambda one: one[1]), min(cells, key=lambda one: one[1])
    held = any(seen(row.values).held_back for row in rows)
    return capital(
        f"{'Of the figures shown, ' if held else ''}{what} differs most for {label}: "
        f"{high[0]} {written(high[1], unit)}, {low[0]} {written(low[1], unit)}."
    )


def _gap(cells: Sequence[tuple[str, int]]) -> int:
    numbers = [value for _, value in cells]
    return max(numbers) - min(numbers)
