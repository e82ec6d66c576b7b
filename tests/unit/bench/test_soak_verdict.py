"""What a soak's verdict says of minutes that are known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.bench.soak_verdict import (
    Finding,
    Minute,
    connections_finding,
    memory_finding,
    queue_finding,
    second_half,
    slope,
    verdict,
)


def minutes(count: int = 60, **of_each: Any) -> list[Minute]:
    """So many minutes; a value may depend on which it is."""

    def value(key: str, usual: Any, number: int) -> Any:
        given = of_each.get(key, usual)
        return given(number) if callable(given) else given

    return [
        Minute(
            at=float(number + 1),
            requests=value("requests", 1000, number),
            errors=value("errors", 0, number),
            p50=5.0,
            p99=20.0,
            memory={"web 1": value("memory", 100.0, number)},
            queue=value("queue", 1, number),
            outbox=value("outbox", 0, number),
            connections=value("connections", 4, number),
        )
        for number in range(count)
    ]


def failed(found: list[Finding]) -> list[str]:
    return [one.what for one in found if not one.fine]


def test_a_quiet_hour_is_fine() -> None:
    assert failed(verdict(minutes(), due=60_000, left=0)) == []


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ([(0, 1), (1, 3), (2, 5)], 2.0),
        ([(0, 5), (10, 5)], 0.0),
        ([(0, 4), (2, 3)], -0.5),
        ([(3, 4)], 0.0),
        ([(3, 4), (3, 9)], 0.0),
        ([], 0.0),
    ],
)
def test_a_slope_is_that_of_least_squares(
    points: list[tuple[float, float]], expected: float
) -> None:
    assert slope(points) == pytest.approx(expected)


def test_one_error_fails_it() -> None:
    found = verdict(minutes(errors=lambda n: n == 17), due=60_001, left=0, faults=["home: 500"])
    assert failed(found) == ["errors"]
    assert "1 of 60,001; home: 500" in found[0].words


def test_a_load_that_was_not_there_fails_it() -> None:
    assert failed(verdict(minutes(), due=70_000, left=0)) == ["the load was there"]
    assert "the load was there" in failed(verdict([], due=0, left=0))


def test_memory_that_rises_all_the_time_fails_it() -> None:
    """A quarter of a MiB a minute from 100: 7.25 in the last 29 minutes pass, a whole one fails."""
    assert failed(verdict(minutes(memory=lambda n: 100 + n / 4), due=60_000, left=0)) == []
    found = verdict(minutes(memory=lambda n: 100.0 + n), due=60_000, left=0)
    assert failed(found) == ["memory of web 1"]


def test_memory_that_rose_at_the_start_is_fine() -> None:
    assert memory_finding("web 1", minutes(memory=lambda n: min(100 + 5 * n, 200))).fine


def test_a_large_process_may_rise_by_a_share() -> None:
    assert memory_finding("web 1", minutes(memory=lambda n: 1000 + 2 * n)).fine
    assert not memory_finding("web 1", minutes(memory=lambda n: 1000 + 5 * n)).fine


def test_a_process_seen_once_is_not_judged_fine() -> None:
    assert not memory_finding("web 2", minutes()).fine


@pytest.mark.parametrize(
    ("lengths", "fine"),
    [
        ([0] * 40, True),
        ([19] * 40, True),
        ([0] * 20 + [500] * 3 + [0] * 17, True),
        (list(range(0, 400, 10)), False),
        ([100] * 40, True),
        ([30] * 20 + [70] * 20, False),
        ([5], True),
        ([], False),
    ],
)
def test_queues_may_be_long_but_not_grow(lengths: list[int], fine: bool) -> None:
    assert queue_finding("jobs", lengths).fine is fine


def test_connections_that_pile_up_fail_it() -> None:
    assert connections_finding([4, 9, 9, 8]).fine
    assert not connections_finding([4, 4, 6, 12]).fine


def test_work_left_behind_fails_it() -> None:
    assert failed(verdict(minutes(), due=60_000, left=3)) == ["work left behind"]


def test_a_short_run_is_looked_at_as_a_whole() -> None:
    assert len(second_half(minutes(3))) == 3
    assert [one.at for one in second_half(minutes(6))] == [4.0, 5.0, 6.0]


def test_a_minute_is_one_line() -> None:
    line = minutes(1)[0].line()
    assert "1,000 requests" in line
    assert "web 1 100" in line
    assert "\n" not in line
