"""The library as readers find their way in it: searched, narrowed, a page at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final

from sqlalchemy import Select, bindparam, case, func, select

from portal.db import current_session, prepared
from portal.toolkit.models import Resource, ResourceTag
from portal.toolkit.queries import search_index
from portal.toolkit.rules.search import (
    Alike,
    Sought,
    also_looked_for,
    branches,
    members,
    not_found,
    ranked,
    read_question,
    respelled,
)
from portal.toolkit.rules.search_facets import Facet, Shelf
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


def search(question: SearchQuestion) -> Page:
    """The resources that answer a question, best first; every published one for no words.

    What stands in the title counts most, then the summary, headings and labels, and the text. Any
    text may be typed; at most six words of it are looked for.
    """
    shelf = search_index.shelf()
    sought = read_question(question.words)
    fits = shelf.fitting(question.chosen)
    if not sought:
        groups = [Alike(shelf.everything, 0, 0)]
        said: dict[str, Any] = {"too_common": bool(question.words.strip())}
    else:
        groups, said = _by_words(sought, shelf)
    found = reduce(or_, (group.members for group in groups), 0)
    total = (found & fits).bit_count()
    pages = max(1, -(-total // PAGE_LENGTH))
    number = min(max(question.page, 1), pages)
    places = _page_of([group.members & fits for group in groups], (number - 1) * PAGE_LENGTH)
    return Page(
        hits=tuple(_cards([shelf.ids[place] for place in places])),
        total=total,
        number=number,
        pages=pages,
        facets=shelf.counted(found, question.chosen),
        **said,
    )


def _page_of(groups: Sequence[int], skip: int) -> list[int]:
    """A page of places, group after group, each in the library's order."""
    places: list[int] = []
    for group in groups:
        size = group.bit_count()
        if skip >= size:
            skip -= size
            continue
        places += members(group, skip=skip, limit=PAGE_LENGTH - len(places))
        skip = 0
        if len(places) == PAGE_LENGTH:
            break
    return places


def _by_words(sought: Sequence[Sought], shelf: Shelf) -> tuple[list[Alike], dict[str, Any]]:
    """What holds the words, best first, and what there is to say about how it was found."""
    single = [one.typed for one in sought if len(one.phrase) == 1]
    odd = search_index.unknown(single, beginning=sought[-1].beginning)
    tried = [
        respelled(one, search_index.near(one.typed)) if one.typed in odd else one for one in sought
    ]
    looked_up = branches(tried)
    hits = search_index.looked_up(looked_up, shelf)
    groups = ranked(hits, looked_up)
    most = groups[0].words if groups else 0
    # Where no resource holds every word, those that hold the most of them.
    kept = [group for group in groups if group.words == most]
    shown = reduce(or_, (group.members for group in kept), 0)
    return kept, {
        "meant": tuple((one.typed, one.mistyped[0]) for one in tried if one.mistyped),
        "unknown": tuple(tried[place].typed for place in sorted(not_found(hits, looked_up))),
        "also": tuple(also_looked_for(tried, hits, looked_up, shown)),
        "some_words": bool(kept) and most < len(tried),
    }


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
# Built once: putting it together takes longer than running it.
_CARDS: Final = select(*_CARD).where(
    Resource.id.in_(bindparam("ids", expanding=True)),
    Resource.state == ResourceState.PUBLISHED.value,
)


def _cards(ids: Sequence[int]) -> list[Card]:
    if not ids:
        return []
    rows = current_session().execute(_CARDS, {"ids": ids})
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
    practices: Collection[str],
    *,
    sector: str | None,
    size: str | None,
    audiences: Collection[str] = (),
) -> dict[str, list[Card]]:
    """For each practice the resources that help with it, in the order of their titles.

    With ``audiences`` only those written for one of them.
    """
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
    if audiences:
        readers = select(ResourceTag.resource_id).where(
            ResourceTag.kind == "audience", ResourceTag.value.in_(audiences)
        )
        query = query.where(Resource.id.in_(readers))
    found: dict[str, list[Card]] = {}
    # Some ten texts, one for each number of practices.
    for row in current_session().execute(prepared(query)).mappings():
        values = dict(row)
        found.setdefault(values.pop("practice"), []).append(Card(**values))
    return found


def _written_for(kind: str, value: str, every: Mapping[str, str]) -> Select[int]:
    tagged = select(ResourceTag.resource_id).where(ResourceTag.kind == kind)
    if value in every:
        return tagged.where(ResourceTag.value == value)
    return tagged.group_by(ResourceTag.resource_id).having(func.count() == len(every))
