"""Tests of resources with employers: who was asked, what was said, whom to remind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import func, select

from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.kernel.ids import token_hash
from portal.toolkit.models import Resource, ResourceTest, ResourceVersion
from portal.toolkit.rules.readers import TEST_STATES, WOULD_USE, Answered
from portal.toolkit.rules.states import ResourceState

MOST_WORDS: Final = 300


@dataclass(frozen=True, slots=True)
class AskedLine:
    """One employer's test of a version, as staff see it."""

    reference: str
    number: int
    state: str
    employer_reference: str
    employer_name: str
    sector: str
    size: str
    to_name: str
    to_email: str
    created_at: datetime
    due_on: date
    reminded_at: datetime | None
    answered_at: datetime | None
    answered_name: str
    tried: bool | None
    clear: int | None
    useful: int | None
    doable: int | None
    would_use: str | None
    minutes: int | None
    best: str
    change: str
    asked_name: str
    asked_by: int | None

    def is_overdue(self, day: date) -> bool:
        """Whether its link has stopped working without an answer."""
        return self.state == "asked" and self.due_on < day


@dataclass(frozen=True, slots=True)
class AskedFacts:
    """A test as its link opens it."""

    reference: str
    state: str
    number: int
    due_on: date
    to_name: str
    to_email: str
    answered_at: datetime | None
    answered_name: str
    employer_name: str
    resource_reference: str
    resource_state: ResourceState
    resource_title: str
    asked_name: str


def to_change(reference: str) -> ResourceTest | None:
    """A test, held until the unit of work ends."""
    return current_session().scalar(
        select(ResourceTest)
        .where(ResourceTest.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def of_employer_to_change(resource_id: int, number: int, employer_id: int) -> ResourceTest | None:
    """An employer's test of one version, held until the unit of work ends."""
    return current_session().scalar(
        select(ResourceTest)
        .where(
            ResourceTest.resource_id == resource_id,
            ResourceTest.number == number,
            ResourceTest.employer_id == employer_id,
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def by_token(token: str) -> AskedFacts | None:
    """The test that a link opens."""
    row: Any = (
        current_session()
        .execute(
            select(
                ResourceTest.reference,
                ResourceTest.state,
                ResourceTest.number,
                ResourceTest.due_on,
                ResourceTest.to_name,
                ResourceTest.to_email,
                ResourceTest.answered_at,
                ResourceTest.answered_name,
                Employer.name,
                Resource.reference,
                Resource.state,
                Resource.title,
                ResourceTest.asked_name,
            )
            .join(Resource, Resource.id == ResourceTest.resource_id)
            .join(Employer, Employer.id == ResourceTest.employer_id)
            .where(ResourceTest.token_hash == token_hash(token))
        )
        .one_or_none()
    )
    if row is None:
        return None
    values = [*row]
    values[10] = ResourceState(row[10])
    return AskedFacts(*values)


def of_resource(resource_id: int) -> list[AskedLine]:
    """Every test of a resource, the latest version first."""
    rows: Any = current_session().execute(
        select(
            ResourceTest.reference,
            ResourceTest.number,
            ResourceTest.state,
            Employer.reference,
            Employer.name,
            Employer.sector,
            func.coalesce(Employer.size_tier, ""),
            ResourceTest.to_name,
            ResourceTest.to_email,
            ResourceTest.created_at,
            ResourceTest.due_on,
            ResourceTest.reminded_at,
            ResourceTest.answered_at,
            ResourceTest.answered_name,
            ResourceTest.tried,
            ResourceTest.clear,
            ResourceTest.useful,
            ResourceTest.doable,
            ResourceTest.would_use,
            ResourceTest.minutes,
            ResourceTest.best,
            ResourceTest.change,
            ResourceTest.asked_name,
            ResourceTest.asked_by,
        )
        .join(Employer, Employer.id == ResourceTest.employer_id)
        .where(ResourceTest.resource_id == resource_id)
        .order_by(ResourceTest.number.desc(), Employer.name, ResourceTest.id)
    )
    return [AskedLine(*row) for row in rows]


def answers_in(lines: list[AskedLine]) -> list[Answered]:
    """What was answered, as numbers to be summed up."""
    return [
        Answered(
            number=line.number,
            sector=line.sector,
            size=line.size,
            tried=bool(line.tried),
            clear=line.clear,
            useful=line.useful,
            doable=line.doable,
            would_use=line.would_use,
            minutes=line.minutes,
        )
        for line in lines
        if line.state == "answered"
        and line.clear is not None
        and line.useful is not None
        and line.doable is not None
        and line.would_use is not None
    ]


def to_remind(today: date, until: date) -> list[str]:
    """References of open tests whose last day is near and that were not reminded."""
    return list(
        current_session().scalars(
            select(ResourceTest.reference)
            .join(Resource, Resource.id == ResourceTest.resource_id)
            .where(
                ResourceTest.state == "asked",
                ResourceTest.reminded_at.is_(None),
                ResourceTest.due_on >= today,
                ResourceTest.due_on <= until,
                Resource.state != ResourceState.RETIRED.value,
            )
            .order_by(ResourceTest.id)
        )
    )


def facts_for_mail(test: ResourceTest) -> tuple[str, str]:
    """Title of the version that is tested, and the employer's name."""
    row = (
        current_session()
        .execute(
            select(ResourceVersion.title, Employer.name)
            .select_from(ResourceTest)
            .join(
                ResourceVersion,
                (ResourceVersion.resource_id == ResourceTest.resource_id)
                & (ResourceVersion.number == ResourceTest.number),
            )
            .join(Employer, Employer.id == ResourceTest.employer_id)
            .where(ResourceTest.id == test.id)
        )
        .one()
    )
    return row[0], row[1]


def same_tests(kept_id: int, merged_id: int) -> dict[int, str]:
    """Tests of a merged employer that the kept one has too: by key, the resource's title."""
    other = table_of(ResourceTest).alias("other")
    own = table_of(ResourceTest)
    rows: Any = current_session().execute(
        select(other.c.id, Resource.title, other.c.number)
        .join(
            own,
            (own.c.resource_id == other.c.resource_id) & (own.c.number == other.c.number),
        )
        .join(Resource, Resource.id == other.c.resource_id)
        .where(other.c.employer_id == merged_id, own.c.employer_id == kept_id)
        .order_by(other.c.id)
    )
    return {key: f"“{title}”, version {number}" for key, title, number in rows}


HELD: Final = TableShown(
    table_of(ResourceTest),
    lambda key: ResourceTest.employer_id == key,
    {
        "reference": "Reference",
        "number": "Version",
        "to_name": "Who was asked",
        "to_email": "Their email address",
        "asked_name": "Asked by",
        "due_on": "Asked to answer by",
        "reminded_at": "Reminded",
        "state": "State",
        "answered_at": "Answered",
        "answered_name": "Answered by",
        "tried": "Tried it",
        "clear": "Clear (1 to 5)",
        "useful": "Useful (1 to 5)",
        "doable": "Doable (1 to 5)",
        "would_use": "Would use it",
        "minutes": "Minutes it took",
        "best": "What was best",
        "change": "What to change",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    names("id resource_id employer_id token_hash asked_by"),
    more={
        "Resource": select(Resource.title)
        .where(Resource.id == ResourceTest.resource_id)
        .scalar_subquery()
    },
    words={
        "state": TEST_STATES,
        "would_use": WOULD_USE,
        "tried": lambda value: None if value is None else ("Yes" if value else "No"),
    },
)
