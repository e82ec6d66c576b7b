"""Markdown as safe HTML: what people write in the portal, on pages and in documents.

HTML inside Markdown is not taken: it is shown as the letters it is made of. What comes out is
cleaned once more against a list of allowed elements, so that a fault in one is not a hole.

Beyond CommonMark and tables: ``[@key]`` cites a source by number, ``- [ ]`` is a box to tick and
four underscores or more are a line to fill in. Headings begin at level 2, below a page's title.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from unicodedata import normalize

import nh3
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markupsafe import Markup, escape

_SHARED: Final = {"class"}
_ATTRIBUTES: Final[Mapping[str, set[str]]] = {
    "a": {"href", "class", "id"},
    "blockquote": _SHARED,
    "br": set(),
    "code": set(),
    "div": {"aria-label", "class", "role", "tabindex"},
    "em": set(),
    "h2": {"class", "id"},
    "h3": {"class", "id"},
    "h4": {"class", "id"},
    "hr": _SHARED,
    "li": _SHARED,
    "ol": {"class", "start"},
    "p": _SHARED,
    "pre": set(),
    "span": _SHARED,
    "strong": set(),
    "sup": _SHARED,
    "table": _SHARED,
    "tbody": _SHARED,
    "td": _SHARED,
    "th": {"class", "scope"},
    "thead": _SHARED,
    "tr": _SHARED,
    "ul": _SHARED,
}
_CLASSES: Final[Mapping[str, str]] = {
    "paragraph_open": "govuk-body",
    "bullet_list_open": "govuk-list govuk-list--bullet",
    "ordered_list_open": "govuk-list govuk-list--number",
    "blockquote_open": "govuk-inset-text",
    "table_open": "govuk-table",
    "thead_open": "govuk-table__head",
    "tbody_open": "govuk-table__body",
    "tr_open": "govuk-table__row",
    "th_open": "govuk-table__header",
    "td_open": "govuk-table__cell",
    "hr": "govuk-section-break govuk-section-break--visible govuk-section-break--m",
    "link_open": "govuk-link",
}
_HEADINGS: Final = {2: "govuk-heading-m", 3: "govuk-heading-s", 4: "govuk-heading-s"}
_CITATION: Final = re.compile(r"\[@([a-z0-9][a-z0-9_-]{0,59})\]")
_GAP: Final = re.compile(r"_{4,}")
_TICK: Final = re.compile(r"\[([ xX])\][ \u00a0]")
_BREAKS: Final = {"softbreak": " ", "hardbreak": " "}
_UNTICKED: Final = "\u2610 "
_TICKED: Final = "\u2611 "
# Addresses beyond these are shown as letters and lead nowhere.
_ADDRESS: Final = re.compile(r"(?:https?://|mailto:|tel:|/(?!/)|#)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a text that begins with a heading of level 2; the first may have none."""

    key: str
    title: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Written:
    """A text as safe HTML, in its sections, with the keys of what it cites in their order."""

    sections: tuple[Section, ...]
    cited: tuple[str, ...]

    @property
    def html(self) -> Markup:
        """The whole text."""
        return Markup().join(section.html for section in self.sections)


def heading_key(title: str) -> str:
    """The name under which a heading is found in an address: ``before-you-start``."""
    plain = normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80] or "part"


def render(body: str) -> Written:
    """A text as safe HTML. Nothing that is typed is an error."""
    env: dict[str, Any] = {"numbers": {}, "keys": {}}
    tokens = _parser().parse(body, env)
    _prepare(tokens, env)
    sections = []
    for title, part in _parts(tokens):
        raw = _parser().renderer.render(part, _parser().options, env)
        key = str(part[0].attrGet("id") or "") if title else ""
        sections.append(Section(key, title, _safe(raw)))
    return Written(tuple(sections), tuple(env["numbers"]))


def plain_text(body: str) -> str:
    """The words of a text without its marks: for searching and for counting."""
    words: list[str] = []
    for token in parse(body):
        if token.type == "inline":
            said = (
                child.content
                if child.type in {"text", "code_inline"}
                else _BREAKS.get(child.type, "")
                for child in token.children or ()
            )
            words.append("".join(said))
        elif token.type in {"fence", "code_block"}:
            words.append(token.content)
    return re.sub(r"\s+", " ", _GAP.sub(" ", " ".join(words))).strip()


def parse(body: str) -> list[Token]:
    """The text's tokens, for documents that are made of it; ``cite`` tokens hold a key."""
    return _parser().parse(body, {"numbers": {}, "keys": {}})


def _safe(raw: str) -> Markup:
    return Markup(  # noqa: S704 - cleaned here, against the list above
        nh3.clean(
            raw,
            tags=set(_ATTRIBUTES),
            attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
            url_schemes={"http", "https", "mailto", "tel"},
            link_rel="noopener noreferrer",
        )
    )


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    parser.validateLink = _leads_somewhere  # type: ignore[method-assign,assignment]
    parser.inline.ruler.before("link", "cite", _cite)
    parser.add_render_rule("cite", _render_cite)
    parser.add_render_rule("text", _render_text)
    parser.add_render_rule("table_open", _render_table)
    parser.add_render_rule("table_close", lambda *_parts: "</table></div>\n")
    return parser


def _leads_somewhere(address: str) -> bool:
    return _ADDRESS.match(address.strip()) is not None


def _cite(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's signature
    found = _CITATION.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("cite", "", 0).content = found[1]
    state.pos = found.end()
    return True


def _render_cite(
    _renderer: Any, tokens: Sequence[Token], index: int, _options: Any, env: dict[str, Any]
) -> str:
    key = tokens[index].content
    number = env["numbers"].setdefault(key, len(env["numbers"]) + 1)
    return (
        f'<sup class="app-cite"><a class="govuk-link" href="#source-{number}">'
        f'<span class="govuk-visually-hidden">Source </span>{number}</a></sup>'
    )


def _render_text(
    _renderer: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any
) -> str:
    said = str(escape(tokens[index].content))
    return _GAP.sub('<span class="app-fill">____________</span>', said)


def _render_table(
    renderer: Any, tokens: Sequence[Token], index: int, options: Any, env: dict[str, Any]
) -> str:
    """A table may be wider than a phone: its frame scrolls, and the keyboard reaches it."""
    env["tables"] = env.get("tables", 0) + 1
    table = renderer.renderToken(tokens, index, options, env)
    return (
        f'<div class="app-scroll" tabindex="0" role="region" aria-label="Table {env["tables"]}">'
        f"{table}"
    )


def _prepare(tokens: list[Token], env: dict[str, Any]) -> None:
    """Classes, headings that fit below a page's title, and boxes to tick."""
    for place, token in enumerate(tokens):
        if token.type in {"heading_open", "heading_close"}:
            level = min(max(int(token.tag[1]), 2), 4)
            token.tag = f"h{level}"
            if token.type == "heading_open":
                token.attrs["class"] = _HEADINGS[level]
                token.attrs["id"] = _unused(heading_key(_words(tokens[place + 1])), env["keys"])
        elif token.type in _CLASSES:
            token.attrs["class"] = _CLASSES[token.type]
        if token.type == "th_open":
            token.attrs["scope"] = "col"
        token.attrs.pop("style", None)
        if token.type == "inline":
            for child in token.children or ():
                if child.type in _CLASSES:
                    child.attrs["class"] = _CLASSES[child.type]
            if place > 1 and tokens[place - 2].type == "list_item_open":
                _tick(token, tokens[place - 2])


def _tick(inline: Token, item: Token) -> None:
    first = next(iter(inline.children or ()), None)
    if first is None or first.type != "text":
        return
    found = _TICK.match(first.content)
    if found is not None:
        mark = _UNTICKED if found[1] == " " else _TICKED
        first.content = mark + first.content[found.end() :]
        item.attrs["class"] = "app-tick"


def _words(inline: Token) -> str:
    return "".join(child.content for child in inline.children or () if child.type != "cite")


def _unused(key: str, taken: dict[str, int]) -> str:
    taken[key] = taken.get(key, 0) + 1
    return key if taken[key] == 1 else f"{key}-{taken[key]}"


def _parts(tokens: list[Token]) -> Iterator[tuple[str, list[Token]]]:
    """The tokens of each section, with its title; a heading inside a list or quote opens none."""
    title, part = "", list[Token]()
    for place, token in enumerate(tokens):
        if token.type == "heading_open" and token.tag == "h2" and token.level == 0:
            if part:
                yield title, part
            title, part = _words(tokens[place + 1]), []
        part.append(token)
    if part:
        yield title, part
