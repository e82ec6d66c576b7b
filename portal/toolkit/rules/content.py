"""What a version of a resource says, and what is wrong with it before it may be kept."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from portal.kernel.result import Problem
from portal.toolkit.rules import workbook
from portal.toolkit.rules.practices import practices
from portal.toolkit.rules.words import (
    AUDIENCES,
    BODY_LENGTH,
    DIMENSIONS,
    DOWNLOADS,
    NAME_LENGTH,
    SECTORS,
    SIZES,
    SUMMARY_LENGTH,
    TITLE_LENGTH,
)

# Adults read plain non-fiction silently at 238 words a minute on average (Brysbaert 2019, a
# review of 190 studies); rounded down for reading on a phone, with a pen in hand.
WORDS_A_MINUTE: Final = 200
LEAST_STEPS: Final = 2
LONGEST_URL: Final = 500
_SOURCE_KEY: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_CITED: Final = re.compile(r"\[@([^\]\s]{1,80})\]")
_STEP: Final = re.compile(r"^#{1,2}\s+\S", re.MULTILINE)
_FIRST_YEAR: Final = 1900


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact comes from."""

    key: str
    title: str
    publisher: str
    year: int
    url: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A version as it is written: Markdown, for whom it is, and where its facts come from.

    No sector and no size mean every one. ``minutes`` is the time to read it.
    """

    title: str
    summary: str
    body: str
    author: str
    minutes: int
    review_by: date
    audiences: tuple[str, ...]
    dimensions: tuple[str, ...]
    practices: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    sizes: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()
    downloads: tuple[str, ...] = ()
    workbook: Mapping[str, Any] | None = field(default=None, hash=False)
    illustrative: bool = False


def minutes_to_read(words: int) -> int:
    """Whole minutes for so many words, never less than one."""
    return max(1, -(-words // WORDS_A_MINUTE))


def cited_keys(body: str) -> tuple[str, ...]:
    """The keys that a text cites, each once, in their order."""
    return tuple(dict.fromkeys(_CITED.findall(body)))


def faults(content: Content, *, kind: str) -> list[Problem]:
    """Everything that stands in the way of keeping this content as a resource of that format."""
    return [*_texts(content), *_choices(content), *_sources(content), *_form(content, kind)]


def _texts(content: Content) -> Iterator[Problem]:
    for name, text, limit, words in (
        ("title", content.title, TITLE_LENGTH, "a title"),
        ("summary", content.summary, SUMMARY_LENGTH, "a summary"),
        ("body", content.body, BODY_LENGTH, "the text"),
        ("author", content.author, NAME_LENGTH, "who wrote it"),
    ):
        if not text.strip():
            yield Problem("missing", f"Enter {words}", name)
        elif len(text) > limit:
            yield Problem(
                "too_long",
                f"Shorten {words}: it has {len(text):,} characters and may have {limit:,}",
                name,
            )
    if not 1 <= content.minutes <= 240:  # noqa: PLR2004 - the same as the table's own check
        yield Problem("minutes", "Minutes to read are a whole number from 1 to 240", "minutes")


def _choices(content: Content) -> Iterator[Problem]:
    for name, chosen, known in (
        ("audiences", content.audiences, AUDIENCES),
        ("dimensions", content.dimensions, DIMENSIONS),
        ("sectors", content.sectors, SECTORS),
        ("sizes", content.sizes, SIZES),
        ("practices", content.practices, practices()),
        ("downloads", content.downloads, DOWNLOADS),
    ):
        unknown = [key for key in chosen if key not in known]
        if unknown:
            yield Problem("unknown", f"There is no choice “{unknown[0]}” here", name)
    if not content.audiences:
        yield Problem("no_audience", "Choose at least one audience", "audiences")
    if not content.dimensions:
        yield Problem("no_dimension", "Choose at least one dimension", "dimensions")


def _sources(content: Content) -> Iterator[Problem]:
    keys = [source.key for source in content.sources]
    for source in content.sources:
        if not _SOURCE_KEY.fullmatch(source.key):
            yield Problem(
                "source_key", f"Name the source “{source.key}” in small letters", "sources"
            )
        if not source.title.strip() or not source.publisher.strip():
            yield Problem(
                "source", f"Source “{source.key}” needs a title and a publisher", "sources"
            )
        if not _FIRST_YEAR <= source.year <= content.review_by.year:
            yield Problem("source_year", f"Source “{source.key}” needs its year", "sources")
        if len(source.url) > LONGEST_URL or (
            source.url and not source.url.startswith(("https://", "http://", "/"))
        ):
            yield Problem("source_url", f"The address of “{source.key}” is not one", "sources")
    yield from _citing(content.body, keys)


def _citing(body: str, keys: Collection[str]) -> Iterator[Problem]:
    cited = cited_keys(body)
    for key in cited:
        if key not in keys:
            yield Problem("no_source", f"The text cites [@{key}], which is not a source", "body")
    for key in keys:
        if key not in cited:
            yield Problem(
                "not_cited", f"Nothing in the text cites [@{key}]: cite it, or remove it", "sources"
            )
    if len(set(keys)) != len(tuple(keys)):
        yield Problem("source_twice", "Two sources have the same name", "sources")


def _form(content: Content, kind: str) -> Iterator[Problem]:
    if kind == "toolkit" and len(_STEP.findall(content.body)) < LEAST_STEPS:
        yield Problem(
            "no_steps",
            f"A step-by-step toolkit needs {LEAST_STEPS} headings or more: each is a step",
            "body",
        )
    if ("xlsx" in content.downloads) != (content.workbook is not None):
        yield Problem("no_workbook", "An Excel workbook needs its sheets described", "downloads")
    wrong = None if content.workbook is None else workbook.fault(content.workbook)
    if wrong is not None:
        yield Problem("workbook", wrong, "workbook")
