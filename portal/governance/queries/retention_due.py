"""Which records' time is over: for each class the roots it counts by, and since when.

A root is one select of key, moment, employer and person. What hangs on a root's rows goes with
them, found by the anchors of the data map.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Table,
    Text,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
)

from portal.db import Base, current_session
from portal.db.outbox import MAX_ATTEMPTS
from portal.db.types import UtcDateTime
from portal.governance.models.retention import RetentionTombstone
from portal.governance.rules.retention import REMOVED_DOMAIN, REMOVED_TEXT
from portal.kernel.files import REMOVED_KEY

Rows = Select[tuple[int, Any, int | None, int | None]]


@dataclass(frozen=True, slots=True)
class Root:
    """One kind of record a class counts by.

    ``only`` names the columns that go, where not all do. ``marked`` roots leave a tombstone for
    each record; the others (sign-ins, mail: thousands of rows that say nothing) are counted.
    """

    class_key: str
    table: str
    rows: Callable[[], Rows]
    only: frozenset[str] | None = None
    marked: bool = True


@dataclass(frozen=True, slots=True)
class Due:
    """One record whose time counts. ``since`` is when it began to."""

    key: int
    since: datetime
    employer_id: int | None
    user_id: int | None


def _t(name: str) -> Table:
    table: Table = Base.metadata.tables[name]
    return table


def _rows(
    table: Table,
    since: ColumnElement[Any],
    *where: ColumnElement[bool],
    employer: ColumnElement[Any] | None = None,
    person: ColumnElement[Any] | None = None,
) -> Rows:
    nothing = cast(null(), Integer)
    return select(
        table.c.id.label("key"),
        since.label("since"),
        (nothing if employer is None else employer).label("employer_id"),
        (nothing if person is None else person).label("user_id"),
    ).where(since.is_not(None), *where)


def _cases() -> Rows:
    t = _t("cases")
    return _rows(t, t.c.closed_at, employer=t.c.employer_id)


def _deliveries() -> Rows:
    t = _t("support_deliveries")
    return _rows(t, t.c.delivered_on)


def _evidence(*, paid: bool) -> Rows:
    t, cases, outputs = _t("evidence_files"), _t("cases"), _t("outputs")
    counted = exists().where(outputs.c.case_id == t.c.case_id)
    found = _rows(
        t,
        cases.c.closed_at,
        counted if paid else ~counted,
        t.c.storage_key.not_like(f"{REMOVED_KEY}%"),
        employer=t.c.employer_id,
    )
    return found.join_from(t, cases, cases.c.id == t.c.case_id)


def _plans() -> Rows:
    t = _t("plans")
    return _rows(t, t.c.closed_at, employer=t.c.employer_id)


def _unclaimed() -> Rows:
    t = _t("diagnostic_responses")
    return _rows(
        t, t.c.updated_at, t.c.employer_id.is_(None), t.c.session_id.is_(None), person=t.c.owner_id
    )


def _referrals() -> Rows:
    t = _t("referrals")
    ended = t.c.status.in_(("declined", "expired"))
    since = func.coalesce(t.c.decided_at, t.c.updated_at)
    return _rows(t, since, ended, t.c.case_id.is_(None), employer=t.c.employer_id)


def _batches() -> Rows:
    t = _t("referral_batches")
    return _rows(t, t.c.created_at)


def _simple(name: str, since: str, employer: str | None, person: str | None) -> Callable[[], Rows]:
    def rows() -> Rows:
        t = _t(name)
        return _rows(
            t,
            t.c[since],
            employer=None if employer is None else t.c[employer],
            person=None if person is None else t.c[person],
        )

    return rows


def _places() -> Rows:
    t, events = _t("event_registrations"), _t("events")
    found = _rows(t, events.c.ends_at, employer=t.c.employer_id, person=t.c.user_id)
    return found.join_from(t, events, events.c.id == t.c.event_id)


def _applications() -> Rows:
    t = _t("award_applications")
    over = t.c.state.in_(("awarded", "declined", "withdrawn", "lapsed"))
    return _rows(t, func.coalesce(t.c.decided_at, t.c.updated_at), over, employer=t.c.employer_id)


def _requests() -> Rows:
    t = _t("peer_requests")
    over = t.c.state.in_(("closed", "withdrawn"))
    return _rows(t, t.c.updated_at, over, employer=t.c.employer_id)


def _accounts() -> Rows:
    """Accounts without a staff role, by their last sign-in."""
    t, seen, roles = _t("users"), _t("user_sessions"), _t("users_roles")
    last = (
        select(func.max(seen.c.last_seen_at))
        .where(seen.c.user_id == t.c.id)
        .correlate(t)
        .scalar_subquery()
    )
    return _rows(
        t,
        func.coalesce(last, t.c.created_at),
        ~exists().where(roles.c.user_id == t.c.id),
        t.c.email.not_like(f"%@{REMOVED_DOMAIN}"),
        person=t.c.id,
    )


def _sessions() -> Rows:
    """Ended sign-ins but each person's latest, which says when the account was last used."""
    t = _t("user_sessions")
    later = t.alias("later")
    return _rows(
        t,
        func.coalesce(t.c.ended_at, t.c.expires_at),
        exists().where(later.c.user_id == t.c.user_id, later.c.id > t.c.id),
        person=t.c.user_id,
    )


def _promises() -> Rows:
    t = _t("outbox")
    return _rows(
        t,
        func.coalesce(t.c.done_at, t.c.created_at),
        or_(t.c.done_at.is_not(None), t.c.attempts >= MAX_ATTEMPTS),
        # What a mail server answers names whom it would not take.
        or_(
            cast(t.c.payload, Text) != "{}",
            func.coalesce(t.c.last_error, "").not_in(("", REMOVED_TEXT)),
        ),
    )


def _threads() -> Rows:
    t = _t("forum_threads")
    return _rows(t, t.c.last_post_at, employer=t.c.employer_id)


def _copies() -> Rows:
    """Copies whose file is gone."""
    t = _t("person_copies")
    return _rows(
        t, func.coalesce(t.c.expires_at, t.c.asked_at), t.c.state == "expired", person=t.c.user_id
    )


# Class, table, the column its time counts from, and those that lead to an employer and a person.
_SIMPLE: Final[tuple[tuple[str, str, str, str | None, str | None], ...]] = (
    ("invitations", "network_invitations", "created_at", "from_employer_id", None),
    ("peers", "peer_matches", "ended_at", "asking_id", None),
    ("members", "network_members", "left_at", "employer_id", None),
    ("insights", "insights", "held_on", "employer_id", None),
    ("tests", "resource_tests", "created_at", "employer_id", None),
    ("ratings", "resource_ratings", "updated_at", None, "user_id"),
    ("pulse_views", "pulse_waves", "closed_on", "employer_id", None),
    ("forum", "forum_log", "at", None, "about_user_id"),
    ("forum", "forum_suspensions", "until", None, "user_id"),
    ("rights", "rights_requests", "decided_at", None, "user_id"),
    ("rights", "erasure_requests", "ended_at", None, None),
    ("rights", "legal_holds", "lifted_at", None, None),
    ("breaches", "breaches", "closed_at", None, None),
)
_UNMARKED: Final[tuple[tuple[str, str, str, str | None, str | None], ...]] = (
    ("invitations", "employer_invitations", "created_at", "employer_id", None),
    ("invitations", "employer_join_requests", "asked_at", "employer_id", "user_id"),
    ("sign_in", "sign_in_counters", "first_at", None, None),
    ("mail", "mailbox_messages", "at", None, None),
)
ROOTS: Final[tuple[Root, ...]] = (
    Root("case_people", "cases", _cases),
    Root("paid_proof", "cases", _cases),
    Root("paid_proof", "support_deliveries", _deliveries),
    Root("evidence", "evidence_files", lambda: _evidence(paid=False)),
    Root("evidence_paid", "evidence_files", lambda: _evidence(paid=True)),
    Root("plans", "plans", _plans),
    Root("diagnostics", "diagnostic_responses", _unclaimed),
    Root("referrals", "referrals", _referrals),
    Root("referrals", "referral_batches", _batches),
    Root("event_people", "event_registrations", _places),
    Root("event_needs", "event_registrations", _places, only=frozenset({"needs"})),
    Root("awards", "award_applications", _applications),
    Root("peers", "peer_requests", _requests),
    Root("accounts", "users", _accounts),
    Root("forum", "forum_threads", _threads),
    Root("copies", "person_copies", _copies),
    Root("sign_in", "user_sessions", _sessions, marked=False),
    Root("mail", "outbox", _promises, marked=False),
    *(
        Root(key, name, _simple(name, since, employer, person))
        for key, name, since, employer, person in _SIMPLE
    ),
    *(
        Root(key, name, _simple(name, since, employer, person), marked=False)
        for key, name, since, employer, person in _UNMARKED
    ),
)


def roots_of(class_key: str) -> tuple[Root, ...]:
    """The roots of a class."""
    return tuple(root for root in ROOTS if root.class_key == class_key)


def _moment(value: Any) -> datetime:
    """A day counts from its beginning."""
    if isinstance(value, datetime):
        return UtcDateTime().process_result_value(value, None)  # type: ignore[arg-type, return-value]
    found = datetime.combine(value, time.min)
    return UtcDateTime().process_result_value(found, None)  # type: ignore[arg-type, return-value]


def _open(root: Root, rows: Any) -> Select[Any]:
    """The rows of a root that have not ended yet."""
    asked = select(rows)
    if root.marked:
        t = RetentionTombstone
        said = [t.class_key == root.class_key, t.holding == root.table, t.row_id == rows.c.key]
        # What ends on a day ends once; what ends at a moment may begin and end again.
        if isinstance(rows.c.since.type, UtcDateTime):
            said.append(t.since >= rows.c.since)
        asked = asked.where(~exists().where(*said))
    return asked


def due(root: Root, before: datetime, *, after_key: int = 0, limit: int = 200) -> list[Due]:
    """Rows whose time began before a moment, by key; holds are not looked at here."""
    rows = root.rows().subquery()
    found = current_session().execute(
        _open(root, rows)
        .where(_before(rows.c.since, before), rows.c.key > after_key)
        .order_by(rows.c.key)
        .limit(limit)
    )
    return [Due(row.key, _moment(row.since), row.employer_id, row.user_id) for row in found]


def _before(since: ColumnElement[Any], moment: datetime) -> ColumnElement[bool]:
    kind = since.type
    value = moment if isinstance(kind, UtcDateTime) else moment.date()
    return since < literal(value, kind)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What of a root's rows is over by a moment, what is to come, and when the next began."""

    over: int
    waiting: int
    next_since: datetime | None


def outlook(root: Root, before: datetime) -> Outlook:
    """Counts for the schedule; holds are not looked at here."""
    rows = root.rows().subquery()
    open_rows = _open(root, rows).subquery()
    since = open_rows.c.since
    late = _before(since, before)
    over, known, first = (
        current_session()
        .execute(select(func.count().filter(late), func.count(), func.min(since).filter(~late)))
        .one()
    )
    return Outlook(over, known - over, None if first is None else _moment(first))


def employers_of_delivery(delivery_ids: list[int]) -> dict[int, set[int]]:
    """The employers that took part in support, by the delivery's key."""
    t = _t("delivery_attendances")
    found: dict[int, set[int]] = {}
    for delivery, employer in current_session().execute(
        select(t.c.delivery_id, t.c.employer_id).where(t.c.delivery_id.in_(delivery_ids))
    ):
        found.setdefault(delivery, set()).add(employer)
    return found
