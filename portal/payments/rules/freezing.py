"""The facts that decide a price as they are frozen on an output, and a sentence that explains it.

A fact is taken as the employer's record held it on the day of the work; where the record said
nothing then, as it stood when the output arose. Nothing that is written later changes an output.
"""

from __future__ import annotations

from collections.abc import Mapping
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
_UNITS: Final[tuple[tuple[str, ...], ...]] = (
    ("name",),
    ("trading_name",),
    ("sector", "sic_codes"),
    ("district", "postcode"),
    ("headcount", "headcount_on", "size_tier"),
    ("iip_status", "iip_on", "iip_evidence"),
    ("training_answer", "training_on", "training_last_on", "training_note"),
)
OTHER_SECTOR = "other"
OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Frozen:
    """An employer's facts for one output; ``later`` names those that were not known on the day."""

    values: Mapping[str, Any]
    later: tuple[str, ...]
    reach: HardToReach

    @property
    def is_hard_to_reach(self) -> bool:
        """Whether the bonus is due: unknown is not hard to reach."""
        return self.reach.status == "yes"


def freeze(on_the_day: Mapping[str, Any] | None, now: Mapping[str, Any], *, day: date) -> Frozen:
    """Bring together what the record held on the day and what it says now."""
    values: dict[str, Any] = {}
    later: list[str] = []
    for unit in _UNITS:
        held = on_the_day or {}
        if held.get(unit[0]) in (None, "", []):
            source = now
            if now.get(unit[0]) not in (None, "", []):
                later.append(unit[0])
        else:
            source = held
        values.update({field: source.get(field) for field in unit})
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
    return Frozen(values, tuple(later), reach)


def missing_facts(frozen: Frozen) -> list[str]:
    """What of the employer still stands in the way of being paid for it, in words."""
    found = []
    if frozen.values["sector"] in (None, "", OTHER_SECTOR):
        found.append("the employer is not in a target sector")
    if frozen.values["district"] in (None, "", OUTSIDE):
        found.append("the employer is outside the area")
    if frozen.values["size_tier"] is None:
        found.append("the number of employees is not known")
    return found


def kept_facts(frozen: Frozen) -> dict[str, Any]:
    """The facts as they are kept on the output, plain enough for JSON."""
    plain = {
        field: value.isoformat() if isinstance(value, date) else value
        for field, value in frozen.values.items()
    }
    return {
        "values": plain,
        "known_later": list(frozen.later),
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
