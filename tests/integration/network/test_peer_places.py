"""How long a match fills a place: until it is answered, spoken of, or one side leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.db import audit, current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import freeze, utc_now
from portal.kernel.people import PORTAL
from portal.kernel.result import Err, Ok
from portal.network.models import PeerMatch
from portal.network.queries import peers as queries
from portal.network.service import mails as refusals
from portal.network.service import members, peer_days, peer_matches
from tests.factories.accounts import make_user, sign_in
from tests.factories.peers import (
    make_asker,
    make_helper,
    make_introduced,
    make_match,
    make_request,
    profile_of,
)
from tests.integration.network.event_world import mails
from tests.support.client import PortalClient


def says(match: PeerMatch, side: str, outcome: str = "useful") -> Ok[PeerMatch] | Err:
    with unit_of_work():
        return peer_matches.say_outcome(
            reference=match.reference, side=side, outcome=outcome, words="", by=PORTAL
        )


def days_pass(number: int) -> None:
    with freeze(utc_now() + timedelta(days=number)):
        peer_days.run_day()


def facts_of(match: PeerMatch) -> queries.MatchFacts:
    found = queries.match(match.reference)
    assert found is not None
    return found


def subjects(to: str) -> list[str]:
    return [mail["subject"] for mail in mails(f"{to}@example.org")]


@pytest.mark.parametrize(("leaver", "told"), [("asker", "helper"), ("helper", "asker")])
def test_who_leaves_keeps_no_proposal_and_the_other_is_told_at_once(
    session: PortalSession, leaver: str, told: str
) -> None:
    with unit_of_work():
        asker, helper = make_asker(), make_helper()
        match = make_match(asker, helper)
        leaves = profile_of(asker if leaver == "asker" else helper)
    before = len(mails())
    with unit_of_work():
        assert isinstance(members.leave(employer=leaves, by=PORTAL), Ok)
    facts = facts_of(match)
    assert facts.state == "withdrawn"
    assert queries.standing_of(helper.id) == 0
    fresh = mails()[before:]
    assert [mail["to"] for mail in fresh] == [f"{told}@example.org"]
    assert fresh[0]["subject"] == "A proposed match did not come about"


@pytest.mark.parametrize("side", ["asker", "champion"])
def test_a_place_is_free_once_either_side_has_spoken(session: PortalSession, side: str) -> None:
    with unit_of_work():
        helper = make_helper(capacity=1)
        match = make_introduced(make_asker(), helper)
        other = make_request(make_asker()).reference
    with unit_of_work():
        full = peer_matches.propose(request=other, champion=helper.reference, by=PORTAL)
    assert isinstance(full, Err)
    assert isinstance(says(match, side), Ok)
    assert facts_of(match).state == "introduced"
    with unit_of_work():
        done = peer_matches.propose(request=other, champion=helper.reference, by=PORTAL)
    assert isinstance(done, Ok), done


def test_the_other_side_is_asked_and_then_the_one_word_counts(session: PortalSession) -> None:
    with unit_of_work():
        match = make_introduced(make_asker(), make_helper())
    says(match, "champion", "not_useful")
    assert "What came of it?" in subjects("asker")
    asked = next(mail for mail in mails("asker@example.org") if mail["subject"].startswith("What"))
    assert "did not help" not in str(asked)
    days_pass(13)
    assert facts_of(match).state == "introduced"
    days_pass(16)
    days_pass(17)
    facts = facts_of(match)
    assert (facts.state, facts.outcome) == ("ended", "not_useful")
    request = queries.request_of(facts.request_reference)
    assert request is not None
    assert request.state == "open"
    late = says(match, "asker")
    assert isinstance(late, Err)
    assert late.problem.code == "settled"
    # Who has spoken is not asked again after two months.
    assert "Did it help?" not in subjects("helper")


def test_what_the_asker_says_in_time_counts_before_the_one_word(session: PortalSession) -> None:
    with unit_of_work():
        match = make_introduced(make_asker(), make_helper())
    says(match, "champion", "not_useful")
    says(match, "asker", "useful")
    assert facts_of(match).outcome == "useful"


def test_a_talk_of_which_nobody_speaks_fills_a_place_for_so_long_only(
    session: PortalSession,
) -> None:
    with unit_of_work():
        helper = make_helper(capacity=1)
        make_introduced(make_asker(), helper)
    assert queries.standing_of(helper.id) == 1
    with freeze(utc_now() + timedelta(days=121)):
        assert queries.standing_of(helper.id) == 0


def test_staff_see_who_was_not_told_by_mail(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        asker, helper = make_asker(name="Asking Ltd"), make_helper(name="Helping Ltd")
        request = make_request(asker).reference
        refusals.refuse(email="helper@example.org", kind="peers")
        officer = make_user(roles=("lep_officer",))
    sign_in(client, officer)
    page = client.submit(
        "/network/matches",
        {"request": request, "champion": helper.reference},
        form="/network/matches/propose",
    )
    assert "No mail reaches Helping Ltd" in page.text
    assert "No mail about this reaches Helping Ltd" in page.text
    assert "Asking Ltd: they refuse" not in page.text
    detail = session.scalars(
        select(audit.AuditEntry.detail).where(audit.AuditEntry.action == "peer_match.proposed")
    ).one()
    assert detail == {"untold": "champion"}
    assert current_session().query(PeerMatch).one().state == "proposed"
