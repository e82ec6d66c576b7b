"""Names of employers made comparable: what a person types against what a register holds.

``Sainsbury's Supermarkets Ltd`` and ``SAINSBURYS SUPERMARKETS LIMITED`` come to the same words.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Words that say what kind of body it is, or join others: they never tell two employers apart.
IGNORED_WORDS = frozenset(
    (
        "limited",
        "ltd",
        "plc",
        "llp",
        "lp",
        "cic",
        "cio",
        "inc",
        "the",
        "and",
        "cyfyngedig",
        "cyf",
        "ccc",
    )
)
MAX_NAME = 200
_MAX_JOINED = 40
# Begins the closed-up form of a whole name in the index; no name begins so.
WHOLE = "zz0"
_WORD = re.compile(r"[^\W_]+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_APOSTROPHES = dict.fromkeys(map(ord, "'\u2018\u2019\u02bc\u00b4`\u2032"))
# Letters that no decomposition turns into a plain one.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d"})


def words(name: str) -> list[str]:
    """Every word of a name: lower case, no accents, possessives closed up."""
    text = name.lower().replace("'", "")
    if text.isascii():
        return _ASCII_WORD.findall(text.replace("`", ""))
    text = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    text = "".join(c for c in text if not unicodedata.combining(c)).translate(_PLAIN)
    return _WORD.findall(text.translate(_APOSTROPHES))


def telling_words(name: str) -> list[str]:
    """The words that tell an employer from others; all of them where none would be left."""
    every = words(name)
    return [word for word in every if word not in IGNORED_WORDS] or every


@lru_cache(maxsize=2048)
def match_name(name: str) -> str:
    """The name as one comparable string."""
    return " ".join(telling_words(name))


def joined_initials(tokens: list[str]) -> list[str]:
    """Runs of single letters as one word: ``B & Q`` is also ``bq``."""
    found, run = [], ""
    for token in [*tokens, ""]:
        if len(token) == 1:
            run += token
            continue
        if len(run) > 1:
            found.append(run)
        run = ""
    return found


def whole_name(tokens: list[str]) -> str:
    """A name closed up, marked as such: finds names that begin so, and ``wh smith`` in WHSmith."""
    return WHOLE + "".join(tokens)[:_MAX_JOINED]


def index_words(*names: str) -> tuple[list[str], list[str]]:
    """What is indexed for an employer's names: the plain words, and the forms made from them."""
    plain: list[str] = []
    made: list[str] = []
    for name in dict.fromkeys(names):
        tokens = telling_words(name)
        plain += tokens
        if tokens:
            made.append(whole_name(tokens))
            made += joined_initials(tokens)
    return list(dict.fromkeys(plain)), list(dict.fromkeys(made))
