"""The fixed choices of the network: their keys, and their words on screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TITLE_LENGTH: Final = 120
TEXT_LENGTH: Final = 4000
POST_LENGTH: Final = 10_000
NAME_LENGTH: Final = 120

# What an employer may show in the directory; each is a choice of its own that can be taken back.
FIELDS: Final[Mapping[str, str]] = {
    "name": "Name of the business",
    "sector": "Sector",
    "size": "Number of employees",
    "district": "District",
    "about": "What you do",
    "changed": "What you changed",
    "for_whom": "For whom",
    "cost": "What it cost",
    "brought": "What it brought",
    "ask_about": "Ask us about",
    "contact": "Who to ask for",
    "website": "Website",
    "award": "Your award",
}
MAIL_KINDS: Final[Mapping[str, str]] = {
    "events": "Events: your places and reminders",
    "event_news": "Events: invitations to new ones that suit you",
    "forum": "Forum: replies and mentions",
    "digest": "Forum: the weekly digest",
    "peers": "Peer support: requests and introductions",
    "awards": "Awards: rounds that open, and your own",
    "invitations": "Invitations from other businesses",
}
TIERS: Final[Mapping[str, str]] = {
    "committed": "Committed",
    "established": "Established",
    "leading": "Leading",
}
EVENT_MODES: Final[Mapping[str, str]] = {
    "in_person": "In person",
    "online": "Online",
    "both": "In person and online",
}
# Who is invited by mail when an event is published.
NOBODY: Final = "nobody"
AUDIENCES: Final[Mapping[str, str]] = {
    NOBODY: "Nobody",
    "place": "Members in its sectors and districts",
    "theme": "Those of them whom its theme suits too",
}
TIE_KINDS: Final[Mapping[str, str]] = {
    "event": "Were at the same event",
    "peer": "Matched as peers",
    "reply": "Answered each other in the forum",
    "referral": "Referred by the other",
    "invited": "Brought into the network by the other",
}
PEER_OUTCOMES: Final[Mapping[str, str]] = {
    "useful": "It helped",
    "some": "It helped a little",
    "not_met": "We did not meet",
    "not_useful": "It did not help",
}
REPORT_REASONS: Final[Mapping[str, str]] = {
    "competition": "Prices, wages or rotas agreed between competitors",
    "personal": "Personal information about somebody",
    "abuse": "Rude, threatening or discriminating",
    "spam": "Advertising or spam",
    "wrong": "Dangerous or wrong advice",
    "other": "Something else",
}
