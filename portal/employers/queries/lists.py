"""Lists of employers, for the LEP's staff and for people with several employers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from portal.db import current_session
from portal.employers.models import Employer, Membership
from portal.employers.rules.identifiers import normalise_company_number
from portal.employers.rules.names import telling_words
from portal.integrations.search import LetterIndex

PAGE = 50
_MAX_WORDS = 6
LETTERS = LetterIndex("employer_letters")


@dataclass(frozen=True, slots=True)
class EmployerRow:
    """One line of a list."""

    id: int
    reference: str
    name: str
    trading_name: str | None
    sector: str
    size_tier: str | None
    district: str


@dataclass(frozen=True, slots=True)
class EmployerPage:
    """Lines, and the key after which the next page begins; None at the end."""

    rows: Sequence[EmployerRow]
    next_after: int | None


# Plain columns, not mapped ones: a list is built and read a quarter faster.
_employer = Employer.__table__.c
_COLUMNS = (
    _employer.id,
    _employer.reference,
    _employer.name,
    _employer.trading_name,
    _employer.sector,
    _employer.size_tier,
    _employer.district,
)


def search_employers(
    text: str = "",
    *,
    sector: str | None = None,
    size_tier: str | None = None,
    district: str | None = None,
    after: int | None = None,
    limit: int = PAGE,
) -> EmployerPage:
    """Employers by name from one key on: by words of the name, number, sector, size, district."""
    session = current_session()
    # A record merged into another is found under that one only.
    query = select(*_COLUMNS).where(_employer.merged_into_id.is_(None))
    text = text[:200]
    number = normalise_company_number(text)
    words = telling_words(text)[:_MAX_WORDS]
    if number and any(character.isdigit() for character in text):
        query = query.where(
            or_(_employer.company_number == number, _employer.reference == text.strip().upper())
        )
    elif text.strip() and not words:
        return EmployerPage([], None)
    elif words:
        narrowed = LETTERS.narrowing(session, words)
        if narrowed is not None:
            query = query.where(_employer.id.in_(narrowed))
        for word in words:
            query = query.where(_employer.search_text.contains(word, autoescape=True))
    for column, value in (
        (_employer.sector, sector),
        (_employer.size_tier, size_tier),
        (_employer.district, district),
    ):
        if value:
            query = query.where(column == value)
    start = None
    if after is not None:
        start = session.execute(
            select(_employer.name, _employer.id).where(_employer.id == after)
        ).first()
    if start is not None:
        query = query.where(
            or_(
                _employer.name > start.name,
                and_(_employer.name == start.name, _employer.id > start.id),
            )
        )
    found = session.execute(query.order_by(_employer.name, _employer.id).limit(limit + 1)).all()
    rows = [EmployerRow(*row) for row in found[:limit]]
    return EmployerPage(rows, rows[-1].id if len(found) > limit else None)


def employer_rows_of(user_id: int) -> list[EmployerRow]:
    """A person's employers."""
    rows = current_session().execute(
        select(*_COLUMNS)
        .select_from(Employer)
        .join(Membership, Membership.employer_id == Employer.id)
        .where(Membership.user_id == user_id, Employer.merged_into_id.is_(None))
        .order_by(Employer.name, Employer.id)
    )
    return [EmployerRow(*row) for row in rows]
