"""Which facts are frozen on an output: those of the day, else the first that were said after it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.employers.rules.facts import FACTS
from portal.payments.rules.freezing import Frozen, Moment, freeze, is_known, kept_facts

DAY = date(2026, 3, 3)
NOTHING: dict[str, Any] = dict.fromkeys(FACTS)


def facts(**changes: Any) -> dict[str, Any]:
    known = {"name": "Example Ltd", "sector": "retail", "sic_codes": ["47110"], "district": "leeds"}
    return {**NOTHING, **known, **changes}


def sized(headcount: int, tier: str, on: date = DAY) -> dict[str, Any]:
    return {"headcount": headcount, "headcount_on": on, "size_tier": tier}


def at(days: int, version: int, **changes: Any) -> Moment:
    return Moment(DAY + timedelta(days=days), version, facts(**changes))


def frozen(*trail: Moment, now: dict[str, Any] | None = None) -> Frozen:
    return freeze(trail, trail[-1].facts if now is None else now, day=DAY)


def test_what_the_record_held_that_day_counts_whatever_came_later() -> None:
    found = frozen(
        at(-9, 1, **sized(34, "small")),
        at(0, 2, **sized(60, "medium")),
        at(1, 3, **sized(9, "micro")),
    )
    # The last change of the day itself still counts; the next day's does not.
    assert (found.values["headcount"], found.values["size_tier"]) == (60, "medium")
    assert found.later == ()
    assert found.since["headcount"] == (DAY, 2)


def test_what_was_not_known_that_day_is_the_first_said_afterwards_not_the_last() -> None:
    found = frozen(at(-9, 1), at(2, 2, **sized(34, "small")), at(40, 3, **sized(300, "large")))
    assert (found.values["headcount"], found.values["size_tier"]) == (34, "small")
    assert found.later == ("headcount",)
    assert found.since["headcount"] == (DAY + timedelta(days=2), 2)


def test_a_group_is_taken_whole_from_one_moment() -> None:
    found = frozen(
        at(-5, 1, iip_status="not_accredited", iip_on=DAY, iip_evidence=""),
        at(5, 2, iip_status="accredited", iip_on=DAY, iip_evidence="Certificate"),
    )
    assert (found.values["iip_status"], found.values["iip_evidence"]) == ("not_accredited", "")
    assert "no evidence for the answer about Investors in People" in found.reach.explanation
    assert not found.is_hard_to_reach


def test_since_when_goes_back_to_where_the_value_began() -> None:
    small = sized(34, "small")
    found = frozen(at(-90, 1, **small), at(-50, 2, **small, district="york"), at(-9, 3, **small))
    assert found.since["headcount"] == (DAY - timedelta(days=90), 1)
    assert found.since["district"] == (DAY - timedelta(days=9), 3)
    assert found.since["sector"] == (DAY - timedelta(days=90), 1)


def test_a_sector_without_a_code_is_not_known_and_one_with_another_code_is() -> None:
    unknown = frozen(
        at(-9, 1, sector="other", sic_codes=[]), at(3, 2, sector="retail", sic_codes=["47110"])
    )
    assert (unknown.values["sector"], unknown.later) == ("retail", ("sector",))
    known = frozen(
        at(-9, 1, sector="other", sic_codes=["62020"]),
        at(3, 2, sector="retail", sic_codes=["47110"]),
    )
    assert (known.values["sector"], known.later) == ("other", ())
    assert is_known(("sector", "sic_codes"), {"sector": "retail", "sic_codes": []})


def test_a_record_without_history_counts_as_it_stands_and_says_nothing_of_since() -> None:
    found = freeze((), facts(**sized(12, "small")), day=DAY)
    assert found.values["headcount"] == 12
    assert found.since["headcount"] is None
    assert found.later == ()
    assert not found.knows("iip_status")
    kept = kept_facts(found)
    assert kept["since"]["headcount"] is None
    assert kept["values"]["headcount_on"] == DAY.isoformat()


@pytest.mark.parametrize(
    ("iip_on", "status"), [(DAY, "yes"), (DAY + timedelta(days=1), "not_counted_yet")]
)
def test_an_answer_counts_from_its_own_day_even_when_written_down_later(
    iip_on: date, status: str
) -> None:
    training = {"training_answer": "no", "training_on": DAY, "training_note": "Said so"}
    answer = {"iip_status": "not_accredited", "iip_on": iip_on, "iip_evidence": "Said so"}
    found = frozen(at(-9, 1, **training), at(20, 2, **training, **answer))
    assert found.reach.status == status


changes = st.lists(
    st.tuples(st.integers(-30, 30), st.one_of(st.none(), st.integers(1, 400))), max_size=8
)


@given(changes)
def test_nothing_said_after_the_first_that_counts_makes_a_difference(
    said: list[tuple[int, int | None]],
) -> None:
    """The simple model: the last of the day if it says anything, else the first after it."""
    said.sort(key=lambda one: one[0])
    trail = [
        at(days, version, **(sized(people, "small") if people else {}))
        for version, (days, people) in enumerate(said, start=1)
    ]
    before = [people for days, people in said if days <= 0]
    after = [people for days, people in said if days > 0 and people]
    expected = before[-1] if before and before[-1] else next(iter(after), None)
    now = trail[-1].facts if trail else facts()
    found = freeze(trail, now, day=DAY)
    assert found.values["headcount"] == expected
    # Whatever is added later changes nothing once it is known.
    if expected is not None:
        more = [*trail, at(99, 99, **sized(7, "micro"))]
        assert freeze(more, more[-1].facts, day=DAY).values == found.values
