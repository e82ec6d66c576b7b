"""Words of a question, other words for them, scores, and facets as sets."""

from __future__ import annotations

import random

import pytest

from portal.toolkit.rules import search_words
from portal.toolkit.rules.search import (
    MOST_WORDS,
    How,
    Place,
    branches,
    members,
    not_found,
    ranked,
    read_question,
    respelled,
)
from portal.toolkit.rules.search_facets import Shelf, choices, known, packed
from portal.toolkit.rules.search_words import grouped, indexed, is_word, stem, synonyms, words


def test_words_are_plain_letters() -> None:
    assert words("Part-time CAFÉ, manager's rota!") == ["part", "time", "cafe", "managers", "rota"]
    assert words("\x00'\"*()") == []
    assert len(words("x" * 900)[0]) == search_words.LONGEST_WORD


def test_the_index_holds_words_and_stems_by_place() -> None:
    assert indexed({"a": "The rotas", "d": "progression"}).split() == [
        "arota",
        "arotas",
        "dprogress",
        "dprogression",
    ]


def test_synonyms_are_read_and_go_both_ways() -> None:
    every = synonyms()
    for phrase, others in every.items():
        for _said, other in others:
            assert phrase in {back for _word, back in every[other]}, (phrase, other)
    assert ("rota",) in {phrase for _said, phrase in every[("shift",)]}
    assert ("team", "leader") in {phrase for _said, phrase in every[("supervisor",)]}


@pytest.mark.parametrize("group", [["rota"], ["rota", "rotas"], ["rota", "the"]])
def test_a_group_that_says_nothing_twice_is_refused(group: list[str]) -> None:
    with pytest.raises(ValueError, match="does not say one thing in two ways"):
        search_words._by_phrase([group])


def test_phrases_of_a_question_stay_together() -> None:
    assert grouped(["team", "leaders", "pay"]) == [("team", "leaders"), ("pay",)]
    sought = read_question("How do I tell a team leader about zero hours?")
    assert [one.typed for one in sought] == ["tell", "team leader", "zero hours"]
    assert [one.beginning for one in sought] == ["", "", ""]
    assert read_question("ro")[0].beginning == "ro"
    assert read_question("rota ")[0].beginning == ""
    assert len(read_question("one two three four five six seven eight nine")) == MOST_WORDS
    assert read_question("to be or not to be") == ()


def test_known_words_and_misspellings() -> None:
    assert is_word("rotas")
    assert not is_word("superviser")
    meant = respelled(read_question("superviser")[0], ["supervisor"])
    assert stem("supervisor") in {phrase[0] for phrase in meant.phrases(How.TYPED)}
    assert ("team", "leader") in meant.phrases(How.OTHER)


def test_the_title_counts_most_and_a_word_once_a_place() -> None:
    looked_up = branches(read_question("rota "))
    where = {(each.how, each.place): number for number, each in enumerate(looked_up)}
    hits = [0] * len(looked_up)
    hits[where[How.TYPED, Place.BODY]] = 0b1101
    hits[where[How.TYPED, Place.TITLE]] = 0b0100
    hits[where[How.OTHER, Place.TITLE]] = 0b0110
    found = ranked(hits, looked_up)
    assert [group.members for group in found] == [0b0100, 0b0010, 0b1001]
    assert found[0].score == 80 * 100 + 5 * 100
    assert not_found(hits, looked_up) == set()
    assert not_found([0] * len(looked_up), looked_up) == {0}


def test_groups_agree_with_scoring_one_by_one() -> None:
    chance = random.Random(5)  # noqa: S311 - the same each time
    looked_up = branches(read_question("rota supervisor hand"))
    hits = [chance.getrandbits(40) & chance.getrandbits(40) for _ in looked_up]
    found = ranked(hits, looked_up)
    for group in found:
        for place in members(group.members, skip=0, limit=40):
            best: dict[tuple[int, Place], int] = {}
            for each, hit in zip(looked_up, hits, strict=True):
                if hit >> place & 1:
                    weight = {0: 80, 1: 30, 2: 15, 3: 5}[each.place] * (100, 60, 40)[each.how]
                    cell = (each.number, each.place)
                    best[cell] = max(best.get(cell, 0), weight)
            assert group.score == sum(best.values())
            assert group.words == len({number for number, _place in best})
    assert [(g.words, g.score) for g in found] == sorted(
        ((g.words, g.score) for g in found), reverse=True
    )


def test_members_are_paged() -> None:
    assert members(0b101101, skip=1, limit=2) == [2, 3]
    assert members(0, skip=0, limit=5) == []


def test_facets_agree_with_counting_by_hand() -> None:
    chance = random.Random(7)  # noqa: S311 - the same each time
    cells = [
        (facet, value) for facet in ("sector", "format", "audience") for value in choices(facet)
    ]
    tags = {key: {cell for cell in cells if chance.random() < 0.4} for key in range(10, 70)}
    shelf = Shelf((key, packed(some)) for key, some in tags.items())
    chosen = {"sector": ("retail", "social_care"), "format": ("guide",)}

    def fits(some: set[tuple[str, str]], but: str = "") -> bool:
        return all(
            any((facet, value) in some for value in values)
            for facet, values in chosen.items()
            if facet != but
        )

    found = shelf.set_of(key for key in tags if key % 3)
    assert shelf.fitting(chosen) == shelf.set_of(key for key, some in tags.items() if fits(some))
    for facet in shelf.counted(found, chosen):
        for option in facet.options:
            assert option.count == sum(
                (facet.key, option.value) in some and fits(some, facet.key)
                for key, some in tags.items()
                if key % 3
            )
    assert shelf.set_of([999]) == 0
    assert known("sector", ["retail", "moon", "retail"]) == ("retail",)
