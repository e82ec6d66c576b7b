"""What can be typed about a plan. Choices that depend on the plan are passed in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, cast

from portal.action_plans.rules.business_case_figures import (
    FIELDS,
    BusinessCaseInputs,
    FieldSpec,
    Unit,
)
from portal.action_plans.rules.plan import (
    NAME_LENGTH,
    TITLE_LENGTH,
    URL_LENGTH,
    ActionStatus,
    next_statuses,
)
from portal.web.forms import (
    BooleanField,
    CheckboxesField,
    DateField,
    Form,
    HiddenField,
    PoundsField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)

EFFORT_CHOICES = (
    (1, "Hours", "Somebody can do it this week"),
    (2, "Days", "It needs a few days of work"),
    (3, "Weeks", "It needs weeks, or several people"),
)
IMPACT_CHOICES = (
    (1, "Some", "It helps a few people"),
    (2, "Good", "It changes how things are done"),
    (3, "High", "It opens better jobs or keeps people"),
)


class ChooseForm(Form):
    """Which recommendations to take into the plan; `response` is the diagnostic they are from."""

    chosen = CheckboxesField("Actions")
    response = HiddenField()


class ActionForm(Form):
    """An action. `revision` is the one its author saw."""

    title = StringField(
        "What will you do?",
        required="Enter what is to be done",
        subject="The action",
        max_length=TITLE_LENGTH,
        hint="Start with a verb, for example “Advertise the next supervisor post part-time”",
    )
    goal_id = SelectField(
        "Which goal is it for?", required="Choose a goal", coerce=int, blank="Choose a goal"
    )
    owner_name = StringField(
        "Who is responsible?",
        subject="Who is responsible",
        max_length=NAME_LENGTH,
        hint="A name or a job title",
        autocomplete="off",
        width=20,
    )
    due_on = DateField(
        "When is it due?",
        subject="The due date",
        hint="For example, 27 3 2027. You can leave it blank",
        earliest=None,
        latest=None,
    )
    first_step = TextAreaField("First step", hint="Something that can be done this week", rows=3)
    why = TextAreaField("Why does it matter?", subject="Why it matters", rows=3)
    effort = RadioField(
        "How much work is it?",
        required="Say how much work it is",
        choices=EFFORT_CHOICES,
        coerce=int,
        default=2,
    )
    impact = RadioField(
        "How much will it help?",
        required="Say how much it will help",
        choices=IMPACT_CHOICES,
        coerce=int,
        default=2,
    )
    evidence = TextAreaField("How will you show that it is done?", subject="The evidence", rows=3)
    link_title = StringField("Name of a helpful resource", max_length=TITLE_LENGTH)
    link_url = StringField(
        "Its web address",
        max_length=URL_LENGTH,
        hint="It starts with https://",
        inputmode="url",
        spellcheck=False,
    )
    revision = HiddenField()

    def only_what_may_change(self) -> None:
        """Leave out what a recommendation fixed."""
        del self.why, self.effort, self.impact


class StatusForm(Form):
    """A step on, with a note."""

    status = RadioField("Where does it stand now?", required="Choose where the action stands")
    note = TextAreaField(
        "Note", hint="What has happened? It is added to the history", subject="The note", rows=3
    )
    revision = HiddenField()

    def offer_steps(self, now: ActionStatus) -> None:
        """Offer the steps the rules allow; staying put adds a note only."""
        again = "Back in the plan: not started"
        words = {
            status: again if now is ActionStatus.WITHDRAWN else status.label
            for status in next_statuses(now)
        }
        still = (now.value, f"Still “{now.label}”", "Add a note only")
        self.offer("status", [still, *((each.value, text) for each, text in words.items())])


class WithdrawForm(Form):
    """Why an action leaves the plan."""

    reason = TextAreaField(
        "Why are you withdrawing it?",
        required="Say why you are withdrawing this action",
        subject="The reason",
        rows=4,
    )
    revision = HiddenField()


class CloseForm(Form):
    """Why a plan is closed; `plan` is the reference of the one that was shown."""

    reason = TextAreaField(
        "Why are you closing it?",
        required="Say why you are closing this plan",
        subject="The reason",
        rows=4,
    )
    plan = HiddenField()


class GoalForm(Form):
    """A goal's words."""

    title = StringField(
        "Goal", required="Enter the goal", subject="The goal", max_length=TITLE_LENGTH
    )
    benefit = TextAreaField(
        "How will the business benefit?",
        subject="The benefit",
        max_length=500,
        rows=3,
    )
    revision = HiddenField()


class SignForm(Form):
    """The employer's sign-off; `seen` is the hash of what was shown."""

    name = StringField(
        "Your full name",
        required="Type your full name to sign",
        subject="Your name",
        max_length=NAME_LENGTH,
        autocomplete="name",
        width=30,
    )
    job = StringField(
        "Your job title",
        max_length=NAME_LENGTH,
        autocomplete="organization-title",
        width=30,
    )
    agree = BooleanField(
        "I have read this plan and sign it off for my organisation",
        required="Tick the box to say that you have read the plan and sign it off",
    )
    seen = HiddenField()


class AdviserSignForm(SignForm):
    """The adviser's sign-off."""

    agree = BooleanField(
        "I have read this plan and agreed it with the employer",
        required="Tick the box to say that you have read the plan and agreed it with the employer",
    )


_SUFFIXES = {
    Unit.PEOPLE: "people",
    Unit.HOURS: "hours",
    Unit.WEEKS: "weeks",
    Unit.PERCENT: "%",
}


def _field(spec: FieldSpec, origin: str) -> Any:
    # A suffix is read by eye only; the other units stand in the labels.
    unit = "As a percentage" if spec.unit is Unit.PERCENT else ""
    hint = ". ".join(part for part in (spec.hint, unit, origin) if part)
    if spec.unit is Unit.PENCE:
        return PoundsField(spec.label, hint=hint, maximum=int(spec.maximum))
    return StringField(
        spec.label,
        hint=hint,
        width=5,
        inputmode="decimal" if spec.decimals else "numeric",
        suffix=_SUFFIXES[spec.unit],
        spellcheck=False,
        max_length=30,
    )


def _shown(spec: FieldSpec, shown: BusinessCaseInputs) -> object:
    figure = shown.figures.get(spec.key)
    if figure is None:
        return None
    if spec.unit is Unit.PENCE:
        return int(figure.value)
    return format(Decimal(figure.value).normalize(), "f")


class BusinessCaseForm(Form):
    """The calculator's figures; its fields are added from the list of figures."""

    in_plan = BooleanField("Show this business case in the plan’s PDF")  # noqa: RUF001
    revision = HiddenField()

    def values(self) -> Mapping[str, object]:
        """What was typed by figure; money in pence."""
        return {spec.key: self._fields[spec.key].data for spec in FIELDS}


def business_case_form(
    shown: BusinessCaseInputs, *, origins: Mapping[str, str], fresh: bool = False, **data: object
) -> BusinessCaseForm:
    """The form with the figures to show; `origins` says of each where it comes from."""
    fields = {spec.key: _field(spec, origins.get(spec.key, "")) for spec in FIELDS}
    made = type("FilledBusinessCaseForm", (BusinessCaseForm,), fields)
    values = {spec.key: _shown(spec, shown) for spec in FIELDS}
    options: dict[str, Any] = {"formdata": None} if fresh else {}
    return cast("BusinessCaseForm", made(data={**values, **data}, **options))


def field_labels(form: Form, names: Iterable[str]) -> dict[str, str]:
    """The labels of some fields, for telling what changed."""
    return {name: form[name].label.text for name in names if name in form}
