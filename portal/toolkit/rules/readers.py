"""What readers and testing employers may say: stars, words, and how their answers are summed up."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

COMMENT_LENGTH: Final = 1000
WORDS_LENGTH: Final = 2000
MOST_MINUTES: Final = 600
LEAST_STARS: Final = 1
MOST_STARS: Final = 5
STARS: Final[Mapping[int, str]] = {
    1: "Not useful",
    2: "A little useful",
    3: "Useful",
    4: "Very useful",
    5: "Could not do without it",
}
MARKS: Final[Mapping[int, str]] = {
    1: "Not at all",
    2: "Not very",
    3: "Partly",
    4: "Mostly",
    5: "Very",
}
WOULD_USE: Final[Mapping[str, str]] = {
    "yes": "Yes, as it is",
    "changed": "Yes, with changes",
    "no": "No",
}
TEST_STATES: Final[Mapping[str, str]] = {
    "asked": "Asked",
    "answered": "Answered",
    "declined": "Declined",
    "withdrawn": "Taken back",
}
COMMENT_STATES: Final[Mapping[str, str]] = {
    "waiting": "Waiting",
    "shown": "Shown",
    "hidden": "Hidden",
}
# How long an employer has to try a resource, and when it is reminded.
DAYS_TO_ANSWER: Final = 21
LONGEST_DAYS: Final = 90
REMIND_DAYS_BEFORE: Final = 5
_ADDRESS: Final = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,20}:\s*//|www\.|javascript:|data:|mailto:)\S*", re.IGNORECASE
)
_BARE: Final = re.compile(
    r"\b[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){0,4}\.(?:com|net|org|info|biz|io|co|uk|eu|ru|cn|xyz"
    r"|top|site|online|shop|link|click|app|dev|me|tv)\b(?:/\S*)?",
    re.IGNORECASE,
)
_MARKUP: Final = re.compile(r"</?[a-z!?][^<>]{0,300}>", re.IGNORECASE)
_MARKDOWN_LINK: Final = re.compile(r"!?\[([^\[\]\n]{0,300})\]\([^()\n]{0,500}\)")
LINK_GONE: Final = "(link taken out)"


def neutral(comment: str) -> str:
    """A reader's words without marks and without links: nothing in them leads anywhere."""
    plain = _MARKUP.sub("", comment)
    plain = _MARKDOWN_LINK.sub(rf"\1 {LINK_GONE}", plain)
    plain = _BARE.sub(LINK_GONE, _ADDRESS.sub(LINK_GONE, plain))
    return re.sub(r"\n{3,}", "\n\n", plain).strip()


@dataclass(frozen=True, slots=True)
class Answered:
    """What one employer said of a version; ``minutes`` may be unknown."""

    number: int
    sector: str
    size: str
    tried: bool
    clear: int
    useful: int
    doable: int
    would_use: str
    minutes: int | None


@dataclass(frozen=True, slots=True)
class Summary:
    """What several employers said. Means are of marks from 1 to 5, over all that answered."""

    count: int
    tried: int
    clear: float | None
    useful: float | None
    doable: float | None
    minutes: float | None
    minutes_count: int
    would_use: Mapping[str, int]


def summed(answers: Iterable[Answered]) -> Summary:
    """Counts and means of some answers; a mean of nothing is None."""
    rows = list(answers)
    minutes = [row.minutes for row in rows if row.minutes is not None]
    return Summary(
        count=len(rows),
        tried=sum(row.tried for row in rows),
        clear=_mean([row.clear for row in rows]),
        useful=_mean([row.useful for row in rows]),
        doable=_mean([row.doable for row in rows]),
        minutes=_mean(minutes),
        minutes_count=len(minutes),
        would_use={key: sum(row.would_use == key for row in rows) for key in WOULD_USE},
    )


def _mean(values: list[int]) -> float | None:
    return sum(values) / len(values) if values else None
