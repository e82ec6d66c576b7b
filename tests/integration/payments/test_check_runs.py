"""Earlier runs of a claim's checks can be looked at, and what changed between two of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from portal.accounts.models import User
from portal.caseload.models import Confirmation
from portal.db import current_session, unit_of_work
from portal.kernel.clock import freeze
from portal.payments.rules.check_runs import Found, changes
from portal.payments.service import checks, claims
from tests.factories.accounts import sign_in
from tests.factories.caseload import make_lep_officer
from tests.factories.employers import make_employer
from tests.support import claims_world as world
from tests.support.claims_world import Desk


@pytest.fixture(autouse=True)
def november():
    with freeze(datetime(2026, 11, 23, 10, tzinfo=UTC)):
        yield


@pytest.fixture
def desk(app: Flask) -> Desk:
    with unit_of_work():
        desk = world.make_desk()
        for number, name in ((5, "Amber Bakery"), (6, "Cobalt Hotel"), (7, "Garnet Outfitters")):
            world.add_work(desk, date(2026, 10, number), employer=make_employer(name=name))
    return desk


def client_of(app: Flask, user_id: int | None) -> Any:
    client = app.test_client()
    sign_in(client, current_session().get_one(User, user_id))
    return client


def text(client: Any, path: str) -> str:
    return " ".join(client.soup(path).get_text(" ").split())


def run_again(reference: str, by: Any) -> None:
    with unit_of_work():
        checks.run_again(reference=reference, by=by)


def test_runs_are_listed_with_who_and_what_changed(app: Flask, desk: Desk) -> None:
    with unit_of_work():
        reference = world.draft(desk)
    with unit_of_work():
        current_session().execute(update(Confirmation).values(to_email=make_lep_officer().email))
    run_again(reference, desk.officers[0])
    with unit_of_work():
        claims.remove_line(
            reference=reference,
            line_id=world.lines_of(reference)[2],
            reason="",
            by=desk.manager,
        )
        current_session().execute(update(Confirmation).values(to_email="owner@example.org"))
    run_again(reference, desk.manager)
    client = client_of(app, desk.manager.user_id)
    here = f"/claims/{reference}"
    assert "Earlier runs of the checks" in text(client, here)
    page = text(client, f"{here}/check-runs")
    assert page.index("Run 3 (counts)") < page.index("Run 2") < page.index("Run 1")
    name = current_session().get_one(User, desk.officers[0].user_id).name
    assert f"by {name}" in page
    second = text(client, f"{here}/check-runs/2")
    assert "3 changes since run 1" in second
    assert "Confirmed by the employer: passes → Fails" in second
    third = text(client, f"{here}/check-runs/3")
    assert "The line was taken out" in third
    assert "Confirmed by the employer: fails → Passes" in third
    assert "The first run" in text(client, f"{here}/check-runs/1")
    run_again(reference, desk.manager)
    assert "Nothing changed" in text(client, f"{here}/check-runs/4")
    for beyond in (0, 5, 10**12):
        assert client.get(f"{here}/check-runs/{beyond}").status_code == 404


def test_pages_take_the_same_few_statements_however_many_runs_and_lines(
    app: Flask, desk: Desk
) -> None:
    with unit_of_work():
        reference = world.draft(desk)
    run_again(reference, desk.manager)
    client = client_of(app, desk.officers[0].user_id)
    counts = []
    for _again in range(2):
        taken = []
        for path in ("check-runs", "check-runs/2"):
            client.soup(f"/claims/{reference}/{path}")
            taken.append(len(client.statements))
        counts.append(taken)
        with unit_of_work():
            world.add_work(desk, date(2026, 10, 12), date(2026, 10, 13))
            world.draft(desk)
        run_again(reference, desk.manager)
    assert counts[0] == counts[1]
    assert max(counts[0]) <= 6, client.statements


def test_sixty_runs_are_two_pages(app: Flask, desk: Desk) -> None:
    with unit_of_work():
        reference = world.draft(desk)
    for _again in range(51):
        run_again(reference, desk.manager)
    client = client_of(app, desk.officers[0].user_id)
    first = client.soup(f"/claims/{reference}/check-runs")
    assert len(first.select("tbody tr")) == 50
    assert "Run 1" in text(client, f"/claims/{reference}/check-runs?page=2")
    assert client.get(f"/claims/{reference}/check-runs?page=9").status_code == 404


def found(line: int | None, kind: str, result: str, words: str = "w") -> Found:
    return Found(line, kind, result, words, f"Employer {line}")


@pytest.mark.parametrize(
    ("earlier", "later", "expected"),
    [
        ([found(1, "passed", "pass")], [found(1, "passed", "pass")], []),
        ([found(1, "cap", "fail")], [found(1, "cap", "fail")], []),
        ([found(1, "cap", "fail")], [found(1, "cap", "fail", "x")], [("cap", "fail", "fail")]),
        ([found(1, "passed", "pass")], [found(1, "cap", "warn")], [("cap", "pass", "warn")]),
        ([found(1, "cap", "warn")], [found(1, "passed", "pass")], [("cap", "warn", "pass")]),
        ([found(1, "cap", "fail")], [], [("whole", "", "")]),
        ([], [found(2, "passed", "pass")], [("whole", "", "")]),
        ([found(None, "bonus_share", "warn")], [], [("bonus_share", "warn", "pass")]),
    ],
)
def test_what_differs(earlier: Any, later: Any, expected: Any) -> None:
    assert [(one.kind, one.before, one.after) for one in changes(earlier, later)] == expected
