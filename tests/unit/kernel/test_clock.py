"""The kernel: what every figure, day and reference in the portal stands on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from portal.kernel.clock import freeze, london, today, utc_now


def test_now_is_aware_utc() -> None:
    assert utc_now().tzinfo is UTC
    assert abs(utc_now() - datetime.now(UTC)) < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        # Half past midnight in London, still the day before in UTC.
        (datetime(2026, 6, 30, 23, 30, tzinfo=UTC), date(2026, 7, 1)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2026, 12, 31)),
        # The night the clocks go forward, and the one they go back.
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 10, 24, 23, 30, tzinfo=UTC), date(2026, 10, 25)),
    ],
)
def test_days_are_londons(instant: datetime, day: date) -> None:
    with freeze(instant):
        assert today() == day
        assert utc_now() == instant


def test_a_frozen_clock_runs_again_afterwards_even_after_a_fault() -> None:
    with pytest.raises(ZeroDivisionError), freeze(datetime(2020, 1, 1, tzinfo=UTC)):
        raise ZeroDivisionError
    assert utc_now().year > 2020


def test_freezing_nests_and_takes_any_zone() -> None:
    east = timezone(timedelta(hours=5))
    with freeze(datetime(2026, 1, 1, tzinfo=UTC)):
        with freeze(datetime(2026, 1, 2, 5, tzinfo=east)):
            assert utc_now() == datetime(2026, 1, 2, tzinfo=UTC)
        assert utc_now() == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what is refused
    with pytest.raises(ValueError, match="without a zone"):
        london(naive)
    with pytest.raises(ValueError, match="aware"), freeze(naive):
        pass


def test_london_is_an_hour_ahead_in_summer() -> None:
    assert london(datetime(2026, 7, 1, 12, tzinfo=UTC)).hour == 13
    assert london(datetime(2026, 1, 1, 12, tzinfo=UTC)).hour == 12
