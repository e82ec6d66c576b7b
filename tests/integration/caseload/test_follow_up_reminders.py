"""The mail of the day, and word to the employer before a follow-up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from portal.caseload.models import AdviserPreferences, Confirmation, DiagnosticSession, FollowUp
from portal.caseload.service import cases, reminders
from portal.db import current_session, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.employers.models import Employer
from portal.integrations.jobs import run_daily
from portal.integrations.mail import recent_messages
from portal.kernel import clock
from portal.kernel.result import Ok
from tests.factories.accounts import make_user, sign_in
from tests.factories.action_plans import make_party, make_plan
from tests.factories.caseload import (
    make_case,
    make_lep_officer,
    make_provider,
    make_referral,
    make_source,
    make_staff,
)
from tests.factories.employers import make_employer

# A Thursday; Friday the 3rd is Good Friday, Monday the 6th a bank holiday.
MORNING = datetime(2026, 4, 2, 5, 0, tzinfo=UTC)
DAY = date(2026, 4, 2)


@pytest.fixture
def morning(app) -> Iterator[None]:
    with clock.freeze(MORNING):
        yield


@pytest.fixture
def provider(morning):
    with unit_of_work():
        return make_provider()


def mails(kind: str) -> list[dict]:
    rows = current_session().scalars(
        select(OutboxEntry)
        .where(OutboxEntry.unique_key.startswith(f"caseload.{kind}:"))
        .order_by(OutboxEntry.id)
    )
    return [row.payload for row in rows]


def case_of(provider, name: str, **changes):
    return make_case(provider, make_employer(name=name), **changes)


def act(case, provider, what: str, day: date) -> None:
    with clock.freeze(MORNING - timedelta(days=30)):
        made = cases.set_next_action(
            case=case, kind="call", what=what, due_on=day, by=provider.author
        )
    assert isinstance(made, Ok), made


def session_asked(case, provider, state: str, due_on: date, words: str = "") -> None:
    session = current_session()
    held = DiagnosticSession(
        case_id=case.id, held_on=DAY, minutes=90, mode="video", by_name=provider.adviser.name
    )
    session.add(held)
    session.flush()
    session.add(
        Confirmation(
            session_id=held.id,
            employer_id=case.employer_id,
            case_id=case.id,
            to_name="Casey",
            to_email="casey@example.org",
            token_hash=f"{case.reference:0>64}",
            due_on=due_on,
            state=state,
            answered_at=None if state == "awaiting" else clock.utc_now(),
            words=words,
        )
    )
    session.flush()


def test_one_mail_lists_what_is_due(provider) -> None:
    with unit_of_work() as session:
        act(case_of(provider, "Overdue Ltd"), provider, "Ring about rotas", DAY - timedelta(days=3))
        act(case_of(provider, "Today Ltd"), provider, "Visit the kitchen", DAY)
        act(case_of(provider, "Tomorrow Ltd"), provider, "Later", DAY + timedelta(days=1))
        for name, due in (
            ("Late Ltd", DAY - timedelta(days=1)),
            ("Soon Ltd", DAY + timedelta(days=7)),
            ("Far Ltd", DAY + timedelta(days=8)),
        ):
            case = case_of(provider, name)
            session.add(FollowUp(case_id=case.id, months=6, due_on=due))
        session_asked(
            case_of(provider, "Silent Ltd"), provider, "awaiting", DAY - timedelta(days=1)
        )
        session_asked(case_of(provider, "Asked Ltd"), provider, "awaiting", DAY)
        session_asked(
            case_of(provider, "Angry Ltd"), provider, "disputed", DAY, "It was an hour, not two"
        )
        source = make_source()
        # Two working days are left until Wednesday 8 April: Tuesday and Wednesday.
        for name, expires in (
            ("Expiring Ltd", date(2026, 4, 8)),
            ("Waiting Ltd", date(2026, 4, 9)),
            ("Expired Ltd", date(2026, 4, 1)),
        ):
            make_referral(
                source,
                employer_name=name,
                organisation_id=provider.organisation.id,
                expires_on=expires,
            )
    assert reminders.tell_advisers() == 1
    (mail,) = mails("day")
    assert mail["to"] == provider.adviser.email
    assert mail["subject"] == "7 things to do: 2 April"
    text = mail["text"]
    for told in (
        "OVERDUE (1)\n- Overdue Ltd: Ring about rotas, due 30 March\n",
        "TODAY (1)\n- Today Ltd: Visit the kitchen\n",
        "LATE FOLLOW-UPS (1)\n- Late Ltd: 6-month follow-up, due 1 April\n",
        "FOLLOW-UPS IN THE NEXT 7 DAYS (1)\n- Soon Ltd: 6-month follow-up, due 9 April\n",
        "REFERRALS THAT EXPIRE SOON (1)\n- Expiring Ltd: accept or decline by 8 April\n",
        "- Angry Ltd: the in-depth session: “It was an hour, not two”\n",
        "- Silent Ltd: the in-depth session, by 1 April\n",
    ):
        assert told in text
    for name in ("Tomorrow", "Far Ltd", "Asked", "Waiting", "Expired"):
        assert name not in text
    assert "/mail-settings" in text
    assert "Visit the kitchen" in mail["html"]


def test_never_twice_a_day_and_again_the_next(provider) -> None:
    with unit_of_work():
        act(case_of(provider, "Overdue Ltd"), provider, "Ring", DAY - timedelta(days=1))
    reminders.remind()
    with clock.freeze(MORNING + timedelta(hours=8)):
        reminders.remind()
    assert len(mails("day")) == 1
    with clock.freeze(MORNING + timedelta(days=1)):
        reminders.remind()
    assert len(mails("day")) == 2


def test_the_day_is_londons_when_the_clocks_change(provider) -> None:
    # 00:30 on 29 March in London, and 23:30 UTC in summer, which is the next day there.
    for instant, day in (
        (datetime(2026, 3, 29, 0, 30, tzinfo=UTC), date(2026, 3, 29)),
        (datetime(2026, 3, 29, 23, 30, tzinfo=UTC), date(2026, 3, 30)),
    ):
        with unit_of_work():
            act(case_of(provider, f"Due {day}"), provider, f"Ring on {day}", day)
        with clock.freeze(instant):
            reminders.remind()
        assert f"- Due {day}: Ring on {day}\n" in mails("day")[-1]["text"].partition("TODAY")[2]
    assert len(mails("day")) == 2


def test_nothing_to_do_is_no_mail_and_managers_get_none(provider) -> None:
    with unit_of_work():
        make_lep_officer()
        gone = make_staff(provider.organisation, name="Gone Adviser")
        both = make_staff(provider.organisation, "adviser", "provider_manager", name="Both Roles")
        for user in (provider.manager, gone, both):
            case = case_of(provider, f"Of {user.name}", adviser_id=user.id)
            act(case, provider, "Ring", DAY)
        gone.active = False
        closed = case_of(provider, "Closed Ltd")
        act(closed, provider, "Ring", DAY)
        cases.close_case(
            reference=closed.reference,
            reason="no_contact",
            note="",
            revision=closed.revision,
            by=provider.author,
        )
    assert reminders.tell_advisers() == 1
    assert [mail["to"] for mail in mails("day")] == [both.email]


def test_an_adviser_switches_the_mail_off_and_on(client, provider) -> None:
    with unit_of_work():
        act(case_of(provider, "Today Ltd"), provider, "Ring", DAY)
    with clock.freeze(datetime.now(UTC)):
        sign_in(client, provider.adviser)
        assert client.soup("/mail-settings").find("input", {"value": "yes", "checked": True})
        client.submit("/mail-settings", {"daily_mail": "no"})
        assert client.soup("/mail-settings").find("input", {"value": "no", "checked": True})
    assert reminders.tell_advisers() == 0
    with clock.freeze(datetime.now(UTC)):
        client.submit("/mail-settings", {"daily_mail": "yes"})
    assert reminders.tell_advisers() == 1
    rows = current_session().scalars(select(AdviserPreferences)).all()
    assert [(row.user_id, row.daily_mail) for row in rows] == [(provider.adviser.id, True)]


def test_the_settings_are_for_advisers(client, app) -> None:
    with unit_of_work():
        provider, visitor = make_provider(), make_user()
    for user in (provider.manager, visitor):
        sign_in(client, user)
        assert client.get("/mail-settings").status_code == 403


def test_a_long_list_is_cut_and_counted(provider) -> None:
    with unit_of_work():
        for number in range(reminders.MOST_LINES + 3):
            act(case_of(provider, f"Employer {number}"), provider, "Ring", DAY)
    reminders.tell_advisers()
    (mail,) = mails("day")
    assert "TODAY (18)" in mail["text"]
    assert mail["text"].count("- Employer") == reminders.MOST_LINES
    assert "- and 3 more" in mail["text"]


# --- Employers -------------------------------------------------------------------------------


def planned(provider, due: date, *, employer=None, **changes):
    values = {"contact_name": "Casey Contact", "contact_email": "casey@example.org", **changes}
    case = make_case(provider, employer, **values)
    current_session().add(FollowUp(case_id=case.id, months=3, due_on=due))
    current_session().flush()
    return case


def test_the_employer_is_told_once_a_week_before(provider, run_jobs) -> None:
    party = make_party()
    make_plan(party, count=2)
    with unit_of_work() as session:
        employer = session.scalar(select(Employer).where(Employer.reference == party.employer))
        planned(provider, DAY + timedelta(days=7), employer=employer)
    assert reminders.tell_employers() == 1
    assert reminders.tell_employers() == 0
    with clock.freeze(MORNING + timedelta(days=1)):
        assert reminders.tell_employers() == 0
    (mail,) = mails("follow_up")
    assert mail["to"] == "casey@example.org"
    assert "Thursday 9 April" in mail["subject"]
    for part in (mail["text"], mail["html"]):
        assert provider.adviser.name in part
        assert provider.adviser.email in part
        assert str(party.recommendations[0]["title"])[:20] in part
        assert "a few figures" not in part
    assert current_session().scalar(select(FollowUp.reminded_on)) == DAY
    run_jobs()
    assert recent_messages(recipient="casey@example.org")


@pytest.mark.parametrize(
    ("days", "changes"),
    [(8, {}), (0, {}), (-3, {}), (5, {"contact_email": ""})],
)
def test_who_is_not_told(provider, days, changes) -> None:
    with unit_of_work():
        planned(provider, DAY + timedelta(days=days), **changes)
    assert reminders.tell_employers() == 0


def test_a_closed_case_and_one_that_was_done_early_are_left_alone(provider) -> None:
    with unit_of_work() as session:
        case = planned(provider, DAY + timedelta(days=5))
        cases.close_case(
            reference=case.reference,
            reason="no_contact",
            note="",
            revision=case.revision,
            by=provider.author,
        )
        done = planned(provider, DAY + timedelta(days=5))
        row = session.scalar(select(FollowUp).where(FollowUp.case_id == done.id))
        row.state, row.done_on = "done", DAY
    assert reminders.tell_employers() == 0


def test_it_runs_with_what_is_done_daily(provider) -> None:
    with unit_of_work():
        act(case_of(provider, "Today Ltd"), provider, "Ring", DAY)
    assert "caseload.reminders" not in run_daily()
    assert len(mails("day")) == 1
