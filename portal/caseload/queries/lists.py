"""Lists of cases: narrowed, ordered, counted and paged; plain rows, two statements a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    String,
    bindparam,
    case,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.sql.expression import FromClause

from portal.accounts.models import User
from portal.caseload.models import Case, NextAction, ReferralSource
from portal.caseload.queries.case_sql import (
    EQUAL,
    VIEWS,
    Scope,
    c,
    e,
    is_open,
    its_action,
    n,
    own_case,
    own_provider,
    shown_name,
    values,
    with_action,
    with_employer,
)
from portal.caseload.queries.list_search import NO_SEARCH, SearchShape, asked_for, is_meant
from portal.caseload.rules.lists import ALL, COUNTED, MINE, NOBODY, PAGE, CaseFilter
from portal.caseload.rules.stages import Stage
from portal.db import current_session
from portal.kernel.clock import today
from portal.programme.models import Organisation, StaffPost

_u = User.__table__.c
_o = Organisation.__table__.c
_s = ReferralSource.__table__.c
_p = StaffPost.__table__.c
_NEEDS_ACTION = frozenset({"overdue", "today", "week", "no_next_action"})
_OF_EMPLOYER = frozenset(
    {*("sector", "size", "district"), *("almost_claimable", "claimable"), "employer"}
)
_STAGE_ORDER = case({stage.value: stage.place for stage in Stage}, value=c.stage, else_=99)
_ORDERS: Mapping[str, tuple[ColumnElement[Any], ...]] = {
    "next": (n.due_on.asc().nulls_last(), c.id),
    "contact": (c.last_contact_at.asc().nulls_first(), c.id),
    "stage": (_STAGE_ORDER, n.due_on.asc().nulls_last(), c.id),
    "employer": (func.lower(shown_name), c.id),
    "opened": (c.opened_at.desc(), c.id.desc()),
}


class Shape(NamedTuple):
    """What a statement looks like: which filters there are, not what they ask for.

    A statement is built once for each shape; building one costs more than running it.
    """

    view: str
    adviser: str
    equal: tuple[str, ...]
    search: SearchShape
    sort: str
    every_provider: bool


# How the keys of a page are found: all that fit in their order, or those with a next action by
# its day and those with none by their own.
_KEYS, _PLANNED, _UNPLANNED = "keys", "planned", "unplanned"


def _asked(wanted: CaseFilter, scope: Scope) -> tuple[Shape, dict[str, Any]]:
    """The shape of a list's statement, and what it is given."""
    known = values(today(), scope)
    equal = []
    for name in EQUAL:
        value = getattr(wanted, name)
        if value and not (name == "provider" and scope.organisations is not None):
            equal.append(name)
            known[name] = int(value) if name in {"provider", "source"} else value
    adviser = wanted.adviser
    if adviser not in {ALL, MINE, NOBODY}:
        known["me"], adviser = int(adviser), MINE
    every = scope.organisations is None
    if wanted.q:
        search, given = asked_for(wanted.q)
        known |= given
    else:
        search = NO_SEARCH
    return Shape(wanted.view, adviser, tuple(equal), search, wanted.sort, every), known


def _conditions(shape: Shape, *, searched: bool) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [] if shape.every_provider else [own_provider]
    if shape.adviser == NOBODY:
        found.append(c.adviser_id.is_(None))
    elif shape.adviser == MINE:
        found.append(own_case)
    found += [EQUAL[name] == bindparam(name) for name in shape.equal]
    view = VIEWS[shape.view]
    if view is not None:
        found.append(view)
    if searched:
        found.append(is_meant(shape.search))
    return found


def _source(shape: Shape) -> FromClause:
    """The tables that a count or an order needs and no more: others only cost time."""
    source: FromClause = Case.__table__
    if _OF_EMPLOYER & {*shape.equal, shape.view, shape.sort}:
        source = with_employer
    if shape.sort in {"next", "stage"} or shape.view in _NEEDS_ACTION:
        source = source.outerjoin(NextAction.__table__, its_action)
    return source


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands round the rows: how many there are in all, and what can be chosen."""

    total: int
    sources: list[tuple[str, str]]
    advisers: list[tuple[str, str]]
    providers: list[tuple[str, str]]

    @property
    def more(self) -> bool:
        """Whether there are more than were counted, which is one past ``COUNTED``."""
        return self.total > COUNTED


def frame(wanted: CaseFilter, scope: Scope) -> Frame:
    """The count of a list and the choices of its filters, in one statement.

    They are counted to one past ``COUNTED``: nobody pages further, and a count of them all would
    take longer the more there are.
    """
    shape, known = _asked(wanted, scope)
    # The order and the page make no difference to the count.
    query = _frame(shape._replace(sort=""), searched=bool(wanted.q))
    found: dict[str, list[tuple[str, str]]] = {"source": [], "provider": [], "adviser": []}
    count = 0
    for kind, key, name in current_session().execute(query, known):
        if kind == "total":
            count = key
        else:
            found[kind].append((str(key), name))
    for choices in found.values():
        choices.sort(key=lambda choice: choice[1].lower())
    return Frame(count, found["source"], found["adviser"], found["provider"])


@lru_cache(maxsize=256)
def _frame(shape: Shape, *, searched: bool) -> CompoundSelect[Any]:
    some = select(literal(1).label("one")).select_from(_source(shape))
    some = some.where(*_conditions(shape, searched=searched)).limit(COUNTED + 1)
    parts = [
        select(literal("total"), func.count(), literal("")).select_from(some.subquery()),
        select(literal("source"), _s.id, _s.name),
    ]
    if shape.every_provider:
        providers = select(literal("provider"), _o.id, _o.name)
        parts.append(providers.where(_o.kind == "provider"))
    else:
        staff = select(literal("adviser"), _u.id, _u.name)
        own = _p.organisation_id.in_(bindparam("own", expanding=True))
        here = select(_p.user_id).where(own)
        parts.append(staff.where(_u.id.in_(here), _u.active.is_(True)))
    return union_all(*parts)


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


def rows(wanted: CaseFilter, scope: Scope, *, many: bool = False) -> list[CaseRow]:
    """One page of a list, in one statement; in three at the most where it is one of ``many``.

    Few cases are found and put in order. Many are read in their order until the page is full.
    """
    shape, known = _asked(wanted, scope)
    skipped = (wanted.page - 1) * PAGE
    searched = bool(wanted.q)
    if many and shape.sort == "next" and shape.view not in _NEEDS_ACTION:
        return _soonest(shape, known, skipped, searched=searched)
    return _page(_rows(shape, _KEYS, searched=searched), known, PAGE, skipped)


def _soonest(shape: Shape, known: dict[str, Any], skipped: int, *, searched: bool) -> list[CaseRow]:
    """One page of many cases: first those with a next action, by its day, then those without."""
    found = _page(_rows(shape, _PLANNED, searched=searched), known, PAGE, skipped)
    if len(found) == PAGE:
        return found
    if skipped and not found:
        count = _planned_count(shape, searched=searched)
        skipped -= current_session().execute(count, known).scalar_one()
    else:
        skipped = 0
    query = _rows(shape, _UNPLANNED, searched=searched)
    return found + _page(query, known, PAGE - len(found), skipped)


def _page(query: Select[Any], known: dict[str, Any], size: int, skipped: int) -> list[CaseRow]:
    given = known | {"page_size": size, "skipped": skipped}
    return [CaseRow(*row) for row in current_session().execute(query, given)]


def _planned(shape: Shape, *, searched: bool) -> Select[Any]:
    """Cases with a next action. An EXISTS and no join: so the actions are read by their day."""
    case = select(literal(1)).select_from(_source(shape._replace(sort="")))
    held = case.where(c.id == n.case_id, *_conditions(shape, searched=searched))
    held = held.correlate(NextAction.__table__)
    return select(n.case_id.label("id")).where(n.state == "open", held.exists())


@lru_cache(maxsize=64)
def _planned_count(shape: Shape, *, searched: bool) -> Select[Any]:
    return select(func.count()).select_from(_planned(shape, searched=searched).subquery())


def _keys(shape: Shape, way: str, *, searched: bool) -> Select[Any]:
    if way == _PLANNED:
        return _planned(shape, searched=searched).order_by(n.due_on, n.case_id)
    conditions = _conditions(shape, searched=searched)
    if way == _UNPLANNED:
        planned = select(literal(1)).where(its_action).correlate(Case.__table__).exists()
        query = select(c.id).select_from(_source(shape._replace(sort="")))
        return query.where(*conditions, ~planned).order_by(c.id)
    query = select(c.id).select_from(_source(shape)).where(*conditions)
    return query.order_by(*_ORDERS[shape.sort])


@lru_cache(maxsize=256)
def _rows(shape: Shape, way: str, *, searched: bool) -> Select[Any]:
    # The keys of the page first: only its own rows are looked up in the other tables.
    keys = _keys(shape, way, searched=searched)
    keys = keys.limit(bindparam("page_size", type_=Integer()))
    page = keys.offset(bindparam("skipped", type_=Integer())).subquery()
    source = with_action.join(page, page.c.id == c.id).outerjoin(
        User.__table__, _u.id == c.adviser_id
    )
    if shape.every_provider:
        source = source.join(Organisation.__table__, _o.id == c.organisation_id)
    return (
        select(
            *(c.reference, shown_name, c.stage, _u.name),
            _o.name if shape.every_provider else cast(null(), String),
            *(n.id, n.kind, n.what, n.due_on, c.last_contact_at, c.waiting_for),
            *(c.contact_name, c.contact_phone, c.contact_email),
            is_open,
        )
        .select_from(source)
        .order_by(*_ORDERS[shape.sort])
    )


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
    shape, known = _asked(wanted, scope)
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
        .where(*_conditions(shape, searched=bool(wanted.q)))
        .order_by(*_ORDERS[shape.sort])
    )
    found = current_session().execute(query.execution_options(yield_per=500), known)
    for row in found:
        yield tuple(row)
