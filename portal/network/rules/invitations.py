"""How one business may invite another: few mails, plain words, and never twice after a no."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from portal.kernel.clock import LONDON
from portal.kernel.result import Problem
from portal.network.rules.members import has_link
from portal.network.rules.words import NAME_LENGTH

# Mails that an employer may send in a day (London's), whoever presses the button.
MOST_A_DAY: Final = 20
# Mails that one address may get from all employers together in so many days.
MOST_TO_ONE: Final = 3
DAYS_TO_ONE: Final = 90
WORDS_LENGTH: Final = 500
BUSINESS_LENGTH: Final = 160

STATES: Final[Mapping[str, str]] = {
    "sent": "No answer yet",
    "joined": "Joined",
    "refused": "Said no",
    "withdrawn": "Withdrawn",
}
STATE_COLOURS: Final[Mapping[str, str]] = {
    "sent": "blue",
    "joined": "green",
    "refused": "grey",
    "withdrawn": "grey",
}
TOO_MANY: Final = Problem(
    "too_many",
    f"Your business has sent {MOST_A_DAY} invitations today, which is the most for one day. Send "
    "the next ones tomorrow, or pass on your own link",
)
WANTS_NONE: Final = Problem(
    "wants_none", "Whoever reads this address wants no invitations, so we send it none", "to_email"
)
ALREADY_ASKED: Final = Problem(
    "already_asked",
    "Your business has invited this address already. One mail is enough: they have the link",
    "to_email",
)
ENOUGH_FOR_ONE: Final = Problem(
    "enough_for_one",
    "This address was invited several times in the last weeks, so we send it no more for now",
    "to_email",
)


@dataclass(frozen=True, slots=True)
class Invited:
    """Whom a business invites, and what it says to them."""

    business: str
    name: str
    email: str
    words: str = ""


def faults(invited: Invited) -> list[Problem]:
    """What has to be put right before an invitation goes out."""
    found = []
    for field, value, most, label in (
        ("to_business", invited.business, BUSINESS_LENGTH, "the name of the business"),
        ("to_name", invited.name, NAME_LENGTH, "the name of the person"),
    ):
        if not value.strip():
            found.append(Problem("missing", f"Enter {label}", field))
        elif len(value) > most:
            found.append(Problem("too_long", f"Use {most} characters or fewer", field))
    if has_link(invited.name):
        found.append(Problem("link", "Enter a name, without links or addresses", "to_name"))
    if len(invited.words) > WORDS_LENGTH:
        found.append(Problem("too_long", f"Use {WORDS_LENGTH} characters or fewer", "words"))
    if has_link(invited.words):
        found.append(
            Problem(
                "link",
                "Use plain words only, without links or addresses. The mail carries your link",
                "words",
            )
        )
    return found


def day_began(day: date) -> datetime:
    """The instant (UTC) at which a London day begins."""
    return datetime.combine(day, time.min, LONDON).astimezone(UTC)


def asked_since(now: datetime) -> datetime:
    """From when mails to one address are counted together."""
    return now - timedelta(days=DAYS_TO_ONE)
