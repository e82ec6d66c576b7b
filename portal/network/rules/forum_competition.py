"""Words that suggest competitors agreeing what they charge, what they pay or when they work.

Businesses that compete for customers or for staff decide these alone; agreeing them, or telling
each other what is not public, can break competition law (Competition and Markets Authority,
Employers advice on how to avoid anti-competitive behaviour, 2023). A post with such words is not
refused: a moderator reads it before others do. How a business agrees a rota with its own staff is
what this forum is for, so an agreement counts only where it is one between businesses.
"""

from __future__ import annotations

import re
from typing import Final

_TERM: Final = (
    r"(?:prices?|pricing|charges?|tariffs?|fees|discounts?|margins?|wages?|pay|salar(?:y|ies)|"
    r"(?:hourly|pay|day|wage)?\s?rates?|bonus(?:es)?|benefits|rotas?|opening (?:hours|times)|"
    r"shift (?:times|patterns|lengths))"
)
_AGREE: Final = (
    r"(?:agree[ds]?|agreeing|agreement|fix(?:ed|ing)?|set(?:ting)?|align(?:ed|ing)?|match(?:ed|"
    r"ing)?|coordinat\w+|co-ordinat\w+|harmoni[sz]\w+|cap(?:ped|ping)?|freez\w+|hold|stick to|"
    r"keep)"
)
_US: Final = (
    r"(?:between (?:us|ourselves|our businesses|employers|competitors)|among(?:st)? "
    r"(?:us|ourselves|employers|competitors)|we all|all of us|us all|each other|one another|"
    r"with (?:other|rival|competing|neighbouring) (?:\w+ ){0,2}(?:employers|businesses|shops|"
    r"caf[eé]s|homes|hotels|pubs|restaurants|operators)|competitors?|the same as (?:you|yours|"
    r"each other)|every(?:one|body) here)"
)
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b{_AGREE}\b.{{0,80}}\b{_TERM}\b.{{0,80}}\b{_US}\b",
        rf"\b{_US}\b.{{0,80}}\b{_AGREE}\b.{{0,80}}\b{_TERM}\b",
        rf"\b{_AGREE}\b.{{0,40}}\b{_US}\b.{{0,80}}\b{_TERM}\b",
        rf"\blet(?:['\u2019]s| us) all\b.{{0,30}}\b{_AGREE}\b.{{0,60}}\b{_TERM}\b",
        (
            rf"\blet(?:['\u2019]s| us)(?: all)? (?:charge|pay)\b.{{0,60}}"
            rf"(?:\b{_TERM}\b|more than|less than|\u00a3\s?\d)"
        ),
        r"\bwe (?:should|could|must|ought to) all (?:charge|pay|set|fix|cap|freeze|match)\b",
        r"\b(?:price|wage|pay|rate)[ -]fixing\b|\bfix(?:ing)? (?:the )?(?:prices?|wages?|pay)\b",
        (
            r"\bno[ -]poach\w*|\b(?:not|never|don['\u2019]t|won['\u2019]t) (?:to )?(?:poach|hire|"
            r"approach|recruit|take on) (?:each other|one another|your|our|their)\b"
        ),
        (
            r"\b(?:how much|what)(?: exactly)? (?:do|does|are|will) (?:you|your \w+|everyone|"
            r"everybody)(?: all)?(?: going to)? (?:charge|charging|pay|paying)\b"
        ),
        (
            r"\b(?:what|tell me|share) (?:is |are )?your (?:\w+ )?(?:prices|charges|hourly rates?|"
            r"pay rates?|wage rates?|wages|rotas?)\b"
        ),
        r"\bundercut(?:ting)?\b.{0,40}\b(?:each other|one another|us)\b",
    )
)
WHY: Final = (
    "it has words that could be about agreeing prices, wages or rotas between businesses, so a "
    "moderator reads it first"
)


def suggests_agreement(text: str) -> bool:
    """Whether a moderator should read a text first; sentence by sentence."""
    return any(
        pattern.search(sentence)
        for sentence in re.split(r"(?<=[.!?])\s+|\n{2,}", " ".join(text.split(" ")))
        for pattern in _PATTERNS
    )
