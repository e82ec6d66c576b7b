# ruff: noqa: RUF001 - adverts use dashes of every length
"""A job advert as pasted, made into plain sentences that know where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from html import unescape
from html.parser import HTMLParser
from typing import Final

LONGEST: Final = 20_000
FIRST_WORDS: Final = 60
_END: Final = Fraction(2, 3)
_TITLE_WORDS: Final = 12
_QUOTE: Final = 160
# Nobody writes longer ones; text without a full stop is looked at in pieces, in good time.
_LONGEST_SENTENCE: Final = 500
_HTML: Final = re.compile(
    r"</?(?:p|div|br|span|b|i|u|strong|em|ul|ol|li|h[1-6]|table|tr|td|th|a|font|html|body|head|"
    r"style|script|meta|o:p|section|article|img|link|title)\b[^<>]*>|<!--",
    re.IGNORECASE,
)
_BLOCKS: Final = frozenset(
    [
        "p",
        "div",
        "br",
        "ul",
        "ol",
        "li",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "tr",
        "section",
        "article",
        "body",
        "title",
    ]
)
_SILENT: Final = frozenset({"script", "style", "head", "template", "noscript", "object", "svg"})
# A full stop ends a sentence when a space and no small letter follows, and nothing like "p.a.".
_STOP: Final = re.compile(r"(?<=[.!?])(?<!\b[a-zA-Z]\.)(?<!\bapprox\.)(?<!\bincl\.)\s+(?=[^a-z])")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'\u2019-]*")


class _Stripper(HTMLParser):
    """Text of HTML, a line for each block; nothing of scripts and styles."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Blocks begin a line."""
        del attrs
        if tag in _SILENT:
            self._silent.append(tag)
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """Blocks end a line."""
        if self._silent and tag == self._silent[-1]:
            self._silent.pop()
        if tag in _BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        """Keep what people read."""
        if not self._silent:
            self.parts.append(data)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, and how far into the advert it begins: 0 at the start, towards 1 at the end."""

    text: str
    low: str
    words_before: int
    share: Fraction

    @property
    def quote(self) -> str:
        """The sentence, cut where it is long."""
        return self.text if len(self.text) <= _QUOTE else f"{self.text[: _QUOTE - 1].rstrip()}…"

    @property
    def early(self) -> bool:
        """Whether it stands in the first lines."""
        return self.words_before < FIRST_WORDS

    @property
    def late(self) -> bool:
        """Whether it stands in the last third."""
        return self.share >= _END


@dataclass(frozen=True, slots=True)
class Advert:
    """An advert: its title, and its sentences in order. ``words`` counts those of the text."""

    title: str
    sentences: tuple[Sentence, ...]
    words: int

    @property
    def whole(self) -> str:
        """Title and text in small letters, for looking over sentence ends."""
        return "\n".join([self.title.lower(), *(one.low for one in self.sentences)])


def clean(text: str) -> str:
    """What people read of pasted text or HTML; scripts, styles and tags are gone."""
    if _HTML.search(text):
        stripper = _Stripper()
        stripper.feed(text)
        stripper.close()
        text = "".join(stripper.parts)
    else:
        text = unescape(text)
    text = text.replace("\u00a0", " ").replace("\u200b", "").replace("\u2019", "'")
    lines = (re.sub(r"[ \t]+", " ", line).strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def read(text: str, title: str = "") -> Advert:
    """An advert from what was pasted; without a title its first short line is the title."""
    lines = [line for line in clean(text).split("\n") if line]
    title = " ".join(clean(title).split())
    if not title and len(lines) > 1 and _is_title(lines[0]):
        title = re.sub(
            r"^(?:job title|title|role|position|vacancy)\s*:\s*",
            "",
            lines.pop(0),
            flags=re.IGNORECASE,
        )
    pieces = [piece for line in lines for piece in _sentences(line)]
    counts = [count_words(piece) for piece in pieces]
    total = sum(counts)
    sentences, before = [], 0
    for piece, count in zip(pieces, counts, strict=True):
        share = Fraction(before, total) if total else Fraction(0)
        sentences.append(Sentence(piece, piece.lower(), before, share))
        before += count
    return Advert(title, tuple(sentences), total)


def count_words(text: str) -> int:
    """Words of a text."""
    return len(_WORD.findall(text))


def reading_age(advert: Advert) -> int | None:
    """Years of age at which a text is usually read with ease; None when it is too short to say.

    Flesch and Kincaid's grade of 1975 plus five years; syllables are estimated, and a line of a
    list counts as a sentence. A guide, not a measurement.
    """
    texts = [one.text for one in advert.sentences if count_words(one.text)]
    words = [word for text in texts for word in _WORD.findall(text)]
    if len(words) < FIRST_WORDS:
        return None
    syllables = sum(_syllables(word) for word in words)
    grade = (
        Fraction(39, 100) * Fraction(len(words), len(texts))
        + Fraction(118, 10) * Fraction(syllables, len(words))
        - Fraction(1559, 100)
    )
    return max(6, min(25, int(grade + Fraction(1, 2)) + 5))


def _syllables(word: str) -> int:
    low = re.sub(r"[^a-z]", "", word.lower())
    if len(low) > 2 and low.endswith("e") and not low.endswith("le"):  # noqa: PLR2004 - "me", "he"
        low = low[:-1]
    return max(1, len(re.findall(r"[aeiouy]+", low)))


def _is_title(line: str) -> bool:
    return count_words(line) <= _TITLE_WORDS and not line.endswith((".", "!", "?"))


def _sentences(line: str) -> Iterator[str]:
    for piece in _STOP.split(line.lstrip("•*-–·▪●✔ ")):
        rest = piece.strip()
        while len(rest) > _LONGEST_SENTENCE:
            cut = rest.rfind(" ", _LONGEST_SENTENCE // 2, _LONGEST_SENTENCE)
            cut = _LONGEST_SENTENCE if cut < 0 else cut
            yield rest[:cut].strip()
            rest = rest[cut:].strip()
        if rest:
            yield rest
