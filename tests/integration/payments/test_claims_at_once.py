"""Two people at one claim, and two claims at one cap, at the same moment on both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import current_session, unit_of_work
from portal.kernel.result import Err, Ok
from portal.payments.models import Claim, ClaimLine, LedgerEntry
from portal.payments.queries import ledger as reading
from portal.payments.service import claims
from portal.payments.service.proving import verify
from tests.factories.caseload import author_of, make_provider
from tests.factories.payments import make_card, make_contract, make_output

OCTOBER, SEPTEMBER = date(2026, 10, 1), date(2026, 9, 1)
pytestmark = pytest.mark.timeout(120)


def at_once(app: Flask, *work: Callable[[], Any]) -> list[Any]:
    """Do these in threads that begin together; what each returned or raised."""
    # What this thread has read ends here, so that it sees afterwards what the others did.
    current_session().rollback()
    gate = threading.Barrier(len(work), timeout=20)
    done: list[Any] = [None] * len(work)

    def run(place: int) -> None:
        with app.app_context():
            gate.wait()
            try:
                with unit_of_work():
                    result = work[place]()
                    done[place] = result.problem.code if isinstance(result, Err) else "ok"
            except Exception as error:  # noqa: BLE001 - each one is looked at
                done[place] = f"{type(error).__name__}: {error}"

    running = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return done


def world(**contract: Any) -> tuple[int, Any]:
    """A contract with an output in September and three in October; its manager."""
    with unit_of_work():
        provider = make_provider()
        made = make_contract(provider.organisation, **contract)
        make_card()
        for day in (date(2026, 9, 8), *(date(2026, 10, day) for day in (5, 6, 7))):
            make_output(provider, held_on=day)
        return made.id, author_of(provider.manager)


def draft(contract: int, month: date, by: Any) -> tuple[str, int]:
    with unit_of_work():
        built = claims.build(contract_id=contract, period=month, by=by)
        assert isinstance(built, Ok), built
        return built.value.claim.reference, built.value.claim.revision


def test_two_tabs_submit_one_claim_once(committed_app: Flask) -> None:
    with committed_app.app_context():
        contract, by = world()
        reference, revision = draft(contract, OCTOBER, by)
        done = at_once(
            committed_app,
            *[lambda: claims.submit(reference=reference, revision=revision, by=by)] * 3,
        )
        assert sorted(done) == ["ok", "submitted_already", "submitted_already"]
        assert reading.standing(contract).committed == 180_000
        commits = select(func.count()).where(LedgerEntry.kind == "commit")
        assert current_session().scalar(commits) == 3
        assert verify().fault is None


def test_two_people_build_one_draft(committed_app: Flask) -> None:
    with committed_app.app_context():
        contract, by = world()
        done = at_once(
            committed_app,
            *[lambda: claims.build(contract_id=contract, period=OCTOBER, by=by)] * 3,
        )
        assert done == ["ok", "ok", "ok"]
        session = current_session()
        assert session.scalar(select(func.count(Claim.id))) == 1
        assert session.scalar(select(func.count(ClaimLine.id))) == 3


def test_two_claims_of_one_contract_never_spend_past_its_cap(committed_app: Flask) -> None:
    with committed_app.app_context():
        # Room for three of the four outputs: each draft fits by itself, both together do not.
        contract, by = world(total_cap_pence=200_000)
        one = draft(contract, SEPTEMBER, by)
        two = draft(contract, OCTOBER, by)
        done = at_once(
            committed_app,
            *[
                lambda given=given: claims.submit(reference=given[0], revision=given[1], by=by)
                for given in (one, two)
            ],
        )
        assert sorted(done) == ["ok", "over_cap"]
        standing = reading.standing(contract)
        assert standing.committed in {60_000, 180_000}
        assert standing.budget >= 0
        assert verify().fault is None


def test_a_line_taken_out_while_the_claim_is_submitted_is_never_both(committed_app: Flask) -> None:
    with committed_app.app_context():
        contract, by = world()
        reference, revision = draft(contract, OCTOBER, by)
        line = current_session().scalars(select(ClaimLine.id).order_by(ClaimLine.id)).first()
        assert line is not None
        done = at_once(
            committed_app,
            lambda: claims.submit(reference=reference, revision=revision, by=by),
            lambda: claims.remove_line(reference=reference, line_id=line, reason="", by=by),
        )
        # Whoever comes second is told: the claim changed, or the line was submitted.
        assert done in (["ok", "line_state"], ["changed", "ok"])
        committed = reading.standing(contract).committed
        assert committed == (180_000 if done[0] == "ok" else 0)
