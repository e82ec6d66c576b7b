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
    and_,
    bindparam,
    case,
    cast,
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
from portal.caseload.rules.lists import ALL, MINE, NOBODY, PAGE, CaseFilter
from portal.caseload.rules.stages import Stage
from portal.db import current_session
from portal.employers.rules.identifiers import normalise_company_number
from portal.employers.rules.names import telling_words
from portal.kernel.clock import today
from portal.kernel.ids import REFERENCE_LENGTH, normalise_reference
from portal.programme.models import Organisation, StaffPost

_MOST_WORDS = 6

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
    search: tuple[bool, bool, bool, int, int]
    sort: str
    every_provider: bool


class _Search(NamedTuple):
    """What a person may mean by what they typed, each part empty where it cannot be meant."""

    reference: str
    number: str
    email: str
    words: tuple[str, ...]
    parts: tuple[str, ...]

    @property
    def shape(self) -> tuple[bool, bool, bool, int, int]:
        """Which parts there are."""
        one, two, three = bool(self.reference), bool(self.number), bool(self.email)
        return (one, two, three, len(self.words), len(self.parts))


def _search(text: str) -> _Search:
    reference = normalise_reference(text)
    number = normalise_company_number(text) or ""
    words = telling_words(text)[:_MOST_WORDS]
    return _Search(
        reference=reference if len(reference) == REFERENCE_LENGTH else "",
        number=number if any(character.isdigit() for character in text) else "",
        email=text.lower() if "@" in text else "",
        words=tuple(words),
        parts=tuple(text.lower().split()[:_MOST_WORDS]) if words else (),
    )


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
    search = _search(wanted.q)
    known |= {"reference": search.reference, "number": search.number}
    known["email"] = _like(search.email)
    known |= {f"word_{place}": _like(word) for place, word in enumerate(search.words)}
    known |= {f"part_{place}": _like(part) for place, part in enumerate(search.parts)}
    every = scope.organisations is None
    shape = search.shape if wanted.q else (False, False, False, 0, 0)
    return Shape(wanted.view, adviser, tuple(equal), shape, wanted.sort, every), known


def _like_of(name: str) -> Any:
    return bindparam(name, type_=String())


def _like(text: str) -> str:
    escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return f"%{escaped}%"


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
        found.append(_named(shape))
    return found


def _source(shape: Shape) -> FromClause:
    """The tables that a count or an order needs and no more: others only cost time."""
    source: FromClause = Case.__table__
    by_employer = _OF_EMPLOYER & {*shape.equal, shape.view, shape.sort}
    if by_employer or any(shape.search):
        source = with_employer
    if shape.sort in {"next", "stage"} or shape.view in _NEEDS_ACTION:
        source = source.outerjoin(NextAction.__table__, its_action)
    return source


def _named(shape: Shape) -> ColumnElement[bool]:
    """Every word in the employer's name or in the contact's, or the number, or the address."""
    by_reference, by_number, by_email, words, parts = shape.search
    options: list[ColumnElement[bool]] = []
    if by_reference:
        reference = bindparam("reference", type_=String())
        options += [c.reference == reference, e.reference == reference]
    if by_number:
        options.append(e.company_number == bindparam("number", type_=String()))
    if by_email:
        options.append(func.lower(c.contact_email).like(_like_of("email"), escape="/"))
    if words:
        contact = func.lower(c.contact_name)
        names = [e.search_text.like(_like_of(f"word_{i}"), escape="/") for i in range(words)]
        people = [contact.like(_like_of(f"part_{i}"), escape="/") for i in range(parts)]
        options += [and_(*names), and_(*people)]
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
    total = select(literal("total"), func.count(), literal("")).select_from(_source(shape))
    parts = [
        total.where(*_conditions(shape, searched=searched)),
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


def rows(wanted: CaseFilter, scope: Scope) -> list[CaseRow]:
    """One page of a list, in one statement."""
    shape, known = _asked(wanted, scope)
    known |= {"page_size": PAGE, "skipped": (wanted.page - 1) * PAGE}
    query = _rows(shape, searched=bool(wanted.q))
    return [CaseRow(*row) for row in current_session().execute(query, known)]


@lru_cache(maxsize=256)
def _rows(shape: Shape, *, searched: bool) -> Select[Any]:
    # The keys of the page first: only its own rows are looked up in the other tables.
    keys = (
        select(c.id)
        .select_from(_source(shape))
        .where(*_conditions(shape, searched=searched))
        .order_by(*_ORDERS[shape.sort])
        .limit(bindparam("page_size", type_=Integer()))
        .offset(bindparam("skipped", type_=Integer()))
    )
    page = keys.subquery()
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
