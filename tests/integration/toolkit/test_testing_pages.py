"""Employers are asked to test a resource, answer by a link, and are summed up."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.integrations.mail import MailboxMessage
from portal.kernel.clock import freeze, today
from portal.kernel.people import PORTAL
from portal.kernel.result import Err, Ok
from portal.toolkit.managing import same_tests
from portal.toolkit.models import ResourceTest
from portal.toolkit.queries import testing as queries
from portal.toolkit.service import resources
from portal.toolkit.service import testing as service
from tests.factories.accounts import sign_in
from tests.factories.caseload import Provider, author_of, make_provider
from tests.factories.employers import make_employer
from tests.factories.toolkit import make_content, make_draft, make_published
from tests.integration.toolkit.pages import text_of

GOOD = {
    "tried": "yes",
    "clear": "4",
    "useful": "5",
    "doable": "2",
    "would_use": "changed",
    "minutes": "25",
    "best": "The list of questions",
    "change": "Shorter <b>please</b>",
}


@pytest.fixture
def provider(session: Any) -> Provider:
    with unit_of_work():
        return make_provider()


@pytest.fixture
def editor(client: Any, provider: Provider) -> Any:
    sign_in(client, provider.adviser)
    return client


def in_testing(**changes: Any) -> Any:
    with unit_of_work():
        resource = make_draft(**changes)
        resources.begin_testing(reference=resource.reference, revision=resource.revision, by=PORTAL)
        return resource


def asked(resource: Any, employer: Any = None, **changes: Any) -> Ok[ResourceTest] | Err:
    with unit_of_work():
        employer = employer or make_employer()
        values = {
            "reference": resource.reference,
            "employer_reference": employer.reference,
            "to_name": "Example Owner",
            "to_email": "owner@example.org",
            "due_on": today() + timedelta(days=21),
            "by": PORTAL,
        }
        return service.ask(**(values | changes))


def link(run_jobs: Any) -> str:
    run_jobs()
    mail = (
        current_session().scalars(select(MailboxMessage).order_by(MailboxMessage.id.desc())).first()
    )
    assert mail is not None
    found = re.search(r"https?://[^/\s]+(/try/\S+)", mail.body)
    assert found is not None, mail.body
    return found[1]


def the_test() -> ResourceTest:
    found = current_session().scalars(select(ResourceTest).order_by(ResourceTest.id.desc())).first()
    assert found is not None
    current_session().refresh(found)
    return found


def test_an_employer_is_found_asked_and_answers(editor: Any, client: Any, run_jobs: Any) -> None:
    resource = in_testing(title="Rotas that people can live with")
    with unit_of_work():
        employer = make_employer(name="Example Bakery Ltd")
        reference = employer.reference
    path = f"/toolkit/manage/{resource.reference}/tests/new"
    typed = {"find": "bakery", "to_name": "Example Owner", "to_email": "owner@example.org"}
    looked = editor.submit(path, typed, look="1").get_data(as_text=True)
    assert f'name="choose" value="{reference}"' in looked
    assert 'value="owner@example.org"' in looked
    chosen = editor.submit(path, typed, choose=reference).get_data(as_text=True)
    assert "Example Bakery" in chosen
    assert 'value="owner@example.org"' in chosen
    sent = editor.submit(path, {**typed, "find": "", "employer": reference})
    assert "Example Owner was sent a link" in text_of(sent)
    address = link(run_jobs)
    page = client.get(address)
    assert "Rotas that people can live with" in text_of(page)
    assert "In testing: not published yet" in text_of(page)
    assert the_test().state == "asked"
    with client.session_transaction() as cookie:
        cookie.clear()
    wrong = client.submit(address, {**GOOD, "clear": ""}, form="answer")
    assert "Choose one of the five" in text_of(wrong)
    assert "The list of questions" in wrong.get_data(as_text=True)
    done = client.submit(address, GOOD, form="answer")
    assert "Thank you" in text_of(done)
    found = the_test()
    assert (found.state, found.clear, found.would_use, found.minutes) == (
        "answered",
        4,
        "changed",
        25,
    )
    assert found.answered_name == "Example Owner"


def test_the_summary_has_counts_means_and_words(editor: Any, run_jobs: Any) -> None:
    resource = in_testing()
    for sector, clear in (("retail", 4), ("social_care", 1)):
        with unit_of_work():
            employer = make_employer(sector=sector)
        made = asked(resource, employer)
        assert isinstance(made, Ok)
        with unit_of_work():
            done = service.answer(
                reference=made.value.reference,
                said=service.Feedback(True, clear, 5, 3, "yes", None, "Plain words", "Shorter"),
                by=PORTAL,
            )
        assert isinstance(done, Ok)
    asked(resource)
    page = text_of(editor.get(f"/toolkit/manage/{resource.reference}/tests"))
    for words in (
        "3 asked: 2 answered, 1 waiting, 0 declined",
        "Yes, as it is: 2",
        "Plain words",
        "Shorter",
    ):
        assert words in page
    assert "2.5" in page
    with unit_of_work():
        now = resources.found.to_change(resource.reference)
        assert now is not None
        published = resources.publish(
            reference=resource.reference, revision=now.revision, reason="", by=PORTAL
        )
    assert isinstance(published, Ok)


def test_a_link_declines_ends_and_is_taken_back(client: Any, session: Any, run_jobs: Any) -> None:
    resource = in_testing()
    asked(resource)
    address = link(run_jobs)
    declined = client.submit(address, {"why": "No time", "decline": "1"}, form="decline")
    assert "You would rather not try" in text_of(declined)
    assert (the_test().state, the_test().change) == ("declined", "No time")
    assert client.get("/try/not-a-token").status_code == 404
    second = asked(resource)
    assert isinstance(second, Ok)
    address = link(run_jobs)
    with unit_of_work():
        service.take_back(reference=second.value.reference, by=PORTAL)
    assert "is no longer needed" in text_of(client.get(address))
    asked(resource)
    address = link(run_jobs)
    with freeze(datetime.now(UTC) + timedelta(days=30)):
        late = text_of(client.get(address))
        assert "This link has ended" in late
        with unit_of_work():
            refused = service.decline(reference=the_test().reference, why="", by=PORTAL)
    assert isinstance(refused, Err)
    assert refused.problem.code == "expired"


def test_a_new_link_takes_the_place_of_the_old(client: Any, session: Any, run_jobs: Any) -> None:
    resource = in_testing()
    with unit_of_work():
        employer = make_employer()
    asked(resource, employer)
    first = link(run_jobs)
    asked(resource, employer, to_name="Example Manager")
    second = link(run_jobs)
    assert first != second
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    client.submit(second, GOOD, form="answer")
    again = asked(resource, employer)
    assert isinstance(again, Err)
    assert again.problem.code == "answered"


def test_whom_nobody_may_ask(session: Any, provider: Provider) -> None:
    resource = in_testing()
    for changes, code in (
        ({"to_email": provider.adviser.email}, "staff"),
        ({"to_email": "nobody"}, "bad_email"),
        ({"to_name": " "}, "no_name"),
        ({"due_on": today()}, "due_on"),
        ({"due_on": today() + timedelta(days=400)}, "due_on"),
        ({"employer_reference": "0000000000"}, "no_employer"),
    ):
        refused = asked(resource, **changes)
        assert isinstance(refused, Err)
        assert refused.problem.code == code
    with unit_of_work():
        draft = make_draft()
    early = asked(draft)
    assert isinstance(early, Err)
    assert early.problem.code == "resource_state"
    assert current_session().scalars(select(ResourceTest)).all() == []


def test_staff_do_not_answer_for_an_employer(session: Any, provider: Provider) -> None:
    made = asked(in_testing())
    assert isinstance(made, Ok)
    with unit_of_work():
        refused = service.answer(
            reference=made.value.reference,
            said=service.Feedback(True, 5, 5, 5, "yes", None, "", ""),
            by=author_of(provider.adviser),
        )
    assert isinstance(refused, Err)
    assert refused.problem.code == "staff"


def test_they_are_reminded_once_with_a_link_that_works(
    client: Any, session: Any, run_jobs: Any
) -> None:
    asked(in_testing(title="Try me"))
    first = link(run_jobs)
    assert service.remind_due() == 0
    with freeze(datetime.now(UTC) + timedelta(days=18)):
        assert service.remind_due() == 1
        assert service.remind_due() == 0
        second = link(run_jobs)
        assert second != first
        assert "Try me" in text_of(client.get(second))
    mail = (
        current_session().scalars(select(MailboxMessage).order_by(MailboxMessage.id.desc())).first()
    )
    assert mail is not None
    assert "This is a reminder, and the only one" in mail.body


def test_a_published_seed_can_be_tested_and_a_later_version_alone_counts(session: Any) -> None:
    with unit_of_work():
        shown = make_published()
    for _ in range(2):
        made = asked(shown)
        assert isinstance(made, Ok)
        with unit_of_work():
            service.answer(
                reference=made.value.reference,
                said=service.Feedback(False, 5, 5, 5, "yes", 5, "", ""),
                by=PORTAL,
            )
    with unit_of_work():
        now = resources.found.to_change(shown.reference)
        assert now is not None
        resources.save_version(
            reference=shown.reference,
            revision=now.revision,
            content=make_content(),
            change_note="",
            by=PORTAL,
        )
        refused = resources.publish(
            reference=shown.reference, revision=now.revision, reason="", by=PORTAL
        )
    assert isinstance(refused, Err)
    assert refused.problem.code == "not_tested"


def test_one_version_is_tested_once_by_employers_that_are_merged(session: Any) -> None:
    resource = in_testing()
    with unit_of_work():
        kept, merged = make_employer(), make_employer()
        keys = kept.id, merged.id
    asked(resource, kept)
    assert same_tests(*keys).staying == {}
    asked(resource, merged)
    staying = same_tests(*keys).staying
    assert list(staying) == [the_test().id]
    assert "was asked about it too" in next(iter(staying.values()))


def test_what_is_held_of_an_employer_says_what_it_said(app: Any, session: Any) -> None:
    from portal.employers.queries.held import read_table

    made = asked(in_testing(title="Held title"))
    assert isinstance(made, Ok)
    header, rows = read_table(queries.HELD, the_test().employer_id)
    assert len(rows) == 1
    row = dict(zip(header, rows[0], strict=True))
    assert (row["Resource"], row["Who was asked"], row["State"]) == (
        "Held title",
        "Example Owner",
        "Asked",
    )
    assert the_test().token_hash not in rows[0]


def test_every_step_is_audited(client: Any, session: Any, run_jobs: Any) -> None:
    asked(in_testing())
    client.submit(link(run_jobs), GOOD, form="answer")
    actions = current_session().scalars(
        select(AuditEntry.action).where(AuditEntry.action.startswith("resource_test"))
    )
    assert sorted(actions) == ["resource_test.answered", "resource_test.asked"]
