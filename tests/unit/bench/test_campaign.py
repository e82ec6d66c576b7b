"""The simulation of a campaign month agrees with what is known of queues, and with its own sums."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.bench import campaign
from tests.bench.campaign import Assumptions, Busiest, Line, Month, Size

COST = {"web": 0.0, "database": 0.0, "log": 0.0, "held": 0.0, "times": 1}
EVEN = replace(Assumptions(), spread=0.0, disk=0.0)


def measured(**costs: dict[str, float]) -> dict[str, Any]:
    return {
        "demands": {name: COST | cost for name, cost in costs.items()},
        "bytes": {"diagnostic": 50_000, "plan": 100_000, "file": 80_000},
        "question_pages": 30,
    }


def month(**peak: float) -> Month:
    return Month(begun=0, finished=0, plans=0, peak=peak, mails=0, growth=0, files=0)


def played(size: Size, load: Month, costs: dict[str, Any], seconds: float, **told: float) -> Line:
    told_ = replace(EVEN, **told)
    return Line(size, 0.1, load, Busiest(size, load, told_, costs, seconds).run(), seconds)


def test_one_process_waits_as_the_formula_says() -> None:
    """Poisson arrivals at one server of even service: Pollaczek and Khinchine's mean wait."""
    costs = measured(page={"web": 10.0})
    line = played(Size("one", 1, 1, 1), month(page=80), costs, 400)
    busy, service = 0.8, 0.010
    wait = busy * service / (2 * (1 - busy))
    mean = sum(line.seen.waits) / len(line.seen.waits)
    assert mean == pytest.approx(wait + service, rel=0.05)
    assert line.load("web processes") == pytest.approx(busy, rel=0.02)
    assert line.holds


@pytest.mark.parametrize(
    ("cost", "rate", "fullest"),
    [
        ({"web": 20.0}, 300, "web processes"),
        ({"web": 0.1, "database": 20.0}, 300, "database"),
        ({"web": 0.1, "held": 60.0, "log": 100.0}, 60, "audit trail"),
    ],
)
def test_what_is_too_much_is_named(cost: dict[str, float], rate: float, fullest: str) -> None:
    size = Size("two", 2 if fullest == "web processes" else 64, 2, 1)
    line = played(size, month(page=rate), measured(page=cost), 60, largest_area=0.5)
    assert line.fullest == fullest
    assert not line.holds
    assert "breaks" in line.words()


def test_one_area_waits_for_itself_alone() -> None:
    """The trail of the largest area is full; writers of the others are answered at once."""
    costs = measured(page={"web": 0.1, "held": 20.0, "log": 100.0})
    full = played(Size("x", 512, 8, 1), month(page=100), costs, 60, largest_area=0.9)
    even = played(Size("x", 512, 8, 1), month(page=100), costs, 60, largest_area=1 / 38)
    assert not full.holds
    assert even.holds
    assert even.load("audit trail") < 0.2


def test_a_backlog_of_plans_is_seen_though_pages_hold() -> None:
    costs = measured(page={"web": 1.0}, **{"print a plan": {"web": 500.0}})
    load = month(page=10, **{"print a plan": 4.0})
    line = played(Size("one", 2, 1, 1), load, costs, 120)
    assert line.holds
    assert line.fullest == "printing"
    assert line.seen.unprinted > 150
    assert load.requests == 10


def test_a_month_adds_up() -> None:
    found = campaign.month_of(0.01, Assumptions(), measured())
    assert found.begun == 55_000
    assert found.finished == pytest.approx(33_000)
    assert found.plans == pytest.approx(16_500)
    assert found.growth == pytest.approx((55_000 * 50_000 + 16_500 * 100_000) * 1.5)
    # 55,000 x 3/22 of the month on that day, a sixth of it in that hour, twice in those minutes.
    assert found.peak["start"] == pytest.approx(55_000 * 3 / 22 / 6 / 3600 * 2)
    assert found.peak["save"] == pytest.approx(found.peak["start"] * 2 * 30 * 0.8)
    double = campaign.month_of(0.02, Assumptions(), measured())
    assert double.requests == pytest.approx(found.requests * 2)


def test_what_is_offered_is_what_is_done() -> None:
    """The utilisation law: played for long, each part is as busy as the work that comes in."""
    costs = measured(
        page={"web": 10.0, "database": 5.0}, **{"print a plan": {"web": 300.0, "database": 0.0}}
    )
    size, load = Size("x", 4, 2, 2), month(page=120, **{"print a plan": 3.0})
    line = played(size, load, costs, 150)
    for part, busy in campaign.offered(size, load, costs).items():
        assert line.load(part) == pytest.approx(busy, rel=0.08), part


def test_what_was_measured_covers_every_kind_of_request() -> None:
    kept = campaign.load()
    assert set(campaign.month_of(1.0, Assumptions(), kept).peak) <= set(kept["demands"])
    assert all(one["web"] > 0 for one in kept["demands"].values())
