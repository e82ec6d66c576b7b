"""Which cases want attention, in London days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.caseload.rules import attention
from portal.caseload.rules.attention import EngagementFacts, Gap, engagement_readiness

DAY = date(2026, 11, 22)


def facts(**changes: bool) -> EngagementFacts:
    values = dict.fromkeys(EngagementFacts.__slots__, True) | changes
    return EngagementFacts(**values)


def test_an_engagement_with_everything_is_ready() -> None:
    assert engagement_readiness(facts()) == []
    assert not attention.is_almost_claimable([])


@pytest.mark.parametrize(
    ("absent", "gap"),
    [
        ("in_target_sector", Gap.SECTOR),
        ("size_known", Gap.SIZE),
        ("session_recorded", Gap.SESSION),
        ("diagnostic_completed", Gap.DIAGNOSTIC),
        ("session_confirmed", Gap.CONFIRMATION),
    ],
)
def test_one_thing_missing_is_named(absent: str, gap: Gap) -> None:
    gaps = engagement_readiness(facts(**{absent: False}))
    assert gaps == [gap]
    assert attention.is_almost_claimable(gaps)
    assert gap.words[0].islower()


def test_gaps_stand_in_the_order_of_the_work() -> None:
    nothing = facts(**dict.fromkeys(EngagementFacts.__slots__, False))
    assert engagement_readiness(nothing) == list(Gap)
    assert not attention.is_almost_claimable(list(Gap))


@pytest.mark.parametrize(
    ("days", "quiet"), [(29, False), (30, True), (31, True)], ids=["29", "30", "31"]
)
def test_a_case_is_quiet_after_so_many_london_days(days: int, quiet: bool) -> None:
    # Half past midnight in London is the day before in UTC during summer time.
    at = datetime(2026, 7, 20, 23, 30, tzinfo=UTC)
    today = date(2026, 7, 21) + timedelta(days=days)
    opened = at - timedelta(days=300)
    found = attention.is_quiet(last_contact_at=at, opened_at=opened, today=today, quiet_days=30)
    assert found is quiet
    assert (at < attention.quiet_before(today, 30)) is quiet


def test_a_case_never_contacted_is_quiet_from_its_opening() -> None:
    opened = datetime(2026, 10, 1, 12, tzinfo=UTC)
    assert attention.is_quiet(last_contact_at=None, opened_at=opened, today=DAY, quiet_days=30)
    assert not attention.is_quiet(last_contact_at=None, opened_at=opened, today=DAY, quiet_days=90)


def test_lateness_and_the_end_of_the_week() -> None:
    assert attention.days_late(DAY - timedelta(days=5), DAY) == 5
    assert attention.days_late(DAY, DAY) == 0
    assert attention.days_late(DAY + timedelta(days=5), DAY) == 0
    assert attention.end_of_week(date(2026, 11, 22)) == date(2026, 11, 22)
    assert attention.end_of_week(date(2026, 11, 23)) == date(2026, 11, 29)


@pytest.mark.parametrize(
    ("planned", "logged", "reached", "ends"),
    [
        ("call", "call", True, "done"),
        ("call", "call", False, "moved"),
        ("visit", "call", False, "moved"),
        ("email", "email", False, "done"),
        ("email", "call", False, "moved"),
        ("other", "note", False, "done"),
    ],
)
def test_how_a_planned_action_ends(planned: str, logged: str, reached: bool, ends: str) -> None:
    assert attention.ended_as(planned=planned, logged=logged, reached=reached) == ends
