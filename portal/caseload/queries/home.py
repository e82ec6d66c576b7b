"""What an adviser's day begins with: actions due, counts worth a look, and what waits elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    Date,
    Select,
    String,
    Subquery,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
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
from portal.caseload.queries.case_sql import (
    Scope,
    c,
    gap_count,
    is_open,
    is_quiet,
    n,
    own_case,
    own_provider,
    shown_name,
    unconfirmed,
    values,
    with_action,
    with_employer,
)
from portal.db import current_session, prepared

SHOWN = 20
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


def _of(*, mine: bool) -> ColumnElement[bool]:
    return and_(own_provider, own_case) if mine else own_provider


def work(scope: Scope, day: date, *, mine: bool) -> tuple[dict[str, int], list[WorkRow]]:
    """Counts over every open case, and the rows of each section, soonest due first.

    One statement: what is counted and what is shown come from one reading of the cases. A section
    shows ``SHOWN`` rows at most; its count says how many there are.
    """
    found = current_session().execute(_work(mine=mine), values(day, scope)).all()
    width = len(COUNTERS)
    counts = {name: int(value) for name, value in zip(COUNTERS, found[0][:width], strict=True)}
    return counts, [WorkRow(*row[width:]) for row in found if row[width] is not None]


_DAY = bindparam("day", type_=Date())


def _open_cases(*, mine: bool) -> CTE:
    section = case(
        (n.id.is_(None), "no_next_action"),
        (n.due_on < _DAY, "overdue"),
        (n.due_on == _DAY, "today"),
        (n.due_on <= bindparam("week_end", type_=Date()), "week"),
        else_=cast(null(), String),
    )
    return (
        select(
            *(c.id, c.reference, shown_name.label("employer"), c.stage, c.adviser_id),
            *(n.id.label("action_id"), n.kind, n.what, n.due_on),
            *(c.contact_name, c.contact_phone, c.contact_email),
            section.label("section"),
            gap_count.label("gaps"),
            _flag(is_quiet).label("quiet"),
            _flag(c.contact_count == 0).label("never_contacted"),
            _flag(c.waiting_since.is_not(None)).label("waiting_for_employer"),
            _flag(unconfirmed).label("session_unconfirmed"),
        )
        .select_from(with_action)
        .where(is_open, _of(mine=mine))
        .cte("open_cases")
    )


def _totals(cases: CTE) -> Subquery:
    b = cases.c
    flags: dict[str, ColumnElement[int]] = {
        "overdue": _flag(b.section == "overdue"),
        "today": _flag(b.section == "today"),
        "week": _flag(b.section.in_(("today", "week"))),
        "no_next_action": _flag(b.section == "no_next_action"),
        "quiet": b.quiet,
        "never_contacted": b.never_contacted,
        "waiting_for_employer": b.waiting_for_employer,
        "almost_claimable": _flag(b.gaps == 1),
        "claimable": _flag(b.gaps == 0),
        "session_unconfirmed": b.session_unconfirmed,
    }
    sums = (func.coalesce(func.sum(flag), 0).label(name) for name, flag in flags.items())
    return select(func.count().label("open"), *sums).select_from(cases).subquery("totals")


@cache
def _work(*, mine: bool) -> Select[Any]:
    cases = _open_cases(mine=mine)
    totals = _totals(cases)
    b, u = cases.c, User.__table__.c
    place = func.row_number().over(partition_by=b.section, order_by=(b.due_on, b.id))
    ranked = select(cases, place.label("place")).where(b.section.is_not(None)).subquery("ranked")
    r = ranked.c
    rows = (
        select(
            *(r.section, r.reference, r.employer, r.stage, u.name.label("adviser")),
            *(r.action_id, r.kind, r.what, r.due_on),
            *(r.contact_name, r.contact_phone, r.contact_email, r.id),
        )
        .select_from(ranked.outerjoin(User.__table__, u.id == r.adviser_id))
        .where(r.place <= SHOWN)
        .subquery("shown")
    )
    work = (
        select(*(totals.c[name] for name in COUNTERS), *(col for col in rows.c if col.name != "id"))
        .select_from(totals.outerjoin(rows, true()))
        .order_by(rows.c.due_on.asc().nulls_last(), rows.c.id)
    )
    return prepared(work) if mine else work


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
    known = {**values(day, scope), "ahead": day + FOLLOW_UP_AHEAD}
    found = current_session().execute(_waiting(mine=mine), known)
    return sorted((Waiting(*row) for row in found), key=lambda item: item.day)


@cache
def _waiting(*, mine: bool) -> CompoundSelect[Any]:
    limited = []
    for number, part in enumerate(
        (_referrals(), _follow_ups(mine=mine), *_confirmations(mine=mine), _onward(mine=mine))
    ):
        counted = part.add_columns(func.count().over().label("total"))
        # A limit inside a union stands in a table of its own, as SQLite wants it.
        limited.append(select(counted.order_by("day").limit(BESIDE).subquery(f"part_{number}")))
    waiting = union_all(*limited)
    return prepared(waiting) if mine else waiting


def _columns(kind: str, record: Any, day: Any, words: Any) -> tuple[ColumnElement[Any], ...]:
    return (
        literal(kind, String).label("kind"),
        shown_name.label("employer"),
        c.reference.label("reference"),
        cast(record, String).label("record"),
        day.label("day"),
        words.label("words"),
        c.contact_name.label("contact_name"),
        c.contact_phone.label("contact_phone"),
        c.contact_email.label("contact_email"),
    )


def _referrals() -> Select[Any]:
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
        .where(
            r.organisation_id.in_(bindparam("own", expanding=True)),
            r.status == "waiting",
        )
    )


def _follow_ups(*, mine: bool) -> Select[Any]:
    f = FollowUp.__table__.c
    return (
        select(*_columns("follow_up", f.months, f.due_on, cast(f.months, String)))
        .select_from(with_employer.join(FollowUp.__table__, f.case_id == c.id))
        .where(
            f.state == "planned",
            f.due_on <= bindparam("ahead", type_=Date()),
            is_open,
            _of(mine=mine),
        )
    )


def _confirmations(*, mine: bool) -> tuple[Select[Any], Select[Any]]:
    """What an employer disputes, and what it has not confirmed in time."""
    k, d = Confirmation.__table__.c, Delivery.__table__.c
    h, a = DiagnosticSession.__table__.c, Attendance.__table__.c
    source = (
        with_employer.join(Confirmation.__table__, k.case_id == c.id)
        .outerjoin(DiagnosticSession.__table__, h.id == k.session_id)
        .outerjoin(Attendance.__table__, a.id == k.attendance_id)
        .outerjoin(Delivery.__table__, d.id == a.delivery_id)
    )
    record = case((h.id.is_(None), d.reference), else_=h.reference)
    words = case((h.id.is_(None), d.title), else_=cast(literal(""), String))
    conditions = {
        "disputed": k.state == "disputed",
        "unconfirmed": and_(k.state == "awaiting", k.due_on < _DAY),
    }
    disputed, late = (
        select(*_columns(kind, record, k.due_on, words))
        .select_from(source)
        .where(
            condition,
            h.withdrawn_at.is_(None),
            d.withdrawn_at.is_(None),
            is_open,
            _of(mine=mine),
        )
        for kind, condition in conditions.items()
    )
    return disputed, late


def _onward(*, mine: bool) -> Select[Any]:
    o = ReferralOut.__table__.c
    return (
        select(*_columns("onward", o.reference, o.chase_on, o.organisation))
        .select_from(with_employer.join(ReferralOut.__table__, o.case_id == c.id))
        .where(o.outcome == "waiting", o.chase_on <= _DAY, is_open, _of(mine=mine))
    )


def by_section(rows: Sequence[WorkRow], section: str) -> list[WorkRow]:
    """The rows of one section."""
    return [row for row in rows if row.section == section]
