"""Days and months are London's, to the instant: at midnight, at both clock changes, on 29 February.

The clock is held; nothing here waits.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import LONDON, freeze, today
from portal.kernel.result import Err, Ok
from portal.payments.models import Contract, Output
from portal.payments.queries import claims as claiming
from portal.payments.rules.periods import month_of, month_of_instant, next_month
from portal.payments.service import claims, contracts, outputs, paying
from portal.payments.service.proving import verify
from tests.factories.payments import PRICES, make_card
from tests.support import claims_world as world
from tests.support.claims_world import Desk

INSTANT = timedelta(microseconds=1)
FROM, UNTIL = date(2026, 2, 1), date(2029, 3, 31)


def at(text: str, *, second_time: bool = False) -> datetime:
    """An instant by the London clock; an hour that comes twice is the first unless said."""
    return datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=second_time)


def midnight(day: date) -> datetime:
    """The first instant of a day in London."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON)


@pytest.fixture
def desk(session: PortalSession) -> Desk:
    """A contract that runs through several clock changes and a leap day."""
    with freeze(at("2026-02-01 09:00")), unit_of_work():
        make_card(FROM)
        return world.make_desk(starts_on=FROM, ends_on=UNTIL)


def work_today(desk: Desk) -> Output:
    with unit_of_work():
        key = world.add_work(desk, today())[0]
        return current_session().get_one(Output, key)


# Around both changes of the clocks, ends of months and years, and the leap day.
MOMENTS = [
    (at("2026-03-28 23:30"), date(2026, 3, 28)),
    (at("2026-03-29 00:30"), date(2026, 3, 29)),
    (at("2026-03-29 02:30"), date(2026, 3, 29)),
    (at("2026-03-29 23:30"), date(2026, 3, 29)),
    (at("2026-03-30 00:30"), date(2026, 3, 30)),
    (at("2026-10-24 23:30"), date(2026, 10, 24)),
    (at("2026-10-25 00:30"), date(2026, 10, 25)),
    (at("2026-10-25 01:30"), date(2026, 10, 25)),
    (at("2026-10-25 01:30", second_time=True), date(2026, 10, 25)),
    (at("2026-10-25 23:30"), date(2026, 10, 25)),
    (at("2026-10-26 00:30"), date(2026, 10, 26)),
    (at("2026-03-31 23:30"), date(2026, 3, 31)),
    (at("2026-04-01 00:30"), date(2026, 4, 1)),
    (at("2026-10-31 23:30"), date(2026, 10, 31)),
    (at("2026-11-01 00:30"), date(2026, 11, 1)),
    (at("2026-12-31 23:30"), date(2026, 12, 31)),
    (at("2027-01-01 00:30"), date(2027, 1, 1)),
    (at("2028-02-28 23:30"), date(2028, 2, 28)),
    (at("2028-02-29 00:30"), date(2028, 2, 29)),
    (at("2028-02-29 23:30"), date(2028, 2, 29)),
    (at("2028-03-01 00:30"), date(2028, 3, 1)),
    (at("2027-02-28 23:30"), date(2027, 2, 28)),
]


@pytest.mark.parametrize(("moment", "day"), MOMENTS, ids=[str(day[0]) for day in MOMENTS])
def test_work_is_done_on_the_london_day(desk: Desk, moment: datetime, day: date) -> None:
    with freeze(moment):
        output = work_today(desk)
    assert output.occurred_on == day
    assert month_of_instant(moment) == month_of(day)
    # The month it is claimed in ends at the next month's first instant in London, not before.
    end = midnight(next_month(month_of(day)))
    for when, allowed in ((end.astimezone(UTC) - INSTANT, False), (end, True)):
        with freeze(when), unit_of_work():
            built = claims.build(contract_id=desk.contract, period=month_of(day), by=desk.manager)
        assert isinstance(built, Ok) == allowed, (when, built)
        if isinstance(built, Err):
            assert built.problem.code == "month_not_over"
    assert verify().fault is None


def test_in_summer_the_utc_day_is_another() -> None:
    """The control: a month taken from UTC is wrong for an hour, at seven month ends a year."""
    wrong = [
        month
        for month in range(1, 13)
        if month_of(midnight(date(2026, month, 1)).astimezone(UTC).date())
        != month_of_instant(midnight(date(2026, month, 1)))
    ]
    assert wrong == [4, 5, 6, 7, 8, 9, 10]
    assert midnight(date(2026, 6, 1)).astimezone(UTC).day == 31


@pytest.mark.parametrize(
    "month", [date(2026, 3, 1), date(2026, 5, 1), date(2026, 10, 1), date(2028, 2, 1)]
)
def test_a_month_is_closed_from_its_last_midnight_on(desk: Desk, month: date) -> None:
    with unit_of_work():
        contract = claiming.contract_to_change(desk.contract)
        contract.open_from = month
        reference = contract.reference
        world.add_work(desk, month)
    end = midnight(next_month(month)).astimezone(UTC)
    with freeze(end - INSTANT), unit_of_work():
        early = contracts.close_period(reference=reference, month=month, by=desk.payers[0])
    assert isinstance(early, Err)
    assert early.problem.code == "not_over"
    with freeze(end):
        with unit_of_work():
            draft = world.draft(desk, month)
        with unit_of_work():
            closed = contracts.close_period(reference=reference, month=month, by=desk.payers[0])
            assert isinstance(closed, Ok)
        assert world.claim_of(draft).state == "withdrawn"
        with unit_of_work():
            late = claims.build(contract_id=desk.contract, period=month, by=desk.manager)
            again = contracts.close_period(reference=reference, month=month, by=desk.payers[0])
    assert isinstance(late, Err)
    assert late.problem.code == "month_closed"
    assert isinstance(again, Err)
    assert again.problem.code == "closed"
    # What happened in it is claimed in the month after, once that is over.
    with freeze(midnight(next_month(next_month(month)))), unit_of_work():
        following = claims.build(
            contract_id=desk.contract, period=next_month(month), by=desk.manager
        )
    assert isinstance(following, Ok)
    assert following.value.added == 1
    assert verify().fault is None


def arises(desk: Desk, day: date) -> bool:
    with unit_of_work():
        session_id = world.add_session(desk, day)
        return isinstance(outputs.arise_for_session(session_id, desk.adviser), Ok)


def test_a_contract_pays_from_its_first_day_to_its_last(desk: Desk) -> None:
    day = timedelta(days=1)
    with freeze(midnight(UNTIL + 2 * day)):
        found = {when: arises(desk, when) for when in (FROM - day, FROM, UNTIL, UNTIL + day)}
    assert found == {FROM - day: False, FROM: True, UNTIL: True, UNTIL + day: False}


@pytest.mark.parametrize("starts", [date(2026, 3, 29), date(2026, 10, 25), date(2028, 2, 29)])
def test_a_rate_card_is_in_force_from_its_first_day(desk: Desk, starts: date) -> None:
    dearer = {key: pence + 100 for key, pence in PRICES.items()}
    with unit_of_work():
        make_card(starts, prices=dearer)
    pence = []
    for moment in (midnight(starts).astimezone(UTC) - INSTANT, midnight(starts)):
        with freeze(moment):
            pence.append(work_today(desk).base_pence)
    assert pence == [world.PRICE, world.PRICE + 100]


def test_a_run_made_after_midnight_in_summer_is_not_paid_the_day_before(desk: Desk) -> None:
    """At 00:30 on 2 June it is still 1 June in UTC."""
    with freeze(at("2026-06-02 00:30")):
        with unit_of_work():
            world.add_work(desk, date(2026, 5, 30))
            payment = world.schedule(desk, world.approve(desk, date(2026, 5, 1)))
        with unit_of_work():
            days = [
                paying.mark_paid(
                    reference=payment, paid_on=paid_on, bank_reference="BACS 1", by=desk.payers[0]
                )
                for paid_on in (date(2026, 6, 1), date(2026, 6, 3), date(2026, 6, 2))
            ]
    assert world.said(days[:2]) == ["paid_on", "paid_on"]
    assert isinstance(days[2], Ok)
    assert verify().fault is None


def test_the_daily_closing_comes_in_its_own_time(desk: Desk) -> None:
    """October 2026 closes on the tenth working day of November, at midnight in London."""
    with unit_of_work():
        claiming.contract_to_change(desk.contract).open_from = date(2026, 10, 1)

    def open_from() -> date:
        return current_session().get_one(Contract, desk.contract, populate_existing=True).open_from

    tenth = date(2026, 11, 13)
    with freeze(midnight(tenth).astimezone(UTC) - INSTANT):
        before = contracts.close_due()
    assert (before, open_from()) == (0, date(2026, 10, 1))
    with freeze(midnight(tenth)):
        assert contracts.close_due() == 1
        assert open_from() == date(2026, 11, 1)
        assert contracts.close_due() == 0
