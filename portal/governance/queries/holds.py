"""The holds that stand, and whom they keep."""

from __future__ import annotations

from sqlalchemy import select

from portal.db import current_session
from portal.employers.models import Employer
from portal.governance.models.retention import LegalHold
from portal.governance.rules.holds import Holds


def all_holds() -> list[LegalHold]:
    """Every hold there was, those that stand first, the latest first."""
    return list(
        current_session().scalars(
            select(LegalHold)
            .order_by(LegalHold.lifted_at.is_not(None), LegalHold.placed_at.desc())
            .limit(500)
        )
    )


def hold_to_change(reference: str) -> LegalHold | None:
    """One hold, locked."""
    return current_session().scalar(
        select(LegalHold).where(LegalHold.reference == reference).with_for_update()
    )


def standing() -> Holds:
    """The holds that stand now, taken together.

    A hold on an employer holds for the record it was merged into, where its files went, too.
    """
    rows = current_session().execute(
        select(LegalHold.scope, LegalHold.subject).where(LegalHold.lifted_at.is_(None))
    )
    by_scope: dict[str, set[str]] = {}
    for scope, subject in rows:
        by_scope.setdefault(scope, set()).add(subject)
    people = {one.partition(":")[2] for one in by_scope.get("person", ())}
    references = {one.partition(":")[2] for one in by_scope.get("employer", ())}
    return Holds(
        everything="everything" in by_scope,
        classes=frozenset(by_scope.get("class", ())),
        employers=_merged(references) if references else frozenset(),
        people=frozenset(int(one) for one in people if one.isdecimal()),
    )


def _merged(references: set[str]) -> frozenset[int]:
    session = current_session()
    known = set(session.scalars(select(Employer.id).where(Employer.reference.in_(references))))
    new = known
    while new:
        into = session.scalars(
            select(Employer.merged_into_id).where(
                Employer.id.in_(new), Employer.merged_into_id.is_not(None)
            )
        )
        new = {key for key in into if key is not None} - known
        known |= new
    return frozenset(known)
