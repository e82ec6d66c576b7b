"""What programmes share about accounts that a person has linked: halves, tickets, crossings.

Every function works inside a unit of work for the current programme, and names that programme's
role: row-level security refuses what is another's (portal.cli.shared_tables). Where there is one
programme nothing here is called.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import CursorResult, text

from portal.db.programmes import (
    SHARED_SCHEMA,
    NoProgrammeError,
    Programme,
    current_programme,
    programmes,
)
from portal.db.session import current_session
from portal.kernel.clock import utc_now
from portal.kernel.ids import token_hash


@dataclass(frozen=True, slots=True)
class Ticket:
    """What one programme says to another about the person whose browser brings a ticket.

    ``strong``: a second step was proved there, at this sign-in and when the link was made.
    ``ends_at`` and ``idle`` are those of the sign-in there.
    """

    kind: str
    to: Programme
    from_session: str
    strong: bool
    ends_at: datetime
    idle: timedelta


@dataclass(frozen=True, slots=True)
class Crossing:
    """What a sign-in of somebody who came over hangs on: it ends with it."""

    came_from: Programme
    ends_at: datetime
    idle: timedelta


def here() -> Programme:
    """The programme worked for.

    Raises:
        NoProgrammeError: where there is only one.
    """
    programme = current_programme()
    if programme is None:
        raise NoProgrammeError("Accounts are linked between programmes, and there is one only")
    return programme


def others() -> tuple[Programme, ...]:
    """Every other open programme of the installation."""
    return tuple(one for one in programmes() if one != current_programme())


def session_mark(hashed_token: str) -> str:
    """How a sign-in is named to other programmes: not as anybody could find it here."""
    return token_hash(f"crossing:{hashed_token}")


def _run(statement: str, **values: Any) -> CursorResult[Any]:
    result: Any = current_session().execute(text(statement), values)
    return result  # type: ignore[no-any-return]


# Links -------------------------------------------------------------------------------------------


def write_half(reference: str, partner: Programme) -> None:
    """Say on this programme's side that a link is wanted."""
    _run(
        f"INSERT INTO {SHARED_SCHEMA}.link_halves (reference, programme, partner, made_at) "  # noqa: S608
        "VALUES (:reference, :mine, :partner, :now)",
        reference=reference,
        mine=here().role,
        partner=partner.role,
        now=utc_now(),
    )


def stands(reference: str) -> bool:
    """Whether both programmes hold their half of a link that this one has a half of."""
    found = _run(
        f"SELECT {SHARED_SCHEMA}.link_stands(:reference, :mine)",
        reference=reference,
        mine=here().role,
    )
    return bool(found.scalar())


def has_half(reference: str) -> bool:
    """Whether this programme's half of a link is there: it goes when the other side ends it."""
    found = _run(
        f"SELECT 1 FROM {SHARED_SCHEMA}.link_halves "  # noqa: S608
        "WHERE reference = :reference AND programme = :mine",
        reference=reference,
        mine=here().role,
    )
    return found.first() is not None


def end_links(references: Collection[str]) -> None:
    """End links: the other half goes with ours, and so does every sign-in that came by them."""
    _run(
        f"DELETE FROM {SHARED_SCHEMA}.link_halves "  # noqa: S608
        "WHERE reference = ANY(:references) AND programme = :mine",
        references=list(references),
        mine=here().role,
    )


# Tickets -----------------------------------------------------------------------------------------


def give_ticket(hashed: str, ticket: Ticket, *, expires_at: datetime) -> None:
    """Keep a ticket for another programme to take."""
    _run(
        f"INSERT INTO {SHARED_SCHEMA}.tickets (ticket_hash, kind, from_programme, "  # noqa: S608
        "to_programme, from_session, strong, ends_at, idle_seconds, expires_at) VALUES "
        "(:hashed, :kind, :mine, :to, :from_session, :strong, :ends_at, :idle, :expires_at)",
        hashed=hashed,
        kind=ticket.kind,
        mine=here().role,
        to=ticket.to.role,
        from_session=ticket.from_session,
        strong=ticket.strong,
        ends_at=ticket.ends_at,
        idle=int(ticket.idle.total_seconds()),
        expires_at=expires_at,
    )


_TICKET: Final = "kind, from_session, strong, ends_at, idle_seconds, expires_at"
_MINE: Final = (
    "ticket_hash = :hashed AND kind = :kind AND to_programme = :mine AND from_programme = :origin"
)


def waiting(hashed: str, kind: str, origin: Programme) -> bool:
    """Whether a ticket can still be taken."""
    found = _run(
        f"SELECT 1 FROM {SHARED_SCHEMA}.tickets WHERE {_MINE} AND expires_at > :now",  # noqa: S608
        hashed=hashed,
        kind=kind,
        mine=here().role,
        origin=origin.role,
        now=utc_now(),
    )
    return found.first() is not None


def take_ticket(hashed: str, kind: str, origin: Programme) -> Ticket | None:
    """Take a ticket, which nobody can do again; None when there is none or it is too late."""
    row = _run(
        f"DELETE FROM {SHARED_SCHEMA}.tickets WHERE {_MINE} RETURNING {_TICKET}",  # noqa: S608
        hashed=hashed,
        kind=kind,
        mine=here().role,
        origin=origin.role,
    ).first()
    if row is None or row.expires_at <= utc_now():
        return None
    return Ticket(
        kind=row.kind,
        to=here(),
        from_session=row.from_session,
        strong=row.strong,
        ends_at=row.ends_at.astimezone(UTC),
        idle=timedelta(seconds=row.idle_seconds),
    )


# Crossings ---------------------------------------------------------------------------------------


def keep_crossing(reference: str, link: str, origin: Programme, ticket: Ticket) -> None:
    """Let a sign-in here hang on the link and on the sign-in there."""
    _run(
        f"INSERT INTO {SHARED_SCHEMA}.crossings (reference, link, from_programme, "  # noqa: S608
        "to_programme, from_session, idle_seconds, ends_at) "
        "VALUES (:reference, :link, :origin, :mine, :from_session, :idle, :ends_at)",
        reference=reference,
        link=link,
        origin=origin.role,
        mine=here().role,
        from_session=ticket.from_session,
        idle=int(ticket.idle.total_seconds()),
        ends_at=ticket.ends_at,
    )


def crossing(reference: str) -> Crossing | None:
    """What somebody's sign-in hangs on; None when that has ended, or its programme is closed."""
    mine = current_programme()
    if mine is None:
        return None
    row = _run(
        f"SELECT from_programme, ends_at, idle_seconds FROM {SHARED_SCHEMA}.crossings "  # noqa: S608
        "WHERE reference = :reference AND to_programme = :mine AND ends_at > :now",
        reference=reference,
        mine=mine.role,
        now=utc_now(),
    ).first()
    origin = row and next((one for one in others() if one.role == row.from_programme), None)
    if row is None or origin is None:
        return None
    return Crossing(origin, row.ends_at.astimezone(UTC), timedelta(seconds=row.idle_seconds))


def end_sessions(hashed_tokens: Collection[str]) -> None:
    """End, in other programmes, what came from sign-ins that end here."""
    mine = current_programme()
    if mine is None or not hashed_tokens:
        return
    for table in ("tickets", "crossings"):
        _run(
            f"DELETE FROM {SHARED_SCHEMA}.{table} "  # noqa: S608
            "WHERE from_programme = :mine AND from_session = ANY(:marks)",
            mine=mine.role,
            marks=[session_mark(one) for one in hashed_tokens],
        )


def forget_old() -> None:
    """Remove tickets and crossings of ours whose time is over, and halves without a counterpart.

    A half waits an hour for the person to agree on the other side.
    """
    now, mine = utc_now(), here().role
    for table, column in (("tickets", "expires_at"), ("crossings", "ends_at")):
        _run(
            f"DELETE FROM {SHARED_SCHEMA}.{table} WHERE {column} < :now "  # noqa: S608
            "AND (from_programme = :mine OR to_programme = :mine)",
            now=now,
            mine=mine,
        )
    _run(
        f"DELETE FROM {SHARED_SCHEMA}.link_halves WHERE programme = :mine "  # noqa: S608
        f"AND made_at < :before AND NOT {SHARED_SCHEMA}.link_stands(reference, :mine)",
        mine=mine,
        before=now - timedelta(hours=1),
    )
