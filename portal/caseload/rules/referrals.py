"""What a referral says, what must be right in it, and who is told what."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from portal.caseload.rules.words import Choices
from portal.employers.rules.identifiers import normalise_company_number, normalise_postcode
from portal.employers.rules.names import MAX_NAME, match_name
from portal.kernel.people import NAME_LENGTH
from portal.kernel.result import Problem

STATUSES: Final[Choices] = {
    "waiting": "Waiting",
    "accepted": "Accepted",
    "declined": "Declined",
    "expired": "Expired",
}
STATUS_COLOURS: Final[Choices] = {
    "waiting": "yellow",
    "accepted": "green",
    "declined": "grey",
    "expired": "red",
}
CHANNELS: Final[Choices] = {
    "form": "By form",
    "file": "From a file",
    "link": "By a partner's link",
    "public": "From the public page",
}
SELF_SOURCE_NAME: Final = "Self-referral from the public page"
# The words on a referral that was declined, as the referrer reads them: they name nobody, and say
# nothing about who else works with the employer.
OUTSIDE_REASONS: Final[Choices] = {
    "not_eligible": "it is outside the area or the sectors that this service is for",
    "duplicate": "the service is in touch with this employer already",
    "not_interested": "the employer does not want support at the moment",
    "cannot_reach": "we could not reach the employer with the details we were given",
    "no_capacity": "we have no adviser free at the moment",
    "other": "we cannot take it up",
}

NAME_MAX = 160
MESSAGE_MAX = 2000
EMAIL_MAX = 254
PHONE_MAX = 40
NAME_HELP = "Enter the employer's name, with 2 characters or more"
NUMBER_HELP = "Enter a company number as it stands at Companies House, like 03261722 or SC016876"
POSTCODE_HELP = "Enter a full UK postcode, like LS1 4AP"
REACH_HELP = "Enter an email address or a telephone number, so that the employer can be reached"
PHONE_HELP = "Enter a telephone number with its area code, like 0113 496 0000"
EMAIL_HELP = "Enter an email address in the correct format, like name@example.com"
SECTOR_HELP = "Choose a sector from the list, or leave it empty"
CONSENT_HELP = "We can only take referrals of employers who agreed to be contacted"
_SHORTEST_NAME = 2
_PHONE = re.compile(r"\+?[\d ()./-]{6,40}(?: ?(?:x|ext\.?) ?\d{1,6})?", re.IGNORECASE)
_DIGITS_AT_LEAST = 6
_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\]+@[^@\s.]+(?:\.[^@\s.]+)+")


@dataclass(frozen=True, slots=True)
class Given:
    """A referral as it was given, whatever way it came; ``sector`` is a key or empty."""

    employer_name: str
    contact_name: str
    consent: bool
    trading_name: str = ""
    company_number: str = ""
    postcode: str = ""
    sector: str = ""
    contact_job: str = ""
    contact_email: str = ""
    contact_phone: str = ""
    message: str = ""
    referrer_name: str = ""
    referrer_email: str = ""

    @property
    def comparable_name(self) -> str:
        """The name as one comparable string."""
        return match_name(self.employer_name)[:MAX_NAME]


def tidy(given: Given) -> Given:
    """Spaces put right, number and postcode as they are kept; what cannot be read stays."""

    def line(text: str) -> str:
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())

    number, postcode = line(given.company_number), line(given.postcode)
    return replace(
        given,
        employer_name=line(given.employer_name),
        trading_name=line(given.trading_name),
        company_number=normalise_company_number(number) or number,
        postcode=normalise_postcode(postcode) or postcode,
        contact_name=line(given.contact_name),
        contact_job=line(given.contact_job),
        contact_email=line(given.contact_email).replace(" ", ""),
        contact_phone=line(given.contact_phone),
        message="".join(c for c in given.message if c == "\n" or c.isprintable()).strip(),
        referrer_name=line(given.referrer_name),
        referrer_email=line(given.referrer_email).replace(" ", ""),
    )


def looks_like_email(text: str) -> bool:
    """Whether a text has the form of an address; nothing says that it can be reached."""
    return len(text) <= EMAIL_MAX and _EMAIL.fullmatch(text) is not None


def looks_like_phone(text: str) -> bool:
    """Whether a text can be a telephone number, with or without an extension."""
    enough = sum(c.isdigit() for c in text) >= _DIGITS_AT_LEAST
    return len(text) <= PHONE_MAX and enough and _PHONE.fullmatch(text) is not None


_LENGTHS: Final = {
    "employer_name": NAME_MAX,
    "trading_name": NAME_MAX,
    "contact_name": NAME_LENGTH,
    "contact_job": NAME_LENGTH,
    "message": MESSAGE_MAX,
    "referrer_name": NAME_LENGTH,
}


def faults(given: Given, *, sectors: Collection[str]) -> dict[str, str]:
    """Everything wrong with a tidy referral: by field, what to do about it."""
    number, postcode, sector = given.company_number, given.postcode, given.sector
    email, phone, referrer = given.contact_email, given.contact_phone, given.referrer_email
    short = len(given.employer_name) < _SHORTEST_NAME or not match_name(given.employer_name)
    bad_number = bool(number) and normalise_company_number(number) is None
    checks = (
        (short, "employer_name", NAME_HELP),
        (bad_number, "company_number", NUMBER_HELP),
        (bool(postcode) and normalise_postcode(postcode) is None, "postcode", POSTCODE_HELP),
        (bool(sector) and sector not in sectors, "sector", SECTOR_HELP),
        (not given.contact_name, "contact_name", "Enter the name of the person to contact"),
        (not email and not phone, "contact_email", REACH_HELP),
        (bool(email) and not looks_like_email(email), "contact_email", EMAIL_HELP),
        (bool(phone) and not looks_like_phone(phone), "contact_phone", PHONE_HELP),
        (bool(referrer) and not looks_like_email(referrer), "referrer_email", EMAIL_HELP),
        (not given.consent, "consent", CONSENT_HELP),
    )
    found = {field: message for wrong, field, message in checks if wrong}
    for field, most in _LENGTHS.items():
        if len(getattr(given, field)) > most:
            found[field] = f"Use {most:,} characters or fewer"
    return found


def first_problem(found: Mapping[str, str]) -> Problem | None:
    """The first fault as a refusal."""
    for field, message in found.items():
        return Problem(f"bad_{field}", message, field)
    return None


@dataclass(frozen=True, slots=True)
class News:
    """A message to whoever referred an employer: its subject and its paragraphs."""

    subject: str
    paragraphs: tuple[str, ...]


def news(
    outcome: str,
    *,
    employer: str,
    reference: str,
    to_itself: bool,
    provider: str = "",
    reason: str = "",
    working_days: int = 0,
) -> News:
    """What a referrer is told of an outcome: received, accepted, declined or expired.

    ``to_itself`` when the employer referred itself. ``provider`` is named on acceptance only.
    """
    whose = "Your request for support" if to_itself else f"Your referral of {employer}"
    named = f"Its reference is {reference}."
    match outcome:
        case "received":
            again = (
                f"An adviser decides within {working_days} working days, "
                "and we will write to you then."
            )
            return News(f"{whose} was received", (f"{whose} has reached us. {named}", again))
        case "accepted":
            who = f"An adviser of {provider}" if provider else "An adviser"
            what = (
                f"{who} will get in touch with you soon."
                if to_itself
                else f"{who} will get in touch with the employer soon."
            )
            return News(f"{whose} was accepted", (f"{whose} was accepted. {named}", what))
        case "declined":
            why = OUTSIDE_REASONS.get(reason, OUTSIDE_REASONS["other"])
            return News(
                f"{whose} was not taken up",
                (
                    f"{whose} was not taken up, because {why}. {named}",
                    "If something has changed, you are welcome to send it again.",
                ),
            )
        case _:
            return News(
                f"{whose} was not decided in time",
                (
                    f"Nobody was able to decide on it in the time we allow. We are sorry. {named}",
                    "If it is still wanted, please send it again.",
                ),
            )


def news_of_file(named: Collection[tuple[str, str]], *, working_days: int) -> News:
    """What a referrer is told once about all the employers (names and references) in a file."""
    count = len(named)
    employers = "1 employer" if count == 1 else f"{count} employers"
    listed = tuple(f"{name}: reference {reference}" for name, reference in named)
    then = f"An adviser decides on each within {working_days} working days; we write to you then."
    return News(
        f"Your referral of {employers} was received",
        (f"Your referral of {employers} has reached us. {then}", *listed),
    )
