"""What the plan says about other employers and about an earlier time."""

from __future__ import annotations

import pytest

from portal.action_plans import queries, service
from portal.action_plans.document import PlanDocument
from portal.db import unit_of_work
from portal.diagnostics import service as diagnostics
from portal.diagnostics.queries import ResponseFacts, response_by_id, response_facts
from portal.diagnostics.service.comparing import benchmark
from tests.factories.action_plans import Party, make_party, make_plan
from tests.factories.diagnostics import finish, make_response
from tests.factories.employers import make_employer


@pytest.fixture
def party(app) -> Party:
    return make_party()


def others(count: int) -> None:
    for number in range(count):
        with unit_of_work():
            other = make_employer().reference
        make_response(employer=other, worst=number % 2 == 0)


def document(party: Party) -> PlanDocument:
    content = service.current_content(party.employer)
    assert content is not None
    return content.document


def retake(party: Party) -> ResponseFacts:
    with unit_of_work():
        again = diagnostics.retake(
            response_id=party.response.id,
            sector=party.response.sector,
            size_tier=party.response.size_tier,
        )
    finish(again.value, worst=False)
    found = response_facts(again.value)
    assert found is not None
    return found


def test_others_are_compared_with_only_above_the_minimum(party) -> None:
    make_plan(party)
    others(9)
    before = document(party)
    assert before.comparison.overall is None
    assert before.comparison.scores == {}
    assert "at least 10 other hospitality employers" in before.comparison.message
    others(1)
    after = document(party)
    assert after.comparison.employers == 10
    assert after.comparison.message.startswith("Of 10 other hospitality employers")
    assert after.comparison.scores.keys() <= {each.key for each in after.dimensions}


def test_what_others_do_prints_nothing_anew(party) -> None:
    make_plan(party)
    before = service.current_content(party.employer)
    others(10)
    after = service.current_content(party.employer)
    assert after.document.comparison != before.document.comparison
    assert after.hash == before.hash


def test_an_older_diagnostic_is_not_compared_with_the_employers_own_newer_one(party) -> None:
    others(9)
    retake(party)
    # Ten are counted in the group, one of them this employer with its newer answers.
    assert benchmark(response_by_id(party.response.id)).shown is None


def test_a_retake_tells_what_changed(party) -> None:
    make_plan(party)
    assert document(party).change is None
    newer = retake(party)
    with unit_of_work():
        service.add_recommendations(
            employer=party.employer, response=newer.reference, chosen=[], by=party.author
        )
    assert queries.active_plan(party.employer).response_id == newer.id
    told = document(party).change
    assert "the overall score went from 0 to 100" in told.message
    assert "not proof of what caused it" in told.message
    assert {(each.earlier, each.later) for each in told.movements} == {(0, 100)}
    assert PlanDocument.from_json(document(party).to_json()) == document(party)
