"""The list of outputs and the page of one: filters, totals, the file, and who sees what."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup

from portal.accounts.models import User
from portal.caseload.models import Case, Delivery, DiagnosticSession
from portal.caseload.service import evidence
from portal.db import current_session, unit_of_work
from portal.db.session import PortalSession
from portal.employers import service as employers
from portal.employers.models import Employer
from portal.employers.rules.facts import Details, StaffNumbers
from portal.kernel.clock import freeze
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from portal.payments.models import Claim, Contract, Output
from portal.payments.queries import output_lists
from portal.payments.queries.output_lists import Scope
from portal.payments.rules.outputs import PAGE, OutputFilter
from portal.payments.service import claims, outputs, paying, reviewing
from portal.programme.models import StaffPost
from tests.factories import files as samples
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import (
    Provider,
    author_of,
    make_lep_officer,
    make_provider,
    make_staff,
)
from tests.factories.employers import make_employer, make_membership
from tests.factories.payments import (
    make_card,
    make_confirmed_delivery,
    make_confirmed_session,
    make_contract,
    make_hard_to_reach,
    make_output,
)
from tests.support.client import PortalClient

SEPTEMBER, OCTOBER = date(2026, 9, 1), date(2026, 10, 1)


def text_of(soup: BeautifulSoup) -> str:
    main = soup.find("main")
    assert main is not None
    return " ".join(main.get_text(" ").split())


def names(soup: BeautifulSoup) -> list[str]:
    return [one.get_text(strip=True) for one in soup.select(".app-work__name")]


@dataclass
class World:
    """A prime with a subcontractor, a stranger, an officer, and an output in every state."""

    prime: Provider
    sub: Provider
    stranger: Provider
    officer: User
    contract: Contract
    by_state: dict[str, Output]
    sub_output: Output
    stranger_output: Output


def build(provider: Provider, contract: Contract, month: date) -> Claim:
    with unit_of_work():
        built = claims.build(contract_id=contract.id, period=month, by=author_of(provider.manager))
        assert isinstance(built, Ok), built
        return built.value.claim


def submit(provider: Provider, claim: Claim) -> None:
    with unit_of_work():
        done = claims.submit(
            reference=claim.reference, revision=claim.revision, by=author_of(provider.manager)
        )
        assert isinstance(done, Ok), done


def lines_of(claim: Claim) -> dict[str, int]:
    from portal.payments.queries.claims import live_lines

    return {output.employer_name: line.id for line, output in live_lines(claim.id)}


def approve(claim: Claim, lines: list[int], by: User) -> None:
    with unit_of_work():
        done = reviewing.approve(reference=claim.reference, line_ids=lines, by=author_of(by))
        assert isinstance(done, Ok), done


@pytest.fixture
def world(session: PortalSession) -> World:
    with unit_of_work():
        prime, sub, stranger = make_provider(), make_provider(), make_provider()
        contract = make_contract(prime.organisation, subcontractor=sub.organisation)
        make_contract(stranger.organisation)
        make_card()
        officer, payer = make_lep_officer(), make_lep_officer("lep_manager")
        made: dict[str, Output] = {}

        def add(name: str, day: date, **changes: Any) -> Output:
            return make_output(prime, make_employer(name=f"{name} Ltd", **changes), held_on=day)

        made["paid"] = add("Paid", date(2026, 9, 3))
    claim = build(prime, contract, SEPTEMBER)
    submit(prime, claim)
    approve(claim, list(lines_of(claim).values()), officer)
    with unit_of_work():
        run = paying.make_run(programme="pilot", references=None, by=author_of(payer))
        assert isinstance(run, Ok), run
    _pay(payer)
    with unit_of_work():
        made["approved"] = add("Approved", date(2026, 10, 5))
        made["queried"] = add("Queried", date(2026, 10, 6))
        made["claimed"] = add("Claimed", date(2026, 10, 7), sic_codes=["47110"])
    second = build(prime, contract, OCTOBER)
    submit(prime, second)
    keys = lines_of(second)
    approve(second, [keys["Approved Ltd"]], officer)
    with unit_of_work():
        asked = reviewing.query(
            reference=second.reference,
            line_ids=[keys["Queried Ltd"]],
            words="Who was there?",
            by=author_of(officer),
        )
        assert isinstance(asked, Ok), asked
    with unit_of_work():
        made["draft"] = add("Draft", date(2026, 10, 8), headcount=300)
        current_session().get_one(Contract, contract.id)
    build(prime, contract, OCTOBER)
    with unit_of_work():
        made["ready"] = make_output(
            prime,
            make_hard_to_reach(name="Ready Ltd", on=date(2026, 10, 1)),
            held_on=date(2026, 11, 2),
        )
        gone = add("Withdrawn", date(2026, 11, 3))
        assert isinstance(outputs.withdraw(output=gone, reason="Twice", by=PORTAL), Ok)
        made["withdrawn"] = gone
        delivery = make_confirmed_delivery(sub, make_employer(name="Sub's Café Ltd"))
        done = outputs.arise_for_delivery(delivery.id, PORTAL)
        assert isinstance(done, Ok), done
        other = make_output(stranger, make_employer(name="Stranger's Ltd"))
    return World(prime, sub, stranger, officer, contract, made, done.value, other)


def _pay(payer: User) -> None:
    from sqlalchemy import select

    from portal.kernel.clock import today
    from portal.payments.models import Payment

    reference = current_session().scalars(select(Payment.reference)).one()
    with unit_of_work():
        done = paying.mark_paid(
            reference=reference, paid_on=today(), bank_reference="BACS 1", by=author_of(payer)
        )
        assert isinstance(done, Ok), done


def test_the_prime_sees_its_own_and_its_subcontractors_the_others_only_their_own(
    world: World, client: PortalClient
) -> None:
    every = {f"{name.title()} Ltd" for name in world.by_state if name != "withdrawn"}
    for user, expected in (
        (world.prime.manager, every | {"Sub's Café Ltd"}),
        (world.prime.adviser, every | {"Sub's Café Ltd"}),
        (world.sub.manager, {"Sub's Café Ltd"}),
        (world.stranger.manager, {"Stranger's Ltd"}),
        (world.officer, every | {"Sub's Café Ltd", "Stranger's Ltd"}),
    ):
        sign_in(client, user)
        assert set(names(client.soup("/outputs"))) == expected


@pytest.mark.parametrize(
    "state", ["ready", "draft", "claimed", "queried", "approved", "paid", "withdrawn"]
)
def test_each_state_shows_its_own_and_what_they_add_up_to(
    world: World, client: PortalClient, state: str
) -> None:
    sign_in(client, world.prime.manager)
    soup = client.soup(f"/outputs?state={state}")
    found = names(soup)
    expected = [f"{state.title()} Ltd"]
    if state == "ready":
        expected = ["Sub's Café Ltd", *expected]
    assert found == expected
    pence = sum(
        output.base_pence + output.bonus_pence
        for name, output in (*world.by_state.items(), ("ready", world.sub_output))
        if name == state
    )
    assert f"£{pence / 100:,.2f}" in text_of(soup)


def test_the_other_filters_narrow_and_can_be_taken_away(world: World, client: PortalClient) -> None:
    sign_in(client, world.officer)
    for address, expected in (
        ("kind=workshop", {"Sub's Café Ltd"}),
        ("month=2026-09", {"Paid Ltd"}),
        ("sector=retail", {"Claimed Ltd"}),
        ("tier=large", {"Draft Ltd"}),
        (f"provider={world.sub.organisation.id}", {"Sub's Café Ltd"}),
        (f"provider={world.stranger.organisation.id}&kind=engagement", {"Stranger's Ltd"}),
        ("month=2026-10&state=draft", {"Draft Ltd"}),
        ("month=2031-01", set()),
        ("month=9999-12", set()),
    ):
        soup = client.soup(f"/outputs?{address}")
        assert set(names(soup)) == expected, address
        assert soup.select(".app-filter__tag")
    held = client.soup(f"/outputs?contract={world.contract.id}")
    assert "Stranger's Ltd" not in names(held)
    # A provider that asks for another's gets nothing of it.
    sign_in(client, world.stranger.manager)
    for address in (f"provider={world.prime.organisation.id}", f"contract={world.contract.id}"):
        assert names(client.soup(f"/outputs?{address}")) == []


def test_late_ones_are_those_claimed_in_a_later_month(world: World, client: PortalClient) -> None:
    with unit_of_work():
        contract = current_session().get_one(Contract, world.contract.id)
        contract.open_from = date(2026, 11, 1)
        late = make_output(world.prime, make_employer(name="Late Ltd"), held_on=date(2026, 9, 30))
        assert late.contract_id == contract.id
    sign_in(client, world.prime.manager)
    soup = client.soup("/outputs?state=late")
    # What was claimed in its own month while that was open is not late.
    assert names(soup) == ["Late Ltd"]
    assert "Can be claimed from 1 December 2026, for November 2026" in text_of(soup)


def test_the_file_holds_the_whole_list_in_pounds(world: World, client: PortalClient) -> None:
    sign_in(client, world.sub.manager)
    answer = client.get("/outputs/export.csv", buffered=True)
    (line,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert line["Employer"] == "Sub's Café Ltd"
    assert (line["Base in pounds"], line["Bonus in pounds"]) == ("350.00", "0.00")
    assert (line["State"], line["Late"], line["Hard to reach"]) == ("Ready", "No", "No")
    sign_in(client, world.prime.manager)
    answer = client.get("/outputs/export.csv?state=paid", buffered=True)
    (line,) = csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert (line["Claimed for"], line["Worth in pounds"]) == ("2026-09", "600.00")
    assert line["Why this amount"] == world.by_state["paid"].explanation


def test_a_list_takes_six_statements_however_long(world: World, client: PortalClient) -> None:
    sign_in(client, world.prime.manager)
    client.soup("/outputs")
    few = len(client.statements)
    with unit_of_work():
        for _ in range(PAGE):
            make_output(world.prime, held_on=date(2026, 11, 4))
    soup = client.soup("/outputs")
    assert len(client.statements) == few <= 6, client.statements
    assert len(names(soup)) == PAGE
    assert f"1 to {PAGE} of {PAGE + 7}" in text_of(soup)
    rest = names(client.soup("/outputs?page=2"))
    assert len(rest) == 7
    assert client.get("/outputs?page=99").location.endswith("page=2")
    sign_in(client, world.officer)
    client.soup("/outputs")
    assert len(client.statements) <= 6, client.statements


def test_one_output_shows_what_was_frozen_and_its_life(world: World, client: PortalClient) -> None:
    sign_in(client, world.officer)
    paid = world.by_state["paid"]
    soup = client.soup(f"/outputs/{paid.reference}")
    text = text_of(soup)
    assert paid.explanation in text
    assert ": 24 employees on 1 November 2026" in text
    assert "Not counted yet: no answer about Investors in People" in text
    life = [one.get_text(strip=True) for one in soup.select(".app-timeline__title")]
    assert life == [
        "Arose",
        "Put on the claim for September 2026",
        "Claimed: claim for September 2026 submitted",
        "Approved",
        "Paid: £600.00",
    ]
    assert "bank reference BACS 1" in text
    entries = [row.get_text(" ", strip=True) for row in soup.select("table tbody tr")]
    assert [
        next(w for w in ("set aside", "owed", "paid") if f": {w} " in row) for row in entries
    ] == [
        "set aside",
        "owed",
        "paid",
    ]
    asked = text_of(client.soup(f"/outputs/{world.by_state['queried'].reference}"))
    assert "Who was there?" in asked
    # The provider sees its life, not the ledger.
    sign_in(client, world.prime.manager)
    own = client.soup(f"/outputs/{paid.reference}")
    assert own.select("table") == []
    assert "Paid: £600.00" in text_of(own)
    gone = text_of(client.soup(f"/outputs/{world.by_state['withdrawn'].reference}"))
    assert "Withdrawn on" in gone
    assert "Twice" in gone


def test_what_came_back_is_shown_in_the_list_and_in_the_life(
    world: World, client: PortalClient
) -> None:
    from sqlalchemy import select

    from portal.payments.models import ClaimLine

    line = (
        current_session()
        .scalars(select(ClaimLine.id).where(ClaimLine.output_id == world.by_state["paid"].id))
        .one()
    )
    with unit_of_work():
        manager = make_lep_officer("lep_manager")
        done = paying.recover(
            line_id=line, pence=12_345, reason="Half a day", by=author_of(manager)
        )
        assert isinstance(done, Ok), done
    sign_in(client, world.prime.manager)
    assert "£123.45 came back" in text_of(client.soup("/outputs?state=paid"))
    page = text_of(client.soup(f"/outputs/{world.by_state['paid'].reference}"))
    assert "Taken back: £123.45" in page
    assert "Half a day" in page


def test_evidence_and_names_stay_with_who_did_the_work_and_the_lep(
    world: World, client: PortalClient
) -> None:
    delivery = current_session().get_one(Delivery, world.sub_output.delivery_id)
    case = current_session().get_one(Case, world.sub_output.case_id)
    with unit_of_work():
        done = evidence.add(
            case=case,
            kind="attendance_sheet",
            subject=f"delivery:{delivery.reference}",
            note="",
            file_name="sheet.pdf",
            data=samples.pdf("sheet"),
            by=world.sub.author,
        )
        assert isinstance(done, Ok), done
    address = f"/outputs/{world.sub_output.reference}"
    for user, sees in (
        (world.sub.manager, True),
        (world.officer, True),
        (world.prime.manager, False),
    ):
        sign_in(client, user)
        soup = client.soup(address)
        text = text_of(soup)
        assert ("sheet.pdf" in text) is sees
        assert ("Example Owner" in text) is sees
        assert bool(soup.find("a", href=f"/support/{delivery.reference}")) is sees
        assert ("stay with the provider that did the work" in text) is not sees
        assert "Sub's Café Ltd" in text


def test_who_only_delivers_does_not_read_the_claims_of_the_prime(
    world: World, client: PortalClient
) -> None:
    with unit_of_work():
        old = make_confirmed_delivery(
            world.sub, make_employer(name="Old Ltd"), delivered_on=date(2026, 10, 9)
        )
        output = outputs.arise_for_delivery(old.id, PORTAL)
        assert isinstance(output, Ok)
    claim = build(world.prime, world.contract, OCTOBER)
    address = f"/outputs/{output.value.reference}"
    sign_in(client, world.sub.manager)
    soup = client.soup(address)
    assert "Claim for October 2026" in text_of(soup)
    assert soup.find("a", href=f"/claims/{claim.reference}") is None
    assert client.soup("/outputs").find("a", href=f"/claims/{claim.reference}") is None
    sign_in(client, world.prime.manager)
    assert client.soup(address).find("a", href=f"/claims/{claim.reference}")


def test_others_find_nothing(world: World, client: PortalClient) -> None:
    address = f"/outputs/{world.by_state['ready'].reference}"
    sign_in(client, world.stranger.manager)
    assert client.get(address).status_code == 404
    assert client.get("/outputs/7ZZZZZZZZZ").status_code == 404
    assert client.get("/outputs/x%00y").status_code == 404
    with unit_of_work():
        owner = make_user()
        make_membership(
            employer_id=world.by_state["ready"].employer_id, user_id=owner.id, role="owner"
        )
        evaluator = make_user(roles=("evaluator",))
    for person in (owner, evaluator):
        sign_in(client, person)
        for path in (address, "/outputs", "/outputs/export.csv"):
            assert client.get(path).status_code == 403


def test_somebody_of_two_providers_sees_both(world: World, client: PortalClient) -> None:
    with unit_of_work():
        both = make_staff(world.sub.organisation, "provider_manager")
        current_session().add(
            StaffPost(user_id=both.id, organisation_id=world.stranger.organisation.id)
        )
    sign_in(client, both)
    assert set(names(client.soup("/outputs"))) == {"Sub's Café Ltd", "Stranger's Ltd"}


def test_the_total_is_the_sum_of_the_rows_for_every_filter(world: World) -> None:
    scope = Scope(None)
    for state in ("", "ready", "draft", "claimed", "queried", "approved", "paid", "late"):
        for month in ("", "2026-09", "2026-10", "2026-11"):
            wanted = OutputFilter(state=state, month=month)
            frame, rows = output_lists.frame(wanted, scope), output_lists.rows(wanted, scope)
            assert (frame.total, frame.pence) == (len(rows), sum(row.pence for row in rows))
            assert frame.bonus_pence == sum(row.bonus_pence for row in rows)
            if state not in {"", "late"}:
                assert {row.state.value for row in rows} <= {state}


def test_a_session_that_becomes_an_output_links_back(world: World, client: PortalClient) -> None:
    output = world.by_state["ready"]
    made = current_session().get_one(DiagnosticSession, output.session_id)
    case = current_session().get_one(Case, made.case_id)
    sign_in(client, world.prime.adviser)
    soup = client.soup(f"/outputs/{output.reference}")
    assert soup.find("a", href=f"/cases/{case.reference}/session/{made.reference}")
    assert "£750.00" in text_of(soup)


def test_since_when_a_fact_is_known_is_said_and_what_came_later(
    world: World, client: PortalClient
) -> None:
    begun, added = datetime(2026, 10, 1, 9, tzinfo=UTC), datetime(2026, 11, 3, 9, tzinfo=UTC)
    with freeze(begun), unit_of_work():
        made = employers.create_employer(
            details=Details("Example Shop Ltd", "leeds", "LS1 4AP", ["47110"]),
            staff=None,
            owner_id=None,
        )
        assert isinstance(made, Ok)
        reference = made.value.reference
    with freeze(added), unit_of_work():
        numbers = StaffNumbers(34, 20, date(2026, 11, 3))
        done = employers.update_staff_numbers(
            reference=reference, version=1, staff=numbers, by=None
        )
        assert isinstance(done, Ok)
    with unit_of_work():
        employer = current_session().get_one(Employer, made.value.id)
        output = make_output(world.prime, employer, held_on=date(2026, 10, 31))
    sign_in(client, world.prime.manager)
    text = text_of(client.soup(f"/outputs/{output.reference}"))
    assert "Retail SIC codes: 47110" in text
    assert "On record since 1 October 2026" in text
    assert "Not known that day. First recorded on 3 November 2026" in text


def test_a_session_without_an_output_is_in_no_list(world: World, client: PortalClient) -> None:
    with unit_of_work():
        make_confirmed_session(
            world.stranger, make_employer(name="Nothing yet Ltd"), diagnostic=False
        )
    sign_in(client, world.stranger.manager)
    assert names(client.soup("/outputs")) == ["Stranger's Ltd"]
