"""What is typed about a rate card: every amount, from when it holds, and a file of amounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portal.payments.rules.rate_cards import (
    ROW_TITLES,
    Amounts,
    cell_field,
    cell_title,
    split,
)
from portal.payments.rules.rates import cell
from portal.payments.rules.words import BONUS, MOST_PENCE, SIZE_TIERS
from portal.web.forms import (
    BooleanField,
    DateField,
    FileField,
    Form,
    HiddenField,
    PoundsField,
    StringField,
)

CELLS = [(row, tier) for row in ROW_TITLES for tier in SIZE_TIERS]


class RateCardForm(Form):
    """A whole card; the fields of its amounts are added below."""

    revision = HiddenField()
    title = StringField("What the card is called", hint="Optional", max_length=160)
    effective_from = DateField(
        "From which day does it hold?",
        subject="The first day",
        required="Enter the first day on which the card holds",
        hint="Until the day before the next card begins",
    )
    is_example = BooleanField(
        "Example figures", hint="Nobody has agreed these amounts yet; pages and claims say so"
    )

    def table(self) -> list[tuple[str, list[Any]]]:
        """The amounts row by row."""
        return [
            (title, [self[cell_field(row, tier)] for tier in SIZE_TIERS])
            for row, title in ROW_TITLES.items()
        ]

    def amounts(self) -> Amounts:
        """Every amount that was typed, in pence."""
        return split({key: self[cell_field(*key)].data for key in CELLS})


for _row, _tier in CELLS:
    setattr(
        RateCardForm,
        cell_field(_row, _tier),
        PoundsField(
            SIZE_TIERS[_tier],
            subject=cell_title(_row, _tier),
            required=f"{cell_title(_row, _tier)}: enter an amount, 0 if it is not paid",
            maximum=MOST_PENCE,
        ),
    )


class AmountsFileForm(Form):
    """A file with the amounts of a draft."""

    revision = HiddenField()
    file = FileField(
        "File",
        required="Choose a file",
        hint="A CSV file with a line for each output and a column for each size",
        accept=".csv,text/csv",
    )


class PublishForm(Form):
    """A button about the card that was looked at."""

    revision = HiddenField()


def amounts_data(amounts: Amounts) -> dict[str, int | None]:
    """A card's amounts as the form shows them."""
    return {cell_field(row, tier): amounts.at(row, tier) for row, tier in CELLS}


def field_of(name: str | None) -> str | None:
    """The form's name of a cell as rules call it; other names stay."""
    known: Mapping[str, str] = {
        cell("bonus" if row == BONUS else row, tier): cell_field(row, tier) for row, tier in CELLS
    }
    return None if name is None else known.get(name, name)
