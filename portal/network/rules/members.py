"""What an employer says of itself to others: its limits, and which of it who may see."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from portal.kernel.result import Problem
from portal.network.rules.words import FIELDS, NAME_LENGTH, TEXT_LENGTH

# Written for the network alone; the other fields are facts of the employer's record.
TEXTS: Final = (
    "about",
    "changed",
    "for_whom",
    "cost",
    "brought",
    "ask_about",
    "contact",
    "website",
)
# Everybody reads the directory; who to ask for is a person, so it is for people of the network.
PEERS_ONLY: Final = frozenset({"contact"})
WEBSITE_LENGTH: Final = 200
LIMITS: Final[Mapping[str, int]] = {
    **dict.fromkeys(TEXTS, TEXT_LENGTH),
    "contact": NAME_LENGTH,
    "website": WEBSITE_LENGTH,
}
_LINK: Final = re.compile(
    r"https?:|www\.|://|<[a-z/!]|\]\(|@\w|\w\.(?:com|co|uk|org|net|info|biz|io|ly|ru|xyz|example)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Profile:
    """What an employer writes of itself, and the fields it shows to others."""

    texts: Mapping[str, str] = field(default_factory=dict)
    shown: frozenset[str] = frozenset()

    def text(self, name: str) -> str:
        """A text, "" when nothing was written."""
        return self.texts.get(name, "").strip()

    def digest(self) -> str:
        """What tells whether a page that was looked at is what is being agreed to."""
        seen = {name: self.text(name) for name in TEXTS if name in self.shown}
        whole = json.dumps([sorted(self.shown), seen], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Seen:
    """One field as others read it."""

    key: str
    title: str
    value: str


def visible(shown: Collection[str], values: Mapping[str, str], *, to_peers: bool) -> list[Seen]:
    """The fields that others read, in order: those opened to them that hold something.

    The one place that decides it, for every page. ``to_peers`` is for people whose employer is in
    the network, and for staff.
    """
    return [
        Seen(key, title, values[key])
        for key, title in FIELDS.items()
        if key in shown and values.get(key) and (to_peers or key not in PEERS_ONLY)
    ]


def faults(profile: Profile) -> list[Problem]:
    """What has to be put right before it is kept."""
    found = [
        Problem("too_long", f"{FIELDS[name]} must be {LIMITS[name]:,} characters or fewer", name)
        for name in TEXTS
        if len(profile.text(name)) > LIMITS[name]
    ]
    if profile.shown - FIELDS.keys():
        found.append(Problem("unknown_field", "Choose among the fields on the page", "shown"))
    website = profile.text("website")
    if website and not is_website(website):
        found.append(
            Problem(
                "bad_website",
                "Enter a website that begins with https:// or http://, and nothing else",
                "website",
            )
        )
    if has_link(profile.text("contact")):
        found.append(
            Problem("bad_contact", "Enter the name of a person or a post, without links", "contact")
        )
    found += [
        Problem(
            "shown_empty", f"Write something under “{FIELDS[name]}”, or do not show it", "shown"
        )
        for name in TEXTS
        if name in profile.shown and not profile.text(name)
    ]
    return found


def is_website(address: str) -> bool:
    """Whether an address is one of a website, fit to be a link."""
    if re.search(r"[\s<>\"'\\@]", address):
        return False
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return False
    host = parts.hostname or ""
    return (
        parts.scheme in {"http", "https"} and "." in host.strip(".") and (port is None or port > 0)
    )


def has_link(text: str) -> bool:
    """Whether a text holds a link, an address, or marks that make one."""
    return _LINK.search(text) is not None


def without_links(text: str, *, instead: str) -> str:
    """A name, or other words where it would put a link into a mail."""
    return instead if has_link(text) or not text.strip() else text.strip()
