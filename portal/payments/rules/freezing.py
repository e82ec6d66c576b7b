"""The facts that decide a price as they are frozen on an output, and a sentence that explains it.

A fact is taken as the employer's record held it on the day of the work; where the record said
nothing then, the first that it said afterwards. Nothing that is written later changes an output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from portal.employers.rules.reach import (
    AccreditationAnswer,
    HardToReach,
    TrainingAnswer,
    hard_to_reach,
)
from portal.kernel.money import Money
from portal.payments.rules.rates import Price
from portal.payments.rules.words import ENGAGEMENT, OUTPUT_TYPES, SIZE_TIERS

# Facts that belong together are taken together, whole, from one moment.
UNITS: Final[tuple[tuple[str, ...], ...]] = (
    ("name",),
    ("trading_name",),
    ("sector", "sic_codes"),
    ("district", "postcode"),
    ("headcount", "headcount_on", "size_tier"),
    ("iip_status", "iip_on", "iip_evidence"),
    ("training_answer", "training_on", "training_last_on", "training_note"),
)
OTHER_SECTOR: Final = "other"
OUTSIDE: Final = "outside"


@dataclass(frozen=True, slots=True)
class Moment:
    """All facts of an employer after one saved change of its record."""

    on: date
    version: int
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Frozen:
    """An employer's facts for one output.

    ``later`` names those that were not known on the day. ``since`` says of each that is known from
    which day and version of the record on; None where its history does not reach back that far.
    """

    values: Mapping[str, Any]
    later: tuple[str, ...]
    reach: HardToReach
    since: Mapping[str, tuple[date, int] | None]

    @property
    def is_hard_to_reach(self) -> bool:
        """Whether the bonus is due: unknown is not hard to reach."""
        return self.reach.status == "yes"

    def knows(self, first: str) -> bool:
        """Whether anything was ever recorded of a group of facts, named by its first."""
        return first in self.since


def is_known(unit: Sequence[str], facts: Mapping[str, Any]) -> bool:
    """Whether a record says anything of a group of facts.

    A record without a SIC code stands in no target sector only because nobody has said what the
    employer does: that is not knowing its sector.
    """
    value = facts.get(unit[0])
    if unit[0] == "sector" and value == OTHER_SECTOR:
        return bool(facts.get("sic_codes"))
    return value not in (None, "", [])


def freeze(trail: Sequence[Moment], now: Mapping[str, Any], *, day: date) -> Frozen:
    """Bring together what the record held on the day and what it has said since.

    ``trail`` is the record's history, oldest first; ``now`` the record as it stands, which counts
    where its history does not say.
    """
    values: dict[str, Any] = {}
    later: list[str] = []
    since: dict[str, tuple[date, int] | None] = {}
    for unit in UNITS:
        source, begun, was_late = _choose(unit, trail, now, day)
        values.update({field: source.get(field) for field in unit})
        if is_known(unit, source):
            since[unit[0]] = begun
            if was_late:
                later.append(unit[0])
    reach = hard_to_reach(
        AccreditationAnswer(values["iip_status"], values["iip_on"], values["iip_evidence"] or ""),
        TrainingAnswer(
            values["training_answer"],
            values["training_on"],
            values["training_last_on"],
            values["training_note"] or "",
        ),
        on=day,
    )
    return Frozen(values, tuple(later), reach, since)


def _choose(
    unit: Sequence[str], trail: Sequence[Moment], now: Mapping[str, Any], day: date
) -> tuple[Mapping[str, Any], tuple[date, int] | None, bool]:
    """The facts to take a group from, since when they hold, and whether only after the day."""
    before = [moment for moment in trail if moment.on <= day]
    if before and is_known(unit, before[-1].facts):
        begun = before[-1]
        for moment in reversed(before):
            if any(moment.facts.get(f) != begun.facts.get(f) for f in unit):
                break
            begun = moment
        return begun.facts, (begun.on, begun.version), False
    for moment in trail[len(before) :]:
        if is_known(unit, moment.facts):
            return moment.facts, (moment.on, moment.version), True
    return now, None, bool(trail)


def kept_facts(frozen: Frozen) -> dict[str, Any]:
    """The facts as they are kept on the output, plain enough for JSON."""
    plain = {
        field: value.isoformat() if isinstance(value, date) else value
        for field, value in frozen.values.items()
    }
    return {
        "values": plain,
        "known_later": list(frozen.later),
        "since": {
            unit: None if begun is None else {"on": begun[0].isoformat(), "version": begun[1]}
            for unit, begun in frozen.since.items()
        },
        "hard_to_reach": {
            "status": frozen.reach.status,
            "explanation": frozen.reach.explanation,
            "missing": list(frozen.reach.missing),
        },
    }


def short_day(day: date | None) -> str:
    """A day in words."""
    return "an unknown day" if day is None else f"{day.day} {day:%B %Y}"


def explain(*, output_type: str, frozen: Frozen, price: Price) -> str:
    """One sentence that says why an output earns what it earns."""
    tier = str(frozen.values["size_tier"])
    people = frozen.values["headcount"]
    size = SIZE_TIERS[tier].lower()
    counted = f"{people:,} employee{'' if people == 1 else 's'}"
    words = (
        f"{OUTPUT_TYPES[output_type]}, {size} employer ({counted} on "
        f"{short_day(frozen.values['headcount_on'])}), card {price.card_version} in force from "
        f"{short_day(price.card_from)}: {Money(price.base)}"
    )
    if output_type != ENGAGEMENT:
        return words
    if price.bonus:
        return f"{words}; hard to reach ({_reach(frozen)}): {Money(price.bonus)}"
    if frozen.is_hard_to_reach:
        return f"{words}; hard to reach, no bonus on this card"
    return f"{words}; no bonus: {frozen.reach.explanation[0].lower()}{frozen.reach.explanation[1:]}"


def _reach(frozen: Frozen) -> str:
    values = frozen.values
    training = (
        f"last training for a qualification {short_day(values['training_last_on'])}"
        if values["training_last_on"]
        else "no training for a qualification in the 12 months before "
        f"{short_day(values['training_on'])}"
    )
    return f"no Investors in People on {short_day(values['iip_on'])}; {training}"
