"""The forms about referrals, their sources and files."""

from __future__ import annotations

from datetime import date
from typing import Any

from wtforms.validators import ValidationError

from portal.caseload.rules import referrals as rules
from portal.caseload.rules.referrals import MESSAGE_MAX, NAME_HELP, NAME_MAX, Given
from portal.caseload.rules.words import ACTION_KINDS, DECLINE_REASONS, SOURCE_KINDS
from portal.employers.rules.facts import Details
from portal.employers.rules.identifiers import normalise_company_number, normalise_postcode
from portal.kernel.clock import today
from portal.kernel.people import NAME_LENGTH
from portal.programme.rules import load_sic, normalise_sic
from portal.web.forms import (
    BooleanField,
    DateField,
    EmailField,
    FileField,
    Form,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)

_SIC_SHOWN = 5


def _name(label: str = "Employer name", required: str = NAME_HELP) -> StringField:
    return StringField(
        label,
        required=required,
        max_length=NAME_MAX,
        autocomplete="organization",
        spellcheck=False,
    )


def _number() -> StringField:
    return StringField("Company number", hint="If you know it", max_length=20, width=10)


def _postcode() -> StringField:
    return StringField("Postcode", max_length=20, width=10, autocomplete="postal-code")


class _Referring(Form):
    """What every way of referring asks; the sectors are offered by the page."""

    referrer_name: Any = None
    referrer_email: Any = None
    trading_name: Any = None

    def to_given(self) -> Given:
        """The referral as the service takes it."""
        values = {
            name: (self[name].data or "") if name in self else ""
            for name in Given.__slots__
            if name != "consent"
        }
        return Given(**values, consent=bool(self["consent"].data))

    def validate(self, extra_validators: Any = None) -> bool:
        """The fields' own checks, then what must be right in every referral."""
        good = bool(super().validate(extra_validators))
        sectors = self["sector"].offered()
        for field, message in rules.faults(rules.tidy(self.to_given()), sectors=sectors).items():
            if field in self and not self[field].errors:
                self[field].errors = [message]
                good = False
        return good


class SelfReferralForm(_Referring):
    """An employer asks for support itself."""

    employer_name = _name("Name of your business", "Enter the name of your business")
    company_number = _number()
    postcode = _postcode()
    sector = SelectField("What does your business do?", blank="Choose a sector")
    contact_name = StringField(
        "Your name", required="Enter your name", max_length=NAME_LENGTH, autocomplete="name"
    )
    contact_job = StringField(
        "Your job", max_length=NAME_LENGTH, hint="For example, owner or HR manager"
    )
    contact_email = EmailField("Your email address")
    contact_phone = StringField(
        "Your telephone number", max_length=40, width=20, autocomplete="tel", inputmode="tel"
    )
    message = TextAreaField(
        "What would you like help with?", max_length=MESSAGE_MAX, rows=4, countdown=False
    )
    consent = BooleanField(
        "I agree that an adviser contacts me about support for part-time staff",
        required="Tick the box so that an adviser may contact you",
    )

    def to_given(self) -> Given:
        """The person to contact is the one who refers."""
        from dataclasses import replace

        given = super().to_given()
        return replace(given, referrer_name=given.contact_name, referrer_email=given.contact_email)


class PartnerReferralForm(_Referring):
    """A partner refers an employer through its own link."""

    employer_name = _name()
    trading_name = StringField(
        "Trading name", hint="If customers know it by another name", max_length=NAME_MAX
    )
    company_number = _number()
    postcode = _postcode()
    sector = SelectField("Sector", blank="Not known")
    contact_name = StringField(
        "Who should we contact there?",
        required="Enter the name of the person to contact",
        subject="Name",
        max_length=NAME_LENGTH,
    )
    contact_job = StringField("Their job", max_length=NAME_LENGTH)
    contact_email = EmailField("Their email address", autocomplete="off")
    contact_phone = StringField("Their telephone number", max_length=40, width=20, inputmode="tel")
    message = TextAreaField("What do they need?", max_length=MESSAGE_MAX, rows=4, countdown=False)
    referrer_name = StringField("Your name", max_length=NAME_LENGTH)
    referrer_email = EmailField(
        "Your email address", hint="We tell you whether the referral was taken up"
    )
    consent = BooleanField(
        "The employer knows about this referral and agreed to be contacted",
        required=rules.CONSENT_HELP,
    )


class ReferralForm(PartnerReferralForm):
    """Staff write down a referral that reached them."""

    source = SelectField("Where does it come from?", required="Choose a source", subject="Source")
    provider = SelectField("Send it to", blank="Decide later")
    referrer_name = StringField("Who referred it?", max_length=NAME_LENGTH, subject="Name")
    referrer_email = EmailField(
        "Their email address",
        hint="Leave it empty if they are not to be told what becomes of it",
        autocomplete="off",
    )
    contact_name = StringField(
        "Who is to be contacted?",
        required="Enter the name of the person to contact",
        subject="Name",
        max_length=NAME_LENGTH,
    )
    anyway = BooleanField("This is another employer: take the referral in")


class AssignForm(Form):
    """Send a referral to a provider."""

    provider = SelectField("Provider", required="Choose a provider")


class DeclineForm(Form):
    """Turn a referral down."""

    reason = RadioField(
        "Why is it declined?",
        required="Choose why the referral is declined",
        choices=tuple(DECLINE_REASONS.items()),
    )
    note = TextAreaField(
        "Note",
        hint="For colleagues and the LEP. The referrer does not see it",
        max_length=2000,
        rows=3,
        countdown=False,
    )


class OpeningForm(Form):
    """Which employer it is, whom to contact there, who has the case, and what comes first."""

    employer = RadioField(
        "Which employer is it?", required="Choose which employer it is", subject="Employer"
    )
    name = StringField("Registered name", max_length=NAME_MAX, spellcheck=False)
    trading_name = StringField(
        "Trading name", hint="If customers know it by another name", max_length=NAME_MAX
    )
    company_number = _number()
    postcode = _postcode()
    district = SelectField("District")
    sic = StringField("What does the business do?", max_length=200, subject="Activity")
    contact_name = StringField("Name", max_length=NAME_LENGTH)
    contact_job = StringField("Job", max_length=NAME_LENGTH)
    contact_email = EmailField("Email address", autocomplete="off")
    contact_phone = StringField("Telephone", max_length=40, width=20, inputmode="tel")
    adviser = SelectField("Who has the case?", required="Choose who has the case")
    next_kind = SelectField(
        "What comes first?", choices=tuple(ACTION_KINDS.items()), blank="Nothing yet"
    )
    next_what = StringField("In a few words", max_length=200, hint="If there is more to say")
    next_due_on = DateField("When?", subject="Date", earliest=today)

    def validate(self, extra_validators: Any = None) -> bool:
        """A record that is to be made needs a name and a place; an action needs a day."""
        good = bool(super().validate(extra_validators))
        new = self.employer.data == "new"
        number, phone = self.company_number.data or "", self.contact_phone.data or ""
        checks = (
            (new and not self.name.data, self.name, NAME_HELP),
            (
                new and normalise_postcode(self.postcode.data or "") is None,
                self.postcode,
                rules.POSTCODE_HELP,
            ),
            (new and not self.district.data, self.district, "Choose a district"),
            (
                bool(number) and normalise_company_number(number) is None,
                self.company_number,
                rules.NUMBER_HELP,
            ),
            (
                bool(phone) and not rules.looks_like_phone(phone),
                self.contact_phone,
                rules.PHONE_HELP,
            ),
            (
                bool(self.next_kind.data) and self.next_due_on.data is None,
                self.next_due_on,
                "Enter the day",
            ),
        )
        for wrong, field, message in checks:
            if wrong and not field.errors:
                field.errors = [message]
                good = False
        return good

    def validate_sic(self, field: Any) -> None:
        """A code of the list, alone or with its words after it."""
        if self.sic_codes():
            return
        found = load_sic().search(field.data, limit=_SIC_SHOWN)
        if not found:
            raise ValidationError("Nothing in the list fits. Try another word, or leave it empty")
        listed = "; ".join(f"{each.code} {each.description}" for each in found)
        raise ValidationError(f"Enter the code that fits: {listed}")

    def sic_codes(self) -> list[str]:
        """The code that was entered, if it is one."""
        words = (self.sic.data or "").split()
        code = normalise_sic(words[0]) if words else None
        return [code] if code is not None and code in load_sic() else []

    def to_details(self) -> Details:
        """What was typed about the employer."""
        return Details(
            name=self.name.data or "",
            trading_name=self.trading_name.data or "",
            company_number=self.company_number.data or "",
            postcode=self.postcode.data or "",
            district=self.district.data or "",
            sic_codes=self.sic_codes(),
        )

    def to_contact(self) -> tuple[str, str, str, str]:
        """Name, job, e-mail and telephone."""
        return (
            self.contact_name.data or "",
            self.contact_job.data or "",
            self.contact_email.data or "",
            self.contact_phone.data or "",
        )

    def to_action(self) -> tuple[str, str, date] | None:
        """The first next action, if there is one."""
        if not self.next_kind.data or self.next_due_on.data is None:
            return None
        return self.next_kind.data, self.next_what.data or "", self.next_due_on.data


class NewCaseForm(OpeningForm):
    """A case without a referral: where the employer came from as well."""

    provider = SelectField("For which provider?", blank=None)
    source = SelectField("How did you find the employer?", blank="Found by the adviser")


class SourceForm(Form):
    """A named source of referrals."""

    name = StringField("Name", required="Enter the name of the source", max_length=NAME_MAX)
    kind = SelectField(
        "What kind of source is it?",
        required="Choose what kind of source it is",
        choices=tuple((key, text) for key, text in SOURCE_KINDS.items() if key != "self_referral"),
    )
    contact_name = StringField("Contact", hint="Whom we speak to there", max_length=NAME_LENGTH)
    contact_email = EmailField("Their email address", autocomplete="off")


class UploadForm(Form):
    """A file of referrals to check."""

    source = SelectField("Where do they come from?", required="Choose a source", subject="Source")
    provider = SelectField("Send them to", blank="Decide later")
    file = FileField(
        "File",
        required="Choose a file",
        hint="A CSV file with one row for each employer, made from the template",
        accept=".csv,text/csv",
    )
    again = BooleanField("Check it again all the same")


class EmptyForm(Form):
    """A button that does one thing."""
