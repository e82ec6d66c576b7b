"""The pages about contracts, as a browser without a script sees them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest
from sqlalchemy import select

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.kernel.clock import freeze
from portal.payments.models import Contract, Decision
from portal.payments.queries import contract_changes as seconds
from portal.payments.queries import contracts as found
from tests.factories.accounts import sign_in
from tests.factories.caseload import make_lep_officer, make_organisation, make_provider
from tests.factories.payments import make_card, make_contract, make_output

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def november():
    with freeze(NOW):
        yield


@pytest.fixture
def browser(app):
    """Somebody's browser, signed in."""

    def make(user: User):
        client = app.test_client()
        sign_in(client, user)
        return client

    return make


@pytest.fixture
def lep(app, browser):
    """Two managers and an officer of the LEP, each with a browser."""
    with unit_of_work():
        users = [make_lep_officer("lep_manager"), make_lep_officer("lep_manager")]
        users.append(make_lep_officer())
    return [browser(user) for user in users]


def text_of(response) -> str:
    page = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(unescape(page).split())


PARTS = ("day", "month", "year")


def day(name: str, value: date | None) -> dict[str, str]:
    parts = ("", "", "") if value is None else (value.day, value.month, value.year)
    return {f"{name}-{part}": str(number) for part, number in zip(PARTS, parts, strict=True)}


def new_data(provider, **changes) -> dict[str, object]:
    return {
        "organisation": str(provider.organisation.id),
        "title": "Support for employers, 2027",
        **day("starts_on", date(2026, 10, 1)),
        **day("ends_on", date(2027, 3, 31)),
        "total_cap": "10,000.50",
        "cap_engagement": "6000",
        "bonus_target_percent": "40",
        **changes,
    }


PAYEE = {
    "payee_name": "Example Provider",
    "payee_sort_code": "12-34-56",
    "payee_account": "12345678",
    "remittance_email": "finance@provider.example",
}


def newest() -> Contract:
    return current_session().scalars(select(Contract).order_by(Contract.id.desc())).first()


def test_from_a_draft_to_a_contract_in_force(lep) -> None:
    first, second, officer = lep
    with unit_of_work():
        provider, partner = make_provider(), make_organisation()
    shown = text_of(officer.submit("/contracts/new", new_data(provider)))
    assert "The draft is saved. Add quarters, subcontractors and bank details." in shown
    path = f"/contracts/{newest().reference}"
    assert "Enter the provider's bank details" in text_of(officer.get(path))
    saved = officer.submit(
        f"{path}/edit",
        {
            "quarter_20261001": "4000",
            "quarter_20270101": "6000.50",
            "sub_0": str(partner.id),
            **day("sub_0_from", date(2026, 11, 1)),
            **PAYEE,
        },
    )
    page = text_of(saved)
    assert "The quarters add up to the total cap." in page
    assert f"{partner.name}, from 1 November 2026 to the end" in page
    assert "12-34-56" in page
    # An officer drafts, and cannot even try to activate.
    assert officer.soup(path).find("form", id="activate") is None
    assert "In force" in text_of(first.submit(path, form="activate"))
    assert found.contract_facts(newest().reference).state == "active"
    assert "Vary this contract" in text_of(second.get(path))
    assert officer.get(f"{path}/vary").status_code == 403


def test_who_drafted_it_is_told_that_somebody_else_activates_it(lep) -> None:
    first, second, _officer = lep
    with unit_of_work():
        provider = make_provider()
    first.submit("/contracts/new", new_data(provider))
    path = f"/contracts/{newest().reference}"
    second.submit(f"{path}/edit", PAYEE)
    for client in (first, second):
        refused = text_of(client.submit(path, form="activate"))
        assert "Somebody else must activate this contract. You drafted it." in refused
    noted = current_session().scalars(select(Decision.action)).all()
    assert noted.count("contract.activate_refused") == 2
    assert newest().state == "draft"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"organisation": ""}, "Choose the provider"),
        ({"total_cap": "10.001"}, "must have no more than 2 decimal places"),
        ({"total_cap": "-1"}, "Total cap must be £0.01 or more"),
        ({"total_cap": "99999999999"}, "Total cap must be £1,000,000,000.00 or less"),
        ({"cap_engagement": "10000.51"}, "cannot be above the total of £10,000.50"),
        (day("ends_on", date(2026, 9, 30)), "The contract must end on or after the day it starts"),
        ({"bonus_target_percent": "101"}, "The target must be 100 or fewer"),
    ],
)
def test_a_faulty_draft_keeps_what_was_typed(lep, changes, says) -> None:
    with unit_of_work():
        provider = make_provider()
    answer = lep[0].submit("/contracts/new", new_data(provider, **changes))
    assert says in text_of(answer)
    assert 'value="Support for employers, 2027"' in answer.get_data(as_text=True)
    assert newest() is None


def test_faults_of_quarters_bank_details_and_subcontractors_stand_beside_their_fields(lep) -> None:
    with unit_of_work():
        provider, partner = make_provider(), make_organisation()
    lep[0].submit("/contracts/new", new_data(provider))
    path = f"/contracts/{newest().reference}/edit"
    answer = lep[0].submit(
        path,
        {
            "quarter_20261001": "10000.51",
            **PAYEE,
            "payee_sort_code": "1234",
            "payee_name": "Café",
            **day("sub_0_from", date(2026, 11, 1)),
        },
    )
    assert "Choose the subcontractor, or clear its dates" in text_of(answer)
    answer = lep[0].submit(
        path,
        {
            "quarter_20261001": "10000.51",
            **PAYEE,
            "payee_sort_code": "1234",
            "payee_name": "Café",
            "sub_0": str(partner.id),
            **day("sub_0_from", date(2026, 9, 30)),
        },
    )
    page = text_of(answer)
    for says in (
        "£0.01 more than the total cap",
        "Enter a sort code of 6 digits",
        "not É",
        "A subcontractor begins while the contract runs",
    ):
        assert says in page
    assert newest().revision == 1


def test_two_people_with_one_draft_see_what_differs_and_lose_nothing(lep) -> None:
    first, second, _officer = lep
    with unit_of_work():
        provider = make_provider()
    first.submit("/contracts/new", new_data(provider))
    path = f"/contracts/{newest().reference}/edit"
    stale = first.soup(path).find("input", {"name": "revision"})["value"]
    second.submit(path, {"total_cap": "20000", **PAYEE})
    clash = first.submit(path, {"total_cap": "15000", "revision": stale, **PAYEE})
    page = text_of(clash)
    assert "Somebody changed this contract while you had it open" in page
    assert "Total cap £20,000.00 £15,000.00" in page
    assert 'value="15000"' in clash.get_data(as_text=True)
    assert newest().total_cap_pence == 2_000_000
    soup_revision = re.search(r'name="revision" value="(\d+)"', clash.get_data(as_text=True))
    assert soup_revision is not None
    assert int(soup_revision[1]) == newest().revision
    first.submit(path, {"total_cap": "15000", "revision": soup_revision[1], **PAYEE})
    assert newest().total_cap_pence == 1_500_000


@pytest.fixture
def in_force(app):
    """A provider, its contract, and an engagement in October."""
    with unit_of_work():
        provider = make_provider()
        contract = make_contract(
            provider.organisation, starts_on=date(2026, 10, 1), caps={"engagement": 130_000}
        )
        make_card()
        make_output(provider, held_on=date(2026, 10, 5))
    return provider, contract


def test_a_variation_is_recorded_with_its_reason(lep, in_force) -> None:
    _provider, contract = in_force
    path = f"/contracts/{contract.reference}"
    answer = lep[0].submit(
        f"{path}/vary",
        {
            "reason": "Demand is higher than expected",
            "total_cap": "120000",
            "cap_engagement": "",
            **day("ends_on", date(2028, 6, 30)),
            "quarter_20280401": "1000",
        },
    )
    page = text_of(answer)
    assert "The variation is proposed" in page
    assert "You proposed this, so somebody else has to confirm it" in page
    change = seconds.history(contract.id)[0].reference
    assert lep[2].soup(path).find("form", id=f"confirm-{change}") is None
    page = text_of(lep[1].submit(path, form=f"confirm-{change}"))
    assert "The variation is in force" in page
    assert "Variation 1, from" in page
    assert "Demand is higher than expected" in page
    assert "Total cap: £100,000.00 → £120,000.00" in page
    assert "Cap for engagement: £1,300.00 → no cap of its own" in page
    assert "Ends on: 31 March 2028 → 30 June 2028" in page
    assert "Expected in April to June 2028: £0.00 → £1,000.00" in page


def test_a_variation_outside_sense_says_why_beside_its_field(lep, in_force) -> None:
    _provider, contract = in_force
    path = f"/contracts/{contract.reference}/vary"
    unchanged = text_of(lep[0].submit(path, {"reason": "Nothing yet"}))
    assert "Nothing is changed yet" in unchanged
    early = text_of(lep[0].submit(path, {"reason": "x", **day("ends_on", date(2026, 10, 4))}))
    assert "Work was done on 5 October 2026" in early
    future = day("effective_on", date(2026, 11, 23))
    assert "The day must be 22 November 2026 or earlier" in text_of(
        lep[0].submit(path, {"reason": "x", **future})
    )
    assert seconds.history(contract.id) == []


def test_two_people_with_one_variation(lep, in_force) -> None:
    _provider, contract = in_force
    path = f"/contracts/{contract.reference}/vary"
    stale = lep[0].soup(path).find("input", {"name": "revision"})["value"]
    lep[1].submit(path, {"reason": "First", "total_cap": "110000"})
    waits = text_of(lep[0].submit(path, {"reason": "Second", "total_cap": "120000"}))
    assert "A variation waits for a second person already" in waits
    change = seconds.history(contract.id)[0].reference
    lep[0].submit(f"/contracts/{contract.reference}", form=f"confirm-{change}")
    clash = text_of(
        lep[0].submit(path, {"reason": "Second", "total_cap": "120000", "revision": stale})
    )
    assert "Total cap £110,000.00 £120,000.00" in clash
    assert len(seconds.history(contract.id)) == 1


def test_the_lep_closes_a_month_that_is_over(lep, in_force) -> None:
    _provider, contract = in_force
    path = f"/contracts/{contract.reference}"
    officer = lep[2]
    assert "It was due to close on 13 November 2026" in text_of(officer.get(path))
    assert "October 2026 is closed." in text_of(officer.submit(path, form="close"))
    assert officer.soup(path).find("form", id="close") is None
    token = officer.soup("/contracts/new").find("input", {"name": "csrf_token"})["value"]
    sent = officer.post(
        f"{path}/close-month",
        data={"month": "2026-11-01", "csrf_token": token},
        follow_redirects=True,
    )
    assert "November 2026 can be closed once it is over" in text_of(sent)
    bad = officer.post(f"{path}/close-month", data={"month": "soon", "csrf_token": token})
    assert bad.status_code == 400


def test_a_provider_sees_its_own_contract_and_no_draft(browser, in_force) -> None:
    provider, contract = in_force
    with unit_of_work():
        other = make_provider()
        hidden = make_contract(provider.organisation, active=False)
    manager, stranger = browser(provider.manager), browser(other.manager)
    path = f"/contracts/{contract.reference}"
    page = text_of(manager.get(path))
    assert "£100,000.00 can still be claimed" in page
    # Enough of the account to know which it is, and no more.
    assert "••••0000" in page
    assert "Close October" not in page
    listed = text_of(manager.get("/contracts"))
    assert contract.title in listed
    assert hidden.title not in listed
    assert contract.title not in text_of(stranger.get("/contracts"))
    assert stranger.get(path).status_code == 404
    assert manager.get(f"/contracts/{hidden.reference}").status_code == 404
    assert manager.get("/contracts/%00").status_code == 404
    for way in ("new", f"{contract.reference}/edit", f"{contract.reference}/vary"):
        assert manager.get(f"/contracts/{way}").status_code == 403
    for way in ("activate", "close-month"):
        assert manager.post(f"{path}/{way}").status_code in {400, 403, 419}
    assert browser(provider.adviser).get(path).status_code == 200


def test_pages_ask_the_database_no_more_for_more_rows(lep, in_force) -> None:
    provider, contract = in_force
    client = lep[0]
    client.get("/contracts")
    few = len(client.statements)
    client.get(f"/contracts/{contract.reference}")
    page = len(client.statements)
    with unit_of_work():
        for _again in range(5):
            make_contract(provider.organisation)
            make_output(provider, held_on=date(2026, 10, 6))
    client.get("/contracts")
    assert len(client.statements) == few
    client.get(f"/contracts/{contract.reference}")
    assert len(client.statements) == page
    assert (few, page) <= (4, 9)
    assert page <= 9, client.statements
