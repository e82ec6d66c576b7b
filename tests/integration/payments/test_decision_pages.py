"""The record of decisions as a manager of the LEP reads it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.kernel.clock import today
from portal.payments.service import ledger
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import author_of, make_lep_officer, make_provider
from tests.factories.payments import make_card, make_contract
from tests.factories.reviewing import make_lines, make_submitted
from tests.support.client import PortalClient


@pytest.fixture
def manager(session: object, client: PortalClient) -> PortalClient:
    with unit_of_work():
        person: User = make_lep_officer("lep_manager")
    sign_in(client, person)
    return client


def titles(client: PortalClient, path: str) -> list[str]:
    return [tag.get_text(strip=True) for tag in client.soup(path).select(".app-work__name")]


def decide(count: int = 1, *, action: str = "claim.refused", subject: str = "claim:AAAA") -> None:
    with unit_of_work():
        person = author_of(make_lep_officer())
        for number in range(count):
            detail = {"lines": list(range(9)), "pence": 123_456, "number": number}
            ledger.decide(action=action, subject=subject, by=person, detail=detail)


def test_decisions_are_found_by_record_person_kind_and_day(manager: PortalClient) -> None:
    with unit_of_work():
        provider = make_provider()
        contract = make_contract(provider.organisation)
        make_card()
        make_lines(provider, 1)
        claim = make_submitted(provider, contract)
    decide()
    whole = titles(manager, "/decisions")
    assert whole[0] == "Was refused a decision on the claim"
    assert "Submitted the claim" in whole
    assert titles(manager, f"/decisions?subject={claim.reference}")[0] == "Submitted the claim"
    assert titles(manager, "/decisions?person=example+off&action=claim.refused") == whole[:1]
    assert titles(manager, "/decisions?person=nobody") == []
    tomorrow, day = today() + timedelta(days=1), today()
    assert titles(manager, f"/decisions?from={tomorrow.isoformat()}") == []
    assert len(titles(manager, f"/decisions?from={day}&to={day}")) == len(whole)
    assert titles(manager, "/decisions?to=9999-12-31") == whole
    # What makes no sense is not there.
    odd = "/decisions?from=yesterday&action=x&before=-1"
    assert len(titles(manager, odd)) == len(whole)
    assert titles(manager, "/decisions?before=99999999999999999999") == whole
    said = manager.soup("/decisions").get_text(" ")
    assert "pence: £1,234.56" in said
    assert "lines: 0, 1, 2, 3, 4 and 4 more" in said
    assert "flask payments verify" in said


def test_a_page_holds_fifty_and_the_next_the_others(manager: PortalClient) -> None:
    decide(3)
    manager.soup("/decisions")
    few = len(manager.statements)
    decide(60)
    first = manager.soup("/decisions")
    assert len(manager.statements) == few <= 6, manager.statements
    numbers = [
        int(re.sub(r"\D", "", tag.get_text().partition(",")[0]))
        for tag in first.select(".app-work__do .app-muted")
    ]
    assert len(numbers) == 50
    assert numbers == sorted(numbers, reverse=True)
    older = next(a["href"] for a in first.select("a") if "before=" in str(a.get("href")))
    assert len(titles(manager, str(older))) == 13


def test_the_proof_is_shown_when_asked_for(manager: PortalClient) -> None:
    decide(2)
    said = manager.soup("/decisions").get_text(" ")
    assert "The 2 entries on this page are as written" in said
    proved = manager.soup("/decisions?prove=1").get_text(" ")
    assert "Proved just now" in proved
    assert "2 decisions" in proved


@pytest.mark.both_databases
def test_an_entry_changed_behind_the_portals_back_is_named(
    manager: PortalClient, database_kind: str
) -> None:
    decide(3)
    with unit_of_work() as session:
        if database_kind == "sqlite":
            names = session.execute(
                text(
                    "SELECT name FROM sqlite_master "
                    "WHERE type = 'trigger' AND tbl_name = 'payment_decisions'"
                )
            )
            for (name,) in names.all():
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            session.execute(text("ALTER TABLE payment_decisions DISABLE TRIGGER USER"))
        session.execute(
            text("UPDATE payment_decisions SET by_name = 'Somebody Else' WHERE sequence = 2")
        )
    assert (
        current_session().scalar(text("SELECT by_name FROM payment_decisions WHERE sequence = 2"))
        == "Somebody Else"
    )
    said = manager.soup("/decisions").get_text(" ")
    assert "Entry 2 on this page is not what was written" in said
    assert "The proof failed" in manager.soup("/decisions?prove=1").get_text(" ")


@pytest.mark.parametrize(
    "role", ["adviser", "provider_manager", "lep_officer", "administrator", "evaluator"]
)
def test_only_managers_of_the_lep_read_it(session: object, client: PortalClient, role: str) -> None:
    with unit_of_work():
        person = make_user(roles=(role,))
    sign_in(client, person)
    assert client.get("/decisions").status_code == 403
