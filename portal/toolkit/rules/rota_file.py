"""A rota as a CSV file: its shifts, or everything that is wrong with it, line by line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final

from portal.kernel.result import Problem
from portal.toolkit.rules.tool_csv import Column, Row, read_rows

MOST_SHIFTS: Final = 20_000
MOST_PROBLEMS: Final = 8
LONGEST_SHIFT: Final = timedelta(hours=24)
COLUMNS: Final = (
    Column(
        "person", "Person", ("name", "employee", "staff", "staff member", "code", "employee id")
    ),
    Column("day", "Date", ("shift date", "day", "start date")),
    Column("start", "Start", ("start time", "from", "begins")),
    Column("end", "End", ("end time", "finish", "finish time", "to")),
    Column(
        "published",
        "Published",
        ("published on", "posted", "notified", "rota published", "told on"),
        required=False,
    ),
    Column(
        "changed",
        "Changed",
        ("changed on", "amended", "last changed", "updated"),
        required=False,
    ),
)
_DAYS: Final = ("%Y-%m-%d", "%d/%m/%Y", "%d/%m/%y", "%d-%m-%Y", "%d.%m.%Y", "%d %b %Y", "%d %B %Y")
_TIMES: Final = ("%H:%M", "%H.%M", "%H:%M:%S", "%H%M", "%I:%M %p", "%I:%M%p", "%I%p", "%I %p")


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift. ``person`` is a number: names are not carried any further than the file.

    ``published`` is the day on which the person was told, ``changed`` that of the last change.
    """

    person: int
    start: datetime
    end: datetime
    published: date | None = None
    changed: date | None = None

    @property
    def day(self) -> date:
        """The day on which it begins."""
        return self.start.date()

    @property
    def minutes(self) -> int:
        """How long it is, breaks included."""
        return int((self.end - self.start).total_seconds()) // 60


def read(content: bytes) -> tuple[Shift, ...] | list[Problem]:
    """The shifts of a file in their order, or what is wrong with it. Nothing is left out."""
    rows = read_rows(content, COLUMNS, most=MOST_SHIFTS)
    if isinstance(rows, Problem):
        return [rows]
    people: dict[str, int] = {}
    shifts, wrong = [], []
    for row in rows:
        shift = _shift(row, people)
        if isinstance(shift, Shift):
            shifts.append(shift)
        else:
            wrong.append(f"Line {row.line}: {shift}")
    if wrong:
        return [Problem("rota", words, "file") for words in _some(wrong)]
    return tuple(sorted(shifts, key=lambda shift: (shift.start, shift.person)))


def _some(wrong: Sequence[str]) -> list[str]:
    shown = list(wrong[:MOST_PROBLEMS])
    if len(wrong) > MOST_PROBLEMS:
        shown.append(f"And {len(wrong) - MOST_PROBLEMS:,} more lines like these")
    return shown


def _shift(row: Row, people: dict[str, int]) -> Shift | str:
    name = row.cells["person"].casefold()
    if not name:
        return "the person is missing: a name or a code"
    day = _day(row.cells["day"])
    if day is None:
        return f"“{row.cells['day'][:20]}” is not a date. Write it like 31/03/2026"
    start, end = _time(row.cells["start"]), _time(row.cells["end"])
    if start is None or end is None:
        text = row.cells["start" if start is None else "end"]
        return f"“{text[:20]}” is not a time. Write it like 14:30"
    begins, ends = datetime.combine(day, start), datetime.combine(day, end)
    if ends <= begins:
        # A night shift ends on the next day.
        ends += timedelta(days=1)
    dates = _dates(row.cells)
    if isinstance(dates, str):
        return dates
    return Shift(people.setdefault(name, len(people) + 1), begins, ends, *dates)


def _dates(cells: Mapping[str, str]) -> tuple[date | None, date | None] | str:
    found: list[date | None] = []
    for key in ("published", "changed"):
        text = cells[key]
        # A day may have a time beside it, which is not needed.
        day = _day(text) or _day(text.split("T")[0]) or _day(text.rsplit(" ", 1)[0])
        if text and day is None:
            return f"“{text[:20]}” in {key.capitalize()} is not a date. Write it like 31/03/2026"
        found.append(day if text else None)
    return found[0], found[1]


# A rota has few different days and times, each many times over.
@lru_cache(maxsize=4096)
def _day(text: str) -> date | None:
    for form in _DAYS:
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


@lru_cache(maxsize=4096)
def _time(text: str) -> time | None:
    for form in _TIMES:
        try:
            return datetime.strptime(text.strip().upper(), form).time()  # noqa: DTZ007 - on a wall clock
        except ValueError:
            continue
    return None
