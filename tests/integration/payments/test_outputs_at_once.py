"""Confirming, withdrawing and claiming at the same moment: one output or none, never half."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.caseload.models import Attendance, Case, Delivery, DiagnosticSession
from portal.caseload.queries import confirmations as asked
from portal.caseload.service import confirmations, sessions, support
from portal.db import current_session, unit_of_work
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from portal.payments.models import ClaimLine, Output, RateCardVersion
from portal.payments.service import claims, outputs
from portal.payments.service.proving import verify
from tests.factories.caseload import author_of, make_case, make_provider
from tests.factories.employers import make_employer
from tests.factories.payments import (
    make_card,
    make_confirmed_delivery,
    make_confirmed_session,
    make_contract,
)
from tests.integration.payments.test_outputs_arise import CASEY, ask_delivery, ask_session


def together(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Run each at the same moment in a thread of its own; what each returned or raised."""
    start = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(at: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait()
            try:
                with unit_of_work():
                    results[at] = act()
            except Exception as error:  # noqa: BLE001 - each is looked at
                results[at] = error

    running = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    faults = [result for result in results if isinstance(result, Exception)]
    assert faults == []
    return results


def a_card() -> None:
    """A published card, unless there is one."""
    if not current_session().scalar(select(func.count()).select_from(RateCardVersion)):
        make_card()


def prepared(app: Flask, *, employers_there: int) -> tuple[list[str], dict[str, Any]]:
    """A delivery that many employers were asked about; the references of the questions."""
    with app.app_context():
        with unit_of_work():
            provider = make_provider()
            make_contract(provider.organisation)
            a_card()
            made = make_confirmed_delivery(
                provider, *(make_employer() for _ in range(employers_there)), confirmed=False
            )
            known = {"delivery": made.reference, "id": made.id, "author": provider.author}
        ask_delivery(current_session().get_one(Delivery, known["id"]), provider)
        ids = list(
            current_session().scalars(
                select(Attendance.id).where(Attendance.delivery_id == known["id"])
            )
        )
        questions = asked.of_subjects("attendance", ids)
        return [one.reference for one in questions.values()], known


def say_yes(reference: str) -> Callable[[], Any]:
    return lambda: confirmations.answer(
        reference=reference, agrees=True, words="", by=CASEY, by_link=True
    )


@pytest.mark.timeout(120)
def test_many_employers_confirming_at_once_make_one_output(committed_app: Flask) -> None:
    for _ in range(4):
        questions, known = prepared(committed_app, employers_there=4)
        results = together(committed_app, *map(say_yes, questions))
        assert all(isinstance(result, Ok) for result in results)
        with committed_app.app_context():
            made = current_session().scalar(
                select(func.count()).select_from(Output).where(Output.delivery_id == known["id"])
            )
            assert made == 1
    with committed_app.app_context():
        assert verify().fault is None


@pytest.mark.timeout(120)
def test_two_sessions_of_one_business_confirmed_at_once_make_one_engagement(
    committed_app: Flask,
) -> None:
    for _ in range(4):
        with committed_app.app_context():
            with unit_of_work():
                provider = make_provider()
                make_contract(provider.organisation)
                a_card()
                case = make_case(provider)
                two = [
                    make_confirmed_session(provider, case=case, confirmed=False) for _ in range(2)
                ]
                employer_id, ids = case.employer_id, [one.id for one in two]
            for made in ids:
                ask_session(current_session().get_one(DiagnosticSession, made), provider)
            questions = asked.of_subjects("session", ids)
        references = [one.reference for one in questions.values()]
        results = together(
            committed_app,
            *map(say_yes, references),
            *(lambda made=made: outputs.arise_for_session(made, PORTAL) for made in ids),
        )
        assert all(isinstance(result, Ok) for result in results[:2])
        with committed_app.app_context():
            made_outputs = (
                current_session()
                .scalars(select(Output).where(Output.employer_id == employer_id))
                .all()
            )
            assert len(made_outputs) == 1


@pytest.mark.timeout(120)
def test_withdrawing_while_it_is_confirmed_leaves_no_output_without_its_work(
    committed_app: Flask,
) -> None:
    """Whoever comes first, the work and its output agree afterwards."""
    seen = set()
    for _ in range(6):
        questions, known = prepared(committed_app, employers_there=2)
        results = together(
            committed_app,
            *map(say_yes, questions),
            lambda known=known: support.withdraw(
                reference=known["delivery"], reason="Twice", by=known["author"]
            ),
            lambda known=known: outputs.arise_for_delivery(known["id"], PORTAL),
        )
        assert isinstance(results[2], Ok), results
        with committed_app.app_context():
            rows = (
                current_session()
                .scalars(select(Output).where(Output.delivery_id == known["id"]))
                .all()
            )
            assert all(row.withdrawn_at is not None for row in rows)
            seen.add(len(rows))
    assert seen <= {0, 1}


@pytest.mark.timeout(120)
def test_withdrawing_while_it_is_claimed_never_does_both(committed_app: Flask) -> None:
    october = date(2026, 10, 1)
    for _ in range(4):
        with committed_app.app_context(), unit_of_work():
            provider = make_provider()
            contract = make_contract(provider.organisation)
            a_card()
            made = make_confirmed_session(provider, held_on=october + timedelta(days=30))
            output = outputs.arise_for_session(made.id, PORTAL)
            assert isinstance(output, Ok)
            key, contract_id = output.value.id, contract.id
            case = current_session().get_one(Case, made.case_id).reference
            record, author, manager = made.reference, provider.author, author_of(provider.manager)
        together(
            committed_app,
            lambda case=case, record=record, author=author: sessions.withdraw(
                reference=case, record_reference=record, reason="No", by=author
            ),
            lambda contract_id=contract_id, manager=manager: claims.build(
                contract_id=contract_id, period=october, by=manager
            ),
        )
        with committed_app.app_context():
            gone = current_session().get_one(Output, key).withdrawn_at is not None
            on_a_line = current_session().scalar(
                select(func.count()).select_from(ClaimLine).where(ClaimLine.output_id == key)
            )
            assert gone != bool(on_a_line)
