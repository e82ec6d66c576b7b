"""The kernel: what every figure, day and reference in the portal stands on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.money import MAX_PENCE, Money, MoneyError

amounts = st.integers(min_value=-MAX_PENCE, max_value=MAX_PENCE)


@pytest.mark.parametrize(
    ("text", "pence"),
    [
        ("12.34", 1234),
        ("£1,234.5", 123450),
        (" £ 7 ", 700),
        ("0", 0),
        ("-3.05", -305),
        ("1,000,000", 100_000_000),
        ("12.34\u00a0", 1234),
    ],
)
def test_pounds_are_read_as_people_type_them(text: str, pence: int) -> None:
    assert Money.from_pounds(text).pence == pence


@pytest.mark.parametrize(
    "text", ["", "12.345", "1,23", "12,34.50", "twelve", "1e3", "--3", "3.", "9" * 16, "£"]
)
def test_what_is_no_amount_is_refused_with_advice(text: str) -> None:
    with pytest.raises(MoneyError, match="amount"):
        Money.from_pounds(text)


@given(amounts)
def test_writing_and_reading_back_changes_nothing(pence: int) -> None:
    assert Money.from_pounds(Money(pence).format()) == Money(pence)


@given(amounts, amounts, st.integers(-1000, 1000))
def test_sums_are_whole_numbers_of_pence(one: int, other: int, times: int) -> None:
    assert (Money(one) + Money(other)).pence == one + other
    assert (Money(one) - Money(other)) == Money(one) + -Money(other)
    assert (Money(one) * times).pence == one * times == (times * Money(one)).pence
    assert (Money(one) < Money(other)) == (one < other)


@pytest.mark.parametrize("wrong", [1.0, "1", True, None])
def test_only_whole_pence_are_money(wrong: object) -> None:
    with pytest.raises(TypeError):
        Money(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("times", [1.5, True])
def test_money_is_multiplied_by_whole_numbers(times: object) -> None:
    with pytest.raises(TypeError):
        Money(100) * times  # type: ignore[operator]


@pytest.mark.parametrize(
    ("pence", "exact", "whole"),
    [
        (123_450, "£1,234.50", "£1,235"),
        (49, "£0.49", "£0"),
        (50, "£0.50", "£1"),
        (-49, "-£0.49", "£0"),
        (-50, "-£0.50", "-£1"),
        (-123_450, "-£1,234.50", "-£1,235"),
    ],
)
def test_amounts_are_shown(pence: int, exact: str, whole: str) -> None:
    assert Money(pence).format() == exact == str(Money(pence))
    assert Money(pence).format_whole() == whole
    assert bool(Money(pence))
