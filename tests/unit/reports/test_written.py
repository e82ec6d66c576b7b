from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.reports.rules.document import Unit, Withheld
from portal.reports.rules.written import brief, share, written

MINUS = "\N{MINUS SIGN}"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1204, Unit.COUNT, "1,204"),
        (-3, Unit.COUNT, f"{MINUS}3"),
        (120450, Unit.PENCE, "£1,204.50"),
        (-120450, Unit.PENCE, f"{MINUS}£1,204.50"),
        (125, Unit.PER_MILLE, "12.5%"),
        (1000, Unit.PER_MILLE, "100.0%"),
        (1, Unit.DAYS, "1 day"),
        (1250, Unit.DAYS, "1,250 days"),
        (543, Unit.TENTHS, "54.3"),
        (-5, Unit.TENTHS, f"{MINUS}0.5"),
        (1, Unit.MINUTES, "1 minute"),
        (90, Unit.MINUTES, "90 minutes"),
        (750, Unit.MINUTES, "12 hours 30 min"),
        (120, Unit.MINUTES, "2 hours"),
        ("2026-10-01", Unit.MONTH, "October 2026"),
        ("2026-10", Unit.MONTH, "October 2026"),
        ("2026-10-05", Unit.DAY, "5 October 2026"),
        ("Retail", Unit.TEXT, "Retail"),
        (None, Unit.COUNT, "\N{EN DASH}"),
        (Withheld.SMALL, Unit.COUNT, "Not shown"),
        (Withheld.COMPLEMENT, Unit.PENCE, "Not shown"),
        (Withheld.NOT_KNOWN, Unit.COUNT, "Not known"),
    ],
)
def test_a_value_in_full(value, unit, text):
    assert written(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (999_999, Unit.COUNT, "999,999"),
        (1_250_000, Unit.COUNT, "1.3m"),
        (120_450, Unit.PENCE, "£1,205"),
        (999_949, Unit.PENCE, "£9,999"),
        (1_000_000, Unit.PENCE, "£10k"),
        (99_949_900, Unit.PENCE, "£999k"),
        (99_950_000, Unit.PENCE, "£1m"),
        (123_456_700, Unit.PENCE, "£1.2m"),
        (-1_000_000, Unit.PENCE, f"{MINUS}£10k"),
        (90, Unit.MINUTES, "90 min"),
        (6_000, Unit.MINUTES, "100 h"),
        (125, Unit.PER_MILLE, "12.5%"),
        ("2026-10-01", Unit.MONTH, "Oct 2026"),
        (Withheld.SMALL, Unit.COUNT, "Not shown"),
    ],
)
def test_a_value_where_room_is_short(value, unit, text):
    assert brief(value, unit) == text


@given(st.integers(0, 10**12))
def test_short_money_is_the_nearest_of_its_kind(pence):
    text = brief(pence, Unit.PENCE).removeprefix("£").replace(",", "")
    size = {"k": 1_000, "m": 1_000_000}.get(text[-1], 1)
    number = float(text.rstrip("km")) * size
    within = 0.5 if size == 1 else 500.5 if size == 1_000 else 50_000.5
    assert abs(number - pence / 100) <= within


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(1, 3, 333), (2, 3, 667), (1, 2000, 1), (1, 2001, 0), (5, 5, 1000), (0, 7, 0), (1, 0, None)],
)
def test_a_share_is_rounded_half_up(part, whole, expected):
    assert share(part, whole) == expected
