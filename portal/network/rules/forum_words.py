"""The fixed words and limits of the forum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

# Who somebody is in the forum: an employer's person, staff, or staff who moderate.
Rank = Literal["member", "staff", "moderator"]

# Raised with every change of the code of conduct that people have to accept again.
CODE_VERSION: Final = 1
A_PAGE: Final = 50
MOST_FILES: Final = 5
REASON_LENGTH: Final = 500
LONGEST_SUSPENSION: Final = 365

HOWS: Final[Mapping[str, str]] = {
    "at_once": "By mail as it is written",
    "digest": "In the weekly digest",
}
# What stands in the log: what moderators did, and what the portal refused or held.
LOG_WORDS: Final[Mapping[str, str]] = {
    "hide": "Hid a post",
    "show": "Showed a post",
    "dismiss": "Looked at a report and left the post",
    "lock": "Locked a thread",
    "unlock": "Opened a thread again",
    "hide_thread": "Hid a thread",
    "show_thread": "Showed a thread",
    "pin": "Pinned a thread",
    "unpin": "Unpinned a thread",
    "move": "Moved a thread",
    "suspend": "Suspended a person",
    "lift": "Lifted a suspension",
    "unmask": "Looked up who wrote a post without a name",
    "held": "The portal held a post for a moderator",
    "refused": "The portal refused something",
    "withdrawn": "An author took a post back",
}
CMA_TITLE: Final = (
    "Competition and Markets Authority, Employers advice on how to avoid anti-competitive "
    "behaviour (9 February 2023)"
)
CMA_LINK: Final = (
    "https://www.gov.uk/government/publications/avoid-breaking-competition-law-advice-for-employers"
)
TAKEN_BACK_TITLE: Final = "A question that was taken back"
