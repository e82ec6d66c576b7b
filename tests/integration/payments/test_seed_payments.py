"""The demonstration's money: every state of a claim is there, and the ledger holds."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from portal.cli.seed_payments import seed_payments
from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.kernel import clock
from portal.payments.models import Claim, ClaimLine, LineQuery, Output, RateCardVersion
from portal.payments.service.proving import verify
from tests.factories.caseload import author_of, make_lep_officer, make_provider
from tests.factories.payments import make_confirmed_session

WORK = (
    *(date(2026, 7, day) for day in (1, 2, 6)),
    *(date(2026, 8, day) for day in (3, 5)),
    *(date(2026, 9, day) for day in (1, 2)),
    date(2026, 10, 1),
    date(2026, 11, 3),
)


# Whatever day it is run on: early in a month, late in one, and on its last day.
@pytest.mark.parametrize("day", [date(2026, 11, 4), date(2026, 11, 23), date(2026, 11, 30)])
def test_the_demonstration_shows_every_state(session: PortalSession, day: date) -> None:
    with clock.freeze(datetime(day.year, day.month, day.day, 15, 0, tzinfo=UTC)):
        with unit_of_work():
            provider = make_provider()
            for held_on in WORK:
                noon = datetime(held_on.year, held_on.month, held_on.day, 12, 0, tzinfo=UTC)
                with clock.freeze(noon):
                    make_confirmed_session(provider, held_on=held_on)
            officer, head = make_lep_officer(), make_lep_officer("lep_manager")
        count = seed_payments(
            provider_id=provider.organisation.id,
            manager=author_of(provider.manager),
            officer=author_of(officer),
            head=author_of(head),
        )
        states = list(session.scalars(select(Claim.state).order_by(Claim.period)))
        assert (count, states) == (4, ["paid", "paid", "submitted", "draft"])
        assert session.scalars(select(LineQuery.side)).all() == ["lep", "provider"]
        assert "rejected" in set(session.scalars(select(ClaimLine.state)))
        cards = session.scalars(select(RateCardVersion).order_by(RateCardVersion.version)).all()
        assert [card.state for card in cards] == ["published", "draft"]
        assert all(card.is_example for card in cards)
        # Each output arose when its employer confirmed, not when the demonstration was made.
        arose = session.scalars(select(Output.arose_at)).all()
        assert min(arose).date() == date(2026, 7, 1)
        assert len(arose) == len(WORK)
        proof = verify()
        assert proof.fault is None
        assert proof.entries == 18
