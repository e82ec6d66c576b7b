"""Resources as files: Markdown below a block of facts in YAML, as the portal comes with them.

::

    ---
    key: keep-hours-when-promoted        # the address; never changes
    format: guide
    title: Promote people without adding hours
    summary: One or two sentences.
    audiences: [managers, hr]
    dimensions: [progression]
    practices: [one-up-one-in]
    sectors: [retail]                    # leave out for every sector; sizes likewise
    illustrative: true                   # invented people, businesses or figures
    review_by: 2027-11-22
    sources: [timewise-2019]             # keys of data/sources.yaml, or whole sources
    downloads: [docx]
    ---
    The text. [@timewise-2019]
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

from portal.toolkit.rules.content import Content, Source, faults, minutes_to_read
from portal.toolkit.rules.words import FORMATS

FOLDER: Final = Path(__file__).parent.parent / "content"
_SOURCES: Final = FOLDER.parent / "data" / "sources.yaml"
AUTHOR: Final = "Part-Time Talent Portal"
_KNOWN: Final = frozenset(
    [
        "key",
        "format",
        "title",
        "summary",
        "audiences",
        "dimensions",
        "practices",
        "sectors",
        "sizes",
        "illustrative",
        "minutes",
        "review_by",
        "sources",
        "downloads",
        "workbook",
        "author",
    ]
)


class ContentError(ValueError):
    """A file that says something wrong; the message names the file and what to mend."""


@dataclass(frozen=True, slots=True)
class SeedResource:
    """One resource that the portal comes with."""

    key: str
    format: str
    content: Content
    digest: str


def read_folder(folder: Path = FOLDER) -> list[SeedResource]:
    """Every resource of a folder, by name of file.

    Raises:
        ContentError: for the first file that is wrong, or a key that is there twice.
    """
    found: dict[str, SeedResource] = {}
    for path in sorted(folder.glob("*.md")):
        one = read_text(path.read_text(encoding="utf-8"), name=path.name)
        if one.key in found or one.key != path.stem:
            raise ContentError(f"{path.name}: the key must be the file's name, and there once")
        found[one.key] = one
    return list(found.values())


def read_text(text: str, *, name: str) -> SeedResource:
    """One resource from the text of its file.

    Raises:
        ContentError: when a fact is missing, unknown or wrong.
    """
    if not text.startswith("---\n") or "\n---\n" not in text:
        raise ContentError(f"{name}: it begins with a block of facts between two lines of ---")
    head, _, body = text[4:].partition("\n---\n")
    try:
        facts = yaml.safe_load(head)
    except yaml.YAMLError as error:
        raise ContentError(f"{name}: the facts are not YAML: {error}") from error
    if not isinstance(facts, Mapping):
        raise ContentError(f"{name}: the facts are not names with values")
    unknown = set(facts) - _KNOWN
    if unknown:
        raise ContentError(f"{name}: nobody knows the fact {min(unknown)!r}")
    try:
        content, kind = _content(facts, body.strip() + "\n"), str(facts["format"])
    except (KeyError, TypeError, ValueError) as error:
        raise ContentError(f"{name}: {error!r} is missing or wrong") from error
    if kind not in FORMATS:
        raise ContentError(f"{name}: there is no format {kind!r}")
    wrong = faults(content, kind=kind)
    if wrong:
        raise ContentError(f"{name}: {wrong[0].message} ({wrong[0].field})")
    digest = hashlib.sha256(f"{text}\n{[str(one) for one in content.sources]}".encode()).hexdigest()
    return SeedResource(str(facts["key"]), kind, content, digest)


def _content(facts: Mapping[str, Any], body: str) -> Content:
    review_by = facts["review_by"]
    if not isinstance(review_by, date):
        raise TypeError("review_by")
    return Content(
        title=str(facts["title"]),
        summary=str(facts["summary"]),
        body=body,
        author=str(facts.get("author", AUTHOR)),
        minutes=int(facts.get("minutes") or minutes_to_read(len(body.split()))),
        review_by=review_by,
        illustrative=bool(facts.get("illustrative", False)),
        workbook=facts.get("workbook"),
        sources=tuple(_sources(facts.get("sources") or ())),
        **{
            name: tuple(str(one) for one in facts.get(name) or ())
            for name in ("audiences", "dimensions", "practices", "sectors", "sizes", "downloads")
        },
    )


def _sources(listed: Any) -> Iterator[Source]:
    for one in listed:
        facts = _shared_sources()[one] if isinstance(one, str) else one
        yield Source(
            key=str(facts["key"]),
            title=str(facts["title"]),
            publisher=str(facts["publisher"]),
            year=int(facts["year"]),
            url=str(facts.get("url") or ""),
        )


@cache
def _shared_sources() -> Mapping[str, Mapping[str, Any]]:
    rows = yaml.safe_load(_SOURCES.read_text(encoding="utf-8"))
    return {row["key"]: row for row in rows}
