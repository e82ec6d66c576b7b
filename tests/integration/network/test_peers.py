"""Asking, offering, proposing, agreeing and what came of it, through the services."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.cli.seed_network_peers import seed_network_peers
from portal.db import unit_of_work
from portal.db.audit import AuditEntry
from portal.db.outbox import OutboxEntry
from portal.db.session import PortalSession
from portal.employers.models import Employer
from portal.kernel.clock import freeze, today, utc_now
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok
from portal.network.models import NetworkMember, PeerMatch, PeerRequest
from portal.network.queries import peer_held, peers
from portal.network.queries.members import UNNAMED
from portal.network.rules.peers import Asked, Offered
from portal.network.service import competitors, mails, peer_days, peer_mails, peer_matches
from portal.network.service import peers as service
from tests.factories.employers import make_employer
from tests.factories.network import make_champion, make_competitors, make_member
from tests.factories.peers import (
    make_asker,
    make_helper,
    make_introduced,
    make_match,
    make_offer,
    make_request,
    make_scores,
    profile_of,
)


def sent(session: PortalSession) -> list[dict[str, str]]:
    """The mails that wait in the outbox."""
    rows = session.scalars(
        select(OutboxEntry).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
    )
    return [dict(row.payload) for row in rows]


def answer(match: PeerMatch, side: str, *, agree: bool = True) -> Ok[PeerMatch] | Err:
    with unit_of_work():
        return peer_matches.answer(reference=match.reference, side=side, agree=agree, by=PORTAL)


def propose(request: PeerRequest, helper: Employer) -> Ok[PeerMatch] | Err:
    with unit_of_work():
        return peer_matches.propose(request=request.reference, champion=helper.reference, by=PORTAL)


def test_a_match_is_proposed_with_its_reasons_and_both_have_a_mail(session: PortalSession) -> None:
    with unit_of_work():
        asker, helper = make_asker(), make_helper(district="bradford")
        make_scores(asker, {"scheduling": 20, "pay": 80})
        make_scores(helper, {"scheduling": 91})
        match = make_match(asker, helper)
    assert match.reasons == ["gap:scheduling", "sector:hospitality", "size:small", "near:"]
    assert match.score == 40 + 30 + 15 + 8
    facts = peers.match(match.reference)
    assert facts is not None
    assert facts.is_champion
    mail = sent(session)
    assert {one["to"] for one in mail} == {"asker@example.org", "helper@example.org"}
    to_asker = next(one for one in mail if one["to"] == "asker@example.org")
    assert "strong in scheduling and hours, where yours has a gap" in to_asker["text"]
    assert "helper@example.org" not in str(to_asker)
    # Invented employers are numbered, and a number may hold the score.
    told = to_asker["text"].partition("Answer: ")[0].replace(helper.name, "")
    assert "91" not in told
    assert "/mail/stop/" in to_asker["text"]
    assert peer_mails.token_of(match.reference, "asker") in to_asker["text"]
    assert peer_mails.token_of(match.reference, "champion") not in str(to_asker)


def test_what_was_not_agreed_to_be_said_is_not_said(session: PortalSession) -> None:
    with unit_of_work():
        asker, helper = make_asker(), make_employer()
        make_champion(helper)
        make_offer(helper, says=["sector"])
        make_scores(asker, {"scheduling": 20})
        make_scores(helper, {"scheduling": 91})
        request = make_request(asker, says=[])
        done = peer_matches.propose(request=request.reference, champion=helper.reference, by=PORTAL)
    assert isinstance(done, Ok)
    facts = peers.match(done.value.reference)
    assert facts is not None
    assert peer_mails.reasons_for(facts, "asker") == ["They are in hospitality, as you are"]
    assert peer_mails.reasons_for(facts, "champion") == []


def test_contacts_go_out_only_when_both_have_agreed(session: PortalSession) -> None:
    with unit_of_work():
        match = make_match(make_asker(), make_helper())
    assert isinstance(answer(match, "champion"), Ok)
    assert match.state == "proposed"
    assert len(sent(session)) == 2
    assert isinstance(answer(match, "champion"), Ok), "twice is as once"
    assert isinstance(answer(match, "asker"), Ok)
    assert match.state == "introduced"
    met = sent(session)[2:]
    assert len(met) == 2
    for mail in met:
        other = "helper" if mail["to"] == "asker@example.org" else "asker"
        assert f"{other}@example.org" in mail["text"]
    assert peers.introduced_pairs() == [(match.asking_id, match.champion_id, today())]
    late = answer(match, "asker", agree=False)
    assert isinstance(late, Err)
    assert late.problem.code == "too_late"


def test_a_side_that_declines_gives_no_reason_and_the_request_is_open_again(
    session: PortalSession,
) -> None:
    with unit_of_work():
        asker, helper = make_asker(), make_helper(capacity=3)
        match = make_match(asker, helper)
        request = session.get_one(PeerRequest, match.request_id)
    assert isinstance(answer(match, "champion", agree=False), Ok)
    assert (match.state, request.state) == ("declined", "open")
    [mail] = sent(session)[2:]
    assert mail["to"] == "asker@example.org"
    assert "did not come about" in mail["text"]
    assert "declin" not in mail["text"].lower()
    again = propose(request, helper)
    assert isinstance(again, Err)
    assert again.problem.code == "tried"
    assert session.scalar(select(AuditEntry.id).where(AuditEntry.action == "network.refused.peer"))


def test_a_champion_never_has_more_than_it_can_take(session: PortalSession) -> None:
    with unit_of_work():
        helper = make_helper(capacity=1)
        match = make_match(make_asker(), helper)
        other = make_request(make_asker())
    full = propose(other, helper)
    assert isinstance(full, Err)
    assert full.problem.code == "full"
    with unit_of_work():
        lower = service.offer(
            employer=profile_of(helper),
            revision=1,
            offered=Offered(("pay",), "", 0, "A", "a@example.org", (), is_paused=False),
            by=PORTAL,
        )
    assert isinstance(lower, list)
    answer(match, "asker", agree=False)
    assert isinstance(propose(other, helper), Ok)


@pytest.mark.parametrize("named_by_asker", [True, False])
def test_declared_competitors_are_never_paired(
    session: PortalSession, named_by_asker: bool
) -> None:
    with unit_of_work():
        asker, helper = make_asker(), make_helper()
        make_competitors(*((asker, helper) if named_by_asker else (helper, asker)))
        request = make_request(asker)
    done = propose(request, helper)
    assert isinstance(done, Err)
    assert done.problem.code == "competitors"


@pytest.mark.parametrize("named_by_asker", [True, False])
def test_a_proposal_between_two_that_compete_since_is_withdrawn(
    session: PortalSession, named_by_asker: bool
) -> None:
    with unit_of_work():
        asker, helper = make_asker(), make_helper()
        match = make_match(asker, helper)
        request = session.get_one(PeerRequest, match.request_id)
    answer(match, "asker")
    one, other = (asker, helper) if named_by_asker else (helper, asker)
    with unit_of_work():
        done = competitors.declare(employer=profile_of(one), other=other.reference, by=PORTAL)
    assert isinstance(done, Ok)
    assert (match.state, request.state) == ("withdrawn", "open")
    assert isinstance(answer(match, "champion"), Err)
    text = " ".join(mail["text"] for mail in sent(session)[2:])
    assert "did not come about" in text
    assert "compet" not in text


def test_agreeing_looks_again_whether_they_compete(session: PortalSession) -> None:
    with unit_of_work():
        asker, helper = make_asker(), make_helper()
        match = make_match(asker, helper)
        # As if the row had come by another way, such as a merge of employers.
        make_competitors(helper, asker)
    assert isinstance(answer(match, "asker"), Err)
    assert match.state == "withdrawn"


def test_one_reminder_then_it_lapses(session: PortalSession) -> None:
    start = datetime(2026, 11, 23, 9, tzinfo=UTC)
    with freeze(start), unit_of_work():
        match = make_match(make_asker(), make_helper())
    with freeze(start + timedelta(hours=1)):
        answer(match, "asker")
    with freeze(start + timedelta(days=6)):
        peer_days.run_day()
        assert len(sent(session)) == 2
    with freeze(start + timedelta(days=7)):
        peer_days.run_day()
        peer_days.run_day()
    again = sent(session)[2:]
    assert [one["to"] for one in again] == ["helper@example.org"]
    assert again[0]["subject"].startswith("Reminder")
    with freeze(start + timedelta(days=14, hours=14)):
        peer_days.run_day()
        assert match.state == "proposed"
    with freeze(start + timedelta(days=14, hours=15)):
        late = answer(match, "champion")
        assert isinstance(late, Err)
        peer_days.run_day()
    assert match.state == "lapsed"
    assert session.get_one(PeerRequest, match.request_id).state == "open"
    assert len(sent(session)) == 5


def test_a_proposal_goes_when_one_of_the_two_leaves_the_network(session: PortalSession) -> None:
    with unit_of_work():
        helper = make_helper()
        match = make_match(make_asker(), helper)
    with unit_of_work():
        member = session.scalars(select(NetworkMember).filter_by(employer_id=helper.id)).one()
        member.left_at = utc_now()
    peer_days.run_day()
    assert match.state == "withdrawn"


@pytest.mark.parametrize(
    ("asker_says", "state"), [("useful", "closed"), ("some", "closed"), ("not_met", "open")]
)
def test_it_ends_when_both_have_said_what_came_of_it(
    session: PortalSession, asker_says: str, state: str
) -> None:
    with unit_of_work():
        match = make_introduced(make_asker(), make_helper())
    for side, outcome in (("champion", "useful"), ("asker", asker_says)):
        assert match.state == "introduced"
        with unit_of_work():
            done = peer_matches.say_outcome(
                reference=match.reference, side=side, outcome=outcome, words="Hm.", by=PORTAL
            )
        assert isinstance(done, Ok)
    assert (match.state, match.outcome) == ("ended", asker_says)
    assert match.outcome_words == "Champion: Hm.\nAsker: Hm."
    assert session.get_one(PeerRequest, match.request_id).state == state
    with unit_of_work():
        twice = peer_matches.say_outcome(
            reference=match.reference, side="asker", outcome="useful", words="", by=PORTAL
        )
    assert isinstance(twice, Err)


def test_after_sixty_days_those_who_have_not_said_are_asked_once(session: PortalSession) -> None:
    start = datetime(2026, 9, 1, 9, tzinfo=UTC)
    with freeze(start), unit_of_work():
        match = make_introduced(make_asker(), make_helper())
    asked = []
    for days in (59, 60, 61):
        before = len(sent(session))
        with freeze(start + timedelta(days=days)):
            peer_days.run_day()
        asked.append(sorted((one["to"], one["subject"]) for one in sent(session)[before:]))
    both = [("asker@example.org", "Did it help?"), ("helper@example.org", "Did it help?")]
    assert asked == [[], both, []]
    with unit_of_work():
        done = peer_matches.say_outcome(
            reference=match.reference, side="staff", outcome="useful", words="By phone", by=PORTAL
        )
    assert isinstance(done, Ok)
    assert match.state == "ended"


def test_a_subject_is_asked_once_at_a_time_and_by_members_only(session: PortalSession) -> None:
    with unit_of_work():
        asker, outside = make_asker(), make_employer()
        make_request(asker)
    asked = Asked("scheduling", "Again?", "A", "a@example.org", ())
    for employer, code in ((asker, "twice"), (outside, "not_in")):
        with unit_of_work():
            done = service.ask(employer=profile_of(employer), asked=asked, by=PORTAL)
        assert isinstance(done, list)
        assert done[0].code == code


def test_a_request_withdrawn_takes_its_proposal_with_it(session: PortalSession) -> None:
    with unit_of_work():
        asker, helper = make_asker(), make_helper()
        match = make_match(asker, helper)
        request = session.get_one(PeerRequest, match.request_id)
        done = service.withdraw(employer=profile_of(asker), reference=request.reference, by=PORTAL)
    assert isinstance(done, Ok)
    assert (request.state, match.state) == ("withdrawn", "withdrawn")
    assert [one["to"] for one in sent(session)[2:]] == ["helper@example.org"]
    with unit_of_work():
        again = service.reopen(employer=profile_of(asker), reference=request.reference, by=PORTAL)
    assert isinstance(again, Err)


def test_who_refuses_such_mail_gets_none(session: PortalSession) -> None:
    with unit_of_work():
        mails.refuse(email="helper@example.org", kind="peers")
        make_match(make_asker(), make_helper())
    assert [one["to"] for one in sent(session)] == ["asker@example.org"]


def test_others_are_named_only_where_they_show_their_name(session: PortalSession) -> None:
    with unit_of_work():
        asker = make_employer()
        make_member(asker, shown=["sector"])
        make_match(asker, make_helper())
    [mail] = [one for one in sent(session) if one["to"] == "helper@example.org"]
    assert UNNAMED in mail["text"]
    assert asker.name not in mail["text"]


def test_held_records_name_the_other_only_once_introduced(session: PortalSession) -> None:
    with unit_of_work():
        asker, helper = make_asker(), make_helper(capacity=2)
        make_match(asker, helper)
    _header, [row] = peer_held.held_matches(asker.id)
    assert helper.name not in row
    with unit_of_work():
        make_introduced(make_asker(), helper)
    _header, rows = peer_held.held_matches(helper.id)
    assert [bool(row[-1]) for row in rows] == [False, True]


def test_the_demonstration_has_offers_requests_and_matches(session: PortalSession) -> None:
    with unit_of_work():
        cafe, home = make_asker(), make_asker()
        others = [make_asker().reference for _ in range(3)]
    by = Author(None, "Example Person", "person@example.org")
    made = seed_network_peers(
        cafe=cafe.reference,
        home=home.reference,
        owner=by,
        carer=by,
        officer=by,
        others=others,
    )
    assert made == 2
    assert [one.state for one in peers.matches_of(cafe.id)] == ["proposed", "ended"]
