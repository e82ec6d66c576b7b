"""Results of tools that employers keep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select

from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.toolkit.models import ToolResult
from portal.toolkit.rules.tools import Outcome
from portal.toolkit.rules.words import TOOLS


@dataclass(frozen=True, slots=True)
class KeptLine:
    """A kept result in a list."""

    reference: str
    tool: str
    title: str
    at: datetime
    by_name: str
    withdrawn_at: datetime | None
    withdrawn_reason: str | None

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was taken back."""
        return self.withdrawn_at is not None


@dataclass(frozen=True, slots=True)
class KeptFacts(KeptLine):
    """A kept result with what it says and what was typed."""

    employer_id: int
    employer_reference: str
    employer_name: str
    inputs: Mapping[str, Any]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class KeptCount:
    """How many results an employer keeps, and when the last was kept."""

    number: int
    last: datetime | None


_LINE = (
    ToolResult.reference,
    ToolResult.tool,
    ToolResult.title,
    ToolResult.at,
    ToolResult.by_name,
    ToolResult.withdrawn_at,
    ToolResult.withdrawn_reason,
)


def kept_of(employer_id: int, *, tool: str = "") -> list[KeptLine]:
    """An employer's results, the latest first; those withdrawn too."""
    query = select(*_LINE).where(ToolResult.employer_id == employer_id)
    if tool:
        query = query.where(ToolResult.tool == tool)
    rows = current_session().execute(query.order_by(ToolResult.at.desc(), ToolResult.id.desc()))
    return [KeptLine(*row) for row in rows]


def kept_count(employer_id: int) -> KeptCount:
    """How many results stand on an employer's record."""
    row = (
        current_session()
        .execute(
            select(func.count(ToolResult.id), func.max(ToolResult.at)).where(
                ToolResult.employer_id == employer_id, ToolResult.withdrawn_at.is_(None)
            )
        )
        .one()
    )
    return KeptCount(row[0], row[1])


def kept(employer: str, reference: str) -> KeptFacts | None:
    """One result of the employer with this reference."""
    row = (
        current_session()
        .execute(
            select(
                *_LINE,
                ToolResult.employer_id,
                Employer.reference,
                func.coalesce(func.nullif(Employer.trading_name, ""), Employer.name),
                ToolResult.inputs,
                ToolResult.result,
            )
            .join(Employer, Employer.id == ToolResult.employer_id)
            .where(Employer.reference == employer, ToolResult.reference == reference)
        )
        .first()
    )
    if row is None:
        return None
    values: list[Any] = list(row)
    values[-1] = Outcome.from_data(values[-1])
    return KeptFacts(*values)


def same_kept(employer_id: int, digest: str) -> str | None:
    """The reference of a result that stands and says the same, kept from the same press."""
    found: str | None = current_session().scalar(
        select(ToolResult.reference).where(
            ToolResult.employer_id == employer_id,
            ToolResult.digest == digest,
            ToolResult.withdrawn_at.is_(None),
        )
    )
    return found


def to_withdraw(employer_id: int, reference: str) -> ToolResult | None:
    """A result, held until the unit of work ends."""
    return current_session().scalar(
        select(ToolResult)
        .where(ToolResult.employer_id == employer_id, ToolResult.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


HELD: Final = TableShown(
    table_of(ToolResult),
    lambda key: ToolResult.employer_id == key,
    {
        "reference": "Reference",
        "tool": "Tool",
        "title": "Result",
        "at": "Kept",
        "by": "Kept by",
        "inputs": "What was typed",
        "result": "What the tool said",
        "withdrawn_at": "Withdrawn",
        "withdrawn_reason": "Why withdrawn",
    },
    names("id employer_id digest by_name"),
    words={"tool": TOOLS},
)
