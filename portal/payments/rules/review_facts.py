"""The facts frozen on an output, in words: each with how it is known and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from portal.payments.rules.freezing import short_day
from portal.payments.rules.words import SIZE_TIERS

_IIP: Final[Mapping[str, str]] = {
    "accredited": "Accredited",
    "not_accredited": "Not accredited",
}
_TRAINING: Final[Mapping[str, str]] = {"yes": "Yes", "no": "None in the 12 months before"}
_REACH: Final[Mapping[str, str]] = {"yes": "Yes", "no": "No", "not_counted_yet": "Not counted"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact: its name, its value, and how and since when it is known."""

    title: str
    value: str
    known: str


@dataclass(frozen=True, slots=True)
class Titles:
    """The words of sectors and districts."""

    sectors: Mapping[str, str]
    districts: Mapping[str, str]


def facts_in_words(facts: Mapping[str, Any], titles: Titles) -> list[Fact]:
    """Every fact that decides a price, as it was frozen."""
    values: Mapping[str, Any] = facts.get("values", {})
    sector, district = str(values.get("sector") or ""), str(values.get("district") or "")
    tier, people = values.get("size_tier"), values.get("headcount")
    codes = ", ".join(values.get("sic_codes") or ())
    size = "Not known"
    if tier and people is not None:
        size = f"{SIZE_TIERS[tier]}, {people:,} employee{'' if people == 1 else 's'}"
    reach: Mapping[str, Any] = facts.get("hard_to_reach", {})
    iip, training = values.get("iip_status"), values.get("training_answer")
    return [
        Fact(
            "Sector",
            titles.sectors.get(sector, sector or "Not known"),
            _known(facts, "sector", f"SIC {codes}" if codes else ""),
        ),
        Fact(
            "District",
            titles.districts.get(district, district or "Not known"),
            _known(facts, "district", values.get("postcode") or ""),
        ),
        Fact("Size", size, _known(facts, "headcount", _on("counted", values.get("headcount_on")))),
        Fact(
            "Investors in People",
            _IIP.get(iip or "", "Not known"),
            _known(
                facts,
                "iip_status",
                _on("answered", values.get("iip_on")),
                _quoted(values.get("iip_evidence")),
            ),
        ),
        Fact(
            "Training for a qualification",
            _TRAINING.get(training or "", "Not known"),
            _known(
                facts,
                "training_answer",
                _on("answered", values.get("training_on")),
                _on("last", values.get("training_last_on")),
                _quoted(values.get("training_note")),
            ),
        ),
        Fact(
            "Hard to reach",
            _REACH.get(str(reach.get("status")), "Not counted"),
            str(reach.get("explanation", "")),
        ),
    ]


def _known(facts: Mapping[str, Any], unit: str, *parts: str) -> str:
    since = (facts.get("since") or {}).get(unit)
    words = [part for part in parts if part]
    if since:
        words.append(f"on record since {_day(since['on'])}")
    if unit in facts.get("known_later", ()):
        words.append("recorded after the day of the work")
    return "; ".join(words)


def _on(word: str, day: str | None) -> str:
    return f"{word} {_day(day)}" if day else ""


def _day(text: str) -> str:
    return short_day(date.fromisoformat(text))


def _quoted(words: str | None) -> str:
    return f"“{words}”" if words else ""
