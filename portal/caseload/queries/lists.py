"""Lists of cases: narrowed, ordered, counted and paged; plain rows, two statements a page."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.sql.expression import FromClause

from portal.accounts.models import User
from portal.caseload.models import Case, CaseMilestone, NextAction, ReferralSource
from portal.caseload.rules import attention
from portal.caseload.rules.lists import ALL, MINE, NOBODY, PAGE, CaseFilter
from portal.caseload.rules.stages import Milestone, Stage
from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.rules.identifiers import normalise_company_number
from portal.employers.rules.names import telling_words
from portal.kernel.clock import today
from portal.kernel.ids import REFERENCE_LENGTH, normalise_reference
from portal.programme import queries as programme
from portal.programme.models import Organisation, StaffPost

_MOST_WORDS = 6

# Plain columns, not mapped ones: a list is built and read a quarter faster.
c = Case.__table__.c
e = Employer.__table__.c
n = NextAction.__table__.c
_u = User.__table__.c
_o = Organisation.__table__.c
_s = ReferralSource.__table__.c
_m = CaseMilestone.__table__.c
_p = StaffPost.__table__.c

shown_name: ColumnElement[str] = func.coalesce(func.nullif(e.trading_name, ""), e.name)
is_open: ColumnElement[bool] = c.closed_at.is_(None)
with_employer: FromClause = Case.__table__.join(Employer.__table__, e.id == c.employer_id)
with_action: FromClause = with_employer.outerjoin(
    NextAction.__table__, and_(n.case_id == c.id, n.state == "open")
)
_STAGE_ORDER = case({stage.value: stage.place for stage in Stage}, value=c.stage, else_=99)
_ORDERS: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    "next": (n.due_on.asc().nulls_last(), c.id),
    "contact": (c.last_contact_at.asc().nulls_first(), c.id),
    "stage": (_STAGE_ORDER, n.due_on.asc().nulls_last(), c.id),
    "employer": (func.lower(shown_name), c.id),
    "opened": (c.opened_at.desc(), c.id.desc()),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose cases somebody sees: those of these providers, or every provider's (None)."""

    organisations: frozenset[int] | None
    user_id: int | None


def gap_count(target_sectors: Collection[str]) -> ColumnElement[int]:
    """How many things an engagement lacks: ``attention.engagement_readiness`` in SQL."""
    diagnostic = exists(
        select(literal(1)).where(
            _m.case_id == c.id,
            _m.kind == Milestone.DIAGNOSTIC.value,
            _m.withdrawn_at.is_(None),
        )
    )
    present: tuple[ColumnElement[bool], ...] = (
        e.sector.in_(sorted(target_sectors)),
        e.size_tier.is_not(None),
        c.session_state.in_(sorted(attention.SESSION_HELD)),
        diagnostic,
        c.session_state == attention.SESSION_CONFIRMED,
    )
    total: ColumnElement[int] = literal(0, Integer)
    for condition in present:
        total = total + case((condition, 0), else_=1)
    return total


def is_quiet(day: date, quiet_days: int) -> ColumnElement[bool]:
    """Open cases whose employer nobody reached lately: ``attention.is_quiet`` in SQL."""
    latest = func.coalesce(c.last_contact_at, c.opened_at, type_=c.opened_at.type)
    return and_(is_open, latest < attention.quiet_before(day, quiet_days))


def in_view(view: str, day: date) -> ColumnElement[bool] | None:
    """What a named view keeps; None where it keeps everything."""
    settings = programme.settings()
    gaps = gap_count([sector.key for sector in settings.sectors])
    views: dict[str, ColumnElement[bool] | None] = {
        "open": is_open,
        "closed": c.closed_at.is_not(None),
        "all": None,
        "overdue": and_(is_open, n.due_on < day),
        "today": and_(is_open, n.due_on == day),
        "week": and_(is_open, n.due_on.between(day, attention.end_of_week(day))),
        "no_next_action": and_(is_open, n.id.is_(None)),
        "quiet": is_quiet(day, settings.quiet_days),
        "never_contacted": and_(is_open, c.contact_count == 0),
        "waiting_for_employer": and_(is_open, c.waiting_since.is_not(None)),
        "almost_claimable": and_(is_open, gaps == 1),
        "claimable": and_(is_open, gaps == 0),
        "session_unconfirmed": and_(is_open, c.session_state.in_(attention.SESSION_UNCONFIRMED)),
    }
    return views[view]


def _conditions(wanted: CaseFilter, scope: Scope) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if scope.organisations is not None:
        found.append(c.organisation_id.in_(sorted(scope.organisations)))
    elif wanted.provider:
        found.append(c.organisation_id == int(wanted.provider))
    if wanted.adviser == NOBODY:
        found.append(c.adviser_id.is_(None))
    elif wanted.adviser != ALL:
        mine = wanted.adviser == MINE
        found.append(c.adviser_id == (scope.user_id if mine else int(wanted.adviser)))
    for column, value in (
        (c.stage, wanted.stage),
        (e.sector, wanted.sector),
        (e.size_tier, wanted.size),
        (e.district, wanted.district),
        (c.source_id, int(wanted.source or 0)),
    ):
        if value:
            found.append(column == value)
    view = in_view(wanted.view, today())
    if view is not None:
        found.append(view)
    if wanted.q:
        found.append(_named(wanted.q))
    return found


def _named(text: str) -> ColumnElement[bool]:
    """What a person may mean: words of the employer's name or the contact's, a number, an address.

    Every word must stand in the one name or in the other.
    """
    whole = text.lower()
    options: list[ColumnElement[bool]] = []
    reference = normalise_reference(text)
    if len(reference) == REFERENCE_LENGTH:
        options += [c.reference == reference, e.reference == reference]
    number = normalise_company_number(text)
    if number and any(character.isdigit() for character in text):
        options.append(e.company_number == number)
    if "@" in whole:
        options.append(func.lower(c.contact_email).contains(whole, autoescape=True))
    words = telling_words(text)[:_MOST_WORDS]
    if words:
        parts = whole.split()[:_MOST_WORDS]
        contact = func.lower(c.contact_name)
        options += [
            and_(*(e.search_text.contains(word, autoescape=True) for word in words)),
            and_(*(contact.contains(part, autoescape=True) for part in parts)),
        ]
    return or_(*options) if options else false()


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands round the rows: how many there are in all, and what can be chosen."""

    total: int
    sources: list[tuple[str, str]]
    advisers: list[tuple[str, str]]
    providers: list[tuple[str, str]]


def frame(wanted: CaseFilter, scope: Scope) -> Frame:
    """The count of a list and the choices of its filters, in one statement."""
    needs_action = wanted.view in {"overdue", "today", "week", "no_next_action"}
    source = with_action if needs_action else with_employer
    total = select(literal("total"), func.count(), literal("")).select_from(source)
    parts = [
        total.where(*_conditions(wanted, scope)),
        select(literal("source"), _s.id, _s.name),
    ]
    if scope.organisations is None:
        providers = select(literal("provider"), _o.id, _o.name)
        parts.append(providers.where(_o.kind == "provider"))
    else:
        staff = select(literal("adviser"), _u.id, _u.name)
        here = select(_p.user_id).where(_p.organisation_id.in_(sorted(scope.organisations)))
        parts.append(staff.where(_u.id.in_(here), _u.active.is_(True)))
    found: dict[str, list[tuple[str, str]]] = {"source": [], "provider": [], "adviser": []}
    count = 0
    for kind, key, name in current_session().execute(union_all(*parts)):
        if kind == "total":
            count = key
        else:
            found[kind].append((str(key), name))
    for choices in found.values():
        choices.sort(key=lambda choice: choice[1].lower())
    return Frame(count, found["source"], found["adviser"], found["provider"])


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One line of a list."""

    reference: str
    employer: str
    stage: str
    adviser: str | None
    provider: str | None
    action_id: int | None
    action_kind: str | None
    action_what: str | None
    due_on: date | None
    last_contact_at: datetime | None
    waiting_for: str
    contact_name: str
    contact_phone: str
    contact_email: str
    is_open: bool


def rows(wanted: CaseFilter, scope: Scope) -> list[CaseRow]:
    """One page of a list, in one statement."""
    # The keys of the page first: only its own rows are looked up in the other tables.
    needs_action = wanted.sort in {"next", "stage"} or wanted.view in {
        *("overdue", "today", "week", "no_next_action"),
    }
    keys = (
        select(c.id)
        .select_from(with_action if needs_action else with_employer)
        .where(*_conditions(wanted, scope))
        .order_by(*_ORDERS[wanted.sort])
        .limit(PAGE)
        .offset((wanted.page - 1) * PAGE)
    )
    every_provider = scope.organisations is None
    page = keys.subquery()
    source = with_action.join(page, page.c.id == c.id).outerjoin(
        User.__table__, _u.id == c.adviser_id
    )
    if every_provider:
        source = source.join(Organisation.__table__, _o.id == c.organisation_id)
    query = (
        select(
            c.reference,
            shown_name,
            c.stage,
            _u.name,
            _o.name if every_provider else cast(null(), String),
            n.id,
            n.kind,
            n.what,
            n.due_on,
            c.last_contact_at,
            c.waiting_for,
            c.contact_name,
            c.contact_phone,
            c.contact_email,
            is_open,
        )
        .select_from(source)
        .order_by(*_ORDERS[wanted.sort])
    )
    return [CaseRow(*row) for row in current_session().execute(query)]


EXPORT_COLUMNS = (
    *("Case", "Employer", "Registered name", "Company number", "Sector", "Size", "Employees"),
    *("District", "Provider", "Adviser", "Source", "Stage", "In this stage since", "Opened"),
    *("Closed", "Why closed", "Next action", "Next action due", "Last contact", "Contacts"),
    *("Waiting for", "Session", "Contact person", "Contact's job", "Telephone", "E-mail"),
)


def export_rows(wanted: CaseFilter, scope: Scope) -> Iterator[tuple[Any, ...]]:
    """Every row of a list, whatever the page, as it comes from the database.

    Columns are ``EXPORT_COLUMNS``, but for the next action, which comes as kind and words.
    """
    source = (
        with_action.join(Organisation.__table__, _o.id == c.organisation_id)
        .outerjoin(User.__table__, _u.id == c.adviser_id)
        .outerjoin(ReferralSource.__table__, _s.id == c.source_id)
    )
    query: Select[Any] = (
        select(
            *(c.reference, shown_name, e.name, e.company_number, e.sector, e.size_tier),
            *(e.headcount, e.district, _o.name, _u.name, _s.name, c.stage, c.stage_since),
            *(c.opened_at, c.closed_at, c.close_reason, n.kind, n.what, n.due_on),
            *(c.last_contact_at, c.contact_count, c.waiting_for, c.session_state),
            *(c.contact_name, c.contact_job, c.contact_phone, c.contact_email),
        )
        .select_from(source)
        .where(*_conditions(wanted, scope))
        .order_by(*_ORDERS[wanted.sort])
    )
    found = current_session().execute(query.execution_options(yield_per=500))
    for row in found:
        yield tuple(row)
