"""Versions: printed once by the worker, kept byte for byte, signed, checked before sending."""

from __future__ import annotations

import io
from hashlib import sha256

import pypdf
import pytest
from flask import Flask
from sqlalchemy import update

from portal.action_plans import queries, service
from portal.action_plans.document import PlanDocument
from portal.action_plans.models import PlanVersion
from portal.action_plans.service.rendering import RENDERER_EXTENSION
from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.db.outbox import OutboxEntry
from portal.integrations.jobs import HUEY_EXTENSION
from portal.integrations.mail import recent_messages
from portal.integrations.pdf import PdfError
from portal.integrations.storage import storage
from portal.kernel.clock import utc_now
from tests.factories.accounts import sign_in
from tests.factories.action_plans import Party, actions_of, make_party, make_plan
from tests.support.client import PortalClient


class FakeRenderer:
    """Counts its work; the bytes depend on the document alone, as the real one's do."""

    def __init__(self) -> None:
        self.calls = 0
        self.faults: list[BaseException] = []

    def render(self, html: str) -> bytes:
        self.calls += 1
        if self.faults:
            raise self.faults.pop(0)
        body = sha256(html.encode()).hexdigest().encode()
        return b"%PDF-1.7\n<</Type /Pages /Kids [] /Count 5>>\n" + body + b"\n%%EOF\n"


@pytest.fixture
def renderer(app) -> FakeRenderer:
    fake = FakeRenderer()
    before = app.extensions.get(RENDERER_EXTENSION)
    app.extensions[RENDERER_EXTENSION] = fake
    yield fake
    app.extensions.pop(RENDERER_EXTENSION)
    if before is not None:
        app.extensions[RENDERER_EXTENSION] = before


@pytest.fixture
def party(app) -> Party:
    party = make_party()
    make_plan(party)
    return party


@pytest.fixture
def base(party: Party, client: PortalClient) -> str:
    sign_in(client, party.owner)
    return f"/employers/{party.employer}/plan"


def ask(party: Party) -> int:
    with unit_of_work():
        done = service.request_version(employer=party.employer, by=party.author)
    return done.value


def change(party: Party, note: str = "Changed words") -> None:
    action = actions_of(party)[0]
    values = {name: getattr(action, name) for name in service.as_text(action)}
    with unit_of_work():
        service.edit_action(
            employer=party.employer,
            action=action.reference,
            revision=action.revision,
            values=service.ActionInput(**{**values, "title": note}),
            by=party.author,
        )


def version_of(party: Party, number: int) -> queries.VersionFacts:
    found = queries.version(queries.active_plan(party.employer).id, number)
    assert found is not None
    return found


def file_of(client: PortalClient, base: str, number: int) -> bytes:
    answer = client.get(f"{base}/versions/{number}/file")
    assert answer.status_code == 200
    return answer.data


def run_queue(app: Flask) -> None:
    """Run what the queue itself holds, as the worker's consumer would."""
    huey = app.extensions[HUEY_EXTENSION]
    while (task := huey.dequeue()) is not None:
        huey.execute(task)


def due_now() -> None:
    """Let the waiting work be due, as time would."""
    with unit_of_work() as session:
        session.execute(update(OutboxEntry).values(due_at=utc_now()))


def test_the_worker_prints_a_real_pdf(party, base, client, run_jobs) -> None:
    answer = client.submit(base, form=f"{base}/versions")
    assert answer.request.path == f"{base}/versions/1"
    waiting = answer.get_data(as_text=True)
    assert '<noscript><meta http-equiv="refresh"' in waiting
    assert f'data-poll="{base}/versions/1/progress"' in waiting
    assert client.get(f"{base}/versions/1/progress").status_code == 202
    early = client.get(f"{base}/versions/1/file")
    assert early.location == f"{base}/versions/1"
    run_jobs()
    client.check_pages = False  # the part of a page that a script swaps in
    ready = client.get(f"{base}/versions/1/progress")
    client.check_pages = True
    assert "Download the PDF" in ready.get_data(as_text=True)
    answer = client.get(f"{base}/versions/1/file")
    assert answer.mimetype == "application/pdf"
    disposition = answer.headers["Content-Disposition"]
    assert disposition == "attachment; filename=Example-Bakers-Ltd-action-plan-v1.pdf"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store, private"
    found = version_of(party, 1)
    reader = pypdf.PdfReader(io.BytesIO(answer.data))
    assert found.pages == len(reader.pages)
    assert found.sha256 == sha256(answer.data).hexdigest()
    assert reader.metadata is not None
    assert "Example Bakers Ltd" in reader.pages[0].extract_text()
    assert actions_of(party)[0].title[:30] in "".join(p.extract_text() for p in reader.pages)


def test_two_requests_print_once(party, base, client, run_jobs, renderer) -> None:
    assert ask(party) == ask(party) == 1
    run_jobs()
    assert ask(party) == 1
    due_now()
    run_jobs()
    with client.application.app_context():
        service.render_version({"version_id": version_of(party, 1).id})
    assert renderer.calls == 1
    change(party)
    assert ask(party) == 2
    run_jobs()
    assert renderer.calls == 2
    assert file_of(client, base, 1) != file_of(client, base, 2)


def test_killed_before_the_file_is_stored(party, base, client, run_jobs, renderer) -> None:
    ask(party)
    renderer.faults = [KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        run_jobs()
    assert version_of(party, 1).state == "rendering"
    due_now()
    run_jobs()
    assert version_of(party, 1).state == "ready"
    assert renderer.calls == 2


def test_killed_after_the_file_is_stored(
    party, base, client, run_jobs, renderer, monkeypatch
) -> None:
    from portal.action_plans.service import rendering

    ask(party)
    with monkeypatch.context() as patch:

        def killed(*_args: object, **_kwargs: object) -> None:
            raise KeyboardInterrupt

        patch.setattr(rendering, "_finish", killed)
        with pytest.raises(KeyboardInterrupt):
            run_jobs()
    stored = storage().get(version_of(party, 1).storage_key)
    due_now()
    run_jobs()
    assert renderer.calls == 1
    assert file_of(client, base, 1) == stored


def test_a_failure_is_told_and_tried_again(party, base, client, run_jobs, renderer) -> None:
    ask(party)
    renderer.faults = [OSError("no space")]
    run_jobs()
    page = client.soup(f"{base}/versions/1").get_text(" ", strip=True)
    assert "The PDF could not be made" in page
    client.submit(f"{base}/versions/1", form="retry-form")
    assert version_of(party, 1).state == "queued"
    run_jobs()
    assert version_of(party, 1).state == "ready"
    due_now()
    run_jobs()
    assert renderer.calls == 2


def test_a_plan_too_large_to_print_says_so_and_is_not_tried_by_itself(
    party, base, client, run_jobs, renderer
) -> None:
    ask(party)
    renderer.faults = [PdfError("too many pages")]
    run_jobs()
    due_now()
    assert run_jobs() == 0
    assert "too long to print" in client.soup(f"{base}/versions/1").get_text()
    assert ask(party) == 1  # asking for the same plan tries again
    run_jobs()
    assert version_of(party, 1).state == "ready"


def test_a_signed_version_never_changes(party, base, client, run_jobs, renderer) -> None:
    from portal.diagnostics.rules import catalogue

    client.submit(f"{base}/sign-off", {"name": "Example Owner", "job": "Director", "agree": "y"})
    run_jobs()
    run_jobs()
    before = file_of(client, base, 1)
    document = current_session().get_one(PlanVersion, version_of(party, 1).id).document
    assert PlanDocument.from_json(document).signatures[0].name == "Example Owner"
    shown = client.soup(f"{base}/versions/1").get_text(" ", strip=True)
    assert "Example Owner, Director" in shown
    assert "Adviser Not yet" in shown
    change(party)
    catalogue._load.cache_clear()  # as after a new questionnaire version is published
    assert ask(party) == 2
    run_jobs()
    assert version_of(party, 2).signed_off is False
    assert version_of(party, 1).signed_off is True
    assert file_of(client, base, 1) == before
    after = current_session().get_one(PlanVersion, version_of(party, 1).id).document
    assert after == document
    mail = recent_messages()[0]
    assert mail.recipient == party.owner.email
    assert f"{base}/versions/1" in mail.body


def test_what_was_not_seen_is_not_signed(party, base, client, renderer) -> None:
    page = client.soup(f"{base}/sign-off")
    seen = {
        tag["name"]: tag.get("value", "") for tag in page.find("main").select("form input[name]")
    }
    change(party)
    data = {**seen, "name": "Example Owner", "agree": "y"}
    answer = client.post(f"{base}/sign-off", data=data)
    assert "has changed since you opened this page" in answer.get_data(as_text=True)
    assert queries.latest_version(queries.active_plan(party.employer).id) is None


def test_signing_needs_a_name_and_the_tick_and_is_done_once(party, base, client, renderer) -> None:
    answer = client.submit(f"{base}/sign-off", {"name": ""})
    text = answer.get_data(as_text=True)
    assert "Type your full name to sign" in text
    assert "Tick the box" in text
    page = client.soup(f"{base}/sign-off")
    shown = {
        tag["name"]: tag.get("value", "") for tag in page.find("main").select("form input[name]")
    }
    client.submit(f"{base}/sign-off", {"name": "Example Owner", "agree": "y"})
    assert "has signed this already: version 1" in " ".join(
        client.soup(f"{base}/sign-off").find("main").get_text(" ", strip=True).split()
    )
    data = {**shown, "name": "Example Owner", "agree": "y"}
    again = client.post(f"{base}/sign-off", data=data)
    assert "Version 1 says the same and is signed off" in again.get_data(as_text=True)
    # Asking for a PDF of an unchanged plan gives the signed version.
    assert ask(party) == 1


def test_an_empty_plan_is_neither_printed_nor_signed(party, base, client, renderer) -> None:
    for action in actions_of(party):
        with unit_of_work():
            service.withdraw(
                employer=party.employer,
                action=action.reference,
                revision=action.revision,
                reason="Not for us",
                by=party.author,
            )
    answer = client.submit(base, form=f"{base}/versions")
    assert "Add at least one action first" in answer.get_data(as_text=True)
    assert "no actions yet" in client.soup(f"{base}/sign-off").get_text()


@pytest.mark.parametrize("damage", ["changed", "gone"])
def test_a_damaged_file_is_not_sent_and_is_on_record(
    party, base, client, run_jobs, renderer, damage
) -> None:
    ask(party)
    run_jobs()
    key = version_of(party, 1).storage_key
    storage().delete(key)
    if damage == "changed":
        storage().put(key, b"%PDF-1.7 something else\n%%EOF\n")
    answer = client.get(f"{base}/versions/1/file")
    assert answer.status_code == 500
    assert "cannot be sent" in answer.get_data(as_text=True)
    assert current_session().query(AuditEntry).filter_by(action="plan.file_damaged").all() == []
    run_queue(client.application)
    entries = current_session().query(AuditEntry).filter_by(action="plan.file_damaged").all()
    assert [entry.detail["number"] for entry in entries] == [1]


def test_a_version_that_does_not_exist(party, base, client) -> None:
    for path in ("/versions/9", "/versions/9/file", "/versions/9/progress"):
        assert client.get(base + path).status_code == 404
