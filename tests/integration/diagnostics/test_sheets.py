"""The call sheet and the page on which it is keyed in."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from portal.db import unit_of_work
from portal.diagnostics import queries
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.rules.schema import Profile
from portal.diagnostics.rules.sheet import make_sheet
from tests.factories.accounts import make_user, sign_in
from tests.factories.diagnostics import make_response
from tests.factories.employers import make_employer
from tests.factories.together import Pair, make_pair
from tests.integration.diagnostics.test_pages import all_answers, as_form
from tests.support.client import PortalClient


@pytest.fixture
def pair(app: Flask) -> Pair:
    return make_pair(app)


def started(pair: Pair) -> str:
    adviser = pair.client(pair.provider.adviser)
    answer = adviser.submit(
        f"/employers/{pair.employer}/diagnostic/start",
        {"sector": "social_care", "size": "small"},
    )
    return answer.request.path.split("/")[2]


def words(soup: Any) -> str:
    return " ".join(soup.find("main").get_text(" ", strip=True).split())


def test_the_sheet_holds_every_question_once_with_its_options(pair: Pair) -> None:
    adviser = pair.client(pair.provider.adviser)
    reference = started(pair)
    soup = adviser.soup(f"/employers/{pair.employer}/diagnostic/call-sheet")
    sheet = make_sheet(load_catalogue().latest(), Profile("social_care", "small"))
    numbers = [tag.get_text() for tag in soup.select(".app-sheet__number")]
    assert numbers == [str(item.number) for item in sheet.questions]
    page = words(soup)
    assert "Social care, 10 to 49 people" in page
    assert reference in page
    for item in sheet.questions:
        assert item.words.text in page
        for choice in item.choices:
            assert f"{choice.letter} {choice.text}" in page
        if item.question.not_applicable:
            assert f"x {item.question.not_applicable}" in page
        if item.only_if:
            assert f"Ask {item.number} only if {item.only_if}." in page
    legal = sum(item.question.legal for item in sheet.questions)
    assert len(soup.select(".app-sheet__legal")) == legal > 0
    assert len(soup.select(".app-sheet__why")) == len(sheet.questions) + 1


def test_who_may_print_it(pair: Pair) -> None:
    path = f"/employers/{pair.employer}/diagnostic/call-sheet"
    for user in (pair.owner, pair.officer, pair.provider.manager):
        assert pair.client(user).get(path).status_code == 200
    assert pair.client(pair.other.adviser).get(path).status_code == 403
    blank = "/diagnostic/call-sheet"
    assert pair.client(pair.owner).get(blank).status_code == 403
    adviser = pair.client(pair.other.adviser)
    assert "What does the employer mainly do?" in words(adviser.soup(blank))
    half = adviser.soup(f"{blank}?sector=retail")
    assert "Choose how many people work there" in words(half)
    odd = adviser.soup(f"{blank}?sector=mining&size=small")
    assert not odd.select(".app-sheet")
    whole = adviser.soup(f"{blank}?sector=retail&size=large")
    assert "Retail, 250 or more people" in words(whole)


def test_an_employer_without_a_size_is_asked_for_it(app: Flask, client: PortalClient) -> None:
    with unit_of_work():
        owner = make_user()
        employer = make_employer(owner_id=owner.id, headcount=None)
    sign_in(client, owner)
    path = f"/employers/{employer.reference}/diagnostic/call-sheet"
    assert "How many people work there" in words(client.soup(path))
    assert client.soup(f"{path}?size=medium").select(".app-sheet")


def test_keying_saves_what_is_good_and_names_what_is_not(pair: Pair) -> None:
    reference = started(pair)
    adviser = pair.client(pair.provider.adviser)
    path = f"/diagnostic/{reference}/keying"
    answer = adviser.submit(
        path,
        {
            "staff_total": "20",
            "staff_part_time": "30",
            "supervisor_posts": "many",
            "lead_owner": "nobody",
            "change_wish": "More notice",
        },
    )
    assert answer.status_code == 422
    soup = BeautifulSoup(answer.get_data(as_text=True), "html5lib")
    assert soup.title.string.startswith("Error: ")
    linked = [link["href"] for link in soup.select(".govuk-error-summary a")]
    assert linked == ["#staff_part_time", "#supervisor_posts"]
    assert all(soup.find(id=href[1:]) for href in linked)
    assert "Question 2: This must be 20 or less" in words(soup)
    assert soup.find(id="staff_part_time")["value"] == "30"
    assert soup.find(id="supervisor_posts")["value"] == "many"
    assert soup.select_one("#lead_owner option[selected]")["value"] == "nobody"
    answers = queries.response_facts(reference).answers
    assert {key: entry["v"] for key, entry in answers.items()} == {
        "staff_total": 20,
        "lead_owner": "nobody",
        "change_wish": "More notice",
    }


def test_a_closed_branch_is_kept_and_said_not_to_count(pair: Pair) -> None:
    reference = started(pair)
    adviser = pair.client(pair.provider.adviser)
    path = f"/diagnostic/{reference}/keying"
    stay = adviser.submit(
        path,
        {"supervisor_posts": "0", "supervisor_posts_part_time": "3", "do": "stay"},
    )
    assert stay.request.path == path
    page = words(BeautifulSoup(stay.get_data(as_text=True), "html5lib"))
    assert "Only if question 3 is 1 or more. Kept, not counted now." in page
    facts = queries.response_facts(reference)
    assert facts.answers["supervisor_posts_part_time"]["v"] == 3
    # Opened, the same number is too many, and is no longer passed over.
    opened = adviser.submit(path, {"supervisor_posts": "2"})
    assert opened.status_code == 422
    assert "This must be 2 or less" in opened.get_data(as_text=True)


def test_a_whole_sheet_is_keyed_in_and_finished(pair: Pair) -> None:
    reference = started(pair)
    adviser = pair.client(pair.provider.adviser)
    form = as_form(all_answers())
    checked = adviser.submit(f"/diagnostic/{reference}/keying", form)
    assert checked.request.path == f"/diagnostic/{reference}/check"
    assert "before you can finish" not in checked.get_data(as_text=True)
    done = adviser.submit(f"/diagnostic/{reference}/check")
    assert done.request.path.endswith("/results")
    assert queries.response_facts(reference).overall_score == 100
    assert adviser.get(f"/diagnostic/{reference}/keying").status_code == 302


def test_blanks_may_wait_until_finishing(pair: Pair) -> None:
    reference = started(pair)
    adviser = pair.client(pair.provider.adviser)
    checked = adviser.submit(f"/diagnostic/{reference}/keying", {"staff_total": "20"})
    assert checked.request.path.endswith("/check")
    assert "before you can finish" in checked.get_data(as_text=True)


def test_what_the_employer_changed_meanwhile_is_not_overwritten(pair: Pair) -> None:
    reference = started(pair)
    adviser, owner = pair.client(pair.provider.adviser), pair.client(pair.owner)
    path = f"/diagnostic/{reference}/keying"
    token = adviser.soup(path).find("input", {"name": "csrf_token"})["value"]
    owner.submit(path, {"staff_total": "30", "do": "stay"})
    stale = {"csrf_token": token, "revision": "0", "staff_total": "31", "staff_part_time": "4"}
    clash = adviser.post(path, data=stale)
    assert clash.status_code == 409
    page = clash.get_data(as_text=True)
    assert "Olive Example" in page
    assert 'value="31"' in page
    answers = queries.response_facts(reference).answers
    assert answers["staff_total"]["v"] == 30
    assert answers["staff_part_time"]["v"] == 4
    autosave = adviser.post(path, data=stale, headers={"X-Autosave": "1"})
    assert autosave.status_code == 409
    assert "Olive Example" in autosave.json["message"]
    good = adviser.post(
        path, data={**stale, "revision": "9", "staff_total": "30"}, headers={"X-Autosave": "1"}
    )
    assert good.json["message"] == "Saved"


def test_keying_costs_the_same_however_much_is_answered(pair: Pair) -> None:
    empty = make_response(employer=pair.employer, complete=False)
    adviser = pair.client(pair.provider.adviser)
    reference = started(pair)
    adviser.get(f"/diagnostic/{reference}/keying")
    few = len(adviser.statements)
    adviser.get(f"/diagnostic/{empty.reference}/keying")
    assert len(adviser.statements) == few <= 8, adviser.statements
    adviser.get(f"/employers/{pair.employer}/diagnostic/call-sheet")
    assert len(adviser.statements) <= 10, adviser.statements


def test_strangers_and_visitors_key_nothing_in(pair: Pair, client: PortalClient) -> None:
    reference = started(pair)
    path = f"/diagnostic/{reference}/keying"
    assert pair.client(pair.other.adviser).get(path).status_code == 404
    assert pair.client(pair.officer).get(path).status_code == 404
    assert client.get(path).status_code == 302
