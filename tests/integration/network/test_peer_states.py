"""Whatever is done in whatever order, requests and matches move only as the table says."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import freeze, utc_now
from portal.kernel.people import PORTAL
from portal.network.models import PeerMatch, PeerRequest
from portal.network.queries import members
from portal.network.rules.peers import STANDING
from portal.network.rules.states import MATCH_MOVES, REQUEST_MOVES
from portal.network.rules.words import PEER_OUTCOMES
from portal.network.service import competitors, peer_days, peer_matches, peers
from tests.factories.peers import make_asker, make_helper, profile_of

WHICH = st.integers(0, 1)
SIDES = st.sampled_from(["asker", "champion"])


class PeerMachine(RuleBasedStateMachine):
    """Two that ask, two that help with one place each, and everything anybody may do."""

    @initialize()
    def begin(self) -> None:
        self.before: dict[tuple[str, int], str] = {}
        with unit_of_work():
            self.askers = [profile_of(make_asker()) for _ in range(2)]
            self.helpers = [profile_of(make_helper()) for _ in range(2)]
        self.declared = 0

    def requests(self) -> list[PeerRequest]:
        keys = [one.id for one in self.askers]
        rows = current_session().query(PeerRequest).filter(PeerRequest.employer_id.in_(keys))
        return rows.order_by(PeerRequest.id).all()

    def matches(self) -> list[PeerMatch]:
        keys = [one.id for one in self.askers]
        rows = current_session().query(PeerMatch).filter(PeerMatch.asking_id.in_(keys))
        return rows.order_by(PeerMatch.id).all()

    def last(self, rows: list[Any], back: int) -> str:
        return rows[-1 - back % len(rows)].reference if rows else "0000000000"

    @rule(who=WHICH)
    def ask(self, who: int) -> None:
        asked = peers.Asked("scheduling", "How?", "Example Person", "person@example.org", ())
        with unit_of_work():
            peers.ask(employer=self.askers[who], asked=asked, by=PORTAL)

    @rule(back=WHICH, helper=WHICH)
    def propose(self, back: int, helper: int) -> None:
        request = self.last(self.requests(), back)
        with unit_of_work():
            peer_matches.propose(
                request=request, champion=self.helpers[helper].reference, by=PORTAL
            )

    @rule(back=WHICH, side=SIDES, agree=st.sampled_from([True, True, False]))
    def answer(self, back: int, side: str, agree: bool) -> None:
        match = self.last(self.matches(), back)
        with unit_of_work():
            peer_matches.answer(reference=match, side=side, agree=agree, by=PORTAL)

    @rule(back=WHICH)
    def take_back(self, back: int) -> None:
        match = self.last(self.matches(), back)
        with unit_of_work():
            peer_matches.withdraw(reference=match, by=PORTAL)

    @rule(back=WHICH, side=st.sampled_from(["asker", "champion", "staff"]), data=st.data())
    def say_outcome(self, back: int, side: str, data: Any) -> None:
        match = self.last(self.matches(), back)
        outcome = data.draw(st.sampled_from(sorted(PEER_OUTCOMES)))
        with unit_of_work():
            peer_matches.say_outcome(
                reference=match, side=side, outcome=outcome, words="", by=PORTAL
            )

    @rule(who=WHICH, back=WHICH, what=st.sampled_from(["withdraw", "reopen", "close"]))
    def move_request(self, who: int, back: int, what: str) -> None:
        request = self.last(self.requests(), back)
        with unit_of_work():
            if what == "close":
                peers.close(reference=request, reason="Nobody near", by=PORTAL)
            elif what == "withdraw":
                peers.withdraw(employer=self.askers[who], reference=request, by=PORTAL)
            else:
                peers.reopen(employer=self.askers[who], reference=request, by=PORTAL)

    @rule(days=st.sampled_from([1, 8, 20, 70]))
    def time_passes(self, days: int) -> None:
        with freeze(utc_now() + timedelta(days=days)):
            peer_days.run_day()

    @rule(by_asker=st.booleans(), who=WHICH, helper=WHICH)
    def declare(self, by_asker: bool, who: int, helper: int) -> None:
        if self.declared < 1:
            one, other = self.askers[who], self.helpers[helper]
            one, other = (one, other) if by_asker else (other, one)
            with unit_of_work():
                competitors.declare(employer=one, other=other.reference, by=PORTAL)
            self.declared += 1

    @invariant()
    def only_listed_moves(self) -> None:
        for kind, rows, moves in (
            ("request", self.requests(), REQUEST_MOVES),
            ("match", self.matches(), MATCH_MOVES),
        ):
            for row in rows:
                before = self.before.get((kind, row.id))
                assert before in {None, row.state} or row.state in moves[before]
                self.before[kind, row.id] = row.state

    @invariant()
    def nobody_has_too_much_and_no_two_that_compete_wait(self) -> None:
        standing = [one for one in self.matches() if one.state in STANDING]
        # A place is free again once either side has said what came of it.
        filled = [one for one in standing if not (one.asker_outcome or one.champion_outcome)]
        assert all(many <= 1 for many in Counter(one.champion_id for one in filled).values())
        assert all(many <= 1 for many in Counter(one.request_id for one in standing).values())
        for one in standing:
            if one.state == "proposed":
                assert one.champion_id not in members.competitors_of(one.asking_id)
        matched = {one.id for one in self.requests() if one.state == "matched"}
        assert matched == {one.request_id for one in standing}


def test_requests_and_matches_move_only_as_listed(session: PortalSession) -> None:
    run_state_machine_as_test(
        PeerMachine,
        settings=settings(
            max_examples=15,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
