"""The proof reads as of one moment: work that is committed while it reads is not half seen."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from flask import Flask

from portal.payments.queries import ledger as reading
from portal.payments.queries import proof as compared
from portal.payments.service import proving
from portal.payments.service.proving import verify
from tests.support import claims_world as world
from tests.support.races import database_of

# After the lines were read, and after the entries were: what is noted of both comes later.
MOMENTS = [(compared, "caps"), (reading, "head")]


def meanwhile(
    app: Flask, monkeypatch: pytest.MonkeyPatch, moment: tuple[Any, str]
) -> Callable[[], None]:
    """Have a whole claim submitted and approved once, by somebody else, at this moment."""
    desk = world.set_up(app, world.make_desk)
    world.set_up(app, lambda: world.add_work(desk, *world.october(2)))
    world.set_up(app, lambda: world.approve(desk))
    world.set_up(app, lambda: world.add_work(desk, *world.october(2)))
    module, name = moment
    real = getattr(module, name)
    done = threading.Event()

    def work() -> None:
        world.set_up(app, lambda: world.approve(desk))

    def then(*given: Any) -> Any:
        if not done.is_set():
            done.set()
            other = threading.Thread(target=work)
            other.start()
            other.join()
        return real(*given)

    def happened() -> None:
        assert done.is_set()
        monkeypatch.undo()
        with app.app_context():
            assert world.entries("approve") == 4

    monkeypatch.setattr(module, name, then)
    return happened


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment[1])
def test_a_claim_decided_meanwhile_is_no_fault(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch, moment: tuple[Any, str]
) -> None:
    happened = meanwhile(committed_app, monkeypatch, moment)
    with committed_app.app_context():
        proof = verify()
        assert proof.fault is None, proof
        assert proof.lines == 2
    happened()


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment[1])
def test_read_statement_by_statement_it_would_be_one(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch, moment: tuple[Any, str]
) -> None:
    """The control: PostgreSQL's own way of reading; on a file each transaction is one moment."""
    happened = meanwhile(committed_app, monkeypatch, moment)
    monkeypatch.setattr(proving, "steady_reading", nullcontext)
    with committed_app.app_context():
        proof = verify()
    assert (proof.fault is None) == database_of(committed_app).is_sqlite, proof
    happened()
