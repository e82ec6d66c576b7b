"""The pages of claims, as a browser without a script sees them, and who is kept out of them."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from portal.caseload.models import Confirmation
from portal.db import current_session, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.kernel.clock import freeze, today
from portal.kernel.result import Err, Ok
from portal.payments.models import CheckOverride, Claim, ClaimLine, Contract
from portal.payments.queries import claims as found
from portal.payments.queries import ledger as reading
from portal.payments.service import claims, claims_telling, outputs, reviewing
from tests.factories.accounts import sign_in
from tests.factories.caseload import Provider, author_of, make_lep_officer, make_provider
from tests.factories.claims import make_many_outputs
from tests.factories.employers import make_employer
from tests.factories.payments import (
    make_card,
    make_confirmed_session,
    make_contract,
    make_output,
)

OCTOBER = date(2026, 10, 1)


def text_of(response: Any) -> str:
    page = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(unescape(page).split())


def post(client: Any, path: str, **data: Any) -> Any:
    """Send something no page offers, with a token that is in order."""
    token = client.soup("/account").find("input", {"name": "csrf_token"})["value"]
    return client.post(path, data={"csrf_token": token, **data}, follow_redirects=True)


class World:
    """A provider, a stranger, and the LEP."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.provider: Provider = make_provider()
        self.other: Provider = make_provider()
        self.contract: Contract = make_contract(self.provider.organisation)
        self.card = make_card()
        self.officer = make_lep_officer()
        self.boss = make_lep_officer("lep_manager")

    @property
    def manager(self) -> Any:
        return author_of(self.provider.manager)

    def client(self, user: Any) -> Any:
        client = self.app.test_client()
        sign_in(client, user)
        return client

    def build(self, period: date = OCTOBER) -> Claim:
        with unit_of_work():
            built = claims.build(contract_id=self.contract.id, period=period, by=self.manager)
            assert isinstance(built, Ok), built
        return built.value.claim

    def submitted(self) -> Claim:
        claim = self.build()
        with unit_of_work():
            done = claims.submit(
                reference=claim.reference, revision=claim.revision, by=self.manager
            )
            assert isinstance(done, Ok), done
        return claim


@pytest.fixture
def world(app: Flask) -> World:
    with unit_of_work():
        return World(app)


@pytest.fixture
def three(world: World) -> World:
    with unit_of_work():
        for name, day in (("Copper Kettle", 5), ("Aire Valley Care", 6), ("Ilkley Inn", 7)):
            make_output(world.provider, make_employer(name=name), held_on=date(2026, 10, day))
    return world


def the_claim() -> Claim:
    return current_session().scalars(select(Claim)).one()


def test_a_claim_from_what_is_ready_to_submitted(three: World) -> None:
    client = three.client(three.provider.manager)
    with unit_of_work():
        # Confirmed, but nothing arose from it yet: drafting lets it arise.
        make_confirmed_session(three.provider, held_on=date(2026, 10, 8))
    page = text_of(client.get("/claims"))
    assert "October 2026: £1,800.00" in page
    month = f"/contracts/{three.contract.reference}/claims/2026-10"
    drafted = client.submit("/claims", form=month)
    page = text_of(drafted)
    assert "4 lines added. The checks were run" in page
    assert "Total £2,400.00" in page.replace("4 lines ", "")
    claim = the_claim()
    path = f"/claims/{claim.reference}"
    line = found.live_lines(claim.id)[0][0].id
    assert "taken out" in text_of(client.submit(path, form=f"{path}/lines/{line}/remove"))
    assert "1 was taken out" in text_of(client.get(path))
    page = text_of(client.get(f"{path}?state=removed"))
    assert "Copper Kettle" in page
    back = client.submit(f"{path}?state=removed", form=f"{path}/lines/{line}/return")
    assert "is back on the claim" in text_of(back)
    page = text_of(client.get(f"{path}/submit"))
    assert "Submit £2,400.00 for October 2026" in page
    # Budget of £100,000: what is left afterwards is said before.
    assert "£97,600.00" in page
    done = client.submit(f"{path}/submit")
    assert "Submitted. The LEP was told by email." in text_of(done)
    assert reading.standing(three.contract.id).committed == 240_000
    again = post(client, f"{path}/submit", revision="1")
    assert "submitted this claim on" in text_of(again)
    assert "It was sent once" in text_of(again)
    assert reading.standing(three.contract.id).committed == 240_000


def test_a_claim_that_changed_is_shown_again_before_it_is_submitted(three: World) -> None:
    client = three.client(three.provider.manager)
    claim = three.build()
    path = f"/claims/{claim.reference}"
    seen = client.soup(f"{path}/submit").find("input", {"name": "revision"})["value"]
    line = found.live_lines(claim.id)[0][0].id
    client.submit(path, form=f"{path}/lines/{line}/remove")
    refused = client.submit(f"{path}/submit", {"revision": seen})
    page = text_of(refused)
    assert "This claim changed while you had it open" in page
    assert "Submit £1,200.00" in page
    assert the_claim().state == "draft"
    for wrong in ("", "-1", "x", "²", "9" * 30):
        client.submit(f"{path}/submit", {"revision": wrong})
        assert the_claim().state == "draft"
    client.submit(f"{path}/submit")
    twice = client.get(f"{path}/submit", follow_redirects=True)
    assert "not a draft any more" in text_of(twice)


def test_what_does_not_fit_is_said_with_its_cap(world: World) -> None:
    with unit_of_work():
        held = found.contract_to_change(world.contract.id)
        held.total_cap_pence = 10_000_000
        for day in (5, 6):
            make_output(world.provider, held_on=date(2026, 10, day))
        from portal.payments.models import ContractCap

        current_session().add(
            ContractCap(contract_id=world.contract.id, output_type="engagement", cap_pence=100_000)
        )
    client = world.client(world.provider.manager)
    claim = world.build()
    page = text_of(client.get(f"/claims/{claim.reference}"))
    assert "The cap for engagement has £400.00 left, this is £600.00" in page
    assert "do not fit under a cap" in page


def test_late_work_is_claimed_in_the_first_open_month_and_says_so(world: World) -> None:
    with unit_of_work():
        make_output(world.provider, held_on=date(2026, 9, 30))
        found.contract_to_change(world.contract.id).open_from = OCTOBER
    client = world.client(world.provider.manager)
    assert "on no claim, from closed months" in text_of(client.get("/claims"))
    claim = world.build()
    page = text_of(client.get(f"/claims/{claim.reference}"))
    assert "Done in September 2026, claimed here because September 2026 is closed" in page


def test_failing_lines_are_taken_out_together_and_a_check_let_through(three: World) -> None:
    with unit_of_work():
        current_session().execute(
            update(Confirmation).values(to_email=three.officer.email).where(Confirmation.id > 0)
        )
    manager, boss = three.client(three.provider.manager), three.client(three.boss)
    claim = three.build()
    path = f"/claims/{claim.reference}"
    page = text_of(manager.get(path))
    assert "3 lines fail a check, so the claim cannot be submitted yet" in page
    assert "Look at the total and submit" not in page
    assert "fails a check" in text_of(manager.submit(f"{path}/submit"))
    line = found.live_lines(claim.id)[0][0].id
    ask = f"{path}/lines/{line}/let-through/confirmation"
    empty = text_of(manager.submit(ask, {"reason": ""}))
    assert "Say why this can be paid all the same" in empty
    day = today() + timedelta(days=10)
    until = {
        "until_on-day": str(day.day),
        "until_on-month": str(day.month),
        "until_on-year": str(day.year),
    }
    asked = manager.submit(ask, {"reason": "She owns it and advises us", **until})
    assert "Somebody asked for this to be let through until" in text_of(asked)
    request = current_session().scalars(select(CheckOverride)).one()
    assert post(manager, f"/overrides/{request.id}/grant").status_code == 403
    page = text_of(boss.get("/overrides"))
    assert "She owns it and advises us" in page
    granted = boss.submit("/overrides", form=f"/overrides/{request.id}/grant")
    assert "Let through" in text_of(granted)
    taken = manager.submit(path, form=f"{path}/lines/remove-failing")
    assert "2 lines taken out" in text_of(taken)
    manager.submit(f"{path}/submit")
    assert the_claim().state == "submitted"
    assert reading.standing(three.contract.id).committed == 60_000


def test_a_question_is_answered_or_its_line_taken_out(three: World) -> None:
    claim = three.submitted()
    lines = [line.id for line, _output in found.live_lines(claim.id)]
    with unit_of_work():
        asked = reviewing.query(
            reference=claim.reference,
            line_ids=lines[:2],
            words="Who was there?",
            by=author_of(three.officer),
        )
        assert isinstance(asked, Ok), asked
    client = three.client(three.provider.manager)
    path = f"/claims/{claim.reference}"
    assert "2 lines wait for an answer from the provider" in text_of(client.get(path))
    line = f"{path}/lines/{lines[0]}"
    assert "Write your answer" in text_of(
        client.submit(line, {"words": " "}, form=f"{line}/answer")
    )
    answered = client.submit(line, {"words": "The owner"}, form=f"{line}/answer")
    assert "Other lines still wait for an answer" in text_of(answered)
    page = text_of(client.get(line))
    assert page.index("Who was there?") < page.index("The owner")
    other = f"{path}/lines/{lines[1]}"
    kept = client.submit(other, {"reason": ""}, form=f"{other}/remove")
    assert "Say why the line is taken out" in text_of(kept)
    client.submit(other, {"reason": "Wrong day"}, form=f"{other}/remove")
    assert reading.standing(three.contract.id).committed == 120_000


def test_an_adviser_reads_and_the_lep_cannot_submit(three: World) -> None:
    claim = three.build()
    path = f"/claims/{claim.reference}"
    line = found.live_lines(claim.id)[0][0].id
    for person in (three.provider.adviser, three.officer, three.boss):
        client = three.client(person)
        for address in ("/claims", path, f"{path}/lines/{line}", f"{path}/lines.csv", "/overrides"):
            assert client.get(address).status_code == 200, address
        assert "Take out" not in text_of(client.get(path))
        assert client.get(f"{path}/submit").status_code == 403
        for name in (
            "submit",
            "withdraw",
            "refresh",
            f"lines/{line}/remove",
            "lines/remove-failing",
        ):
            assert post(client, f"{path}/{name}").status_code == 403, name
        month = f"/contracts/{three.contract.reference}/claims/2026-10"
        assert post(client, month).status_code == 403
    assert the_claim().state == "draft"
    assert post(three.client(three.provider.adviser), f"{path}/checks").status_code == 403
    checked = three.client(three.officer).submit(path, form=f"{path}/checks")
    assert "3 lines checked" in text_of(checked)


def test_another_providers_claim_is_nowhere(three: World) -> None:
    claim = three.build()
    path = f"/claims/{claim.reference}"
    line = found.live_lines(claim.id)[0][0].id
    stranger = three.client(three.other.manager)
    reads = ("", "/submit", "/withdraw", "/lines.csv", f"/lines/{line}")
    for name in (*reads, f"/lines/{line}/let-through/evidence"):
        assert stranger.get(path + name).status_code == 404, name
    writes = ("/submit", "/withdraw", "/refresh", "/checks", "/lines/remove-failing")
    on_line = ("remove", "return", "answer", "let-through/evidence")
    for name in (*writes, *(f"/lines/{line}/{verb}" for verb in on_line)):
        assert post(stranger, path + name).status_code == 404, name
    month = f"/contracts/{three.contract.reference}/claims/2026-10"
    assert post(stranger, month).status_code == 404
    assert claim.reference not in stranger.get("/claims").get_data(as_text=True)
    # A line of another claim does not open under one's own.
    with unit_of_work():
        make_contract(three.other.organisation)
        make_output(three.other, make_employer(name="Elsewhere"), held_on=date(2026, 10, 9))
    owner = three.client(three.provider.manager)
    with unit_of_work():
        theirs = claims.build(
            contract_id=current_session()
            .scalars(
                select(Contract.id).where(Contract.organisation_id == three.other.organisation.id)
            )
            .one(),
            period=OCTOBER,
            by=author_of(three.other.manager),
        )
        assert isinstance(theirs, Ok)
    strange = found.live_lines(theirs.value.claim.id)[0][0].id
    assert owner.get(f"{path}/lines/{strange}").status_code == 404
    assert post(owner, f"{path}/lines/{strange}/remove").status_code == 404


@pytest.mark.parametrize("month", ["2026-13", "2026", "x", "0000-00", "2026-1"])
def test_a_month_that_is_none_is_not_found(three: World, month: str) -> None:
    client = three.client(three.provider.manager)
    token = client.soup("/claims").find("input", {"name": "csrf_token"})["value"]
    path = f"/contracts/{three.contract.reference}/claims/{month}"
    assert client.post(path, data={"csrf_token": token}).status_code == 404


def test_a_month_that_runs_cannot_be_claimed(three: World) -> None:
    client = three.client(three.provider.manager)
    with freeze(datetime(2026, 10, 31, 23, 59, tzinfo=UTC)):
        # The clocks went back a week ago: London is at UTC again.
        page = text_of(client.get("/claims"))
        assert "Can be claimed from 1 November 2026" in page
    with freeze(datetime(2026, 11, 1, 0, 0, tzinfo=UTC)):
        assert "Draft the claim" in text_of(client.get("/claims"))


@pytest.mark.parametrize(
    ("last_minute", "first_minute", "month"),
    [
        # Summer time begins on 29 March 2026: April begins at 23:00 UTC on 31 March.
        ((2026, 4, 30, 22, 59), (2026, 4, 30, 23, 0), date(2026, 4, 1)),
        # It ends on 25 October 2026: November begins at midnight UTC.
        ((2026, 10, 31, 23, 59), (2026, 11, 1, 0, 0), date(2026, 10, 1)),
        # A leap year's February has a 29th.
        ((2028, 2, 29, 23, 59), (2028, 3, 1, 0, 0), date(2028, 2, 1)),
    ],
)
def test_months_begin_and_end_by_the_london_clock(
    world: World, last_minute: tuple[int, ...], first_minute: tuple[int, ...], month: date
) -> None:
    with freeze(datetime(*first_minute, tzinfo=UTC)), unit_of_work():
        last = (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        make_output(world.provider, held_on=last)
    with freeze(datetime(*last_minute, tzinfo=UTC)), unit_of_work():
        early = claims.build(contract_id=world.contract.id, period=month, by=world.manager)
        assert isinstance(early, Err)
        assert early.problem.code == "month_not_over"
    with freeze(datetime(*first_minute, tzinfo=UTC)), unit_of_work():
        built = claims.build(contract_id=world.contract.id, period=month, by=world.manager)
        assert isinstance(built, Ok), built
        assert built.value.added == 1


def test_withdrawn_work_leaves_a_draft_and_is_not_put_back(three: World) -> None:
    claim = three.build()
    client = three.client(three.provider.manager)
    path = f"/claims/{claim.reference}"
    line, output = found.live_lines(claim.id)[0]
    client.submit(path, form=f"{path}/lines/{line.id}/remove")
    with unit_of_work():
        gone = outputs.withdraw(output=output, reason="Wrong employer", by=three.manager)
        assert isinstance(gone, Ok)
    back = client.submit(f"{path}?state=removed", form=f"{path}/lines/{line.id}/return")
    assert "This work was withdrawn" in text_of(back)
    away = client.submit(f"{path}/withdraw")
    assert "put away" in text_of(away)
    assert {one.state for one in current_session().scalars(select(ClaimLine))} == {"removed"}
    built = three.build()
    assert built.number == 2
    assert len(found.live_lines(built.id)) == 2


def test_five_hundred_lines_take_as_many_statements_as_fifty(world: World) -> None:
    client = world.client(world.provider.manager)
    taken = []
    for count in (50, 450):
        with unit_of_work():
            make_many_outputs(world.provider, world.contract, world.card, count, pence=1_000)
            # Rows of a transaction that never ends are not counted by themselves: PostgreSQL
            # would take the tables for empty and go through all of them for each line.
            current_session().execute(text("ANALYZE"))
        claim = world.build()
        path = f"/claims/{claim.reference}"
        for address in ("/claims", path, f"{path}/submit"):
            assert client.get(address).status_code == 200
            taken.append(len(client.statements))
    assert taken[:3] == taken[3:]
    assert max(taken) <= 10, taken
    page = client.get(f"{path}?page=10")
    assert "451 to 500 of 500 lines" in text_of(page)
    assert client.get(f"{path}?page=11").status_code == 302
    some = text_of(client.get(f"{path}?check=look&q=lodge"))
    assert "lodge" in some
    assert "No lines here" in text_of(client.get(f"{path}?q=%25%00nothing"))
    rows = list(
        csv.DictReader(io.StringIO(client.get(f"{path}/lines.csv").data.decode("utf-8-sig")))
    )
    assert len(rows) == 500
    assert {row["Amount in pounds"] for row in rows} == {"10.00"}


def mails() -> list[tuple[str, str]]:
    entries = current_session().scalars(
        select(OutboxEntry).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
    )
    return [(entry.payload["to"], entry.payload["subject"]) for entry in entries]


def test_both_sides_hear_of_what_matters_by_mail(three: World) -> None:
    claim = three.submitted()
    name = three.provider.organisation.name
    assert (three.officer.email, f"{name}: claim for October 2026") in mails()
    with unit_of_work():
        held = found.claim_to_change(claim.reference)
        assert held is not None
        claims.tell_provider(held, "queried")
        claims.tell_provider(held, "queried")
        claims.tell_provider(held, "decided")
    told = [subject for to, subject in mails() if to == three.provider.manager.email]
    assert told == [
        "Questions about your claim for October 2026",
        "Your claim for October 2026 is decided",
    ]


def test_a_month_that_closes_soon_is_said_once_to_managers(three: World) -> None:
    # October 2026 closes on 13 November, ten working days after its end.
    def remind(day: int) -> int:
        with freeze(datetime(2026, 11, day, 9, tzinfo=UTC)):
            return claims_telling.remind_of_deadlines()

    assert remind(9) == 0
    assert remind(10) == 1
    assert remind(12) == 1
    assert remind(13) == 0
    told = [subject for to, subject in mails() if to == three.provider.manager.email]
    assert told == ["October 2026 closes on Friday 13 November"]
    with freeze(datetime(2026, 11, 11, 9, tzinfo=UTC)):
        three.submitted()
        assert claims_telling.remind_of_deadlines() == 0
