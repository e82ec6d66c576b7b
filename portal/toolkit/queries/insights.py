"""Insights and their themes. A provider's staff see their own; LEP staff see all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import and_, func, or_, select

from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.toolkit.models import Insight, InsightTheme, InsightThemeLink, Resource
from portal.toolkit.rules.insights import PARTS
from portal.toolkit.rules.states import ResourceState
from portal.toolkit.rules.words import CONVERSATIONS


@dataclass(frozen=True, slots=True)
class InsightFilter:
    """Which insights: of some providers (None: of all), of a sector, a theme, with some words."""

    organisations: frozenset[int] | None
    sector: str = ""
    theme: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class InsightFacts:
    """A discussion with a business."""

    id: int
    reference: str
    employer_id: int | None
    employer: str | None
    business: str
    organisation_id: int | None
    held_on: date
    how: str
    sector: str
    size_tier: str | None
    practice: str
    challenge: str
    support_need: str
    may_quote: bool
    revision: int
    by_name: str
    withdrawn_at: datetime | None
    withdrawn_reason: str | None
    themes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ThemeFacts:
    """A theme, and how many discussions and resources it has."""

    id: int
    reference: str
    title: str
    about: str
    dimension: str | None
    retired_at: datetime | None
    insights: int
    resources: int


HELD: Final = TableShown(
    table_of(Insight),
    lambda key: Insight.employer_id == key,
    {
        "reference": "Reference",
        "held_on": "Day",
        "how": "How",
        "sector": "Sector then",
        "size_tier": "Size then",
        **PARTS,
        "may_quote": "May be quoted without your name",
        "by": "Logged by",
        "withdrawn_at": "Withdrawn",
        "withdrawn_reason": "Why withdrawn",
        "created_at": "Written",
        "updated_at": "Last changed",
    },
    names("id employer_id business organisation_id revision by_name"),
    words={"how": CONVERSATIONS},
)


def insights(wanted: InsightFilter, *, limit: int, offset: int = 0) -> list[InsightFacts]:
    """Discussions that a filter lets through, the latest first, each with its themes."""
    query = (
        select(Insight, Employer.reference, Employer.name)
        .outerjoin(Employer, Employer.id == Insight.employer_id)
        .where(*_where(wanted))
        .order_by(Insight.held_on.desc(), Insight.id.desc())
        .limit(limit)
        .offset(offset)
    )
    rows = current_session().execute(query).all()
    themes = _themes_of([row[0].id for row in rows])
    return [_facts(row, themes) for row in rows]


def how_many(wanted: InsightFilter) -> int:
    """The number of discussions that a filter lets through."""
    return current_session().scalar(select(func.count(Insight.id)).where(*_where(wanted))) or 0


def insight(reference: str) -> InsightFacts | None:
    """One discussion, withdrawn or not."""
    row = (
        current_session()
        .execute(
            select(Insight, Employer.reference, Employer.name)
            .outerjoin(Employer, Employer.id == Insight.employer_id)
            .where(Insight.reference == reference)
        )
        .one_or_none()
    )
    return None if row is None else _facts(row, _themes_of([row[0].id]))


def to_change(reference: str) -> Insight | None:
    """A discussion, held until the unit of work ends."""
    return current_session().scalar(
        select(Insight)
        .where(Insight.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def themes(*, with_retired: bool = False) -> list[ThemeFacts]:
    """Themes by title, each with how often it came up."""
    query = _theme_query().order_by(InsightTheme.title)
    if not with_retired:
        query = query.where(InsightTheme.retired_at.is_(None))
    return [ThemeFacts(*row) for row in current_session().execute(query)]


def theme(reference: str) -> ThemeFacts | None:
    """One theme."""
    row = (
        current_session()
        .execute(_theme_query().where(InsightTheme.reference == reference))
        .one_or_none()
    )
    return None if row is None else ThemeFacts(*row)


def theme_to_change(reference: str) -> InsightTheme | None:
    """A theme, held until the unit of work ends."""
    return current_session().scalar(
        select(InsightTheme)
        .where(InsightTheme.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def theme_titled(title: str) -> InsightTheme | None:
    """The theme with a title, whatever its case."""
    return current_session().scalar(
        select(InsightTheme).where(func.lower(InsightTheme.title) == title.lower())
    )


def theme_keys(references: Collection[str]) -> dict[str, int]:
    """The keys of themes."""
    rows = current_session().execute(
        select(InsightTheme.reference, InsightTheme.id).where(
            InsightTheme.reference.in_(references)
        )
    )
    return dict(rows.all())


def resources_of(theme_id: int) -> list[tuple[str, str, str, ResourceState]]:
    """Resources that answer a theme: reference, address, title and state."""
    rows = current_session().execute(
        select(Resource.reference, Resource.slug, Resource.title, Resource.state)
        .join(InsightThemeLink, InsightThemeLink.resource_id == Resource.id)
        .where(InsightThemeLink.theme_id == theme_id)
        .order_by(Resource.title)
    )
    return [(one, slug, title, ResourceState(state)) for one, slug, title, state in rows]


def resource_choices() -> list[tuple[str, str]]:
    """Every resource that is not retired, by title."""
    rows = current_session().execute(
        select(Resource.reference, Resource.title)
        .where(Resource.state != ResourceState.RETIRED.value)
        .order_by(Resource.title)
    )
    return [(reference, title) for reference, title in rows]


def count_of_employer(employer_id: int, organisations: frozenset[int] | None) -> int:
    """How many discussions with one employer somebody may see."""
    wanted = InsightFilter(organisations)
    return (
        current_session().scalar(
            select(func.count(Insight.id)).where(
                *_where(wanted), Insight.employer_id == employer_id
            )
        )
        or 0
    )


def _where(wanted: InsightFilter) -> list[Any]:
    found: list[Any] = [Insight.withdrawn_at.is_(None)]
    if wanted.organisations is not None:
        found.append(Insight.organisation_id.in_(wanted.organisations))
    if wanted.sector:
        found.append(Insight.sector == wanted.sector)
    if wanted.theme:
        found.append(
            Insight.id.in_(
                select(InsightThemeLink.insight_id)
                .join(InsightTheme, InsightTheme.id == InsightThemeLink.theme_id)
                .where(InsightTheme.reference == wanted.theme)
            )
        )
    if wanted.words:
        pattern = f"%{wanted.words.translate(_LITERALLY)}%"
        columns = (Insight.practice, Insight.challenge, Insight.support_need, Insight.business)
        found.append(or_(*(column.ilike(pattern, escape="\\") for column in columns)))
    return found


_LITERALLY = str.maketrans({"%": "\\%", "_": "\\_", "\\": "\\\\", "\0": ""})


def _theme_query() -> Any:
    said = (
        select(func.count())
        .select_from(InsightThemeLink)
        .join(
            Insight,
            and_(Insight.id == InsightThemeLink.insight_id, Insight.withdrawn_at.is_(None)),
        )
        .where(InsightThemeLink.theme_id == InsightTheme.id)
        .scalar_subquery()
    )
    answered = (
        select(func.count(InsightThemeLink.resource_id))
        .where(InsightThemeLink.theme_id == InsightTheme.id)
        .scalar_subquery()
    )
    return select(
        InsightTheme.id,
        InsightTheme.reference,
        InsightTheme.title,
        InsightTheme.about,
        InsightTheme.dimension,
        InsightTheme.retired_at,
        said,
        answered,
    )


def _themes_of(ids: list[int]) -> dict[int, list[tuple[str, str]]]:
    rows = current_session().execute(
        select(InsightThemeLink.insight_id, InsightTheme.reference, InsightTheme.title)
        .join(InsightTheme, InsightTheme.id == InsightThemeLink.theme_id)
        .where(InsightThemeLink.insight_id.in_(ids))
        .order_by(InsightTheme.title)
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for insight_id, reference, title in rows:
        found.setdefault(insight_id or 0, []).append((reference, title))
    return found


def _facts(row: Any, themes: dict[int, list[tuple[str, str]]]) -> InsightFacts:
    one, employer, name = row
    names = (
        *("id", "reference", "employer_id", "organisation_id", "held_on", "how", "sector"),
        *("size_tier", "practice", "challenge", "support_need", "may_quote", "revision"),
        *("by_name", "withdrawn_at", "withdrawn_reason"),
    )
    return InsightFacts(
        **{field: getattr(one, field) for field in names},
        employer=employer,
        business=name or one.business,
        themes=tuple(themes.get(one.id, ())),
    )
