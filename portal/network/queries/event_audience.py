"""Whom an event suits: people of members in the network, as far as they want to hear of it.

A member's sector and district are known. That a theme suits it is taken from what it did itself:
it asks peers about it or offers to talk about it, somebody of it follows that part of the forum, or
its latest diagnostic shows a gap there. Nothing of this is told to anybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, cast, func, or_, select

from portal.accounts.models import User
from portal.db import current_session
from portal.diagnostics.models import DimensionScore, Response
from portal.employers.models import Employer, Membership
from portal.network.models import (
    ForumCategory,
    ForumSubscription,
    MailRefusal,
    NetworkMember,
    PeerOffer,
    PeerRequest,
)
from portal.network.queries.events import EventFacts
from portal.network.rules.matching import WEAK_TO
from portal.network.rules.words import AUDIENCES, NOBODY

KIND = "event_news"


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody to whom an event is told."""

    user_id: int
    name: str
    email: str


def numbers(event: EventFacts) -> dict[str, int]:
    """How many people each choice reaches."""
    session = current_session()
    return {
        key: session.scalar(select(func.count()).select_from(_people(event, key).subquery())) or 0
        for key in AUDIENCES
        if key != NOBODY
    }


def people(event: EventFacts, audience: str, *, after: int, limit: int) -> list[Invited]:
    """The next of them, by their keys."""
    rows = current_session().execute(
        _people(event, audience).where(User.id > after).order_by(User.id).limit(limit)
    )
    return [Invited(*row) for row in rows]


def _people(event: EventFacts, audience: str) -> Select[Any]:
    refused = select(MailRefusal.id).where(
        MailRefusal.email == func.lower(User.email), MailRefusal.kind == KIND
    )
    suited = select(Membership.user_id).join(Employer, Employer.id == Membership.employer_id)
    suited = suited.join(NetworkMember, NetworkMember.employer_id == Employer.id).where(
        NetworkMember.left_at.is_(None), Employer.merged_into_id.is_(None)
    )
    if event.sectors:
        suited = suited.where(Employer.sector.in_(event.sectors))
    if event.districts:
        suited = suited.where(Employer.district.in_(event.districts))
    if audience == "theme" and event.theme:
        suited = suited.where(_theme_suits(event.theme))
    columns: list[Any] = [User.id, User.name, User.email]
    return select(*columns).where(
        User.active, User.confirmed_at.is_not(None), User.id.in_(suited), ~refused.exists()
    )


def _theme_suits(theme: str) -> ColumnElement[bool]:
    asks = select(PeerRequest.employer_id).where(
        PeerRequest.topic == theme, PeerRequest.state != "withdrawn"
    )
    offers = select(PeerOffer.employer_id).where(
        cast(PeerOffer.topics, Text).contains(f'"{theme}"'), PeerOffer.paused_at.is_(None)
    )
    gaps = (
        select(Response.employer_id)
        .join(DimensionScore, DimensionScore.response_id == Response.id)
        .where(
            Response.is_current,
            Response.employer_id.is_not(None),
            DimensionScore.dimension == theme,
            DimensionScore.score <= WEAK_TO,
        )
    )
    follows = (
        select(Membership.employer_id)
        .join(ForumSubscription, ForumSubscription.user_id == Membership.user_id)
        .join(ForumCategory, ForumCategory.id == ForumSubscription.category_id)
        .where(ForumCategory.dimension == theme)
    )
    return or_(*(Employer.id.in_(one) for one in (asks, offers, gaps, follows)))
