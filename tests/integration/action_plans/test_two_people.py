"""Two people at once: the second sees what changed, and what they typed is kept."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from portal.action_plans import queries
from tests.factories.accounts import sign_in
from tests.factories.action_plans import Party, actions_of, make_member, make_party, make_plan
from tests.support.client import PortalClient


@pytest.fixture
def party(app) -> Party:
    party = make_party()
    make_plan(party)
    return party


@pytest.fixture
def base(party: Party, client: PortalClient) -> str:
    sign_in(client, party.owner)
    return f"/employers/{party.employer}/plan"


@pytest.fixture
def colleague(app, party: Party) -> PortalClient:
    other = app.test_client()
    sign_in(other, make_member(party))
    return other


def opened(client: PortalClient, path: str, form: str | None = None) -> dict[str, str]:
    """What a browser would send from the page if nothing were changed."""
    page = client.soup(path)
    chosen = page.find(id=form) if form else page.find("main").find("form")
    values = {}
    for tag in chosen.find_all(["input", "textarea", "select"]):
        if tag.name == "select":
            values[tag["name"]] = tag.find("option", selected=True)["value"]
        elif tag.get("type") == "radio" or tag.get("type") == "checkbox":
            if tag.has_attr("checked"):
                values[tag["name"]] = tag["value"]
        else:
            values[tag["name"]] = tag.get("value") or tag.get_text().lstrip("\n")
    return values


def soup(answer) -> BeautifulSoup:
    return BeautifulSoup(answer.get_data(as_text=True), "html5lib")


def test_the_second_edit_of_an_action_is_merged_and_told(party, base, client, colleague) -> None:
    action = actions_of(party)[0]
    path = f"{base}/actions/{action.reference}/edit"
    mine = opened(client, path)
    colleague.submit(path, {"owner_name": "Their person", "title": "Their words"})
    answer = client.post(path, data={**mine, "title": "My words"})
    assert answer.status_code == 409
    page = soup(answer)
    told = page.find("main").get_text(" ", strip=True)
    assert "Example Colleague" in told
    assert "they saved Their words; you typed My words" in told
    assert "Who is responsible: now Their person" in told
    assert page.find("input", attrs={"name": "title"})["value"] == "My words"
    assert page.find("input", attrs={"name": "owner_name"})["value"] == "Their person"
    again = {**mine, "title": "My words", "owner_name": "Their person"}
    again["revision"] = page.find("input", attrs={"name": "revision"})["value"]
    again["csrf_token"] = page.find("main").find("input", attrs={"name": "csrf_token"})["value"]
    assert client.post(path, data=again).status_code == 302
    saved = queries.action_facts(queries.active_plan(party.employer).id, action.reference)
    assert (saved.title, saved.owner_name) == ("My words", "Their person")
    assert len(queries.history(action.id)) == 3


def test_a_stale_status_shows_the_other_and_keeps_the_note(party, base, client, colleague) -> None:
    action = actions_of(party)[0]
    path = f"{base}/actions/{action.reference}"
    mine = opened(client, path, "status-form")
    colleague.submit(path, {"status": "in_progress"}, form="status-form")
    answer = client.post(f"{path}/status", data={**mine, "status": "done", "note": "All finished"})
    assert answer.status_code == 409
    page = soup(answer)
    assert "Not started → In progress" in page.get_text(" ", strip=True)
    assert page.find("textarea", attrs={"name": "note"}).get_text().strip() == "All finished"
    saved = queries.action_facts(queries.active_plan(party.employer).id, action.reference)
    assert saved.status.value == "in_progress"


def test_a_stale_withdrawal_keeps_the_reason(party, base, client, colleague) -> None:
    action = actions_of(party)[0]
    path = f"{base}/actions/{action.reference}/withdraw"
    mine = opened(client, path)
    colleague.submit(f"{base}/actions/{action.reference}", {"note": "Half way"}, form="status-form")
    page = soup(client.post(path, data={**mine, "reason": "Not for us"}))
    assert "Somebody else saved first" in page.get_text()
    assert page.find("textarea").get_text().strip() == "Not for us"


def test_the_second_edit_of_a_goal_is_told(party, base, client, colleague) -> None:
    goal = queries.goal_choices(queries.active_plan(party.employer).id)[0][0]
    path = f"{base}/goals/{goal}"
    mine = opened(client, path)
    colleague.submit(path, {"title": "Their goal"})
    answer = client.post(path, data={**mine, "title": "My goal"})
    assert answer.status_code == 409
    page = soup(answer)
    assert "they saved Their goal" in page.get_text(" ", strip=True)
    assert page.find("input", attrs={"name": "title"})["value"] == "My goal"


def test_the_second_business_case_is_told_and_kept(party, base, client, colleague) -> None:
    path = f"{base}/business-case"
    mine = opened(client, path)
    colleague.submit(path, {"leavers": "3"})
    answer = client.post(path, data={**mine, "leavers": "9"})
    assert answer.status_code == 409
    page = soup(answer)
    assert "they saved 3 people" in page.get_text(" ", strip=True)
    assert page.find("input", attrs={"name": "leavers"})["value"] == "9"
    saved = queries.business_case(queries.active_plan(party.employer).id)
    assert saved.inputs["leavers"]["value"] == "3"


def test_a_revision_that_was_tampered_with_is_stale(party, base, client) -> None:
    action = actions_of(party)[0]
    path = f"{base}/actions/{action.reference}/edit"
    for odd in ("", "-1", "soon", "9" * 40):
        answer = client.post(path, data={**opened(client, path), "revision": odd, "title": "New"})
        assert answer.status_code == 409
