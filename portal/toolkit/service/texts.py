"""A resource's text as a page shows it: its parts, and its sources by number."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from portal.integrations.markdown import render
from portal.toolkit.rules.content import Source


@dataclass(frozen=True, slots=True)
class Part:
    """A part that begins with a heading of level 2 (the first may have none), as safe HTML."""

    key: str
    title: str
    html: Markup


@dataclass(frozen=True, slots=True)
class Text:
    """A whole text, and the sources it cites; the first is number 1."""

    parts: tuple[Part, ...]
    sources: tuple[Source, ...]

    @property
    def opening(self) -> tuple[Part, ...]:
        """What stands before the first heading."""
        return tuple(part for part in self.parts if not part.key)

    @property
    def headed(self) -> tuple[Part, ...]:
        """The parts that have a heading."""
        return tuple(part for part in self.parts if part.key)


def text_of(body: str, sources: Iterable[Source]) -> Text:
    """Markdown as parts, with the sources that it cites. Nothing that is written is an error."""
    written = render(body)
    known = {source.key: source for source in sources}
    return Text(
        parts=tuple(Part(each.key, each.title, each.html) for each in written.sections),
        sources=tuple(known[key] for key in written.cited if key in known),
    )
