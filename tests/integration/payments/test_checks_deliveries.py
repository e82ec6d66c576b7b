"""A delivery that was recorded twice is pointed out, with the other output's reference."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select

from portal.db import current_session, unit_of_work
from portal.kernel.clock import freeze
from portal.kernel.result import Ok
from portal.payments.models import CheckResult, Claim, Output
from portal.payments.rules.checks_deliveries import overlaps
from portal.payments.service import checks, claims, outputs
from tests.factories.caseload import Provider, make_provider
from tests.factories.employers import make_employer
from tests.factories.payments import make_card, make_confirmed_delivery, make_contract

DAY = date(2026, 10, 6)


@pytest.fixture(autouse=True)
def november():
    with freeze(datetime(2026, 11, 22, 10, tzinfo=UTC)):
        yield


class Desk:
    """A provider with a contract, and what it delivered."""

    def __init__(self) -> None:
        self.provider: Provider = make_provider()
        self.contract = make_contract(self.provider.organisation)
        make_card()

    def deliver(self, *employers: Any, **changes: Any) -> Output:
        values = {"delivered_on": DAY, "attended": 10, "title": "One", **changes}
        title = values.pop("title")
        made = make_confirmed_delivery(self.provider, *employers, **values)
        made.title = title
        done = outputs.arise_for_delivery(made.id, self.provider.author)
        assert isinstance(done, Ok), done
        return done.value

    def claim(self) -> Claim:
        with unit_of_work():
            built = claims.build(
                contract_id=self.contract.id, period=date(2026, 10, 1), by=self.provider.author
            )
            assert isinstance(built, Ok), built
            return built.value.claim


@pytest.fixture
def desk(app: Flask) -> Desk:
    with unit_of_work():
        return Desk()


def warned() -> list[str]:
    rows = current_session().scalars(
        select(CheckResult.words).where(
            CheckResult.kind == "duplicate", CheckResult.result == "warn"
        )
    )
    return list(rows)


def pair(desk: Desk, **second: Any) -> tuple[Output, Output]:
    """Two deliveries to one employer, by two records of it that are one business."""
    with unit_of_work():
        kept = make_employer(name="Copper Kettle")
        double = make_employer(name="Copper Kettle Ltd")
        made = desk.deliver(kept), desk.deliver(double, title="Two", **second)
        double.merged_into_id = kept.id
        return made


def test_a_delivery_recorded_twice_warns_with_the_other_reference(desk: Desk) -> None:
    first, _second = pair(desk, attended=9)
    desk.claim()
    [said] = warned()
    assert f"see whether output {first.reference} is the same delivery" in said
    assert "10 people there and 9 here" in said
    detail = (
        current_session()
        .scalars(select(CheckResult.detail).where(CheckResult.kind == "duplicate"))
        .all()
    )
    assert {"outputs": [first.id], "names": ["Copper Kettle Ltd"]} in detail


@pytest.mark.parametrize(
    "second",
    [
        {"attended": 4},
        {"delivered_on": date(2026, 10, 7)},
        {"kind": "coaching"},
    ],
    ids=["another group", "another day", "another kind"],
)
def test_what_is_another_delivery_warns_nobody(desk: Desk, second: dict[str, Any]) -> None:
    pair(desk, **second)
    desk.claim()
    assert warned() == []


def test_another_employer_or_another_provider_is_another_delivery(desk: Desk) -> None:
    with unit_of_work():
        desk.deliver(make_employer())
        desk.deliver(make_employer())
        other = Desk.__new__(Desk)
        other.provider = make_provider()
        make_contract(other.provider.organisation)
        other.deliver(make_employer())
    desk.claim()
    assert warned() == []


def test_checks_take_as_many_statements_with_many_deliveries(app: Flask, desk: Desk) -> None:
    taken = []
    for _again in range(2):
        with unit_of_work():
            for _one in range(4):
                desk.deliver(make_employer())
        claim = desk.claim()
        found: list[str] = []

        def note(_c: Any, _cur: Any, statement: str, *_r: Any, kept: list[str] = found) -> None:
            kept.append(statement)

        engine = app.extensions["portal_db"].engine
        event.listen(engine, "before_cursor_execute", note)
        with unit_of_work():
            checks.run_again(reference=claim.reference, by=desk.provider.author)
        event.remove(engine, "before_cursor_execute", note)
        taken.append(len(found))
    assert taken[0] == taken[1]


class Twin:
    reference, employer = "X", "Example"

    def __init__(self, here: int, there: int, *, same_title: bool = False) -> None:
        self.here, self.there, self.same_title = here, there, same_title


@pytest.mark.parametrize(
    ("twin", "expected"),
    [
        (Twin(10, 10), True),
        (Twin(10, 8), True),
        (Twin(8, 10), True),
        (Twin(10, 7), False),
        (Twin(10, 1, same_title=True), True),
        (Twin(1, 1), True),
    ],
)
def test_as_good_as_as_many_people_or_one_title(twin: Twin, *, expected: bool) -> None:
    assert overlaps(twin) is expected
