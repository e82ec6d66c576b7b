"""What an employer's timeline is made of, and how its lines are grouped for filtering."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

KINDS: Final[Mapping[str, str]] = {
    "record": "Facts about the employer",
    "people": "People",
    "referral": "Referrals",
    "contact": "Calls, visits and messages",
    "case": "Progress of the case",
    "diagnostic": "Diagnostics",
    "plan": "Action plan",
    "support": "Support delivered",
    "confirmation": "Confirmations",
    "follow_up": "Follow-ups and outcomes",
    "evidence": "Evidence",
    "toolkit": "Toolkit and tools",
    "network": "Network, events and awards",
}
TITLE_LENGTH = 200
TEXT_LENGTH = 20_000


def line(title: str) -> str:
    """A title on one line, never longer than what is kept."""
    return " ".join(title.split())[:TITLE_LENGTH]
