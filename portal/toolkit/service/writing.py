"""What happens to a text before it is kept: cleaned, shown as readers get it, measured."""

from __future__ import annotations

from portal.integrations.markdown import Written, plain_text, render
from portal.integrations.pasting import Cleaned, cleaned
from portal.toolkit.rules.content import minutes_to_read
from portal.toolkit.rules.words import BODY_LENGTH

_LONGEST_MINUTES = 240


def clean(body: str) -> Cleaned:
    """A typed or pasted text as plain Markdown, and what was taken out of it, in words."""
    return cleaned(body)


def written(body: str) -> Written:
    """The text exactly as readers get it."""
    return render(body[:BODY_LENGTH])


def minutes_for(body: str) -> int:
    """Minutes to read a text, for those who give none."""
    words = len(plain_text(body[:BODY_LENGTH]).split())
    return min(minutes_to_read(words), _LONGEST_MINUTES)
