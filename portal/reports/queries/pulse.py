"""Surveys of workers: waves, their results, named views, and blocks of waves.

What an open wave's totals say is read by nobody; ``totals_of`` answers for released waves only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import InstrumentedAttribute

from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.reports.models import PulseBlock, PulseSum, PulseTally, PulseView, PulseWave
from portal.reports.rules.pulse_privacy import Waiting

Totals = Mapping[tuple[str, str], Mapping[str, int]]
"""By whose answers and statement: how many gave each answer."""


@dataclass(frozen=True, slots=True)
class WaveFacts:
    """One survey of one employer's workers, as plain data."""

    id: int
    reference: str
    employer_id: int
    employer_reference: str
    employer_name: str
    code: str
    survey_version: int
    state: str
    invited: int
    threshold: int
    opened_on: date
    closes_on: date
    closed_on: date | None
    opened_by_name: str
    answers: int
    answers_before: int
    counted_on: date | None
    released: bool
    owners: int
    managers: int
    is_example: bool
    poster_key: str | None
    poster_sha256: str | None

    @property
    def is_open(self) -> bool:
        """Whether it has neither closed nor been stopped."""
        return self.state == "open"


_FIELDS: Final = tuple(
    name
    for name in WaveFacts.__dataclass_fields__
    if name not in {"employer_reference", "employer_name"}
)
_COLUMNS: Final = tuple(getattr(PulseWave, name) for name in _FIELDS)


def _waves(*conditions: Any) -> list[WaveFacts]:
    rows = current_session().execute(
        select(*_COLUMNS, Employer.reference, func.coalesce(Employer.trading_name, Employer.name))
        .join(Employer, Employer.id == PulseWave.employer_id)
        .where(*conditions)
        .order_by(PulseWave.opened_on.desc(), PulseWave.id.desc())
    )
    return [
        WaveFacts(
            **dict(zip(_FIELDS, row[:-2], strict=True)),
            employer_reference=row[-2],
            employer_name=row[-1],
        )
        for row in rows
    ]


def waves_of(employer_id: int) -> list[WaveFacts]:
    """An employer's surveys, the latest first."""
    return _waves(PulseWave.employer_id == employer_id)


def wave_of(employer_reference: str, reference: str) -> WaveFacts | None:
    """One survey of an employer."""
    found = _waves(Employer.reference == employer_reference, PulseWave.reference == reference)
    return found[0] if found else None


def wave(reference: str) -> WaveFacts | None:
    """One survey."""
    found = _waves(PulseWave.reference == reference)
    return found[0] if found else None


def wave_by_code(code: str) -> WaveFacts | None:
    """The survey whose poster carries a code."""
    found = _waves(PulseWave.code == code)
    return found[0] if found else None


def latest_of(employer_reference: str) -> WaveFacts | None:
    """The latest survey of an employer that was not stopped."""
    found = _waves(Employer.reference == employer_reference, PulseWave.state != "stopped")
    return found[0] if found else None


def released_before(found: WaveFacts) -> WaveFacts | None:
    """The survey of the same employer whose results came before those of this one."""
    earlier = _waves(
        PulseWave.employer_id == found.employer_id,
        PulseWave.released,
        PulseWave.survey_version == found.survey_version,
        PulseWave.closed_on < found.opened_on,
    )
    return earlier[0] if earlier else None


def totals_of(*wave_ids: int) -> dict[int, Totals]:
    """The blurred totals of released surveys; nothing of any other."""
    rows = current_session().execute(
        select(
            PulseTally.wave_id,
            PulseTally.whose,
            PulseTally.question,
            PulseTally.choice,
            PulseTally.n,
        )
        .join(PulseWave, PulseWave.id == PulseTally.wave_id)
        .where(PulseTally.wave_id.in_(wave_ids), PulseWave.released)
    )
    found: dict[int, dict[tuple[str, str], dict[str, int]]] = {key: {} for key in wave_ids}
    for wave_id, whose, question, choice, n in rows:
        found[wave_id].setdefault((whose, question), {})[choice] = n
    return dict(found)


@dataclass(frozen=True, slots=True)
class ViewFacts:
    """How one owner or manager sees the practice."""

    user_id: int | None
    by_name: str
    role: str
    answers: Mapping[str, str]
    given_on: date


def views_of(wave_id: int) -> list[ViewFacts]:
    """The named views of a survey, owners first, by name."""
    rows = current_session().execute(
        select(
            PulseView.user_id,
            PulseView.by_name,
            PulseView.role,
            PulseView.answers,
            PulseView.given_on,
        )
        .where(PulseView.wave_id == wave_id)
        .order_by(PulseView.role.desc(), PulseView.by_name, PulseView.id)
    )
    return [ViewFacts(*row) for row in rows]


# To change -------------------------------------------------------------------------------------


def _held(column: InstrumentedAttribute[str], value: str) -> PulseWave | None:
    return current_session().scalar(select(PulseWave).where(column == value).with_for_update())


def wave_to_change(reference: str) -> PulseWave | None:
    """A survey, held until the unit of work ends."""
    return _held(PulseWave.reference, reference)


def wave_to_answer(code: str) -> PulseWave | None:
    """A survey by its code, held until the unit of work ends."""
    return _held(PulseWave.code, code)


def tallies_to_change(wave_id: int) -> list[PulseTally]:
    """Every total of a survey, in one order."""
    return list(
        current_session().scalars(
            select(PulseTally).where(PulseTally.wave_id == wave_id).order_by(PulseTally.id)
        )
    )


def due_references(day: date) -> list[str]:
    """Open surveys whose last day is over."""
    return list(
        current_session().scalars(
            select(PulseWave.reference)
            .where(PulseWave.state == "open", PulseWave.closes_on < day)
            .order_by(PulseWave.id)
        )
    )


# Blocks ----------------------------------------------------------------------------------------


def waiting() -> list[Waiting]:
    """Surveys with results that are in no block yet."""
    rows = current_session().execute(
        select(
            PulseWave.id,
            PulseWave.employer_id,
            PulseWave.sector,
            PulseWave.closed_on,
            PulseWave.answers,
        )
        .where(PulseWave.released, PulseWave.block_id.is_(None))
        .order_by(PulseWave.id)
    )
    return [
        Waiting(key, employer, sector, closed_on, answers)
        for key, employer, sector, closed_on, answers in rows
        if closed_on is not None
    ]


@dataclass(frozen=True, slots=True)
class BlockFacts:
    """Surveys of several employers, taken together."""

    id: int
    sector: str
    first_on: date
    last_on: date
    employers: int
    answers: int
    owners: int
    managers: int
    is_example: bool


def blocks(first: date, last: date, *, sector: str = "") -> list[BlockFacts]:
    """The blocks that were complete within these days (both included), in their order."""
    query = (
        select(*(getattr(PulseBlock, name) for name in BlockFacts.__dataclass_fields__))
        .where(PulseBlock.last_on >= first, PulseBlock.last_on <= last)
        .order_by(PulseBlock.last_on, PulseBlock.sector, PulseBlock.id)
    )
    if sector:
        query = query.where(PulseBlock.sector == sector)
    return [BlockFacts(*row) for row in current_session().execute(query)]


@dataclass(frozen=True, slots=True)
class SumLine:
    """How many of a block gave an answer, blurred."""

    block_id: int
    whose: str
    question: str
    choice: str
    n: int


def sums(block_ids: list[int]) -> list[SumLine]:
    """The totals of blocks."""
    if not block_ids:
        return []
    rows = current_session().execute(
        select(PulseSum.block_id, PulseSum.whose, PulseSum.question, PulseSum.choice, PulseSum.n)
        .where(PulseSum.block_id.in_(block_ids))
        .order_by(PulseSum.id)
    )
    return [SumLine(*row) for row in rows]


def some_wait() -> bool:
    """Whether results of surveys wait until there are enough employers."""
    query = select(PulseWave.id).where(PulseWave.released, PulseWave.block_id.is_(None)).limit(1)
    return current_session().scalar(query) is not None


# What an employer takes away --------------------------------------------------------------------


def open_wave_ids(employer_ids: list[int]) -> dict[int, int]:
    """The open survey of each of these employers, by employer."""
    rows = current_session().execute(
        select(PulseWave.employer_id, PulseWave.id).where(
            PulseWave.employer_id.in_(employer_ids), PulseWave.state == "open"
        )
    )
    return {row[0]: row[1] for row in rows}


_OF_EMPLOYER: Final = names(
    "id employer_id answers answers_before counted_on poster_key poster_sha256 block_id "
    "survey_version sector size_tier district"
)
WAVES: Final = TableShown(
    table_of(PulseWave),
    lambda key: PulseWave.employer_id == key,
    {
        "reference": "Reference",
        "code": "Code on the poster",
        "state": "State",
        "invited": "People who get the link",
        "threshold": "Answers needed for results",
        "opened_on": "Opened",
        "closes_on": "Last day",
        "closed_on": "Closed",
        "opened_by": "Opened by",
        "opened_by_name": "Their name then",
        "released": "Has results",
        "owners": "Views of owners",
        "managers": "Views of managers",
        "is_example": "Example data",
    },
    _OF_EMPLOYER,
    words={"state": {"open": "Open", "closed": "Closed", "stopped": "Stopped"}},
)
VIEWS: Final = TableShown(
    table_of(PulseView),
    lambda key: PulseView.wave_id.in_(select(PulseWave.id).where(PulseWave.employer_id == key)),
    {
        "given_on": "Day",
        "by_name": "Who",
        "role": "Role",
        "answers": "Answers",
        "user_id": "Account",
    },
    names("id wave_id"),
    words={"role": {"owner": "Owner", "manager": "Manager"}},
)
