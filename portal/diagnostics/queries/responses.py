"""Every SELECT on responses."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import RowMapping, Select, and_, bindparam, func, or_, select

from portal.accounts.models import User
from portal.caseload.models import DiagnosticSession
from portal.db import current_session, prepared
from portal.diagnostics.models import Response
from portal.employers.models import Employer


@dataclass(frozen=True, slots=True)
class ResponseFacts:
    """A response as pages need it, answers and all. ``reference`` is its public name.

    ``session_on`` and ``session_by`` say when and with which adviser it is answered together; None
    when it is not, or when the session was withdrawn.
    """

    id: int
    reference: str
    questionnaire_key: str
    questionnaire_version: int
    kind: str
    earlier_id: int | None
    employer_id: int | None
    employer_reference: str | None
    employer_name: str | None
    owner_id: int | None
    sector: str
    size_tier: str
    district: str | None
    status: str
    is_current: bool
    answers: Mapping[str, Mapping[str, Any]]
    revision: int
    started_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    overall_score: int | None
    result: Mapping[str, Any] | None
    resume_email: str | None
    session_id: int | None
    session_on: date | None
    session_by: str | None


@dataclass(frozen=True, slots=True)
class CompletedResponse:
    """A completed response as other features read it; ``result`` is frozen."""

    id: int
    reference: str
    employer_id: int | None
    employer_reference: str | None
    kind: str
    completed_at: datetime
    overall_score: int | None
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One response in an employer's list; ``session_on`` is set when an adviser took part."""

    id: int
    reference: str
    kind: str
    status: str
    started_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    overall_score: int | None
    is_current: bool
    questionnaire_version: int
    session_on: date | None
    session_by: str | None


# A session that was withdrawn says nothing about how a diagnostic was answered.
_SESSION = (
    DiagnosticSession.held_on.label("session_on"),
    DiagnosticSession.by_name.label("session_by"),
)
_OWN_SESSION = and_(
    DiagnosticSession.id == Response.session_id, DiagnosticSession.withdrawn_at.is_(None)
)

_FACTS = (
    Response.id,
    Response.reference,
    Response.questionnaire_key,
    Response.questionnaire_version,
    Response.kind,
    Response.earlier_id,
    Response.employer_id,
    Employer.reference.label("employer_reference"),
    Employer.name.label("employer_name"),
    Response.owner_id,
    Response.sector,
    Response.size_tier,
    Response.district,
    Response.status,
    Response.is_current,
    Response.answers,
    Response.revision,
    Response.started_at,
    Response.updated_at,
    Response.completed_at,
    Response.overall_score,
    Response.result,
    Response.resume_email,
    Response.session_id,
    *_SESSION,
)


def _facts() -> Select[Any]:
    return (
        select(*_FACTS)
        .outerjoin(Employer, Employer.id == Response.employer_id)
        .outerjoin(DiagnosticSession, _OWN_SESSION)
    )


def _row(query: Select[Any]) -> RowMapping | None:
    return current_session().execute(query).mappings().one_or_none()


# Every page of a diagnostic asks this: built once, since building it costs more than asking.
_BY_REFERENCE = prepared(_facts().where(Response.reference == bindparam("reference")))


def response_facts(reference: str) -> ResponseFacts | None:
    """The response of this reference, whoever's it is."""
    found = current_session().execute(_BY_REFERENCE, {"reference": reference})
    row = found.mappings().one_or_none()
    return None if row is None else ResponseFacts(**row)


def response_by_token(token_hash: str) -> ResponseFacts | None:
    """The response a resume link leads to."""
    row = _row(_facts().where(Response.resume_token_hash == token_hash))
    return None if row is None else ResponseFacts(**row)


def response_by_id(response_id: int) -> ResponseFacts | None:
    """The response of this key."""
    row = _row(_facts().where(Response.id == response_id))
    return None if row is None else ResponseFacts(**row)


def response_to_change(response_id: int) -> Response:
    """The row, locked until the unit of work ends."""
    return (
        current_session()
        .scalars(
            select(Response)
            .where(Response.id == response_id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
        .one()
    )


_COMPLETED = (
    Response.id,
    Response.reference,
    Response.employer_id,
    Employer.reference.label("employer_reference"),
    Response.kind,
    Response.completed_at,
    Response.overall_score,
    Response.result,
)


def _completed() -> Select[Any]:
    return (
        select(*_COMPLETED)
        .outerjoin(Employer, Employer.id == Response.employer_id)
        .where(Response.status == "completed")
    )


def completed_response(reference: str) -> CompletedResponse | None:
    """A completed response, or None while it is under way or unknown."""
    row = _row(_completed().where(Response.reference == reference))
    return None if row is None else CompletedResponse(**row)


def latest_completed(employer_id: int) -> CompletedResponse | None:
    """The response that now stands for an employer."""
    row = _row(_completed().where(Response.employer_id == employer_id, Response.is_current))
    return None if row is None else CompletedResponse(**row)


_LINE = (
    Response.id,
    Response.reference,
    Response.kind,
    Response.status,
    Response.started_at,
    Response.updated_at,
    Response.completed_at,
    Response.overall_score,
    Response.is_current,
    Response.questionnaire_version,
    *_SESSION,
)


def history(employer_id: int) -> list[HistoryLine]:
    """An employer's responses, newest first, withdrawn ones left out."""
    rows = current_session().execute(
        select(*_LINE)
        .outerjoin(DiagnosticSession, _OWN_SESSION)
        .where(Response.employer_id == employer_id, Response.status != "withdrawn")
        .order_by(Response.started_at.desc(), Response.id.desc())
        .limit(50)
    )
    return [HistoryLine(**row) for row in rows.mappings()]


def waiting_for_employer(user_id: int) -> list[HistoryLine]:
    """Responses a person holds that belong to no employer yet, newest first."""
    rows = current_session().execute(
        select(*_LINE)
        .outerjoin(DiagnosticSession, _OWN_SESSION)
        .where(
            Response.owner_id == user_id,
            Response.employer_id.is_(None),
            Response.status != "withdrawn",
        )
        .order_by(Response.started_at.desc(), Response.id.desc())
        .limit(20)
    )
    return [HistoryLine(**row) for row in rows.mappings()]


def claimable(references: Collection[str], email: str | None) -> list[int]:
    """Ownerless responses held in a browser, or kept under a confirmed email address."""
    held = Response.reference.in_(references)
    kept = func.lower(Response.resume_email) == (email or "").lower()
    return list(
        current_session().scalars(
            select(Response.id)
            .where(or_(held, kept), Response.owner_id.is_(None), Response.employer_id.is_(None))
            .order_by(Response.id)
        )
    )


def names_of(user_ids: Collection[int]) -> dict[int, str]:
    """Display names for the people who answered."""
    if not user_ids:
        return {}
    rows = current_session().execute(select(User.id, User.name).where(User.id.in_(user_ids)))
    return {row.id: row.name for row in rows}


def under_way(employer_id: int) -> str | None:
    """The reference of an employer's newest response in progress."""
    return current_session().scalar(
        select(Response.reference)
        .where(Response.employer_id == employer_id, Response.status == "in_progress")
        .order_by(Response.started_at.desc(), Response.id.desc())
        .limit(1)
    )


def open_successor(earlier_id: int) -> str | None:
    """The reference of a correction or re-take of a response that is still in progress."""
    return current_session().scalar(
        select(Response.reference)
        .where(Response.earlier_id == earlier_id, Response.status == "in_progress")
        .order_by(Response.id.desc())
        .limit(1)
    )


_LOCK_EMPLOYER = prepared(
    select(Employer.__table__.c.id)
    .where(Employer.__table__.c.id == bindparam("employer"))
    .with_for_update()
)


def has_standing(employer_id: int, questionnaire_key: str) -> bool:
    """Whether a response stands for an employer."""
    found = current_session().scalar(
        select(Response.id).where(
            Response.employer_id == employer_id,
            Response.questionnaire_key == questionnaire_key,
            Response.is_current,
        )
    )
    return found is not None


def lock_employer(employer_id: int) -> None:
    """Hold an employer's row until the unit of work ends."""
    current_session().execute(_LOCK_EMPLOYER, {"employer": employer_id})


def employer_names(references: Collection[str]) -> list[tuple[str, str]]:
    """Employers to choose from, as (reference, name), by name."""
    if not references:
        return []
    rows = current_session().execute(
        select(Employer.reference, Employer.name)
        .where(Employer.reference.in_(references))
        .order_by(Employer.name, Employer.id)
    )
    return [(row.reference, row.name) for row in rows]


def email_of(user_id: int) -> str | None:
    """A person's email address."""
    return current_session().scalar(select(User.email).where(User.id == user_id))
