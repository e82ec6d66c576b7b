"""The phone consultation: a record, a contact, facts on the employer's record, a next action."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from portal.caseload import queries
from portal.caseload.models import Case, Consultation, NextAction
from portal.caseload.rules.work import Consulted, RecordAnswers
from portal.caseload.service import cases, consultations
from portal.db import current_session, unit_of_work
from portal.employers import queries as employers
from portal.employers import service as records
from portal.employers.models import EmployerChange, TimelineEntry
from portal.employers.rules.facts import StaffNumbers
from portal.kernel.clock import today
from portal.kernel.result import Err, Ok
from tests.factories.accounts import sign_in
from tests.factories.caseload import make_case, make_lep_officer, make_provider
from tests.factories.employers import make_employer


@pytest.fixture
def opened(app):
    with unit_of_work():
        provider = make_provider()
        employer = make_employer(name="Example Bakery Ltd", headcount=24, part_time_headcount=10)
        case = make_case(provider, employer, contact_name="Casey Contact", contact_job="Owner")
        cases.set_next_action(
            case=case, kind="call", what="First call", due_on=today(), by=provider.author
        )
        return {
            "provider": provider,
            "author": provider.author,
            "adviser": provider.adviser,
            "case": case.reference,
            "case_id": case.id,
            "employer": employer.reference,
            "employer_id": employer.id,
        }


def path_of(opened) -> str:
    return f"/cases/{opened['case']}/consultation"


def day_fields(name: str, day: date) -> dict[str, str]:
    return {
        f"{name}-day": str(day.day),
        f"{name}-month": str(day.month),
        f"{name}-year": str(day.year),
    }


def session_data(**changes):
    return {
        "next_step": "session",
        **day_fields("next_on", today() + timedelta(days=7)),
        **changes,
    }


def rows() -> list[Consultation]:
    return list(current_session().scalars(select(Consultation).order_by(Consultation.id)))


def case_now(opened) -> queries.CaseFacts:
    facts = queries.case_facts(opened["case"])
    assert facts is not None
    return facts


def record(opened, *, answers=None, version=1, corrects="", once=None, **changes):
    values = {
        "held_on": today(),
        "minutes": 20,
        "with_name": "Casey Contact",
        "next_step": "session",
        "next_on": today() + timedelta(days=7),
        **changes,
    }
    with unit_of_work():
        return consultations.record(
            reference=opened["case"],
            given=Consulted(**values),
            answers=answers or RecordAnswers(),
            version=version,
            by=opened["author"],
            corrects=corrects,
            once=once,
        )


def test_one_page_records_the_call_and_books_the_session(opened, client) -> None:
    sign_in(client, opened["adviser"])
    form = client.soup(path_of(opened))
    assert form.find("input", {"name": "with_name"})["value"] == "Casey Contact"
    assert "Say:" in form.get_text()
    shown = client.submit(
        path_of(opened),
        session_data(
            business="A bakery with two shops",
            headcount="26",
            part_time_headcount="12",
            iip_status="not_accredited",
            training_answer="no",
            challenges=["recruiting", "hours"],
            challenges_text="Nobody wants\nSaturdays",
            tried="Adverts in the window",
            wants=["training", "peers"],
            shares_outcomes="yes",
            next_kind="video",
        ),
    ).get_data(as_text=True)
    for words in (
        "The consultation is recorded",
        "A bakery with two shops",
        "Hard to fill vacancies",
        "Nobody wants\nSaturdays",
        "Meeting employers who have done it",
        "26 people, 12 of them part-time",
        "<strong>Hard to reach:</strong> not accredited by Investors in People",
        "Record the in-depth session",
    ):
        assert words in shown
    case = case_now(opened)
    assert (case.stage, case.contact_count) == ("consultation", 1)
    assert (case.next_kind, case.next_what) == ("video", "In-depth session")
    assert case.next_due_on == today() + timedelta(days=7)
    profile = employers.employer_profile(opened["employer"])
    assert (profile.headcount, profile.headcount_on) == (26, today())
    assert profile.iip_evidence == "Said by Casey Contact in the phone consultation"
    assert profile.hard_to_reach(today()).status == "yes"
    kept = rows()[0]
    assert kept.shares_outcomes is True
    assert kept.wants == ["training", "peers"]
    line = current_session().scalar(
        select(TimelineEntry).where(TimelineEntry.subject == f"consultation:{kept.reference}")
    )
    assert line.kind == "contact"
    assert "Hard to fill vacancies" in line.text
    done = current_session().scalars(select(NextAction.state).order_by(NextAction.id))
    assert list(done) == ["done", "open"]


def test_what_was_not_answered_stays_as_it_was(opened, client) -> None:
    sign_in(client, opened["adviser"])
    client.submit(path_of(opened), session_data())
    profile = employers.employer_profile(opened["employer"])
    assert (profile.headcount, profile.part_time_headcount) == (24, 10)
    assert profile.headcount_on == date(2026, 11, 1)
    assert profile.iip_status is None
    changes = current_session().scalar(
        select(func.count(EmployerChange.id)).where(
            EmployerChange.employer_id == opened["employer_id"]
        )
    )
    assert changes == 0
    assert rows()[0].shares_outcomes is None


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"with_name": ""}, "Enter who you spoke to"),
        ({"minutes": "1441"}, "1,440 or fewer"),
        ({"next_step": ""}, "Choose what happens next"),
        ({"next_on-day": "", "next_on-month": "", "next_on-year": ""}, "Enter the day of the in-"),
        (day_fields("next_on", date(2020, 1, 2)), "The day must be today or later"),
        (day_fields("held_on", date(2099, 1, 2)), "or earlier"),
        ({"next_step": "no"}, "Say why they do not want to go on"),
        ({"next_step": "signpost"}, "Say where you pointed them to"),
        ({"part_time_headcount": "3"}, "Enter the number of all people as well"),
        ({"headcount": "30"}, "the record says 10"),
        ({"headcount": "3", "part_time_headcount": "9"}, "cannot be more than all 3"),
        ({"challenges": ["moon"]}, "Choose one of the options"),
    ],
)
def test_a_mistake_keeps_what_was_typed_and_writes_nothing(opened, client, changes, says) -> None:
    sign_in(client, opened["adviser"])
    shown = client.submit(path_of(opened), session_data(tried="Kept words", **changes)).get_data(
        as_text=True
    )
    assert says in shown
    assert "There is a problem" in shown
    assert "Kept words" in shown
    assert rows() == []
    assert case_now(opened).contact_count == 0
    assert case_now(opened).next_what == "First call"


def test_one_refusal_undoes_all_of_it(opened) -> None:
    # The staff numbers are fine and would be saved; the answer about training is not.
    refused = record(
        opened,
        answers=RecordAnswers(
            headcount=50,
            part_time_headcount=20,
            iip_status="accredited",
            training_answer="maybe",
        ),
    )
    assert isinstance(refused, Err)
    assert refused.problem.code == "bad_training_answer"
    profile = employers.employer_profile(opened["employer"])
    assert (profile.headcount, profile.iip_status, profile.version) == (24, None, 1)
    assert rows() == []


def test_an_answer_somebody_else_gave_meanwhile_is_shown(opened, client) -> None:
    sign_in(client, opened["adviser"])
    page = client.soup(path_of(opened))
    hidden = {tag["name"]: tag["value"] for tag in page.find("main").select("input[type=hidden]")}
    with unit_of_work():
        records.update_staff_numbers(
            reference=opened["employer"],
            version=1,
            staff=StaffNumbers(31, 15, today()),
            by=None,
        )
    data = {
        **hidden,
        **day_fields("held_on", today()),
        **session_data(headcount="26", part_time_headcount="12", minutes="20", with_name="Casey"),
    }
    clash = client.post(path_of(opened), data=data).get_data(as_text=True)
    assert "Changed while you were editing" in clash
    assert "<strong>31</strong>" in clash
    assert 'value="26"' in clash
    assert rows() == []
    again = client.post(path_of(opened), data={**data, "version": "2"}, follow_redirects=True)
    assert "The consultation is recorded" in again.get_data(as_text=True)
    assert employers.employer_profile(opened["employer"]).headcount == 26


def test_an_older_call_never_replaces_a_newer_answer(opened) -> None:
    refused = record(
        opened,
        held_on=date(2026, 10, 1),
        answers=RecordAnswers(headcount=9, part_time_headcount=3),
    )
    assert isinstance(refused, Err)
    assert "newer staff numbers (1 November 2026)" in refused.problem.message
    assert employers.employer_profile(opened["employer"]).headcount == 24


def test_the_same_form_sent_twice_is_one_call(opened) -> None:
    first, second = (record(opened, once="a" * 32) for _ in range(2))
    assert isinstance(first, Ok)
    assert isinstance(second, Ok)
    assert second.value.id == first.value.id
    assert case_now(opened).contact_count == 1


def test_thinking_waits_for_the_employer_or_rings_back(opened) -> None:
    record(opened, next_step="think", next_on=None)
    case = case_now(opened)
    assert case.waiting_for == "Their decision whether to go on"
    assert case.next_what is None
    record(opened, next_step="think", next_on=today() + timedelta(days=2))
    case = case_now(opened)
    assert (case.waiting_for, case.next_kind) == ("", "call")


def test_a_correction_is_another_record_and_no_second_contact(opened, client) -> None:
    first = record(opened, tried="Advrts")
    assert isinstance(first, Ok)
    reference = first.value.reference
    sign_in(client, opened["adviser"])
    path = f"{path_of(opened)}?corrects={reference}"
    form = client.soup(path)
    assert "Advrts" in form.find("textarea", {"name": "tried"}).get_text()
    shown = client.submit(path, {"tried": "Adverts"}).get_data(as_text=True)
    assert "It corrects" in shown
    old, new = rows()
    assert (old.tried, new.tried, new.corrects_id) == ("Advrts", "Adverts", old.id)
    case = case_now(opened)
    assert (case.contact_count, case.next_what) == (1, "In-depth session")
    page = client.soup(f"{path_of(opened)}/{reference}").get_text()
    assert "A later record corrects this one" in page
    titles = set(current_session().scalars(select(TimelineEntry.title)))
    assert any(title.endswith("corrected") for title in titles)


def test_a_consultation_of_another_case_cannot_be_corrected(opened) -> None:
    with unit_of_work():
        other = make_case(opened["provider"])
        elsewhere = {**opened, "case": other.reference}
    first = record(opened)
    assert isinstance(first, Ok)
    refused = record(elsewhere, corrects=first.value.reference)
    assert isinstance(refused, Err)
    assert refused.problem.code == "nothing_to_correct"


def test_a_closed_case_takes_no_consultation(opened, client) -> None:
    with unit_of_work():
        cases.close_case(
            reference=opened["case"],
            reason="no_contact",
            note="",
            revision=case_now(opened).revision,
            by=opened["author"],
        )
    sign_in(client, opened["adviser"])
    shown = client.submit(path_of(opened), session_data(tried="Kept")).get_data(as_text=True)
    assert "This case is closed. Reopen it first" in shown
    assert "Kept" in shown
    assert rows() == []


def test_only_the_own_provider_writes_and_the_lep_reads(opened, client) -> None:
    kept = record(opened)
    assert isinstance(kept, Ok)
    shown = f"{path_of(opened)}/{kept.value.reference}"
    with unit_of_work():
        stranger, officer = make_provider().adviser, make_lep_officer()
    assert client.get(shown).status_code == 302
    sign_in(client, stranger)
    assert client.get(shown).status_code == 404
    assert client.get(path_of(opened)).status_code == 404
    sign_in(client, officer)
    assert "Correct this record" not in client.soup(shown).get_text()
    assert client.get(path_of(opened)).status_code == 403
    sign_in(client, opened["adviser"])
    assert client.get(f"{path_of(opened)}/7ZZZZZZZZZ").status_code == 404


def test_the_case_page_says_what_is_done(opened, client) -> None:
    sign_in(client, opened["adviser"])
    before = client.soup(f"/cases/{opened['case']}")
    assert before.find("a", href=path_of(opened)) is not None
    kept = record(opened)
    assert isinstance(kept, Ok)
    after = client.soup(f"/cases/{opened['case']}")
    assert after.find("a", href=f"{path_of(opened)}/{kept.value.reference}") is not None
    assert current_session().scalar(select(Case.stage)) == "consultation"
