"""The forms about referrals to other services."""

from __future__ import annotations

from typing import Final

from portal.caseload.rules.onward import SHARES, Onward
from portal.caseload.rules.words import ONWARD_OUTCOMES, ONWARD_SERVICES
from portal.kernel.clock import today
from portal.kernel.people import NAME_LENGTH
from portal.web.forms import (
    BooleanField,
    CheckboxesField,
    DateField,
    EmailField,
    Form,
    HiddenField,
    RadioField,
    StringField,
    TextAreaField,
)

_NO_CONSENT: Final = (
    "Nothing about an employer is passed on without its consent. Ask first, then record who agreed "
    "and when"
)


class OnwardForm(Form):
    """Where the employer is sent, and its consent."""

    once = HiddenField()
    service = RadioField(
        "Which service?",
        required="Choose the service",
        choices=tuple(ONWARD_SERVICES.items()),
    )
    organisation = StringField(
        "Organisation",
        required="Enter the name of the organisation",
        max_length=160,
        autocomplete="off",
    )
    contact_name = StringField("Its contact", max_length=NAME_LENGTH, autocomplete="off")
    contact_email = EmailField("Its email address", subject="Email address", autocomplete="off")
    contact_phone = StringField("Its telephone number", max_length=40, autocomplete="off", width=20)
    reason = TextAreaField(
        "Why are they referred?",
        required="Say why the employer is referred",
        hint="What they need, in words you would read out to them",
        max_length=2000,
        rows=4,
    )
    consent = BooleanField("The employer agrees to this referral", required=_NO_CONSENT)
    consent_by = StringField(
        "Who agreed", required="Enter who gave consent", max_length=NAME_LENGTH, autocomplete="off"
    )
    consent_on = DateField(
        "When they agreed", required="Enter the day they agreed", subject="The day", latest=today
    )
    shares = CheckboxesField(
        "What may the service be told?",
        hint="Tick only what they agreed to. The name of the business is always told",
        choices=tuple(SHARES.items()),
    )
    sent_on = DateField(
        "When it was sent", required="Enter the day it was sent", subject="The day", latest=today
    )
    chase_on = DateField("When to chase", subject="The day to chase", earliest=None)
    mail = BooleanField("Send it to the service’s contact by email now")  # noqa: RUF001

    def to_onward(self) -> Onward:
        """What was said."""
        return Onward(
            service=self.service.data,
            organisation=self.organisation.data,
            contact_name=self.contact_name.data,
            contact_email=self.contact_email.data,
            contact_phone=self.contact_phone.data,
            reason=self.reason.data,
            consent=self.consent.data,
            consent_by=self.consent_by.data,
            consent_on=self.consent_on.data,
            shares=tuple(self.shares.data),
            sent_on=self.sent_on.data,
            chase_on=self.chase_on.data,
            mail=self.mail.data,
        )


class OutcomeForm(Form):
    """What came of a referral, or when to ask again."""

    revision = HiddenField()
    outcome = RadioField(
        "What came of it?",
        required="Choose what came of it",
        choices=(
            *((key, words) for key, words in ONWARD_OUTCOMES.items() if key != "waiting"),
            ("waiting", "Nothing yet: chase it again"),
        ),
        divider_before="waiting",
    )
    outcome_on = DateField("The day you heard", subject="The day", latest=today)
    chase_on = DateField("When to chase again", subject="The day to chase", earliest=None)
    note = TextAreaField("In their words or yours", max_length=2000, rows=3)
