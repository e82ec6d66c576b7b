"""What of an employer others may see, and how one business may invite another."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.network.rules.invitations import Invited, day_began, faults
from portal.network.rules.members import (
    LIMITS,
    PEERS_ONLY,
    TEXTS,
    Profile,
    has_link,
    is_website,
    visible,
    without_links,
)
from portal.network.rules.members import faults as profile_faults
from portal.network.rules.words import FIELDS

KEYS = st.sampled_from(sorted(FIELDS))
VALUES = st.dictionaries(KEYS, st.text(max_size=20))


@given(shown=st.sets(KEYS), values=VALUES, to_peers=st.booleans())
def test_nothing_is_seen_that_is_not_opened(
    shown: set[str], values: dict[str, str], to_peers: bool
) -> None:
    seen = visible(shown, values, to_peers=to_peers)
    keys = [one.key for one in seen]
    assert set(keys) <= shown & values.keys()
    assert all(one.value == values[one.key] and one.value for one in seen)
    assert keys == [key for key in FIELDS if key in keys]
    if not to_peers:
        assert not set(keys) & PEERS_ONLY


def test_who_to_ask_for_is_for_people_of_the_network() -> None:
    values = {"name": "Example", "contact": "Ann Example"}
    public = visible(FIELDS, values, to_peers=False)
    peers = visible(FIELDS, values, to_peers=True)
    assert [one.key for one in public] == ["name"]
    assert [one.key for one in peers] == ["name", "contact"]


def test_every_text_has_a_title_and_a_limit() -> None:
    assert set(TEXTS) <= FIELDS.keys()
    assert set(TEXTS) == LIMITS.keys()


def test_a_preview_that_was_changed_is_another() -> None:
    one = Profile({"about": "A café", "cost": "x"}, frozenset({"about"}))
    assert one.digest() == Profile({"about": " A café ", "cost": "y"}, one.shown).digest()
    assert one.digest() != Profile({"about": "A cafe"}, one.shown).digest()
    assert one.digest() != Profile(one.texts, frozenset({"about", "name"})).digest()


@pytest.mark.parametrize(
    ("texts", "shown", "field"),
    [
        ({"about": "x" * 4001}, (), "about"),
        ({"contact": "x" * 121}, (), "contact"),
        ({"contact": "see www.spam.example"}, (), "contact"),
        ({"website": "javascript:alert(1)"}, (), "website"),
        ({"about": "  "}, ("about",), "shown"),
        ({}, ("pay",), "shown"),
    ],
)
def test_what_has_to_be_put_right_in_a_profile(
    texts: dict[str, str], shown: tuple[str, ...], field: str
) -> None:
    assert [one.field for one in profile_faults(Profile(texts, frozenset(shown)))] == [field]


def test_a_profile_that_is_right() -> None:
    profile = Profile(
        {"about": "A café.", "website": "https://www.example.org/jobs"},
        frozenset({"about", "website", "name", "award"}),
    )
    assert profile_faults(profile) == []
    assert profile_faults(Profile()) == []


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://example.org", True),
        ("http://example.org:8080/a?b=c#d", True),
        ("https://", False),
        ("https://localhost", False),
        ("ftp://example.org", False),
        ("//example.org", False),
        ("https://user@example.org", False),
        ("https://example.org:99999", False),
        ("https://exa mple.org", False),
        ('https://example.org/"onclick=', False),
        ("data:text/html,x", False),
        ("https://[example.org", False),
    ],
)
def test_what_a_website_is(address: str, good: bool) -> None:
    assert is_website(address) is good


@pytest.mark.parametrize(
    "text",
    [
        "see https://spam.example/a",
        "see HTTP://SPAM.EXAMPLE",
        "go to www.spam.example now",
        "spam.co.uk has it",
        "write to me@spam.example",
        "[here](x)",
        '<a href="x">',
        "spam.ru",
    ],
)
def test_links_are_found(text: str) -> None:
    assert has_link(text)
    assert without_links(text, instead="A colleague") == "A colleague"


@pytest.mark.parametrize(
    "text",
    ["We met on Monday. Come along!", "e.g. two posts, 9.30 to 12.00", "Ann & Bob Ltd", "5 < 6"],
)
def test_plain_words_are_no_links(text: str) -> None:
    assert not has_link(text)
    assert without_links(f" {text} ", instead="x") == text


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"business": " "}, "to_business"),
        ({"business": "x" * 161}, "to_business"),
        ({"name": ""}, "to_name"),
        ({"name": "Win at www.spam.example"}, "to_name"),
        ({"words": "Look at https://spam.example"}, "words"),
        ({"words": "x" * 501}, "words"),
    ],
)
def test_what_has_to_be_put_right_in_an_invitation(changes: dict[str, Any], field: str) -> None:
    values = {"business": "Example Ltd", "name": "Ann", "email": "ann@example.org", **changes}
    assert [one.field for one in faults(Invited(**values))] == [field]


def test_a_day_begins_in_london() -> None:
    assert day_began(date(2026, 7, 1)) == datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
    assert day_began(date(2026, 12, 1)) == datetime(2026, 12, 1, 0, 0, tzinfo=UTC)
