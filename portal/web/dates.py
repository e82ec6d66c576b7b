"""The date field: day, month and year typed in three boxes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

from wtforms.utils import unset_value
from wtforms.validators import StopValidation

from portal.web import widgets
from portal.web.fields import PortalField
from portal.web.text import clean_line

PARTS: Final = ("day", "month", "year")
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_SHORTEST_MONTH: Final = 3
Bound = dt.date | Callable[[], dt.date] | None


def read_month(text: str) -> int | None:
    """A month's number from "3", "03", "March", "mar" or "Sept."; None when it is no month."""
    if text.isdecimal():
        # What is longer than any month or day is not even read.
        number = int(text.lstrip("0")[:4] or 0)
        return number if 1 <= number <= len(_MONTHS) else None
    word = text.rstrip(".").casefold()
    if len(word) < _SHORTEST_MONTH:
        return None
    return next((i for i, name in enumerate(_MONTHS, 1) if name.startswith(word)), None)


def _date(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _long(day: dt.date) -> str:
    return f"{day.day} {day:%B %Y}"


def _listed(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


class DateField(PortalField):
    """A date. ``earliest`` and ``latest`` are dates or functions that give one (such as ``today``).

    Errors name the part that is missing; the boxes at fault are marked.
    """

    widget = widgets.DateWidget()

    def __init__(
        self,
        label: str | None = None,
        *args: Any,
        earliest: Bound = dt.date(1900, 1, 1),
        latest: Bound = dt.date(2100, 12, 31),
        **kwargs: Any,
    ) -> None:
        super().__init__(label, *args, **kwargs)
        self.earliest, self.latest = earliest, latest
        self.wrong: tuple[str, ...] = ()

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Gather the three boxes before the usual steps."""
        super().process(None, data, extra_filters)
        if formdata is None:
            return
        typed = [formdata.getlist(f"{self.name}-{part}") for part in PARTS]
        boxes = [clean_line(str(values[0])) if values else "" for values in typed]
        self.raw_data = boxes
        try:
            self.process_formdata(boxes)
        except ValueError as error:
            self.process_errors = [str(error)]

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the date."""
        self.data = None
        self.wrong = tuple(part for part, text in zip(PARTS, valuelist, strict=True) if not text)
        if len(self.wrong) == len(PARTS):
            self.wrong = ()
            return
        if self.wrong:
            missing = [f"a {part}" for part in self.wrong]
            raise ValueError(f"{self.subject} must include {_listed(missing)}")
        self.data = self._read(*valuelist)

    def _read(self, day: str, month: str, year: str) -> dt.date:
        number = read_month(month)
        self.wrong = tuple(
            part
            for part, bad in (
                ("day", not (day.isdecimal() and 1 <= int(day.lstrip("0")[:4] or 0) <= 31)),  # noqa: PLR2004 - days
                ("month", number is None),
                ("year", not year.isdecimal()),
            )
            if bad
        )
        if not self.wrong and len(year) != len("2026"):
            self.wrong = ("year",)
            raise ValueError(f"{self.subject} must have a year of 4 numbers, like 2026")
        found = None if self.wrong else _date(int(year), number or 0, int(day))
        if found is None:
            raise ValueError(f"{self.subject} must be a real date, like 27 3 2026")
        return found

    def pre_validate(self, form: Any) -> None:
        """Keep to the bounds."""
        del form
        if self.data is None:
            return
        earliest = self.earliest() if callable(self.earliest) else self.earliest
        latest = self.latest() if callable(self.latest) else self.latest
        if earliest and self.data < earliest:
            raise StopValidation(f"{self.subject} must be {_long(earliest)} or later")
        if latest and self.data > latest:
            raise StopValidation(f"{self.subject} must be {_long(latest)} or earlier")

    def typed(self) -> dict[str, str]:
        """What stands in the boxes."""
        name = self.name
        if self.raw_data:
            return {f"{name}-{p}": t for p, t in zip(PARTS, self.raw_data, strict=True)}
        if self.data is None:
            return {}
        day: dt.date = self.data
        shown = zip(PARTS, (day.day, day.month, day.year), strict=True)
        return {f"{name}-{part}": str(value) for part, value in shown}

    def first_id(self) -> str:
        """The first box at fault."""
        return f"{self.id}-{self.wrong[0] if self.wrong else 'day'}"
