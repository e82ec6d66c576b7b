"""The library is found in by words, forms of words, other words, mistakes and half a word."""

from __future__ import annotations

import pytest

from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.people import PORTAL
from portal.toolkit.models import Resource
from portal.toolkit.queries import library
from portal.toolkit.queries.library import Page, SearchQuestion
from portal.toolkit.service import resources, search_index
from tests.factories.toolkit import make_draft, make_published

ROTA = "Give people their rota four weeks ahead"
LADDER = "Draw the ladder from team member to supervisor"
ADVERT = "Write an advert that says part-time is fine"


@pytest.fixture
def shelf(session: PortalSession) -> list[Resource]:
    with unit_of_work():
        return [
            make_published(
                title=ROTA,
                summary="Steady weeks for a shop or a pub.",
                sectors=("retail", "hospitality"),
                dimensions=("scheduling",),
                practices=("predictable-hours",),
                audiences=("managers", "supervisors"),
            ),
            make_published(
                title=LADDER,
                summary="A map of jobs, one page long.",
                kind="template",
                sectors=("social_care",),
                dimensions=("progression",),
                practices=("pathways",),
                body="Say who moves on [@example-source].\n\n"
                "## The senior carer\n\nA rota is not a plan.\n",
            ),
            make_published(
                title=ADVERT,
                summary="Six lines to change in it today.",
                dimensions=("recruitment",),
                practices=("open-adverts",),
                audiences=("hr",),
                sectors=(),
            ),
        ]


def titles(words: str, **chosen: tuple[str, ...]) -> list[str]:
    return [card.title for card in found(words, **chosen).hits]


def found(words: str, **chosen: tuple[str, ...]) -> Page:
    return library.search(SearchQuestion(words, chosen))


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("rota", ROTA),
        ("rotas", ROTA),
        ("ROTÁ", ROTA),
        ("roster", ROTA),
        ("shift pattern", ROTA),
        ("rotta", ROTA),
        ("ahe", ROTA),
        ("supervisors", LADDER),
        ("superviser", LADDER),
        ("superv", LADDER),
        ("team leader", LADDER),
        ("carers", LADDER),
        ("care worker", LADDER),
        ("adverts", ADVERT),
        ("how do I write an advertisement?", ADVERT),
        ("jobadvert", ADVERT),
        ("predictable", ROTA),
        ("template", LADDER),
    ],
)
def test_it_is_found_however_it_is_typed(shelf: list[Resource], words: str, first: str) -> None:
    assert titles(words)[:1] == [first]


def test_where_it_is_found_ranks_it(shelf: list[Resource]) -> None:
    assert titles("rota") == [ROTA, LADDER]


def test_it_says_what_else_it_looked_for(shelf: list[Resource]) -> None:
    page = found("roster")
    assert "rota" in page.also
    assert page.meant == ()
    page = found("superviser")
    assert page.meant == (("superviser", "supervisor"),)
    page = found("rota xyzzyx")
    assert page.unknown == ("xyzzyx",)
    assert page.some_words
    assert [card.title for card in page.hits] == [ROTA, LADDER]
    assert found("to the of").too_common


@pytest.mark.parametrize(
    "words",
    [
        "",
        "   ",
        "'",
        '"',
        'foo"',
        "c++",
        "a-b",
        "NEAR(rota, 2)",
        "rota AND",
        "{title_words} : rota",
        "rota*",
        "(((",
        "\\",
        "\x00rota",
        "%_%",
        "\ud83d\ude00",
        "\U0001f600 rota",
        "зарплата",
        "工作",
        "rota " * 500,
        "x" * 5000,
        "1",
        "rota' & !rota",
        ":*",
        "\u202erota",
        "\ufdfa" * 100,
    ],
)
def test_nothing_that_is_typed_is_an_error(shelf: list[Resource], words: str) -> None:
    page = found(words)
    assert page.pages >= 1
    assert page.total >= len(page.hits)


def test_facets_narrow_and_count(shelf: list[Resource]) -> None:
    page = found("")
    assert page.total == 3
    options = {facet.key: {o.value: o.count for o in facet.options} for facet in page.facets}
    assert options["sector"] == {"retail": 2, "hospitality": 2, "social_care": 2}
    assert options["format"] == {"guide": 2, "template": 1}
    assert options["audience"]["hr"] == 1
    assert titles("", sector=("social_care",)) == [LADDER, ADVERT]
    assert titles("", sector=("social_care",), format=("guide",)) == [ADVERT]
    narrowed = {
        facet.key: {o.value: o.count for o in facet.options}
        for facet in found("", sector=("retail",), format=("guide",)).facets
    }
    assert narrowed["sector"] == {"retail": 2, "hospitality": 2, "social_care": 1}
    assert narrowed["format"] == {"guide": 2}
    assert titles("rota", sector=("social_care",)) == [LADDER]


def test_pages_hold_twenty(session: PortalSession) -> None:
    with unit_of_work():
        for number in range(23):
            make_published(title=f"Handover sheet {number:02}")
    first = library.search(SearchQuestion("handover"))
    last = library.search(SearchQuestion("handover", page=99))
    assert (len(first.hits), first.total, first.pages) == (20, 23, 2)
    assert (len(last.hits), last.number) == (3, 2)
    assert not {card.id for card in first.hits} & {card.id for card in last.hits}


def test_only_what_readers_see_is_found(shelf: list[Resource]) -> None:
    with unit_of_work():
        make_draft(title="A rota nobody sees yet")
        resources.retire(
            reference=shelf[1].reference,
            revision=shelf[1].revision,
            reason="Out of date",
            replaced_by="",
            by=PORTAL,
        )
    assert titles("rota") == [ROTA]
    assert titles("carer") == []


def test_the_index_can_be_made_anew(shelf: list[Resource]) -> None:
    with unit_of_work():
        assert search_index.rebuild() == 3
    assert titles("rota") == [ROTA, LADDER]
    current_session().rollback()


def test_related_and_practices(shelf: list[Resource]) -> None:
    with unit_of_work():
        other = make_published(
            title="Split shifts", practices=("predictable-hours",), dimensions=("scheduling",)
        )
    assert [card.id for card in library.related(shelf[0].id)] == [other.id]
    wanted = ("predictable-hours", "open-adverts")
    every = library.for_practices(wanted, sector=None, size=None, limit=9)
    assert {card.title for card in every} == {ROTA, ADVERT, "Split shifts"}
    care = library.for_practices(wanted, sector="social_care", size="micro", limit=9)
    assert [card.title for card in care] == [ADVERT]
    other_sector = library.for_practices(wanted, sector="other", size=None, limit=9)
    assert [card.title for card in other_sector] == [ADVERT]
