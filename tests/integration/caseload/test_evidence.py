"""Evidence: kept, found again when used twice, handed to the right people only, scanned."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.caseload.models import Attendance, Case, Delivery, EvidenceFile
from portal.caseload.queries import evidence as files
from portal.caseload.service import cases
from portal.caseload.service import evidence as service
from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.db.session import PortalSession
from portal.employers.models import Employer, TimelineEntry
from portal.integrations.jobs import HUEY_EXTENSION
from portal.integrations.scanning import SCANNER_EXTENSION, ClamdScanner
from portal.integrations.storage import storage
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok
from tests.factories import files as samples
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import Provider, make_case, make_lep_officer, make_provider
from tests.factories.employers import make_employer, make_membership
from tests.support.clamd import EICAR, clamd
from tests.support.client import PortalClient


@pytest.fixture
def provider(app: Flask) -> Provider:
    with unit_of_work():
        return make_provider()


@pytest.fixture
def case(provider: Provider) -> Case:
    with unit_of_work():
        return make_case(provider)


def add(case: Case, provider: Provider, data: bytes = b"One\nTwo\n", **changes: Any) -> str:
    values: dict[str, Any] = {
        "kind": "attendance_sheet",
        "subject": "",
        "note": "",
        "file_name": "sheet.txt",
        **changes,
    }
    with unit_of_work():
        done = service.add(case=case, data=data, by=provider.author, **values)
        assert isinstance(done, Ok), done
        return done.value.reference


def upload(client: PortalClient, case: str, data: bytes, name: str, **changes: Any) -> Any:
    values = {"kind": "attendance_sheet", "file": (BytesIO(data), name), **changes}
    return client.submit(f"/cases/{case}/evidence", values)


def run_tasks(app: Flask) -> int:
    """Do what the queue holds, as the worker would."""
    huey = app.extensions[HUEY_EXTENSION]
    done = 0
    while (task := huey.dequeue()) is not None:
        huey.execute(task)
        done += 1
    return done


def test_a_file_is_stored_hashed_and_on_the_timeline(
    session: PortalSession, case: Case, provider: Provider
) -> None:
    reference = add(case, provider, samples.pdf(), file_name="Sheet.pdf", note="Page 2")
    facts = files.one(reference)
    assert facts is not None
    assert (facts.media_type, facts.file_name, facts.note) == (
        "application/pdf",
        "Sheet.pdf",
        "Page 2",
    )
    assert storage().get(facts.storage_key) == samples.pdf()
    assert "Sheet" not in facts.storage_key
    assert facts.scan_state == "not_scanned"
    line = session.scalars(select(TimelineEntry).where(TimelineEntry.kind == "evidence")).one()
    assert line.subject == f"evidence:{reference}"
    assert line.employer_id == case.employer_id
    assert files.live_count(case.id) == 1
    assert [found.reference for found in files.of_case(case.id)] == [reference]


def test_a_refused_file_leaves_no_row_and_a_closed_case_takes_none(
    session: PortalSession, case: Case, provider: Provider
) -> None:
    with unit_of_work():
        refused = service.add(
            case=case,
            kind="other",
            subject="",
            note="",
            file_name="x.pdf",
            data=b"MZ\x90\0" + bytes(99),
            by=provider.author,
        )
        unknown = service.add(
            case=case,
            kind="nonsense",
            subject="",
            note="",
            file_name="x.txt",
            data=b"x",
            by=provider.author,
        )
        cases.close_case(
            reference=case.reference,
            reason="no_contact",
            note="",
            revision=case.revision,
            by=provider.author,
        )
        closed = service.add(
            case=case,
            kind="other",
            subject="",
            note="",
            file_name="x.txt",
            data=b"x",
            by=provider.author,
        )
    codes = [found.problem.code for found in (refused, unknown, closed) if isinstance(found, Err)]
    assert codes == ["not_allowed", "unknown_kind", "case_closed"]
    assert session.scalars(select(EvidenceFile)).all() == []


def test_the_same_file_is_one_use_for_one_record_only(
    session: PortalSession, case: Case, provider: Provider
) -> None:
    with unit_of_work():
        other = make_case(provider)
    first = add(case, provider, subject="delivery:AAAAAAAAAA")
    shared = add(other, provider, subject="delivery:AAAAAAAAAA")
    assert files.of_subjects(["delivery:AAAAAAAAAA"])["delivery:AAAAAAAAAA"][0].same_as == ()
    again = add(other, provider, subject="session:BBBBBBBBBB")
    found = {facts.reference: set(facts.same_as) for facts in files.of_employer(other.employer_id)}
    assert found == {shared: {again}, again: {first, shared}}
    twice = [add(case, provider, b"other\n", kind=kind) for kind in ("other", "size")]
    # The same form sent twice is one file.
    assert add(case, provider, b"other\n", kind="size") == twice[1]
    facts = files.one(twice[0])
    assert facts is not None
    assert facts.same_as == (twice[1],)
    with unit_of_work():
        done = service.withdraw(reference=twice[1], reason="A mistake", by=provider.author)
        assert isinstance(done, Ok)
    facts = files.one(twice[0])
    assert facts is not None
    assert facts.same_as == ()


def test_an_adviser_adds_a_file_and_is_told_where_it_was_used(
    client: PortalClient, case: Case, provider: Provider
) -> None:
    with unit_of_work():
        stranger = make_provider()
        elsewhere = make_case(stranger, make_employer(name="Secret Bakery Ltd"))
        mine = make_case(provider, make_employer(name="Example Shoes Ltd"))
    add(elsewhere, stranger)
    add(mine, provider)
    sign_in(client, provider.adviser)
    answer = upload(client, case.reference, b"One\nTwo\n", "sheet.txt", note="All ten")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "sheet.txt is kept as evidence" in page
    assert "This file was used before: attendance sheet of Example Shoes Ltd" in page
    assert "by another provider" in page
    assert "Secret Bakery" not in page
    assert "Used more than once" in page
    assert "Not scanned for viruses" in page
    with unit_of_work():
        officer = make_lep_officer()
    sign_in(client, officer)
    seen = client.get(f"/cases/{case.reference}/evidence").get_data(as_text=True)
    assert "Secret Bakery" in seen
    assert "Add the file" not in seen


def test_records_of_the_case_are_offered(
    client: PortalClient, case: Case, provider: Provider
) -> None:
    with unit_of_work() as session:
        delivery = Delivery(
            organisation_id=provider.organisation.id,
            kind="workshop",
            design="bespoke",
            title="Rotas that work",
            delivered_on=today(),
            minutes=90,
            mode="place",
            trainer="Example Trainer",
            funding="fully_funded",
            by_name="Example Adviser",
        )
        session.add(delivery)
        session.flush()
        session.add(
            Attendance(
                delivery_id=delivery.id,
                employer_id=case.employer_id,
                case_id=case.id,
                attended=5,
                sector="retail",
            )
        )
        subject = f"delivery:{delivery.reference}"
    sign_in(client, provider.adviser)
    soup = client.soup(f"/cases/{case.reference}/evidence")
    offered = {item["value"]: item.get_text() for item in soup.select("#subject option")}
    assert "Rotas that work" in offered[subject]
    upload(client, case.reference, b"x\n", "a.txt", subject=subject)
    assert len(files.of_subject(subject)) == 1
    refused = upload(client, case.reference, b"y\n", "a.txt", subject="delivery:ZZZZZZZZZZ")
    assert "Choose one of the options" in refused.get_data(as_text=True)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "The file is empty"),
        (samples.docm(), "programs"),
        (samples.png(12_000, 12_000), "12,000 by 12,000"),
        (b"a" * 300_000, "must be 195 KB or smaller"),
    ],
    ids=["empty", "macros", "picture", "too large"],
)
def test_refusals_keep_what_was_typed(
    client: PortalClient,
    case: Case,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    data: bytes,
    says: str,
) -> None:
    monkeypatch.setattr(service, "largest", lambda: 200_000)
    sign_in(client, provider.adviser)
    answer = upload(client, case.reference, data, "sheet.pdf", kind="size", note="Payroll of May")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert says in page
    assert "Payroll of May" in page
    assert '<option value="size" selected' in page
    assert current_session().scalars(select(EvidenceFile)).all() == []


def test_a_file_far_too_large_is_cut_off(
    client: PortalClient, case: Case, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "largest", lambda: 50_000)
    sign_in(client, provider.adviser)
    answer = upload(client, case.reference, b"a" * 400_000, "sheet.txt")
    assert answer.status_code == 413
    assert "too large" in answer.get_data(as_text=True)


def test_only_those_allowed_get_the_file_as_a_download(
    app: Flask, client: PortalClient, case: Case, provider: Provider
) -> None:
    name = "Anwesenheit \u2014 Café.pdf"
    reference = add(case, provider, samples.pdf(), file_name=name)
    with unit_of_work():
        own = make_user()
        employer = current_session().get_one(Employer, case.employer_id)
        make_membership(employer_id=employer.id, user_id=own.id)
        others = make_provider()
        stranger = make_user()
        make_membership(employer_id=make_employer().id, user_id=stranger.id, role="owner")
        officer = make_lep_officer()
    address = f"/evidence/{reference}"
    assert client.get(address).status_code == 302
    for person in (others.adviser, others.manager, stranger):
        sign_in(client, person)
        assert client.get(address).status_code == 404
    for person in (provider.adviser, provider.manager, officer, own):
        sign_in(client, person)
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.data == samples.pdf()
    assert answer.mimetype == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    assert "Caf%C3%A9.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    run_tasks(app)
    reads = select(AuditEntry).where(AuditEntry.action == "evidence.read")
    noted = current_session().scalars(reads).all()
    assert [entry.actor_id for entry in noted][-1] == own.id
    assert {entry.subject for entry in noted} == {f"evidence:{reference}"}


def test_pages_are_the_providers_own(client: PortalClient, case: Case, provider: Provider) -> None:
    reference = add(case, provider)
    with unit_of_work():
        other, officer = make_provider(), make_lep_officer()
    sign_in(client, other.adviser)
    assert client.get(f"/cases/{case.reference}/evidence").status_code == 404
    assert client.get(f"/evidence/{reference}/withdraw").status_code == 404
    sign_in(client, officer)
    assert client.get(f"/cases/{case.reference}/evidence").status_code == 200
    assert client.get(f"/evidence/{reference}/withdraw").status_code == 403


def test_a_damaged_file_is_not_sent_and_is_put_on_record(
    app: Flask, client: PortalClient, case: Case, provider: Provider
) -> None:
    reference = add(case, provider)
    facts = files.one(reference)
    assert facts is not None
    storage().delete(facts.storage_key)
    sign_in(client, provider.adviser)
    for _ in range(2):
        answer = client.get(f"/evidence/{reference}")
        assert answer.status_code == 500
        assert "missing or not the one received" in answer.get_data(as_text=True)
        storage().put(facts.storage_key, b"something else")
    run_tasks(app)
    actions = set(current_session().scalars(select(AuditEntry.action)))
    assert "evidence.damaged" in actions
    assert "evidence.read" not in actions


def test_withdrawing_needs_a_reason_and_keeps_the_file(
    client: PortalClient, case: Case, provider: Provider
) -> None:
    reference = add(case, provider)
    sign_in(client, provider.adviser)
    refused = client.submit(f"/evidence/{reference}/withdraw", {"reason": " "})
    assert "Say why the file is withdrawn" in refused.get_data(as_text=True)
    done = client.submit(f"/evidence/{reference}/withdraw", {"reason": "Another employer's"})
    page = done.get_data(as_text=True)
    assert "Withdrawn on" in page
    assert "Another employer&#39;s" in page
    assert client.get(f"/evidence/{reference}").status_code == 200
    again = client.submit(f"/evidence/{reference}/withdraw", {"reason": "Twice"})
    assert "withdrawn already" in again.get_data(as_text=True)


# --- With a scanner --------------------------------------------------------------------------


@pytest.fixture
def scanning(app: Flask) -> Iterator[Any]:
    with clamd() as server:
        earlier = app.extensions[SCANNER_EXTENSION]
        app.extensions[SCANNER_EXTENSION] = ClamdScanner(
            ("127.0.0.1", server.server_address[1]), seconds=5
        )
        yield server
        app.extensions[SCANNER_EXTENSION] = earlier


def state(reference: str) -> str:
    facts = files.one(reference)
    assert facts is not None
    return facts.scan_state


def test_a_file_waits_for_its_scan_and_a_virus_is_locked_away(
    client: PortalClient, case: Case, provider: Provider, scanning: Any, run_jobs: Any
) -> None:
    clean = add(case, provider, b"all well\n")
    bad = add(case, provider, EICAR + b"\n")
    sign_in(client, provider.adviser)
    early = client.get(f"/evidence/{clean}")
    assert early.status_code == 409
    assert "not been checked for viruses yet" in early.get_data(as_text=True)
    assert "Waiting for the virus scan" in client.get(f"/cases/{case.reference}/evidence").get_data(
        as_text=True
    )
    assert run_jobs() == 2
    assert (state(clean), state(bad)) == ("clean", "infected")
    assert client.get(f"/evidence/{clean}").data == b"all well\n"
    assert client.get(f"/evidence/{bad}").status_code == 409
    assert "Virus found" in client.get(f"/cases/{case.reference}/evidence").get_data(as_text=True)
    # Run once more, as after a killed worker: nothing is judged or told twice.
    service.scan({"reference": bad})
    assert len(scanning.seen) == 2
    told = select(TimelineEntry).where(TimelineEntry.title.contains("virus"))
    assert len(current_session().scalars(told).all()) == 1


def test_a_scanner_that_is_away_is_asked_again_and_older_files_get_their_turn(
    app: Flask, case: Case, provider: Provider, scanning: Any, run_jobs: Any
) -> None:
    scanner = app.extensions[SCANNER_EXTENSION]
    scanning.says = b"nonsense\0"
    waiting = add(case, provider)
    assert run_jobs() == 0
    assert state(waiting) == "waiting"
    scanning.says = None
    service.scan_what_waits()
    assert run_jobs() == 1
    assert state(waiting) == "clean"
    scanning.says = b"INSTREAM size limit exceeded. ERROR\0"
    failed = add(case, provider, b"failing\n")
    assert run_jobs() == 1
    assert state(failed) == "failed"
    assert not service.may_be_handed_out("failed")
    assert app.extensions[SCANNER_EXTENSION] is scanner
