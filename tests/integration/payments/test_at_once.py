"""Two people at the same moment: one contract activated, one card published for a day."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import func, select

from portal.db import current_session, unit_of_work
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.payments.models import LedgerEntry, RateCardVersion
from portal.payments.service import contracts, rates
from portal.payments.service.proving import verify
from tests.factories.caseload import author_of, make_lep_officer, make_provider
from tests.factories.payments import make_card, make_contract


def at_once(app: Flask, works: list[Callable[[], Ok | Err]]) -> list[Ok | Err]:
    """Do them in threads of their own, all begun at one moment."""
    start = threading.Barrier(len(works), timeout=30)
    done: list[Ok | Err] = []
    faults: list[BaseException] = []

    def run(work: Callable[[], Ok | Err]) -> None:
        try:
            with app.app_context():
                start.wait()
                with unit_of_work():
                    result = work()
                done.append(result)
        except BaseException as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert faults == []
    return done


def people(count: int) -> list[Author]:
    return [author_of(make_lep_officer("lep_manager")) for _one in range(count)]


def test_two_managers_activate_one_contract_once(committed_app: Flask) -> None:
    with committed_app.app_context():
        with unit_of_work():
            contract = make_contract(
                make_provider().organisation, active=False, ends_on=today() + timedelta(days=400)
            )
            reference, authors = contract.reference, people(4)
        done = at_once(
            committed_app,
            [
                lambda by=by: contracts.activate(reference=reference, revision=1, by=by)
                for by in authors
            ],
        )
        assert sum(isinstance(one, Ok) for one in done) == 1
        assert {one.problem.code for one in done if isinstance(one, Err)} == {"active"}
        entries = current_session().execute(
            select(func.count(), func.sum(LedgerEntry.pence)).select_from(LedgerEntry)
        )
        assert tuple(entries.one()) == (1, 10_000_000)
        assert verify().fault is None


def test_two_cards_for_one_day_are_not_both_published(committed_app: Flask) -> None:
    first = today() + timedelta(days=30)
    with committed_app.app_context():
        with unit_of_work():
            cards = [make_card(first, published=False).reference for _one in range(2)]
            authors = people(2)
        done = at_once(
            committed_app,
            [
                lambda by=by, card=card: rates.publish(reference=card, revision=1, by=by)
                for by, card in zip(authors, cards, strict=True)
            ],
        )
        assert sum(isinstance(one, Ok) for one in done) == 1
        assert [one.problem.code for one in done if isinstance(one, Err)] == ["same_day"]
        states = current_session().scalars(select(RateCardVersion.state)).all()
        assert sorted(states) == ["draft", "published"]
        assert verify().fault is None
