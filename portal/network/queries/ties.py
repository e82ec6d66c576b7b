"""What ties are worked out of, and the ties that are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.caseload.models import Referral, ReferralSource
from portal.db import current_session
from portal.employers.models import Employer, Membership
from portal.kernel.clock import london
from portal.network.models import (
    Event,
    EventRegistration,
    ForumPost,
    ForumThread,
    NetworkInvitation,
    NetworkMember,
    NetworkTie,
    PeerMatch,
)
from portal.network.rules.graph_picture import Cell
from portal.network.rules.ties import Meeting, Records, Tie, TieKey, referring

_CHUNK: Final = 500
_TABLE: Any = NetworkTie.__table__


def records() -> Records:
    """Everything that ties two employers, in eight statements however much there is."""
    return Records(
        events=_events(),
        meetings={
            "peer": _matches(),
            "reply": _replies(),
            "invited": _invitations(),
            "referral": _referrals(),
        },
        merged=_merged(),
    )


def _day(instant: datetime) -> date:
    return london(instant).date()


def _events() -> dict[int, tuple[date, set[int]]]:
    rows = current_session().execute(
        select(EventRegistration.event_id, Event.starts_at, EventRegistration.employer_id)
        .join(Event, Event.id == EventRegistration.event_id)
        .where(
            EventRegistration.attended_at.is_not(None),
            EventRegistration.employer_id.is_not(None),
            Event.state != "cancelled",
        )
    )
    found: dict[int, tuple[date, set[int]]] = {}
    for event, starts_at, employer in rows:
        if employer is None:
            continue
        if event not in found:
            found[event] = (_day(starts_at), set())
        found[event][1].add(employer)
    return found


def _matches() -> list[Meeting]:
    rows = current_session().execute(
        select(PeerMatch.asking_id, PeerMatch.champion_id, PeerMatch.introduced_at).where(
            PeerMatch.introduced_at.is_not(None),
            PeerMatch.state.in_(["introduced", "ended"]),
            func.coalesce(PeerMatch.outcome, "") != "not_met",
        )
    )
    return [(one, other, _day(at)) for one, other, at in rows if at is not None]


def _replies() -> list[Meeting]:
    """Posts of one employer that answer another's; without a named answer, the thread's first."""
    firsts = select(func.min(ForumPost.id)).group_by(ForumPost.thread_id)
    answered = aliased(ForumPost)
    shown = (
        ForumThread.state != "hidden",
        ForumPost.state == "shown",
        ForumPost.unnamed.is_(False),
        ForumPost.employer_id.is_not(None),
        answered.state == "shown",
        answered.unnamed.is_(False),
        answered.employer_id.is_not(None),
        answered.employer_id != ForumPost.employer_id,
    )
    columns = (ForumPost.employer_id, answered.employer_id, ForumPost.created_at)
    direct = (
        select(*columns)
        .join(answered, answered.id == ForumPost.reply_to_id)
        .join(ForumThread, ForumThread.id == ForumPost.thread_id)
        .where(*shown)
    )
    to_first = (
        select(*columns)
        .join(answered, answered.thread_id == ForumPost.thread_id)
        .join(ForumThread, ForumThread.id == ForumPost.thread_id)
        .where(ForumPost.reply_to_id.is_(None), answered.id.in_(firsts), *shown)
    )
    session = current_session()
    return [
        (one, other, _day(at))
        for query in (direct, to_first)
        for one, other, at in session.execute(query)
        if one is not None and other is not None
    ]


def _invitations() -> list[Meeting]:
    rows = current_session().execute(
        select(
            NetworkInvitation.from_employer_id,
            NetworkInvitation.joined_employer_id,
            func.coalesce(NetworkInvitation.joined_at, NetworkInvitation.updated_at),
        ).where(NetworkInvitation.state == "joined")
    )
    return [(one, other, _day(at)) for one, other, at in rows if other is not None]


def _referrals() -> list[Meeting]:
    """Accepted referrals by champions, where it is known for which employer somebody referred."""
    session = current_session()
    rows = session.execute(
        select(
            Referral.employer_id,
            Referral.created_by,
            func.lower(Referral.referrer_email),
            Referral.received_at,
        )
        .join(ReferralSource, ReferralSource.id == Referral.source_id)
        .where(
            ReferralSource.kind == "champion",
            Referral.status == "accepted",
            Referral.employer_id.is_not(None),
        )
    ).all()
    if not rows:
        return []
    people, by_email = _people({row[1] for row in rows}, {row[2] for row in rows})
    found = []
    for employer, created_by, email, at in rows:
        person = by_email.get(email) or created_by
        if person in people:
            found.append((people[person], employer, _day(at)))
    return found


def _people(ids: set[int | None], emails: set[str]) -> tuple[dict[int, int], dict[str, int]]:
    """For which employer each person refers, and people by their address in small letters."""
    employers: dict[int, set[int]] = {}
    by_email: dict[str, int] = {}
    rows = current_session().execute(
        select(User.id, func.lower(User.email), Membership.employer_id).join(
            Membership, Membership.user_id == User.id
        )
    )
    for user, email, employer in rows:
        if user in ids or email in emails:
            employers.setdefault(user, set()).add(employer)
            by_email[email] = user
    return referring(employers), by_email


def _merged() -> dict[int, int]:
    rows = current_session().execute(
        select(Employer.id, Employer.merged_into_id).where(Employer.merged_into_id.is_not(None))
    )
    return {one: into for one, into in rows if into is not None}


# Members -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stay:
    """When an employer was in the network, by London days, and where it belongs."""

    employer_id: int
    joined: date
    left: date | None
    cell: Cell

    def at_end_of(self, day: date) -> bool:
        """Whether it was in the network when a day ended."""
        return self.joined <= day and (self.left is None or self.left > day)


def stays() -> list[Stay]:
    """Every employer that is or was in the network, but those merged into another."""
    rows = current_session().execute(
        select(
            NetworkMember.employer_id,
            NetworkMember.joined_at,
            NetworkMember.left_at,
            Employer.sector,
            Employer.district,
        )
        .join(Employer, Employer.id == NetworkMember.employer_id)
        .where(Employer.merged_into_id.is_(None))
    )
    return [
        Stay(key, _day(joined), _day(left) if left else None, (sector, district))
        for key, joined, left, sector, district in rows
    ]


# What is kept ------------------------------------------------------------------------------------


def hold() -> None:
    """Let nobody else rebuild the ties until this unit of work ends.

    SQLite has one writer at a time anyway.
    """
    session = current_session()
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE network_ties IN SHARE ROW EXCLUSIVE MODE"))


def kept() -> dict[TieKey, tuple[int, Tie]]:
    """Every tie that is kept, with the key of its row."""
    rows = current_session().execute(
        select(
            NetworkTie.id,
            NetworkTie.low_id,
            NetworkTie.high_id,
            NetworkTie.kind,
            NetworkTie.since,
            NetworkTie.until,
            NetworkTie.times,
        )
    )
    return {
        (low, high, kind): (key, Tie(since, until, times))
        for key, low, high, kind, since, until, times in rows
    }


def drop(row_ids: Iterable[int]) -> None:
    """Remove ties that are no more."""
    ids = list(row_ids)
    for start in range(0, len(ids), _CHUNK):
        current_session().execute(
            delete(NetworkTie).where(NetworkTie.id.in_(ids[start : start + _CHUNK]))
        )


def add(ties: dict[TieKey, Tie]) -> None:
    """Keep new ties."""
    if ties:
        current_session().execute(
            insert(_TABLE),
            [
                {"low_id": low, "high_id": high, "kind": kind, **_values(tie)}
                for (low, high, kind), tie in sorted(ties.items())
            ],
        )


def put_right(changed: dict[int, Tie]) -> None:
    """Write down what has become of ties, by the keys of their rows."""
    if changed:
        current_session().execute(
            update(NetworkTie), [{"id": key, **_values(tie)} for key, tie in changed.items()]
        )


def _values(tie: Tie) -> dict[str, Any]:
    return {"since": tie.since, "until": tie.until, "times": tie.times}
