"""What an employer reads next follows from its diagnostic, and says because of which answer."""

from __future__ import annotations

import pytest

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.toolkit.rules.practices import practices
from portal.toolkit.rules.recommending import gaps
from portal.toolkit.service import recommending
from tests.factories.accounts import make_user, sign_in
from tests.factories.action_plans import Party, actions_of, make_party, make_plan
from tests.factories.caseload import make_case, make_provider
from tests.factories.employers import make_employer
from tests.factories.toolkit import make_published
from tests.support.client import PortalClient


@pytest.fixture
def shelf(session: PortalSession) -> dict[str, str]:
    """One guide for each practice, for every sector, and one for another sector only."""
    with unit_of_work():
        make_published(
            title="What to ask your employer",
            practices=tuple(practices()),
            sectors=(),
            audiences=("workers", "union_reps"),
        )
        make_published(
            title="For care homes only",
            practices=tuple(practices()),
            sectors=("social_care",),
        )
        return {
            key: make_published(
                title=f"Guide to {one.title}"[:120],
                practices=(key,),
                dimensions=(one.dimension,),
                sectors=(),
            ).slug
            for key, one in practices().items()
        }


@pytest.fixture
def party(shelf: dict[str, str]) -> Party:
    return make_party()


def test_every_recommendation_rests_on_an_answer(party: Party) -> None:
    result = party.response.result
    assert result is not None
    found = recommending.recommended(result, sector="hospitality", size="small")
    assert len(found) == recommending.MOST
    answers = {
        line["text"]: line["answer"] for part in result["dimensions"] for line in part["lines"]
    }
    answers |= {flag["text"]: flag["answer"] for flag in result["flags"]}
    for one in found:
        assert one.because
        assert all(answers[why.question] == why.answer for why in one.because)
    titles = {one.card.title for one in found}
    assert not titles & {"For care homes only", "What to ask your employer"}
    assert len({one.card.id for one in found}) == len(found)


def test_the_law_comes_first(party: Party) -> None:
    assert party.response.result is not None
    assert party.response.result["flags"]
    flagged = {flag["text"] for flag in party.response.result["flags"]}
    first = recommending.recommended(party.response.result, sector=None, size=None, limit=1)[0]
    assert first.because[0].question in flagged


def test_good_answers_call_for_nothing(shelf: dict[str, str]) -> None:
    best = make_party(worst=False).response.result
    assert best is not None
    wide = gaps(best)
    found = recommending.recommended(best, sector="hospitality", size="small")
    assert bool(found) == bool(wide)


def test_an_employer_sees_it_wherever_it_is_needed(party: Party, client: PortalClient) -> None:
    make_plan(party)
    action = next(one for one in actions_of(party) if one.because)
    sign_in(client, party.owner)
    page = client.soup(f"/employers/{party.employer}/toolkit")
    assert page.h1.text == "Recommended for you"
    assert "Because you answered “" in page.text
    assert len(client.statements) <= 10
    card = client.soup(f"/employers/{party.employer}").find("a", string="Recommended for you")
    assert card["href"] == f"/employers/{party.employer}/toolkit"
    results = client.soup(f"/diagnostic/{party.response.reference}/results")
    assert results.find("h2", string="Read this next")
    plan = client.soup(f"/employers/{party.employer}/plan")
    assert plan.find("h2", string="Help from the toolkit")
    one = client.soup(f"/employers/{party.employer}/plan/actions/{action.reference}")
    assert one.find("h2", string="Help with it")
    assert client.soup("/toolkit").find("a", string="Recommended for you")


def test_an_adviser_sees_what_to_send(party: Party, client: PortalClient) -> None:
    from portal.db import current_session
    from portal.employers.models import Employer
    from portal.employers.queries import employer_profile

    assert employer_profile(party.employer)
    with unit_of_work():
        provider = make_provider()
        employer = current_session().get(Employer, party.employer_id)
        case = make_case(provider, employer)
    sign_in(client, provider.adviser)
    card = client.soup(f"/cases/{case.reference}").find("a", string="What to send")
    page = client.soup(card["href"])
    assert page.h1.text == "What to send them"
    assert "Because they answered “" in page.text


def test_others_see_nothing_of_it(party: Party, client: PortalClient) -> None:
    assert client.get(f"/employers/{party.employer}/toolkit").status_code == 302
    with unit_of_work():
        stranger = make_user()
    sign_in(client, stranger)
    assert client.get(f"/employers/{party.employer}/toolkit").status_code == 403


def test_without_a_diagnostic_it_says_how_to_get_there(
    session: PortalSession, client: PortalClient
) -> None:
    with unit_of_work():
        owner = make_user()
        employer = make_employer(owner_id=owner.id)
    sign_in(client, owner)
    page = client.soup(f"/employers/{employer.reference}/toolkit")
    assert page.find("a", string=lambda text: text and "Start the diagnostic" in text)
