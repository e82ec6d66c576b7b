"""Two at the same moment: the last place, both agreeing, agreeing as one names a competitor."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from flask import Flask
from sqlalchemy import func, select

from portal.db import current_session, unit_of_work
from portal.employers.queries import EmployerProfile
from portal.kernel.people import PORTAL
from portal.kernel.result import Err, Ok
from portal.network.models import NetworkConsent, NetworkMember, PeerMatch, PeerRequest
from portal.network.queries import members, peers
from portal.network.rules.members import Profile
from portal.network.service import competitors, peer_matches
from portal.network.service import members as joining
from portal.network.service import peers as service
from tests.factories.employers import make_employer
from tests.factories.peers import (
    make_asker,
    make_helper,
    make_match,
    make_request,
    profile_of,
)
from tests.support.races import drop_walls, race, without_locks


def _propose(request: str, helper: str) -> Callable[[], object]:
    return lambda: peer_matches.propose(request=request, champion=helper, by=PORTAL)


def _answer(reference: str, side: str, *, agree: bool = True) -> Callable[[], object]:
    return lambda: peer_matches.answer(reference=reference, side=side, agree=agree, by=PORTAL)


def test_two_proposals_for_the_last_place(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        helper = make_helper(capacity=1)
        requests = [make_request(make_asker()).reference for _ in range(2)]
        reference, key = helper.reference, helper.id
    outcome = race(committed_app, *(_propose(request, reference) for request in requests))
    assert sorted(type(one).__name__ for one in outcome.results) == ["Err", "Ok"], outcome.results
    refused = next(one for one in outcome.results if isinstance(one, Err))
    assert refused.problem.code == "full"
    with committed_app.app_context():
        assert peers.standing_of(key) == 1


def test_one_request_proposed_to_two_at_once(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        helpers = [make_helper().reference for _ in range(2)]
        request = make_request(make_asker()).reference
    outcome = race(committed_app, *(_propose(request, helper) for helper in helpers))
    assert sorted(type(one).__name__ for one in outcome.results) == ["Err", "Ok"], outcome.results


def test_both_agree_at_once_and_are_introduced_once(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        reference = make_match(make_asker(), make_helper()).reference
    outcome = race(committed_app, _answer(reference, "asker"), _answer(reference, "champion"))
    assert all(isinstance(one, Ok) for one in outcome.results), outcome.results
    with committed_app.app_context():
        facts = peers.match(reference)
        assert facts is not None
        assert facts.state == "introduced"


def test_one_agrees_as_the_other_declines(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        match = make_match(make_asker(), make_helper())
        match.asker_agreed_at = match.created_at
        reference = match.reference
    outcome = race(
        committed_app, _answer(reference, "champion"), _answer(reference, "asker", agree=False)
    )
    assert not any(isinstance(one, Exception) for one in outcome.results), outcome.results
    with committed_app.app_context():
        facts = peers.match(reference)
        assert facts is not None
        request = current_session().get_one(PeerRequest, facts.request_id)
        assert (facts.state, request.state) in {("introduced", "matched"), ("declined", "open")}


def test_a_competitor_named_as_the_two_are_proposed(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        asker, helper = make_asker(), make_helper()
        request, reference, key = make_request(asker).reference, helper.reference, asker.id
        naming, other = profile_of(helper), asker.reference
    outcome = race(
        committed_app,
        _propose(request, reference),
        lambda: competitors.declare(employer=naming, other=other, by=PORTAL),
    )
    assert not any(isinstance(one, Exception) for one in outcome.results), outcome.results
    with committed_app.app_context():
        assert naming.id in members.competitors_of(key)
        states = current_session().scalars(select(PeerMatch.state)).all()
        assert set(states) <= {"withdrawn"}


def test_a_competitor_named_as_the_last_side_agrees(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        asker, helper = make_asker(), make_helper()
        match = make_match(asker, helper)
        match.asker_agreed_at = match.created_at
        reference, naming, other = match.reference, profile_of(helper), asker.reference
    outcome = race(
        committed_app,
        _answer(reference, "champion"),
        lambda: competitors.declare(employer=naming, other=other, by=PORTAL),
    )
    assert not any(isinstance(one, Exception) for one in outcome.results), outcome.results
    with committed_app.app_context():
        facts = peers.match(reference)
        assert facts is not None
        # They were introduced before it was declared, or not at all.
        agreed = isinstance(outcome.results[0], Ok)
        assert facts.state == ("introduced" if agreed else "withdrawn")


def test_one_asks_twice_at_once(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        asker = make_asker()
        profile = profile_of(asker)
    asked = _asked()
    outcome = race(
        committed_app,
        *(lambda: service.ask(employer=profile, asked=asked, by=PORTAL) for _ in range(2)),
    )
    assert sorted(type(one).__name__ for one in outcome.results) == ["Ok", "list"], outcome.results
    with committed_app.app_context():
        assert current_session().scalar(select(func.count(PeerRequest.id))) == 1


def _asked() -> service.Asked:
    return service.Asked("pay", "How?", "Example Person", "person@example.org", ())


# The controls: what each of the locks above is for -----------------------------------------------


def _kinds(results: Iterable[object]) -> list[str]:
    return sorted(type(one).__name__ for one in results)


# On SQLite the file's own lock stops the second, though not in words.
BOTH: Final = (["Ok", "Ok"], ["Ok", "OperationalError"])


def test_without_locks_the_last_place_goes_twice(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        helper = make_helper(capacity=1)
        requests = [make_request(make_asker()).reference for _ in range(2)]
        reference = helper.reference
    with without_locks(committed_app):
        outcome = race(
            committed_app, *(_propose(request, reference) for request in requests), patience=10
        )
    assert outcome.met, "this race proves nothing: they never met"
    assert _kinds(outcome.results) in BOTH, outcome.results


def test_without_locks_one_request_gets_two(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        helpers = [make_helper().reference for _ in range(2)]
        request = make_request(make_asker()).reference
    with without_locks(committed_app):
        drop_walls(committed_app, [("peer_matches", "uq_peer_matches_request")])
        outcome = race(
            committed_app, *(_propose(request, helper) for helper in helpers), patience=10
        )
    assert outcome.met, "this race proves nothing: they never met"
    assert _kinds(outcome.results) in BOTH, outcome.results


def test_without_locks_both_agree_and_nobody_is_introduced(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        reference = make_match(make_asker(), make_helper()).reference
    with without_locks(committed_app):
        outcome = race(
            committed_app,
            _answer(reference, "asker"),
            _answer(reference, "champion"),
            patience=10,
        )
    assert outcome.met, "this race proves nothing: they never met"
    with committed_app.app_context():
        facts = peers.match(reference)
        assert facts is not None
        assert facts.state == "proposed"


def test_without_locks_one_asks_twice(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        profile = profile_of(make_asker())
    asked = _asked()
    with without_locks(committed_app):
        drop_walls(committed_app, [("peer_requests", "uq_peer_requests_topic")])
        outcome = race(
            committed_app,
            *(lambda: service.ask(employer=profile, asked=asked, by=PORTAL) for _ in range(2)),
            patience=10,
        )
    assert outcome.met, "this race proves nothing: they never met"
    assert _kinds(outcome.results) in BOTH, outcome.results


def test_a_member_leaves_as_it_is_proposed(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        asker, helper = make_asker(), make_helper()
        request, reference = make_request(asker).reference, helper.reference
        leaves = profile_of(helper)
    outcome = race(
        committed_app,
        _propose(request, reference),
        lambda: joining.leave(employer=leaves, by=PORTAL),
    )
    assert not any(isinstance(one, Exception) for one in outcome.results), outcome.results
    with committed_app.app_context():
        # Whoever came first, nothing waits for who has left.
        states = current_session().scalars(select(PeerMatch.state)).all()
        assert set(states) <= {"withdrawn"}


# Joining ------------------------------------------------------------------------------------------


def _joining(employer: EmployerProfile) -> Callable[[], object]:
    profile = Profile({"about": "A caf\u00e9"}, frozenset({"about"}))
    return lambda: joining.save(employer=employer, revision=0, profile=profile, by=PORTAL)


def _joined(app: Flask, employer_id: int) -> list[int]:
    with app.app_context():
        session = current_session()
        return [
            session.scalar(select(func.count(model.id)).where(model.employer_id == employer_id))
            or 0
            for model in (NetworkMember, NetworkConsent)
        ]


def test_two_of_one_employer_join_at_once_and_it_is_in_once(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        employer = profile_of(make_employer())
    outcome = race(committed_app, _joining(employer), _joining(employer))
    assert _kinds(outcome.results) == ["Ok", "list"], outcome.results
    refused = next(one for one in outcome.results if isinstance(one, list))
    assert [problem.code for problem in refused] == ["stale"]
    assert not outcome.met
    assert _joined(committed_app, employer.id) == [1, 1]


def test_without_locks_it_is_in_twice(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work():
        employer = profile_of(make_employer())
    with without_locks(committed_app):
        drop_walls(committed_app, [("network_members", "uq_network_members_employer_id")])
        outcome = race(committed_app, _joining(employer), _joining(employer), patience=10)
    assert outcome.met, "this race proves nothing: they never met"
    # SQLite keeps a constraint of the table whatever is dropped, and refuses the second bluntly.
    assert _kinds(outcome.results) in (*BOTH, ["IntegrityError", "Ok"]), outcome.results
