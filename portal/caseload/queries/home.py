"""What an adviser's day begins with: actions due, counts worth a look, and what waits elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from portal.accounts.models import User
from portal.caseload.models import (
    Attendance,
    Confirmation,
    Delivery,
    DiagnosticSession,
    FollowUp,
    Referral,
    ReferralOut,
    ReferralSource,
)
from portal.caseload.queries.lists import (
    Scope,
    c,
    gap_count,
    is_open,
    is_quiet,
    n,
    shown_name,
    with_action,
    with_employer,
)
from portal.caseload.rules import attention
from portal.db import current_session
from portal.programme import queries as programme

SHOWN = 25
BESIDE = 8
FOLLOW_UP_AHEAD = timedelta(days=7)
COUNTERS = (
    *("open", "overdue", "today", "week", "no_next_action", "quiet", "never_contacted"),
    *("waiting_for_employer", "almost_claimable", "claimable", "session_unconfirmed"),
)


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A case whose next action is due this week or was missed, or that has none."""

    section: str
    reference: str
    employer: str
    stage: str
    adviser: str | None
    action_id: int | None
    action_kind: str | None
    action_what: str | None
    due_on: date | None
    contact_name: str
    contact_phone: str
    contact_email: str


def _of(scope: Scope, *, mine: bool) -> ColumnElement[bool]:
    own = c.organisation_id.in_(sorted(scope.organisations or ()))
    return and_(own, c.adviser_id == scope.user_id) if mine else own


def work(scope: Scope, day: date, *, mine: bool) -> tuple[dict[str, int], list[WorkRow]]:
    """Counts over every open case, and the rows of each section, soonest due first.

    One statement: what is counted and what is shown come from one reading of the cases. A section
    shows ``SHOWN`` rows at most; its count says how many there are.
    """
    settings = programme.settings()
    section = case(
        (n.id.is_(None), "no_next_action"),
        (n.due_on < day, "overdue"),
        (n.due_on == day, "today"),
        (n.due_on <= attention.end_of_week(day), "week"),
        else_=cast(null(), String),
    )
    base = (
        select(
            c.id,
            c.reference,
            shown_name.label("employer"),
            c.stage,
            c.adviser_id,
            n.id.label("action_id"),
            n.kind,
            n.what,
            n.due_on,
            c.contact_name,
            c.contact_phone,
            c.contact_email,
            section.label("section"),
            gap_count([sector.key for sector in settings.sectors]).label("gaps"),
            _flag(is_quiet(day, settings.quiet_days)).label("quiet"),
            _flag(c.contact_count == 0).label("never"),
            _flag(c.waiting_since.is_not(None)).label("waiting"),
            _flag(c.session_state.in_(attention.SESSION_UNCONFIRMED)).label("unconfirmed"),
        )
        .select_from(with_action)
        .where(is_open, _of(scope, mine=mine))
        .cte("mine")
    )
    b = base.c
    totals = select(
        func.count().label("open"),
        *(
            func.coalesce(func.sum(_flag(condition)), 0).label(name)
            for name, condition in (
                ("overdue", b.section == "overdue"),
                ("today", b.section == "today"),
                ("week", b.section.in_(("today", "week"))),
                ("no_next_action", b.section == "no_next_action"),
                ("quiet", b.quiet == 1),
                ("never_contacted", b.never == 1),
                ("waiting_for_employer", b.waiting == 1),
                ("almost_claimable", b.gaps == 1),
                ("claimable", b.gaps == 0),
                ("session_unconfirmed", b.unconfirmed == 1),
            )
        ),
    ).subquery("totals")
    place = func.row_number().over(partition_by=b.section, order_by=(b.due_on, b.id))
    ranked = select(base, place.label("place")).where(b.section.is_not(None)).subquery("ranked")
    r = ranked.c
    rows = (
        select(
            *(r.section, r.reference, r.employer, r.stage, User.__table__.c.name.label("adviser")),
            *(r.action_id, r.kind, r.what, r.due_on),
            *(r.contact_name, r.contact_phone, r.contact_email, r.id),
        )
        .select_from(ranked.outerjoin(User.__table__, User.__table__.c.id == r.adviser_id))
        .where(r.place <= SHOWN)
        .subquery("shown")
    )
    query = (
        select(*(totals.c[name] for name in COUNTERS), *(col for col in rows.c if col.name != "id"))
        .select_from(totals.outerjoin(rows, true()))
        .order_by(rows.c.due_on.asc().nulls_last(), rows.c.id)
    )
    found = current_session().execute(query).all()
    width = len(COUNTERS)
    counts = {name: int(value) for name, value in zip(COUNTERS, found[0][:width], strict=True)}
    return counts, [WorkRow(*row[width:]) for row in found if row[width] is not None]


def _flag(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits outside the list of next actions, and how many of its kind there are.

    ``reference`` is the referral's or the case's, ``record`` the record's within it.
    """

    kind: str
    employer: str
    reference: str
    record: str
    day: date
    words: str
    contact_name: str
    contact_phone: str
    contact_email: str
    total: int


def waiting(scope: Scope, day: date, *, mine: bool) -> list[Waiting]:
    """Referrals to decide, follow-ups, confirmations and referrals on to chase: one statement.

    A referral waits for the provider, whoever will have the case; the rest for whose case it is.
    """
    parts = (
        _referrals(scope),
        _follow_ups(scope, day, mine=mine),
        _confirmations(scope, day, mine=mine),
        _onward(scope, day, mine=mine),
    )
    limited = []
    for number, part in enumerate(parts):
        counted = part.add_columns(func.count().over().label("total"))
        # A limit inside a union stands in a table of its own, as SQLite wants it.
        limited.append(select(counted.order_by("day").limit(BESIDE).subquery(f"part_{number}")))
    found = current_session().execute(union_all(*limited))
    return sorted((Waiting(*row) for row in found), key=lambda item: item.day)


def _columns(
    kind: ColumnElement[str] | str, record: Any, day: Any, words: Any
) -> tuple[ColumnElement[Any], ...]:
    shown = literal(kind, String) if isinstance(kind, str) else kind
    return (
        shown.label("kind"),
        shown_name.label("employer"),
        c.reference.label("reference"),
        cast(record, String).label("record"),
        day.label("day"),
        words.label("words"),
        c.contact_name.label("contact_name"),
        c.contact_phone.label("contact_phone"),
        c.contact_email.label("contact_email"),
    )


def _referrals(scope: Scope) -> Select[Any]:
    r, s = Referral.__table__.c, ReferralSource.__table__.c
    return (
        select(
            literal("referral", String).label("kind"),
            func.coalesce(func.nullif(r.trading_name, ""), r.employer_name).label("employer"),
            r.reference.label("reference"),
            literal("", String).label("record"),
            r.expires_on.label("day"),
            s.name.label("words"),
            r.contact_name.label("contact_name"),
            r.contact_phone.label("contact_phone"),
            r.contact_email.label("contact_email"),
        )
        .select_from(Referral.__table__.join(ReferralSource.__table__, s.id == r.source_id))
        .where(r.organisation_id.in_(sorted(scope.organisations or ())), r.status == "waiting")
    )


def _follow_ups(scope: Scope, day: date, *, mine: bool) -> Select[Any]:
    f = FollowUp.__table__.c
    return (
        select(*_columns("follow_up", f.months, f.due_on, cast(f.months, String)))
        .select_from(with_employer.join(FollowUp.__table__, f.case_id == c.id))
        .where(
            f.state == "planned",
            f.due_on <= day + FOLLOW_UP_AHEAD,
            is_open,
            _of(scope, mine=mine),
        )
    )


def _confirmations(scope: Scope, day: date, *, mine: bool) -> Select[Any]:
    k, d = Confirmation.__table__.c, Delivery.__table__.c
    h, a = DiagnosticSession.__table__.c, Attendance.__table__.c
    source = (
        with_employer.join(Confirmation.__table__, k.case_id == c.id)
        .outerjoin(DiagnosticSession.__table__, h.id == k.session_id)
        .outerjoin(Attendance.__table__, a.id == k.attendance_id)
        .outerjoin(Delivery.__table__, d.id == a.delivery_id)
    )
    kind = case((k.state == "disputed", "disputed"), else_="unconfirmed")
    record = case((h.id.is_(None), d.reference), else_=h.reference)
    words = case((h.id.is_(None), d.title), else_=cast(literal(""), String))
    return (
        select(*_columns(kind, record, k.due_on, words))
        .select_from(source)
        .where(
            or_(k.state == "disputed", and_(k.state == "awaiting", k.due_on < day)),
            h.withdrawn_at.is_(None),
            d.withdrawn_at.is_(None),
            is_open,
            _of(scope, mine=mine),
        )
    )


def _onward(scope: Scope, day: date, *, mine: bool) -> Select[Any]:
    o = ReferralOut.__table__.c
    return (
        select(*_columns("onward", o.reference, o.chase_on, o.organisation))
        .select_from(with_employer.join(ReferralOut.__table__, o.case_id == c.id))
        .where(o.outcome == "waiting", o.chase_on <= day, is_open, _of(scope, mine=mine))
    )


def by_section(rows: Sequence[WorkRow], section: str) -> list[WorkRow]:
    """The rows of one section."""
    return [row for row in rows if row.section == section]
