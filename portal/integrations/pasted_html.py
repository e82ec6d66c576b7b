"""HTML of Word and of web pages as Markdown, with a tally of what is taken out of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Final

import nh3
from bs4 import BeautifulSoup, Tag
from bs4.element import PreformattedString
from markdownify import ATX, MarkdownConverter

_DEEPEST: Final = 300
_WHOLETAG: Final = re.compile(r"<(/?)([a-zA-Z][^\s<>/]{0,40})[^<>]{0,8000}>")
_INSTRUCTION: Final = re.compile(r"<[!?][^<>]{0,2000}>")
_PROGRAM: Final = re.compile(
    r"<(script|style)\b[^<>]{0,8000}>[^<]{0,100000}</\1\s{0,9}>", re.IGNORECASE
)
_ROW_BREAK: Final = re.compile(r"<br\s{0,9}/?>", re.IGNORECASE)
_VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source"]
)
TAG: Final = re.compile(
    r"<(?:!--|!\[|!doctype|\?xml|/?(?:[a-z][a-z0-9]{0,9}:[a-z][a-z0-9]*|abbr|address|area|article"
    r"|aside|audio|base|big|blockquote|body|br|button|canvas|caption|center|cite|code|col|colgroup"
    r"|dd|del|details|div|dl|dt|em|embed|fieldset|figcaption|figure|font|footer|form|frame|frameset"
    r"|h[1-6]|head|header|hr|html|iframe|img|input|ins|label|legend|li|link|main|mark|math|meta"
    r"|nav|noscript|object|ol|option|param|picture|pre|samp|script|section|select|small"
    r"|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot"
    r"|th|thead|title|tr|tt|ul|video|wbr|xml)(?=[\s/>])[^<>]{0,8000}>"
    # Letters alone may be a formula: a<b and c>d.
    r"|/?[abipqsu](?:\s{0,99}/?>|\s[^<>=]{0,200}=[^<>]{0,8000}>))",
    re.IGNORECASE,
)
_SAFE: Final = re.compile(r"(?:https?://|mailto:|tel:|/(?!/)|#)", re.IGNORECASE)
_BULLET: Final = re.compile(r"^[\s\xa0]*(?:[·•▪§o\uf0b7\uf0a7-]|(\d{1,3}|[a-z])[.)])[\s\xa0]+")
_GAPS: Final = re.compile(r"\n[ \t\xa0]*(?:\n[ \t\xa0]*)+\n")
PICTURE: Final = ("a picture", "pictures")
# Elements that go with all that is in them, and what they are called.
_GONE: Final = {
    "script": ("a script", "scripts"),
    "style": ("a style sheet", "style sheets"),
    "xml": ("a block of Word's settings", "blocks of Word's settings"),
    "svg": ("a drawing", "drawings"),
    "math": ("a formula", "formulas"),
    "img": PICTURE,
    "picture": PICTURE,
    "iframe": ("a frame with another page", "frames with other pages"),
    "frame": ("a frame with another page", "frames with other pages"),
    "object": ("an embedded object", "embedded objects"),
    "embed": ("an embedded object", "embedded objects"),
    "audio": ("a sound", "sounds"),
    "video": ("a film", "films"),
    "canvas": ("a drawing", "drawings"),
    "template": ("a hidden part", "hidden parts"),
    "noscript": ("a hidden part", "hidden parts"),
    "head": ("the page's head", "heads of pages"),
    "title": ("the page's title", "titles of pages"),
    "input": ("a form field", "form fields"),
    "button": ("a button", "buttons"),
    "select": ("a form field", "form fields"),
    "textarea": ("a form field", "form fields"),
}
_SILENT: Final = ("meta", "link", "base", "param", "source", "col", "colgroup", "wbr", "area")
_PLAIN: Final = (
    *("a", "b", "blockquote", "br", "code", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3"),
    *("h4", "h5", "h6", "hr", "i", "li", "ol", "p", "pre", "strong", "table", "tbody", "td"),
    *("tfoot", "th", "thead", "tr", "ul"),
)
_ACTIONS: Final = ("an instruction that runs by itself", "instructions that run by themselves")
_WORD: Final = ("a mark of Word", "marks of Word")
_LOOKS: Final = (
    "an element's own look (colour, font, class)",
    "elements' own looks (colour, font, class)",
)
_NOTES: Final = ("a hidden comment", "hidden comments")
_TABLES: Final = ("the layout of a table (its text stays)", "layouts of tables (their text stays)")
_TAGS: Final = ("HTML marks: the text is Markdown now", "HTML marks")


LINKS: Final = (
    "a link that runs a program or leads nowhere",
    "links that run a program or lead nowhere",
)
_EXAMPLE: Final = 60


@dataclass(frozen=True, slots=True)
class Taken:
    """One kind of thing that was taken out: how many, in words, and the beginning of the first."""

    words: str
    count: int
    example: str = ""


@dataclass(slots=True)
class Tally:
    """Counts what is taken out, by its words."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)

    def add(self, words: tuple[str, str], example: str = "", count: int = 1) -> None:
        """One more, with what it was."""
        if not count:
            return
        self.counts[words] = self.counts.get(words, 0) + count
        said = " ".join(example.split())
        if said and words not in self.examples:
            self.examples[words] = said[:_EXAMPLE] + ("…" if len(said) > _EXAMPLE else "")

    def taken(self) -> tuple[Taken, ...]:
        """Everything, in the order in which it was met."""
        return tuple(
            Taken(
                words[0] if count == 1 else f"{count:,} {words[1]}",
                count,
                self.examples.get(words, ""),
            )
            for words, count in self.counts.items()
        )


class _Converter(MarkdownConverter):
    """Text outside of every element is Markdown already and stays as it is."""

    def process_text(self, el: Any, parent_tags: Any = None) -> str:
        """Text of an element, so that its less-than signs are no marks."""
        if el.parent is not None and el.parent.name == "[document]":
            return str(el)
        said: str = super().process_text(el, parent_tags)  # type: ignore[misc]
        said = said.replace("\xa0", " ")
        return (
            said
            if "_noformat" in (parent_tags or ())
            else re.sub(r"<(?=[a-zA-Z/!?])", r"\\<", said)
        )


def from_html(text: str, tally: Tally) -> str:
    """A text that has HTML in it as Markdown; what stands outside of elements stays."""
    text, depth = _whole_tags(_without_notes(text, tally))
    if _TAGS not in tally.counts:
        tally.add(_TAGS)
    try:
        made = _words_alone(text) if depth > _DEEPEST else _converted(text, tally)
    except RecursionError:
        made = _words_alone(text)
    return _GAPS.sub("\n\n", made).strip("\n")


def _converted(text: str, tally: Tally) -> str:
    soup = BeautifulSoup(text, "html.parser")
    _strip(soup, tally)
    safe = nh3.clean(
        str(soup),
        tags=set(_PLAIN),
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    converter = _Converter(
        heading_style=ATX,
        bullets="-",
        escape_asterisks=False,
        escape_underscores=False,
        table_infer_header=True,
        strip_document=None,
    )
    return str(converter.convert(safe))


def _words_alone(text: str) -> str:
    """Of elements within elements without end only the words are kept."""
    return unescape(_WHOLETAG.sub("", _PROGRAM.sub("", text)))


def _without_notes(text: str, tally: Tally) -> str:
    """The text without comments, Word's conditions and what is said to a parser."""
    parts, place = list[str](), 0
    while (begin := text.find("<!--", place)) >= 0:
        end = text.find("-->", begin + 4)
        parts.append(text[place:begin])
        if end < 0:
            place = begin + 4
            parts.append(text[place:])
            place = len(text)
            break
        tally.add(_NOTES, text[begin + 4 : end][:200])
        place = end + 3
    parts.append(text[place:])
    plain, count = _INSTRUCTION.subn("", "".join(parts))
    tally.add(_WORD, count=count)
    return plain


def _whole_tags(text: str) -> tuple[str, int]:
    """The text in which only whole tags begin with a less-than sign; how deep they stand."""
    parts, place, depth, deepest = list[str](), 0, 0, 0
    for match in _WHOLETAG.finditer(text):
        parts += [text[place : match.start()].replace("<", "&lt;"), match[0]]
        place = match.end()
        if match[2].lower() not in _VOID:
            depth = max(0, depth - 1) if match[1] else depth + 1
            deepest = max(deepest, depth)
    parts.append(text[place:].replace("<", "&lt;"))
    lines = "".join(parts).split("\n")
    rows = (_ROW_BREAK.sub(" ", line) if line.startswith("|") else line for line in lines)
    return "\n".join(rows), deepest


def _strip(soup: BeautifulSoup, tally: Tally) -> None:
    for note in soup.find_all(string=lambda said: isinstance(said, PreformattedString)):
        note.extract()
    for element in soup.find_all(list(_SILENT)):
        element.unwrap()
    for element in soup.find_all():
        if element.decomposed or element.parent is None:
            continue
        name = str(element.name)
        if name in _GONE:
            tally.add(_GONE[name], _said_of(element))
            element.decompose()
            continue
        _count_looks(element, name, tally)
        if name == "a":
            _check_link(element, tally)
        elif name == "table":
            _flatten(element, tally)
        elif ":" in name:
            element.unwrap()


def _said_of(element: Tag) -> str:
    """A picture's words, or what a script says."""
    return str(element.get("alt") or element.get_text() or element.get("src") or "")


def _count_looks(element: Tag, name: str, tally: Tally) -> None:
    attributes = {key.lower(): value for key, value in element.attrs.items()}
    for action, said in attributes.items():
        if action.startswith("on"):
            tally.add(_ACTIONS, f"{action}={said}")
    classes = " ".join(element.get_attribute_list("class")) if "class" in attributes else ""
    if ":" in name or "mso" in f"{classes}{attributes.get('style', '')}".lower():
        tally.add(_WORD, name if ":" in name else classes)
    elif {"style", "class", "color", "face", "bgcolor"} & attributes.keys():
        tally.add(_LOOKS)
    if classes.lower().startswith("msolistparagraph"):
        _as_item(element)


def _check_link(element: Tag, tally: Tally) -> None:
    address = str(element.get("href") or "")
    if leads_somewhere(address):
        return
    if address:
        tally.add(LINKS, address)
    element.unwrap()


def _flatten(table: Tag, tally: Tally) -> None:
    if table.find("table") or table.find(["td", "th"], attrs={"colspan": True}):
        tally.add(_TABLES)
    if table.find_parent("table"):
        table.unwrap()


def _as_item(element: Tag) -> None:
    """A paragraph that Word draws as an item of a list, as one."""
    words = element.get_text()
    found = _BULLET.match(words)
    for mark in element.find_all(style=re.compile(r"mso-list:\s*ignore", re.IGNORECASE)):
        mark.decompose()
    if found is None:
        return
    if element.get_text() == words:
        first = element.find(string=True)
        if first is not None:
            first.replace_with(_BULLET.sub("", str(first)))
    element.insert(0, "1. " if found[1] else "- ")


def leads_somewhere(address: str) -> bool:
    """Whether an address may be followed: a site, mail, a telephone, a place in the portal."""
    plain = "".join(mark for mark in unescape(address) if mark > " ")
    return _SAFE.match(plain) is not None
