"""A text with its facts and sources, read once for every kind of document that is made of it.

What is shown comes from `markdown`, so a page, a PDF, a Word document and slides say the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from markdown_it.token import Token
from markupsafe import Markup

from portal.integrations.markdown import parse, render

_GAP: Final = re.compile(r"_{4,}")
_TICK: Final = re.compile(r"\[([ xX])\][ \u00a0]")
# What breaks the XML of a document: control characters, lone surrogates and non-characters.
_UNWRITABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_HERE: Final = re.compile(r'(<a [^<>]*?href=")/')
_VOID: Final = re.compile(r"<(br|hr)((?: [^<>]*)?)>")
_LOOKS: Final = frozenset(
    f"{name}_{end}" for name in ("strong", "em", "link") for end in ("open", "close")
)
_BOXES: Final = {
    "\u2610": (
        '<svg xmlns="http://www.w3.org/2000/svg" class="box" viewBox="0 0 12 12">'
        "<title>Box to tick</title>"
        '<rect x="1" y="1" width="10" height="10" fill="none" stroke="#14252b"/></svg>'
    ),
    "\u2611": (
        '<svg xmlns="http://www.w3.org/2000/svg" class="box" viewBox="0 0 12 12">'
        "<title>Ticked</title>"
        '<path d="M1 1h10v10H1zM3 6l2.5 2.5L9.5 3.5" fill="none" stroke="#14252b"/></svg>'
    ),
}


@dataclass(frozen=True, slots=True)
class Reference:
    """A source, by the number under which the text cites it."""

    number: int
    title: str
    publisher: str
    year: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """What every document of a resource says.

    ``facts`` are names with values under the title; ``base`` is the portal's public address
    without a slash at its end, ``address`` that of the page. Days are London's.
    """

    title: str
    summary: str
    kind: str
    body: str
    facts: tuple[tuple[str, str], ...]
    references: tuple[Reference, ...]
    author: str
    written_on: date
    review_by: date
    base: str
    address: str
    keywords: str = ""
    illustrative: bool = False

    @property
    def small_print(self) -> str:
        """What stands at the end of everything that is taken away."""
        day = f"{self.review_by.day} {self.review_by:%B %Y}"
        return (
            f"Written by {self.author}. To be looked at again by {day}: after that day, look "
            "for a newer version on its page before you rely on it. General information, not "
            "legal advice: for advice on rights at work, ask Acas."
        )


ILLUSTRATIVE: Final = (
    "Illustrative example: people, businesses and figures in it are invented, unless a source is "
    "named."
)


@dataclass(frozen=True, slots=True)
class Run:
    """Some words that look and lead the same.

    ``source`` is the number of a source that is cited here, ``is_gap`` a line to fill in,
    ``is_break`` the end of a line.
    """

    text: str = ""
    strong: bool = False
    emphasis: bool = False
    code: bool = False
    href: str = ""
    source: int = 0
    is_gap: bool = False
    is_break: bool = False


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 2, 3 or 4: the title is level 1."""

    level: int
    runs: Runs


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Words in a paragraph of their own."""

    runs: Runs


@dataclass(frozen=True, slots=True)
class Item:
    """An item of a list; ``box`` says whether its box is ticked, None where there is none."""

    blocks: tuple[Block, ...]
    box: bool | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list; ``start`` is the first number of one that is numbered, else None."""

    items: tuple[Item, ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """Text that stands apart."""

    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: its heads, then its rows."""

    head: tuple[Runs, ...]
    rows: tuple[tuple[Runs, ...], ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """A line between two parts."""


Block = Heading | Paragraph | Listing | Quote | Grid | Rule


def words_of(runs: Sequence[Run]) -> str:
    """The plain words of runs, without the numbers of sources."""
    said = ("____" if run.is_gap else " " if run.is_break else run.text for run in runs)
    return "".join(said).strip()


def blocks_of(paper: Paper) -> tuple[Block, ...]:
    """The text in its parts, for a document that is not HTML."""
    return _Reader(parse(_UNWRITABLE.sub("", paper.body)), paper.base).blocks()


def numbers_of(body: str) -> tuple[str, ...]:
    """The keys of the sources that a text cites: the first is number 1."""
    return render(body).cited


def clean(text: str) -> str:
    """A text without what an XML document cannot hold."""
    return _UNWRITABLE.sub("", text)


def printed(paper: Paper) -> Markup:
    """The text as well-formed HTML for print: addresses in full, boxes drawn, nothing to fetch."""
    html = str(render(_UNWRITABLE.sub("", paper.body)).html)
    html = _HERE.sub(rf"\g<1>{paper.base}/", html).replace("&nbsp;", "&#160;")
    html = _VOID.sub(r"<\1\2/>", html)
    for letter, drawing in _BOXES.items():
        html = html.replace(letter, drawing)
    return Markup(html)  # noqa: S704 - cleaned by render, and only the above put in since


class _Reader:
    """Walks through tokens once, from the first to the last."""

    def __init__(self, tokens: Sequence[Token], base: str) -> None:
        self._tokens = tokens
        self._at = 0
        self._base = base
        self._numbers: dict[str, int] = {}

    def blocks(self, until: str = "") -> tuple[Block, ...]:
        """The blocks up to the token that ends them, which is passed."""
        found: list[Block] = []
        openers: dict[str, Callable[[Token], Block]] = {
            "heading_open": self._heading,
            "paragraph_open": self._paragraph,
            "bullet_list_open": self._listing,
            "ordered_list_open": self._listing,
            "blockquote_open": lambda _: Quote(self.blocks("blockquote_close")),
            "table_open": lambda _: self._grid(),
            "hr": lambda _: Rule(),
            "fence": self._letters,
            "code_block": self._letters,
        }
        while self._at < len(self._tokens):
            token = self._next()
            if token.type == until:
                break
            if token.type in openers:
                found.append(openers[token.type](token))
        return tuple(found)

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _heading(self, token: Token) -> Heading:
        return Heading(min(max(int(token.tag[1]), 2), 4), self._inline())

    def _paragraph(self, _token: Token) -> Paragraph:
        return Paragraph(self._inline())

    @staticmethod
    def _letters(token: Token) -> Paragraph:
        lines = token.content.rstrip("\n").split("\n")
        runs: list[Run] = []
        for line in lines:
            runs += [Run(line, code=True), Run(is_break=True)]
        return Paragraph(tuple(runs[:-1]))

    def _inline(self) -> Runs:
        """The runs of the inline token that comes next; the closing token is passed too."""
        token = self._next()
        self._next()
        return tuple(self._runs(token.children or ()))

    def _listing(self, token: Token) -> Listing:
        numbered = token.type.startswith("ordered")
        items: list[Item] = []
        while True:
            one = self._next()
            if one.type.endswith("list_close"):
                start = token.attrGet("start")
                return Listing(tuple(items), int(start or 1) if numbered else None)
            if one.type == "list_item_open":
                items.append(_with_box(self.blocks("list_item_close")))

    def _grid(self) -> Grid:
        rows: list[tuple[Runs, ...]] = []
        row: list[Runs] = []
        while True:
            token = self._next()
            if token.type == "table_close":
                return Grid(rows[0], tuple(rows[1:]))
            if token.type == "tr_open":
                row = []
            elif token.type in {"th_open", "td_open"}:
                row.append(self._inline())
            elif token.type == "tr_close":
                rows.append(tuple(row))

    def _runs(self, children: Sequence[Token]) -> Iterator[Run]:
        look = Run()
        for child in children:
            if child.type in _LOOKS:
                look = self._look(child, look)
            elif child.type == "cite":
                number = self._numbers.setdefault(child.content, len(self._numbers) + 1)
                yield Run(str(number), source=number)
            elif child.type == "code_inline":
                yield replace(look, text=child.content, code=True)
            elif child.type == "hardbreak":
                yield Run(is_break=True)
            elif child.type == "softbreak":
                yield replace(look, text=" ")
            elif child.type == "text":
                yield from self._text(child.content, look)

    def _look(self, mark: Token, look: Run) -> Run:
        """How words look from this mark on."""
        begins = mark.type.endswith("_open")
        if mark.type.startswith("strong"):
            return replace(look, strong=begins)
        if mark.type.startswith("em"):
            return replace(look, emphasis=begins)
        href = self._absolute(str(mark.attrGet("href") or "")) if begins else ""
        return replace(look, href=href)

    @staticmethod
    def _text(content: str, look: Run) -> Iterator[Run]:
        for place, part in enumerate(_GAP.split(content)):
            if place:
                yield replace(look, text="", is_gap=True)
            if part:
                yield replace(look, text=part)

    def _absolute(self, address: str) -> str:
        if address.startswith("#"):
            return ""
        return f"{self._base}{address}" if address.startswith("/") else address


def _with_box(blocks: tuple[Block, ...]) -> Item:
    """An item, with the mark of a box at its beginning taken off and remembered."""
    first = blocks[0] if blocks else None
    if not isinstance(first, Paragraph) or not first.runs:
        return Item(blocks)
    found = _TICK.match(first.runs[0].text)
    if found is None:
        return Item(blocks)
    opening = replace(first.runs[0], text=first.runs[0].text[found.end() :])
    rest = (Paragraph((opening, *first.runs[1:])), *blocks[1:])
    return Item(rest, box=found[1] != " ")
