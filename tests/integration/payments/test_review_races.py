"""Decisions at the same moment: each line is decided once, and the ledger says so."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db import current_session, unit_of_work
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.payments.models import Claim, Decision, LedgerEntry, LineQuery
from portal.payments.service import claims, reviewing
from portal.payments.service.proving import verify
from tests.factories.caseload import author_of, make_lep_officer, make_provider
from tests.factories.payments import make_card, make_contract
from tests.factories.reviewing import lines_of, make_lines, make_submitted


class Scene:
    """A submitted claim of four lines, two officers, and the provider's manager, as plain data."""

    def __init__(self) -> None:
        with unit_of_work():
            provider = make_provider()
            contract = make_contract(provider.organisation)
            make_card()
            self.officers = [author_of(make_lep_officer()) for _ in range(2)]
            self.manager: Author = author_of(provider.manager)
            make_lines(provider, 4)
            claim = make_submitted(provider, contract)
            self.reference, self.revision = claim.reference, claim.revision
            self.ids = [line.id for line in lines_of(claim)]


@pytest.fixture
def scene(committed_app: Flask) -> Scene:
    with committed_app.app_context():
        return Scene()


def at_once(app: Flask, *actions: Callable[[], object]) -> list[object]:
    """Run actions in threads that start together; what each returned, or the error it met."""
    results: list[object] = [None] * len(actions)
    start = threading.Barrier(len(actions))

    def run(number: int) -> None:
        with app.app_context():
            start.wait()
            try:
                with unit_of_work():
                    results[number] = actions[number]()
            except Exception as error:  # noqa: BLE001 - each one is looked at
                results[number] = error

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(actions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def entries(kind: str) -> int:
    return (
        current_session().scalar(
            select(func.count()).select_from(LedgerEntry).where(LedgerEntry.kind == kind)
        )
        or 0
    )


@pytest.mark.parametrize("looked", [True, False])
def test_two_officers_approve_the_same_lines(
    committed_app: Flask, scene: Scene, looked: bool
) -> None:
    revision = scene.revision if looked else None

    def approve(by: Author) -> Callable[[], object]:
        return lambda: reviewing.approve(
            reference=scene.reference, line_ids=scene.ids, revision=revision, by=by
        )

    results = at_once(committed_app, *(approve(by) for by in scene.officers * 3))
    done = [one for one in results if isinstance(one, Ok)]
    refused = [one for one in results if isinstance(one, Err)]
    assert (len(done), len(refused)) == (1, 5), results
    words = {"changed"} if looked else {"claim_state"}
    assert {one.problem.code for one in refused} == words
    with committed_app.app_context():
        assert entries("approve") == 4
        lines = current_session().execute(
            select(LedgerEntry.line_id).where(LedgerEntry.kind == "approve")
        )
        assert sorted(row[0] for row in lines) == sorted(scene.ids)
        assert verify().fault is None


def test_officers_who_decide_on_different_lines_of_what_they_saw(
    committed_app: Flask, scene: Scene
) -> None:
    """The second saw a claim that is no more: nothing of theirs is done until they look again."""
    first, second = scene.officers
    results = at_once(
        committed_app,
        lambda: reviewing.approve(
            reference=scene.reference,
            line_ids=scene.ids[:2],
            revision=scene.revision,
            by=first,
        ),
        lambda: reviewing.reject(
            reference=scene.reference,
            line_ids=scene.ids[1:],
            reason="No evidence",
            revision=scene.revision,
            by=second,
        ),
    )
    assert sorted(type(one).__name__ for one in results) == ["Err", "Ok"], results
    with committed_app.app_context():
        assert entries("approve") + entries("release") in {2, 3}
        assert verify().fault is None


def test_an_officer_decides_while_the_provider_answers(committed_app: Flask, scene: Scene) -> None:
    first, second = scene.officers
    with committed_app.app_context(), unit_of_work():
        asked = reviewing.query(
            reference=scene.reference, line_ids=scene.ids[:1], words="Who?", by=first
        )
        assert isinstance(asked, Ok)
        seen = asked.value.claim.revision
    results = at_once(
        committed_app,
        lambda: reviewing.approve(
            reference=scene.reference, line_ids=scene.ids[1:], revision=seen, by=second
        ),
        lambda: claims.answer_query(
            reference=scene.reference, line_id=scene.ids[0], words="The owner", by=scene.manager
        ),
    )
    approved, answered = results
    assert isinstance(answered, Ok), answered
    with committed_app.app_context():
        claim = (
            current_session().scalars(select(Claim).where(Claim.reference == scene.reference)).one()
        )
        assert current_session().scalar(select(func.count()).select_from(LineQuery)) == 2
        # Whichever came first: the answered line waits, and the claim is back with the LEP.
        assert claim.state == "submitted"
        if isinstance(approved, Ok):
            assert entries("approve") == 3
        else:
            assert isinstance(approved, Err), approved
            assert approved.problem.code == "changed"
            assert "answered a query" in approved.problem.message
            assert entries("approve") == 0
        assert verify().fault is None


def test_a_refusal_is_kept_though_nothing_is_decided(committed_app: Flask, scene: Scene) -> None:
    """Many attempts on one's own work at once: each is refused, each stands in the chain."""
    results = at_once(
        committed_app,
        *(
            lambda: reviewing.approve(
                reference=scene.reference, line_ids=scene.ids, by=scene.manager
            )
            for _ in range(4)
        ),
    )
    assert all(isinstance(one, Err) and one.problem.code == reviewing.SEPARATION for one in results)
    with committed_app.app_context():
        kept = current_session().scalars(select(Decision).where(Decision.action == "claim.refused"))
        assert [one.detail["lines"] for one in kept] == [scene.ids] * 4
        assert entries("approve") == 0
        assert verify().fault is None
