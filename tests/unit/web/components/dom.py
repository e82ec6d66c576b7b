"""Normalised DOM: what a browser would make of two pieces of markup, without the whitespace."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

VOID = {"area", "br", "col", "embed", "hr", "img", "input", "link", "meta", "path", "source", "wbr"}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.events: list[Any] = []
        self.text = ""

    def flush(self) -> None:
        words = " ".join(self.text.split())
        if words:
            self.events.append(words)
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.flush()
        pairs = {}
        for name, value in attrs:
            text = value or ""
            pairs[name] = tuple(sorted(set(text.split()))) if name == "class" else text
        self.events.append((tag, tuple(sorted(pairs.items()))))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self.flush()
        if tag not in VOID:
            self.events.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self.text += data


def normalise(markup: str) -> list[Any]:
    reader = _Reader()
    reader.feed(str(markup))
    reader.close()
    reader.flush()
    return reader.events
