"""How outputs are shown to the employer they are about: what was counted, never what it costs."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select

from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.employers.queries.wording import in_words
from portal.employers.rules.facts import LABELS
from portal.payments.models import Output
from portal.payments.rules.words import OUTPUT_TYPES
from portal.programme.models import Organisation


def _facts(document: Any) -> str:
    """Each fact as it was taken, in words, and whether it made the employer hard to reach."""
    values = (document or {}).get("values", {})
    said = [
        f"{label}: {in_words(field, values[field])}"
        for field, label in LABELS.items()
        if values.get(field) not in (None, "", [])
    ]
    reach = (document or {}).get("hard_to_reach", {}).get("explanation")
    return "; ".join([*said, *([reach] if reach else [])])


OUTPUTS: Final = TableShown(
    table_of(Output),
    lambda key: Output.employer_id == key,
    {
        "reference": "Reference",
        "output_type": "Kind",
        "occurred_on": "Day",
        "employer_name": "Your name then",
        "sector": "Sector then",
        "district": "District then",
        "size_tier": "Size then",
        "hard_to_reach": "Counted as hard to reach",
        "facts": "What was taken from your record",
        "arose_at": "Counted",
        "withdrawn_at": "Withdrawn",
        "withdrawn_reason": "Why withdrawn",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    # Money is between the provider and the LEP: prices and contracts are not about the employer.
    names(
        "id programme contract_id organisation_id employer_id case_id session_id delivery_id "
        "adviser_id card_id base_pence bonus_pence explanation"
    ),
    more={
        "Provider": select(Organisation.name)
        .where(Organisation.id == Output.organisation_id)
        .scalar_subquery()
    },
    words={
        "output_type": OUTPUT_TYPES,
        "sector": lambda value: in_words("sector", value),
        "district": lambda value: in_words("district", value),
        "size_tier": lambda value: in_words("size_tier", value),
        "facts": _facts,
    },
)
