"""The audit trail for managers: searched, paged, taken away, and silent about unnamed writers."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.models import User
from portal.db import audit, current_session, unit_of_work
from portal.db.audit import Action, AuditEntry
from portal.integrations.jobs import HUEY_EXTENSION
from portal.kernel.clock import freeze
from tests.factories import forum
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import make_lep_officer
from tests.support.client import PortalClient


@pytest.fixture
def manager(client: PortalClient) -> User:
    with unit_of_work():
        user = make_lep_officer("lep_manager")
        user.name = "Mary Manager"
    sign_in(client, user)
    return user


def texts(client: PortalClient, query: str = "") -> list[list[str]]:
    soup = client.soup(f"/governance/audit{query}")
    return [
        [cell.get_text() for cell in row.find_all(["th", "td"])] for row in soup.select("tbody tr")
    ]


def run_tasks(app: Flask) -> None:
    huey = app.extensions[HUEY_EXTENSION]
    while (task := huey.dequeue()) is not None:
        huey.execute(task)


def test_entries_are_found_by_who_what_subject_and_day(client: PortalClient, manager: User) -> None:
    jo = make_user("jo_x@example.org", name="Jo Example")
    with freeze(datetime(2026, 6, 30, 23, 30, tzinfo=UTC)), unit_of_work():
        audit.record(action="thing.made", subject="thing:AAAA", actor_id=jo.id, detail={"n": 1})
    with freeze(datetime(2026, 6, 30, 22, 30, tzinfo=UTC)), unit_of_work():
        audit.record(action="thing.lost", subject="thing:BBBB", actor_id=None)
    with unit_of_work():
        audit.record(action="other.made", subject="other:AAAA", actor_id=manager.id)

    def subjects(query: str) -> set[str]:
        return {row[3] for row in texts(client, query)}

    assert subjects("?who=jo+EX") == subjects("?who=JO_X@") == {"thing:AAAA"}
    assert subjects("?who=jo%25") == set()
    assert subjects("?who=nobody") == set()
    assert "thing:BBBB" in subjects("?who=portal")
    assert subjects("?what=thing.") == {"thing:AAAA", "thing:BBBB"}
    assert subjects("?subject=other:") == {"other:AAAA"}
    # The first was on 1 July in London, the second on 30 June.
    assert subjects("?what=thing&from=2026-07-01&until=2026-07-01") == {"thing:AAAA"}
    assert subjects("?what=thing&until=2026-06-30") == {"thing:BBBB"}
    row = texts(client, "?what=thing.made")[0]
    assert (row[1], row[4]) == ("Jo Example", "n: 1")


@pytest.mark.parametrize(
    "query",
    ["?from=x&until=0001-01-01", "?before=x", "?before=0", "?before=99999999999", "?who=%00",
     "?subject=%25'\"", "?until=9999-12-31", "?what=" + "x" * 5000],
)  # fmt: skip
def test_nonsense_in_the_address_breaks_nothing(
    client: PortalClient, manager: User, query: str
) -> None:
    assert client.get(f"/governance/audit{query}").status_code == 200


def test_pages_follow_one_another_and_cost_the_same(client: PortalClient, manager: User) -> None:
    with unit_of_work():
        audit.record_all([Action("many.made", f"many:{n}", {}) for n in range(120)], actor_id=None)
    seen: list[str] = []
    costs = []
    query = "?what=many."
    while query:
        soup = client.soup(f"/governance/audit{query}")
        costs.append(len(client.statements))
        seen += [row.find_all(["th", "td"])[3].get_text() for row in soup.select("tbody tr")]
        older = soup.find("a", rel="next")
        query = str(older["href"]).partition("/governance/audit")[2] if older else ""
    assert seen == [f"many:{n}" for n in reversed(range(120))]
    assert len(set(costs)) == 1
    assert costs[0] <= 8


def test_the_export_holds_what_was_found_and_is_on_record(
    app: Flask, client: PortalClient, manager: User
) -> None:
    with unit_of_work():
        audit.record(action="odd.made", subject="odd:1", detail={"formula": "=1+1"})
    answer = client.get("/governance/audit.csv?what=odd.&who=")
    rows = list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))
    assert answer.status_code == 200
    assert [row[4:] for row in rows[1:]] == [["odd.made", "odd:1", "formula: =1+1"]]
    run_tasks(app)
    last = current_session().scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last is not None
    assert (last.action, last.actor_id, last.detail) == (
        *("audit.exported", manager.id),
        {"filters": ["what"]},
    )


@pytest.mark.parametrize("role", ["lep_officer", "administrator", "evaluator", "adviser"])
def test_it_is_for_managers_of_the_lep(client: PortalClient, role: str) -> None:
    with unit_of_work():
        user = make_lep_officer(role)
    sign_in(client, user)
    for path in ("/governance/audit", "/governance/audit.csv"):
        assert client.get(path).status_code == 403


def test_who_writes_without_a_name_is_not_found_here_either(
    app: Flask, client: PortalClient, manager: User
) -> None:
    with unit_of_work():
        shy = forum.make_writer(name="Shy Writer")
    posted = forum.started(shy, "Pay comes late here, what now?", unnamed=True)
    named = forum.started(shy, "Ours comes on time.")
    everything = client.get("/governance/audit?what=network.").get_data(as_text=True)
    assert "Somebody who posts without a name" in everything
    assert named.post in everything
    found = texts(client, "?who=Shy+Writer&what=network.forum")
    assert any(named.post in row[3] for row in found)
    assert not any(posted.post in row[3] for row in found)
    table = client.get("/governance/audit.csv?what=network.forum").get_data(as_text=True)
    shown = [line for line in table.splitlines() if posted.post in line]
    assert shown
    assert not any("Shy" in line or shy.user.email in line for line in shown)
