"""What is not posted, what waits, who is mentioned, and the parts of the forum."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.network.rules import forum_categories, forum_search
from portal.network.rules.forum_competition import suggests_agreement
from portal.network.rules.forum_manners import (
    MOST_A_DAY,
    MOST_IN_TEN_MINUTES,
    MOST_LINKS,
    MOST_MENTIONS,
    MOST_THREADS_AN_HOUR,
    Recent,
    fingerprint,
    given_away,
    pace,
    reason_to_hold,
    refusal,
)
from portal.network.rules.forum_mentions import how_many, mentioned
from portal.network.rules.words import POST_LENGTH, TITLE_LENGTH
from portal.toolkit.rules.search import read_question


@pytest.mark.parametrize(
    "text",
    [
        "Let's all charge £4 for a coffee from March.",
        "We should all pay the same rate.",
        "What do you pay your supervisors?",
        "How much do you charge for a room?",
        "Could we agree between us to keep wages at £12?",
        "Shall we not poach each other's staff? I would rather we don't poach your people.",
        "We could match prices with other cafés in the street.",
        "I propose price fixing.",
        "Let us pay less than £12.50 an hour.",
        "All of us could agree on one rota so nobody opens on Sunday.",
        "Tell me your hourly rates and I tell you mine.",
        "Nobody wants us undercutting each other.",
        "A no-poach agreement would help.",
        "Let's keep it simple.\n\nWe must all fix prices.",
    ],
)
def test_words_about_agreeing_wait_for_a_moderator(text: str) -> None:
    assert suggests_agreement(text)
    assert "moderator reads it first" in reason_to_hold("A title", text, before=50)


@pytest.mark.parametrize(
    "text",
    [
        "How do you agree rotas with your staff four weeks ahead?",
        "We fix the rota four weeks ahead.",
        "We agreed a pay rise with the union last year.",
        "Let's keep the rota simple.",
        "What does your rota software cost?",
        "Do you match the hours of a shift to demand?",
        "Paying for training time: how do you do it?",
        "We all found that swaps help. Keep rates of turnover in view.",
        "Part-time staff get the same pay as full-time staff for the same work.",
    ],
)
def test_the_work_of_one_business_is_what_the_forum_is_for(text: str) -> None:
    assert not suggests_agreement(text)


@pytest.mark.parametrize(
    ("title", "body", "code"),
    [
        ("", "  \n ", "empty"),
        ("T", "x" * (POST_LENGTH + 1), "too_long"),
        ("T" * (TITLE_LENGTH + 1), "x", "too_long"),
        ("", "Hello <script>alert(1)</script>", "script"),
        ("<iframe src=x>", "Hello", "script"),
        ("", "[click](javascript:alert(1))", "script"),
        ("", "<img src=x onerror=alert(1)>", "script"),
        ("", "<svg/onload=alert(1)>", "script"),
        ("", "Hello\x00there", "control_characters"),
        ("", "Hello\x1b[31m", "control_characters"),
        ("", "abc\u202edcba", "control_characters"),
        ("", "abc\u2066d", "control_characters"),
        ("Two\nlines", "x", "control_characters"),
        ("", " ".join(f"@person{n}" for n in range(MOST_MENTIONS + 1)), "mentions"),
        ("", " ".join(f"https://example.org/{n}" for n in range(MOST_LINKS + 1)), "links"),
        ("", " ".join(f"[a](example.org/{n})" for n in range(MOST_LINKS + 1)), "links"),
    ],
)
def test_what_is_not_posted_at_all(title: str, body: str, code: str) -> None:
    problem = refusal(title, body)
    assert problem is not None
    assert problem.code == code
    assert problem.message


@pytest.mark.parametrize(
    "body",
    [
        "A plain question?",
        "Cafés — naïve “quotes”, an emoji 👩‍👩‍👧 and 2 < 3.",
        "- a list\n- of things\n\n**bold**\tand a tab",
        "Write to post@example.org or see https://example.org",
        "We put it online: ask @Olive Example.",
    ],
)
def test_ordinary_posts_are_taken(body: str) -> None:
    assert refusal("A title", body) is None
    assert reason_to_hold("A title", body, before=0) == ""


def test_bursts_and_repeats_wait() -> None:
    def code(recent: Recent, *, new_thread: bool = False) -> str:
        problem = pace("Something new", recent, new_thread=new_thread)
        return problem.code if problem else ""

    assert code(Recent()) == ""
    assert code(Recent(in_ten_minutes=MOST_IN_TEN_MINUTES - 1)) == ""
    assert code(Recent(in_ten_minutes=MOST_IN_TEN_MINUTES)) == "burst"
    assert code(Recent(in_a_day=MOST_A_DAY)) == "burst"
    assert code(Recent(threads_in_an_hour=MOST_THREADS_AN_HOUR)) == ""
    assert code(Recent(threads_in_an_hour=MOST_THREADS_AN_HOUR), new_thread=True) == "burst"
    assert code(Recent(texts=frozenset({fingerprint("something  NEW!")}))) == "duplicate"


def test_many_links_of_somebody_new_wait() -> None:
    two = "See https://example.org and https://example.com"
    assert "several links" in reason_to_hold("T", two, before=0)
    assert reason_to_hold("T", two, before=3) == ""


@pytest.mark.parametrize(
    ("text", "names", "found"),
    [
        ("At Example Café we swap shifts", ["Example Cafe Ltd"], "Example Cafe Ltd"),
        ("at EXAMPLE  cafe, we", ["Example Café Limited"], "Example Café Limited"),
        ("We at Brightwood swap shifts", ["Brightwood Ltd"], "Brightwood Ltd"),
        ("The wood is bright. Brightwood", ["Brightwood Ltd"], None),
        ("Retail is hard", ["Retail Ltd"], None),
        ("See www.brightwood.example", ["https://www.brightwood.example/"], "https://"),
        ("Ask olive@cafe.example", ["olive@cafe.example"], "olive@cafe.example"),
        ("Olive Example says hello", ["Olive Example"], "Olive Example"),
        ("We swap shifts", ["Example Café Ltd", "Olive Example", ""], None),
        ("Our bar opens late", ["Bar Ltd"], None),
    ],
)
def test_a_post_without_a_name_holds_no_name(
    text: str, names: list[str], found: str | None
) -> None:
    given_name = given_away(text, names)
    assert (given_name or "").startswith(found) if found else given_name is None


PEOPLE = [
    (1, "Olive Example"),
    (2, "Olive Example-Smith"),
    (3, "Zoë O'Neill"),
    (4, "Olive Example"),
]


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ("@Olive Example what do you think?", {1}),
        ("@oliveexample and @Olive.Example", {1}),
        ("@Olive Example-Smith, you?", {2}),
        ("@Zoë O'Neill", {3}),
        ("post@Olive Example", set()),
        ("https://example.org/@OliveExample", set()),
        ("@Olive", set()),
        ("@Oliver Example", set()),
        ("(@Olive Example)", {1}),
    ],
)
def test_mentions_mean_people_who_write_there(body: str, keys: set[int]) -> None:
    assert mentioned(body, PEOPLE) == keys


def test_mentions_are_counted_known_or_not() -> None:
    assert how_many("@a, @b and post@example.org") == 2
    assert mentioned("@a", [(1, "")]) == frozenset()


@given(st.text(max_size=300))
def test_nothing_that_is_typed_is_an_error(text: str) -> None:
    refusal(text, text)
    reason_to_hold(text, text, before=0)
    mentioned(text, PEOPLE)
    given_away(text, [text, "Example Café"])
    fingerprint(text)


def test_the_parts_that_the_portal_comes_with_are_right() -> None:
    seeds = forum_categories.read_file()
    assert {"retail", "hospitality", "social_care"} == {one.sector for one in seeds if one.sector}
    assert sum(one.dimension is not None for one in seeds) >= 5


@pytest.mark.parametrize(
    "text",
    [
        "",
        "slug: one",
        "- {slug: search, title: Search}",
        "- {slug: Bad Slug, title: T}",
        "- {slug: a, title: T}\n- {slug: a, title: U}",
        "- {slug: a, title: T}\n- {slug: b, title: T}",
        "- {slug: a, title: T, colour: red}",
        "- {slug: a}",
        "- {slug: a, title: ''}",
    ],
)
def test_a_wrong_file_of_parts_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        forum_categories.read(text)


def test_what_is_shown_of_a_hit() -> None:
    body = "Nothing here. " * 40 + "Two people share one rota. " + "More follows. " * 40
    shown = forum_search.excerpt(body, read_question("rotas"))
    assert "rota" in shown
    assert shown.startswith("\u2026 ")
    assert shown.endswith(" \u2026")
    assert len(shown) < 300
    assert forum_search.excerpt("Short.", read_question("other")) == "Short."
    assert forum_search.excerpt(body, read_question("unheard")).startswith("Nothing")
