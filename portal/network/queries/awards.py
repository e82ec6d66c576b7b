"""Awards that were made, how each stands, and who is a champion."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from portal.db import current_session
from portal.employers.models import Employer
from portal.network.models import (
    Award,
    AwardApplication,
    AwardConflict,
    Champion,
    NetworkMember,
)
from portal.network.rules.awards import InForce, rank, standing_on


@dataclass(frozen=True, slots=True)
class AwardFacts:
    """An award; the name is the employer's on the day it was made."""

    id: int
    reference: str
    code: str
    employer_id: int
    employer_reference: str
    application_id: int
    tier: str
    employer_name: str
    awarded_on: date
    valid_until: date
    revoked_at: datetime | None
    revoked_reason: str | None
    certificate_state: str
    certificate_key: str
    certificate_sha256: str | None

    def standing(self, day: date) -> str:
        """valid, expired or revoked."""
        return standing_on(
            valid_until=self.valid_until, revoked=self.revoked_at is not None, day=day
        )


_COLUMNS = tuple(
    getattr(Award, name) for name in AwardFacts.__slots__ if name != "employer_reference"
)


def _read(*conditions: ColumnElement[bool]) -> list[AwardFacts]:
    query = (
        select(*_COLUMNS, Employer.reference.label("employer_reference"))
        .join(Employer, Employer.id == Award.employer_id)
        .where(*conditions)
        .order_by(Award.awarded_on.desc(), Award.id.desc())
        .limit(200)
    )
    return [AwardFacts(**row) for row in current_session().execute(query).mappings()]


def by_code(code: str) -> AwardFacts | None:
    """The award with this code."""
    found = _read(Award.code == code) if code else []
    return found[0] if found else None


def by_application(application_id: int) -> AwardFacts | None:
    """The award that came of an application."""
    found = _read(Award.application_id == application_id)
    return found[0] if found else None


def of_employer(employer_id: int) -> list[AwardFacts]:
    """An employer's awards, the latest first."""
    return _read(Award.employer_id == employer_id)


def valid_on(day: date) -> tuple[ColumnElement[bool], ...]:
    """What makes an award one that is in force on a day."""
    return Award.revoked_at.is_(None), Award.valid_until >= day


def in_force(employer_id: int, day: date) -> tuple[InForce, ...]:
    """An employer's awards that are in force."""
    rows = current_session().execute(
        select(Award.id, Award.tier, Award.valid_until).where(
            Award.employer_id == employer_id, *valid_on(day)
        )
    )
    return tuple(InForce(*row) for row in rows)


def tiers_of(employer_ids: Collection[int], day: date) -> dict[int, str]:
    """The highest tier in force of each of these employers that has one."""
    found: dict[int, str] = {}
    if employer_ids:
        rows = current_session().execute(
            select(Award.employer_id, Award.tier).where(
                Award.employer_id.in_(employer_ids), *valid_on(day)
            )
        )
        for employer_id, tier in rows:
            known = found.get(employer_id)
            if known is None or rank(tier) > rank(known):
                found[employer_id] = tier
    return found


@dataclass(frozen=True, slots=True)
class ShownChampion:
    """A champion that shows its name and its award to everybody."""

    member: str
    name: str
    tier: str
    sector: str
    district: str
    awarded_on: date


def shown_champions(day: date, *, limit: int) -> list[ShownChampion]:
    """The latest champions in force that chose to be seen."""
    rows = current_session().execute(
        select(
            NetworkMember.reference,
            Award.employer_name,
            Award.tier,
            Employer.sector,
            Employer.district,
            Award.awarded_on,
            NetworkMember.shown,
            Award.employer_id,
        )
        .join(NetworkMember, NetworkMember.employer_id == Award.employer_id)
        .join(Employer, Employer.id == Award.employer_id)
        .where(NetworkMember.left_at.is_(None), Employer.merged_into_id.is_(None), *valid_on(day))
        .order_by(Award.awarded_on.desc(), Award.id.desc())
        .limit(limit * 10)
    )
    found: dict[int, ShownChampion] = {}
    for *values, shown, employer_id in rows:
        if {"name", "award"} <= set(shown):
            plain: Any = values
            one = ShownChampion(*plain)
            known = found.get(employer_id)
            if known is None or rank(one.tier) > rank(known.tier):
                found[employer_id] = ShownChampion(
                    one.member,
                    one.name,
                    one.tier,
                    one.sector if "sector" in shown else "",
                    one.district if "district" in shown else "",
                    one.awarded_on,
                )
    return list(found.values())[:limit]


def champion_count(day: date) -> int:
    """How many employers hold an award that is in force."""
    return (
        current_session().scalar(
            select(func.count(func.distinct(Award.employer_id))).where(*valid_on(day))
        )
        or 0
    )


def to_change(code: str) -> Award | None:
    """An award, held until the unit of work ends."""
    return current_session().scalar(
        select(Award)
        .where(Award.code == code)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def code_taken(code: str) -> bool:
    """Whether a code has been given out."""
    return current_session().scalar(select(Award.id).where(Award.code == code)) is not None


def champion_of(employer_id: int) -> Champion | None:
    """The row by which an employer was counted as a champion."""
    return current_session().scalar(select(Champion).where(Champion.employer_id == employer_id))


def lacking_certificates() -> list[str]:
    """Codes of awards whose certificate is not made."""
    return list(
        current_session().scalars(
            select(Award.code)
            .where(Award.certificate_state != "ready", Award.revoked_at.is_(None))
            .order_by(Award.id)
        )
    )


def made_certificates() -> list[AwardFacts]:
    """Awards in force whose certificate was made."""
    return _read(Award.certificate_state == "ready", Award.revoked_at.is_(None))


@dataclass(frozen=True, slots=True)
class EndingAward:
    """An award that ends soon and is not yet followed by another."""

    reference: str
    employer_id: int
    employer_reference: str
    employer_name: str
    tier: str
    valid_until: date


def ending(day: date, *, within: int) -> list[EndingAward]:
    """Awards in force that end within so many days, where none as high lasts longer."""
    rows = current_session().execute(
        select(
            Award.reference,
            Award.employer_id,
            Employer.reference,
            Employer.name,
            Award.tier,
            Award.valid_until,
        )
        .join(Employer, Employer.id == Award.employer_id)
        .where(*valid_on(day), Award.valid_until <= day + timedelta(days=within))
        .order_by(Award.valid_until, Award.id)
    )
    found = [EndingAward(*row) for row in rows]
    later: dict[int, list[tuple[str, date]]] = {}
    if found:
        others = current_session().execute(
            select(Award.employer_id, Award.tier, Award.valid_until).where(
                Award.employer_id.in_([one.employer_id for one in found]), *valid_on(day)
            )
        )
        for employer_id, tier, until in others:
            later.setdefault(employer_id, []).append((tier, until))
    return [
        one
        for one in found
        if not any(
            until > one.valid_until and rank(tier) >= rank(one.tier)
            for tier, until in later[one.employer_id]
        )
    ]


# What merging needs ------------------------------------------------------------


def rows_of(employer_ids: Collection[int]) -> Mapping[str, list[tuple[Any, ...]]]:
    """Applications, declared conflicts and champions of these employers, by their tables."""
    session = current_session()

    def rows(query: Select[*tuple[Any, ...]]) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in session.execute(query)]

    return {
        "applications": rows(
            select(
                AwardApplication.id,
                AwardApplication.employer_id,
                AwardApplication.round_id,
                AwardApplication.state,
                AwardApplication.reference,
            ).where(AwardApplication.employer_id.in_(employer_ids))
        ),
        "conflicts": rows(
            select(AwardConflict.id, AwardConflict.employer_id, AwardConflict.user_id).where(
                AwardConflict.employer_id.in_(employer_ids)
            )
        ),
        "champions": rows(
            select(Champion.id, Champion.employer_id, Champion.since).where(
                Champion.employer_id.in_(employer_ids)
            )
        ),
    }
