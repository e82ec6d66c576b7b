"""What a person looks for in a list of cases: a name, a contact, a number or an address, in SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    false,
    func,
    select,
    union_all,
)

from portal.caseload.models import Case
from portal.caseload.queries.case_sql import c
from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.queries.lists import LETTERS
from portal.employers.rules.identifiers import normalise_company_number
from portal.employers.rules.names import telling_words
from portal.kernel.ids import REFERENCE_LENGTH, normalise_reference

_MOST_WORDS = 6


class SearchShape(NamedTuple):
    """Which parts a question has, not what they are; ``narrowed``: few employers may hold it."""

    reference: bool
    number: bool
    email: bool
    words: int
    parts: int
    narrowed: bool


NO_SEARCH: Final = SearchShape(False, False, False, 0, 0, False)  # noqa: FBT003


def asked_for(text: str) -> tuple[SearchShape, dict[str, Any]]:
    """The shape of what was typed, and what its statement is given."""
    reference = normalise_reference(text)
    reference = reference if len(reference) == REFERENCE_LENGTH else ""
    number = normalise_company_number(text) or ""
    number = number if any(character.isdigit() for character in text) else ""
    email = text.lower() if "@" in text else ""
    words = telling_words(text)[:_MOST_WORDS]
    parts = text.lower().split()[:_MOST_WORDS] if words else []
    holding = _holding(words)
    shape = SearchShape(
        bool(reference), bool(number), bool(email), len(words), len(parts), holding is not None
    )
    known = {"reference": reference, "number": number, "email": _like(email), "holding": holding}
    known |= {f"word_{place}": _like(word) for place, word in enumerate(words)}
    known |= {f"part_{place}": _like(part) for place, part in enumerate(parts)}
    return shape, known


def _holding(words: Sequence[str]) -> list[int] | None:
    """Employers whose names may hold these words; None where nothing tells few of them."""
    session = current_session()
    narrowed = LETTERS.narrowing(session, words) if words else None
    return None if narrowed is None else list(session.execute(narrowed).scalars())


def _holds(column: ColumnElement[str], name: str) -> ColumnElement[bool]:
    return column.like(bindparam(name, type_=String()), escape="/")


def _like(text: str) -> str:
    escaped = text.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return f"%{escaped}%"


def is_meant(shape: SearchShape) -> ColumnElement[bool]:
    """Every word in the employer's name or in the contact's, or the number, or the address.

    Each is a question of its own about one table, so that each can be asked of an index.
    """
    case, employer = Case.__table__.alias("found_case"), Employer.__table__.alias("found_employer")
    employers: list[ColumnElement[bool]] = []
    found: list[Select[Any]] = []
    if shape.reference:
        reference = bindparam("reference", type_=String())
        employers.append(employer.c.reference == reference)
        found.append(select(case.c.id).where(case.c.reference == reference))
    if shape.number:
        employers.append(employer.c.company_number == bindparam("number", type_=String()))
    if shape.email:
        found.append(select(case.c.id).where(_holds(func.lower(case.c.contact_email), "email")))
    if shape.words:
        name = [_holds(employer.c.search_text, f"word_{place}") for place in range(shape.words)]
        if shape.narrowed:
            name.insert(0, employer.c.id.in_(bindparam("holding", expanding=True)))
        employers.append(and_(*name))
        contact = func.lower(case.c.contact_name)
        people = [_holds(contact, f"part_{place}") for place in range(shape.parts)]
        found.append(select(case.c.id).where(*people))
    for condition in employers:
        of_these = select(employer.c.id).where(condition)
        found.append(select(case.c.id).where(case.c.employer_id.in_(of_these)))
    return c.id.in_(union_all(*found)) if found else false()
