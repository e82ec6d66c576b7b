"""What the programme report reads: cells in one statement, contracts and names in another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Date, Integer, Select, String, cast, func, literal, null, select, union_all

from portal.db import current_session
from portal.payments.models import Contract, ContractProfile
from portal.programme.models import Organisation
from portal.reports.queries.cells import Count, Wanted, several
from portal.reports.rules.programme.data import Contract as Plan
from portal.reports.rules.programme.data import quarter_of
from portal.reports.rules.programme.tally import Sum, Tally
from portal.reports.rules.scope import Scope
from portal.toolkit.models import Resource

_PLACE: Final = {"a": "sector", "b": "size", "c": "district"}
# What is counted of employers' work under its kind and place, and by month.
_JOINT: Final = (
    ("firsts", "employer"),
    ("sessions", "session"),
    ("support", "support"),
    ("outputs", "output"),
    ("arrivals", "arrival"),
)
_BY_KIND: Final = (("contacts", "contact"), ("referrals", "referral"), ("steps", "step"))
_OF_PROVIDER: Final = (
    *_BY_KIND,
    ("consultations", "consultation"),
    ("sessions", "session"),
    ("deliveries", "delivery"),
    ("support", "support"),
    ("outputs", "output"),
    ("arrivals", "arrival"),
    ("paid", "money"),
)
_BY_PROVIDER: Final = (
    ("referrals", "referral"),
    ("steps", "step"),
    ("consultations", "consultation"),
    ("sessions", "session"),
    ("deliveries", "delivery"),
    ("outputs", "output"),
    ("arrivals", "arrival"),
)
_BY_SOURCE: Final = (
    ("referrals", "referral"),
    ("steps", "step"),
    ("sessions", "session"),
    ("outputs", "output"),
    ("arrivals", "arrival"),
)
_BY_MONTH: Final = (
    ("referrals_m", "referral"),
    ("sessions_m", "session"),
    ("support_m", "support"),
)
_BY_MONTH_KIND: Final = (("outputs_m", "output"), ("arrivals_m", "arrival"))

_Only = tuple[tuple[str, Collection[str]], ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """One question, with what its columns are called: column of the cells → name."""

    fact: str
    axis: str
    columns: dict[str, str]
    only: _Only = ()
    first: date | None = None
    last: date | None = None


def tallies(
    scope: Scope, more: Mapping[str, Wanted]
) -> tuple[dict[str, Tally], dict[str, list[Count]]]:
    """Every count that the report needs for this scope, and what ``more`` asks, in one statement.

    The second part holds the answers to ``more``; the first holds them too, as tallies.
    """
    asks = dict(_asks(scope))
    found = several(
        {
            name: Wanted(ask.fact, ask.axis, tuple(ask.columns), ask.first, ask.last, ask.only)
            for name, ask in asks.items()
        }
        | dict(more)
    )
    asked = {name: tuple(ask.columns.values()) for name, ask in asks.items()}
    asked |= {name: tuple(one.by) for name, one in more.items()}
    return {name: _tally(columns, found[name]) for name, columns in asked.items()}, {
        name: found[name] for name in more
    }


def _tally(columns: tuple[str, ...], found: list[Count]) -> Tally:
    return Tally(
        columns,
        tuple(
            (tuple(_text(value) for value in one.group), Sum(one.n, one.amount)) for one in found
        ),
    )


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _asks(scope: Scope) -> Iterator[tuple[str, Ask]]:
    if scope.provider is None:
        yield from _of_employers(scope)
        if not scope.filtered:
            yield from _of_everything(scope)
    else:
        yield from _of_provider(scope)
    if not scope.filtered or scope.provider is not None:
        yield from _of_contracts(scope)


def _within(scope: Scope, fact: str, axis: str, columns: dict[str, str], only: _Only = ()) -> Ask:
    return Ask(fact, axis, columns, only, scope.first_month, scope.last_month)


def _of_employers(scope: Scope) -> Iterator[tuple[str, Ask]]:
    chosen = (("a", scope.sector), ("b", scope.size_tier), ("c", scope.district))
    only = tuple((column, (value,)) for column, value in chosen if value)

    def ask(fact: str, **columns: str) -> Ask:
        return _within(scope, fact, "employer", columns, only)

    for name, fact in _JOINT:
        yield name, ask(fact, kind="kind", **_PLACE)
    for name, fact in _BY_KIND:
        yield name, ask(fact, kind="kind")
    for name, fact in _BY_MONTH:
        yield name, ask(fact, month="month")
    for name, fact in _BY_MONTH_KIND:
        yield name, ask(fact, month="month", kind="kind")
    yield "consultations", ask("consultation")
    yield "paid", ask("money", kind="kind")
    yield "attendance", ask("attendance")
    yield "firsts_m", ask("employer", month="month", kind="kind", a="sector")
    if not scope.district:
        narrowed = (("b", scope.sector), ("c", scope.size_tier))
        only_hard = tuple((column, (value,)) for column, value in narrowed if value)
        columns = {"kind": "kind", "a": "hard", "b": "sector", "c": "size"}
        yield "hard", _within(scope, "output", "hard", columns, only_hard)


def _of_everything(scope: Scope) -> Iterator[tuple[str, Ask]]:
    by_kind = {"kind": "kind"}
    yield "deliveries", _within(scope, "delivery", "provider", by_kind)
    yield "activities", _within(scope, "activity", "all", by_kind)
    yield "activities_m", _within(scope, "activity", "all", {"month": "month"})
    yield "attendance_m", _within(scope, "attendance", "employer", {"month": "month"})
    yield "reach", _within(scope, "reach", "sector", {"kind": "kind", "a": "sector"})
    yield "reach_m", _within(scope, "reach", "sector", {"month": "month", "kind": "kind"})
    yield "reach_channels", _within(scope, "reach", "campaign", {"kind": "kind", "a": "channel"})
    paid = {"kind": "kind", "a": "type", "b": "size", "c": "hard"}
    yield "paid_types", _within(scope, "money", "type", paid)
    # Days are counted by the quarter.
    days = {"kind": "kind", "a": "days"}
    first = quarter_of(scope.first_month)
    yield "gaps", Ask("gap", "days", days, (), first, scope.last_month)
    for name, fact in _BY_PROVIDER:
        columns = {"kind": "kind", "a": "provider"}
        yield f"{name}_p", _within(scope, fact, "provider", columns)
    for name, fact in _BY_SOURCE:
        yield f"{name}_s", _within(scope, fact, "source", {"kind": "kind", "a": "source"})


def _of_provider(scope: Scope) -> Iterator[tuple[str, Ask]]:
    only = (("a", (str(scope.provider),)),)

    def ask(fact: str, axis: str = "provider", **columns: str) -> Ask:
        return _within(scope, fact, axis, columns, only)

    for name, fact in _OF_PROVIDER:
        yield name, ask(fact, kind="kind")
    for name, fact in _BY_MONTH:
        yield name, ask(fact, month="month")
    for name, fact in _BY_MONTH_KIND:
        yield name, ask(fact, month="month", kind="kind")
    yield "hard", ask("work", "owner", kind="kind", b="hard", c="size")
    yield "work_places", ask("work", "place", kind="kind", b="sector", c="district")


def _of_contracts(scope: Scope) -> Iterator[tuple[str, Ask]]:
    columns = {"kind": "kind", "a": "contract", "b": "hard"}
    yield "work_contracts", _within(scope, "work", "contract", columns)
    # Since the contracts began.
    columns = {"month": "month", "kind": "kind", "a": "contract"}
    yield "claimed", Ask("claimed", "contract", columns, last=scope.last_month)


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Contracts in force at some time of the report, providers' names, resources published."""

    contracts: tuple[Plan, ...]
    providers: dict[int, str]
    published: int


def backdrop(scope: Scope) -> Backdrop:
    """What stands around the counts, in one statement."""
    contracts: dict[int, dict[str, Any]] = {}
    providers: dict[int, str] = {}
    published = 0
    rows = current_session().execute(union_all(_contracts(scope), _providers(), _published()))
    for kind, key, title, provider_id, provider, starts, ends, cap, target, quarter, pence in rows:
        if kind == "provider":
            providers[key] = title
        elif kind == "published":
            published = cap
        else:
            known = contracts.setdefault(
                key,
                {
                    "id": key,
                    "title": title,
                    "provider_id": provider_id,
                    "provider": provider,
                    "starts_on": starts,
                    "ends_on": ends,
                    "cap": cap,
                    "target": None if target is None else 10 * target,
                    "profile": {},
                },
            )
            if quarter is not None:
                known["profile"][quarter] = pence
    plans = sorted(
        (Plan(**one) for one in contracts.values()),
        key=lambda one: (one.provider.lower(), one.starts_on, one.id),
    )
    ordered = dict(sorted(providers.items(), key=lambda one: (one[1].lower(), one[0])))
    return Backdrop(tuple(plans), ordered, published)


def _contracts(scope: Scope) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            literal("contract"),
            Contract.id,
            Contract.title,
            Contract.organisation_id,
            Organisation.name,
            Contract.starts_on,
            Contract.ends_on,
            Contract.total_cap_pence,
            Contract.bonus_target_percent,
            ContractProfile.quarter,
            ContractProfile.pence,
        )
        .join(Organisation, Organisation.id == Contract.organisation_id)
        .outerjoin(ContractProfile, ContractProfile.contract_id == Contract.id)
        .where(
            Contract.state != "draft",
            Contract.starts_on <= scope.last,
            Contract.ends_on >= scope.first,
        )
    )
    if scope.provider is not None:
        query = query.where(Contract.organisation_id == scope.provider)
    return query


_NO_DAY: Final = cast(null(), Date())
_NO_NUMBER: Final = cast(null(), Integer())
_NO_TEXT: Final = cast(null(), String())


def _providers() -> Select[*tuple[Any, ...]]:
    return select(
        *(literal("provider"), Organisation.id, Organisation.name, _NO_NUMBER, _NO_TEXT),
        *(_NO_DAY, _NO_DAY, _NO_NUMBER, _NO_NUMBER, _NO_DAY, _NO_NUMBER),
    ).where(Organisation.kind == "provider")


def _published() -> Select[*tuple[Any, ...]]:
    return select(
        *(literal("published"), literal(0), literal(""), _NO_NUMBER, _NO_TEXT),
        *(_NO_DAY, _NO_DAY, func.count(), _NO_NUMBER, _NO_DAY, _NO_NUMBER),
    ).where(Resource.state == "published")
