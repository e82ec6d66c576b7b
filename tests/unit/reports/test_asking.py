"""Reading a question out of an address: whatever it holds, it gives one that makes sense."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.reports.rules.asking import (
    Choices,
    arguments,
    is_over,
    last_day,
    month_of,
    months_offered,
    presets,
    scope_of,
)
from portal.reports.rules.reading import period_words
from portal.reports.rules.scope import View

TODAY = date(2026, 11, 22)
CHOICES = Choices(("retail", "care"), ("micro",), ("leeds",), (3, 5))


def asked(view: View = View.FULL, own: int | None = None, **values: str):
    return scope_of(values, today=TODAY, view=view, choices=CHOICES, own=own)


def test_without_a_question_it_is_this_financial_year() -> None:
    scope = asked()
    assert (scope.first, scope.last) == (date(2026, 4, 1), TODAY)
    assert not scope.filtered
    assert not is_over(scope, today=TODAY)


def test_months_are_whole_up_to_today() -> None:
    scope = asked(**{"from": "2026-07", "to": "2026-09"})
    assert (scope.first, scope.last) == (date(2026, 7, 1), date(2026, 9, 30))
    assert is_over(scope, today=TODAY)
    assert asked(**{"from": "2026-10", "to": "2026-11"}).last == TODAY
    assert asked(**{"from": "2026-11", "to": "2027-03"}).last == TODAY
    assert asked(to="2020-05").first == date(2020, 5, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-13",
        "2026-00",
        "26-11",
        "2026-1",
        "x",
        "\u0662\u0660\u0662\u0666-11",
        "2026-11-01",
    ],
)
def test_what_is_no_month_is_none(text: str) -> None:
    assert month_of(text, today=TODAY) is None


@pytest.mark.parametrize(
    ("values", "filters"),
    [
        ({"sector": "retail", "size": "micro", "district": "leeds"}, ("retail", "micro", "leeds")),
        ({"sector": "Retail", "size": "'", "district": "x" * 500}, ("", "", "")),
    ],
)
def test_filters_are_those_there_are(values: dict[str, str], filters: tuple[str, ...]) -> None:
    scope = asked(**values)
    assert (scope.sector, scope.size_tier, scope.district) == filters


@pytest.mark.parametrize(
    ("given_value", "own", "provider"),
    [
        ("3", None, 3),
        ("4", None, None),
        ("", None, None),
        ("-3", None, None),
        ("9" * 40, None, None),
        ("3", 5, 3),
        ("4", 5, 5),
        ("", 5, 5),
        ("²", 5, 5),
    ],
)
def test_a_provider_is_one_of_those_offered_or_ones_own(
    given_value: str, own: int | None, provider: int | None
) -> None:
    view = View.FULL if own is None else View.PROVIDER
    assert asked(view, own, provider=given_value).provider == provider


def test_statistics_take_no_filter() -> None:
    scope = asked(View.STATISTICS, sector="retail", provider="3")
    assert not scope.filtered
    assert scope.provider is None


@given(
    st.dictionaries(
        st.sampled_from(["from", "to", "sector", "size", "district", "provider", "view"]),
        st.one_of(st.text(max_size=12), st.from_regex(r"\d{4}-\d{2}", fullmatch=True)),
    ),
    st.dates(date(2011, 1, 1), date(2090, 12, 31)),
    st.sampled_from(list(View)),
)
def test_any_address_gives_a_question_that_can_be_asked_again(
    values: dict[str, str], today: date, view: View
) -> None:
    own = 5 if view is View.PROVIDER else None
    scope = scope_of(values, today=today, view=view, choices=CHOICES, own=own)
    assert scope.first <= scope.last <= today
    assert scope.first.day == 1
    again = scope_of(arguments(scope), today=today, view=view, choices=CHOICES, own=own)
    assert again == scope
    offered = months_offered(today, (scope.first_month, scope.last_month))
    assert {scope.first_month, scope.last_month} <= set(offered)
    assert offered == sorted(offered, reverse=True)


@given(st.dates(date(2011, 1, 1), date(2090, 12, 31)))
def test_presets_are_in_order_and_never_in_the_future(today: date) -> None:
    for one in presets(today):
        assert one.first <= one.last <= today
    this, last, year, before, since = presets(today)
    assert this.first.month in {1, 4, 7, 10}
    assert last_day(last.last).toordinal() + 1 == this.first.toordinal()
    assert year.first.month == before.first.month == since.first.month == 4
    assert last_day(before.last).toordinal() + 1 == year.first.toordinal()


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 7, 1), date(2026, 9, 30), "July to September 2026"),
        (date(2026, 2, 1), date(2026, 2, 28), "February 2026"),
        (date(2025, 12, 1), date(2026, 1, 31), "December 2025 to January 2026"),
        (date(2026, 4, 1), date(2026, 11, 22), "1 April 2026 to 22 November 2026"),
        (date(2026, 12, 1), date(2026, 12, 31), "December 2026"),
    ],
)
def test_a_period_in_words(first: date, last: date, words: str) -> None:
    assert period_words(first, last) == words
