"""Tools: used by anybody, kept by those who may, put into the plan once, compared, withdrawn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from portal.action_plans import queries as plans
from portal.db import current_session, unit_of_work
from portal.employers.models import TimelineEntry
from portal.kernel.ids import token_hash
from portal.kernel.result import Err, Ok
from portal.toolkit.models import ToolResult
from portal.toolkit.queries import tools as queries
from portal.toolkit.service import tools as service
from tests.factories.accounts import make_user, sign_in
from tests.factories.action_plans import make_party, make_plan
from tests.factories.together import make_pair
from tests.factories.tools import COST, make_kept, make_outcome, make_pressed, payload_on
from tests.support.client import PortalClient


def _post(client: PortalClient, path: str, page: str, **data: Any) -> Any:
    """Press a button of the result's form on a page."""
    soup = BeautifulSoup(client.get(page).get_data(as_text=True), "html5lib")
    token = soup.find("input", attrs={"name": "csrf_token"})
    assert token is not None
    return client.post(path, data={"csrf_token": token["value"], **data})


def _count() -> int:
    return current_session().query(ToolResult).count()


def _work_out(client: PortalClient, path: str = "/tools/cost", **changes: Any) -> str:
    page = client.submit(path, {**COST, **changes}).get_data(as_text=True)
    assert 'id="result"' in page
    return page


def test_anybody_sees_the_tools_and_uses_one_and_nothing_is_stored(
    client: PortalClient, app: Flask
) -> None:
    text = client.soup("/tools").get_text(" ")
    assert "What turnover and vacancies cost you" in text
    page = _work_out(client)
    assert "Turnover of part-time staff costs you about" in page
    assert "Nothing of this is stored" in page
    assert "Add to our action plan" not in page
    assert _count() == 0
    assert not [statement for statement in client.statements if "INSERT" in statement]


def test_errors_keep_what_was_typed(client: PortalClient) -> None:
    page = client.submit("/tools/cost", {**COST, "leavers": "many", "measure_name": "Early rotas"})
    text = page.get_data(as_text=True)
    assert "Error:" in text
    assert 'value="many"' in text
    assert "Early rotas" in text
    assert 'id="result"' not in text


def test_a_visitor_comes_back_to_what_was_typed_after_signing_in(
    client: PortalClient, app: Flask
) -> None:
    page = _work_out(client, leavers="7")
    answer = _post(client, "/tools/keep", "/tools/cost", payload=payload_on(page))
    assert answer.status_code == 302
    assert "/login" in answer.location
    assert "again" in answer.location
    soup = client.soup("/tools/cost?again=1")
    assert soup.find("input", attrs={"name": "leavers"})["value"] == "7"
    assert soup.find("input", attrs={"name": "hourly_pay"})["value"] == "12.21"
    assert "Filled in with what you typed" in soup.get_text(" ")
    assert _count() == 0


def test_a_member_keeps_a_result_once_however_often_they_press(
    client: PortalClient, app: Flask
) -> None:
    party = make_party()
    sign_in(client, party.owner)
    page = _work_out(client)
    for _ in range(2):
        answer = _post(
            client,
            "/tools/keep",
            "/tools/cost",
            payload=payload_on(page),
            employer=party.employer,
        )
        assert answer.status_code == 302
    assert _count() == 1
    text = client.soup(answer.location).get_text(" ")
    assert "What one leaver costs" in text
    row = current_session().query(ToolResult).one()
    assert row.inputs["hourly_pay"] == 1221
    lines = current_session().query(TimelineEntry).filter_by(kind="toolkit").all()
    assert [line.title for line in lines] == ["Result kept: What turnover and vacancies cost you"]
    again = client.soup(f"/tools/cost?employer={party.employer}&kept={row.reference}")
    assert again.find("input", attrs={"name": "leavers"})["value"] == "8"
    shown = client.soup(f"/employers/{party.employer}")
    assert "1 result kept" in shown.get_text(" ")
    timeline = client.soup(f"/employers/{party.employer}/timeline")
    assert timeline.find("a", href=f"/employers/{party.employer}/tools/{row.reference}")


def test_a_changed_or_foreign_payload_is_refused(client: PortalClient, app: Flask) -> None:
    party = make_party()
    sign_in(client, party.owner)
    payload = payload_on(_work_out(client))
    for bad in (payload[:-3] + "abc", "", "x.y.z", payload.swapcase()):
        answer = _post(client, "/tools/keep", "/tools/cost", payload=bad, employer=party.employer)
        assert answer.location == "/tools"
    assert _count() == 0


def test_an_adviser_keeps_for_those_they_serve_and_for_nobody_else(app: Flask) -> None:
    pair = make_pair(app)
    stranger = make_party(name="Another Example Ltd").employer
    adviser = pair.client(pair.provider.adviser)
    path = f"/tools/cost?employer={pair.employer}"
    payload = payload_on(_work_out(adviser, path))
    for employer in (stranger, "NOTTHERE00", ""):
        answer = _post(adviser, "/tools/keep", path, payload=payload, employer=employer)
        assert answer.status_code == 200
        assert "Choose one of your organisations" in answer.get_data(as_text=True)
    assert _count() == 0
    answer = _post(adviser, "/tools/keep", path, payload=payload, employer=pair.employer)
    assert answer.status_code == 302
    kept = answer.location
    assert adviser.get(kept).status_code == 200
    case = adviser.soup(f"/cases/{pair.case}")
    assert "1 result kept" in case.get_text(" ")
    assert pair.client(pair.officer).get(kept).status_code == 200
    assert pair.client(pair.other.adviser).get(kept).status_code == 403
    assert pair.client(make_user()).get(kept).status_code == 403
    assert app.test_client().get(kept).status_code == 302


def test_a_suggestion_becomes_an_action_once(client: PortalClient, app: Flask) -> None:
    party = make_party()
    plan = make_plan(party)
    sign_in(client, party.owner)
    page = _work_out(client)
    send = {"payload": payload_on(page), "employer": party.employer, "suggestion": "ask-leavers"}
    before = len(_actions(plan.id))
    answer = _post(client, "/tools/plan", "/tools/cost", **send)
    assert answer.status_code == 302
    assert _count() == 1
    added = [a for a in _actions(plan.id) if a.title.startswith("Ask everybody who leaves")]
    assert len(added) == 1
    assert added[0].first_step
    assert "result" in added[0].why
    assert added[0].link_url.endswith(answer.location)
    answer = _post(client, "/tools/plan", "/tools/cost", **send)
    assert answer.status_code == 200
    assert "in your plan already" in answer.get_data(as_text=True)
    kept = queries.kept_of(party.employer_id)[0].reference
    again = {"kept": kept, "employer": party.employer, "suggestion": "ask-leavers"}
    answer = _post(client, "/tools/plan", f"/employers/{party.employer}/tools/{kept}", **again)
    text = client.get(answer.location).get_data(as_text=True)
    assert "in your plan already" in text
    assert len(_actions(plan.id)) == before + 1
    assert _count() == 1


def _actions(plan_id: int) -> list[Any]:
    return [a for goal in plans.goals_with_actions(plan_id) for a in goal.actions]


def test_without_a_plan_nothing_is_kept_and_the_way_on_is_shown(
    client: PortalClient, app: Flask
) -> None:
    party = make_party()
    sign_in(client, party.owner)
    payload = payload_on(_work_out(client))
    answer = _post(
        client,
        "/tools/plan",
        "/tools/cost",
        payload=payload,
        employer=party.employer,
        suggestion="ask-leavers",
    )
    soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
    assert soup.find("a", href=f"/employers/{party.employer}/plan") or "action plan" in soup.text
    assert _count() == 0


def test_a_goal_that_the_plan_lacks_is_added(app: Flask) -> None:
    party = make_party()
    plan = make_plan(party, count=1)
    kept = make_kept(party.employer, party.author)
    titles = {goal.title for goal in plans.goals_with_actions(plan.id)}
    with unit_of_work():
        done = service.add_to_plan(
            employer=party.employer, reference=kept, suggestion="ask-leavers", by=party.author
        )
    assert isinstance(done, Ok), done
    now = {goal.title for goal in plans.goals_with_actions(plan.id)}
    assert now - titles <= {"Listen, count and improve"}
    assert "Listen, count and improve" in now


def test_when_the_plan_refuses_nothing_is_kept(app: Flask, monkeypatch: Any) -> None:
    party = make_party()
    make_plan(party)
    monkeypatch.setattr(service, "add_action", lambda **_: Err(service.NO_SUGGESTION))
    with unit_of_work():
        done = service.keep_and_plan(
            employer=party.employer,
            pressed=make_pressed(),
            suggestion="ask-leavers",
            by=party.author,
        )
    assert isinstance(done, Err)
    assert _count() == 0


def test_withdrawing_needs_a_reason_and_keeps_the_result_marked(
    client: PortalClient, app: Flask
) -> None:
    party = make_party()
    kept = make_kept(party.employer, party.author)
    sign_in(client, party.owner)
    path = f"/employers/{party.employer}/tools/{kept}"
    assert "Say why" in client.submit(f"{path}/withdraw", {"reason": " "}).get_data(as_text=True)
    answer = client.submit(f"{path}/withdraw", {"reason": "The pay was wrong"})
    assert "Withdrawn" in answer.get_data(as_text=True)
    text = client.soup(path).get_text(" ")
    assert "The pay was wrong" in text
    with unit_of_work():
        done = service.withdraw(
            employer=party.employer, reference=kept, reason="Once more", by=party.author
        )
        planned = service.add_to_plan(
            employer=party.employer, reference=kept, suggestion="ask-leavers", by=party.author
        )
    assert isinstance(done, Err)
    assert isinstance(planned, Err)
    # What was withdrawn may be kept again.
    assert make_kept(party.employer, party.author) != kept


def test_two_results_are_compared_and_what_cannot_be_is_refused(
    client: PortalClient, app: Flask
) -> None:
    party = make_party()
    first = make_kept(party.employer, party.author)
    figures = make_outcome().figures
    other = (type(figures[0])("year", "A year of leavers", 8_000_00, "pence", "lower"),)
    second = make_kept(party.employer, party.author, figures=other)
    sign_in(client, party.owner)
    base = f"/employers/{party.employer}/tools"
    text = client.soup(f"{base}/compare?first={second}&second={first}").get_text(" ")
    assert "£2,000 less" in text
    assert "Better" in text
    answer = client.get(f"{base}/compare?first={first}&second={first}")
    assert answer.status_code == 302
    assert client.get(f"{base}/compare?first={first}&second=NOTTHERE00").status_code == 404
    listed = client.soup(base).get_text(" ")
    assert "Compare two results" in listed


def test_results_of_another_employer_are_not_found(client: PortalClient, app: Flask) -> None:
    party, other = make_party(), make_party(name="Other Example Ltd")
    kept = make_kept(other.employer, other.author)
    sign_in(client, party.owner)
    assert client.get(f"/employers/{party.employer}/tools/{kept}").status_code == 404
    assert client.get(f"/employers/{other.employer}/tools/{kept}").status_code == 403
    send = {"kept": kept, "employer": other.employer, "suggestion": "ask-leavers"}
    answer = _post(client, "/tools/plan", "/tools/cost", **send)
    assert answer.status_code == 403


def test_pages_of_many_results_ask_no_more_statements(client: PortalClient, app: Flask) -> None:
    party = make_party()
    sign_in(client, party.owner)
    path = f"/employers/{party.employer}/tools"
    make_kept(party.employer, party.author)
    client.get(path)
    few = len(client.statements)
    for day in range(1, 9):
        make_kept(party.employer, party.author, on=f"2026-10-0{day}")
    client.get(path)
    assert len(client.statements) == few


@pytest.mark.parametrize("data", [{}, {"payload": "x" * 50_000}])
def test_a_bare_or_long_payload_is_a_sentence(
    client: PortalClient, data: Mapping[str, str]
) -> None:
    answer = _post(client, "/tools/keep", "/tools/cost", **data)
    assert answer.status_code == 302
    assert "too old" in client.get("/tools").get_data(as_text=True)


def test_more_than_the_record_holds_is_refused(app: Flask, monkeypatch: Any) -> None:
    party = make_party()
    make_kept(party.employer, party.author)
    monkeypatch.setattr(service, "MOST_KEPT", 1)
    with unit_of_work():
        done = service.keep(
            employer=party.employer, pressed=make_pressed(on="2026-01-01"), by=party.author
        )
    assert isinstance(done, Err)
    assert done.problem.code == "too_many"


JOB = {
    "title": "Shift supervisor",
    "job_hours": "37.5",
    "design": "part_time",
    "target": "20",
    "handover": "0:30",
    "peak": "job",
    "tasks-0-name": "Open the shop",
    "tasks-0-hours": "17:30",
    "tasks-0-level": "leader",
    "tasks-0-fixed": "y",
    "tasks-1-name": "Serve customers",
    "tasks-1-hours": "20",
    "tasks-1-other": "y",
}


def test_rows_are_added_without_script_and_keep_what_was_typed(client: PortalClient) -> None:
    soup = client.soup("/tools/job-design")
    assert len(soup.find_all("input", id=re.compile(r"^tasks-\d+-name$"))) == 6
    page = client.submit("/tools/job-design", {**JOB, "do": "rows"}).get_data(as_text=True)
    soup = BeautifulSoup(page, "html5lib")
    assert len(soup.find_all("input", id=re.compile(r"^tasks-\d+-name$"))) == 9
    assert soup.find("input", id="tasks-1-name")["value"] == "Serve customers"
    assert "Error:" not in page


def test_a_job_is_designed_kept_and_filled_in_again(client: PortalClient, app: Flask) -> None:
    party = make_party()
    sign_in(client, party.owner)
    page = client.submit("/tools/job-design", JOB).get_data(as_text=True)
    assert "Shift supervisor can be a part-time job: 20 hours a week" in page
    answer = _post(
        client,
        "/tools/keep",
        "/tools/job-design",
        payload=payload_on(page),
        employer=party.employer,
    )
    assert client.get(answer.location).status_code == 200
    kept = answer.location.rpartition("/")[2]
    soup = client.soup(f"/tools/job-design?employer={party.employer}&kept={kept}")
    assert soup.find("input", id="tasks-1-hours")["value"] == "20"
    assert soup.find("input", id="tasks-0-fixed").has_attr("checked")


def test_a_job_that_does_not_balance_is_told_by_how_much(client: PortalClient) -> None:
    page = client.submit("/tools/job-design", {**JOB, "tasks-1-hours": "24"})
    text = page.get_data(as_text=True)
    assert (
        "Tasks add up to 41 hours 30 minutes, the job has 37 hours 30 minutes: 4 hours too many"
    ) in text
    assert 'value="24"' in text
    odd = client.submit("/tools/job-design", {**JOB, "tasks-1-hours": "soon"})
    assert 'href="#tasks-1-hours"' in odd.get_data(as_text=True)


def test_an_advert_is_checked_and_its_script_is_not_run(client: PortalClient) -> None:
    text = "<p>Part-time supervisor in Leeds, £12.60 an hour.</p><script>alert(1)</script>"
    page = client.submit("/tools/advert", {"text": text}).get_data(as_text=True)
    assert "out of 100" in page
    assert "<script>alert" not in page
    assert "£12.60 an hour" in page


@pytest.mark.parametrize("text", ["", "too few words", "x" * 20_001])
def test_an_advert_that_is_none_is_refused(client: PortalClient, text: str) -> None:
    page = client.submit("/tools/advert", {"text": text}).get_data(as_text=True)
    assert "Error:" in page
    assert 'id="result"' not in page


def test_a_long_text_does_not_go_into_the_cookie(client: PortalClient) -> None:
    words = " ".join(f"a{token_hash(str(number))[:12]}" for number in range(1000))
    page = client.submit("/tools/advert", {"text": words}).get_data(as_text=True)
    answer = _post(client, "/tools/keep", "/tools/advert", payload=payload_on(page))
    assert "again" not in answer.location
    assert "stored nowhere" in client.get("/login").get_data(as_text=True)


def test_what_is_held_names_kept_results(client: PortalClient, app: Flask) -> None:
    party = make_party()
    make_kept(party.employer, party.author)
    sign_in(client, party.owner)
    text = client.soup(f"/employers/{party.employer}/data").get_text(" ")
    assert "Results of tools" in text
