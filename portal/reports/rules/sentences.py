"""Sentences made of figures: which is most, what changed, which share, how far from a target.

Each takes labels with values and says in one sentence what a busy reader should see. What is
withheld is never hinted at: a sentence speaks of the figures that are shown, and gives no share
of a total that the reader cannot see either.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from portal.reports.rules.document import Unit, Value, Withheld
from portal.reports.rules.written import share, written

_MOST_NAMED: Final = 3
_ADDS_UP: Final = frozenset({Unit.COUNT, Unit.PENCE, Unit.MINUTES})
NONE_SHOWN: Final = "No figure can be shown here."


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of a picture under its label."""

    label: str
    value: Value


@dataclass(frozen=True, slots=True)
class Seen:
    """The figures of a picture that have a number, and whether any is kept back."""

    cells: tuple[tuple[str, int], ...]
    held_back: bool

    @property
    def opening(self) -> str:
        """How a sentence begins about figures of which some are not shown."""
        return "Of the figures shown, " if self.held_back else ""


def seen(cells: Sequence[Cell]) -> Seen:
    """What of the figures is a number."""
    numbers = tuple((cell.label, cell.value) for cell in cells if isinstance(cell.value, int))
    return Seen(numbers, any(isinstance(cell.value, Withheld) for cell in cells))


def listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them: "A, B and C", or "A, B and 3 more"."""
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"{len(names) - _MOST_NAMED + 1} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def capital(text: str) -> str:
    """A text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]


def counted(number: int, what: str) -> str:
    """A number of things: "no sessions", "1 session", "12 sessions"."""
    return f"{number:,} {_singular(what) if number == 1 else what}" if number else f"no {what}"


def _singular(what: str) -> str:
    """One of what is named in the plural: its first word that ends as plurals do loses that."""
    words = what.split(" ")
    for place, word in enumerate(words):
        if word.endswith("s") and not word.endswith("ss"):
            words[place] = _one(word)
            break
    return " ".join(words)


def _one(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("sses", "ches", "shes", "xes")) else word[:-1]


def percent(per_mille: int | None) -> str:
    """Tenths of a percent in words: "12.5%"."""
    return written(per_mille, Unit.PER_MILLE)


def nothing(found: Seen, what: str) -> str:
    """What is said when no figure is there."""
    return NONE_SHOWN if found.held_back else f"Nothing yet: no {what}."


def biggest(
    cells: Sequence[Cell], what: str, unit: Unit = Unit.COUNT, *, total: Value = None
) -> str:
    """Which label has the most, and its share where the figures add up.

    ``total`` is the total that the table shows, if it does; what a share is of. Without one it is
    the sum, unless something is kept back.
    """
    found = seen(cells)
    if not found.cells:
        return nothing(found, what)
    top = max(value for _, value in found.cells)
    low = min(value for _, value in found.cells)
    if len(found.cells) == 1 or top == low:
        return _alike(found, what, unit)
    if unit not in _ADDS_UP:
        return _highest(found, what, unit, (top, low))
    names = [label for label, value in found.cells if value == top]
    text = f"{found.opening}{listed(names)} {_has(names)} the most {what}: {written(top, unit)}"
    if len(names) > 1:
        return capital(f"{text} each.")
    whole = _whole(found, total)
    return capital(text + (_of(top, whole, unit) if whole is not None else "") + ".")


def _alike(found: Seen, what: str, unit: Unit) -> str:
    """One figure only, or all the same."""
    label, value = found.cells[0]
    if len(found.cells) == 1:
        return capital(f"{found.opening}{label} has {_amount(value, what, unit)}.")
    if unit in _ADDS_UP and value == 0:
        return f"None of the figures shown has any {what}." if found.held_back else _none_of(what)
    kept = "Every figure shown" if found.held_back else f"Each of the {len(found.cells)}"
    return f"{kept} has {_amount(value, what, unit)}."


def _none_of(what: str) -> str:
    return f"No {what} in the time shown."


def _amount(value: int, what: str, unit: Unit) -> str:
    """As in "12 sessions", or "a share of 12.5%" where the value is no count of things."""
    if unit is Unit.COUNT:
        return counted(value, what)
    return f"{what} of {written(value, unit)}"


def _has(names: Sequence[str]) -> str:
    return "has" if len(names) == 1 else "have"


def _highest(found: Seen, what: str, unit: Unit, ends: tuple[int, int]) -> str:
    top, low = (
        f"{listed([label for label, value in found.cells if value == end])} ({written(end, unit)})"
        for end in ends
    )
    return capital(f"{found.opening}{what} is highest for {top} and lowest for {low}.")


def _whole(found: Seen, total: Value) -> int | None:
    """What a share is of: nothing where it cannot be said, or would make no sense."""
    if any(value < 0 for _, value in found.cells):
        return None
    if isinstance(total, int):
        return total if total >= max(value for _, value in found.cells) else None
    if found.held_back or isinstance(total, Withheld):
        return None
    return sum(value for _, value in found.cells)


def _of(part: int, whole: int, unit: Unit) -> str:
    return f" of {written(whole, unit)} ({percent(share(part, whole))})"


def change(
    cells: Sequence[Cell], what: str, unit: Unit = Unit.COUNT, *, running: bool = False
) -> str:
    """What the last time has, against the one before, and the best there was.

    ``running`` says that the last one is not over: it is told of, and those before are compared.
    """
    found = seen(cells)
    if not found.cells:
        return nothing(found, what)
    if unit in _ADDS_UP and not found.held_back and not any(value for _, value in found.cells):
        return _none_of(what)
    so_far, done = "", list(cells)
    if running and len(done) > 1 and isinstance(done[-1].value, int):
        now = done.pop()
        so_far = f"{now.label} has {_amount_of(now.value, what, unit)} so far"
    last = done[-1]
    if not isinstance(last.value, int):
        return f"{so_far}." if so_far else f"The figure for {last.label} is not shown."
    text = (
        f"{so_far}; {last.label} had {written(last.value, unit)}"
        if so_far
        else f"{last.label} had {_amount(last.value, what, unit)}"
    )
    best, peak = _peak(done, unit)
    if len(done) > 1 and isinstance(done[-2].value, int):
        joined = " and " if best else ", "
        text += f"{best}{joined}{_more(last.value - done[-2].value, unit)} {done[-2].label}"
    return capital(f"{text}{peak}.")


def _amount_of(value: Value, what: str, unit: Unit) -> str:
    return _amount(value, what, unit) if isinstance(value, int) else ""


def _more(by: int, unit: Unit) -> str:
    if by == 0:
        return "as in"
    if unit in _ADDS_UP:
        fewer = "fewer" if unit is Unit.COUNT else "less"
        return f"{written(abs(by), unit)} {'more' if by > 0 else fewer} than in"
    return f"{points(abs(by), unit)} {'higher' if by > 0 else 'lower'} than in"


def points(size: int, unit: Unit) -> str:
    """A difference of two values: of two shares it is percentage points, not a percentage."""
    if unit is Unit.PER_MILLE:
        return f"{written(size, Unit.TENTHS)} percentage points"
    return written(size, unit) + (" points" if unit is Unit.TENTHS else "")


def _peak(done: Sequence[Cell], unit: Unit) -> tuple[str, str]:
    """That the last one is the best there was, or else which was; where that can be said."""
    found = seen(done)
    if len(found.cells) <= 2 or found.held_back:  # noqa: PLR2004 - last and before are said
        return "", ""
    top = max(value for _, value in found.cells)
    names = [label for label, value in found.cells if value == top]
    if done[-1].label in names:
        return ("" if len(names) > 1 else ", the highest of the time shown"), ""
    return "", f"; the highest was {written(top, unit)} in {listed(names)}"
