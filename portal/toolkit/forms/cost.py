"""The cost calculator's form: facts, assumptions to change, and a change to weigh."""

from __future__ import annotations

from typing import Any, Final

from portal.action_plans.rules.business_case_figures import SPEC, Unit, show_value
from portal.toolkit.rules.cost import SPREAD, WHAT_THEY_NEED
from portal.web.forms import Form, PoundsField, StringField

_HUNDRED_THOUSAND: Final = 100_000_00
_MOST: Final = 100_000_000_00


def _figure(key: str, **options: Any) -> Any:
    """A figure of the business case; our example of it stands in the hint."""
    spec = SPEC[key]
    hint = options.pop("hint", spec.hint)
    if spec.default is not None:
        example = f"Left empty: {show_value(spec, spec.default)}, our example"
        hint = f"{hint}. {example}" if hint else example
    required = WHAT_THEY_NEED.get(key)
    if spec.unit is Unit.PENCE:
        return PoundsField(
            spec.label, hint=hint, required=required, maximum=int(spec.maximum), **options
        )
    suffix = {Unit.HOURS: "hours", Unit.WEEKS: "weeks", Unit.PERCENT: "%"}.get(spec.unit)
    if suffix:
        options.setdefault("suffix", suffix)
    return StringField(
        spec.label,
        hint=hint,
        required=required,
        max_length=20,
        width=5,
        inputmode="decimal",
        spellcheck=False,
        **options,
    )


class CostForm(Form):
    """What is typed; the rules read and judge it."""

    headcount = _figure("headcount")
    leavers = _figure("leavers")
    hourly_pay = _figure("hourly_pay")
    weekly_hours = _figure("weekly_hours")
    vacancy_weeks = _figure("vacancy_weeks")
    cover_extra = _figure("cover_extra")
    recruitment = _figure("recruitment")
    manager_hours = _figure("manager_hours")
    manager_pay = _figure("manager_pay")
    training_days = StringField(
        "Paid training days for a new starter",
        hint="Days of 7 hours 30 minutes; halves are fine. "
        "Left empty: 16 hours (a little over 2 days), our example",
        max_length=20,
        width=5,
        inputmode="decimal",
        suffix="days",
        spellcheck=False,
    )
    learning_weeks = _figure("learning_weeks")
    learning_loss = _figure("learning_loss")
    on_costs = _figure("on_costs")
    spread = StringField(
        "How unsure are you of these?",
        hint=f"The range is worked out with each that much lower and higher. Left empty: {SPREAD}%",
        subject="How unsure you are",
        max_length=20,
        width=3,
        inputmode="numeric",
        suffix="%",
        spellcheck=False,
    )
    measure_name = StringField(
        "What would you change?", hint="For example, rotas four weeks ahead", max_length=100
    )
    keeps = StringField(
        "How many people might it keep in a year?",
        hint="Nobody can promise this: choose a number you would defend",
        subject="People kept",
        max_length=20,
        width=5,
        inputmode="numeric",
        spellcheck=False,
    )
    measure_once = PoundsField("What would it cost, once?", maximum=_MOST)
    measure_yearly = PoundsField("What would it cost, each year?", maximum=_MOST)

    def inputs(self) -> dict[str, Any]:
        """What was typed, by field: text, or pence for money."""
        skipped = {"csrf_token"}
        return {name: field.data for name, field in self._fields.items() if name not in skipped}
