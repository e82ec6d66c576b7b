"""Who is in the network, and what others may know of it."""

from __future__ import annotations

import pytest

from portal.db import current_session, unit_of_work
from portal.kernel.clock import utc_now
from portal.network.models import Champion, ForumPost
from portal.network.queries import members
from tests.factories.employers import make_employer
from tests.factories.network import (
    make_champion,
    make_competitors,
    make_event,
    make_member,
    make_thread,
)

pytestmark = pytest.mark.usefixtures("app")


def test_the_factories_make_what_they_say() -> None:
    with unit_of_work() as session:
        champion = make_champion(tier="leading")
        make_champion(valid=False)
        make_event()
        thread = make_thread(employer=make_employer())
        assert members.is_member(champion.employer_id)
        assert session.query(Champion).count() == 2
        assert session.query(ForumPost).one().thread_id == thread.id


def test_only_those_who_have_not_left_are_members() -> None:
    with unit_of_work():
        inside = make_member().employer_id
        outside = make_member(left_at=utc_now()).employer_id
        other = make_employer().id
    assert members.is_member(inside)
    assert members.members_among([inside, outside, other]) == {inside}
    assert members.member_of(outside) is None
    record = members.record_of(outside)
    assert record is not None
    assert not record.is_in


def test_a_name_is_known_only_where_it_is_shown() -> None:
    with unit_of_work():
        one = make_member(make_employer(name="Shown Ltd"), shown=["name"]).employer_id
        two = make_member(make_employer(name="Hidden Ltd"), shown=["sector"]).employer_id
        left = make_member(make_employer(name="Gone Ltd"), left_at=utc_now()).employer_id
    assert members.public_names([one, two, left]) == {
        one: "Shown Ltd",
        two: members.UNNAMED,
        left: members.UNNAMED,
    }
    assert members.public_names([]) == {}


def test_competitors_hold_in_both_directions() -> None:
    with unit_of_work():
        one, other, third = make_employer(), make_employer(), make_employer()
        make_competitors(one, other)
        make_competitors(third, one)
    assert members.competitors_of(one.id) == {other.id, third.id}
    assert members.competitors_of(other.id) == {one.id}
    assert members.competing_pairs() == {
        frozenset({one.id, other.id}),
        frozenset({one.id, third.id}),
    }


def test_members_are_found_by_the_reference_of_their_employer() -> None:
    with unit_of_work():
        employer = make_employer()
        make_member(employer)
        stranger = make_employer()
    assert members.members_by_reference([employer.reference, stranger.reference]) == {
        employer.reference: employer.id
    }
    assert members.to_change(stranger.id) is None
    current_session().rollback()
