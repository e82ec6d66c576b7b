"""Everything that is read about employers and their people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from portal.db import current_session, prepared
from portal.employers.models import Employer, Membership
from portal.employers.rules.reach import (
    AccreditationAnswer,
    HardToReach,
    TrainingAnswer,
    hard_to_reach,
)


@dataclass(frozen=True, slots=True)
class EmployerProfile:
    """An employer's facts as plain data, for every other feature.

    ``sector`` and ``district`` are keys of the programme's settings; ``size_tier`` is None until
    the number of employees is known.
    """

    id: int
    reference: str
    name: str
    trading_name: str | None
    company_number: str | None
    charity_number: str | None
    sic_codes: tuple[str, ...]
    sector: str
    size_tier: str | None
    district: str
    postcode: str
    headcount: int | None
    part_time_headcount: int | None
    headcount_on: date | None
    iip_status: str | None
    iip_on: date | None
    iip_evidence: str
    training_answer: str | None
    training_on: date | None
    training_last_on: date | None
    training_note: str
    version: int

    @property
    def display_name(self) -> str:
        """The name people know: the trading name where there is one."""
        return self.trading_name or self.name

    def hard_to_reach(self, on: date) -> HardToReach:
        """Whether the employer is hard to reach on a day, explained."""
        return hard_to_reach(
            AccreditationAnswer(self.iip_status, self.iip_on, self.iip_evidence),
            TrainingAnswer(
                self.training_answer, self.training_on, self.training_last_on, self.training_note
            ),
            on=on,
        )


_PROFILE_COLUMNS = [getattr(Employer, name) for name in EmployerProfile.__slots__]


def _profile(row: Mapping[str, object]) -> EmployerProfile:
    values = dict(row)
    values["sic_codes"] = tuple(values["sic_codes"] or ())  # type: ignore[arg-type]
    return EmployerProfile(**values)  # type: ignore[arg-type]


_BY_REFERENCE = prepared(
    select(*_PROFILE_COLUMNS).where(
        Employer.reference == bindparam("reference"), Employer.merged_into_id.is_(None)
    )
)


def employer_profile(reference: str) -> EmployerProfile | None:
    """The profile of the employer with this reference; none of one merged into another."""
    row = current_session().execute(_BY_REFERENCE, {"reference": reference}).mappings().first()
    return None if row is None else _profile(dict(row))


def employer_profile_by_id(employer_id: int) -> EmployerProfile | None:
    """The profile of the employer with this key."""
    row = (
        current_session()
        .execute(select(*_PROFILE_COLUMNS).where(Employer.id == employer_id))
        .mappings()
        .first()
    )
    return None if row is None else _profile(dict(row))


def employer_for_update(reference: str) -> Employer | None:
    """The employer to be changed, locked until the unit of work ends; none of a merged one."""
    return current_session().scalar(
        select(Employer)
        .where(Employer.reference == reference, Employer.merged_into_id.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def kept_reference(reference: str) -> str | None:
    """The reference of the record that another was merged into; None when it was not."""
    kept = aliased(Employer)
    return current_session().scalar(
        select(kept.reference)
        .join(Employer, Employer.merged_into_id == kept.id)
        .where(Employer.reference == reference)
    )


# Asked on every page of somebody signed in, so built once.
_EMPLOYERS_OF = prepared(
    select(Employer.__table__.c.reference, Membership.__table__.c.role)
    .select_from(Membership.__table__)
    .join(Employer.__table__, Employer.__table__.c.id == Membership.__table__.c.employer_id)
    .where(
        Membership.__table__.c.user_id == bindparam("user_id"),
        Employer.__table__.c.merged_into_id.is_(None),
    )
    .order_by(Employer.__table__.c.name, Employer.__table__.c.id)
)


def employers_of(user_id: int) -> dict[str, str]:
    """References of a person's employers, each with ``owner`` or ``member``."""
    rows = current_session().execute(_EMPLOYERS_OF, {"user_id": user_id})
    return {reference: role for reference, role in rows}  # noqa: C416 - a row is no pair to the checker
