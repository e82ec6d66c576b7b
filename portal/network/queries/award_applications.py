"""Applications for awards, what they are filled in from, and what staff say in support."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from portal.action_plans.models import ActionNote, Plan, PlanAction
from portal.caseload.models import EvidenceFile
from portal.caseload.rules.words import EVIDENCE_KINDS
from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.ids import token_hash
from portal.network.models import AwardApplication, AwardRound, AwardStatement

_DONE = ("done", "embedded")
_MOST = 60


@dataclass(frozen=True, slots=True)
class ApplicationFacts:
    """An application with its round and employer; all of it, so only for those who may see it."""

    id: int
    reference: str
    round_id: int
    round_reference: str
    round_title: str
    criteria_version: int
    employer_id: int
    employer_reference: str
    employer_name: str
    state: str
    tier_sought: str
    renews_id: int | None
    answers: Mapping[str, Mapping[str, Any]]
    consent_evidence: bool
    response_id: int | None
    frozen: Mapping[str, Any] | None
    revision: int
    submitted_at: datetime | None
    submitted_name: str
    tier_awarded: str | None
    feedback: str
    beyond_reason: str
    decided_at: datetime | None
    decided_name: str
    updated_at: datetime

    def section(self, key: str) -> Mapping[str, Any]:
        """What is saved of a section."""
        return self.answers.get(key, {})

    def written(self, keys: tuple[str, ...]) -> int:
        """How many sections have words."""
        return sum(bool(self.section(key).get("text")) for key in keys)


_FROM_ROUND = {"round_reference", "round_title", "criteria_version"}
_FROM_EMPLOYER = {"employer_reference", "employer_name"}
_OWN = tuple(
    getattr(AwardApplication, name)
    for name in ApplicationFacts.__slots__
    if name not in _FROM_ROUND | _FROM_EMPLOYER
)


def _select() -> Select[*tuple[Any, ...]]:
    return (
        select(
            *_OWN,
            AwardRound.reference.label("round_reference"),
            AwardRound.title.label("round_title"),
            AwardRound.criteria_version,
            Employer.reference.label("employer_reference"),
            Employer.name.label("employer_name"),
        )
        .join(AwardRound, AwardRound.id == AwardApplication.round_id)
        .join(Employer, Employer.id == AwardApplication.employer_id)
    )


def _all(query: Select[*tuple[Any, ...]]) -> list[ApplicationFacts]:
    return [ApplicationFacts(**row) for row in current_session().execute(query).mappings()]


def application(reference: str) -> ApplicationFacts | None:
    """One application, whoever's it is."""
    found = _all(_select().where(AwardApplication.reference == reference))
    return found[0] if found else None


def of_employer(employer_id: int) -> list[ApplicationFacts]:
    """An employer's applications, the latest first."""
    return _all(
        _select()
        .where(AwardApplication.employer_id == employer_id)
        .order_by(AwardApplication.id.desc())
        .limit(_MOST)
    )


def in_round(round_id: int, *, limit: int, offset: int = 0) -> list[ApplicationFacts]:
    """A round's applications that were sent, in order of sending."""
    return _all(
        _select()
        .where(AwardApplication.round_id == round_id, AwardApplication.submitted_at.is_not(None))
        .order_by(AwardApplication.submitted_at, AwardApplication.id)
        .limit(limit)
        .offset(offset)
    )


def round_of(reference: str) -> int | None:
    """The key of an application's round, to be held before the application."""
    return current_session().scalar(
        select(AwardApplication.round_id).where(AwardApplication.reference == reference)
    )


def to_change(reference: str) -> AwardApplication | None:
    """An application, held until the unit of work ends."""
    return _held(AwardApplication.reference == reference)


def by_id_to_change(application_id: int) -> AwardApplication | None:
    """The application with this key, held until the unit of work ends."""
    return _held(AwardApplication.id == application_id)


def _held(condition: Any) -> AwardApplication | None:
    return current_session().scalar(
        select(AwardApplication)
        .where(condition)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def one_of_round(round_id: int, employer_id: int) -> AwardApplication | None:
    """An employer's application in a round, a live one before withdrawn ones; held."""
    rows = current_session().scalars(
        select(AwardApplication)
        .where(AwardApplication.round_id == round_id, AwardApplication.employer_id == employer_id)
        .order_by(AwardApplication.id.desc())
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    found = list(rows)
    live = [one for one in found if one.state != "withdrawn"]
    return next(iter([*live, *found]), None)


def in_states_to_change(round_id: int, states: tuple[str, ...]) -> list[AwardApplication]:
    """A round's applications in these states, held until the unit of work ends."""
    return list(
        current_session().scalars(
            select(AwardApplication)
            .where(AwardApplication.round_id == round_id, AwardApplication.state.in_(states))
            .order_by(AwardApplication.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )


def latest_awarded(employer_id: int) -> ApplicationFacts | None:
    """The employer's latest application that was awarded."""
    found = _all(
        _select()
        .where(AwardApplication.employer_id == employer_id, AwardApplication.state == "awarded")
        .order_by(AwardApplication.decided_at.desc(), AwardApplication.id.desc())
        .limit(1)
    )
    return found[0] if found else None


# What an application is filled in from --------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DoneAction:
    """A completed action of an employer's plans; nobody's name is in it."""

    reference: str
    title: str
    evidence: str
    status: str
    dimension: str | None
    questions: tuple[str, ...]
    recommendation: str | None

    def about(self, dimension: str, questions: tuple[str, ...]) -> bool:
        """Whether it has to do with a criterion."""
        return self.dimension == dimension or bool(set(self.questions) & set(questions))


@dataclass(frozen=True, slots=True)
class OwnFile:
    """A file kept as evidence about an employer."""

    reference: str
    file_name: str
    kind_words: str
    uploaded_at: datetime


def done_actions(employer_id: int, *, after: datetime | None = None) -> list[DoneAction]:
    """Actions of an employer that are done; with ``after`` those marked so since then."""
    query = (
        select(
            PlanAction.reference,
            PlanAction.title,
            PlanAction.evidence,
            PlanAction.status,
            PlanAction.dimension,
            PlanAction.because,
            PlanAction.recommendation_key,
        )
        .join(Plan, Plan.id == PlanAction.plan_id)
        .where(Plan.employer_id == employer_id, PlanAction.status.in_(_DONE))
        .order_by(PlanAction.id)
    )
    if after is not None:
        query = query.where(
            select(ActionNote.id)
            .where(
                ActionNote.action_id == PlanAction.id,
                ActionNote.new_status.in_(_DONE),
                ActionNote.at >= after,
            )
            .exists()
        )
    return [
        DoneAction(
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            tuple(str(one["question"]) for one in row[5] or () if "question" in one),
            row[6],
        )
        for row in current_session().execute(query)
    ]


def own_files(employer_id: int) -> list[OwnFile]:
    """Files kept as evidence about an employer that are not known to be harmful, newest first."""
    rows = current_session().execute(
        select(
            EvidenceFile.reference,
            EvidenceFile.file_name,
            EvidenceFile.kind,
            EvidenceFile.uploaded_at,
        )
        .where(
            EvidenceFile.employer_id == employer_id,
            EvidenceFile.withdrawn_at.is_(None),
            EvidenceFile.scan_state != "infected",
        )
        .order_by(EvidenceFile.uploaded_at.desc(), EvidenceFile.id.desc())
        .limit(_MOST)
    )
    return [OwnFile(row[0], row[1], EVIDENCE_KINDS.get(row[2], row[2]), row[3]) for row in rows]


# What staff say -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """What somebody was asked to say, and said. Hand ``state`` to them and nobody else."""

    id: int
    application_id: int
    application_reference: str
    application_state: str
    employer_id: int
    employer_name: str
    round_title: str
    to_name: str
    to_email: str
    state: str
    job: str
    part_time: bool | None
    words: str
    given_at: datetime | None

    @property
    def given(self) -> bool:
        """Whether it stands; that somebody refused looks as if they had not answered."""
        return self.state == "given"


def _statements() -> Select[*tuple[Any, ...]]:
    return (
        select(
            AwardStatement.id,
            AwardStatement.application_id,
            AwardApplication.reference,
            AwardApplication.state,
            AwardApplication.employer_id,
            Employer.name,
            AwardRound.title,
            AwardStatement.to_name,
            AwardStatement.to_email,
            AwardStatement.state,
            AwardStatement.job,
            AwardStatement.part_time,
            AwardStatement.words,
            AwardStatement.given_at,
        )
        .join(AwardApplication, AwardApplication.id == AwardStatement.application_id)
        .join(AwardRound, AwardRound.id == AwardApplication.round_id)
        .join(Employer, Employer.id == AwardApplication.employer_id)
    )


def statements(application_id: int) -> list[StatementFacts]:
    """What staff were asked for an application, in the order of asking."""
    rows = current_session().execute(
        _statements()
        .where(AwardStatement.application_id == application_id)
        .order_by(AwardStatement.id)
    )
    return [StatementFacts(*row) for row in rows]


def statement_by_token(token: str) -> StatementFacts | None:
    """The statement that a link leads to."""
    row = (
        current_session()
        .execute(_statements().where(AwardStatement.token_hash == token_hash(token)))
        .one_or_none()
    )
    return None if row is None else StatementFacts(*row)


def statement_to_change(statement_id: int) -> AwardStatement | None:
    """A statement, held until the unit of work ends."""
    return current_session().scalar(
        select(AwardStatement)
        .where(AwardStatement.id == statement_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
