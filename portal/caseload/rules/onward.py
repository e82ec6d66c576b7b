"""Sending an employer on to another service: only with its consent, and only what it agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from portal.caseload.rules.words import ONWARD_OUTCOMES, ONWARD_SERVICES
from portal.kernel.result import Problem

# The parts of an employer's record that it may agree to share. Its name is always known to the
# service it is sent to.
SHARES: Final[Mapping[str, str]] = {
    "contact": "Name, job, email address and telephone number of their contact",
    "business": "Sector, district and size of the business",
    "reason": "The reason for the referral, as written above",
}
_NO_CONSENT: Final = (
    "Nothing about an employer is passed on without its consent. Ask first, then record who agreed "
    "and when"
)
_NO_CONTACT_SHARED: Final = (
    "A mail is of no use without their contact: ask whether it may be shared, or do not send it "
    "from here"
)
_NO_CONTACT: Final = (
    "This case has no contact person with a telephone number or email address. Add one to the "
    "case first"
)
CHASE_AFTER: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Onward:
    """What an adviser says of a referral to another service. ``shares`` are keys of ``SHARES``.

    ``consent`` is whether the employer agreed, ``consent_by`` who did, ``consent_on`` when.
    """

    service: str
    organisation: str
    contact_name: str
    contact_email: str
    contact_phone: str
    reason: str
    consent: bool
    consent_by: str
    consent_on: date
    shares: tuple[str, ...]
    sent_on: date
    chase_on: date | None
    mail: bool


def onward_problem(given: Onward, *, today: date, can_share_contact: bool) -> Problem | None:
    """The first thing that keeps a referral from being made, or None.

    ``can_share_contact``: the case names a person whom the service can reach.
    """
    checks = (
        (given.service in ONWARD_SERVICES, "service", "Choose the service"),
        (bool(given.organisation.strip()), "organisation", "Enter the name of the organisation"),
        (bool(given.reason.strip()), "reason", "Say why the employer is referred"),
        (given.consent, "consent", _NO_CONSENT),
        (bool(given.consent_by.strip()), "consent_by", "Enter who gave consent"),
        (given.consent_on <= today, "consent_on", "Consent cannot be given in the future"),
        (given.sent_on <= today, "sent_on", "The date it was sent cannot be in the future"),
        (
            given.consent_on <= given.sent_on,
            "consent_on",
            "Consent must be given before the referral is sent, or on the same day",
        ),
        (
            given.chase_on is None or given.chase_on >= given.sent_on,
            "chase_on",
            "The day to chase cannot be before it was sent",
        ),
        (
            set(given.shares) <= SHARES.keys(),
            "shares",
            "Choose what the employer agreed to share",
        ),
        (
            not given.mail or bool(given.contact_email.strip()),
            "contact_email",
            "Enter the email address to send it to",
        ),
        (not given.mail or "contact" in given.shares, "shares", _NO_CONTACT_SHARED),
        (not given.mail or can_share_contact, "mail", _NO_CONTACT),
    )
    return next(
        (Problem(f"bad_{field}", words, field) for held, field, words in checks if not held), None
    )


def outcome_problem(
    *, outcome: str, on: date | None, chase_on: date | None, sent_on: date, today: date
) -> Problem | None:
    """What is wrong with an outcome, or with waiting longer, or None."""
    if outcome == "waiting":
        checks = [
            (chase_on is not None, "chase_on", "Enter the day to chase it again"),
            (chase_on is None or chase_on >= today, "chase_on", "Chase it today or later"),
        ]
    else:
        checks = [
            (outcome in ONWARD_OUTCOMES, "outcome", "Choose what came of it"),
            (on is not None, "outcome_on", "Enter the day you heard"),
            (on is None or on <= today, "outcome_on", "The day cannot be in the future"),
            (on is None or on >= sent_on, "outcome_on", "The day cannot be before it was sent"),
        ]
    return next(
        (Problem(f"bad_{field}", words, field) for held, field, words in checks if not held), None
    )
