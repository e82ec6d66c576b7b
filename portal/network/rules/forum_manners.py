"""What is not posted at all, and what a moderator reads before others do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from portal.kernel.result import Problem
from portal.network.rules import forum_competition
from portal.network.rules.forum_mentions import how_many
from portal.network.rules.words import POST_LENGTH, TITLE_LENGTH

MOST_MENTIONS: Final = 5
MOST_LINKS: Final = 5
LINKS_OF_NEW: Final = 1
NEW_BELOW: Final = 3
MOST_IN_TEN_MINUTES: Final = 5
MOST_THREADS_AN_HOUR: Final = 3
MOST_A_DAY: Final = 40
SAME_WITHIN_DAYS: Final = 7

_LINK: Final = re.compile(
    r"(?:https?://|\bwww\.|\]\(\s*<?(?!https?://|www\.)[^)\s#])", re.IGNORECASE
)
_SCRIPT: Final = re.compile(
    r"<\s*/?\s*(?:script|iframe|object|embed|style|svg|form|meta|link|base)\b|"
    r"\bon(?:error|load|click|mouseover|focus)\s*=|(?:javascript|vbscript)\s*:|data:text/html",
    re.IGNORECASE,
)
_LEGAL_FORMS: Final = frozenset(
    {"ltd", "limited", "plc", "llp", "cic", "co", "company", "uk", "the", "and"}
)
_SHORT_NAME: Final = 4


@dataclass(frozen=True, slots=True)
class Recent:
    """What the same person has written lately; ``before`` counts all their posts that are shown."""

    in_ten_minutes: int = 0
    threads_in_an_hour: int = 0
    in_a_day: int = 0
    before: int = 0
    texts: frozenset[str] = frozenset()


def fingerprint(text: str) -> str:
    """A text without its capitals, marks and spaces: two that differ in these are the same."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def refusal(title: str, body: str) -> Problem | None:
    """Why a text is not taken, whoever writes it and whenever."""
    if not body.strip() or (title and not title.strip()):
        return Problem("empty", "Write something", "body")
    if len(title) > TITLE_LENGTH or len(body) > POST_LENGTH:
        return Problem("too_long", f"A post has at most {POST_LENGTH:,} characters", "body")
    return _marks_problem(title, f"{title}\n{body}") or _crowd_problem(body, f"{title}\n{body}")


def _marks_problem(title: str, both: str) -> Problem | None:
    if "\n" in title or "\r" in title or has_hidden_marks(both):
        return Problem(
            "control_characters",
            "The text holds characters that nobody can see, such as those that turn the order of "
            "words round. Type it anew, or paste it as plain text",
            "body",
        )
    if _SCRIPT.search(both):
        return Problem(
            "script",
            "The text holds parts of a program or of a web page. Say it in words: posts are text",
            "body",
        )
    return None


def _crowd_problem(body: str, both: str) -> Problem | None:
    if how_many(body) > MOST_MENTIONS:
        return Problem("mentions", f"Mention at most {MOST_MENTIONS} people in a post", "body")
    if len(_LINK.findall(both)) > MOST_LINKS:
        return Problem("links", f"A post has at most {MOST_LINKS} links", "body")
    return None


def pace(body: str, recent: Recent, *, new_thread: bool) -> Problem | None:
    """Why somebody has to wait, or has said this already."""
    if fingerprint(body) in recent.texts:
        return Problem(
            "duplicate", "You have posted this text already. Once is enough: people find it", "body"
        )
    if recent.in_ten_minutes >= MOST_IN_TEN_MINUTES:
        return Problem(
            "burst",
            f"You have written {recent.in_ten_minutes} posts in ten minutes. Wait a little, then "
            "send this again",
            "body",
        )
    if recent.in_a_day >= MOST_A_DAY:
        return Problem("burst", "You have written very much today. Go on tomorrow", "body")
    if new_thread and recent.threads_in_an_hour >= MOST_THREADS_AN_HOUR:
        return Problem(
            "burst",
            f"You have begun {recent.threads_in_an_hour} threads within an hour. Wait a little, "
            "then send this again",
            "body",
        )
    return None


def reason_to_hold(title: str, body: str, *, before: int) -> str:
    """Why a moderator reads a text first, as the end of a sentence; empty when nobody need."""
    if forum_competition.suggests_agreement(f"{title}.\n\n{body}"):
        return forum_competition.WHY
    if before < NEW_BELOW and len(_LINK.findall(body)) > LINKS_OF_NEW:
        return "it is one of your first posts and has several links, so a moderator reads it first"
    return ""


def given_away(text: str, names: Iterable[str]) -> str | None:
    """The first of the names that a text holds, where it should hold none; addresses count too.

    A name of one short word is left alone: half of all texts hold it.
    """
    said = _words(text)
    flat = f" {' '.join(said)} "
    for name in names:
        if "@" in name or "." in name.strip("."):
            bare = name.casefold().removeprefix("https://").removeprefix("http://")
            bare = bare.removeprefix("www.").strip("/")
            if len(bare) > _SHORT_NAME and bare in text.casefold():
                return name
        words = [word for word in _words(name) if word not in _LEGAL_FORMS]
        if not words or (len(words) == 1 and len(words[0]) <= _SHORT_NAME):
            continue
        joined = " ".join(word for word in said if word not in _LEGAL_FORMS)
        phrase = " ".join(words)
        held = f" {phrase} " in flat or f" {phrase} " in f" {joined} "
        if held and (len(words) > 1 or _stands_as_name(text, words[0])):
            return name
    return None


def _stands_as_name(text: str, word: str) -> bool:
    """A single word is a name where it has a capital inside a sentence, not where it begins one."""
    for found in re.finditer(rf"\b{re.escape(word)}\b", text, re.IGNORECASE):
        before = text[: found.start()].rstrip(" ")
        begins = not before or before[-1] in ".!?\n"
        if found[0][0].isupper() and not begins:
            return True
    return False


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.findall(r"[^\W_]+", plain.replace("'", "").replace("\u2019", ""))


def has_hidden_marks(text: str) -> bool:
    """Control characters, and marks that turn or hide text; joiners inside emoji are fine."""
    allowed = frozenset("\n\r\t\u200d\u200c\ufeff\u00ad")
    return (
        any(
            unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs"} and letter not in allowed
            for letter in text
            if not letter.isprintable()
        )
        or "\ufeff" in text[1:]
    )
