"""What is wrong with a text is said before it is kept, and each place where it can be mended."""

from __future__ import annotations

from datetime import date

import pytest

from portal.diagnostics.rules.catalogue import load_catalogue
from portal.toolkit.rules.content import Source, faults, minutes_to_read
from portal.toolkit.rules.content_file import ContentError, read_folder, read_text
from portal.toolkit.rules.practices import practices, practices_of_question
from portal.toolkit.rules.words import DIMENSIONS
from tests.factories.toolkit import make_content

FILE = """---
key: example-key
format: guide
title: An example
summary: One sentence.
audiences: [managers]
dimensions: [progression]
review_by: 2027-11-01
sources: [timewise-2019]
---
A fact [@timewise-2019].
"""


def test_a_sound_text_has_no_faults() -> None:
    assert faults(make_content(), kind="guide") == []


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"title": " "}, "title", "Enter a title"),
        ({"summary": "x" * 301}, "summary", "301 characters"),
        ({"body": "x" * 60_001 + "[@example-source]"}, "body", "may have 60,000"),
        ({"minutes": 0}, "minutes", "whole number"),
        ({"audiences": ()}, "audiences", "at least one audience"),
        ({"audiences": ("owners",)}, "audiences", "no choice “owners”"),
        ({"dimensions": ()}, "dimensions", "at least one dimension"),
        ({"practices": ("magic",)}, "practices", "no choice “magic”"),
        ({"sources": ()}, "body", "cites [@example-source]"),
        ({"body": "Nothing cited."}, "sources", "cites [@example-source]"),
        ({"sources": (Source("a b", "t", "p", 2020),), "body": "[@a"}, "sources", "small letters"),
        (
            {"sources": (Source("example-source", "t", "p", 2099),)},
            "sources",
            "needs its year",
        ),
        (
            {"sources": (Source("example-source", "t", "p", 2020, "javascript:x"),)},
            "sources",
            "address",
        ),
        ({"downloads": ("xlsx",)}, "downloads", "sheets described"),
    ],
)
def test_each_fault_names_its_field(changes: dict[str, object], field: str, words: str) -> None:
    found = faults(make_content(**changes), kind="guide")
    assert any(one.field == field and words in one.message for one in found), found


def test_a_toolkit_needs_steps() -> None:
    one_step = make_content(body="## Only\n\n[@example-source]")
    assert faults(make_content(), kind="toolkit") == []
    assert [one.code for one in faults(one_step, kind="toolkit")] == ["no_steps"]


def test_minutes_are_whole_and_never_none() -> None:
    assert [minutes_to_read(words) for words in (0, 1, 200, 201, 2000)] == [1, 1, 1, 2, 10]


def test_a_file_is_read_with_shared_sources() -> None:
    seed = read_text(FILE, name="example-key.md")
    assert seed.key == "example-key"
    assert seed.content.sources[0].publisher == "Timewise"
    assert seed.content.review_by == date(2027, 11, 1)
    changed = read_text(FILE.replace("A fact", "A figure"), name="example-key.md")
    assert changed.digest != seed.digest


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("---\nkey", "key", "begins with a block"),
        ("format: guide", "format: poem", "no format 'poem'"),
        ("title: An example\n", "", "'title'"),
        ("audiences", "audience", "nobody knows the fact 'audience'"),
        ("[timewise-2019]", "[nobody-1999]", "nobody-1999"),
        ("review_by: 2027-11-01", "review_by: soon", "review_by"),
        ("title: An", "title: [An", "not YAML"),
    ],
)
def test_a_wrong_file_is_refused_with_the_reason(old: str, new: str, words: str) -> None:
    with pytest.raises(ContentError, match=r"example-key\.md") as refused:
        read_text(FILE.replace(old, new, 1), name="example-key.md")
    assert words in str(refused.value)


def test_everything_the_portal_comes_with_can_be_read() -> None:
    seeds = read_folder()
    assert len({seed.key for seed in seeds}) == len(seeds)


def test_practices_are_about_questions_that_are_asked() -> None:
    current = load_catalogue().latest()
    assert current is not None
    asked = {question.key: question.dimension for question in current.questions}
    dimensions = {dimension.key: dimension.title for dimension in current.dimensions}
    assert dimensions == dict(DIMENSIONS)
    for practice in practices().values():
        assert set(practice.questions) <= set(asked), practice
    assert practices_of_question("prog_map") == {"pathways"}
    assert {practice.dimension for practice in practices().values()} == set(DIMENSIONS)
