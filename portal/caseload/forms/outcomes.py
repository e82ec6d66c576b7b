"""The form of the outcome questions, made from their data."""

from __future__ import annotations

from typing import Any

from portal.caseload.rules.outcomes import (
    ADVERTISED,
    FILLED,
    MOST,
    MOST_ROLES,
    TITLE_LENGTH,
    OutcomeQuestions,
    Role,
    Value,
)
from portal.kernel.clock import today
from portal.web.forms import (
    DateField,
    Form,
    HiddenField,
    IntegerField,
    PoundsField,
    RadioField,
    StringField,
)

LEAST_PAY = 1_000_00
MOST_PAY = 1_000_000_00


class _OutcomesForm(Form):
    """What every record of outcomes asks."""

    asked: OutcomeQuestions
    row_count: int = 1

    def validate(self, extra_validators: Any = None) -> bool:
        """A post that is begun says what it is, how it was advertised and whether it is filled."""
        good: bool = super().validate(extra_validators)
        for row in range(self.row_count):
            if not self._is_begun(row):
                continue
            for part, message in (
                ("title", "Enter what the post is called, or clear its pay"),
                ("advertised", "Choose how the post was advertised"),
                ("filled", "Choose whether the post is filled"),
            ):
                field = self[f"role_{row}_{part}"]
                if not field.data and not field.errors:
                    field.errors = [message]
                    good = False
        return good

    def _is_begun(self, row: int) -> bool:
        # A choice cannot be unmade in a browser, so what is typed says whether a post is there.
        return any(not self[f"role_{row}_{part}"].is_empty() for part in ("title", "pay"))

    def answers(self) -> dict[str, Value]:
        """What was answered; a question left empty is missing, not 0."""
        return {
            question.key: self[question.key].data
            for question in self.asked.questions
            if self[question.key].data is not None
        }

    def roles(self) -> list[Role]:
        """The posts that were listed."""
        return [
            Role(
                self[f"role_{row}_title"].data,
                self[f"role_{row}_pay"].data,
                self[f"role_{row}_advertised"].data,
                self[f"role_{row}_filled"].data,
            )
            for row in range(self.row_count)
            if self._is_begun(row)
        ]


def rows_wanted(sent: str | None, *, more: bool) -> int:
    """How many rows for posts a form that was sent has, one more where that was asked for."""
    known = int(sent) if sent and sent.isdecimal() and len(sent) < 4 else 1  # noqa: PLR2004
    return max(1, min(MOST_ROLES, known + more))


def outcomes_form(asked: OutcomeQuestions, row_count: int) -> type[_OutcomesForm]:
    """The form of these questions, with so many rows for posts, in the order of the page."""
    fields: dict[str, Any] = {
        "asked": asked,
        "row_count": row_count,
        "seen": HiddenField(),
        "rows": HiddenField(),
        "true_on": DateField(
            "On which day was this so?",
            required="Enter the day on which this was so",
            latest=today,
            subject="The day",
        ),
    }
    for question in asked.questions:
        if question.options is None:
            fields[question.key] = IntegerField(
                question.text,
                hint=question.help,
                maximum=MOST,
                suffix=question.unit[1],
                width=5,
                subject="The number",
            )
            continue
        fields[question.key] = RadioField(
            question.text,
            hint=question.help,
            choices=[*question.options.items(), ("", "Not known")],
            default="",
        )
        if question.lists_roles is not None:
            for row in range(row_count):
                fields |= _role_fields(row)
    return type("OutcomesForm", (_OutcomesForm,), fields)


def _role_fields(row: int) -> dict[str, Any]:
    name = f"role_{row}"
    return {
        f"{name}_title": StringField("What the post is called", max_length=TITLE_LENGTH),
        f"{name}_pay": PoundsField(
            "Full-time equivalent pay a year",
            hint="What it would pay full-time. Leave it empty if you do not know",
            minimum=LEAST_PAY,
            maximum=MOST_PAY,
            suffix="a year",
            subject="The pay for a year",
        ),
        f"{name}_advertised": RadioField(
            "How was it advertised?",
            hint=(
                "With flexibility: fewer hours possible, hours or shifts the employee chooses, "
                "work from home, or open to talk about it"
            ),
            choices=list(ADVERTISED.items()),
            inline=True,
            small=True,
        ),
        f"{name}_filled": RadioField(
            "Is it filled?", choices=list(FILLED.items()), inline=True, small=True
        ),
    }


def role_values(roles: tuple[Role, ...]) -> dict[str, Any]:
    """Listed posts as the form's fields."""
    values: dict[str, Any] = {}
    for row, role in enumerate(roles):
        values |= {
            f"role_{row}_title": role.title,
            f"role_{row}_pay": role.pay_pence,
            f"role_{row}_advertised": role.advertised,
            f"role_{row}_filled": role.filled,
        }
    return values
