"""What is typed about a contract: its dates, caps, quarters, subcontractors and bank details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from portal.kernel.clock import today
from portal.payments.rules.contracts import (
    MOST_CONTRACT,
    Subcontract,
    Terms,
    cap_field,
    quarter_field,
    quarter_title,
)
from portal.payments.rules.payees import Payee, tidy
from portal.payments.rules.words import OUTPUT_TYPES
from portal.web.forms import (
    DateField,
    EmailField,
    Form,
    HiddenField,
    IntegerField,
    PoundsField,
    SelectField,
    StringField,
    TextAreaField,
)

MOST_ROWS = 20
Choices = Sequence[tuple[str, str]]


class EmptyForm(Form):
    """A button alone."""


class RevisionForm(Form):
    """A button about what was looked at: a change in between is noticed."""

    revision = HiddenField()


class MonthForm(Form):
    """The month that is closed."""

    month = HiddenField()


class RefuseForm(Form):
    """Leaving a contract as it is."""

    words = TextAreaField("Why not?", required="Say why not", max_length=1000, rows=3)


class TermsForm(Form):
    """What drafts and variations share; ``terms_form`` adds the fields of a contract's quarters."""

    quarters: Sequence[date] = ()
    later: Sequence[date] = ()
    rows: int = 0

    revision = HiddenField()

    def cap_fields(self) -> list[Any]:
        """The caps of each type of output."""
        return [self[cap_field(kind)] for kind in OUTPUT_TYPES]

    def quarter_fields(self) -> list[Any]:
        """The quarters of the profile."""
        return [self[quarter_field(quarter)] for quarter in self.quarters]

    def later_fields(self) -> list[Any]:
        """The quarters after the contract's last, in case its end moves."""
        return [self[quarter_field(quarter)] for quarter in self.later]

    def sub_rows(self) -> list[tuple[Any, Any, Any]]:
        """Subcontractors, each a provider and two days."""
        names = [f"sub_{number}" for number in range(self.rows)]
        return [(self[name], self[f"{name}_from"], self[f"{name}_until"]) for name in names]

    def validate(self, extra_validators: Any = None) -> bool:
        """A row of a subcontractor is whole, or empty."""
        fine: bool = super().validate(extra_validators)
        for provider, first, until in self.sub_rows():
            if provider.data and first.data is None and not first.errors:
                first.errors = ["Enter the day the subcontractor begins"]
                fine = False
            if (
                not provider.data
                and not provider.errors
                and not (first.is_empty() and until.is_empty())
            ):
                provider.errors = ["Choose the subcontractor, or clear its dates"]
                fine = False
        return fine

    def read_terms(self, *, starts_on: date | None = None) -> Terms:
        """What was typed as terms; an empty cap is no cap, an empty quarter expects nothing."""
        caps = {kind: self[cap_field(kind)].data for kind in OUTPUT_TYPES}
        return Terms(
            starts_on=starts_on or self["starts_on"].data,
            ends_on=self["ends_on"].data,
            total_cap=self["total_cap"].data,
            caps={kind: pence for kind, pence in caps.items() if pence is not None},
            profile={
                day: self[quarter_field(day)].data or 0 for day in (*self.quarters, *self.later)
            },
            subcontractors=tuple(
                Subcontract(provider.data, first.data, until.data, number)
                for number, (provider, first, until) in enumerate(self.sub_rows())
                if provider.data
            ),
        )

    def read_payee(self) -> Payee:
        """The bank details, tidied."""
        return read_payee(self)


def read_payee(form: Any) -> Payee:
    """The bank details of a form, tidied."""
    return tidy(
        name=form["payee_name"].data or "",
        sort_code=form["payee_sort_code"].data or "",
        account=form["payee_account"].data or "",
        email=form["remittance_email"].data or "",
    )


def payee_form(data: Mapping[str, Any]) -> Any:
    """Other bank details for a contract in force, and why."""
    fields = {
        **_payee(),
        "reason": TextAreaField(
            "Why do they change, and how did you make sure?",
            subject="The reason",
            hint="Call the provider on a number that you know, not one from the message that asks",
            required="Say why they change, and how you made sure",
            max_length=1000,
            rows=3,
        ),
    }
    return type("PayeeForm", (Form,), fields)(data=data)


def _amounts() -> dict[str, Any]:
    fields: dict[str, Any] = {
        "total_cap": PoundsField(
            "Total cap",
            required="Enter the total cap",
            minimum=1,
            maximum=MOST_CONTRACT,
            hint="The most that can be paid on this contract",
        )
    }
    for kind, title in OUTPUT_TYPES.items():
        fields[cap_field(kind)] = PoundsField(
            title, subject=f"The cap for {title.lower()}", maximum=MOST_CONTRACT
        )
    return fields


def _quarters(quarters: Sequence[date]) -> dict[str, Any]:
    return {
        quarter_field(day): PoundsField(
            quarter_title(day), subject=quarter_title(day), maximum=MOST_CONTRACT
        )
        for day in quarters
    }


def _rows(rows: int, providers: Choices) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for number in range(rows):
        name = f"sub_{number}"
        fields[name] = SelectField(
            f"Subcontractor {number + 1}", blank="Nobody", coerce=int, choices=list(providers)
        )
        fields[f"{name}_from"] = DateField("From", subject="The first day of the subcontractor")
        fields[f"{name}_until"] = DateField(
            "Until",
            subject="The last day of the subcontractor",
            hint="Leave it empty if there is no end before the contract's",
        )
    return fields


def _basics(providers: Choices) -> dict[str, Any]:
    return {
        "organisation": SelectField(
            "Provider",
            blank="Choose",
            required="Choose the provider",
            coerce=int,
            choices=list(providers),
        ),
        "title": StringField(
            "What the contract is called", required="Enter a title", max_length=160
        ),
        "starts_on": DateField("Starts on", required="Enter the day it starts"),
        "ends_on": DateField("Ends on", required="Enter the day it ends"),
        **_amounts(),
        "bonus_target_percent": IntegerField(
            "Target for hard-to-reach engagements",
            subject="The target",
            hint="Out of 100 engagements. A claim that drifts from it is pointed out. Optional",
            maximum=100,
            width=4,
            suffix="%",
        ),
    }


def _payee() -> dict[str, Any]:
    return {
        "payee_name": StringField(
            "Name on the account",
            hint="Up to 18 letters, digits, spaces and . & / - as Bacs allows",
            max_length=60,
            width=20,
            autocomplete="off",
            spellcheck=False,
        ),
        "payee_sort_code": StringField(
            "Sort code",
            hint="6 digits, like 12-34-56",
            max_length=20,
            width=10,
            inputmode="numeric",
            autocomplete="off",
            spellcheck=False,
        ),
        "payee_account": StringField(
            "Account number",
            hint="8 digits",
            max_length=20,
            width=10,
            inputmode="numeric",
            autocomplete="off",
            spellcheck=False,
        ),
        "remittance_email": EmailField(
            "Who is told about payments",
            subject="The address",
            hint="An email address for remittance advice",
            autocomplete="off",
        ),
    }


def _made(fields: Mapping[str, Any], quarters: Sequence[date], rows: int, data: Any) -> Any:
    parts = {**fields, "quarters": tuple(quarters), "rows": rows}
    return type("ContractTermsForm", (TermsForm,), parts)(data=data)


def new_form(providers: Choices) -> Any:
    """A contract that is written down for the first time: the rest comes once it has dates."""
    return _made(_basics(providers), (), 0, None)


def draft_form(
    providers: Choices, *, quarters: Sequence[date], rows: int, data: Mapping[str, Any]
) -> Any:
    """A whole draft."""
    fields = {**_basics(providers), **_quarters(quarters), **_rows(rows, providers), **_payee()}
    return _made(fields, quarters, rows, data)


def variation_form(
    providers: Choices,
    *,
    quarters: Sequence[date],
    later: Sequence[date],
    rows: int,
    data: Mapping[str, Any],
) -> Any:
    """What a variation may change, from when, and why."""
    fields = {
        "effective_on": DateField(
            "From which day does the variation hold?",
            subject="The day",
            required="Enter the day from which the variation holds",
            latest=today,
        ),
        "reason": TextAreaField(
            "Why is the contract varied?",
            subject="The reason",
            required="Say why the contract is varied",
            max_length=1000,
            rows=3,
        ),
        "ends_on": DateField("Ends on", required="Enter the day it ends"),
        **_amounts(),
        **_quarters([*quarters, *later]),
        **_rows(rows, providers),
        "later": tuple(later),
    }
    return _made(fields, quarters, rows, data)


def terms_data(terms: Terms) -> dict[str, Any]:
    """A contract's terms as the form shows them."""
    data: dict[str, Any] = {
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "total_cap": terms.total_cap,
    }
    data |= {cap_field(kind): pence for kind, pence in terms.caps.items()}
    data |= {quarter_field(day): pence for day, pence in terms.profile.items()}
    for number, one in enumerate(terms.subcontractors):
        data[f"sub_{number}"] = one.organisation_id
        data[f"sub_{number}_from"] = one.from_on
        data[f"sub_{number}_until"] = one.until_on
    return data
