"""Claims that wait to be paid, and payments that were made. Call ``make_owed`` on its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Flask
from sqlalchemy import select

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.kernel.clock import today
from portal.kernel.result import Ok
from portal.payments.models import RateCardVersion
from portal.payments.queries import claims as claiming
from portal.payments.queries import paying as found
from portal.payments.service import claims, paying, reviewing
from tests.factories.accounts import sign_in
from tests.factories.caseload import Provider, author_of, make_lep_officer, make_provider
from tests.factories.payments import make_card, make_contract, make_output


@dataclass
class Owing:
    """A provider with approved claims, and those who may and may not pay them."""

    app: Flask
    provider: Provider
    contract: str
    contract_id: int
    claims: list[str]
    officer: User
    manager: User

    def client(self, user: User) -> Any:
        """A browser in which this person is signed in."""
        client = self.app.test_client()
        sign_in(client, user)
        return client

    def make_run(self, *references: str) -> str:
        """A payment run of these claims, or of all; its reference."""
        with unit_of_work():
            made = paying.make_run(
                programme="pilot", references=references or None, by=author_of(self.manager)
            )
            assert isinstance(made, Ok), made
            return made.value.reference

    def pay(self, run: str) -> list[str]:
        """Mark all of a run as paid; the payments' references."""
        with unit_of_work():
            done = paying.mark_run_paid(
                reference=run,
                paid_on=today(),
                bank_reference="BACS 77",
                by=author_of(self.manager),
            )
            assert isinstance(done, Ok), done
            return [payment.reference for payment in done.value]

    def payments(self, run: str) -> list[found.PaymentFacts]:
        """The payments of a run."""
        made = found.run_by_reference(run)
        assert made is not None
        return found.payments_of(made.id)


def make_owed(app: Flask, *, months: int = 1, lines: int = 2, **contract: Any) -> Owing:
    """A provider whose claims of that many months are approved, each of so many engagements."""
    with unit_of_work():
        provider = make_provider()
        made = make_contract(provider.organisation, **contract)
        if current_session().scalar(select(RateCardVersion.id)) is None:
            make_card()
        officer, manager = make_lep_officer(), make_lep_officer("lep_manager")
        references = []
        for month in range(months):
            period = date(2026, 10 - month, 1)
            for day in range(lines):
                make_output(provider, held_on=period.replace(day=5 + day))
            references.append(_approved(made.id, period, provider, officer))
        return Owing(app, provider, made.reference, made.id, references, officer, manager)


def _approved(contract_id: int, period: date, provider: Provider, officer: User) -> str:
    by = author_of(provider.manager)
    built = claims.build(contract_id=contract_id, period=period, by=by)
    assert isinstance(built, Ok), built
    claim = built.value.claim
    sent = claims.submit(reference=claim.reference, revision=claim.revision, by=by)
    assert isinstance(sent, Ok), sent
    lines = [line.id for line, _output in claiming.live_lines(claim.id)]
    done = reviewing.approve(reference=claim.reference, line_ids=lines, by=author_of(officer))
    assert isinstance(done, Ok), done
    return claim.reference
