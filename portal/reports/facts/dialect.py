"""The few words of SQL in which SQLite and PostgreSQL differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

FAR: Final = "9999-12-31"


@dataclass(frozen=True, slots=True)
class Sql:
    """Writes expressions for one database. Days and months are London's, instants are UTC."""

    sqlite: bool

    def day(self, instant: str) -> str:
        """The London day of a UTC instant, clock changes included.

        SQLite knows no time zones: summer time runs from 01:00 UTC on the last Sunday of March to
        01:00 UTC on the last Sunday of October, as in the United Kingdom since 1996 (the Summer
        Time Order 2002, article 2).
        """
        if not self.sqlite:
            return f"(({instant}) AT TIME ZONE 'Europe/London')::date"
        year = f"substr({instant}, 1, 4)"
        first, last = (
            f"date({year} || '-{end}', '-6 days', 'weekday 0') || ' 01:00:00'"
            for end in ("03-31", "10-31")
        )
        return (
            f"date({instant}, CASE WHEN {instant} >= {first} AND {instant} < {last} "
            "THEN '+1 hour' ELSE '+0 hours' END)"
        )

    def month(self, day: str) -> str:
        """The first day of a day's month."""
        if self.sqlite:
            return f"date({day}, 'start of month')"
        return f"date_trunc('month', {day})::date"

    def quarter(self, day: str) -> str:
        """The first day of a day's calendar quarter."""
        if self.sqlite:
            return (
                f"date({day}, 'start of month', '-' || "
                f"((CAST(strftime('%m', {day}) AS INTEGER) - 1) % 3) || ' months')"
            )
        return f"date_trunc('quarter', {day})::date"

    def financial_year(self, day: str) -> str:
        """The 1 April on which a day's financial year began."""
        if self.sqlite:
            return f"date({day}, '-3 months', 'start of year', '+3 months')"
        return (
            f"(date_trunc('year', {day}::timestamp - interval '3 months') "
            "+ interval '3 months')::date"
        )

    def days(self, earlier: str, later: str) -> str:
        """Whole days from one day to another."""
        if self.sqlite:
            return f"CAST(julianday({later}) - julianday({earlier}) AS INTEGER)"
        return f"({later} - {earlier})"

    def earliest(self, *days: str) -> str:
        """The earliest of days of which some may not be known; nothing when none is."""
        if not self.sqlite:
            return f"least({', '.join(days)})"
        known = ", ".join(f"coalesce({day}, '{FAR}')" for day in days)
        return f"nullif(min({known}), '{FAR}')"

    def unindexed(self, column: str) -> str:
        """A column that rows are not looked up by, where another one names far fewer of them.

        Without statistics SQLite takes an index of states for as good as one of cases.
        """
        return f"+{column}" if self.sqlite else column

    def text(self, expression: str) -> str:
        """A number as text."""
        return f"CAST({expression} AS TEXT)"

    def padded(self, number: str, width: int) -> str:
        """A number not below nought with noughts before it, so that it sorts as text."""
        if self.sqlite:
            return f"printf('%0{width}d', {number})"
        return f"lpad(({number})::text, {width}, '0')"

    def whole(self, document: str, key: str) -> str:
        """A whole number out of a JSON document; nothing where there is none."""
        if self.sqlite:
            return f"CAST(json_extract({document}, '$.{key}') AS INTEGER)"
        return f"CAST({document} ->> '{key}' AS INTEGER)"

    def word(self, document: str, key: str) -> str:
        """A text out of a JSON document; nothing where there is none."""
        if self.sqlite:
            return f"json_extract({document}, '$.{key}')"
        return f"({document} ->> '{key}')"

    def differ(self, left: str, right: str) -> str:
        """Whether two values are different, where nothing equals nothing."""
        return f"{left} IS {'NOT' if self.sqlite else 'DISTINCT FROM'} {right}"


SQLITE: Final = Sql(sqlite=True)
POSTGRESQL: Final = Sql(sqlite=False)
