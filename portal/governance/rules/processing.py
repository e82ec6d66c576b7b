"""The record of processing (UK GDPR, article 30), from the data map and data/processing.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from portal.governance.rules.holdings import DATA, KINDS, Holdings

COLUMNS = (
    "Purpose",
    "What for",
    "Lawful basis",
    "People",
    "Kinds of data",
    "Recipients",
    "Transfers",
    "How long",
    "Security",
    "Tables",
)


class ProcessingError(ValueError):
    """The record and the data map name different purposes."""


@dataclass(frozen=True, slots=True)
class Processing:
    """One purpose of the record, in words."""

    key: str
    title: str
    what_for: str
    basis: str
    people: str
    kinds: tuple[str, ...]
    recipients: str
    transfers: str
    periods: tuple[str, ...]
    security: str
    tables: tuple[str, ...]

    @property
    def row(self) -> tuple[str, ...]:
        """As a line of the table to take away; the order is that of ``COLUMNS``."""
        return (
            *(self.title, self.what_for, self.basis, self.people, "; ".join(self.kinds)),
            *(self.recipients, self.transfers, "; ".join(self.periods), self.security),
            ", ".join(self.tables),
        )


@cache
def document() -> Mapping[str, Any]:
    """What the data map cannot say by itself."""
    raw: Mapping[str, Any] = yaml.safe_load((DATA / "processing.yaml").read_text(encoding="utf-8"))
    return raw


def record(found: Holdings, periods: Mapping[str, str], raw: Mapping[str, Any]) -> list[Processing]:
    """The record: one entry a purpose. ``periods`` says in words how long each class is kept.

    Raises:
        ProcessingError: when a purpose of the map has no entry, or an entry no purpose.
    """
    entries = raw["purposes"]
    if entries.keys() != found.purposes.keys():
        odd = sorted(entries.keys() ^ found.purposes.keys())
        raise ProcessingError(f"Purposes that stand in one place only: {', '.join(odd)}")
    listed = []
    for key, words in found.purposes.items():
        tables = [one for one in found.personal if one.purpose == key]
        kinds = {column.kind for one in tables for column in one.personal.values()}
        classes = dict.fromkeys(one.retention for one in tables)
        entry = entries[key]
        listed.append(
            Processing(
                key=key,
                title=entry["title"],
                what_for=words,
                basis=entry["basis"],
                people=entry["people"],
                kinds=tuple(title for kind, title in KINDS.items() if kind in kinds),
                recipients=f"{entry['recipients']}. {raw['recipients_of_all']}",
                transfers=raw["transfers"],
                periods=tuple(periods.get(one, one) for one in classes),
                security=raw["security"],
                tables=tuple(one.name for one in tables),
            )
        )
    return listed
