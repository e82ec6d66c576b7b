"""The library as readers find their way in it: searched, narrowed, a page at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import Select, case, func, select

from portal.db import current_session
from portal.toolkit.models import Resource, ResourceTag
from portal.toolkit.queries import search_index
from portal.toolkit.queries.search_index import Hit
from portal.toolkit.rules.search import (
    Branch,
    Sought,
    also_looked_for,
    branches,
    not_found,
    read_question,
    respelled,
    scored,
)
from portal.toolkit.rules.search_facets import Facet, counted, passing
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.words import FORMATS, SECTORS, SIZES

PAGE_LENGTH: Final = 20
_RELATED: Final = 4
# What relates two resources: sharing a practice says more than sharing an audience.
_NEARNESS: Final = {"practice": 8, "dimension": 4, "audience": 1, "sector": 1}


@dataclass(frozen=True, slots=True)
class Card:
    """A resource in a list."""

    id: int
    slug: str
    title: str
    summary: str
    format: str
    minutes: int
    illustrative: bool
    rating_count: int
    stars: int
    published_at: datetime | None

    @property
    def kind(self) -> str:
        """What it is, in words."""
        return FORMATS[self.format]


@dataclass(frozen=True, slots=True)
class SearchQuestion:
    """What somebody looks for: words, and what each facet is narrowed to."""

    words: str = ""
    chosen: Mapping[str, Collection[str]] = field(default_factory=dict)
    page: int = 1


@dataclass(frozen=True, slots=True)
class Page:
    """What was found.

    ``total`` counts what fits; ``pages`` is at least 1. ``meant`` are pairs of a word that nothing
    holds and the one looked for instead; ``unknown`` are words for which there was nothing at all.
    ``also`` are other words that were looked for; ``some_words`` says that nothing holds all of
    the words, so that these hold some.
    """

    hits: tuple[Card, ...]
    total: int
    number: int
    pages: int
    facets: tuple[Facet, ...]
    meant: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    some_words: bool = False
    too_common: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """Resources in their order, before they are narrowed, and how they were found."""

    rows: Sequence[Hit]
    meant: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    some_words: bool = False


def search(question: SearchQuestion) -> Page:
    """The resources that answer a question, best first; every published one for no words.

    What stands in the title counts most, then the summary, headings and labels, and the text. Any
    text may be typed; at most six words of it are looked for.
    """
    sought = read_question(question.words)
    found = _by_words(sought) if sought else _Found(search_index.every())
    numbers = [row[2] for row in found.rows]
    fits = passing(numbers, question.chosen)
    ids = [row[0] for row, fit in zip(found.rows, fits, strict=True) if fit]
    pages = max(1, -(-len(ids) // PAGE_LENGTH))
    number = min(max(question.page, 1), pages)
    return Page(
        hits=tuple(_cards(ids[(number - 1) * PAGE_LENGTH : number * PAGE_LENGTH])),
        total=len(ids),
        number=number,
        pages=pages,
        facets=counted(numbers, question.chosen),
        meant=found.meant,
        unknown=found.unknown,
        also=found.also,
        some_words=found.some_words,
        too_common=bool(question.words.strip()) and not sought,
    )


def _by_words(sought: Sequence[Sought]) -> _Found:
    single = [one.typed for one in sought if len(one.phrase) == 1]
    odd = search_index.unknown(single, beginning=sought[-1].beginning)
    tried = [
        respelled(one, search_index.near(one.typed)) if one.typed in odd else one for one in sought
    ]
    looked_up = branches(tried)
    rows = search_index.looked_up(looked_up)
    return _ranked(tried, looked_up, rows)


def _ranked(sought: Sequence[Sought], looked_up: Sequence[Branch], rows: Sequence[Hit]) -> _Found:
    lost = not_found((row[1] for row in rows), looked_up)
    scores = scored((row[1] for row in rows), looked_up)
    most = max((words for words, _score in scores.values()), default=0)
    # Where no resource holds every word, those that hold the most of them.
    kept = [row for row in rows if scores[row[1]][0] == most]
    kept.sort(key=lambda row: (-scores[row[1]][1], row[3], row[0]))
    return _Found(
        kept,
        meant=tuple((one.typed, one.mistyped[0]) for one in sought if one.mistyped),
        unknown=tuple(sought[number].typed for number in sorted(lost)),
        also=tuple(also_looked_for(sought, (row[1] for row in kept), looked_up)),
        some_words=bool(kept) and most < len(sought),
    )


# Cards ---------------------------------------------------------------------------------------

_CARD = (
    Resource.id,
    Resource.slug,
    Resource.title,
    Resource.summary,
    Resource.format,
    Resource.minutes,
    Resource.illustrative,
    Resource.rating_count,
    Resource.stars,
    Resource.published_at,
)


def _cards(ids: Sequence[int]) -> list[Card]:
    if not ids:
        return []
    rows = current_session().execute(
        select(*_CARD).where(Resource.id.in_(ids), Resource.state == ResourceState.PUBLISHED.value)
    )
    found = {row["id"]: Card(**row) for row in rows.mappings()}
    return [found[key] for key in ids if key in found]


def count_published() -> int:
    """How many resources readers can open."""
    count = current_session().scalar(
        select(func.count())
        .select_from(Resource)
        .where(Resource.state == ResourceState.PUBLISHED.value)
    )
    return count or 0


def related(resource_id: int, *, limit: int = _RELATED) -> list[Card]:
    """Other published resources nearest to one: those with practices and dimensions in common."""
    own = select(ResourceTag.kind, ResourceTag.value).where(
        ResourceTag.resource_id == resource_id, ResourceTag.kind.in_(_NEARNESS)
    )
    mine = own.subquery()
    weight = case(_NEARNESS, value=ResourceTag.kind, else_=0)
    rows = current_session().execute(
        select(*_CARD)
        .join(ResourceTag, ResourceTag.resource_id == Resource.id)
        .join(mine, (mine.c.kind == ResourceTag.kind) & (mine.c.value == ResourceTag.value))
        .where(Resource.id != resource_id, Resource.state == ResourceState.PUBLISHED.value)
        .group_by(*_CARD)
        .having(func.sum(weight) >= _NEARNESS["dimension"])
        .order_by(func.sum(weight).desc(), Resource.title, Resource.id)
        .limit(limit)
    )
    return [Card(**row) for row in rows.mappings()]


def for_practices(
    practices: Collection[str], *, sector: str | None, size: str | None, limit: int
) -> list[Card]:
    """Resources that help with any of these practices, those that help with most of them first.

    Only those written for the sector and size; for a sector of which the toolkit knows nothing,
    those for every sector.
    """
    by_practice = cards_by_practice(practices, sector=sector, size=size)
    counts: dict[int, int] = {}
    cards: dict[int, Card] = {}
    for some in by_practice.values():
        for card in some:
            cards[card.id] = card
            counts[card.id] = counts.get(card.id, 0) + 1
    ranked = sorted(cards.values(), key=lambda card: (-counts[card.id], card.title, card.id))
    return ranked[:limit]


def cards_by_practice(
    practices: Collection[str], *, sector: str | None, size: str | None
) -> dict[str, list[Card]]:
    """For each practice the resources that help with it, in the order of their titles."""
    if not practices:
        return {}
    query = (
        select(ResourceTag.value.label("practice"), *_CARD)
        .join(Resource, Resource.id == ResourceTag.resource_id)
        .where(
            ResourceTag.kind == "practice",
            ResourceTag.value.in_(practices),
            Resource.state == ResourceState.PUBLISHED.value,
        )
        .order_by(Resource.title, Resource.id)
    )
    for kind, value, every in (("sector", sector, SECTORS), ("size", size, SIZES)):
        if value is not None:
            query = query.where(Resource.id.in_(_written_for(kind, value, every)))
    found: dict[str, list[Card]] = {}
    for row in current_session().execute(query).mappings():
        values = dict(row)
        found.setdefault(values.pop("practice"), []).append(Card(**values))
    return found


def _written_for(kind: str, value: str, every: Mapping[str, str]) -> Select[int]:
    tagged = select(ResourceTag.resource_id).where(ResourceTag.kind == kind)
    if value in every:
        return tagged.where(ResourceTag.value == value)
    return tagged.group_by(ResourceTag.resource_id).having(func.count() == len(every))
