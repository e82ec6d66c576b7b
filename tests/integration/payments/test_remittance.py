"""Remittance advice: drawn once, the same for ever, told by mail; and what comes back later."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO

import pypdf
import pytest
from flask import Flask

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.integrations.mail import recent_messages
from portal.integrations.storage import storage
from portal.kernel.clock import freeze
from portal.kernel.result import Err, Ok
from portal.payments.models import ContractCap
from portal.payments.queries import ledger as reading
from portal.payments.queries import remittance as queries
from portal.payments.service import paying, remittance
from portal.payments.service.proving import verify
from tests.factories.caseload import author_of
from tests.factories.paying import Owing, make_owed

NOW = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock():
    with freeze(NOW):
        yield


@pytest.fixture
def owing(app: Flask) -> Owing:
    return make_owed(app)


@pytest.fixture
def payment(owing: Owing) -> str:
    """A payment that was made; its PDF is promised and not drawn yet."""
    return owing.pay(owing.make_run())[0]


def test_the_advice_is_drawn_once_and_never_changes(
    owing: Owing, payment: str, run_jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = owing.client(owing.provider.manager)
    waiting = client.get(f"/payments/{payment}/remittance.pdf", follow_redirects=True)
    assert "still being made" in waiting.get_data(as_text=True)
    drawn = []
    render = remittance.renderer().render
    monkeypatch.setattr(
        remittance.renderer(), "render", lambda html: drawn.append(html) or render(html)
    )
    run_jobs()
    remittance.draw({"payment": payment})
    assert len(drawn) == 1
    first = client.get(f"/payments/{payment}/remittance.pdf")
    assert first.mimetype == "application/pdf"
    with unit_of_work():
        owing.provider.organisation.name = "Renamed afterwards"
    assert client.get(f"/payments/{payment}/remittance.pdf").data == first.data
    # A worker that died between keeping and noting: what was kept is taken as it is.
    with unit_of_work() as session:
        made = session.query(paying.Payment).filter_by(reference=payment).one()
        made.remittance_key = made.remittance_sha256 = None
    remittance.draw({"payment": payment})
    assert len(drawn) == 1
    assert client.get(f"/payments/{payment}/remittance.pdf").data == first.data


def test_equal_facts_give_equal_bytes(owing: Owing, payment: str) -> None:
    facts = queries.remittance(payment)
    assert facts is not None
    html = remittance.html_of(facts)
    assert remittance.renderer().render(html) == remittance.renderer().render(html)


def test_the_pdf_lists_every_line_is_tagged_and_hides_the_account(
    owing: Owing, payment: str, run_jobs
) -> None:
    run_jobs()
    found = remittance.file_of(payment)
    assert isinstance(found, Ok)
    reader = pypdf.PdfReader(BytesIO(found.value))
    text = " ".join(page.extract_text() for page in reader.pages)
    facts = queries.remittance(payment)
    assert facts is not None
    for line in queries.paid_lines(facts.claim_id):
        assert line.output_reference in text
        assert line.employer_name in text
    assert text.count("£600.00") == 2
    assert text.count("£1,200.00") >= 2
    assert "••••0000" in text
    assert "00000000" not in text
    catalogue = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue
    assert catalogue["/Lang"] == "en-GB"
    assert b"pdfuaid:part" in catalogue["/Metadata"].get_object().get_data()


def test_the_provider_is_told_once_with_a_link(owing: Owing, payment: str, run_jobs) -> None:
    run_jobs()
    run_jobs()
    told = [one for one in recent_messages() if "Remittance advice" in one.subject]
    assert sorted(one.recipient for one in told) == sorted(
        ["finance@provider.example", owing.provider.manager.email]
    )
    assert "£1,200.00" in told[0].body
    assert f"/payments/{payment}/remittance" in told[0].body
    assert "00000000" not in told[0].body
    # The link needs a sign-in.
    visitor = owing.app.test_client().get(f"/payments/{payment}/remittance")
    assert "/account/login" in visitor.location


def test_a_damaged_file_is_not_handed_out(owing: Owing, payment: str, run_jobs) -> None:
    run_jobs()
    facts = queries.remittance(payment)
    assert facts is not None
    assert facts.remittance_key
    storage().delete(facts.remittance_key)
    storage().put(facts.remittance_key, b"something else")
    refused = remittance.file_of(payment)
    assert isinstance(refused, Err)
    assert refused.problem.code == "damaged"
    page = owing.client(owing.provider.manager).get(
        f"/payments/{payment}/remittance.pdf", follow_redirects=True
    )
    assert "damaged and is not handed out" in page.get_data(as_text=True)


def test_who_sees_whole_bank_details(owing: Owing, payment: str) -> None:
    address = f"/payments/{payment}/remittance"
    for user, whole in (
        (owing.manager, True),
        (owing.provider.manager, True),
        (owing.provider.adviser, False),
        (owing.officer, False),
    ):
        text = owing.client(user).soup(address).get_text(" ", strip=True)
        assert ("00000000" in text) is whole, user.role_names
        assert ("••••0000" in text) is not whole


def test_money_is_recovered_and_given_back_and_everybody_sees_it(
    owing: Owing, payment: str, run_jobs
) -> None:
    client = owing.client(owing.manager)
    facts = queries.remittance(payment)
    assert facts is not None
    line = queries.paid_lines(facts.claim_id)[0]
    here = f"/payments/{payment}/lines/{line.line_id}"
    page = client.soup(here).get_text(" ", strip=True)
    assert "Recover money" in page
    assert "Give back" not in page
    done = client.submit(f"{here}/recover", {"pence": "150.25", "reason": "It was 1 hour\n"})
    assert "The line stands at £449.75" in done.get_data(as_text=True)
    done = client.submit(f"{here}/give-back", {"pence": "50.25", "reason": "Proved by minutes"})
    assert "The line stands at £500.00" in done.get_data(as_text=True)
    run_jobs()
    for user in (owing.provider.manager, owing.provider.adviser, owing.officer, owing.manager):
        text = owing.client(user).soup(f"/payments/{payment}/remittance").get_text(" ", strip=True)
        assert "It was 1 hour" in text
        assert "£1,100.00 Stands at" in text or "Stands at £1,100.00" in text
        claim = owing.client(user).soup(f"/claims/{facts.claim_reference}")
        assert "£100.00 was recovered since" in claim.get_text(" ", strip=True)
        assert "It was 1 hour" in claim.get_text(" ", strip=True)
    story = owing.client(owing.provider.manager).soup(here).get_text(" ", strip=True)
    paid = [entry for entry in reading.walk_ledger() if entry["line_id"] == line.line_id]
    number = next(entry["sequence"] for entry in paid if entry["kind"] == "pay")
    assert f"about entry {number}" in story
    assert "Recover money" not in story
    listed = owing.client(owing.provider.manager).soup("/payments/made").get_text(" ", strip=True)
    assert "£100.00" in listed
    told = [one for one in recent_messages() if "back" in one.subject]
    assert len(told) == 4
    assert "It was 1 hour" in " ".join(one.body for one in told)
    assert verify().fault is None


def test_pressing_recover_twice_recovers_once(owing: Owing, payment: str) -> None:
    client = owing.client(owing.manager)
    facts = queries.remittance(payment)
    assert facts is not None
    line = queries.paid_lines(facts.claim_id)[0].line_id
    address = f"/payments/{payment}/lines/{line}/recover"
    page = client.soup(address)
    fields = {
        tag["name"]: tag.get("value", "")
        for tag in page.find("main").find_all("input")
        if tag.get("name")
    }
    fields |= {"pence": "10", "reason": "Twice"}
    client.post(address, data=fields)
    again = client.post(address, data=fields, follow_redirects=True)
    assert "nothing was done now" in again.get_data(as_text=True)
    assert reading.standing(owing.contract_id).recovered == 1_000


@pytest.mark.parametrize(
    ("pence", "words"),
    [
        ("600.01", "Enter an amount from £0.01 to £600.00"),
        ("0", "must be £0.01 or more"),
        ("-5", "must be £0.01 or more"),
        ("1.234", "no more than 2 decimal places"),
        ("10000000.01", "must be £10,000,000.00 or less"),
        ("", "Enter the amount"),
    ],
)
def test_an_amount_that_cannot_be_is_refused(
    owing: Owing, payment: str, pence: str, words: str
) -> None:
    facts = queries.remittance(payment)
    assert facts is not None
    line = queries.paid_lines(facts.claim_id)[0].line_id
    page = owing.client(owing.manager).submit(
        f"/payments/{payment}/lines/{line}/recover", {"pence": pence, "reason": "Why"}
    )
    assert words in page.get_data(as_text=True)
    assert reading.standing(owing.contract_id).recovered == 0


def test_only_lines_of_the_payment_and_only_lep_managers(
    owing: Owing, payment: str, app: Flask
) -> None:
    other = make_owed(app)
    elsewhere = other.pay(other.make_run(*other.claims))[0]
    facts = queries.remittance(elsewhere)
    assert facts is not None
    line = queries.paid_lines(facts.claim_id)[0].line_id
    client = owing.client(owing.manager)
    assert client.get(f"/payments/{payment}/lines/{line}").status_code == 404
    assert client.get(f"/payments/{payment}/lines/{line}/recover").status_code == 404
    here = f"/payments/{elsewhere}/lines/{line}"
    assert owing.client(owing.provider.manager).get(here).status_code == 404
    for user in (other.officer, other.provider.manager):
        assert other.client(user).get(f"{here}/recover").status_code == 403


def test_giving_back_keeps_the_cap(owing: Owing, payment: str) -> None:
    facts = queries.remittance(payment)
    assert facts is not None
    line = queries.paid_lines(facts.claim_id)[0].line_id
    by = author_of(owing.manager)
    with unit_of_work() as session:
        assert isinstance(paying.recover(line_id=line, pence=600, reason="x", by=by), Ok)
        # A cap that the room made by recovering was used under since.
        session.add(
            ContractCap(contract_id=owing.contract_id, output_type="engagement", cap_pence=119_900)
        )
    with unit_of_work():
        over = paying.give_back(line_id=line, pence=501, reason="x", by=by)
        within = paying.give_back(line_id=line, pence=500, reason="x", by=by)
    assert isinstance(over, Err)
    assert over.problem.code == "over_cap"
    assert isinstance(within, Ok)
    assert verify().fault is None


def test_a_pdf_the_worker_gave_up_is_asked_for_again(
    owing: Owing, payment: str, run_jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_html: str) -> bytes:
        raise RuntimeError("no paper")

    with monkeypatch.context() as patched:
        patched.setattr(remittance.renderer(), "render", broken)
        run_jobs()
    client = owing.client(owing.manager)
    page = client.soup(f"/payments/{payment}/remittance").get_text(" ", strip=True)
    assert "The PDF is being made" in page
    client.submit(f"/payments/{payment}/remittance", form=f"/payments/{payment}/remittance/again")
    run_jobs()
    assert isinstance(remittance.file_of(payment), Ok)


def test_a_long_claim_pages_and_prints(app: Flask, session: PortalSession) -> None:
    owing = make_owed(app, lines=20)
    payment = owing.pay(owing.make_run())[0]
    facts = queries.remittance(payment)
    assert facts is not None
    lines = queries.paid_lines(facts.claim_id)
    assert queries.paid_lines(facts.claim_id, after=lines[4].line_id, limit=3) == lines[5:8]
    data = remittance.renderer().render(remittance.html_of(facts))
    assert len(pypdf.PdfReader(BytesIO(data)).pages) == 2
