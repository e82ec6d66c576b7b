"""An employer's facts as people read them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from portal.programme import queries as programme
from portal.programme.rules import load_sic

_ANSWERS = {
    "accredited": "Accredited",
    "not_accredited": "Not accredited",
    "yes": "Yes",
    "no": "No",
}


def in_words(field: str, value: Any) -> str:
    """A fact as people read it."""
    if value in (None, "", [], ()):
        return "Not given"
    settings = programme.settings()
    known: dict[str, Callable[[Any], str]] = {
        "sic_codes": lambda codes: "; ".join(f"{c} {load_sic().describe(c)}" for c in codes),
        "sector": settings.sector_title,
        "district": settings.district_title,
        "size_tier": settings.tier_title,
        "iip_status": lambda answer: _ANSWERS.get(answer, answer),
        "training_answer": lambda answer: _ANSWERS.get(answer, answer),
    }
    if field in known:
        return known[field](value)
    if isinstance(value, date):
        return f"{value.day} {value:%B %Y}"
    return f"{value:,}" if isinstance(value, int) else str(value)
