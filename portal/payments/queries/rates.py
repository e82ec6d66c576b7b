"""Rate cards as lists and pages show them, and outputs grouped for pricing them anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.db import current_session
from portal.payments.models import Output, Rate, RateCardVersion
from portal.payments.rules.rate_cards import Amounts, split
from portal.payments.rules.what_if import Group
from portal.programme.models import Organisation

_drafter, _publisher = aliased(User), aliased(User)


@dataclass(frozen=True, slots=True)
class CardFacts:
    """A rate card without its amounts."""

    id: int
    reference: str
    programme: str
    version: int
    title: str
    effective_from: date
    state: str
    is_example: bool
    drafted_by: int | None
    drafted_name: str | None
    published_name: str | None
    published_at: datetime | None
    revision: int

    @property
    def name(self) -> str:
        """What the card is called."""
        return f"Card {self.version}" + (f": {self.title}" if self.title else "")


_CARDS = (
    select(
        RateCardVersion.id,
        RateCardVersion.reference,
        RateCardVersion.programme,
        RateCardVersion.version,
        RateCardVersion.title,
        RateCardVersion.effective_from,
        RateCardVersion.state,
        RateCardVersion.is_example,
        RateCardVersion.drafted_by,
        _drafter.name.label("drafted_name"),
        _publisher.name.label("published_name"),
        RateCardVersion.published_at,
        RateCardVersion.revision,
    )
    .outerjoin(_drafter, _drafter.id == RateCardVersion.drafted_by)
    .outerjoin(_publisher, _publisher.id == RateCardVersion.published_by)
)


def cards(programme: str) -> list[CardFacts]:
    """Every card of a programme, newest version first."""
    rows = current_session().execute(
        _CARDS.where(RateCardVersion.programme == programme).order_by(
            RateCardVersion.version.desc()
        )
    )
    return [CardFacts(**row) for row in rows.mappings()]


def card_facts(reference: str) -> CardFacts | None:
    """The card of this reference, whatever its state."""
    row = (
        current_session()
        .execute(_CARDS.where(RateCardVersion.reference == reference))
        .mappings()
        .one_or_none()
    )
    return None if row is None else CardFacts(**row)


def card_to_change(reference: str) -> RateCardVersion | None:
    """The card, held until the unit of work ends."""
    return current_session().scalar(
        select(RateCardVersion)
        .where(RateCardVersion.reference == reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def amounts_of(card_id: int) -> Amounts:
    """Every amount of a card."""
    rows = current_session().execute(
        select(Rate.output_type, Rate.size_tier, Rate.pence).where(Rate.card_id == card_id)
    )
    return split({(row[0], row[1]): row[2] for row in rows})


def rates_to_change(card_id: int) -> dict[tuple[str, str], Rate]:
    """The amounts of a card as rows, by type of output (or bonus) and size."""
    rows = current_session().scalars(select(Rate).where(Rate.card_id == card_id))
    return {(rate.output_type, rate.size_tier): rate for rate in rows}


def last_version(programme: str) -> int:
    """The number of the newest card, 0 before the first."""
    found = current_session().scalar(
        select(func.max(RateCardVersion.version)).where(RateCardVersion.programme == programme)
    )
    return found or 0


def published_starts(programme: str) -> list[date]:
    """The days on which published cards begin."""
    return list(
        current_session().scalars(
            select(RateCardVersion.effective_from)
            .where(RateCardVersion.programme == programme, RateCardVersion.state == "published")
            .order_by(RateCardVersion.effective_from)
        )
    )


def output_days(programme: str) -> tuple[date, date] | None:
    """The first and the last day of a programme's outputs."""
    first, last = (
        current_session()
        .execute(
            select(func.min(Output.occurred_on), func.max(Output.occurred_on)).where(
                Output.programme == programme, Output.withdrawn_at.is_(None)
            )
        )
        .one()
    )
    return None if first is None else (first, last)


def output_groups(programme: str, *, first: date, last: date) -> list[Group]:
    """Outputs between two days, added up in the database by all that a card's price depends on."""
    output = Output.__table__.c
    keys = (
        output.output_type,
        output.size_tier,
        output.hard_to_reach,
        output.sector,
        Organisation.name,
    )
    rows = current_session().execute(
        select(
            *keys,
            func.count(),
            func.sum(output.base_pence + output.bonus_pence),
        )
        .join(Organisation, Organisation.id == output.organisation_id)
        .where(
            output.programme == programme,
            output.occurred_on >= first,
            output.occurred_on <= last,
            output.withdrawn_at.is_(None),
        )
        .group_by(*keys)
    )
    return [
        Group(row[0], row[1], bool(row[2]), row[3], row[4], row[5], int(row[6])) for row in rows
    ]
