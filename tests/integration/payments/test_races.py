"""Two people at once, on both databases: one is let through, the other is told why not.

Every race is run as bad luck would have it: both have read before either writes, unless a lock
keeps the second from reading (tests/support/races.py).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import delete, func, select

from portal.db import current_session
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.payments.models import ChainHead, Claim, Output, Payment, PaymentRun
from portal.payments.queries import claims as claiming
from portal.payments.queries import ledger as reading
from portal.payments.queries import paying as schedules
from portal.payments.rules.ledger import Entry
from portal.payments.service import claims, ledger, outputs, paying, reviewing
from portal.payments.service.proving import verify
from tests.factories.payments import PROGRAMME
from tests.support import claims_world as world
from tests.support.claims_world import Desk
from tests.support.races import Race, database_of, drop_walls, race, without_locks

ROUNDS = 20 if os.environ.get("BIG") == "1" else 2
SEPTEMBER = date(2026, 9, 1)
LINE_WALL = ("ledger_entries", "uq_ledger_entries_line_kind")
PAY_WALL = ("ledger_entries", "uq_ledger_entries_output_pay")
CHAIN_WALLS = [
    (table, f"uq_{table}_{column}")
    for table in ("ledger_entries", "payment_decisions")
    for column in ("sequence", "hash")
]


def desk_of(app: Flask, **values: int) -> Desk:
    return world.set_up(app, lambda: world.make_desk(**values))


def add(app: Flask, desk: Desk, *days: date) -> list[int]:
    return world.set_up(app, lambda: world.add_work(desk, *days))


def prepared(app: Flask, desk: Desk, make: Callable[[Desk], str]) -> tuple[str, list[int]]:
    """A claim of two outputs as far along as asked, and its lines."""

    def work() -> tuple[str, list[int]]:
        world.add_work(desk, *world.october(2))
        reference = make(desk)
        return reference, world.lines_of(reference)

    return world.set_up(app, work)


def approving(reference: str, lines: list[int], by: Author) -> Callable[[], object]:
    return lambda: reviewing.approve(reference=reference, line_ids=lines, by=by)


def entries_now(app: Flask, kind: str) -> int:
    with app.app_context():
        return world.entries(kind)


def assert_sound(app: Flask) -> None:
    with app.app_context():
        world.assert_true()


def one_of_two(outcome: Race, *refusals: str) -> None:
    """One was let through; the other was refused for a reason that says what happened."""
    said = world.said(outcome.results)
    assert said.count("ok") == 1, said
    assert set(said) - {"ok"} <= set(refusals), said


def test_two_officers_approve_the_same_lines(committed_app: Flask) -> None:
    desk = desk_of(committed_app)
    for number in range(1, ROUNDS + 1):
        reference, lines = prepared(committed_app, desk, world.submit)
        outcome = race(
            committed_app, *(approving(reference, lines, officer) for officer in desk.officers)
        )
        one_of_two(outcome, "claim_state", "line_state")
        assert not outcome.met, "the second officer had read before the first was done"
        assert entries_now(committed_app, "approve") == 2 * number
    assert_sound(committed_app)


def test_each_officer_approves_half_at_the_same_moment(committed_app: Flask) -> None:
    desk = desk_of(committed_app)
    reference, lines = prepared(committed_app, desk, world.submit)
    outcome = race(
        committed_app,
        approving(reference, lines[:1], desk.officers[0]),
        approving(reference, lines[1:], desk.officers[1]),
    )
    assert world.said(outcome.results) == ["ok", "ok"]
    with committed_app.app_context():
        assert world.claim_of(reference).state == "approved"
    assert_sound(committed_app)


def test_one_officer_approves_what_another_rejects(committed_app: Flask) -> None:
    desk = desk_of(committed_app)
    reference, lines = prepared(committed_app, desk, world.submit)
    outcome = race(
        committed_app,
        approving(reference, lines, desk.officers[0]),
        lambda: reviewing.reject(
            reference=reference, line_ids=lines, reason="Not held", by=desk.officers[1]
        ),
    )
    one_of_two(outcome, "claim_state", "line_state")
    assert entries_now(committed_app, "approve") + entries_now(committed_app, "release") == 2
    assert_sound(committed_app)


def queried(desk: Desk) -> str:
    reference = world.submit(desk)
    reviewing.query(
        reference=reference,
        line_ids=world.lines_of(reference),
        words="Who was there?",
        by=desk.officers[0],
    )
    return reference


@pytest.mark.parametrize("answer", [True, False])
def test_a_decision_meets_the_providers_answer(committed_app: Flask, answer: bool) -> None:
    desk = desk_of(committed_app)
    for _ in range(ROUNDS):
        reference, lines = prepared(committed_app, desk, queried)

        def provider(reference: str = reference, line: int = lines[0]) -> object:
            if answer:
                return claims.answer_query(
                    reference=reference, line_id=line, words="The owner", by=desk.manager
                )
            return claims.remove_line(
                reference=reference, line_id=line, reason="Not ours", by=desk.manager
            )

        def officer(reference: str = reference, line: int = lines[0]) -> object:
            return reviewing.reject(
                reference=reference, line_ids=[line], reason="No answer", by=desk.officers[1]
            )

        outcome = race(committed_app, provider, officer)
        # After an answer the line waits again and may be rejected: both may come to pass.
        allowed = {"ok", "line_state", "not_queried"}
        said = world.said(outcome.results)
        assert "ok" in said
        assert set(said) <= allowed, said
        assert answer or said.count("ok") == 1, said
    assert_sound(committed_app)


def test_two_tabs_submit_the_same_draft(committed_app: Flask) -> None:
    desk = desk_of(committed_app)
    for number in range(1, ROUNDS + 1):
        reference, _lines = prepared(committed_app, desk, world.draft)
        with committed_app.app_context():
            revision = world.revision_of(reference)

        def tab(reference: str = reference, revision: int = revision) -> object:
            return claims.submit(reference=reference, revision=revision, by=desk.manager)

        one_of_two(race(committed_app, tab, tab), "claim_state", "changed", "submitted_already")
        assert entries_now(committed_app, "commit") == 2 * number
    assert_sound(committed_app)


def test_two_tabs_draft_the_same_month(committed_app: Flask) -> None:
    desk = desk_of(committed_app)
    add(committed_app, desk, *world.october(2))

    def tab() -> object:
        return claims.build(contract_id=desk.contract, period=world.OCTOBER, by=desk.manager)

    outcome = race(committed_app, tab, tab)
    assert world.said(outcome.results) == ["ok", "ok"]
    with committed_app.app_context():
        assert current_session().scalar(select(func.count()).select_from(Claim)) == 1
    assert_sound(committed_app)


def test_two_claims_race_for_the_last_room(committed_app: Flask) -> None:
    for _ in range(ROUNDS):
        desk = desk_of(committed_app, total_cap_pence=3 * world.PRICE)

        def drafts(desk: Desk = desk) -> list[tuple[str, int]]:
            world.add_work(desk, date(2026, 9, 3), date(2026, 9, 4))
            first = world.draft(desk, SEPTEMBER)
            world.add_work(desk, date(2026, 10, 5), date(2026, 10, 6))
            references = [first, world.draft(desk)]
            return [(reference, world.revision_of(reference)) for reference in references]

        both = world.set_up(committed_app, drafts)
        outcome = race(
            committed_app,
            *(
                lambda reference=reference, revision=revision, desk=desk: claims.submit(
                    reference=reference, revision=revision, by=desk.manager
                )
                for reference, revision in both
            ),
        )
        one_of_two(outcome, "over_cap")
        with committed_app.app_context():
            standing = reading.standing(desk.contract)
            assert (standing.budget, standing.committed) == (world.PRICE, 2 * world.PRICE)
    assert_sound(committed_app)


def test_a_cap_is_lowered_while_a_claim_is_submitted(committed_app: Flask) -> None:
    desk = desk_of(committed_app, total_cap_pence=2 * world.PRICE)
    reference, _lines = prepared(committed_app, desk, world.draft)
    with committed_app.app_context():
        revision = world.revision_of(reference)

    def lower() -> object:
        claiming.contract_to_change(desk.contract)
        if reading.standing(desk.contract).budget < world.PRICE:
            return "spent"
        movement = ledger.Movement(Entry.REDUCE, desk.contract, world.PRICE)
        return ledger.append([movement], by=desk.payers[0])

    def submit() -> object:
        return claims.submit(reference=reference, revision=revision, by=desk.manager)

    outcome = race(committed_app, lower, submit)
    assert not outcome.met
    assert outcome.results[0] in {None, "spent"}
    submitted = world.said(outcome.results[1:])
    assert submitted == (["ok"] if outcome.results[0] == "spent" else ["over_cap"])
    assert_sound(committed_app)


@pytest.mark.parametrize("named", [True, False])
def test_two_workers_make_the_payment_run(committed_app: Flask, named: bool) -> None:
    desk = desk_of(committed_app)
    for number in range(1, ROUNDS + 1):
        reference, _lines = prepared(committed_app, desk, world.approve)
        wanted = [reference] if named else None

        def worker(by: Author, wanted: list[str] | None = wanted) -> object:
            return paying.make_run(programme=PROGRAMME, references=wanted, by=by)

        outcome = race(
            committed_app,
            lambda work=worker: work(desk.payers[0]),
            lambda work=worker: work(desk.payers[1]),
        )
        one_of_two(outcome, "in_a_run", "nothing_owed")
        with committed_app.app_context():
            for table in (Payment, PaymentRun):
                assert current_session().scalar(select(func.count()).select_from(table)) == number
    assert_sound(committed_app)


def test_what_is_approved_while_a_run_is_made_waits_for_the_next(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was not held when the run looked at who had a hand in what."""
    desk, late = desk_of(committed_app), desk_of(committed_app)
    prepared(committed_app, desk, world.approve)
    reference, lines = prepared(committed_app, late, world.submit)
    real = schedules.claims_to_pay

    def slowly(claim_ids: list[int]) -> list[Claim]:
        held = real(claim_ids)
        # On a file nobody can write meanwhile, and what cannot be, need not be tried.
        if not database_of(committed_app).is_sqlite:
            other = threading.Thread(target=approve_elsewhere)
            other.start()
            other.join()
        return held

    def approve_elsewhere() -> None:
        world.set_up(committed_app, approving(reference, lines, late.officers[0]))

    monkeypatch.setattr(schedules, "claims_to_pay", slowly)
    run = world.set_up(
        committed_app,
        lambda: paying.make_run(programme=PROGRAMME, references=None, by=desk.payers[0]),
    )
    assert isinstance(run, Ok), run
    with committed_app.app_context():
        assert current_session().scalar(select(func.count()).select_from(Payment)) == 1
        assert world.claim_of(reference).state in {"approved", "submitted"}
    assert_sound(committed_app)


def test_two_people_mark_the_same_payment_as_paid(committed_app: Flask) -> None:
    desk = desk_of(committed_app)
    for number in range(1, ROUNDS + 1):
        payment, _none = prepared_payment(committed_app, desk)

        def person(by: Author, payment: str = payment) -> object:
            return paying.mark_paid(
                reference=payment, paid_on=today(), bank_reference="BACS 1", by=by
            )

        outcome = race(
            committed_app,
            lambda mark=person: mark(desk.payers[0]),
            lambda mark=person: mark(desk.payers[1]),
        )
        one_of_two(outcome, "paid_already")
        assert not outcome.met
        assert entries_now(committed_app, "pay") == 2 * number
    assert_sound(committed_app)


def prepared_payment(app: Flask, desk: Desk) -> tuple[str, list[int]]:
    reference, lines = prepared(app, desk, world.approve)
    return world.set_up(app, lambda: world.schedule(desk, reference)), lines


def test_two_recoveries_never_take_more_than_was_paid(committed_app: Flask) -> None:
    desk = desk_of(committed_app)
    _reference, lines = prepared(committed_app, desk, world.pay)
    two_thirds = world.PRICE * 2 // 3

    def person(by: Author) -> object:
        return paying.recover(line_id=lines[0], pence=two_thirds, reason="Not held", by=by)

    outcome = race(committed_app, lambda: person(desk.payers[0]), lambda: person(desk.payers[1]))
    one_of_two(outcome, "too_much")
    back = race(
        committed_app,
        *(
            lambda by=by: paying.give_back(
                line_id=lines[0], pence=two_thirds, reason="It was held", by=by
            )
            for by in desk.payers
        ),
    )
    one_of_two(back, "too_much", "nothing_left")
    with committed_app.app_context():
        assert reading.standing(desk.contract).recovered == 0
    assert_sound(committed_app)


def test_one_session_makes_one_output_however_many_ask(committed_app: Flask) -> None:
    desk = desk_of(committed_app)
    for number in range(1, ROUNDS + 1):
        session_id = world.set_up(committed_app, lambda: world.add_session(desk, date(2026, 10, 5)))

        def ask(session_id: int = session_id) -> object:
            arisen = outputs.arise_for_session(session_id, desk.adviser)
            return arisen.value.id if hasattr(arisen, "value") else arisen

        outcome = race(committed_app, ask, ask, ask)
        assert len(set(outcome.results)) == 1, outcome.results
        assert isinstance(outcome.results[0], int), outcome.results
        with committed_app.app_context():
            assert current_session().scalar(select(func.count()).select_from(Output)) == number
    assert_sound(committed_app)


def test_a_chain_begins_once(committed_app: Flask) -> None:
    desk = desk_of(committed_app)

    def forget() -> None:
        current_session().execute(delete(ChainHead).where(ChainHead.chain == ledger.DECISIONS))

    with database_of(committed_app).engine.begin() as connection:
        for name in triggers_of(committed_app, "payment_decisions"):
            on = "" if database_of(committed_app).is_sqlite else " ON payment_decisions"
            connection.exec_driver_sql(f"DROP TRIGGER {name}{on}")
        connection.exec_driver_sql("DELETE FROM payment_decisions")
    world.set_up(committed_app, forget)

    def note(by: Author) -> object:
        return ledger.decide(action="test.began", subject="test:1", by=by)

    outcome = race(committed_app, lambda: note(desk.payers[0]), lambda: note(desk.payers[1]))
    assert outcome.results == [None, None]
    with committed_app.app_context():
        assert verify().decisions == 2
    assert_sound(committed_app)


def triggers_of(app: Flask, table: str) -> list[str]:
    if database_of(app).is_sqlite:
        return [f"{table}_no_update", f"{table}_no_delete"]
    return [f"{table}_no_change"]


def test_without_locks_the_last_wall_stands(committed_app: Flask) -> None:
    """The control: both read before either writes, and only a constraint keeps the money."""
    desk = desk_of(committed_app)
    reference, lines = prepared(committed_app, desk, world.submit)
    with without_locks(committed_app):
        outcome = race(
            committed_app,
            *(approving(reference, lines, officer) for officer in desk.officers),
            patience=10,
        )
    assert outcome.met, "this race proves nothing: they never met"
    said = world.said(outcome.results)
    # Not a refusal in words: the second runs into the wall.
    assert said in (["IntegrityError", "ok"], ["OperationalError", "ok"]), said
    assert_sound(committed_app)


def test_without_locks_and_walls_money_is_owed_twice_and_the_proof_says_so(
    committed_app: Flask,
) -> None:
    """The control of the control: nothing holds, so an approval counts twice, and is found."""
    if database_of(committed_app).is_sqlite:
        # A file has one writer: without its lock the second fails, as above, but never doubles.
        return
    desk = desk_of(committed_app)
    reference, lines = prepared(committed_app, desk, world.submit)
    drop_walls(committed_app, [LINE_WALL, PAY_WALL, *CHAIN_WALLS])
    with without_locks(committed_app):
        outcome = race(
            committed_app,
            *(approving(reference, lines, officer) for officer in desk.officers),
            patience=10,
        )
    assert world.said(outcome.results) == ["ok", "ok"]
    with committed_app.app_context():
        assert world.entries("approve") == 4
        assert verify().fault is not None
        assert world.doubled() != []


def test_without_the_contracts_lock_both_claims_spend_the_last_room(committed_app: Flask) -> None:
    """The control for the caps: no constraint knows them, only the lock keeps them."""
    if database_of(committed_app).is_sqlite:
        # As above: one writer.
        return
    desk = desk_of(committed_app, total_cap_pence=2 * world.PRICE)

    def drafts() -> list[tuple[str, int]]:
        world.add_work(desk, date(2026, 9, 3), date(2026, 9, 4))
        first = world.draft(desk, SEPTEMBER)
        world.add_work(desk, date(2026, 10, 5))
        return [(one, world.revision_of(one)) for one in (first, world.draft(desk))]

    both = world.set_up(committed_app, drafts)
    drop_walls(committed_app, CHAIN_WALLS)
    with without_locks(committed_app):
        outcome = race(
            committed_app,
            *(
                lambda reference=reference, revision=revision: claims.submit(
                    reference=reference, revision=revision, by=desk.manager
                )
                for reference, revision in both
            ),
            patience=10,
        )
    assert world.said(outcome.results) == ["ok", "ok"]
    with committed_app.app_context():
        assert reading.standing(desk.contract).budget < 0
        assert verify().fault is not None
