"""Campaigns: what is wrong with one before it is kept, and its short code."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from portal.kernel.result import Problem
from portal.toolkit.rules.words import AUDIENCES, NETWORKS, SECTORS, TITLE_LENGTH

# Letters and digits that survive a poster and the telephone: no 0, 1, i, l or o.
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
CODE_LENGTH: Final = 6
NOTE_LENGTH: Final = 2000
MOST_SENT: Final = 10_000_000
_CODE: Final = re.compile(f"[{_ALPHABET}]{{4,12}}")


@dataclass(frozen=True, slots=True)
class CampaignDetails:
    """A campaign as it is typed. Without a resource its link leads to the library."""

    title: str
    network: str
    network_name: str
    starts_on: date
    ends_on: date | None = None
    resource: str = ""
    audience: str = ""
    sectors: tuple[str, ...] = ()
    sent_to: int | None = None
    note: str = ""
    code: str = field(default="", compare=False)


def new_code() -> str:
    """Six letters and digits: 887 million of them, short enough to be read out."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(CODE_LENGTH))


def faults(details: CampaignDetails) -> list[Problem]:
    """Everything that stands in the way of keeping it."""
    found = []
    if not 1 <= len(details.title.strip()) <= TITLE_LENGTH:
        found.append(Problem("title", "Enter a title", "title"))
    if details.network not in NETWORKS:
        found.append(Problem("network", "Choose a network", "network"))
    if details.audience and details.audience not in AUDIENCES:
        found.append(Problem("audience", "Choose an audience", "audience"))
    if any(sector not in SECTORS for sector in details.sectors):
        found.append(Problem("sectors", "Choose sectors from the list", "sectors"))
    if details.ends_on is not None and details.ends_on < details.starts_on:
        found.append(Problem("dates", "It cannot end before it starts", "ends_on"))
    if details.sent_to is not None and not 0 <= details.sent_to <= MOST_SENT:
        found.append(Problem("sent_to", "Enter how many people it was sent to", "sent_to"))
    if len(details.note) > NOTE_LENGTH:
        found.append(Problem("note", f"Use at most {NOTE_LENGTH:,} characters", "note"))
    if details.code and not _CODE.fullmatch(details.code):
        words = "Use 4 to 12 small letters and digits, without 0, 1, i, l and o"
        found.append(Problem("code", words, "code"))
    return found
