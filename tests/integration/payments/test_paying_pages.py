"""The pages about paying: what is owed, runs and their files, marking as paid."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import freeze, today
from portal.kernel.result import Err, Ok
from portal.payments.models import Decision, Payment
from portal.payments.queries import claims as claiming
from portal.payments.queries import ledger as reading
from portal.payments.queries import paying as found
from portal.payments.service import paying
from portal.payments.service.proving import verify
from portal.programme.models import StaffPost
from tests.factories.caseload import author_of
from tests.factories.paying import Owing, make_owed

# A Wednesday in winter, so that the next day is a working day.
NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with freeze(NOW):
        yield


@pytest.fixture
def owing(app: Flask) -> Owing:
    return make_owed(app, months=3)


def test_what_is_owed_is_listed_and_officers_see_no_whole_account(owing: Owing) -> None:
    page = owing.client(owing.manager).soup("/payments")
    text = page.get_text(" ", strip=True)
    assert "3 claims wait, £3,600.00 in all" in text
    assert "00-00-00, 00000000" in text
    assert len(page.find_all("input", attrs={"name": "claim"})) == 3
    seen = owing.client(owing.officer).soup("/payments").get_text(" ", strip=True)
    assert "Account ••••0000" in seen
    assert "00000000" not in seen
    assert "Pay those I ticked" not in seen


def test_chosen_claims_become_a_run_after_a_look(owing: Owing) -> None:
    client = owing.client(owing.manager)
    first, second = owing.claims[:2]
    address = f"/payments/new?claim={first}&claim={second}"
    page = client.soup(address).get_text(" ", strip=True)
    assert "Make this run of £2,400.00" in page
    done = client.submit(address)
    assert done.status_code == 200
    text = done.get_data(as_text=True)
    assert "The payment run is made" in text
    assert [one.reference for one in found.owed("pilot")] == [owing.claims[2]]
    # Coming back and pressing again: it is said that it was done, and nothing is.
    again = client.get(address, follow_redirects=True).get_data(as_text=True)
    assert "they are in a payment run already" in again


def test_what_is_posted_is_what_was_shown(owing: Owing) -> None:
    client = owing.client(owing.manager)
    token = client.soup("/payments/new?all=1").find("input", attrs={"name": "csrf_token"})["value"]
    fields = {"process_on-day": "20", "process_on-month": "11", "process_on-year": "2026"}
    wrong = client.post(
        "/payments/new",
        data={
            "csrf_token": token,
            "claims": owing.claims[0],
            "total": "240000",
            **fields,
        },
    )
    assert "changed while you had this page open" in wrong.get_data(as_text=True)
    # A claim that another put into a run meanwhile stops the whole of it.
    other = owing.make_run(owing.claims[0])
    late = client.post(
        "/payments/new",
        data={
            "csrf_token": token,
            "claims": ",".join(owing.claims),
            "total": "360000",
            **fields,
        },
    )
    assert "in a payment run already" in late.get_data(as_text=True)
    assert len(owing.payments(other)) == 1
    assert len(found.owed("pilot")) == 2


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (date(2026, 11, 18), "Choose 19 November or later"),
        (date(2026, 12, 25), "up to 30 days ahead"),
        (date(2026, 11, 22), "Banks do not work on that day"),
    ],
)
def test_the_processing_day_is_one_on_which_banks_work(owing: Owing, day: date, words: str) -> None:
    page = owing.client(owing.manager).submit(
        "/payments/new?all=1",
        {
            "process_on-day": str(day.day),
            "process_on-month": str(day.month),
            "process_on-year": str(day.year),
        },
    )
    assert words in page.get_data(as_text=True)
    assert len(found.owed("pilot")) == 3


def test_the_schedule_is_the_same_every_time_and_pays_nobody(owing: Owing) -> None:
    run = owing.make_run()
    client = owing.client(owing.manager)
    first = client.get(f"/payments/{run}/schedule.csv")
    assert first.headers["Content-Disposition"].endswith(f'"payments-{run}.csv"')
    rows = list(csv.reader(io.StringIO(first.get_data(as_text=True))))
    assert rows[2] == ["Payments", "3"]
    assert rows[3] == ["Total in pounds", "3600.00"]
    assert {row[5] for row in rows[5:]} == set(owing.claims)
    assert sum(float(row[4]) for row in rows[5:]) == 3600
    before = reading.standing(owing.contract_id)
    owing.pay(run)
    # Bank details changed later do not change it, nor does paying.
    with unit_of_work():
        claiming.contract_to_change(owing.contract_id).payee_account = "99999999"
    assert client.get(f"/payments/{run}/schedule.csv").data == first.data
    after = reading.standing(owing.contract_id)
    assert (before.paid, after.paid) == (0, 360_000)
    for _ in range(3):
        client.get(f"/payments/{run}/schedule.csv")
    assert reading.standing(owing.contract_id) == after


def test_without_settings_the_page_says_what_a_bacs_file_needs(
    owing: Owing, monkeypatch: pytest.MonkeyPatch
) -> None:
    unset = dict.fromkeys(
        ("bacs_service_user_number", "bacs_sort_code", "bacs_account", "bacs_name"), ""
    )
    settings = owing.app.config["SETTINGS"].model_copy(update=unset)
    monkeypatch.setitem(owing.app.config, "SETTINGS", settings)
    run = owing.make_run()
    client = owing.client(owing.manager)
    text = client.soup(f"/payments/{run}").get_text(" ", strip=True)
    for name in ("BACS_SERVICE_USER_NUMBER", "BACS_SORT_CODE", "BACS_ACCOUNT", "BACS_NAME"):
        assert name in text
    assert client.get(f"/payments/{run}/bacs.txt").status_code == 404


def test_the_bacs_file_holds_the_run(owing: Owing, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = owing.app.config["SETTINGS"].model_copy(
        update={
            "bacs_service_user_number": "123456",
            "bacs_sort_code": "601613",
            "bacs_account": "31926819",
            "bacs_name": "EXAMPLE LEP",
        }
    )
    monkeypatch.setitem(owing.app.config, "SETTINGS", settings)
    run = owing.make_run()
    client = owing.client(owing.manager)
    first = client.get(f"/payments/{run}/bacs.txt")
    records = first.data.decode("ascii").split("\r\n")
    assert [len(record) for record in records[:-1]] == [80] * 4 + [100] * 4 + [80] * 3
    assert records[3][4:10] == f" {date(2026, 11, 19):%y%j}"
    assert {record[64:74] for record in records[4:7]} == {
        payment.reference for payment in owing.payments(run)
    }
    assert records[7][35:46] == "00000360000"
    owing.pay(run)
    with freeze(datetime(2026, 12, 18, 12, 0, tzinfo=UTC)):
        late = owing.client(owing.manager)
        assert late.get(f"/payments/{run}/bacs.txt").data == first.data


def test_marking_as_paid_twice_changes_nothing(owing: Owing, session: PortalSession) -> None:
    run = owing.make_run()
    client = owing.client(owing.manager)
    one = owing.payments(run)[0].reference
    token = client.soup(f"/payments/{run}/paid").find("input", attrs={"name": "csrf_token"})
    day = {"paid_on-day": "18", "paid_on-month": "11", "paid_on-year": "2026"}
    done = client.submit(f"/payments/{one}/mark-paid", {**day, "reference": " BACS  1 "})
    assert "is told" in done.get_data(as_text=True)

    def from_another_tab(address: str, reference: str) -> str:
        data = {"csrf_token": token["value"], **day, "reference": reference}
        return client.post(address, data=data, follow_redirects=True).get_data(as_text=True)

    again = from_another_tab(f"/payments/{one}/mark-paid", "BACS 2")
    assert "marked as paid on 18 November 2026, bank reference BACS 1" in again
    opened = client.get(f"/payments/{one}/mark-paid", follow_redirects=True)
    assert "marked as paid before, bank reference BACS 1" in opened.get_data(as_text=True)
    rest = client.submit(f"/payments/{run}/paid", {**day, "reference": "BACS 3"})
    assert "Marked as paid. The providers are told." in rest.get_data(as_text=True)
    assert "was marked as paid before" in from_another_tab(f"/payments/{run}/paid", "BACS 4")
    late = client.get(f"/payments/{run}/paid", follow_redirects=True)
    assert "was marked as paid before" in late.get_data(as_text=True)
    kept = {payment.bank_reference for payment in owing.payments(run)}
    assert kept == {"BACS 1", "BACS 3"}
    assert reading.standing(owing.contract_id).paid == 360_000
    assert verify().fault is None


def test_a_day_or_reference_that_cannot_be_is_refused_and_kept(owing: Owing) -> None:
    run = owing.make_run()
    client = owing.client(owing.manager)
    early = client.submit(
        f"/payments/{run}/paid",
        {
            "paid_on-day": "17",
            "paid_on-month": "11",
            "paid_on-year": "2026",
            "reference": "BACS 1",
        },
    ).get_data(as_text=True)
    assert "must lie between the payment run and today" in early
    assert 'value="BACS 1"' in early
    empty = client.submit(f"/payments/{run}/paid", {}).get_data(as_text=True)
    assert "Enter the bank&#39;s reference" in empty
    assert reading.standing(owing.contract_id).paid == 0


def test_a_run_made_on_a_sunday_is_worked_on_from_tuesday() -> None:
    assert paying.default_process_on(date(2026, 11, 22)) == date(2026, 11, 24)
    # Over Christmas: made on Thursday, sent on Thursday, worked on the Tuesday after Boxing Day's
    # holiday on Monday.
    assert paying.default_process_on(date(2026, 12, 24)) == date(2026, 12, 29)


def test_the_day_of_a_run_is_london_s(app: Flask) -> None:
    owing = make_owed(app)
    # Half past midnight in a London summer night: the day before in UTC.
    with freeze(datetime(2027, 6, 30, 23, 30, tzinfo=UTC)):
        run = owing.make_run()
        assert owing.payments(run)[0].made_on == date(2027, 7, 1)
        with unit_of_work():
            early = paying.mark_run_paid(
                reference=run,
                paid_on=date(2027, 6, 30),
                bank_reference="X",
                by=author_of(owing.manager),
            )
    assert isinstance(early, Err)
    assert early.problem.code == "paid_on"


def test_who_had_a_hand_in_a_claim_neither_makes_its_run_nor_marks_it(
    owing: Owing, session: PortalSession
) -> None:
    run = owing.make_run(owing.claims[0])
    with unit_of_work():
        # The manager takes up work with the provider as well.
        session.add(
            StaffPost(user_id=owing.manager.id, organisation_id=owing.provider.organisation.id)
        )
    client = owing.client(owing.manager)
    refused = client.submit("/payments/new?all=1").get_data(as_text=True)
    assert "You cannot pay this: you work for the provider that claims" in refused
    paid = client.submit(
        f"/payments/{run}/paid",
        {
            "paid_on-day": "18",
            "paid_on-month": "11",
            "paid_on-year": "2026",
            "reference": "BACS 1",
        },
    ).get_data(as_text=True)
    assert "You cannot pay this" in paid
    assert reading.standing(owing.contract_id).paid == 0
    logged = session.query(Decision).filter_by(action="payment.refused").all()
    assert len(logged) == 2
    assert all(decision.by == owing.manager.id for decision in logged)
    assert verify().fault is None


def test_only_lep_managers_pay_and_providers_see_their_own(owing: Owing, app: Flask) -> None:
    other = make_owed_elsewhere(app)
    run = owing.make_run()
    payment = owing.payments(run)[0].reference
    addresses = ("/payments/new?all=1", f"/payments/{run}/schedule.csv", f"/payments/{run}/paid")
    addresses += (f"/payments/{run}/bacs.txt", f"/payments/{payment}/mark-paid")
    for user in (owing.officer, owing.provider.manager, owing.provider.adviser):
        client = owing.client(user)
        assert {client.get(address).status_code for address in addresses} == {403}
    provider = owing.client(owing.provider.manager)
    assert provider.get("/payments").status_code == 403
    # Not made yet: the provider hears of it when it is.
    assert provider.get(f"/payments/{payment}/remittance").status_code == 404
    owing.pay(run)
    assert provider.get(f"/payments/{payment}/remittance").status_code == 200
    stranger = other.client(other.provider.manager)
    assert stranger.get(f"/payments/{payment}/remittance").status_code == 404
    assert stranger.get(f"/payments/{payment}/remittance.pdf").status_code == 404
    assert stranger.get("/payments/ZZZZZZZZZZ/remittance").status_code == 404
    assert payment not in stranger.get("/payments/made").get_data(as_text=True)
    assert payment in provider.get("/payments/made").get_data(as_text=True)


def make_owed_elsewhere(app: Flask) -> Owing:
    """Another provider, with nothing to be paid."""
    from tests.factories.caseload import make_lep_officer, make_provider

    with unit_of_work():
        provider = make_provider()
        return Owing(app, provider, "", 0, [], make_lep_officer(), make_lep_officer("lep_manager"))


def test_pages_ask_the_same_few_statements_however_long_the_list(app: Flask) -> None:
    owing = make_owed(app, months=2)
    run = owing.make_run(owing.claims[0])
    payment = owing.payments(run)[0].reference
    owing.pay(run)
    client = owing.client(owing.manager)
    counts = {}
    for address in (
        "/payments",
        f"/payments/{run}",
        "/payments/made",
        f"/payments/{payment}/remittance",
        "/ledger",
        f"/ledger?contract={owing.contract}",
    ):
        client.soup(address)
        counts[address] = len(client.statements)
    assert max(counts.values()) <= 6, counts


def test_bank_details_stay_as_they_were_at_the_run(owing: Owing, session: PortalSession) -> None:
    run = owing.make_run()
    with unit_of_work():
        claiming.contract_to_change(owing.contract_id).payee_account = "12121212"
    kept = session.query(Payment.payee_account).distinct().all()
    assert [row[0] for row in kept] == ["00000000"]
    assert "12121212" not in owing.client(owing.manager).get(f"/payments/{run}").get_data(
        as_text=True
    )


def test_a_run_that_cannot_be_made_leaves_nothing(owing: Owing, session: PortalSession) -> None:
    with unit_of_work():
        claiming.contract_to_change(owing.contract_id).payee_account = ""
    client = owing.client(owing.manager)
    page = client.submit("/payments/new?all=1").get_data(as_text=True)
    assert "No bank details in the contract" in page
    assert session.query(Payment).count() == 0


def test_marking_all_of_a_run_pays_every_line_once(owing: Owing) -> None:
    run = owing.make_run()
    with unit_of_work():
        done = paying.mark_run_paid(
            reference=run, paid_on=today(), bank_reference="B", by=author_of(owing.manager)
        )
    assert isinstance(done, Ok)
    assert len(done.value) == 3
    entries = [entry for entry in reading.walk_ledger() if entry["kind"] == "pay"]
    assert len(entries) == len({entry["line_id"] for entry in entries}) == 6
