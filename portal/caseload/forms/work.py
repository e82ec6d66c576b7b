"""The phone consultation, in the order of a conversation, and the record of an in-depth session."""

from __future__ import annotations

from typing import Any

from wtforms import FieldList, FormField

from portal.caseload.rules.words import BENEFITS, CHALLENGES, SESSION_MODES
from portal.caseload.rules.work import (
    EARLIEST,
    MOST_MINUTES,
    MOST_PRESENT,
    NEXT_STEPS,
    SIDES,
    WANTS,
    Consulted,
    Held,
    Present,
    RecordAnswers,
)
from portal.employers.rules.facts import MAX_HEADCOUNT
from portal.kernel.clock import today
from portal.kernel.people import NAME_LENGTH
from portal.web.forms import (
    BooleanField,
    CheckboxesField,
    DateField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    StringField,
    TextAreaField,
)

NOT_ASKED = "not_asked"
_NOT_ASKED = (NOT_ASKED, "Not asked, or they do not know")
_ONCE_LENGTH = 32
_LONGEST_NUMBER = 9


def whole(text: str | None) -> int:
    """A whole number from a hidden field; 0 for anything else, which no record has."""
    return int(text) if text and text.isdecimal() and len(text) <= _LONGEST_NUMBER else 0


class OnceForm(Form):
    """A form that counts once however often it is sent."""

    once = HiddenField()

    @property
    def sent_as(self) -> str:
        """What the same form sent again carries as well."""
        return str(self.once.data or "")[:_ONCE_LENGTH]


class ConsultationForm(OnceForm):
    """A phone consultation. ``version`` is the employer's record as the adviser saw it."""

    version = HiddenField()
    corrects = HiddenField()
    held_on = DateField(
        "Day of the call",
        required="Enter the day of the call",
        subject="Day of the call",
        earliest=EARLIEST,
        latest=today,
    )
    minutes = IntegerField(
        "How many minutes it took",
        required="Enter how many minutes the call took",
        subject="Minutes",
        maximum=MOST_MINUTES,
        width=4,
    )
    with_name = StringField(
        "Who you spoke to", required="Enter who you spoke to", max_length=NAME_LENGTH
    )
    with_job = StringField("Their job", max_length=NAME_LENGTH)
    business = TextAreaField("What the business does", max_length=2000, rows=3, countdown=False)
    headcount = IntegerField(
        "Everybody on the payroll",
        subject="Number of people",
        minimum=1,
        maximum=MAX_HEADCOUNT,
        example=24,
        width=5,
    )
    part_time_headcount = IntegerField(
        "Of these, part-time", subject="Number of part-time people", example=10, width=5
    )
    iip_status = RadioField(
        "Accredited by Investors in People",
        choices=(("accredited", "Yes"), ("not_accredited", "No"), _NOT_ASKED),
        default=NOT_ASKED,
    )
    iip_evidence = StringField(
        "How they know",
        hint="For example, the certificate number. Left empty, it says who told you on the phone",
        max_length=500,
    )
    training_answer = RadioField(
        "Training that leads to a qualification, in the last 12 months",
        choices=(("yes", "Yes"), ("no", "No"), _NOT_ASKED),
        default=NOT_ASKED,
    )
    training_last_on = DateField(
        "Day of the latest such training",
        hint="Leave it empty if they do not know the day",
        subject="Day of the latest training",
        earliest=EARLIEST,
        latest=today,
    )
    training_note = StringField(
        "How they know about training",
        hint="Left empty, it says who told you on the phone",
        max_length=500,
    )
    challenges = CheckboxesField("What they find hard", choices=list(CHALLENGES.items()))
    challenges_text = TextAreaField("In their own words", max_length=2000, rows=3, countdown=False)
    tried = TextAreaField("What they have tried", max_length=2000, rows=3, countdown=False)
    wants = CheckboxesField("What support they want", choices=list(WANTS.items()))
    wants_text = TextAreaField(
        "More about the support they want", max_length=2000, rows=2, countdown=False
    )
    shares_outcomes = RadioField(
        "They agree to share data on outcomes",
        choices=(("yes", "Yes"), ("no", "No"), (NOT_ASKED, "Not asked")),
        default=NOT_ASKED,
    )
    next_step = RadioField(
        "What happens next",
        required="Choose what happens next",
        choices=list(NEXT_STEPS.items()),
    )
    next_on = DateField("Day of the session", subject="Day of the session")
    next_kind = RadioField(
        "How you will meet",
        choices=(("visit", "Face to face"), ("video", "Video call")),
        default="visit",
        inline=True,
    )
    think_on = DateField(
        "Day to ring back",
        hint="Left empty, the case waits for the employer",
        subject="Day to ring back",
    )
    next_step_text = TextAreaField(
        "Words about the next step",
        hint="Needed when it does not go on: why, or where you pointed them to",
        max_length=2000,
        rows=2,
        countdown=False,
    )

    def to_consulted(self) -> Consulted:
        """The consultation as the service takes it."""
        thinking = self.next_step.data == "think"
        return Consulted(
            held_on=self.held_on.data,
            minutes=self.minutes.data,
            with_name=self.with_name.data,
            with_job=self.with_job.data or "",
            business=self.business.data or "",
            challenges=self.challenges.data or [],
            challenges_text=self.challenges_text.data or "",
            tried=self.tried.data or "",
            wants=self.wants.data or [],
            wants_text=self.wants_text.data or "",
            next_step=self.next_step.data,
            next_step_text=self.next_step_text.data or "",
            next_kind=self.next_kind.data or "visit",
            next_on=self.think_on.data if thinking else self.next_on.data,
            shares_outcomes={"yes": True, "no": False}.get(self.shares_outcomes.data),
        )

    def to_answers(self) -> RecordAnswers:
        """What was answered about the employer's record; the rest stays as it is there."""
        accredited, trained = self.iip_status.data, self.training_answer.data
        return RecordAnswers(
            headcount=self.headcount.data,
            part_time_headcount=self.part_time_headcount.data,
            iip_status=accredited if accredited != NOT_ASKED else None,
            iip_evidence=self.iip_evidence.data or "",
            training_answer=trained if trained != NOT_ASKED else None,
            training_last_on=self.training_last_on.data if trained == "yes" else None,
            training_note=self.training_note.data or "",
        )

    def show_chosen(self, given: Any) -> None:
        """Show what an earlier consultation says, to be corrected."""
        shared = {True: "yes", False: "no", None: NOT_ASKED}
        self.shares_outcomes.data = shared[given.shares_outcomes]


class PresentForm(Form):
    """One person who took part. It is a row of another form, which carries the token."""

    class Meta:
        """A row needs no token of its own."""

        csrf = False

    name = StringField("Name", max_length=NAME_LENGTH, autocomplete="off")
    job = StringField("Job", max_length=NAME_LENGTH, autocomplete="off")
    side = RadioField(
        "From",
        choices=[(key, words) for key, words in SIDES.items()],
        default="employer",
        inline=True,
        small=True,
    )


class SessionForm(OnceForm):
    """The record of an in-depth session."""

    revision = HiddenField()
    held_on = DateField(
        "Day of the session",
        required="Enter the day of the session",
        subject="Day of the session",
        earliest=EARLIEST,
        latest=today,
    )
    minutes = IntegerField(
        "How many minutes it took",
        required="Enter how many minutes it took",
        subject="Minutes",
        minimum=1,
        maximum=MOST_MINUTES,
        width=4,
        example=120,
    )
    mode = RadioField(
        "How you met",
        required="Choose how you met",
        choices=list(SESSION_MODES.items()),
    )
    place = StringField("Where", hint="For example, the café in Leeds", max_length=200)
    present = FieldList(FormField(PresentForm), max_entries=MOST_PRESENT)
    challenges = CheckboxesField("Organisational challenges", choices=list(CHALLENGES.items()))
    challenges_text = TextAreaField("More about the challenges", max_length=5000, rows=4)
    benefits = CheckboxesField("Business benefits they look for", choices=list(BENEFITS.items()))
    benefits_text = TextAreaField("More about the benefits", max_length=5000, rows=3)
    goals_text = TextAreaField(
        "Possible goals",
        hint="For example: advertise every supervisor post part-time; pair two team leaders in "
        "a job share by Easter",
        max_length=5000,
        rows=4,
    )
    solutions_text = TextAreaField(
        "Practical solutions talked about",
        hint="For example: publish rotas three weeks ahead; train line managers to talk about "
        "progression",
        max_length=5000,
        rows=4,
    )
    finishes = BooleanField("This was the next action of the case", default=True)

    def add_row(self) -> bool:
        """One more empty row for somebody present; False when there are as many as may be."""
        if len(self.present.entries) >= MOST_PRESENT:
            return False
        self.present.append_entry()
        return True

    def to_held(self) -> Held:
        """The record as the service takes it."""
        return Held(
            held_on=self.held_on.data,
            minutes=self.minutes.data,
            mode=self.mode.data,
            place=self.place.data or "",
            present=tuple(
                Present(row.form.name.data or "", row.form.job.data or "", row.form.side.data or "")
                for row in self.present.entries
            ),
            challenges=self.challenges.data or [],
            challenges_text=self.challenges_text.data or "",
            benefits=self.benefits.data or [],
            benefits_text=self.benefits_text.data or "",
            goals_text=self.goals_text.data or "",
            solutions_text=self.solutions_text.data or "",
        )

    def refuse_people(self, message: str) -> None:
        """Show what is wrong with who was present beside the first row that it can be mended in."""
        rows = [row.form for row in self.present.entries]
        nameless = (row for row in rows if row.job.data and not row.name.data)
        first = next(nameless, rows[0] if rows else None)
        if first is None:
            self.form_errors.append(message)
        else:
            first.name.errors = [*first.name.errors, message]
            # The list keeps a copy of its rows' messages, by which the page knows of any.
            self.present.errors = [row.errors for row in self.present.entries]


class WithdrawForm(Form):
    """Why a record is withdrawn."""

    reason = TextAreaField(
        "Why is it withdrawn?",
        required="Say why the record is withdrawn",
        hint="For example: the date was wrong, recorded again",
        max_length=1000,
        rows=3,
        countdown=False,
    )
