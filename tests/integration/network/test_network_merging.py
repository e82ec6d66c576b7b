"""Two records of one business that are both in the network: brought together, and apart again."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.caseload.service import merge_undo, merging
from portal.db import Base, current_session, unit_of_work
from portal.db.session import PortalSession
from portal.employers.models import Employer
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok
from portal.network.models import (
    AwardApplication,
    Champion,
    Event,
    EventRegistration,
    NetworkInvitation,
    NetworkMember,
    PeerMatch,
    PeerRequest,
)
from portal.network.queries import (
    competitors,
    directory,
    graph,
    home,
    invitations,
    members,
    peer_sides,
)
from portal.network.queries import peers as peer_queries
from portal.network.service import award_applications, peer_matches, ties
from tests.factories.awards import begin, make_applicant, make_world, send
from tests.factories.caseload import author_of, make_lep_officer
from tests.factories.employers import make_employer
from tests.factories.forum import Writer, make_writer, replied, started
from tests.factories.network import make_champion, make_competitors, make_event, make_member
from tests.factories.peers import (
    make_asker,
    make_helper,
    make_introduced,
    make_match,
    make_offer,
    make_request,
)
from tests.integration.network.event_world import mails

# The tables that are compared to the last byte.
OWN = ("award", "champions", "event", "forum", "memberships", "network", "peer")


@pytest.fixture
def boss(session: PortalSession) -> Author:
    """Who merges."""
    with unit_of_work():
        return author_of(make_lep_officer("lep_manager"))


def merge(kept: Employer, merged: Employer, by: Author) -> Ok[str] | Err:
    """What was shown is what is done."""
    plan = merging.plan(kept=kept.reference, merged=merged.reference)
    assert isinstance(plan, Ok), plan
    with unit_of_work():
        done = merging.merge(
            kept=kept.reference,
            merged=merged.reference,
            fill=(),
            reason="The same shop, entered twice",
            fingerprint=plan.value.fingerprint,
            by=by,
        )
        answer = Ok(str(done.value.reference)) if isinstance(done, Ok) else done
    current_session().expire_all()
    return answer


def merged_ok(kept: Employer, merged: Employer, by: Author) -> str:
    done = merge(kept, merged, by)
    assert isinstance(done, Ok), done
    return done.value


def undone(reference: str, by: Author) -> None:
    plan = merge_undo.undo_plan(reference)
    assert isinstance(plan, Ok)
    assert plan.value.problems == (), plan.value.problems
    with unit_of_work():
        done = merge_undo.undo(reference=reference, by=by)
    assert isinstance(done, Ok), done
    current_session().expire_all()


def dump() -> dict[str, dict[int, str]]:
    """Every row of the network's tables as text, by key."""
    found: dict[str, dict[int, str]] = {}
    for name, table in Base.metadata.tables.items():
        if not name.startswith(OWN):
            continue
        rows = current_session().execute(table.select()).mappings()
        found[name] = {
            row.get("id") or hash(tuple(row.values())): json.dumps(
                dict(row), default=str, sort_keys=True
            )
            for row in rows
        }
    return found


def brought(one: Employer, other: Employer) -> None:
    current_session().add(
        NetworkInvitation(
            from_employer_id=one.id,
            by_name="Example Person",
            token_hash=new_reference() * 6,
            state="joined",
            joined_employer_id=other.id,
            joined_at=utc_now(),
        )
    )


def registered(event: Event, employer: Employer, email: str, **changes: Any) -> EventRegistration:
    values: dict[str, Any] = {
        "event_id": event.id,
        "employer_id": employer.id,
        "name": "Example Person",
        "email": email,
        "answers": {},
        "token_hash": new_reference() * 6,
    }
    row = EventRegistration(**{**values, **changes})
    current_session().add(row)
    current_session().flush()
    return row


def state_of(request_id: int) -> str:
    return current_session().get_one(PeerRequest, request_id).state


def match_state(match_id: int) -> str:
    return current_session().get_one(PeerMatch, match_id).state


def populate(kept: Writer, merged: Writer) -> None:
    """Some of everything in the network for both, as far as a merge and undoing keep it whole."""
    with unit_of_work():
        make_champion(kept.employer, tier="committed", since=today())
        make_champion(merged.employer, tier="leading", since=today() - timedelta(days=40))
        third, fourth = make_asker(), make_asker()
        helper = make_helper(capacity=5)
        make_offer(kept.employer, capacity=2)
        make_offer(merged.employer, capacity=4)
        make_competitors(kept.employer, merged.employer)
        make_competitors(merged.employer, third)
        make_competitors(kept.employer, third)
        make_competitors(fourth, merged.employer)
        brought(kept.employer, merged.employer)
        brought(merged.employer, fourth)
        make_introduced(kept.employer, helper, topic="scheduling")
        make_request(merged.employer, topic="scheduling")
        make_request(merged.employer, topic="voice")
        came = {"attended_at": utc_now()}
        event = make_event()
        registered(event, kept.employer, "both@example.org", state="cancelled")
        registered(event, merged.employer, "both@example.org", **came)
        registered(event, kept.employer, "one@example.org", **came)
        registered(event, merged.employer, "two@example.org")
    asked = started(merged, "How do you begin?")
    replied(kept, asked.thread, "With one team.")
    replied(merged, asked.thread, "Thank you.", answers="")
    other = started(kept, "Who has two supervisors for one post?")
    replied(merged, other.thread, "We have, since June.")


def test_all_the_network_of_two_comes_together_and_apart(boss: Author) -> None:
    with unit_of_work():
        kept, merged = make_writer(), make_writer()
    populate(kept, merged)
    with unit_of_work():
        ties.rebuild()
    before = dump()
    reference = merged_ok(kept.employer, merged.employer, boss)
    assert members.is_member(kept.employer.id)
    assert not members.is_member(merged.employer.id)
    with unit_of_work():
        ties.rebuild()
        assert all(merged.employer.id not in pair for pair in _tied())
    undone(reference, boss)
    with unit_of_work():
        ties.rebuild()
    after = dump()
    changed = {
        name: [key for key in after[name] if before[name].get(key) != after[name][key]]
        for name in after
        if before[name] != after[name]
    }
    # Ties are worked out anew each time, with keys of their own.
    changed.pop("network_ties", None)
    assert changed == {}


def _tied() -> list[tuple[int, int]]:
    return [(one.low_id, one.high_id) for one in graph.tie_lines()]


def test_a_merged_record_is_nowhere_in_the_network(boss: Author) -> None:
    with unit_of_work():
        kept, merged = make_employer(), make_employer(name="Doubled Ltd")
        make_champion(kept)
        make_champion(merged)
        make_competitors(kept, merged)
        brought(kept, merged)
    merged_ok(kept, merged, boss)
    assert home.how_many() == 1
    assert directory.search(directory.DirectoryFilter(), to_peers=True, limit=9)[0] == 1
    assert [one.name for one in directory.new_champions(limit=9)] == [kept.name]
    assert competitors.declared(kept.id) == []
    assert competitors.how_many(kept.id) == 0
    assert invitations.brought_by(kept.id) == []
    assert home.own_corners([kept.reference])[0].brought == 0


def test_the_link_of_a_merged_record_leads_to_the_one_that_is_kept(boss: Author) -> None:
    with unit_of_work():
        kept, merged = make_employer(name="Kept Ltd"), make_employer()
        make_member(kept)
        code = make_member(merged).link_code
    merged_ok(kept, merged, boss)
    door = invitations.door(token_hash="", link_code=code)
    assert door is not None
    assert (door.employer_id, door.employer_name) == (kept.id, "Kept Ltd")


def test_a_kept_record_that_has_left_stays_out_and_the_preview_says_so(boss: Author) -> None:
    with unit_of_work():
        kept, merged = make_employer(), make_employer()
        make_member(kept, left_at=utc_now())
        goes = make_member(merged).id
    plan = merging.plan(kept=kept.reference, merged=merged.reference)
    assert isinstance(plan, Ok)
    assert any("can join again" in line for line in plan.value.also)
    reference = merged_ok(kept, merged, boss)
    assert members.member_ids() == []
    undone(reference, boss)
    assert current_session().get_one(NetworkMember, goes).left_at is None


def test_a_proposal_of_two_that_become_one_is_withdrawn(boss: Author) -> None:
    with unit_of_work():
        kept, merged = make_helper(), make_asker()
        match = make_match(merged, kept)
        key, request = match.id, match.request_id
    reference = merged_ok(kept, merged, boss)
    assert (match_state(key), state_of(request)) == ("withdrawn", "open")
    # Nobody is proposed to itself now.
    [(ask, _reference)] = peer_sides.asks()
    assert ask.by.employer_id == kept.id
    undone(reference, boss)
    assert current_session().get_one(PeerRequest, request).employer_id == merged.id
    assert state_of(request) == "open"


@pytest.mark.parametrize("asks", ["kept", "merged"])
def test_two_that_were_introduced_and_become_one_have_not_met(boss: Author, asks: str) -> None:
    with unit_of_work():
        helper, asker = make_helper(), make_asker()
        match = make_introduced(asker, helper)
        key, request = match.id, match.request_id
    kept, merged = (asker, helper) if asks == "kept" else (helper, asker)
    reference = merged_ok(kept, merged, boss)
    assert (match_state(key), state_of(request)) == ("ended", "open")
    assert peer_queries.standing_of(helper.id) == 0
    undone(reference, boss)
    assert (match_state(key), state_of(request)) == ("introduced", "matched")


def test_what_one_competes_with_is_no_peer_of_the_other_any_more(boss: Author) -> None:
    with unit_of_work():
        kept, merged, helper = make_asker(), make_asker(), make_helper()
        make_competitors(merged, helper)
        match = make_match(kept, helper)
        key = match.id
    merged_ok(kept, merged, boss)
    assert match_state(key) == "withdrawn"
    told = [mail["to"] for mail in mails() if "did not come about" in mail["subject"]]
    assert sorted(told) == ["asker@example.org", "helper@example.org"]


def test_both_ask_about_one_subject_and_the_proposal_of_one_goes(boss: Author) -> None:
    with unit_of_work():
        kept, merged = make_asker(), make_asker()
        make_request(kept)
        match = make_match(merged, make_helper())
        key, request = match.id, match.request_id
    reference = merged_ok(kept, merged, boss)
    assert (match_state(key), state_of(request)) == ("withdrawn", "open")
    assert peer_sides.how_many_wait() == len(peer_sides.asks()) == 1
    undone(reference, boss)
    assert peer_sides.how_many_wait() == len(peer_sides.asks()) == 2


def test_a_match_made_since_goes_back_with_its_request(boss: Author) -> None:
    with unit_of_work():
        kept, merged, helper = make_asker(), make_asker(), make_helper()
        request = make_request(merged)
        code = request.reference
    reference = merged_ok(kept, merged, boss)
    with unit_of_work():
        done = peer_matches.propose(request=code, champion=helper.reference, by=PORTAL)
        assert isinstance(done, Ok), done
        key = done.value.id
    undone(reference, boss)
    assert current_session().get_one(PeerMatch, key).asking_id == merged.id


def test_a_place_moves_and_what_was_cancelled_stays(boss: Author) -> None:
    with unit_of_work():
        kept, merged = make_employer(), make_employer()
        event = make_event()
        registered(event, kept, "both@example.org", state="cancelled")
        place = registered(event, merged, "both@example.org", attended_at=utc_now()).id
        again = make_event()
        registered(again, kept, "both@example.org")
        gone = registered(again, merged, "both@example.org", state="cancelled").id
    merged_ok(kept, merged, boss)
    session = current_session()
    assert session.get_one(EventRegistration, place).employer_id == kept.id
    assert session.get_one(EventRegistration, gone).employer_id == merged.id


def test_two_drafts_in_a_round_leave_one(boss: Author) -> None:
    world, second = make_world(), make_applicant()
    with unit_of_work():
        begin(world)
        goes = begin(world, second)
    reference = merged_ok(world.one.employer, second.employer, boss)
    session = current_session()
    row = session.scalars(select(AwardApplication).filter_by(reference=goes)).one()
    assert (row.state, row.employer_id) == ("withdrawn", second.employer_id)
    undone(reference, boss)
    assert row.state == "draft"


def test_a_sent_application_is_not_lost_to_a_draft(boss: Author) -> None:
    world, second = make_world(), make_applicant()
    with unit_of_work():
        begin(world)
        send(world, second)
    refused = merge(world.one.employer, second.employer, boss)
    assert isinstance(refused, Err)
    assert refused.problem.code == "same_round"
    # The other way round it is the draft that goes.
    merged_ok(second.employer, world.one.employer, boss)
    states = current_session().scalars(select(AwardApplication.state)).all()
    assert sorted(states) == ["submitted", "withdrawn"]


def test_an_application_alone_goes_on_with_the_one_that_is_kept(boss: Author) -> None:
    world = make_world()
    with unit_of_work():
        sent = send(world)
        kept = make_employer()
        make_member(kept)
    reference = merged_ok(kept, world.one.employer, boss)
    with unit_of_work():
        done = award_applications.take_back(reference=sent, by=world.one.author)
    assert isinstance(done, Ok)
    undone(reference, boss)
    row = current_session().scalars(select(AwardApplication)).one()
    assert (row.employer_id, row.state) == (world.one.employer_id, "draft")


def test_a_champion_is_one_since_the_first_of_the_two(boss: Author) -> None:
    early = today() - timedelta(days=100)
    with unit_of_work():
        kept, merged = make_employer(), make_employer()
        stays = make_champion(kept).id
        make_champion(merged, since=early)
    reference = merged_ok(kept, merged, boss)
    assert current_session().get_one(Champion, stays).since == early
    undone(reference, boss)
    assert current_session().get_one(Champion, stays).since == today()
