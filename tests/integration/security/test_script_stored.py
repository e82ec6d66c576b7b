"""Scripts in every stored text: no page, in anybody's hands, makes markup of what was typed.

The payloads are planted straight in the tables, past all forms: so every column of text is tried,
also where a form would have refused. A browser tries the same in tests/e2e/test_script_payloads.py;
here every kind of page is looked at, and pages that answer other than HTML.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.support import planting
from tests.support.full_world import Seen, World, demonstration_world, whole_round
from tests.support.script_payloads import PAYLOADS, markup_faults

BIG = os.environ.get("BIG") == "1"
# Fields of which something must be on the pages that are looked at.
SHOWN_AT_LEAST = 150 if BIG else 60


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = demonstration_world(tmp_path_factory.mktemp("stored"))
    yield made
    made.app.extensions["portal_db"].dispose()


@pytest.fixture(scope="module")
def fields(world: World) -> dict[int, str]:
    return planting.plant(world)


@pytest.fixture(scope="module")
def seen(world: World, fields: dict[int, str]) -> list[Seen]:
    if BIG:
        return whole_round(world, thorough=True)
    return whole_round(world, thorough=False, people=("adviser", "owner"))


def test_there_are_a_hundred_payloads_of_every_class() -> None:
    kinds = [one.kind for one in PAYLOADS]
    assert len({one.text for one in PAYLOADS}) >= 100
    wanted = "tags events attributes scripts addresses svg mathml markdown css templates unicode"
    assert {*wanted.split()} == {*kinds}
    assert min(kinds.count(kind) for kind in kinds) >= 5


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_nothing_planted_becomes_markup_anywhere(seen: list[Seen], fields: dict[int, str]) -> None:
    faults = [
        f"{one.person} {one.address}: {fault}"
        for one in seen
        if one.mimetype == "text/html"
        for fault in markup_faults(one.text)
    ]
    assert not faults, "\n".join(sorted(set(faults))[:40])
    broken = {f"{one.endpoint} {one.status}" for one in seen if one.status >= 500}
    assert not broken, broken
    # It was there to be seen.
    shown = {int(number) for one in seen for number in planting.TAIL.findall(one.text)}
    assert len(shown & fields.keys()) >= SHOWN_AT_LEAST, sorted(
        name for number, name in fields.items() if number not in shown
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_what_is_not_a_page_is_never_taken_for_one(seen: list[Seen], world: World) -> None:
    """Text, tables and pictures with planted words say what they are, and are not guessed at."""
    other = {one.address: one for one in seen if one.mimetype != "text/html" and one.status == 200}
    assert {one.mimetype for one in other.values()} >= {"text/csv", "application/json"}
    for one in other.values():
        answer = world.client(one.person).get(one.address)
        words = answer.get_data().decode("utf-8", "replace")
        answer.close()
        assert answer.headers["X-Content-Type-Options"] == "nosniff", one.address
        assert answer.mimetype not in {"text/xml", "application/xhtml+xml"}, one.address
        if one.mimetype == "image/svg+xml":
            assert not markup_faults(words), one.address


def test_a_page_that_escapes_nothing_is_noticed(world: World, fields: dict[int, str]) -> None:
    """The control: the same pages from templates that let markup through."""
    environment = world.app.jinja_env
    was = environment.autoescape
    environment.autoescape = False
    environment.cache.clear()  # type: ignore[union-attr]
    try:
        seen = whole_round(world, thorough=False, people=["evaluator"])
    finally:
        environment.autoescape = was
        environment.cache.clear()  # type: ignore[union-attr]
    found = [fault for one in seen for fault in markup_faults(one.text)]
    assert len(found) >= 10
    assert any("onerror" in fault for fault in found)
    assert any("a script" in fault for fault in found)


@pytest.mark.parametrize(
    "html",
    [
        "<img src=x onerror=__hit(1)>",
        "<a href=' java\tscript:__hit(1)'>x</a>",
        "<svg><a xlink:href=javascript:__hit(1)>x</a></svg>",
        "<img src=//evil.invalid/1>",
        "<p style='x'>",
        "<base href=//evil.invalid>",
        "<meta http-equiv=Refresh content=0>",
        "<script>__hit(1)</script>",
        "<iframe></iframe>",
        "94011",
    ],
)
def test_the_look_at_markup_finds(html: str) -> None:
    assert markup_faults(f"<p>{html}</p>")
