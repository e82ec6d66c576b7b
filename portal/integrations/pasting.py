"""Text that was pasted, as plain Markdown: HTML of Word and of web pages, pictures, unsafe links.

What is taken out is said in words, so that whoever pasted it can look before it is kept. Cleaning
what was cleaned changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from unicodedata import category, normalize

from portal.integrations.pasted_html import (
    LINKS,
    PICTURE,
    TAG,
    Taken,
    Tally,
    from_html,
    leads_somewhere,
)

# Longer texts are not looked into: they are refused for their length anyway.
MOST: Final = 400_000
_PASSES: Final = 3
_HIDDEN: Final = frozenset(
    "\u200b\u2060\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)
_DATA_ATTRIBUTE: Final = re.compile(r"=\s*([\"'])\s*data:[^\"']*\1", re.IGNORECASE)
_DATA: Final = re.compile(r"data:[a-z0-9.+/-]{1,80};base64,[a-z0-9+/=%]*", re.IGNORECASE)
_AUTOLINK: Final = re.compile(
    r"<((?:https?|mailto|tel):[^<>\s]{1,2000}|[\w.+-]{1,64}@[\w.-]{1,250})>"
)
_INLINE_CODE: Final = re.compile(r"`[^`\n]+`")
_FENCE: Final = re.compile(r"[ ]{0,3}(`{3,}|~{3,})")
_KEPT: Final = re.compile("\x02(\\d+)\x03")
_PICTURE: Final = re.compile(r"!\[([^\]\n]{0,300})\](?:\([^()\n]{0,2000}\)|\[[^\]\n]{0,100}\])")
_LINK: Final = re.compile(
    r"(?<!!)\[([^\[\]\n]{0,500})\]\(\s*<?([^()\n]{0,2000}(?:\([^()\n]{0,500}\))?[^()\n]{0,200})\)"
)
_DEFINITION: Final = re.compile(
    r"^[ ]{0,3}\[([^\]\n@]{1,100})\]:[ \t]*<?(\S{1,2000})[^\n]*\n?", re.MULTILINE
)
_BARE: Final = re.compile(
    r"<\s*((?:javascript|vbscript|data|file):[^<>\n]{0,2000})>", re.IGNORECASE
)
_CONTROLS: Final = ("a control or hidden character", "control or hidden characters")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A text as it may be kept, and what was taken out of it."""

    text: str
    taken: tuple[Taken, ...] = ()


def cleaned(text: str) -> Cleaned:
    """A pasted or typed text as plain Markdown, with what was taken out of it."""
    tally = Tally()
    found = _printable(text, tally)
    if "data:" in found.lower():
        found = _DATA_ATTRIBUTE.sub('=""', found)
        found = _DATA.sub("data:", found)
    if len(found) > MOST:
        return Cleaned(found, tally.taken())
    for _ in range(_PASSES):
        before = found
        found = _pass(found, tally)
        if found == before:
            break
    return Cleaned(found, tally.taken())


def _printable(text: str, tally: Tally) -> str:
    lines = normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = lines.replace("\u2028", "\n").replace("\u2029", "\n")
    if lines.isascii() and lines.replace("\n", "").replace("\t", "").isprintable():
        return lines
    kept = "".join(
        mark
        for mark in lines
        if mark in "\n\t" or (mark not in _HIDDEN and category(mark) not in {"Cc", "Cs"})
    )
    tally.add(_CONTROLS, count=len(lines) - len(kept))
    return kept


def _pass(text: str, tally: Tally) -> str:
    kept: list[str] = []
    shown = _set_aside(text, kept)
    if TAG.search(shown):
        shown = from_html(shown, tally)
    shown = _links(shown, tally)
    return _KEPT.sub(lambda match: kept[int(match[1])], shown)


def _set_aside(text: str, kept: list[str]) -> str:
    """The text with code, escaped marks and plain addresses replaced by numbers."""

    def keep(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\x02{len(kept) - 1}\x03"

    parts: list[str] = []
    fence, inside = "", list[str]()
    for line in text.split("\n"):
        opening = _FENCE.match(line)
        if not fence and opening is not None:
            fence, inside = opening[1], [line]
        elif fence:
            inside.append(line)
            if opening is not None and opening[1].startswith(fence) and not line.strip(" `~"):
                kept.append("\n".join(inside))
                parts.append(f"\x02{len(kept) - 1}\x03")
                fence = ""
        else:
            parts.append(line)
    if fence:
        parts.extend(inside)
    shown = _INLINE_CODE.sub(keep, "\n".join(parts))
    shown = re.sub(r"\\<", keep, shown)
    return _AUTOLINK.sub(keep, shown)


# Markdown --------------------------------------------------------------------------------------


def _links(text: str, tally: Tally) -> str:
    def picture(match: re.Match[str]) -> str:
        tally.add(PICTURE, match[1])
        return match[1]

    def link(match: re.Match[str]) -> str:
        address = match[2].split(">")[0].strip()
        if not address or leads_somewhere(address):
            return match[0]
        tally.add(LINKS, address)
        return match[1]

    def definition(match: re.Match[str]) -> str:
        if leads_somewhere(match[2]):
            return match[0]
        tally.add(LINKS, match[2])
        return ""

    def bare(match: re.Match[str]) -> str:
        tally.add(LINKS, match[1])
        return ""

    steps: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
        (_PICTURE, picture),
        (_LINK, link),
        (_DEFINITION, definition),
        (_BARE, bare),
    )
    for pattern, change in steps:
        text = pattern.sub(change, text)
    return text
