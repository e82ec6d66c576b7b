"""Versions and their signatures, read for pages."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, func, select

from portal.accounts.models import User
from portal.action_plans.models import Plan, PlanSignature, PlanVersion
from portal.db import current_session
from portal.employers.models import Employer


@dataclass(frozen=True, slots=True)
class VersionFacts:
    """A printed version without its document."""

    id: int
    plan_id: int
    number: int
    plan_revision: int
    content_hash: str
    state: str
    failure: str | None
    tries: int
    storage_key: str
    sha256: str | None
    pages: int | None
    signed_off: bool
    created_at: datetime
    created_by_name: str
    ready_at: datetime | None


_VERSION = (
    PlanVersion.id,
    PlanVersion.plan_id,
    PlanVersion.number,
    PlanVersion.plan_revision,
    PlanVersion.content_hash,
    PlanVersion.state,
    PlanVersion.failure,
    PlanVersion.tries,
    PlanVersion.storage_key,
    PlanVersion.sha256,
    PlanVersion.pages,
    PlanVersion.signed_off,
    PlanVersion.created_at,
    PlanVersion.created_by_name,
    PlanVersion.ready_at,
)


def _versions() -> Select[*tuple[Any, ...]]:
    return select(*_VERSION)


def versions(plan_id: int) -> list[VersionFacts]:
    """A plan's versions, the newest first."""
    rows = current_session().execute(
        _versions().where(PlanVersion.plan_id == plan_id).order_by(PlanVersion.number.desc())
    )
    return [VersionFacts(**row) for row in rows.mappings()]


def latest_version(plan_id: int) -> VersionFacts | None:
    """The newest version of a plan, whatever its state."""
    row = (
        current_session()
        .execute(
            _versions()
            .where(PlanVersion.plan_id == plan_id)
            .order_by(PlanVersion.number.desc())
            .limit(1)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else VersionFacts(**row)


def signed_version(plan_id: int, content_hash: str | None = None) -> VersionFacts | None:
    """The newest version of a plan that somebody signed; with a hash, of those that say that."""
    signed = exists().where(PlanSignature.version_id == PlanVersion.id)
    query = _versions().where(PlanVersion.plan_id == plan_id, signed)
    if content_hash is not None:
        query = query.where(PlanVersion.content_hash == content_hash)
    row = (
        current_session()
        .execute(query.order_by(PlanVersion.number.desc()).limit(1))
        .mappings()
        .one_or_none()
    )
    return None if row is None else VersionFacts(**row)


def version(plan_id: int, number: int) -> VersionFacts | None:
    """One version of a plan."""
    row = (
        current_session()
        .execute(_versions().where(PlanVersion.plan_id == plan_id, PlanVersion.number == number))
        .mappings()
        .one_or_none()
    )
    return None if row is None else VersionFacts(**row)


def version_of_employer(employer: str, number: int) -> VersionFacts | None:
    """One version of the employer's plans, closed ones too: numbers go on through all of them."""
    query = (
        _versions()
        .join(Plan, Plan.id == PlanVersion.plan_id)
        .join(Employer, Employer.id == Plan.employer_id)
        .where(Employer.reference == employer, PlanVersion.number == number)
    )
    row = current_session().execute(query).mappings().one_or_none()
    return None if row is None else VersionFacts(**row)


def versions_of_plans(plan_ids: Collection[int]) -> dict[int, list[VersionFacts]]:
    """The versions of several plans, the newest first."""
    found: dict[int, list[VersionFacts]] = {}
    if not plan_ids:
        return found
    query = _versions().where(PlanVersion.plan_id.in_(plan_ids))
    rows = current_session().execute(query.order_by(PlanVersion.number.desc())).mappings()
    for row in rows:
        found.setdefault(row["plan_id"], []).append(VersionFacts(**row))
    return found


def last_number(employer_id: int) -> int:
    """The highest version number of all an employer's plans; 0 before the first."""
    query = (
        select(func.max(PlanVersion.number))
        .join(Plan, Plan.id == PlanVersion.plan_id)
        .where(Plan.employer_id == employer_id)
    )
    return current_session().scalar(query) or 0


def signatures(version_ids: Collection[int]) -> dict[int, list[PlanSignature]]:
    """Signatures by version, the employer's first."""
    found: dict[int, list[PlanSignature]] = {}
    if not version_ids:
        return found
    rows: Iterable[PlanSignature] = current_session().scalars(
        select(PlanSignature)
        .where(PlanSignature.version_id.in_(version_ids))
        .order_by(PlanSignature.role.desc())
    )
    for row in rows:
        found.setdefault(row.version_id, []).append(row)
    return found


def emails_of(user_ids: Collection[int]) -> list[str]:
    """E-mail addresses of people who can still sign in."""
    if not user_ids:
        return []
    return list(
        current_session().scalars(
            select(User.email).where(User.id.in_(user_ids), User.active.is_(True)).order_by(User.id)
        )
    )
