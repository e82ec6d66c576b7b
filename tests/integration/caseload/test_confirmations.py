"""An employer confirms what took place: by a link that works once, expires, and is never kept."""

from __future__ import annotations

import re
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from portal.caseload import queries
from portal.caseload.models import Case, Confirmation, DiagnosticSession
from portal.caseload.queries import confirmations as found
from portal.caseload.rules.confirmations import what
from portal.caseload.service import confirmations
from portal.db import current_session, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.employers.models import TimelineEntry
from portal.integrations.jobs import run_daily
from portal.kernel.clock import freeze, today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.programme.models import StaffPost
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import make_case, make_lep_officer, make_provider
from tests.factories.employers import make_employer, make_membership

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
EMPLOYER = Author(None, "Casey Contact", "casey@example.org")


@pytest.fixture
def held(app):
    """A provider, its case and a session that was held, as references."""
    return make_held()


def make_held(**changes):
    with unit_of_work():
        provider = make_provider()
        employer = make_employer(name="Example Bakery Ltd")
        case = make_case(
            provider,
            employer,
            contact_name="Casey Contact",
            contact_email="casey@example.org",
            session_state="held",
        )
        record = DiagnosticSession(
            case_id=case.id,
            held_on=today(),
            minutes=150,
            mode="face_to_face",
            place="The bakery",
            present=[
                {"name": "Casey Contact", "job": "Owner", "side": "employer"},
                {"name": "Example Adviser", "job": "", "side": "provider"},
            ],
            by_name="Example Adviser",
            **changes,
        )
        current_session().add(record)
        current_session().flush()
        return {
            "provider": provider,
            "adviser": provider.adviser,
            "author": provider.author,
            "case": case.reference,
            "employer": employer.reference,
            "employer_id": employer.id,
            "session": record.reference,
            "session_id": record.id,
        }


def ask(held, *, to_email: str = "casey@example.org", to_name: str = "Casey Contact"):
    with unit_of_work():
        about = found.subjects("session", [held["session_id"]])[held["session_id"]]
        result = confirmations.ask(
            case=queries.case_to_change(held["case"]),
            subject="session",
            record_id=held["session_id"],
            reference=held["session"],
            what=what(about),
            to_name=to_name,
            to_email=to_email,
            by=held["author"],
        )
        return result.value.reference if isinstance(result, Ok) else result.problem.code


def answer(reference, *, agrees=True, words="", by=EMPLOYER, by_link=True):
    with unit_of_work():
        return confirmations.answer(
            reference=reference, agrees=agrees, words=words, by=by, by_link=by_link
        )


def mails(to: str = "casey@example.org") -> list[dict]:
    rows = current_session().scalars(
        select(OutboxEntry.payload).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
    )
    return [payload for payload in rows if payload["to"] == to]


def link_in(mail) -> str:
    return re.search(r"https?://[^/\s]+(/confirm/\S+)", mail["text"])[1]


def session_state(held) -> str:
    return current_session().scalar(
        select(Case.session_state).where(Case.reference == held["case"])
    )


def lines_of(held) -> list[str]:
    return list(
        current_session().scalars(
            select(TimelineEntry.title)
            .where(
                TimelineEntry.employer_id == held["employer_id"],
                TimelineEntry.kind == "confirmation",
            )
            .order_by(TimelineEntry.id)
        )
    )


def test_the_mail_says_what_is_asked_and_opening_its_link_changes_nothing(held, client) -> None:
    ask(held)
    assert session_state(held) == "asked"
    mail = mails()[0]
    text = mail["text"]
    assert mail["subject"].startswith("Please confirm the in-depth session on ")
    for words in (
        "Hello Casey Contact,",
        "Employer: Example Bakery Ltd",
        "How long: 2 hours 30 minutes",
        "How: Face to face, The bakery",
        "Casey Contact (Owner); Example Adviser",
        "Opening the page alone does not confirm anything",
    ):
        assert words in text
        assert words.split(": ")[-1] in mail["html"]
    path = link_in(mail)
    stored = current_session().scalar(select(Confirmation.token_hash))
    assert stored not in text
    # A scanner opens the address twice and asks for its head: nothing is said by that.
    for _ in range(2):
        soup = client.soup(path)
        assert "2 hours 30 minutes" in soup.get_text()
        assert client.head(path).status_code == 200
    assert not [s for s in client.statements if s.startswith(("INSERT", "UPDATE"))]
    assert session_state(held) == "asked"


def test_yes_counts_once(held, client) -> None:
    ask(held)
    path = link_in(mails()[0])
    shown = client.submit(path, {"answer": "yes"}, form="right")
    assert "You confirmed this" in shown.get_data(as_text=True)
    assert session_state(held) == "confirmed"
    facts = found.of_subjects("session", [held["session_id"]])[held["session_id"]]
    assert (facts.state, facts.answered_name, facts.overdue) == (
        "confirmed",
        "Casey Contact",
        False,
    )
    again = client.soup(path)
    assert again.find("form", id="right") is None
    assert "Casey Contact confirmed it on" in again.get_text()
    told = mails(held["adviser"].email)
    assert told[-1]["subject"].startswith("Confirmed: the in-depth session")
    assert ask(held) == "already_confirmed"
    assert "Casey Contact confirmed the in-depth session" in lines_of(held)[-1]


def test_a_second_answer_from_a_page_left_open_is_refused(held, client) -> None:
    ask(held)
    path = link_in(mails()[0])
    token = client.soup(path).find("input", {"name": "csrf_token"})["value"]
    answer(found.of_employer(held["employer_id"])[0].reference)
    late = client.post(path, data={"csrf_token": token, "answer": "no", "words": "Not so"})
    page = late.get_data(as_text=True)
    assert "This was answered already" in page
    assert "You confirmed this" in page
    assert session_state(held) == "confirmed"


def test_what_is_wrong_needs_words_and_reaches_the_adviser(held, client) -> None:
    ask(held)
    path = link_in(mails()[0])
    empty = client.submit(path, {"answer": "no"}, form="wrong").get_data(as_text=True)
    assert "Say what is wrong" in empty
    assert "<details" in empty
    assert " open>" in empty
    assert session_state(held) == "asked"
    said = client.submit(
        path, {"answer": "no", "words": "It was <b>one</b> hour"}, form="wrong"
    ).get_data(as_text=True)
    assert "It was &lt;b&gt;one&lt;/b&gt; hour" in said
    assert session_state(held) == "disputed"
    told = mails(held["adviser"].email)[-1]
    assert told["subject"].startswith("Not right:")
    assert "It was <b>one</b> hour" in told["text"]
    assert "&lt;b&gt;one" in told["html"]
    sign_in(client, held["adviser"])
    listed = client.soup("/confirmations")
    assert "It was <b>one</b> hour" in listed.get_text()
    # Asking again replaces the link; what was said by the old one is kept.
    assert len(ask(held)) == 10
    assert session_state(held) == "asked"
    old = client.soup(path).get_text()
    assert "A newer link was sent" in old
    assert "It was <b>one</b> hour" in old
    assert client.soup(link_in(mails()[-1])).find("form", id="right")


def test_only_one_of_two_answers_at_the_same_moment_counts(committed_app) -> None:
    with committed_app.app_context():
        reference = ask(make_held())
    results: list[object] = []
    start = threading.Barrier(2)

    def say(agrees: bool) -> None:
        with committed_app.app_context():
            start.wait()
            results.append(answer(reference, agrees=agrees, words="No", by=EMPLOYER))

    people = [threading.Thread(target=say, args=(agrees,)) for agrees in (True, False)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    refused = [one for one in results if isinstance(one, Err)]
    assert len(results) == 2
    assert [one.problem.code for one in refused] == ["answered"]
    with committed_app.app_context():
        kinds = list(
            current_session().scalars(
                select(TimelineEntry.title).where(TimelineEntry.kind == "confirmation")
            )
        )
        assert len(kinds) == 2  # asked, and one answer


@pytest.mark.parametrize("token", ["x", "a" * 43, "../../etc", "%00"])
def test_a_guessed_link_says_nothing(held, client, token) -> None:
    ask(held)
    answered = client.get(f"/confirm/{token}")
    assert answered.status_code == 404
    assert "Bakery" not in answered.get_data(as_text=True)


def test_the_hash_of_a_link_is_no_link(held, client) -> None:
    ask(held)
    stored = current_session().scalar(select(Confirmation.token_hash))
    assert client.get(f"/confirm/{stored}").status_code == 404


def test_an_expired_link_offers_to_tell_the_adviser_once(held, client) -> None:
    ask(held)
    path = link_in(mails()[0])
    reference = found.of_employer(held["employer_id"])[0].reference
    with freeze(utc_now() + timedelta(days=15)):
        page = client.soup(path)
        assert "This link has expired" in page.get_text()
        assert page.find("form", id="right") is None
        late = answer(reference)
        assert isinstance(late, Err)
        assert late.problem.code == "expired"
        for _ in range(2):
            token = client.soup("/account/login").find("input", {"name": "csrf_token"})["value"]
            client.post(f"{path}/new-link", data={"csrf_token": token})
        assert "You asked for a new link on" in client.soup(path).get_text()
        facts = found.by_reference(reference)
        assert facts.overdue
        assert facts.standing == "overdue"
        assert facts.link_asked_at is not None
        wanted = [title for title in lines_of(held) if "wants a new link" in title]
        assert len(wanted) == 1
        subjects = [mail["subject"] for mail in mails(held["adviser"].email)]
        assert [s.split(":")[0] for s in subjects] == ["New link wanted"]
        counts = found.attention_counts([held["provider"].organisation.id])
        assert (counts.open, counts.overdue, counts.links_wanted) == (1, 1, 1)
        ask(held)
        assert client.soup(link_in(mails()[-1])).find("form", id="right")


def test_a_reminder_comes_once_three_days_before_the_end(held, client) -> None:
    with freeze(NOON):
        ask(held)
    for days, sent in ((10, 0), (11, 1), (12, 1), (14, 1), (15, 1)):
        with freeze(NOON + timedelta(days=days)):
            assert run_daily() == []
            assert len(mails()) == 1 + sent, days
    reminder = mails()[1]
    assert reminder["subject"].startswith("Reminder: please confirm")
    with freeze(NOON + timedelta(days=13)):
        # Both links work, since nobody can know which mail is opened.
        assert client.soup(link_in(mails()[0])).find("form", id="right")
        client.submit(link_in(reminder), {"answer": "yes"}, form="right")
    assert session_state(held) == "confirmed"


def test_nobody_who_answered_is_reminded(held) -> None:
    with freeze(NOON):
        reference = ask(held)
        answer(reference, agrees=False, words="Wrong day")
    with freeze(NOON + timedelta(days=12)):
        assert confirmations.remind_due() == 0


def test_a_withdrawn_session_asks_nothing(held, client) -> None:
    reference = ask(held)
    path = link_in(mails()[0])
    with unit_of_work():
        case = queries.case_to_change(held["case"])
        record = current_session().get_one(DiagnosticSession, held["session_id"])
        record.withdrawn_at, record.withdrawn_reason = utc_now(), "The wrong case"
        confirmations.drop(case=case, subject="session", record_ids=[record.id])
    assert session_state(held) == "none"
    page = client.soup(path)
    assert "There is nothing to confirm" in page.get_text()
    assert page.find("form", id="right") is None
    late = answer(reference)
    assert isinstance(late, Err)
    assert late.problem.code == "withdrawn"
    assert ask(held) == "withdrawn"


def test_the_employer_has_to_confirm_it_not_the_provider(held) -> None:
    assert ask(held, to_email=held["adviser"].email.upper()) == "staff"
    assert ask(held, to_email="nobody") == "bad_email"
    assert ask(held, to_name=" ") == "no_name"
    reference = ask(held)
    own = answer(reference, by=held["author"], by_link=False)
    assert isinstance(own, Err)
    assert own.problem.code == "staff"
    assert len(mails()) == 1


def test_staff_are_found_by_their_account_and_by_their_mailbox(held) -> None:
    staff = held["adviser"]
    local, _, domain = staff.email.partition("@")
    assert ask(held, to_email=f"{local}+shop@{domain.upper()}") == "staff"
    reference = ask(held)
    # Signed in as somebody else, who gave the adviser's address with a tag.
    with unit_of_work():
        owner = make_user(name="Example Owner")
    tagged = Author(owner.id, owner.name, f"{local}+x@{domain}")
    # Signed in as the adviser, whose account has another address by now.
    renamed = Author(staff.id, staff.name, "home@example.net")
    for by in (tagged, renamed):
        refused = answer(reference, by=by)
        assert isinstance(refused, Err)
        assert refused.problem.code == "staff"
    done = answer(reference, by=Author(owner.id, owner.name, "owner@example.net"))
    assert isinstance(done, Ok)
    assert done.value.answered_by == owner.id


def test_a_link_sent_to_somebody_who_became_staff_answers_no_more(held) -> None:
    reference = ask(held, to_email="later+case@provider.example")
    with unit_of_work():
        joined = make_user(email="later@provider.example")
        current_session().add(
            StaffPost(organisation_id=held["provider"].organisation.id, user_id=joined.id)
        )
    refused = answer(reference)
    assert isinstance(refused, Err)
    assert refused.problem.code == "staff"


def test_a_record_of_another_case_cannot_be_asked_about(held) -> None:
    with unit_of_work():
        other = make_case(held["provider"])
        result = confirmations.ask(
            case=other,
            subject="session",
            record_id=held["session_id"],
            reference=held["session"],
            what="x",
            to_name="A",
            to_email="a@example.org",
            by=held["author"],
        )
    assert isinstance(result, Err)
    assert result.problem.code == "no_record"


def test_somebody_signed_in_for_the_employer_answers_without_the_link(held, client) -> None:
    reference = ask(held)
    with unit_of_work():
        member = make_user(name="Mo Member")
        make_membership(employer_id=held["employer_id"], user_id=member.id)
    path = f"/employers/{held['employer']}/confirmations/{reference}"
    assert client.get(path).status_code == 302
    sign_in(client, member)
    panel = client.soup(f"/employers/{held['employer']}")
    assert panel.find("a", href=path) is not None
    assert "Please answer" in client.soup(f"/employers/{held['employer']}/confirmations").get_text()
    with freeze(utc_now() + timedelta(days=20)):
        sign_in(client, member)
        client.submit(path, {"answer": "yes"}, form="right")
    facts = found.by_reference(reference)
    assert (facts.state, facts.answered_name) == ("confirmed", "Mo Member")
    sign_in(client, member)
    panel = client.soup(f"/employers/{held['employer']}")
    assert panel.find("a", href=path) is None


def test_a_question_of_another_employer_is_not_found(held, client) -> None:
    reference = ask(held)
    with unit_of_work():
        member = make_user()
        other = make_employer(owner_id=member.id).reference
    sign_in(client, member)
    assert client.get(f"/employers/{other}/confirmations/{reference}").status_code == 404
    wrong = client.get(f"/employers/{held['employer']}/confirmations/{reference}")
    assert wrong.status_code == 403


def ask_path(held) -> str:
    return f"/cases/{held['case']}/confirm/session/{held['session']}"


def test_the_adviser_chooses_whom_to_ask(held, client) -> None:
    with unit_of_work():
        owner = make_user("owner@example.org", name="Ola Owner")
        make_membership(employer_id=held["employer_id"], user_id=owner.id, role="owner")
    sign_in(client, held["adviser"])
    page = client.soup(ask_path(held)).get_text()
    assert "Casey Contact, casey@example.org" in page
    assert "Ola Owner, owner@example.org" in page
    nobody = client.submit(ask_path(held), {}).get_data(as_text=True)
    assert "Choose who should confirm it" in nobody
    half = client.submit(ask_path(held), {"who": "other", "to_name": "Sam Somebody"})
    assert "Enter their email address" in half.get_data(as_text=True)
    assert 'value="Sam Somebody"' in half.get_data(as_text=True)
    assert mails() == []
    done = client.submit(ask_path(held), {"who": "contact"}).get_data(as_text=True)
    assert "Waiting for the employer" in done
    assert len(mails()) == 1
    client.submit(
        ask_path(held), {"who": "other", "to_name": "Sam S", "to_email": "sam@example.org"}
    )
    assert len(mails("sam@example.org")) == 1
    assert "A newer link was sent" in client.soup(link_in(mails()[0])).get_text()
    count = current_session().scalar(
        select(func.count(Confirmation.id)).where(Confirmation.state == "awaiting")
    )
    assert count == 1


def test_another_provider_sees_nothing_and_the_lep_only_reads(held, client) -> None:
    ask(held)
    with unit_of_work():
        stranger, officer = make_provider().adviser, make_lep_officer()
    sign_in(client, stranger)
    assert client.get(ask_path(held)).status_code == 404
    assert "Example Bakery" not in client.soup("/confirmations?whose=all").get_text()
    sign_in(client, officer)
    page = client.soup(ask_path(held))
    assert page.find("main").find("form") is None
    public = client.soup(link_in(mails()[0]))
    token = public.find("form", id="right").find("input", {"name": "csrf_token"})["value"]
    sent = client.post(ask_path(held), data={"csrf_token": token, "who": "contact"})
    assert sent.status_code == 403
    assert len(mails()) == 1
    assert "Example Bakery" in client.soup("/confirmations").get_text()


def test_the_mail_goes_to_whoever_has_the_case(held) -> None:
    with unit_of_work():
        case = queries.case_to_change(held["case"])
        case.adviser_id = None
        current_session().flush()
        assert found.who_to_tell(case.id, held["adviser"].id)[1] == held["adviser"].email
        assert found.who_to_tell(case.id, None)[1] == held["provider"].manager.email
        held["adviser"].active = False
        current_session().flush()
        assert found.who_to_tell(case.id, held["adviser"].id)[1] == held["provider"].manager.email


def test_the_last_day_counts_in_london(held) -> None:
    with freeze(datetime(2026, 7, 1, 12, tzinfo=UTC)):
        reference = ask(held)
        facts = found.by_reference(reference)
        assert facts.due_on == date(2026, 7, 15)
    with freeze(datetime(2026, 7, 15, 22, 59, tzinfo=UTC)):
        assert not found.by_reference(reference).overdue
    with freeze(datetime(2026, 7, 15, 23, 1, tzinfo=UTC)):
        assert found.by_reference(reference).overdue
