"""The pages of a diagnostic, as a visitor and as an employer, without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from portal.db import unit_of_work
from portal.diagnostics import queries
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.schema import Profile, QuestionType
from portal.diagnostics.rules.values import row_field
from tests.factories.accounts import make_user, sign_in
from tests.factories.diagnostics import answers_to_the_end, make_response
from tests.factories.employers import make_employer, make_membership
from tests.support.client import PortalClient


def start(client: PortalClient, sector: str = "social_care", size: str = "small") -> str:
    response = client.submit("/diagnostic/start", {"sector": sector, "size": size})
    assert response.status_code == 200
    found = re.search(r"/diagnostic/(\w+)/page/", response.request.path)
    assert found, response.request.path
    return found[1]


def as_form(answers: dict[str, Any]) -> dict[str, Any]:
    """JSON answers as the fields a browser would send."""
    questionnaire = load_catalogue().latest()
    assert questionnaire is not None
    form: dict[str, Any] = {}
    for key, value in answers.items():
        question = questionnaire.by_key[key]
        if question.type is QuestionType.GRID:
            form.update({row_field(question, row): column for row, column in value.items()})
        elif question.type is QuestionType.MONEY:
            form[key] = f"{value // 100}.{value % 100:02d}"
        else:
            form[key] = value
    return form


def all_answers(sector: str = "social_care", **changes: Any) -> dict[str, Any]:
    questionnaire = load_catalogue().latest()
    assert questionnaire is not None
    return answers_to_the_end(questionnaire, Profile(sector, "small"), **changes)


def fill(client: PortalClient, reference: str, form: dict[str, Any]) -> list[str]:
    """Answer page after page until the check page; the pages walked."""
    walked = []
    response = client.get(f"/diagnostic/{reference}", follow_redirects=True)
    while "/page/" in response.request.path:
        path = response.request.path
        assert walked.count(path) < 2, f"{path} came a third time"
        walked.append(path)
        response = client.submit(path, form)
        assert response.status_code == 200, (path, text_of(response.get_data(as_text=True)))
    assert response.request.path.endswith("/check")
    return walked


def text_of(html: str) -> str:
    return BeautifulSoup(html, "html5lib").find("main").get_text(" ", strip=True)


def test_a_visitor_answers_page_by_page_and_sees_results(client: PortalClient) -> None:
    reference = start(client)
    walked = fill(client, reference, as_form(all_answers()))
    assert 20 <= len(walked) <= 31
    response = client.submit(f"/diagnostic/{reference}/check")
    assert response.request.path.endswith("/results")
    page = text_of(response.get_data(as_text=True))
    assert "100 out of 100" in page
    assert "Create an account" in page
    assert "at least 10 other social care employers" in page


def test_what_is_missing_is_said_beside_the_question_and_what_was_typed_is_kept(
    client: PortalClient,
) -> None:
    reference = start(client)
    path = client.get(f"/diagnostic/{reference}").location
    response = client.submit(path, {"staff_total": "abc", "staff_part_time": "12"})
    assert response.status_code == 422
    soup = BeautifulSoup(response.get_data(as_text=True), "html5lib")
    assert soup.title.string.startswith("Error: ")
    summary = soup.select_one(".govuk-error-summary")
    assert [link["href"] for link in summary.select("a")] == ["#staff_total"]
    assert soup.find(id="staff_total")["value"] == "abc"
    assert soup.find(id="staff_part_time")["value"] == "12"
    facts = queries.response_facts(reference)
    assert facts.answers["staff_part_time"]["v"] == 12, "the good answer was saved all the same"
    assert "staff_total" not in facts.answers


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("لدينا موظفون رائعون", True),
        ("More rota notice 🙂👩‍👩‍👧", True),
        ("x" * 10_000, False),
        ("<script>alert(1)</script>", True),
    ],
)
def test_text_boxes_take_what_people_write(client: PortalClient, typed: str, kept: bool) -> None:
    reference = start(client)
    questionnaire = load_catalogue().latest()
    page = questionnaire.page_of["change_wish"].key
    path = f"/diagnostic/{reference}/page/{page}"
    response = client.submit(path, {"change_wish": typed}, do="skip")
    facts = queries.response_facts(reference)
    if kept:
        assert facts.answers["change_wish"]["v"] == typed
        assert client.soup(path).find(id="change_wish").get_text().strip() == typed
    else:
        assert response.status_code == 422
        assert "10,000 characters" in response.get_data(as_text=True)
        box = BeautifulSoup(response.get_data(as_text=True), "html5lib").find(id="change_wish")
        assert box.get_text().strip() == typed, "what was typed stays in the box"


def test_skipping_comes_back_to_the_first_open_question(client: PortalClient) -> None:
    reference = start(client)
    first = client.get(f"/diagnostic/{reference}").location
    response = client.submit(first, do="skip")
    assert response.status_code == 200
    assert response.request.path != first
    assert client.get(f"/diagnostic/{reference}").location == first
    check = client.soup(f"/diagnostic/{reference}/check").get_text(" ", strip=True)
    assert "before you can finish" in check
    assert "Finish and see my results" not in check


def test_a_closed_branch_leaves_the_score_but_keeps_its_answers(client: PortalClient) -> None:
    reference = start(client)
    form = as_form(all_answers())
    fill(client, reference, form)
    questionnaire = load_catalogue().latest()
    page = questionnaire.page_of["supervisor_posts"].key
    path = f"/diagnostic/{reference}/page/{page}"
    numbers = {key: value for key, value in form.items() if key in questionnaire.by_key}
    response = client.submit(f"{path}?back=check", {**numbers, "supervisor_posts": "0"})
    assert response.request.path.endswith("/check")
    assert "no longer count" in text_of(response.get_data(as_text=True))
    facts = queries.response_facts(reference)
    assert facts.answers["supervisor_posts_part_time"]["v"] == 1
    client.submit(f"{path}?back=check", {**numbers, "supervisor_posts": "4"})
    again = client.soup(f"/diagnostic/{reference}/check").get_text(" ", strip=True)
    assert "no longer count" not in again
    assert "Finish and see my results" in again, "the kept answers count again"


def test_two_people_cannot_overwrite_each_other_in_silence(app: Flask) -> None:
    with unit_of_work():
        owner, colleague = make_user(name="Ann Example"), make_user(name="Ben Example")
        employer = make_employer(owner_id=owner.id)
        make_membership(employer_id=employer.id, user_id=colleague.id)
        reference = employer.reference
    facts = make_response(employer=reference, complete=False)
    questionnaire = load_catalogue().latest()
    page = questionnaire.page_of["lead_owner"].key
    path = f"/diagnostic/{facts.reference}/page/{page}"
    options = [option.key for option in questionnaire.by_key["lead_owner"].options]
    first, second = app.test_client(), app.test_client()
    sign_in(first, owner)
    sign_in(second, colleague)
    token = second.soup(path).find("input", {"name": "csrf_token"})["value"]
    assert first.submit(path, {"lead_owner": options[1]}).status_code == 200
    stale = {"csrf_token": token, "revision": str(facts.revision), "lead_owner": options[2]}
    clash = second.post(path, data={**stale, "do": "skip"})
    assert clash.status_code == 409
    page_text = text_of(clash.get_data(as_text=True))
    assert "Ann Example" in page_text
    assert questionnaire.by_key["lead_owner"].options[1].text in page_text
    stored = queries.response_facts(facts.reference).answers["lead_owner"]
    assert stored["v"] == options[1]
    soup = BeautifulSoup(clash.get_data(as_text=True), "html5lib")
    assert soup.find("input", {"name": "lead_owner", "checked": True})["value"] == options[2]
    revision = soup.find("input", {"name": "revision"})["value"]
    knowing = second.post(path, data={**stale, "revision": revision, "do": "skip"})
    assert knowing.status_code == 302
    assert queries.response_facts(facts.reference).answers["lead_owner"]["v"] == options[2]


def test_autosave_answers_in_json_and_reports_a_clash(client: PortalClient) -> None:
    reference = start(client)
    path = client.get(f"/diagnostic/{reference}").location
    token = client.soup(path).find("input", {"name": "csrf_token"})["value"]
    save = {"csrf_token": token, "revision": "0", "staff_total": "30"}
    first = client.post(f"{path}/autosave", data=save, headers={"X-Autosave": "1"})
    assert first.json == {"message": "Saved", "revision": {"revision": "1"}}
    half = client.post(
        f"{path}/autosave",
        data={**save, "revision": "1", "staff_part_time": "x"},
        headers={"X-Autosave": "1"},
    )
    assert half.status_code == 200, "a faulty answer waits for the button"
    clash = client.post(
        f"{path}/autosave", data={**save, "staff_total": "31"}, headers={"X-Autosave": "1"}
    )
    assert clash.status_code == 409
    assert queries.response_facts(reference).answers["staff_total"]["v"] == 30


def test_a_question_opened_by_autosave_is_asked_not_complained_about(client: PortalClient) -> None:
    reference = start(client)
    path = f"/diagnostic/{reference}/page/team-2"
    soup = client.soup(path)
    token = soup.find("input", {"name": "csrf_token"})["value"]
    drawn = {"csrf_token": token, "asked": "supervisor_posts", "supervisor_posts": "4"}
    client.post(f"{path}/autosave", data={**drawn, "revision": "0"}, headers={"X-Autosave": "1"})
    answer = client.post(path, data={**drawn, "revision": "1"}, follow_redirects=True)
    assert answer.status_code == 200
    page = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
    assert answer.request.path == path, "the new question stands on the same page"
    assert page.find(id="supervisor_posts_part_time")
    assert not page.select(".govuk-error-summary")


def test_a_stranger_sees_nothing(app: Flask, client: PortalClient) -> None:
    reference = start(client)
    stranger = app.test_client()
    for path in ("", "/check", "/results", "/keep"):
        assert stranger.get(f"/diagnostic/{reference}{path}").status_code == 404
    with unit_of_work():
        owner, other = make_user(), make_user()
        employer = make_employer(owner_id=owner.id)
    facts = make_response(employer=employer.reference)
    sign_in(stranger, other)
    assert stranger.get(f"/diagnostic/{facts.reference}/results").status_code == 404
    assert stranger.get(f"/employers/{facts.employer_reference}/diagnostics").status_code == 403
    sign_in(client, owner)
    assert client.get(f"/diagnostic/{facts.reference}/results").status_code == 200


def test_a_link_by_mail_opens_it_in_another_browser(
    app: Flask, client: PortalClient, run_jobs: Any
) -> None:
    from portal.integrations.mail import recent_messages

    reference = start(client)
    sent = client.submit(f"/diagnostic/{reference}/keep", {"email": "manager@example.org"})
    assert "sent a link to manager@example.org" in sent.get_data(as_text=True)
    run_jobs()
    body = recent_messages(recipient="manager@example.org")[0].body
    link = re.search(r"https?://\S+(/diagnostic/resume/\S+)", body)
    assert link
    elsewhere = app.test_client()
    assert elsewhere.get(f"/diagnostic/{reference}").status_code == 404
    opened = elsewhere.get(link[1], follow_redirects=True)
    assert opened.status_code == 200
    assert f"/diagnostic/{reference}/page/" in opened.request.path
    gone = elsewhere.get("/diagnostic/resume/not-a-token")
    assert gone.status_code == 404
    assert "no longer works" in gone.get_data(as_text=True)


def test_results_compare_only_above_the_minimum_and_without_oneself(app: Flask) -> None:
    with unit_of_work():
        owner = make_user()
        mine = make_employer(owner_id=owner.id).reference
    client = app.test_client()
    sign_in(client, owner)
    own = make_response(employer=mine)
    for number in range(9):
        with unit_of_work():
            other = make_employer().reference
        make_response(employer=other, worst=number % 2 == 0)
    path = f"/diagnostic/{own.reference}/results"
    assert "at least 10 other hospitality" in client.soup(path).get_text(" ", strip=True)
    with unit_of_work():
        tenth = make_employer().reference
    make_response(employer=tenth, worst=True)
    shown = client.soup(path).get_text(" ", strip=True)
    # 6 of 10 others score 0 and 4 the same 100, which count half: (6 + 2) / 10.
    assert "Of 10 other hospitality employers with 10 to 49 people" in shown
    assert "80% scored lower" in shown


def test_a_retake_shows_change(app: Flask) -> None:
    with unit_of_work():
        owner = make_user()
        mine = make_employer(owner_id=owner.id).reference
    client = app.test_client()
    sign_in(client, owner)
    first = make_response(employer=mine, worst=True)
    opened = client.submit(
        f"/diagnostic/{first.reference}/results",
        form=f"/diagnostic/{first.reference}/retake",
    )
    again = re.search(r"/diagnostic/(\w+)/page/", opened.request.path)
    assert again
    fill(client, again[1], as_form(all_answers("hospitality")))
    done = client.submit(f"/diagnostic/{again[1]}/check")
    page = text_of(done.get_data(as_text=True))
    assert "went from 0 to 100" in page
    assert "not proof of what caused it" in page
    lines = client.soup(f"/employers/{mine}/diagnostics").get_text(" ", strip=True)
    assert "Taken again" in lines
    assert "Stands now" in lines


def test_pages_cost_few_statements_however_many_answers_there_are(app: Flask) -> None:
    with unit_of_work():
        owner = make_user()
        mine = make_employer(owner_id=owner.id).reference
    client = app.test_client()
    sign_in(client, owner)
    facts = make_response(employer=mine, complete=False)
    client.get(f"/diagnostic/{facts.reference}/check")
    assert len(client.statements) <= 6, client.statements
    done = make_response(employer=mine)
    client.get(f"/diagnostic/{done.reference}/results")
    assert len(client.statements) <= 6, client.statements


def test_registering_keeps_it_and_an_employer_takes_it_over(
    app: Flask, client: PortalClient
) -> None:
    from tests.factories.accounts import sign_in_with_password

    facts = make_response()
    with client.session_transaction() as cookie:
        cookie["visitor_responses"] = [facts.reference]
    with unit_of_work():
        person = make_user()
    sign_in_with_password(client, person)
    assert "say which employer" in client.soup("/diagnostic").get_text(" ", strip=True)
    empty = client.soup(f"/diagnostic/{facts.reference}/employer").get_text(" ", strip=True)
    assert "First, tell us about your organisation" in empty
    with unit_of_work():
        employer = make_employer(owner_id=person.id).reference
        strangers = make_employer().reference
    path = f"/diagnostic/{facts.reference}/employer"
    refused = client.submit(path, {"employer": strangers})
    assert "There is a problem" in refused.get_data(as_text=True)
    done = client.submit(path, {"employer": employer})
    assert done.request.path.endswith("/results")
    assert queries.response_facts(facts.reference).employer_reference == employer
    card = client.soup(f"/employers/{employer}").get_text(" ", strip=True)
    assert "Diagnostic: 100 out of 100" in card
