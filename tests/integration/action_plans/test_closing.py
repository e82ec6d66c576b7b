"""Closing a plan: for owners, with a reason, losing nothing; then a new one from the start."""

from __future__ import annotations

import pytest

from portal.action_plans import queries, service
from portal.action_plans.models import Plan, PlanAction
from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from tests.factories.accounts import sign_in
from tests.factories.action_plans import Party, make_member, make_party, make_plan
from tests.support.client import PortalClient


@pytest.fixture
def party(app) -> Party:
    party = make_party()
    make_plan(party, count=2)
    return party


@pytest.fixture
def base(party: Party, client: PortalClient) -> str:
    sign_in(client, party.owner)
    return f"/employers/{party.employer}/plan"


def close(party: Party, reason: str = "The year is over") -> int | None:
    plan = queries.active_plan(party.employer)
    with unit_of_work():
        done = service.close_plan(
            employer=party.employer, plan=plan.reference, reason=reason, by=party.author
        )
    return done.value


def test_it_needs_a_reason(party, base, client) -> None:
    answer = client.submit(f"{base}/close", {"reason": " "})
    assert "Say why you are closing this plan" in answer.get_data(as_text=True)
    assert queries.active_plan(party.employer) is not None


def test_it_keeps_a_last_version_and_a_new_plan_can_start(party, base, client, run_jobs) -> None:
    assert "Close this plan and start a new one" in client.soup(base).get_text()
    answer = client.submit(f"{base}/close", {"reason": "We finished what we set out to do"})
    said = answer.get_data(as_text=True)
    assert "The plan is closed and kept" in said
    assert "We finished what we set out to do" in said
    assert "Choose your actions" in said
    run_jobs()
    kept = client.get(f"{base}/versions/1/file").data
    assert kept.startswith(b"%PDF")
    page = client.soup(f"{base}/versions/1").get_text(" ", strip=True)
    assert "This plan was closed on" in page
    assert "sign the plan off" not in page
    rows = current_session().query(PlanAction).count()
    first = [item["key"] for item in party.recommendations[:2]]
    client.submit(f"{base}/choose", {"chosen": first})
    assert current_session().query(PlanAction).count() == rows + 2
    with unit_of_work():
        number = service.request_version(employer=party.employer, by=party.author).value
    run_jobs()
    # The address of the old plan's version still leads to it, byte for byte.
    assert number == 2
    assert client.get(f"{base}/versions/1/file").data == kept
    assert client.get(f"{base}/versions/2/file").data != kept
    listed = client.soup(f"{base}/versions").get_text(" ", strip=True)
    assert "Closed plans" in listed
    assert "Version 1" in listed
    assert "Version 2" in listed


def test_what_a_version_says_already_is_not_printed_again(party, base, client) -> None:
    with unit_of_work():
        service.request_version(employer=party.employer, by=party.author)
    assert close(party) == 1
    closed = queries.closed_plans(party.employer)[0]
    assert [each.number for each in queries.versions(closed.id)] == [1]


def test_a_page_left_open_does_not_close_the_next_plan(party, base, client) -> None:
    page = client.soup(f"{base}/close")
    old = {
        tag["name"]: tag.get("value", "") for tag in page.find("main").select("form input[name]")
    }
    close(party)
    make_plan(party, count=1)
    answer = client.post(
        f"{base}/close", data={**old, "reason": "Again"}, follow_redirects=True
    ).get_data(as_text=True)
    assert "Somebody changed this plan" in answer
    assert queries.active_plan(party.employer) is not None


def test_only_an_owner_closes(party, base, client, app) -> None:
    colleague = app.test_client()
    sign_in(colleague, make_member(party))
    assert colleague.get(f"{base}/close").status_code == 403
    assert "Close this plan" not in colleague.get(base).get_data(as_text=True)
    stranger = make_party(name="Another Example Ltd")
    assert client.get(f"/employers/{stranger.employer}/plan/close").status_code == 403


def test_a_closed_plan_is_never_changed(party, base, client) -> None:
    plan = queries.active_plan(party.employer)
    close(party)
    assert client.get(f"{base}/actions/add").status_code == 404
    assert client.get(f"{base}/close").status_code == 404
    kept = current_session().get_one(Plan, plan.id)
    assert (kept.status, kept.closed_reason, kept.closed_by_name) == (
        "closed",
        "The year is over",
        "Example Owner",
    )
    assert "plan.closed" in [entry.action for entry in current_session().query(AuditEntry)]


def test_a_failed_version_of_a_closed_plan_is_tried_again(party, base, client, run_jobs) -> None:
    close(party)
    with unit_of_work():
        version = queries.version_to_change(queries.version_of_employer(party.employer, 1).id)
        version.state = "failed"
        version.failure = "No space"
    client.submit(f"{base}/versions/1", form="retry-form")
    run_jobs()
    assert client.get(f"{base}/versions/1/file").status_code == 200
