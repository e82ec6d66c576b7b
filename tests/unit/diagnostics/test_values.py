from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.diagnostics.rules.answers import (
    Amount,
    Chosen,
    GridMarked,
    MoneyAmount,
    NotApplicable,
    Ticked,
    Value,
    Written,
)
from portal.diagnostics.rules.schema import Profile
from portal.diagnostics.rules.values import (
    answers_from_document,
    clean_text,
    parse_form,
    parse_value,
    shown,
    to_json,
)
from portal.diagnostics.rules.words import describe_answer, wording_for
from portal.kernel.result import Problem
from tests.unit.diagnostics.samples import FULL, SMALL, question

MARKED = {"evening": "always", "weekend": "never"}


@pytest.mark.parametrize(
    ("key", "raw", "expected"),
    [
        ("commitment", "all", Chosen("all")),
        ("posts_open", "not_applicable", NotApplicable()),
        ("offers", ["short", "paid", "paid"], Ticked(("paid", "short"))),
        ("offers", ["none"], Ticked(("none",))),
        ("hours", 12, Amount(Decimal(12))),
        ("hours", 0, Amount(Decimal(0))),
        ("hours", "12.5", Amount(Decimal("12.5"))),
        ("hours", " 12.50 ", Amount(Decimal("12.5"))),
        ("hours", Decimal("12.50"), Amount(Decimal("12.5"))),
        ("hours", 12.5, Amount(Decimal("12.5"))),
        ("budget", 1250, MoneyAmount(1250)),
        ("note", "  Two\r\nlines\x00\x1b ", Written("Two\nlines")),
        ("note", "مرحبا بكم", Written("مرحبا بكم")),
        ("note", "👩🏽‍💼 yes", Written("👩🏽‍💼 yes")),
        ("note", "e\u0301", Written("\u00e9")),
        ("note", "not_applicable", Written("not_applicable")),
        ("access", MARKED, GridMarked((("evening", "always"), ("weekend", "never")))),
    ],
)
def test_values_that_fit(key: str, raw: Any, expected: Value) -> None:
    assert parse_value(SMALL.by_key[key], raw) == expected


@pytest.mark.parametrize("key", list(SMALL.by_key))
@pytest.mark.parametrize("raw", [None, "", [], {}])
def test_blank_is_no_answer(key: str, raw: Any) -> None:
    assert parse_value(SMALL.by_key[key], raw) is None


def test_text_of_spaces_and_a_grid_of_nothing_are_blank() -> None:
    assert parse_value(SMALL.by_key["note"], " \n\x07 ") is None
    assert parse_value(SMALL.by_key["access"], {"evening": None}) is None


@pytest.mark.parametrize(
    ("key", "raw", "code", "words"),
    [
        ("commitment", "maybe", "unknown_option", '"maybe" is not one of: all, some, none, unsure'),
        ("commitment", 3, "wrong_type", "Choose one of"),
        ("commitment", ["all"], "wrong_type", "Choose one of"),
        ("commitment", True, "wrong_type", "Choose one of"),
        ("commitment", "not_applicable", "not_offered", "not offered"),
        ("offers", "paid", "wrong_type", "Give a list"),
        ("offers", [1], "wrong_type", "Give a list"),
        ("offers", ["gym"], "unknown_option", '"gym" is not one of'),
        ("offers", ["paid", "none"], "exclusive", '"None of these" cannot be chosen with another'),
        ("hours", "plenty", "not_a_number", 'not "plenty"'),
        ("hours", True, "not_a_number", "Give a number"),
        ("hours", [1], "not_a_number", "Give a number"),
        ("hours", "1,5", "not_a_number", "Give a number"),
        ("hours", "1e2", "not_a_number", "Give a number"),
        ("hours", "\u0661\u0662", "not_a_number", "Give a number"),
        ("hours", float("nan"), "not_a_number", "Give a number"),
        ("hours", Decimal("Infinity"), "not_a_number", "Give a number"),
        ("hours", "9" * 31, "not_a_number", "Give a number"),
        ("hours", -1, "out_of_range", "from 0 to 500"),
        ("hours", 501, "out_of_range", "from 0 to 500"),
        ("hours", Decimal("1e999999"), "out_of_range", "from 0 to 500"),
        ("hours", "12.55", "decimals", "at most 1 decimals"),
        ("hours", Decimal("1." + "0" * 40 + "1"), "decimals", "at most 1 decimals"),
        ("hours", Decimal("1e-999999"), "decimals", "at most 1 decimals"),
        ("budget", "12.50", "not_pence", "whole number of pence"),
        ("budget", True, "not_pence", "whole number of pence"),
        ("budget", 10_000_001, "out_of_range", "from £0 to £100,000"),
        ("note", 12, "not_text", 'Give text in quotes, not "12"'),
        ("note", True, "not_text", "Give text"),
        ("note", "x" * 10_000, "too_long", "has 10,000 characters; the most is 200"),
        ("note", "x" * 300_000, "too_long", "has 300,000 characters"),
        ("note", "🙂" * 201, "too_long", "has 201 characters"),
        ("access", "always", "wrong_type", "an answer for each of: evening, weekend"),
        ("access", {"evening": "always"}, "rows_missing", "Choose an answer for: Weekend staff"),
        ("access", {**MARKED, "night": "always"}, "unknown_row", 'no row "night"'),
        ("access", {**MARKED, "weekend": "often"}, "unknown_option", 'Row weekend: "often"'),
        ("access", {**MARKED, "weekend": 2}, "unknown_option", "Row weekend"),
        ("access", {**MARKED, "weekend": ["a"]}, "unknown_option", "Row weekend"),
    ],
)  # fmt: skip
def test_values_that_do_not_fit(key: str, raw: Any, code: str, words: str) -> None:
    found = parse_value(SMALL.by_key[key], raw)
    assert isinstance(found, Problem)
    assert (found.code, found.field) == (code, key)
    assert words in found.message


def test_two_hundred_emoji_are_two_hundred_characters() -> None:
    assert parse_value(SMALL.by_key["note"], "🙂" * 200) == Written("🙂" * 200)


def test_messages_repeat_little_and_nothing_unprintable() -> None:
    assert shown("a" * 100) == f'"{"a" * 40}…"'
    assert shown("a\x1b[31m\ud800") == '"a�[31m�"'
    assert clean_text("a\ud800b") == "ab"


@pytest.mark.parametrize("key", list(FULL))
def test_json_form_reads_back(key: str) -> None:
    assert parse_value(SMALL.by_key[key], to_json(FULL[key])) == FULL[key]
    assert to_json(NotApplicable()) == "not_applicable"


@given(st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
))  # fmt: skip
def test_any_json_gives_a_value_a_problem_or_blank(raw: Any) -> None:
    for item in SMALL.questions:
        found = parse_value(item, raw)
        if found is not None and not isinstance(found, Problem):
            assert parse_value(item, to_json(found)) == found


FORMS = [
    ("commitment", {"commitment": ["all"]}, Chosen("all")),
    ("commitment", {}, None),
    ("commitment", {"commitment": [""]}, None),
    ("posts_open", {"posts_open": ["not_applicable"]}, NotApplicable()),
    ("offers", {"offers": ["paid", "mentor"]}, Ticked(("paid", "mentor"))),
    ("offers", {"offers": []}, None),
    ("hours", {"hours": ["1,200"]}, "out_of_range"),
    ("hours", {"hours": ["12.5"]}, Amount(Decimal("12.5"))),
    ("hours", {"hours": [""], "hours__not_applicable": ["1"]}, NotApplicable()),
    ("hours", {"hours": ["3"], "hours__not_applicable": ["1"]}, "both"),
    ("budget", {"budget": ["£1,250.50"]}, MoneyAmount(125_050)),
    ("budget", {"budget": ["12.505"]}, "decimals"),
    ("budget", {"budget": ["lots"]}, "not_a_number"),
    ("budget", {"budget": [" "]}, None),
    ("note", {"note": ["Hello"]}, Written("Hello")),
    ("access", {"access__evening": ["always"], "access__weekend": ["never"]},
     GridMarked((("evening", "always"), ("weekend", "never")))),
    ("access", {"access__evening": ["always"]}, "rows_missing"),
    ("access", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("key", "form", "expected"), FORMS)
def test_forms(key: str, form: dict[str, list[str]], expected: Value | str | None) -> None:
    found = parse_form(SMALL.by_key[key], form)
    assert (found.code if isinstance(found, Problem) else found) == expected


def test_stored_answers_are_read_and_strange_ones_left_out() -> None:
    document = {
        "commitment": {"v": "all", "r": 3, "at": "2026-11-22T10:00:00Z", "by": "visitor"},
        "hours": {"v": "many", "r": 1},
        "posts": {"v": None, "r": 2},
        "offers": "paid",
        "gone": {"v": "x"},
    }
    assert answers_from_document(SMALL, document) == {"commitment": Chosen("all")}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("commitment", Chosen("all"), "Yes, by name"),
        ("offers", Ticked(("paid", "mentor")), "Paid time off to train; A mentor"),
        ("hours", Amount(Decimal("12.5")), "12.5 hours"),
        ("hours", Amount(Decimal(1)), "1 hour"),
        ("hours", NotApplicable(), "We have no part-timers"),
        ("budget", MoneyAmount(125_050), "£1,250.50"),
        ("note", Written("Cover"), "Cover"),
        ("access", FULL["access"], "Evening staff: Sometimes; Weekend staff: Never"),
    ],
)
def test_answers_in_words(key: str, value: Value, words: str) -> None:
    assert describe_answer(SMALL.by_key[key], value) == words


def test_percent_and_plain_numbers_in_words() -> None:
    assert describe_answer(question("hours", unit="percent"), Amount(Decimal(1200))) == "1,200%"
    assert describe_answer(question("hours", unit=None), Amount(Decimal(3))) == "3"


def test_the_first_wording_that_fits_is_used() -> None:
    item = SMALL.by_key["commitment"]
    both = wording_for(item, Profile("social_care", "micro"))
    assert (both.text[:24], both.hint) == ("Does a registered manage", "Or an owner")
    assert wording_for(item, Profile("retail", "micro")).text.startswith("Do you lead")
    assert wording_for(item, Profile("retail", "large")).text == item.text
