"""A run of many claims takes as many statements as one of few, and is as true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.db import audit, current_session, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.payments.models import Claim, ClaimLine, Decision, LedgerEntry, Payment, PaymentRun
from portal.payments.queries import paying as found
from portal.payments.service import paying, remittance
from portal.programme.models import StaffPost
from tests.factories.payments import PROGRAMME
from tests.support import claims_world as world
from tests.support.claims_world import Desk
from tests.support.races import database_of
from tests.support.statements import sent_to


def approved(desk: Desk, claims: int) -> list[str]:
    """So many approved claims of two lines. In a write."""
    references = []
    for _ in range(claims):
        world.add_work(desk, *world.october(2))
        references.append(world.approve(desk))
    return references


def made(references: list[str], by: Author) -> PaymentRun:
    run = paying.make_run(programme=PROGRAMME, references=references, by=by)
    assert isinstance(run, Ok), run
    return run.value


def paid(run: PaymentRun, by: Author) -> list[Payment]:
    done = paying.mark_run_paid(
        reference=run.reference, paid_on=today(), bank_reference="BACS 7", by=by
    )
    assert isinstance(done, Ok), done
    return done.value


def counted(app: Flask, work: Callable[[], Any]) -> tuple[int, Any]:
    with unit_of_work(), sent_to(database_of(app).engine) as sent:
        result = work()
        current_session().flush()
    return len(sent), result


def test_many_claims_take_as_many_statements_as_two(app: Flask) -> None:
    with unit_of_work():
        desks = [world.make_desk() for _ in range(4)]
        by = desks[0].payers[0]
        few = approved(desks[0], 1) + approved(desks[1], 1)
    making, small = counted(app, lambda: made(few, by))
    marking, _payments = counted(app, lambda: paid(small, by))
    with unit_of_work():
        many = [reference for desk in desks for reference in approved(desk, 4)]
    making_many, large = counted(app, lambda: made(many, by))
    marking_many, payments = counted(app, lambda: paid(large, by))
    assert len(payments) == large.count == 16
    assert (making_many, marking_many) == (making, marking)
    assert making <= 20
    assert marking <= 25
    world.assert_true()


def test_every_claim_of_a_large_run_is_paid_as_one_alone_would_be(app: Flask) -> None:
    with unit_of_work():
        desks = [world.make_desk() for _ in range(2)]
        by = desks[0].payers[0]
        references = [one for desk in desks for one in approved(desk, 3)]
        revisions = {one: world.revision_of(one) for one in references}
        run = made(references, by)
        payments = paid(run, by)
    session = current_session()
    session.expire_all()
    assert len(payments) == 6
    for payment in payments:
        claim = session.get_one(Claim, payment.claim_id)
        lines = session.scalars(select(ClaimLine).where(ClaimLine.claim_id == claim.id)).all()
        entries = session.scalars(
            select(LedgerEntry)
            .where(LedgerEntry.claim_id == claim.id, LedgerEntry.kind == "pay")
            .order_by(LedgerEntry.sequence)
        ).all()
        assert (payment.paid_on, payment.bank_reference) == (today(), "BACS 7")
        assert (payment.paid_by, payment.paid_name) == (by.user_id, by.shown)
        assert payment.updated_at >= payment.created_at
        assert (claim.state, claim.revision) == ("paid", revisions[claim.reference] + 1)
        assert [entry.line_id for entry in entries] == [line.id for line in lines]
        assert [entry.output_id for entry in entries] == [line.output_id for line in lines]
        assert sum(entry.pence for entry in entries) == payment.pence == 2 * world.PRICE
        assert {entry.contract_id for entry in entries} == {claim.contract_id}
        subject = f"payment:{payment.reference}"
        for table in (Decision, audit.AuditEntry):
            kept = session.scalars(select(table).where(table.subject == subject)).one()
            assert kept.action == "payment.paid"
            assert kept.detail == {
                "pence": payment.pence,
                "paid_on": today().isoformat(),
                "bank_reference": "BACS 7",
            }
        promised = select(func.count()).where(
            OutboxEntry.unique_key == f"{remittance.KIND}:{payment.reference}"
        )
        assert session.scalar(promised) == 1
    world.assert_true()


def test_a_run_marked_paid_in_part_is_finished_and_no_line_is_paid_again(app: Flask) -> None:
    with unit_of_work():
        desk = world.make_desk()
        by = desk.payers[0]
        run = made(approved(desk, 3), by)
        first = found.payments_of(run.id)[0].reference
        world.mark_paid(desk, first)
    with unit_of_work():
        rest = paid(run, by)
        again = paying.mark_run_paid(
            reference=run.reference, paid_on=today(), bank_reference="BACS 8", by=by
        )
    assert len(rest) == 2
    assert first not in {payment.reference for payment in rest}
    assert isinstance(again, Err)
    assert again.problem.code == "paid_already"
    assert world.entries("pay") == 6
    world.assert_true()


@pytest.mark.parametrize("late", [False, True])
def test_one_claim_that_is_not_theirs_stops_all_of_them(app: Flask, late: bool) -> None:
    """Somebody who works for one of the providers pays none of a run with a claim of its own."""
    with unit_of_work() as session:
        desks = [world.make_desk() for _ in range(3)]
        by = desks[0].payers[0]
        references = [one for desk in desks for one in approved(desk, 1)]
        if late:
            run = made(references, by)
        session.add(StaffPost(user_id=by.user_id, organisation_id=desks[1].organisation))
    with unit_of_work():
        if late:
            done: Any = paying.mark_run_paid(
                reference=run.reference, paid_on=today(), bank_reference="BACS 7", by=by
            )
        else:
            done = paying.make_run(programme=PROGRAMME, references=references, by=by)
    assert isinstance(done, Err)
    assert done.problem.code == "separation_of_duties"
    assert world.entries("pay") == 0
    session = current_session()
    refusals = session.scalars(select(Decision).where(Decision.action == "payment.refused")).all()
    assert [one.subject for one in refusals] == [f"claim:{references[1]}"]
    assert session.scalar(select(func.count()).select_from(Payment)) == (3 if late else 0)
    world.assert_true()


def test_a_payment_that_is_not_the_sum_of_its_lines_stops_all_of_them(app: Flask) -> None:
    with unit_of_work():
        desk = world.make_desk()
        run = made(approved(desk, 3), desk.payers[0])
        wrong = found.payments_of(run.id)[2]
    with pytest.raises(RuntimeError, match="not the sum of its lines"), unit_of_work() as session:
        session.execute(
            update(Payment).where(Payment.id == wrong.id).values(pence=Payment.pence - 1)
        )
        paid(run, desk.payers[0])
    assert world.entries("pay") == 0
    assert {claim.state for claim in current_session().scalars(select(Claim))} == {"approved"}


def test_a_claim_that_is_no_longer_what_was_held_is_not_changed(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: a lock that does not hold is found by the count of what could be changed."""
    with unit_of_work():
        desk = world.make_desk()
        references = approved(desk, 2)
        run = made(references, desk.payers[0])
    real = found.claims_to_pay

    def meanwhile(claim_ids: list[int]) -> list[Claim]:
        held = real(claim_ids)
        current_session().execute(
            update(Claim)
            .where(Claim.reference == references[0])
            .values(state="paid")
            .execution_options(synchronize_session=False)
        )
        return held

    monkeypatch.setattr(found, "claims_to_pay", meanwhile)
    with pytest.raises(RuntimeError, match="1 could be"), unit_of_work():
        paid(run, desk.payers[0])
    assert world.entries("pay") == 0


def test_the_same_advice_is_promised_once(app: Flask) -> None:
    with unit_of_work():
        remittance.ask_all(["A", "B"])
        remittance.ask_all(["B", "C", "C"])
    promised = current_session().scalars(
        select(OutboxEntry.payload).where(OutboxEntry.kind == remittance.KIND)
    )
    assert sorted(one["payment"] for one in promised) == ["A", "B", "C"]
