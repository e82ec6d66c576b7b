"""The calculator: figures with origins and dates, a plain answer, and only saved ones printed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.action_plans import queries, service
from portal.action_plans.pdf_view import render_plan_html
from portal.kernel.clock import freeze, today, utc_now
from tests.factories.accounts import sign_in
from tests.factories.action_plans import Party, make_party, make_plan


@pytest.fixture
def party(app) -> Party:
    party = make_party(
        fixed={
            "staff_part_time": 20,
            "leavers_part_time": 6,
            "hourly_pay_typical": 1271,
            "weekly_hours_typical": "18.5",
        }
    )
    make_plan(party)
    return party


@pytest.fixture
def path(party: Party, client) -> str:
    sign_in(client, party.owner)
    return f"/employers/{party.employer}/plan/business-case"


def case_of(party: Party):
    return queries.business_case(queries.active_plan(party.employer).id)


def printed(party: Party):
    return service.current_content(party.employer).document.business_case


def test_the_diagnostic_fills_in_what_it_knows(party, path, client) -> None:
    page = client.soup(path)
    values = {tag["name"]: tag.get("value") for tag in page.select("main form input[name]")}
    assert values["headcount"] == "20"
    assert values["leavers"] == "6"
    assert values["hourly_pay"] == "12.71"
    assert values["weekly_hours"] == "18.5"
    said = page.find("main").get_text(" ", strip=True)
    assert "Your answer, " in said
    assert "Our example: change it, " in said
    assert "nobody has saved yet" in said


def test_until_it_is_saved_the_worked_out_one_is_printed_and_says_so(party, path, client) -> None:
    drawn = printed(party)
    assert not drawn.checked
    assert drawn.leavers == 6
    assert drawn.verdict != "cannot_say"
    html = render_plan_html(service.current_content(party.employer).document)
    assert html.count("check them before you rely on it") == 2
    with freeze(utc_now() + timedelta(days=40)):
        later = service.current_content(party.employer)
    assert later.hash == service.current_content(party.employer).hash
    client.submit(path)
    assert printed(party).checked
    html = render_plan_html(service.current_content(party.employer).document)
    assert "check them before you rely on it" not in html


def test_what_the_diagnostic_does_not_know_is_named(app) -> None:
    party = make_party(fixed={"staff_part_time": 20, "weekly_hours_typical": "30"})
    make_plan(party)
    drawn = printed(party)
    assert drawn.verdict == "cannot_say"
    assert "their usual hours a week" in drawn.sentence


def test_it_is_printed_only_when_wanted(party, path, client) -> None:
    client.submit(path)
    assert printed(party) is not None
    client.submit(path, {"in_plan": ""})
    assert case_of(party).in_plan is False
    assert printed(party) is None


def test_a_changed_figure_is_an_answer_of_today_and_the_rest_keep_their_origin(
    party, path, client
) -> None:
    client.submit(path, {"recruitment": "1,250.50"})
    inputs = case_of(party).inputs
    assert inputs["recruitment"] == {
        "value": "125050",
        "origin": "answer",
        "as_at": today().isoformat(),
        "source": "",
    }
    assert inputs["vacancy_weeks"]["origin"] == "default"
    assert inputs["leavers"]["origin"] == "answer"


def test_it_can_say_no_and_cannot_say(party, path, client) -> None:
    client.submit(path, {"leavers": "0"})
    assert "Does not pay within a year" in client.soup(path).get_text()
    client.submit(path, {"leavers": ""})
    page = client.soup(path).get_text()
    assert "Cannot say yet" in page
    assert "leavers" not in case_of(party).inputs


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("leavers", "lots", "enter a number"),
        ("hourly_pay", "12.345", "no more than 2 decimal places"),
        ("weekly_hours", "40", "or less"),
        ("fewer_low", "50", "cannot be better than the hoped-for case"),
        ("on_costs", "9" * 10_000, "characters or fewer"),
        ("recruitment", "-5", "or more"),
    ],
)
def test_a_bad_figure_is_told_and_kept(party, path, client, field, value, message) -> None:
    answer = client.submit(path, {field: value})
    text = answer.get_data(as_text=True)
    assert message in text
    assert f'value="{value}"' in text
    assert case_of(party) is None
