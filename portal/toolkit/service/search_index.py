"""Keeping the library's search like what readers see: it follows every publication."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import and_, delete, select

from portal.db import current_session
from portal.integrations.markdown import parse, plain_text
from portal.toolkit.models import Resource, ResourceVersion, SearchEntry
from portal.toolkit.queries import search_index
from portal.toolkit.rules.practices import practices
from portal.toolkit.rules.search import Place
from portal.toolkit.rules.search_facets import packed
from portal.toolkit.rules.search_words import indexed, telling
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.words import AUDIENCES, DIMENSIONS, FORMATS, SECTORS, SIZES, suits

_MARKS = frozenset("\"'\u2018\u2019\u201c\u201d( ")


def follow(resource: Resource, version: ResourceVersion | None) -> None:
    """Put the version that readers see from now on in the index; take it out for none."""
    session = current_session()
    session.flush()
    search_index.touch()
    if version is None:
        session.execute(delete(SearchEntry).where(SearchEntry.id == resource.id))
        return
    session.merge(_entry(resource, version))
    session.flush()
    search_index.learn(
        {
            word
            for text in (version.title, version.summary, *_labels(resource, version), version.body)
            for word in telling(plain_text(text))
        }
    )


def rebuild() -> int:
    """Make the whole index anew, and say how many resources it holds."""
    session = current_session()
    session.execute(delete(SearchEntry))
    rows = session.execute(
        select(Resource, ResourceVersion)
        .join(
            ResourceVersion,
            and_(
                ResourceVersion.resource_id == Resource.id,
                ResourceVersion.number == Resource.published_number,
            ),
        )
        .where(Resource.state == ResourceState.PUBLISHED.value)
        .order_by(Resource.id)
    ).all()
    for resource, version in rows:
        follow(resource, version)
    return len(rows)


def _entry(resource: Resource, version: ResourceVersion) -> SearchEntry:
    headings = " ".join([*_headings(version.body), *_labels(resource, version)])
    return SearchEntry(
        id=resource.id,
        facets=packed(_tags(resource, version)),
        sorted_by=_sorted_by(version.title),
        search_text=indexed(
            {
                Place.TITLE.letter: version.title,
                Place.SUMMARY.letter: version.summary,
                Place.HEADINGS.letter: headings,
                Place.BODY.letter: plain_text(version.body),
            }
        ),
    )


def _sorted_by(title: str) -> str:
    """A title as it is sorted: no quotation mark, and no difference between capitals."""
    return title.lstrip("".join(_MARKS)).casefold()[: len(title)]


def _headings(body: str) -> Iterator[str]:
    inside = False
    for token in parse(body):
        if token.type == "heading_open":
            inside = True
        elif inside and token.type == "inline":
            yield token.content
            inside = False


def _labels(resource: Resource, version: ResourceVersion) -> list[str]:
    """What it is and for whom, in words; what every resource is for tells none from another."""
    known = practices()
    return [
        FORMATS[resource.format],
        *(AUDIENCES[key] for key in version.audiences),
        *(SECTORS[key] for key in version.sectors),
        *(DIMENSIONS[key] for key in version.dimensions),
        *(known[key].title for key in version.practices if key in known),
    ]


def _tags(resource: Resource, version: ResourceVersion) -> Iterator[tuple[str, str]]:
    yield "format", resource.format
    for facet, values in (
        ("audience", version.audiences),
        ("sector", suits(version.sectors, SECTORS)),
        ("size", suits(version.sizes, SIZES)),
        ("dimension", version.dimensions),
        ("practice", version.practices),
    ):
        yield from ((facet, value) for value in values)
