"""The forms about employers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from wtforms.validators import ValidationError

from portal.employers.rules.facts import (
    CHARITY_NUMBER_HELP,
    COMPANY_NUMBER_HELP,
    EARLIEST,
    MAX_HEADCOUNT,
    MAX_SIC_CODES,
    POSTCODE_HELP,
    Details,
    StaffNumbers,
)
from portal.employers.rules.identifiers import (
    normalise_charity_number,
    normalise_company_number,
    normalise_postcode,
)
from portal.kernel.clock import today
from portal.programme.rules import SicCode, load_sic, normalise_sic
from portal.web.forms import (
    CheckboxesField,
    DateField,
    EmailField,
    FileField,
    Form,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)

SIC_SHOWN = 12
ROLE_CHOICES = (
    ("member", "Member", "Can fill in the diagnostic, work on the plan and edit the record"),
    ("owner", "Owner", "Can also say who acts for the employer"),
)


class _Choices:
    """Choices read when the form is made, not when the module is."""

    def __init__(self, read: Callable[[], list[tuple[str, str]]]) -> None:
        self._read = read

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._read())


def _sic_choices() -> list[tuple[str, str]]:
    return load_sic().choices


class _Identifier:
    """Checks an identifier where one was entered."""

    def __init__(self, read: Callable[[str], str | None], message: str) -> None:
        self._read, self._message = read, message

    def __call__(self, _form: Any, field: Any) -> None:
        if self._read(field.data) is None:
            raise ValidationError(self._message)


class SicField(CheckboxesField):
    """SIC codes: any of the list may be sent, only those found or chosen are shown."""

    found: tuple[str, ...] = ()

    def items(self, conditional: Any = None) -> list[dict[str, Any]]:
        """The chosen codes first, then the ones a search found."""
        chosen = self.chosen()
        shown = {*chosen, *self.found}
        every = [i for i in super().items(conditional) if i.get("value") in shown]
        order = {code: place for place, code in enumerate(self.found)}
        return sorted(every, key=lambda i: (not i["checked"], order.get(i["value"], -1)))


class _InAreaForm(Form):
    """A form that asks for a district: the programme's districts are passed in."""

    def __init__(self, *args: Any, districts: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        self._districts = districts
        super().__init__(*args, **kwargs)

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Offer the districts before what was sent is read."""
        self.district.choices = self._districts
        super().process(*args, **kwargs)


class DetailsForm(_InAreaForm):
    """Who an employer is and what it does. The SIC search works without a script."""

    version = HiddenField()
    name = StringField("Registered name", required="Enter the employer's name", max_length=160)
    trading_name = StringField(
        "Trading name",
        hint="If customers know you by another name",
        max_length=160,
    )
    company_number = StringField(
        "Company number",
        [_Identifier(normalise_company_number, COMPANY_NUMBER_HELP)],
        hint="From Companies House, if you have one",
        max_length=20,
        width=10,
    )
    charity_number = StringField(
        "Charity number",
        [_Identifier(normalise_charity_number, CHARITY_NUMBER_HELP)],
        hint="If you are a registered charity",
        max_length=20,
        width=10,
    )
    postcode = StringField(
        "Postcode",
        [_Identifier(normalise_postcode, POSTCODE_HELP)],
        required="Enter your postcode",
        hint="Of your main site in the area",
        max_length=20,
        width=10,
        autocomplete="postal-code",
    )
    district = SelectField("District", required="Choose a district")
    sic_query = StringField("What does the business do?", max_length=200)
    sic_codes = SicField(
        "Codes that describe the business", subject="SIC codes", choices=_Choices(_sic_choices)
    )

    def look_up_sic(self, *, pressed: bool) -> bool:
        """Take in the search box; True when the page should be shown again with what was found.

        A box that begins with a code (a suggestion picked, or a code typed) adds that code.
        """
        question = (self.sic_query.data or "").strip()
        if not question:
            return pressed
        exact = normalise_sic(question.split()[0])
        codes = list(self.sic_codes.data or ())
        if exact is not None and exact in load_sic():
            self.sic_codes.data = [*codes, *([exact] if exact not in codes else [])]
            self.sic_query.data = ""
            return pressed
        self.sic_codes.found = tuple(e.code for e in self.sic_found(question))
        if not self.sic_codes.found:
            self.sic_query.errors = [
                "Nothing in the list fits. Try another word, or clear the box to go on without"
            ]
        elif not pressed and not codes:
            # Saved with a search that led to no choice: show what it found, do not drop it.
            self.sic_query.errors = ["Tick the codes that fit, or clear the search box"]
        return pressed or not codes

    def sic_found(self, question: str) -> list[SicCode]:
        """What the list holds for a search."""
        return load_sic().search(question, limit=SIC_SHOWN)

    def validate_sic_codes(self, field: Any) -> None:
        """A record holds few codes, as at Companies House."""
        if len(field.data or ()) > MAX_SIC_CODES:
            raise ValidationError(f"Choose {MAX_SIC_CODES} codes or fewer")

    def to_details(self) -> Details:
        """The details as the service takes them."""
        return Details(
            name=self.name.data,
            trading_name=self.trading_name.data or "",
            company_number=self.company_number.data or "",
            charity_number=self.charity_number.data or "",
            postcode=self.postcode.data,
            district=self.district.data,
            sic_codes=self.sic_codes.data or [],
        )


class NewEmployerForm(DetailsForm):
    """The details, and the staff numbers that the questions depend on."""

    headcount = IntegerField(
        "How many people work for you?",
        required="Enter how many people work for you",
        subject="Number of people",
        hint="Everyone on your payroll today, full-time and part-time. Your best estimate will do",
        minimum=1,
        maximum=MAX_HEADCOUNT,
        example=24,
    )
    part_time_headcount = IntegerField(
        "How many of them work part-time?", subject="Number of part-time people", example=10
    )

    def validate_part_time_headcount(self, field: Any) -> None:
        """Part-time people are some of all people."""
        _check_part_time(self.headcount.data, field.data)

    def to_staff(self) -> StaffNumbers:
        """The staff numbers as the service takes them, true today."""
        return StaffNumbers(self.headcount.data, self.part_time_headcount.data, today())


def _check_part_time(everyone: int | None, part_time: int | None) -> None:
    if everyone is not None and part_time is not None and part_time > everyone:
        raise ValidationError(f"Part-time people cannot be more than all {everyone:,}")


class StaffNumbersForm(Form):
    """How many people work there, and on which day that was true."""

    version = HiddenField()
    headcount = IntegerField(
        "How many people work for you?",
        required="Enter how many people work for you",
        subject="Number of people",
        hint="Everyone on your payroll, full-time and part-time",
        minimum=1,
        maximum=MAX_HEADCOUNT,
        example=24,
    )
    part_time_headcount = IntegerField(
        "How many of them work part-time?", subject="Number of part-time people", example=10
    )
    headcount_on = DateField(
        "On which date was this true?",
        required="Enter the date on which this was true",
        subject="Date",
        earliest=EARLIEST,
        latest=today,
    )

    def validate_part_time_headcount(self, field: Any) -> None:
        """Part-time people are some of all people."""
        _check_part_time(self.headcount.data, field.data)

    def to_staff(self) -> StaffNumbers:
        """The staff numbers as the service takes them."""
        return StaffNumbers(
            self.headcount.data, self.part_time_headcount.data, self.headcount_on.data
        )


class AccreditationForm(Form):
    """Investors in People: the answer, its day, and how it is known."""

    version = HiddenField()
    iip_status = RadioField(
        "Are you accredited by Investors in People?",
        required="Say whether you are accredited",
        choices=(("accredited", "Yes, accredited"), ("not_accredited", "No, not accredited")),
    )
    iip_on = DateField(
        "On which date was this true?",
        required="Enter the date on which this was true",
        subject="Date",
        earliest=EARLIEST,
        latest=today,
    )
    iip_evidence = StringField(
        "How do you know?",
        required="Say how you know",
        hint="For example, the number on your certificate, or “checked with our HR manager”",
        max_length=500,
    )


class TrainingForm(Form):
    """Vocational training that leads to a qualification, in the last 12 months."""

    version = HiddenField()
    training_answer = RadioField(
        "Did any of your staff do vocational training in the 12 months before that date?",
        required="Say whether any of your staff did vocational training",
        hint="Training that leads to a qualification, such as an NVQ, a BTEC or an apprenticeship",
        choices=(("yes", "Yes"), ("no", "No")),
    )
    training_last_on = DateField(
        "When did the latest such training take place?",
        subject="Date of the latest training",
        hint="Leave it empty if you do not know the day",
        earliest=EARLIEST,
        latest=today,
    )
    training_on = DateField(
        "On which date was your answer true?",
        required="Enter the date on which your answer was true",
        subject="Date",
        earliest=EARLIEST,
        latest=today,
    )
    training_note = StringField(
        "How do you know?",
        required="Say how you know",
        hint="For example, “training records, checked with our HR manager”",
        max_length=500,
    )

    def validate_training_last_on(self, field: Any) -> None:
        """The latest training came before the answer."""
        if field.data and self.training_on.data and field.data > self.training_on.data:
            raise ValidationError("The latest training must be on or before the date of the answer")


class SiteForm(_InAreaForm):
    """A place of work."""

    name = StringField("Name of the site", required="Enter a name for the site", max_length=160)
    address = TextAreaField("Address", max_length=400, rows=3, countdown=False)
    postcode = StringField(
        "Postcode",
        [_Identifier(normalise_postcode, POSTCODE_HELP)],
        required="Enter the site's postcode",
        max_length=20,
        width=10,
    )
    district = SelectField("District", required="Choose a district")


class InviteForm(Form):
    """Invite somebody by email."""

    email = EmailField("Email address", required="Enter an email address")
    role = RadioField(
        "What may they do?",
        required="Choose what they may do",
        choices=ROLE_CHOICES,
        default="member",
    )


class FirstOwnerForm(Form):
    """Invite the first owner of an employer that nobody acts for yet."""

    email = EmailField(
        "Their owner’s email address",  # noqa: RUF001
        subject="Email address",
        required="Enter an email address",
    )


class EmptyForm(Form):
    """A button that does one thing."""


class ImportForm(Form):
    """A register file to load."""

    file = FileField(
        "Register file",
        required="Choose a file",
        hint="The CSV file of the gender pay gap service, as downloaded",
        accept=".csv,text/csv",
    )
