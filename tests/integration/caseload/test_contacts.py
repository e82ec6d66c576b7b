"""Logging a contact, the next action in two tabs, the case page and its changes."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import func, select

from portal.caseload import queries
from portal.caseload.models import (
    Case,
    Confirmation,
    DiagnosticSession,
    FollowUp,
    Interaction,
    NextAction,
    ReferralOut,
)
from portal.caseload.rules.contacts import quick_day
from portal.caseload.rules.stages import Milestone
from portal.caseload.service import cases, contacts, next_actions
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer, TimelineEntry
from portal.kernel.clock import today, utc_now
from portal.kernel.result import Err, Ok
from tests.factories.accounts import sign_in
from tests.factories.caseload import (
    make_case,
    make_provider,
    make_referral,
    make_source,
    make_staff,
)
from tests.factories.employers import make_employer


@pytest.fixture
def world(session):
    """A provider with one case, its contact known, a call planned for today."""
    with unit_of_work():
        provider = make_provider()
        case = make_case(
            provider,
            make_employer(name="Example Bakery Ltd"),
            contact_name="Jo Example",
            contact_phone="0113 496 0000",
            contact_email="jo@bakery.example",
        )
        cases.set_next_action(
            case=case, kind="call", what="Ring about a visit", due_on=today(), by=provider.author
        )
    return provider, case.reference, case.employer_id


def text_of(response) -> str:
    page = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(page.split())


def lines_of(employer_id: int) -> list[tuple[str, str]]:
    rows = current_session().execute(
        select(TimelineEntry.title, TimelineEntry.text)
        .where(TimelineEntry.employer_id == employer_id)
        .order_by(TimelineEntry.id)
    )
    return [tuple(row) for row in rows]


def logged() -> int:
    return current_session().scalar(select(func.count(Interaction.id)))


def log(reference: str, by, **changes):
    values = {
        "reference": reference,
        "kind": "call",
        "reached": True,
        "minutes": 10,
        "with_name": "Jo",
        "summary": "Agreed a visit",
        "by": by,
        **changes,
    }
    with unit_of_work():
        return contacts.log(**values)


def test_a_call_takes_three_taps_and_a_sentence(world, client) -> None:
    provider, reference, employer_id = world
    sign_in(client, provider.adviser)
    home = client.soup("/work")
    href = next(
        a["href"] for a in home.select(".app-work__press") if a.get_text().startswith("Log")
    )
    form = client.soup(href)
    assert form.find("input", {"name": "with_name"})["value"] == "Jo Example"
    assert form.find("input", {"name": "kind", "checked": True})["value"] == "call"
    assert form.find("input", {"name": "minutes", "checked": True})["value"] == "10"
    # What is due today must be answered for: nothing is chosen in its place.
    assert form.find("input", {"name": "when", "checked": True}) is None
    answer = client.submit(href, {"happened": "Visit agreed", "when": "week"}, follow=False)
    assert answer.location == "/work"
    facts = queries.case_facts(reference)
    assert facts.contact_count == 1
    assert facts.next_due_on == quick_day("week", today())
    title, text = lines_of(employer_id)[-1]
    assert title == "Call with Jo Example, 10 minutes"
    assert text.startswith("Visit agreed\nNext: Call, ")
    states = current_session().scalars(select(NextAction.state).order_by(NextAction.id)).all()
    assert states == ["done", "open"]


def test_the_same_form_sent_twice_is_one_contact(world, client) -> None:
    provider, reference, employer_id = world
    sign_in(client, provider.adviser)
    page = f"/cases/{reference}/log"
    soup = client.soup(page)
    data = {
        field["name"]: field["value"]
        for field in soup.find("main").find_all("input", {"type": "hidden"})
    }
    data |= {"kind": "call", "reached": "yes", "minutes": "5", "happened": "x", "when": "week"}
    data |= {"next_kind": "call"}
    first, second = (client.post(page, data=data) for _ in range(2))
    assert first.status_code == second.status_code == 302
    assert logged() == 1
    assert [title for title, _text in lines_of(employer_id)].count("Call, 5 minutes") == 1
    assert queries.case_facts(reference).contact_count == 1


def test_a_missed_call_stays_until_it_is_done_or_moved(world, client) -> None:
    provider, reference, _employer = world
    with unit_of_work():
        case = queries.case_to_change(reference)
        queries.open_action(case.id).due_on = today() - timedelta(days=5)
    sign_in(client, provider.adviser)
    soup = client.soup("/work")
    overdue = soup.find("section", {"aria-labelledby": "overdue"})
    assert "5 days late" in overdue.get_text()
    assert overdue.find("a", href="tel:01134960000")
    assert overdue.find("a", href="mailto:jo@bakery.example")
    client.submit(f"/cases/{reference}/log", {"reached": "no", "happened": "", "when": "keep"})
    facts = queries.case_facts(reference)
    assert facts.next_due_on == today() - timedelta(days=5)
    assert facts.contact_count == 0
    assert "5 days late" in client.soup("/work").get_text()
    client.submit(f"/cases/{reference}/log", {"reached": "no", "when": "tomorrow"})
    states = current_session().scalars(select(NextAction.state).order_by(NextAction.id)).all()
    assert states == ["moved", "open"]


def test_bad_input_keeps_what_was_typed(world, client) -> None:
    provider, reference, _employer = world
    sign_in(client, provider.adviser)
    page = f"/cases/{reference}/log?back=/work"
    answer = client.submit(
        page, {"happened": "A long talk about rotas", "minutes": "other", "minutes_other": "lots"}
    )
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert "A long talk about rotas" in text
    assert 'value="lots"' in text
    assert "Choose what happens next" in text
    assert "Minutes must be a whole number" in text
    assert logged() == 0


def test_an_expired_form_offers_what_was_typed_again(world, client) -> None:
    provider, reference, _employer = world
    sign_in(client, provider.adviser)
    answer = client.post(
        f"/cases/{reference}/log",
        data={"csrf_token": "old", "happened": "A long talk", "once": "abc", "when": "week"},
        headers={"Origin": "http://localhost"},
    )
    text = answer.get_data(as_text=True)
    assert 'name="happened" value="A long talk"' in text
    assert 'name="once" value="abc"' in text


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil", "javascript:x", "work"]
)
def test_the_way_back_is_ours(world, client, back: str) -> None:
    provider, reference, _employer = world
    sign_in(client, provider.adviser)
    page = f"/cases/{reference}/log?back={quote(back, safe='')}"
    answer = client.submit(page, {"happened": "x", "when": "week"}, follow=False)
    assert answer.location == f"/cases/{reference}"


def test_what_the_service_refuses(world) -> None:
    provider, reference, _employer = world
    by = provider.author
    for changes, field in (
        ({"kind": "telegram"}, "kind"),
        ({"minutes": -1}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"kind": "note", "reached": True}, "reached"),
        ({"kind": "note", "reached": False, "summary": " "}, "happened"),
        ({"with_name": "x" * 121}, "with_name"),
        ({"at": utc_now() + timedelta(hours=1)}, "on"),
        ({"next_action": ("call", "", today() - timedelta(days=1)), "action_id": 0}, None),
    ):
        refused = log(reference, by, **changes)
        assert isinstance(refused, Err), changes
        assert refused.problem.field == field
    assert log("NOSUCHCASE", by).problem.code == "no_case"
    assert logged() == 0


def test_a_note_reaches_nobody(world, client) -> None:
    provider, reference, _employer = world
    sign_in(client, provider.adviser)
    client.submit(
        f"/cases/{reference}/log", {"kind": "note", "happened": "Remember", "when": "keep"}
    )
    row = current_session().execute(select(Interaction.reached, Interaction.with_name)).one()
    assert tuple(row) == (False, "")
    facts = queries.case_facts(reference)
    assert (facts.last_contact_at, facts.contact_count) == (None, 0)


def test_waiting_for_the_employer_begins_goes_on_and_ends(world, client) -> None:
    provider, reference, employer_id = world
    sign_in(client, provider.adviser)
    page = f"/cases/{reference}/log"
    client.submit(page, {"happened": "x", "when": "week", "waiting_for": "their rota"})
    since = queries.case_facts(reference).waiting_since
    assert since is not None
    # Still waiting for the same: it goes on from when it began, even when somebody was reached.
    client.submit(page, {"happened": "y", "when": "week"})
    assert queries.case_facts(reference).waiting_since == since
    client.submit(page, {"happened": "z", "when": "week", "waiting_for": ""})
    assert queries.case_facts(reference).waiting_since is None
    client.submit(f"/cases/{reference}/waiting", {"what": "a list of staff"})
    assert queries.case_facts(reference).waiting_for == "a list of staff"
    client.submit(f"/cases/{reference}/waiting", {"what": ""})
    assert queries.case_facts(reference).waiting_since is None
    titles = [title for title, _text in lines_of(employer_id)]
    assert titles[-2:] == [
        "Waiting for the employer: a list of staff",
        "No longer waiting for the employer",
    ]


def test_two_tabs_cannot_end_different_actions_in_silence(world, client) -> None:
    provider, reference, _employer = world
    sign_in(client, provider.adviser)
    page = f"/cases/{reference}/next?do=done"
    before = client.soup(page)
    data = {
        field["name"]: field["value"]
        for field in before.find("main").find_all("input", {"type": "hidden"})
    }
    with unit_of_work():
        case = queries.case_to_change(reference)
        old = queries.open_action(case.id).id
        cases.set_next_action(
            case=case,
            kind="visit",
            what="Go and see them",
            due_on=today() + timedelta(days=2),
            by=provider.author,
        )
    refused = client.post(page, data={**data, "when": "nothing", "next_kind": "call"})
    text = text_of(refused)
    assert "Somebody else changed the next action" in text
    assert "Visit: Go and see them" in text
    assert queries.case_facts(reference).next_what == "Go and see them"
    # The page now speaks of the action that stands there, and can end that one.
    assert f'value="{old}"' not in refused.get_data(as_text=True)
    with unit_of_work():
        stale = contacts.log(
            reference=reference,
            kind="call",
            reached=True,
            minutes=1,
            with_name="",
            summary="x",
            finishes=True,
            action_id=old,
            by=provider.author,
        )
    assert isinstance(stale, Err)
    assert stale.problem.code == next_actions.ACTION_CHANGED
    assert logged() == 0


def test_done_moved_changed_dropped_and_planned(world, client) -> None:
    provider, reference, employer_id = world
    sign_in(client, provider.adviser)
    page = f"/cases/{reference}/next"
    moved = client.soup(f"{page}?do=move")
    assert moved.find("input", {"name": "next_what"})["value"] == "Ring about a visit"
    client.submit(f"{page}?do=move&back=/work", {"when": "tomorrow"})
    assert queries.case_facts(reference).next_due_on == today() + timedelta(days=1)
    client.submit(f"{page}?do=move", {"when": "week", "next_kind": "visit", "next_what": "Visit"})
    client.submit(f"{page}?do=done", {"when": "month", "next_kind": "email"})
    client.submit(f"{page}?do=move", {"when": "nothing"})
    assert queries.case_facts(reference).next_due_on is None
    assert client.submit(page, {"when": "nothing"}).status_code == 200
    client.submit(page, {"when": "tomorrow", "next_what": "Begin again"})
    assert queries.case_facts(reference).next_what == "Begin again"
    client.submit(f"{page}?do=done", {"when": "nothing"})
    assert queries.case_facts(reference).next_due_on is None
    states = current_session().scalars(select(NextAction.state).order_by(NextAction.id)).all()
    assert states == ["moved", "moved", "done", "dropped", "done"]
    beginnings = [title.split(" ")[2] for title, _ in lines_of(employer_id) if "Next a" in title]
    assert beginnings == ["moved", "changed:", "done:", "dropped:", "planned:", "done:"]


def test_the_page_of_a_case(world, client) -> None:
    provider, reference, _employer = world
    sign_in(client, provider.adviser)
    soup = client.soup(f"/cases/{reference}?back=/work")
    assert soup.h1.get_text() == "Example Bakery Ltd"
    assert soup.select_one(".govuk-back-link")["href"] == "/work"
    assert soup.select_one('[aria-current="step"]').get_text() == "Referral"
    assert len(soup.select(".app-steps__step")) == 7
    assert soup.find("a", href="tel:01134960000")
    ready = soup.find("section", {"aria-labelledby": "ready"}).get_text(" ", strip=True)
    assert "the record of the in-depth session" in ready
    assert "the number of employees" not in ready
    assert "Case opened" in soup.find("section", {"aria-labelledby": "latest"}).get_text()
    with unit_of_work():
        case = queries.case_to_change(reference)
        case.session_state = "confirmed"
        for kind in (Milestone.CONSULTATION, Milestone.SESSION, Milestone.DIAGNOSTIC):
            cases.note_milestone(case=case, kind=kind, subject="x:Y", by=provider.author)
    soup = client.soup(f"/cases/{reference}")
    assert "Everything is there" in soup.get_text()
    assert [s.get_text() for s in soup.select(".app-steps__step--done")] == [
        "Referral (done)",
        "Consultation (done)",
    ]


def test_another_providers_case_is_nobody_elses(world, client) -> None:
    _provider, reference, _employer = world
    with unit_of_work():
        stranger = make_provider()
    sign_in(client, stranger.manager)
    pages = ("", "/log", "/next", "/stage", "/close", "/reopen", "/waiting", "/contact")
    for page in pages:
        assert client.get(f"/cases/{reference}{page}").status_code == 404, page
    token = client.soup("/cases").find("input", {"name": "csrf_token"})["value"]
    for page in pages[1:]:
        answer = client.post(f"/cases/{reference}{page}", data={"csrf_token": token})
        assert answer.status_code == 404, page


def test_the_stage_shows_what_is_missing_before_it_asks_why(world, client) -> None:
    provider, reference, _employer = world
    sign_in(client, provider.adviser)
    page = f"/cases/{reference}/stage"
    soup = client.soup(page)
    shown = soup.find("form", {"method": "post"}).get_text() + soup.get_text()
    assert "Missing: the phone consultation form; the record of the in-depth session" in shown
    refused = client.submit(page, {"stage": "diagnostic", "reason": ""})
    assert "Say why this is missing" in text_of(refused)
    assert queries.case_facts(reference).stage == "referral"
    done = client.submit(page, {"stage": "diagnostic", "reason": "Done on paper"})
    assert "now at In-depth diagnostic" in text_of(done)
    assert "A stage back" in client.soup(page).get_text()


def test_a_stale_change_is_told_and_then_goes_on(world, client) -> None:
    provider, reference, _employer = world
    sign_in(client, provider.adviser)
    page = f"/cases/{reference}/close"
    soup = client.soup(page)
    token = soup.find("main").find("input", {"name": "csrf_token"})["value"]
    data = {"csrf_token": token, "revision": "99", "reason": "other", "note": "Moved abroad"}
    refused = client.post(page, data=data)
    assert "Somebody else changed this case" in text_of(refused)
    assert "Moved abroad" in refused.get_data(as_text=True)
    revision = queries.case_facts(reference).revision
    assert f'name="revision" value="{revision}"' in refused.get_data(as_text=True)


def test_closing_drops_what_was_planned_and_reopening_begins_again(world, client) -> None:
    provider, reference, _employer = world
    sign_in(client, provider.adviser)
    page = f"/cases/{reference}/close"
    assert "Ring about a visit" in client.soup(page).get_text()
    assert "Choose why" in text_of(client.submit(page, {}))
    client.submit(page, {"reason": "no_contact"})
    facts = queries.case_facts(reference)
    assert facts.closed_at is not None
    assert facts.next_due_on is None
    for refused in ("log", "next", "stage", "close", "waiting", "contact"):
        answer = client.get(f"/cases/{reference}/{refused}")
        assert answer.location == f"/cases/{reference}", refused
    assert log(reference, provider.author).problem.code == "case_closed"
    soup = client.soup(f"/cases/{reference}")
    assert "The employer cannot be reached" in soup.get_text()
    assert "Say why" in text_of(client.submit(f"/cases/{reference}/reopen", {"reason": ""}))
    client.submit(f"/cases/{reference}/reopen", {"reason": "They rang"})
    assert queries.case_facts(reference).closed_at is None
    assert "Nothing is planned." in client.soup(f"/cases/{reference}").get_text()
    assert client.get(f"/cases/{reference}/reopen").location == f"/cases/{reference}"


def test_the_contact_person_is_changed_with_its_history(world, client) -> None:
    provider, reference, employer_id = world
    sign_in(client, provider.adviser)
    page = f"/cases/{reference}/contact"
    assert "Enter the contact" in text_of(client.submit(page, {"contact_name": ""}))
    client.submit(page, {"contact_name": "Sam Example", "contact_phone": "+44 7700 900123"})
    facts = queries.case_facts(reference)
    assert (facts.contact_name, facts.contact_email) == ("Sam Example", "jo@bakery.example")
    assert lines_of(employer_id)[-1] == (
        "Contact person of the case: Sam Example",
        "Before: Jo Example.",
    )
    assert client.soup(f"/cases/{reference}").find("a", href="tel:+447700900123")
    with unit_of_work():
        current_session().get(Case, facts.id).revision += 1
    soup = client.soup(page)
    token = soup.find("main").find("input", {"name": "csrf_token"})["value"]
    stale = {"csrf_token": token, "revision": "1", "contact_name": "Old Tab"}
    assert "Somebody else changed" in text_of(client.post(page, data=stale))
    assert queries.case_facts(reference).contact_name == "Sam Example"


def test_the_home_shows_referrals_with_the_days_left(world, client) -> None:
    provider, _reference, _employer = world
    with unit_of_work():
        make_referral(
            make_source(name="Example Chamber"),
            organisation_id=provider.organisation.id,
            employer_name="Example Referred Ltd",
            contact_phone="0113 496 0001",
        )
        stranger = make_provider()
        make_referral(
            make_source(), organisation_id=stranger.organisation.id, employer_name="Not Ours Ltd"
        )
    sign_in(client, provider.manager)
    soup = client.soup("/work")
    waiting = soup.find("section", {"aria-labelledby": "referrals"}).get_text(" ", strip=True)
    assert "Example Referred Ltd" in waiting
    assert "Example Chamber" in waiting
    assert "Last day today" in waiting
    assert "Not Ours Ltd" not in soup.get_text()
    # A manager sees everyone's, and may look at only their own.
    assert "Example Bakery Ltd" in soup.get_text()
    assert "Example Bakery Ltd" not in client.soup("/work?adviser=me").get_text()
    sign_in(client, provider.adviser)
    assert client.get("/").location == "/work"


def test_an_adviser_cannot_look_at_everyones_day(world, client) -> None:
    provider, _reference, _employer = world
    with unit_of_work():
        other = make_case(provider, make_employer(name="Colleague Ltd"), adviser_id=None)
        cases.set_next_action(case=other, kind="call", what="", due_on=today(), by=provider.author)
    sign_in(client, provider.adviser)
    assert "Colleague Ltd" not in client.soup("/work?adviser=all").get_text()


def test_a_contact_in_the_past_is_dated_there(world) -> None:
    provider, reference, employer_id = world
    day = today() - timedelta(days=3)
    at = contacts.instant_of(day, now=utc_now())
    result = log(reference, provider.author, at=at)
    assert isinstance(result, Ok)
    assert queries.case_facts(reference).last_contact_at == at
    entry = current_session().scalar(
        select(TimelineEntry)
        .join(Employer, Employer.id == TimelineEntry.employer_id)
        .where(Employer.id == employer_id, TimelineEntry.kind == "contact")
    )
    assert entry.at == at
    assert entry.recorded_at > at


def test_the_home_shows_what_waits_elsewhere_with_where_it_leads(world, client) -> None:
    provider, reference, _employer = world
    late, by = today() - timedelta(days=2), provider.adviser.id
    with unit_of_work():
        case = queries.case_to_change(reference)
        employer_id = case.employer_id
        session = DiagnosticSession(
            case_id=case.id,
            held_on=late,
            minutes=60,
            mode="video",
            by=by,
            by_name="Example Adviser",
        )
        gone = DiagnosticSession(
            case_id=case.id,
            held_on=late,
            minutes=60,
            mode="video",
            by=by,
            by_name="Example Adviser",
            withdrawn_at=utc_now(),
            withdrawn_reason="Typed twice",
        )
        onward = ReferralOut(
            case_id=case.id,
            service="skills_service",
            organisation="Example Skills",
            reason="Training",
            consent_by="Jo Example",
            consent_on=late,
            sent_on=late,
            chase_on=today(),
            by=by,
            by_name="Example Adviser",
        )
        follow_up = FollowUp(case_id=case.id, months=3, due_on=late)
        far = FollowUp(case_id=case.id, months=12, due_on=today() + timedelta(days=90))
        current_session().add_all([session, gone, onward, follow_up, far])
        current_session().flush()
        for held, state in ((session, "disputed"), (gone, "awaiting")):
            current_session().add(
                Confirmation(
                    session_id=held.id,
                    employer_id=employer_id,
                    case_id=case.id,
                    to_name="Jo",
                    to_email="jo@bakery.example",
                    token_hash=f"{held.id:064d}",
                    due_on=late,
                    state=state,
                    answered_at=utc_now() if state == "disputed" else None,
                    words="It was shorter" if state == "disputed" else "",
                )
            )
        session_reference, onward_reference = session.reference, onward.reference
    sign_in(client, provider.adviser)
    soup = client.soup("/work")
    leads = {
        part["aria-labelledby"]: [link["href"] for link in part.select("h3 a")]
        for part in soup.select(".app-home__side section")
    }
    assert leads["disputed"] == [f"/cases/{reference}/session/{session_reference}"]
    assert leads["follow-ups"] == [f"/cases/{reference}/follow-up/3"]
    assert leads["onward"] == [f"/cases/{reference}/refer-on/{onward_reference}"]
    # What was withdrawn waits for nobody.
    assert "unconfirmed" not in leads
    assert "2 days late" in soup.find("section", {"aria-labelledby": "follow-ups"}).get_text()
    with unit_of_work():
        colleague = make_staff(provider.organisation, name="Other Adviser")
    sign_in(client, colleague)
    assert not client.soup("/work").find(id="disputed")
