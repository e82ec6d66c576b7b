"""Who has which work, what referrals turn into, and who may be let go."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.caseload.rules.stages import Stage
from portal.caseload.rules.team import (
    OPEN_STAGES,
    REACHED,
    Arrival,
    Colleague,
    Load,
    Pick,
    added_up,
    converted,
    first_reached,
    hours,
    may_be_closed,
    months_until,
    period,
    rate,
    read_pick,
    stale_words,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
counts = st.integers(0, 50)
loads = st.builds(
    Load,
    stages=st.dictionaries(st.sampled_from(OPEN_STAGES), counts).map(Counter),
    overdue=counts,
    quiet=counts,
    contacts=counts,
    minutes=counts,
)


@given(st.lists(loads, max_size=6))
def test_totals_add_up(rows: list[Load]) -> None:
    total = added_up(rows)
    assert total.open == sum(row.open for row in rows) == sum(total.stages.values())
    assert total.minutes == sum(row.minutes for row in rows)
    assert total.quiet == sum(row.quiet for row in rows)


@pytest.mark.parametrize(
    ("value", "pick"),
    [
        ("7Q2M4T9KZC.12", Pick("7Q2M4T9KZC", 12)),
        ("7Q2M4T9KZC.0", Pick("7Q2M4T9KZC", None)),
        ("7Q2M4T9KZC", None),
        (".4", None),
        ("A.x", None),
        ("A.99999999999", None),
        ("A.٣", None),
    ],
)
def test_a_pick_is_read_back(value: str, pick: Pick | None) -> None:
    assert read_pick(value) == pick
    if pick:
        assert pick.value == value


def arrival(days: dict[Stage, int], status: str = "accepted", source: int = 1) -> Arrival:
    return Arrival(
        source_id=source,
        source=f"Source {source}",
        kind="chamber",
        status=status,
        received_at=START,
        decided_at=START + timedelta(days=2) if status != "waiting" else None,
        decline_reason="not_eligible" if status == "declined" else None,
        reached={stage: START + timedelta(days=day) for stage, day in days.items()},
    )


def test_referrals_are_counted_to_what_they_led_to() -> None:
    found = [
        arrival({Stage.CONSULTATION: 4, Stage.DIAGNOSTIC: 14}),
        arrival({Stage.CONSULTATION: 8}),
        arrival({}, source=2),
        arrival({}, "declined"),
        arrival({}, "expired"),
        arrival({}, "waiting", source=2),
    ]
    rows, total = converted(found)
    assert [(row.source, row.received, row.accepted) for row in rows] == [
        ("Source 1", 4, 2),
        ("Source 2", 2, 1),
    ]
    assert total.statuses == {"accepted": 3, "declined": 1, "expired": 1, "waiting": 1}
    assert total.reasons == {"not_eligible": 1}
    assert total.rate(Stage.CONSULTATION) == "67% (2 of 3)"
    assert total.rate(Stage.PLAN) == "0% (0 of 3)"
    assert total.median_days("accepted") == 2
    assert total.median_days(Stage.CONSULTATION) == 4
    assert total.median_days(Stage.DIAGNOSTIC) == 10
    assert total.median_days(Stage.SUPPORT) is None


def test_a_later_stage_passes_the_ones_before_and_closing_passes_none() -> None:
    changes = [
        ("referral", START),
        ("plan", START + timedelta(days=1)),
        ("consultation", START + timedelta(days=2)),
        ("closed", START + timedelta(days=3)),
    ]
    found = first_reached(changes)
    assert set(found) == {Stage.CONSULTATION, Stage.DIAGNOSTIC, Stage.PLAN}
    assert set(found.values()) == {START + timedelta(days=1)}
    assert Stage.SUPPORT in REACHED


def test_months_and_periods_are_londons() -> None:
    months = months_until(date(2026, 2, 14), 3)
    assert months == [date(2026, 2, 1), date(2026, 1, 1), date(2025, 12, 1)]
    # British Summer Time has begun by the end of March.
    assert period(date(2026, 3, 1), date(2026, 3, 1)) == (
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 31, 23, tzinfo=UTC),
    )
    assert period(date(2025, 12, 1), date(2025, 12, 1))[1] == datetime(2026, 1, 1, tzinfo=UTC)


def test_figures_in_words() -> None:
    assert [hours(0), hours(59), hours(60), hours(125)] == ["0 min", "59 min", "1 h 00", "2 h 05"]
    assert rate(0, 0) == "None yet"
    assert rate(1, 8) == "13% (1 of 8)"
    many = [(f"Example {n}", "was closed") for n in range(12)]
    assert stale_words(many).endswith("Example 9 was closed; and 2 more")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, None),
        ({"id": 9}, "oneself"),
        ({"roles": {"adviser", "lep_officer"}}, "other_roles"),
        ({"roles": {"provider_manager"}}, "other_roles"),
        ({"organisations": {1, 2}}, "works_elsewhere"),
    ],
)
def test_a_manager_closes_the_accounts_of_own_advisers_only(changes, code) -> None:
    values = {"id": 4, "roles": {"adviser"}, "organisations": {1}, **changes}
    person = Colleague(
        values["id"],
        "Example Leaver",
        "leaver@example.org",
        True,
        frozenset(values["roles"]),
        frozenset(values["organisations"]),
    )
    problem = may_be_closed(person, organisations={1}, by_id=9)
    assert (problem and problem.code) == code
