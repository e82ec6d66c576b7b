"""A report as data: figures with their definitions, tables, pictures and what they say.

Everything that leaves the portal (screen, PDF, CSV, XLSX, JSON) is drawn from this one document, so
that no two of them can differ, and a frozen report is this document kept as text.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

FORMAT: Final = 1


class Unit(StrEnum):
    """What a number counts or measures; it decides how the number is written."""

    COUNT = "count"
    PENCE = "pence"
    # Tenths of a percent, so that every share is a whole number: 125 is 12.5%.
    PER_MILLE = "per_mille"
    DAYS = "days"
    # Tenths of a point on the scale of 0 to 100.
    TENTHS = "tenths"
    MINUTES = "minutes"
    TEXT = "text"
    MONTH = "month"
    DAY = "day"


class Withheld(StrEnum):
    """Why a number is not shown."""

    SMALL = "small"
    COMPLEMENT = "complement"
    TOO_FEW = "too_few"
    NOT_KNOWN = "not_known"

    @property
    def words(self) -> str:
        """The reason as a reader sees it."""
        return WITHHELD_WORDS[self]


WITHHELD_WORDS: Final[Mapping[Withheld, str]] = {
    Withheld.SMALL: "Not shown: so few that somebody could be recognised",
    Withheld.COMPLEMENT: "Not shown: a number beside it could be worked out from it",
    Withheld.TOO_FEW: "Not shown: too few to say anything",
    Withheld.NOT_KNOWN: "Not known",
}

Value = int | str | Withheld | None


@dataclass(frozen=True, slots=True)
class Drill:
    """The way to the records behind a figure, for who may see them: an endpoint and its values."""

    endpoint: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure. ``definition`` says what it is, ``rule`` how it is counted and when it is dated.

    ``low`` and ``high`` are the ends of a 95% interval where the figure is an estimate, and
    ``target`` what it is held against, all in the figure's unit.
    """

    key: str
    label: str
    value: Value
    unit: Unit
    definition: str
    rule: str
    source: str = ""
    low: int | None = None
    high: int | None = None
    target: int | None = None
    note: str = ""
    drill: Drill | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``meaning`` goes into the data dictionary."""

    key: str
    label: str
    unit: Unit
    meaning: str


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of values under columns; ``total`` is the last row where there is one.

    ``drills`` holds one way to records a row, where there is one.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...] | None = None
    note: str = ""
    drills: tuple[Drill | None, ...] = ()

    def __post_init__(self) -> None:
        width = len(self.columns)
        for row in (*self.rows, *((self.total,) if self.total else ())):
            if len(row) != width:
                raise ValueError(f"Table {self.key}: a row of {len(row)} under {width} columns")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a table's numbers, with the one sentence that says what they show.

    ``kind`` names a macro in ``templates/reports/pictures.html``; ``spec`` is what it needs
    beside the table: plain values only, so that it can be kept.
    """

    key: str
    kind: str
    title: str
    reading: str
    table: str
    spec: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report under one heading. Its pictures draw its own tables."""

    key: str
    title: str
    intro: str = ""
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        known = {table.key for table in self.tables}
        for picture in self.pictures:
            if picture.table not in known:
                raise ValueError(f"Picture {picture.key} draws {picture.table}, which is not there")


@dataclass(frozen=True, slots=True)
class Report:
    """A whole report, as of an instant.

    ``first`` and ``last`` are the first and the last day it speaks of. ``chosen`` are the filters
    in words, in order. ``frozen_on`` is the day it was frozen; a live one has none.
    """

    key: str
    title: str
    summary: str
    first: date
    last: date
    as_at: datetime
    sections: tuple[Section, ...]
    chosen: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    protected: bool = False
    frozen_on: date | None = None

    def section(self, key: str) -> Section:
        """One of its sections.

        Raises:
            KeyError: when there is none of that key.
        """
        return {section.key: section for section in self.sections}[key]

    @property
    def tables(self) -> tuple[Table, ...]:
        """All its tables, in order."""
        return tuple(table for section in self.sections for table in section.tables)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All its figures, in order."""
        return tuple(figure for section in self.sections for figure in section.figures)


_WITHHELD: Final = "withheld:"


def to_text(report: Report) -> str:
    """The report as canonical JSON: equal reports give equal text."""
    return json.dumps(
        {"format": FORMAT, **_plain(asdict(report))},
        ensure_ascii=False,
        sort_keys=True,
        separators=(",", ":"),
    )


def fingerprint(report: Report) -> str:
    """The SHA-256 of the report's text."""
    return hashlib.sha256(to_text(report).encode()).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Withheld):
        return f"{_WITHHELD}{value.value}"
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def from_text(text: str) -> Report:
    """The report that a text was made of.

    Raises:
        ValueError: for a text of another format.
    """
    data = json.loads(text)
    if data.pop("format", None) != FORMAT:
        raise ValueError("This report was kept in a format that is not known here")
    return Report(
        **{
            **data,
            "first": date.fromisoformat(data["first"]),
            "last": date.fromisoformat(data["last"]),
            "as_at": datetime.fromisoformat(data["as_at"]),
            "frozen_on": date.fromisoformat(data["frozen_on"]) if data["frozen_on"] else None,
            "sections": tuple(_section(item) for item in data["sections"]),
            "chosen": tuple((name, value) for name, value in data["chosen"]),
            "notes": tuple(data["notes"]),
        }
    )


def _value(value: Any) -> Value:
    if isinstance(value, str) and value.startswith(_WITHHELD):
        return Withheld(value.removeprefix(_WITHHELD))
    kept: Value = value
    return kept


def _section(data: dict[str, Any]) -> Section:
    return Section(
        **{
            **data,
            "figures": tuple(
                Figure(
                    **{
                        **item,
                        "value": _value(item["value"]),
                        "unit": Unit(item["unit"]),
                        "drill": _drill(item["drill"]),
                    }
                )
                for item in data["figures"]
            ),
            "tables": tuple(_table(item) for item in data["tables"]),
            "pictures": tuple(Picture(**item) for item in data["pictures"]),
            "notes": tuple(data["notes"]),
        }
    )


def _drill(data: dict[str, Any] | None) -> Drill | None:
    return None if data is None else Drill(data["endpoint"], data["values"])


def _table(data: dict[str, Any]) -> Table:
    return Table(
        **{
            **data,
            "columns": tuple(
                Column(**{**item, "unit": Unit(item["unit"])}) for item in data["columns"]
            ),
            "rows": tuple(tuple(_value(value) for value in row) for row in data["rows"]),
            "total": None
            if data["total"] is None
            else tuple(_value(value) for value in data["total"]),
            "drills": tuple(_drill(item) for item in data["drills"]),
        }
    )
