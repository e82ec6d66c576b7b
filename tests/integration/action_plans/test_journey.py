"""From results to a plan, its actions and their history, through the pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup

from portal.action_plans import queries
from portal.action_plans.rules.plan import ActionStatus, suggested_due
from portal.db import current_session
from portal.db.audit import AuditEntry
from portal.kernel.clock import today
from tests.factories.accounts import sign_in
from tests.factories.action_plans import (
    Party,
    actions_of,
    add_actions,
    make_member,
    make_party,
    make_plan,
)
from tests.factories.diagnostics import finish
from tests.support.client import PortalClient

LONG = "x" * 10_000


@pytest.fixture
def party(app) -> Party:
    return make_party()


@pytest.fixture
def base(party: Party, client: PortalClient) -> str:
    sign_in(client, party.owner)
    return f"/employers/{party.employer}/plan"


def text_of(page: BeautifulSoup) -> str:
    return " ".join(page.find("main").get_text(" ", strip=True).split())


def answer_text(response) -> str:
    return text_of(BeautifulSoup(response.get_data(as_text=True), "html5lib"))


def test_a_plan_starts_from_the_recommendations_ticked(party, base, client) -> None:
    offered = len(party.recommendations)
    assert f"suggests {offered} actions" in text_of(client.soup(base))
    page = client.soup(f"{base}/choose")
    ticked = {box["value"] for box in page.select("input[name=chosen]") if box.has_attr("checked")}
    result = party.response.result
    legal = {item["key"] for item in result["recommendations"] if item["legal"]}
    assert ticked == legal | set(result["quick_wins"])
    extra = next(item["key"] for item in party.recommendations if item["key"] not in ticked)
    client.submit(f"{base}/choose", {"chosen": [*ticked, extra]})
    plan = queries.active_plan(party.employer)
    assert plan is not None
    assert {action.recommendation_key for action in actions_of(party)} == {*ticked, extra}
    first = next(item for item in party.recommendations if item["key"] == extra)
    taken = next(a for a in actions_of(party) if a.recommendation_key == extra)
    assert taken.due_on == suggested_due(today(), first["days"])
    assert taken.because[0]["answer"]
    assert "What to do next" in text_of(client.soup(base))


def test_nothing_ticked_or_something_unknown_is_refused(party, base, client) -> None:
    none = client.submit(f"{base}/choose", {"chosen": []})
    assert "Choose at least one action" in answer_text(none)
    odd = client.submit(
        f"{base}/choose", {"chosen": ["rec_made_up", party.recommendations[0]["key"]]}
    )
    page = BeautifulSoup(odd.get_data(as_text=True), "html5lib")
    assert page.select(".govuk-error-summary")
    kept = [box["value"] for box in page.select("input[name=chosen]") if box.has_attr("checked")]
    assert kept == [party.recommendations[0]["key"]]
    assert queries.active_plan(party.employer) is None


def test_there_is_one_active_plan(party, base, client) -> None:
    from portal.action_plans import service
    from portal.db import unit_of_work

    make_plan(party)
    with unit_of_work():
        again = service.start_plan(
            employer=party.employer,
            response=party.response.reference,
            chosen=[party.recommendations[0]["key"]],
            by=party.author,
        )
    assert again.problem.code == "plan_exists"


def test_an_own_action_is_added_edited_and_its_history_told(party, base, client) -> None:
    plan = make_plan(party)
    goal = queries.goal_choices(plan.id)[0][0]
    client.submit(
        f"{base}/actions/add",
        {
            "title": "مرحبا Ask the café team 🎉",
            "goal_id": str(goal),
            "owner_name": "عبد الله",
            "due_on-day": "1",
            "due_on-month": "12",
            "due_on-year": str(today().year),
            "effort": "1",
            "impact": "3",
        },
    )
    action = next(a for a in actions_of(party) if a.recommendation_key is None)
    assert action.title == "مرحبا Ask the café team 🎉"
    assert action.owner_name == "عبد الله"
    client.submit(f"{base}/actions/{action.reference}/edit", {"owner_name": "Site manager"})
    page = text_of(client.soup(f"{base}/actions/{action.reference}"))
    assert "Who is responsible: from عبد الله to Site manager" in page
    assert "Added by hand" in page


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"title": ""}, "Enter what is to be done"),
        ({"title": LONG}, "must be 200 characters or fewer"),
        ({"first_step": LONG}, "must be 2,000 characters or fewer"),
        ({"due_on-day": "31", "due_on-month": "2", "due_on-year": "2027"}, "must be a real date"),
        ({"due_on-day": "1", "due_on-month": "", "due_on-year": ""}, "must include"),
        ({"due_on-day": "1", "due_on-month": "1", "due_on-year": "2020"}, "more than a year ago"),
        ({"due_on-day": "1", "due_on-month": "1", "due_on-year": "2090"}, "more than 10 years"),
        ({"goal_id": "999999"}, "Choose one of the options"),
        ({"effort": "7"}, "Choose one of the options"),
        ({"link_url": "javascript:alert(1)"}, "Enter a web address that starts with"),
        ({"link_title": "Acas"}, "Enter the address of the linked resource"),
    ],
)
def test_bad_input_is_told_and_kept(party, base, client, changes, message) -> None:
    plan = make_plan(party)
    goal = queries.goal_choices(plan.id)[0][0]
    count = len(actions_of(party))
    typed = {"title": "Kept words", "goal_id": str(goal), "effort": "1", "impact": "1", **changes}
    answer = client.submit(f"{base}/actions/add", typed)
    page = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
    assert message in page.select_one(".govuk-error-summary").get_text()
    assert page.title.string.strip().startswith("Error: ")
    for name, value in typed.items():
        box = page.find(["input", "textarea"], attrs={"name": name})
        if box is not None and box.get("type") != "radio":
            assert (box.get("value") or box.get_text().lstrip("\n") or "") == value, name
    assert len(actions_of(party)) == count


def test_a_past_date_is_allowed_and_shown_overdue(party, base, client) -> None:
    make_plan(party)
    action = actions_of(party)[0]
    day = today() - timedelta(days=2)
    client.submit(
        f"{base}/actions/{action.reference}/edit",
        {"due_on-day": str(day.day), "due_on-month": str(day.month), "due_on-year": str(day.year)},
    )
    page = text_of(client.soup(base))
    assert "1 action is overdue" in page
    assert "Overdue" in page
    client.submit(f"{base}/actions/{action.reference}", {"status": "done"}, form="status-form")
    assert "overdue" not in text_of(client.soup(base))


def test_status_notes_and_the_way_back(party, base, client) -> None:
    make_plan(party)
    action = actions_of(party)[0]
    page = f"{base}/actions/{action.reference}"
    client.submit(page, {"status": "in_progress", "note": "Asked the board"}, form="status-form")
    client.submit(page, {"note": "They agreed"}, form="status-form")
    client.submit(page, {"status": "done"}, form="status-form")
    nothing = client.submit(page, {}, form="status-form")
    assert "Choose a new status or write a note" in answer_text(nothing)
    refused = client.submit(page, {"status": "not_started"}, form="status-form")
    assert refused.status_code == 200
    assert "Choose one of the options" in answer_text(refused)
    notes = queries.history(action.id)
    assert [(n.old_status, n.new_status, n.note) for n in notes[:3]] == [
        ("in_progress", "done", ""),
        (None, None, "They agreed"),
        ("not_started", "in_progress", "Asked the board"),
    ]
    assert [n.revision for n in notes] == [4, 3, 2, 1]


def test_withdrawing_needs_a_reason_and_loses_nothing(party, base, client) -> None:
    make_plan(party)
    action = actions_of(party)[0]
    page = f"{base}/actions/{action.reference}"
    empty = client.submit(f"{page}/withdraw", {"reason": " "})
    assert "Say why you are withdrawing" in answer_text(empty)
    client.submit(f"{page}/withdraw", {"reason": "We closed that site"})
    shown = text_of(client.soup(base))
    assert "Withdrawn actions (1)" in shown
    assert "We closed that site" in shown
    kept = queries.action_facts(queries.active_plan(party.employer).id, action.reference)
    assert kept.status is ActionStatus.WITHDRAWN
    client.submit(page, {"status": "not_started", "note": "It opened again"}, form="status-form")
    back = queries.action_facts(queries.active_plan(party.employer).id, action.reference)
    assert (back.status, back.withdrawn_reason) == (ActionStatus.NOT_STARTED, None)
    assert "We closed that site" in text_of(client.soup(page))
    actions = [entry.action for entry in current_session().query(AuditEntry)]
    assert "plan.action_withdrawn" in actions


def test_order_by_hand_and_by_date(party, base, client) -> None:
    make_plan(party, count=1)
    add_actions(party, 3)
    first, *rest = actions_of(party)
    client.submit(f"{base}/actions/{rest[0].reference}", form="move-form", data={"way": "up"})
    assert [a.reference for a in actions_of(party)][:2] == [rest[0].reference, first.reference]
    top = client.submit(f"{base}/actions/{rest[0].reference}", form="move-form", data={"way": "up"})
    assert "cannot move further up" in top.get_data(as_text=True)
    client.submit(base, form=f"{base}/order")
    assert actions_of(party)[0].reference == first.reference  # the only one with a date


def test_goals_are_added_and_changed(party, base, client) -> None:
    make_plan(party)
    client.submit(f"{base}/goals/add", {"title": "Keep our bakers", "benefit": "Lower turnover"})
    plan = queries.active_plan(party.employer)
    number, title = queries.goal_choices(plan.id)[-1]
    assert title == "Keep our bakers"
    twice = client.submit(f"{base}/goals/add", {"title": "keep our BAKERS"})
    assert "already has a goal with this name" in answer_text(twice)
    client.submit(f"{base}/goals/{number}", {"title": "Keep all our bakers"})
    assert queries.goal_facts(plan.id, number).title == "Keep all our bakers"


def test_a_newer_diagnostic_offers_what_is_new(party, base, client) -> None:
    from portal.db import unit_of_work
    from portal.diagnostics import queries as diagnostics
    from portal.diagnostics import service as diagnostic_service

    make_plan(party, count=3)
    with unit_of_work():
        again = diagnostic_service.retake(
            response_id=party.response.id, sector="hospitality", size_tier="small"
        )
    finish(again.value, worst=True)
    assert "newer diagnostic" in text_of(client.soup(base))
    page = client.soup(f"{base}/choose")
    offered = [box["value"] for box in page.select("input[name=chosen]")]
    held = {action.recommendation_key for action in actions_of(party)}
    assert offered
    assert not held & set(offered)
    client.submit(f"{base}/choose", {"chosen": offered[:1]})
    plan = queries.active_plan(party.employer)
    newest = diagnostics.latest_completed(party.employer_id)
    assert plan.response_id == newest.id
    assert plan.started_from_id == party.response.id
    assert offered[0] in {action.recommendation_key for action in actions_of(party)}


def test_pages_do_not_ask_more_of_the_database_as_plans_grow(party, base, client) -> None:
    make_plan(party, count=5)
    paths = [base, f"{base}/sign-off", f"{base}/versions", f"{base}/choose"]

    def counts() -> list[int]:
        found = []
        for path in paths:
            client.soup(path)
            found.append(len(client.statements))
        return found

    few = counts()
    add_actions(party, 35)
    assert counts() == few
    assert max(few) <= 14


def test_another_employer_is_refused(party, base, client) -> None:
    other = make_party(name="Another Example Ltd")
    make_plan(other)
    theirs = actions_of(other)[0].reference
    away = f"/employers/{other.employer}/plan"
    for path in ("", "/choose", f"/actions/{theirs}", "/versions", "/versions/1/file", "/sign-off"):
        assert client.get(away + path).status_code == 403
    make_plan(party)
    # Their action under our own address is nowhere to be found.
    assert client.get(f"{base}/actions/{theirs}").status_code == 404
    assert client.get(f"{base}/actions/{theirs}/edit").status_code == 404
    goal = queries.goal_choices(queries.active_plan(other.employer).id)[0][0]
    assert client.get(f"{base}/goals/{goal}").status_code == 404


def test_only_an_owner_signs_and_a_visitor_signs_in(party, base, client, app) -> None:
    make_plan(party)
    member = make_member(party)
    colleague = app.test_client()
    sign_in(colleague, member)
    assert colleague.get(base).status_code == 200
    assert colleague.get(f"{base}/sign-off").status_code == 403
    stranger = app.test_client()
    assert stranger.get(base).status_code == 302
