"""The data map: every table and column of the database, whose it is and how it ends.

The map is data (``data/holdings.yaml``), read and checked here. Retention, erasure, the export for
a person and the record of processing all go by it, so that nothing is held that none of them knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import yaml

DATA: Final = Path(__file__).resolve().parent.parent / "data"

Ends = Literal["delete", "anonymise", "tombstone", "keep"]
ENDS: Final = frozenset({"delete", "anonymise", "tombstone", "keep"})
KINDS: Final[Mapping[str, str]] = {
    "account": "A number that leads to an account",
    "link": "A number that leads to a business",
    "name": "Names",
    "email": "E-mail addresses",
    "phone": "Phone numbers",
    "job": "Job titles",
    "address": "Addresses",
    "text": "What somebody wrote",
    "post": "What somebody wrote for others to read",
    "answers": "Answers",
    "health": "What somebody needs, which may be about health",
    "file": "Files",
    "ip": "Network addresses, or marks made of them",
    "device": "Browsers",
    "secret": "Passwords and keys, as hashes",
    "bank": "Bank details",
}
WHOSE: Final[Mapping[str, str]] = {
    "user": "People with an account",
    "employer": "Businesses, some of which are one person",
    "employer_contact": "People at employers",
    "worker": "Workers of employers",
    "partner": "People at partners and providers",
    "nobody": "Nobody who can be told",
}


# Classes that show that the law was kept: somebody's erasure is itself one of these records.
PROVING: Final = frozenset({"rights", "breaches", "copies"})


class HoldingsError(ValueError):
    """The data map cannot hold; the message names the table and column."""


@dataclass(frozen=True, slots=True)
class PersonalColumn:
    """One column of personal data.

    ``of`` is the column with the account a name belongs to; ``because`` says why it is kept.
    """

    name: str
    kind: str
    whose: str
    ends: Ends
    of: str | None = None
    because: str | None = None


@dataclass(frozen=True, slots=True)
class TableHolding:
    """One table: what it is for, how long its personal data stays and how it ends.

    ``anchor`` leads from its rows to the record its time counts by: a column, or
    ``column.table.column`` through other tables.
    """

    name: str
    about: str
    purpose: str
    retention: str
    ends: Ends
    anchor: str | None
    personal: Mapping[str, PersonalColumn]
    rest: frozenset[str]

    @property
    def columns(self) -> frozenset[str]:
        """Every column that the map knows of this table."""
        return self.rest | self.personal.keys()

    def of_kind(self, kind: str) -> tuple[PersonalColumn, ...]:
        """Its columns of one kind, such as e-mail addresses."""
        return tuple(one for one in self.personal.values() if one.kind == kind)

    @property
    def lasts(self) -> bool:
        """Whether it proves something, so that only its own time ends it, and no asking."""
        return self.purpose == "money" or self.retention in PROVING

    @property
    def emptied(self) -> tuple[PersonalColumn, ...]:
        """The columns that do not stay when the row's time is over."""
        return tuple(one for one in self.personal.values() if one.ends != "keep")


@dataclass(frozen=True, slots=True)
class Holdings:
    """The whole map. ``purposes`` and ``reasons`` are words by key."""

    purposes: Mapping[str, str]
    reasons: Mapping[str, str]
    tables: Mapping[str, TableHolding] = field(default_factory=dict)

    @property
    def personal(self) -> tuple[TableHolding, ...]:
        """The tables with personal data in them, by name."""
        return tuple(one for one in self.tables.values() if one.personal)

    def why_kept(self, column: PersonalColumn) -> str:
        """In words, why a column stays; empty when it does not."""
        return self.reasons[column.because] if column.because else ""


def faults(found: Holdings, actual: Mapping[str, frozenset[str]]) -> list[str]:
    """What the map says that the database does not have, and the other way round, in words."""
    said: list[str] = []
    said += [f"{name}: not in the data map" for name in sorted(actual.keys() - found.tables.keys())]
    said += [f"{name}: no such table" for name in sorted(found.tables.keys() - actual.keys())]
    for name in sorted(actual.keys() & found.tables.keys()):
        known = found.tables[name].columns
        said += [f"{name}.{one}: not in the data map" for one in sorted(actual[name] - known)]
        said += [f"{name}.{one}: no such column" for one in sorted(known - actual[name])]
    return said


@cache
def holdings() -> Holdings:
    """The data map of this portal, read once."""
    return parse(yaml.safe_load((DATA / "holdings.yaml").read_text(encoding="utf-8")))


def parse(raw: Mapping[str, Any]) -> Holdings:
    """Read and check a data map.

    Raises:
        HoldingsError: naming the first entry that cannot hold.
    """
    purposes: dict[str, str] = dict(raw["purposes"])
    reasons = {key: " ".join(words.split()) for key, words in raw["reasons"].items()}
    tables = {name: _table(name, entry, purposes, reasons) for name, entry in raw["tables"].items()}
    return Holdings(purposes, reasons, tables)


def _table(
    name: str, entry: Mapping[str, Any], purposes: Mapping[str, str], reasons: Mapping[str, str]
) -> TableHolding:
    if entry.get("purpose") not in purposes:
        raise HoldingsError(f"{name}: no such purpose")
    personal = {
        column: _column(f"{name}.{column}", column, said, reasons)
        for column, said in (entry.get("personal") or {}).items()
    }
    rest = frozenset((entry.get("rest") or "").split())
    twice = rest & personal.keys()
    if twice:
        raise HoldingsError(f"{name}: stands twice: {', '.join(sorted(twice))}")
    for one in personal.values():
        if one.of is not None and one.of not in rest | personal.keys():
            raise HoldingsError(f"{name}.{one.name}: no column {one.of}")
    if entry.get("ends") not in ENDS:
        raise HoldingsError(f"{name}: ends must be one of {', '.join(sorted(ENDS))}")
    return TableHolding(
        name=name,
        about=entry["about"],
        purpose=entry["purpose"],
        retention=entry["retention"],
        ends=entry["ends"],
        anchor=entry.get("anchor"),
        personal=personal,
        rest=rest,
    )


def _column(
    place: str, name: str, said: Mapping[str, Any], reasons: Mapping[str, str]
) -> PersonalColumn:
    if said.get("kind") not in KINDS:
        raise HoldingsError(f"{place}: no such kind")
    if said.get("whose") not in WHOSE:
        raise HoldingsError(f"{place}: whose is it?")
    if said.get("ends") not in ENDS:
        raise HoldingsError(f"{place}: how does it end?")
    if (said["ends"] == "keep") != (said.get("because") in reasons):
        raise HoldingsError(f"{place}: what is kept needs a reason, and nothing else has one")
    return PersonalColumn(
        name=name,
        kind=said["kind"],
        whose=said["whose"],
        ends=said["ends"],
        of=said.get("of"),
        because=said.get("because"),
    )
