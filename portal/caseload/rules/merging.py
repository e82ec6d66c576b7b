"""Two records of one employer: which facts of the one fill the other's gaps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class FactGroup:
    """Facts that are taken over together; ``lead`` decides whether the group is empty."""

    key: str
    title: str
    fields: tuple[str, ...]

    @property
    def lead(self) -> str:
        """The field without which the others say nothing."""
        return self.fields[0]


GROUPS: Final[tuple[FactGroup, ...]] = (
    FactGroup("trading_name", "Trading name", ("trading_name",)),
    FactGroup("company_number", "Company number", ("company_number",)),
    FactGroup("charity_number", "Charity number", ("charity_number",)),
    FactGroup("sic_codes", "SIC codes and sector", ("sic_codes", "sector")),
    FactGroup(
        "staff",
        "Staff numbers and size",
        ("headcount", "part_time_headcount", "headcount_on", "size_tier"),
    ),
    FactGroup("iip", "Investors in People", ("iip_status", "iip_on", "iip_evidence")),
    FactGroup(
        "training",
        "Vocational training",
        ("training_answer", "training_on", "training_last_on", "training_note"),
    ),
    FactGroup("register", "Place in the public register", ("register_entry_id",)),
)
# No two employers may hold the same: what is taken over is taken away from the other record.
UNIQUE: Final = frozenset({"company_number", "charity_number", "register_entry_id"})
# What the record's own history speaks of.
WITHOUT_HISTORY: Final = frozenset({"register_entry_id"})


def can_fill(kept: Mapping[str, Any], merged: Mapping[str, Any]) -> list[FactGroup]:
    """Groups that are empty in the record that is kept and known in the other."""
    return [group for group in GROUPS if not kept[group.lead] and merged[group.lead]]


def filled(
    kept: Mapping[str, Any], merged: Mapping[str, Any], chosen: Collection[str]
) -> list[dict[str, Any]]:
    """What the record that is kept takes over, group by group."""
    return [
        {name: merged[name] for name in group.fields if merged[name] != kept[name]}
        for group in can_fill(kept, merged)
        if group.key in chosen
    ]


def plain(value: Any) -> Any:
    """A fact as it stands in a document: days as ISO text."""
    return value.isoformat() if isinstance(value, date) else value
