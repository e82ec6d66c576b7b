"""Work that can never be paid for is not looked at again every day; what changed is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, update

from portal.caseload.models import DiagnosticSession
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer, EmployerChange
from portal.kernel.clock import freeze, utc_now
from portal.payments.models import Output, OutputMiss
from portal.payments.service import outputs
from tests.factories.caseload import Provider, make_provider
from tests.factories.claims import make_many_outputs
from tests.factories.employers import make_employer
from tests.factories.payments import (
    make_card,
    make_confirmed_delivery,
    make_confirmed_session,
    make_contract,
)

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
DAY = date(2026, 11, 20)


@pytest.fixture(autouse=True)
def november():
    with freeze(NOW):
        yield


@pytest.fixture
def provider(app: Flask) -> Provider:
    with unit_of_work():
        provider = make_provider()
        make_contract(provider.organisation)
        make_card()
    return provider


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_c: Any, _cur: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("SAVEPOINT", "RELEASE")):
            found.append(statement)

    engine = app.extensions["portal_db"].engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def statements(app: Flask) -> int:
    with counted(app) as found:
        assert outputs.arise_due() == 0
    return len(found)


def outside(provider: Provider) -> DiagnosticSession:
    """A confirmed session of an employer that was outside the area on its day."""
    return make_confirmed_session(provider, make_employer(district="outside"), held_on=DAY)


def misses() -> int:
    return current_session().scalar(select(func.count()).select_from(OutputMiss)) or 0


def test_a_second_day_takes_as_few_statements_with_300_hopeless_sessions(
    app: Flask, provider: Provider
) -> None:
    nothing = statements(app)
    with unit_of_work():
        contract = make_contract(provider.organisation)
        make_many_outputs(provider, contract, make_card(date(2026, 5, 1)), 300)
        session = current_session()
        session.query(Output).delete()
        session.execute(update(Employer).values(district="outside"))
        session.execute(update(EmployerChange).values(changes={}))
    first = statements(app)
    assert misses() == 300
    assert first > 300
    with freeze(NOW + timedelta(days=1)):
        assert statements(app) == nothing <= 4


def test_it_is_looked_at_again_after_a_month(app: Flask, provider: Provider) -> None:
    with unit_of_work():
        outside(provider)
    statements(app)
    with freeze(NOW + timedelta(days=29)):
        few = statements(app)
    with freeze(NOW + timedelta(days=30)):
        assert statements(app) > few
        assert current_session().scalars(select(OutputMiss.looked_at)).one() == utc_now()
        assert statements(app) == few


def test_a_changed_employer_contract_or_card_brings_it_back(app: Flask, provider: Provider) -> None:
    with unit_of_work():
        held = outside(provider)
        key = held.id
    statements(app)
    few = statements(app)

    def changed(change: Any) -> bool:
        with unit_of_work():
            change()
        again = statements(app) > few
        assert statements(app) == few
        return again

    assert changed(lambda: make_contract(provider.organisation))
    assert changed(lambda: make_card(date(2027, 1, 1)))
    assert changed(
        lambda: current_session().execute(update(Employer).values(version=Employer.version + 1))
    )
    assert not changed(make_employer)
    with unit_of_work():
        # As if the record had been wrong from its beginning: then the output arises.
        current_session().execute(update(EmployerChange).values(changes={}))
        current_session().execute(
            update(Employer).values(district="leeds", version=Employer.version + 1)
        )
    assert outputs.arise_due() == 1
    assert current_session().scalars(select(Output.session_id)).one() == key


def test_what_can_still_come_is_looked_at_every_day(app: Flask, provider: Provider) -> None:
    with unit_of_work():
        make_confirmed_session(provider, held_on=DAY, diagnostic=False)
    statements(app)
    assert misses() == 0
    # Its case, its record and its diagnostic are asked about each time.
    assert statements(app) > 8


def test_a_delivery_is_hopeless_only_when_each_of_its_employers_is(
    app: Flask, provider: Provider
) -> None:
    with unit_of_work():
        large = make_employer(headcount=900, headcount_on=date(2026, 1, 1), size_tier="large")
        far = make_employer(district="outside")
        make_confirmed_delivery(provider, large, far, delivered_on=DAY)
        unknown = make_employer(headcount=None, headcount_on=None, size_tier=None)
        make_confirmed_delivery(
            provider, make_employer(district="outside"), unknown, delivered_on=DAY
        )
    assert outputs.arise_due() == 0
    assert misses() == 1
