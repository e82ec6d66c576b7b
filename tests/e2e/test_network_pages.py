"""Every page of the network, at both widths: accessible, and no wider than the screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from portal.db import current_session
from portal.employers.models import Employer, Membership
from portal.network.models import (
    AwardApplication,
    AwardRound,
    Event,
    ForumCategory,
    ForumThread,
    NetworkMember,
    PeerMatch,
)
from tests.e2e import money_world as world
from tests.e2e.support import LiveServer, assert_sound


@dataclass(frozen=True)
class Held:
    """What the demonstration holds, by the parts of addresses."""

    employer: str
    member: str
    event: str
    past_event: str
    category: str
    thread: str
    round: str
    application: str
    match: str


@pytest.fixture(scope="module")
def held(demo: LiveServer) -> Iterator[tuple[Held, dict[str, Any]]]:
    """The demonstration's own records, and the browsers of those who look."""
    with world.inside(demo) as app:
        people = {
            "officer": world.person("officer@lep.example"),
            "head": world.person("head@lep.example"),
            "owner": world.person("owner@cafe.example"),
        }
        found = _references(people["owner"].id)
        yield found, {who: world.browser_state(app, user) for who, user in people.items()}


def _references(owner_id: int) -> Held:
    session = current_session()

    def one(query: Any) -> str:
        value: str = session.scalars(query.limit(1)).one()
        return value

    return Held(
        employer=one(
            select(Employer.reference)
            .join(Membership, Membership.employer_id == Employer.id)
            .where(Membership.user_id == owner_id)
        ),
        member=one(select(NetworkMember.reference).order_by(NetworkMember.id)),
        event=one(select(Event.reference).where(Event.state == "published")),
        past_event=one(select(Event.reference).order_by(Event.starts_at)),
        category=one(
            select(ForumCategory.slug).join(
                ForumThread, ForumThread.category_id == ForumCategory.id
            )
        ),
        thread=one(select(ForumThread.reference).where(ForumThread.state == "open")),
        round=one(select(AwardRound.reference).order_by(AwardRound.id.desc())),
        application=one(select(AwardApplication.reference)),
        match=one(select(PeerMatch.reference)),
    )


def _public(held: Held) -> tuple[str, ...]:
    return (
        *("/network", "/network/directory", f"/network/members/{held.member}", "/events"),
        *(f"/events/{held.event}", "/awards", "/awards/criteria/1", "/awards/verify"),
    )


def _of_owner(held: Held) -> tuple[str, ...]:
    home = f"/employers/{held.employer}"
    return (
        *(f"{home}/network", f"{home}/network/competitors", f"{home}/network/invitations"),
        *(f"{home}/network/picture", f"{home}/peers", f"{home}/awards", "/account/mail"),
        *("/forum", f"/forum/{held.category}", f"/forum/t/{held.thread}", "/forum/new"),
        *("/forum/search?q=rota", "/forum/code-of-conduct"),
    )


def _of_officer(held: Held) -> tuple[str, ...]:
    return (
        *("/network", "/network/report", "/network/matches", "/network/matches/list"),
        *(f"/network/matches/{held.match}", "/forum/moderation", "/events/new"),
        *(f"/events/{held.past_event}/attendees", f"/forum/t/{held.thread}"),
    )


def _of_head(held: Held) -> tuple[str, ...]:
    return (
        *("/awards/rounds", f"/awards/rounds/{held.round}", "/awards/rounds/new"),
        *(f"/awards/applications/{held.application}", "/awards/assess"),
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("who", "pages"),
    [("", _public), ("owner", _of_owner), ("officer", _of_officer), ("head", _of_head)],
)
def test_pages_of_the_network_are_sound(
    browser: Browser,
    demo: LiveServer,
    held: tuple[Held, dict[str, Any]],
    who: str,
    pages: Any,
) -> None:
    """Each page is opened once and looked at at both widths."""
    found, states = held
    state = states[who] if who else None
    assert_sound(browser, demo, state, pages(found))
