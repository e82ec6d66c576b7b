"""The team's figures, cases that change hands, leavers, and who is invited by whom."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal.accounts import service as accounts
from portal.accounts.models import User
from portal.caseload.models import (
    Assignment,
    Attendance,
    Case,
    Confirmation,
    Delivery,
    DiagnosticSession,
    Interaction,
)
from portal.caseload.queries import team as queries
from portal.caseload.rules.stages import Milestone
from portal.caseload.rules.team import Pick, added_up
from portal.caseload.service import assigning, cases
from portal.db import current_session, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.db.session import PortalSession
from portal.employers.models import TimelineEntry
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.result import Err, Ok
from portal.programme.models import StaffPost
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import (
    Provider,
    author_of,
    make_case,
    make_lep_officer,
    make_provider,
    make_referral,
    make_source,
    make_staff,
)
from tests.factories.employers import make_employer
from tests.support.client import PortalClient


@pytest.fixture
def provider(app) -> Provider:
    with unit_of_work():
        return make_provider()


@pytest.fixture
def boss(client: PortalClient, provider: Provider) -> PortalClient:
    sign_in(client, provider.manager)
    return client


def work_on(case: Case, provider: Provider, *, by: int, number: int) -> None:
    """Contacts, a session, a delivery and an overdue question, done by somebody."""
    session = current_session()
    for days in (1, 29, 31):
        session.add(
            Interaction(
                case_id=case.id,
                kind="call",
                reached=True,
                minutes=number,
                at=utc_now() - timedelta(days=days),
                by=by,
                by_name="A",
            )
        )
    session.add(
        Interaction(case_id=case.id, kind="note", reached=False, minutes=5, by=by, by_name="A")
    )
    held = DiagnosticSession(
        case_id=case.id, held_on=today(), minutes=90, mode="video", by=by, by_name="A"
    )
    delivery = Delivery(
        organisation_id=provider.organisation.id,
        kind="workshop",
        design="bespoke",
        title="Rotas",
        delivered_on=today(),
        minutes=60,
        mode="online",
        trainer="Example",
        funding="fully_funded",
        by=by,
        by_name="A",
    )
    session.add_all([held, delivery])
    session.flush()
    attendance = Attendance(
        delivery_id=delivery.id,
        employer_id=case.employer_id,
        case_id=case.id,
        attended=3,
        sector="retail",
    )
    session.add(attendance)
    session.add(
        Confirmation(
            session_id=held.id,
            employer_id=case.employer_id,
            case_id=case.id,
            to_name="Example",
            to_email="x@example.org",
            token_hash=token_hash(new_token()),
            due_on=today() - timedelta(days=1),
        )
    )
    session.flush()


def busy(provider: Provider) -> tuple[Case, Case, Case]:
    """One case with everything late, one fresh, one that nobody has."""
    late = make_case(provider, opened_at=utc_now() - timedelta(days=90))
    fresh = make_case(provider)
    nobody = make_case(provider, adviser_id=None)
    done = cases.set_next_action(
        case=late, kind="call", what="Ring", due_on=today(), by=provider.author
    )
    assert isinstance(done, Ok)
    done.value.due_on = today() - timedelta(days=3)
    cases.note_milestone(
        case=fresh, kind=Milestone.CONSULTATION, subject="consultation:X", by=provider.author
    )
    work_on(late, provider, by=provider.adviser.id, number=40)
    work_on(fresh, provider, by=provider.manager.id, number=10)
    closed = make_case(provider)
    cases.close_case(
        reference=closed.reference,
        reason="no_contact",
        note="",
        revision=closed.revision,
        by=provider.author,
    )
    return late, fresh, nobody


def test_figures_by_person_add_up(session: PortalSession, provider: Provider) -> None:
    with unit_of_work():
        busy(provider)
        other = make_provider()
        make_case(other)
    rows = queries.workload([provider.organisation.id], today=today(), now=utc_now(), quiet_days=30)
    found = {row.user_id: row.load for row in rows}
    mine = found[provider.adviser.id]
    assert (mine.open, mine.overdue, mine.no_next, mine.quiet) == (2, 1, 1, 1)
    assert {stage.value: n for stage, n in mine.stages.items()} == {
        "referral": 1,
        "consultation": 1,
    }
    # Notes take time and are no contacts; what is older than 30 days does not count.
    assert (mine.contacts, mine.minutes, mine.sessions, mine.deliveries) == (2, 85, 1, 1)
    assert mine.unconfirmed == 2
    manager = found[provider.manager.id]
    assert (manager.open, manager.contacts, manager.minutes) == (0, 2, 25)
    assert found[None].open == 1
    assert rows[-1].name == "Nobody"
    everybody = queries.workload(None, today=today(), now=utc_now(), quiet_days=30)
    assert added_up(row.load for row in everybody).open == 4
    assert other.adviser.id in {row.user_id for row in everybody}


def test_the_page_takes_so_many_statements_whatever_it_shows(boss, provider) -> None:
    boss.get("/team")
    few = len(boss.statements)
    with unit_of_work():
        for _ in range(3):
            make_staff(provider.organisation)
        for _ in range(5):
            busy(provider)
    soup = boss.soup("/team")
    assert len(boss.statements) == few
    figures = {
        link["href"]: link.get_text() for link in soup.select("main table a[href*='/cases?']")
    }
    own = f"adviser={provider.adviser.id}"
    late = next(href for href in figures if own in href and "view=overdue" in href)
    assert figures[late].startswith("5 ")
    # The number leads to as many cases.
    assert "5 cases" in boss.soup(late).get_text()
    nobody = next(href for href in figures if "adviser=none" in href and "view" not in href)
    assert "5 cases" in boss.soup(nobody).get_text()
    total = next(
        href
        for href in figures
        if "adviser=all" in href and "view" not in href and "stage" not in href
    )
    assert "15 cases" in boss.soup(total).get_text()


def test_figures_to_take_away(boss, provider) -> None:
    with unit_of_work():
        provider.adviser.name = "=1+1"
        busy(provider)
    rows = list(csv.reader(io.StringIO(boss.get("/team/export.csv").data.decode("utf-8-sig"))))
    assert rows[0][2] == "Open cases"
    assert "'=1+1" in {row[1] for row in rows}
    assert int(rows[-1][2]) == sum(int(row[2]) for row in rows[1:-1]) == 3


def test_lep_staff_see_every_provider_and_change_nothing(client: PortalClient, provider) -> None:
    with unit_of_work():
        busy(provider)
        other = make_provider()
        make_case(other)
        sign_in(client, make_lep_officer())
    page = client.soup("/team").get_text()
    assert provider.organisation.name in page
    assert other.organisation.name in page
    one = client.soup(f"/team?provider={other.organisation.id}")
    assert (
        provider.organisation.name
        not in one.find("table").find_parent("main").find("h2", string=True).get_text()
    )
    assert "Reassign" not in page
    assert client.get("/team/reassign").status_code == 403
    assert client.get(f"/team/{provider.adviser.id}/leave").status_code == 403
    assert client.get("/team/invite").status_code == 403
    with unit_of_work():
        sign_in(client, provider.adviser)
    assert client.get("/team").status_code == 403


def test_conversion_by_source(boss, provider) -> None:
    with unit_of_work():
        good, poor = make_source(name="Good Source"), make_source("event", name="Poor Source")
        for day in (3, 5):
            employer = make_employer()
            case = make_case(provider, employer)
            cases.note_milestone(
                case=case, kind=Milestone.CONSULTATION, subject="c:X", by=provider.author
            )
            referral = make_referral(
                good, organisation_id=provider.organisation.id, employer_id=employer.id
            )
            referral.received_at = utc_now() - timedelta(days=day)
            referral.decided_at, referral.case_id = utc_now(), case.id
            referral.status = "accepted"
        make_referral(
            poor,
            organisation_id=provider.organisation.id,
            status="declined",
            decline_reason="no_capacity",
            decided_at=utc_now(),
        )
        make_referral(poor, organisation_id=provider.organisation.id)
        make_referral(poor)
    boss.get("/team/sources")
    many = len(boss.statements)
    soup = boss.soup("/team/sources")
    rows = [
        [cell.get_text(" ", strip=True) for cell in row.find_all(["th", "td"])]
        for row in soup.select("table tbody tr")
    ]
    assert rows[0][:3] == ["Good Source Chamber of Commerce", "2", "2 after 4 days"]
    assert rows[0][6].startswith("100% (2 of 2)")
    assert rows[1][1:6] == ["2", "0", "1", "0", "1"]
    assert rows[1][6] == "None yet"
    assert rows[2][1] == "4"
    assert "No adviser has time: 1" in soup.get_text()
    with unit_of_work():
        make_referral(poor, organisation_id=provider.organisation.id)
    boss.get("/team/sources")
    assert len(boss.statements) == many
    assert (
        "Good Source" not in boss.soup(f"/team/sources?source={poor.id}").find("tbody").get_text()
    )
    assert "No referrals" in boss.soup("/team/sources?from=2020-01&to=2020-02&kind=champion").text
    exported = boss.get("/team/sources.csv?kind=event").data.decode("utf-8-sig")
    assert exported.splitlines()[1].startswith("Poor Source,Event,3,0,1,0,2")


def outgoing(session: PortalSession) -> list[dict]:
    return [
        entry.payload
        for entry in session.scalars(select(OutboxEntry).order_by(OutboxEntry.id))
        if entry.kind == "mail.send"
    ]


def test_cases_change_hands_with_one_mail_each(boss, provider, session) -> None:
    with unit_of_work():
        held = [make_case(provider) for _ in range(3)]
        taker = make_staff(provider.organisation, name="Tara Taker")
        left = held[2].reference
        values = [Pick(case.reference, provider.adviser.id).value for case in held[:2]]
    path = f"/team/reassign?adviser={provider.adviser.id}"
    silent = boss.submit(path, {"cases": values, "to": str(taker.id), "reason": ""})
    assert "Say why the cases change hands" in silent.get_data(as_text=True)
    assert silent.get_data(as_text=True).count("checked") == 2
    answer = boss.submit(path, {"cases": values, "to": str(taker.id), "reason": "Closer to them"})
    assert "2 cases are with Tara Taker now" in answer.get_data(as_text=True)
    holders = dict(session.execute(select(Case.reference, Case.adviser_id)).all())
    assert [holders[case.reference] for case in held[:2]] == [taker.id, taker.id]
    assert holders[left] == provider.adviser.id
    kept = session.scalars(select(Assignment)).all()
    assert {(row.from_id, row.to_id, row.reason) for row in kept} == {
        (provider.adviser.id, taker.id, "Closer to them")
    }
    lines = session.scalars(
        select(TimelineEntry.title).where(TimelineEntry.title.startswith("Adviser:"))
    ).all()
    assert lines == ["Adviser: Example Adviser → Tara Taker"] * 2
    mails = outgoing(session)
    assert [(mail["to"], mail["subject"]) for mail in mails] == [
        (taker.email, "2 cases are now yours"),
        (provider.adviser.email, "2 cases moved to a colleague"),
    ]
    for case in held[:2]:
        assert case.reference in mails[0]["text"]
    assert left not in mails[0]["text"]


def test_all_of_a_list_can_be_given_at_once(boss, provider, session) -> None:
    with unit_of_work():
        for _ in range(52):
            make_case(provider)
        taker = make_staff(provider.organisation, name="Tara Taker")
    path = f"/team/reassign?adviser={provider.adviser.id}"
    soup = boss.soup(path)
    assert len(soup.select("input[name=cases]")) == 50
    assert boss.soup(f"{path}&page=2").select("input[name=cases]")
    stale = boss.submit(path, {"every": "all", "count": "51", "to": str(taker.id), "reason": "x"})
    assert "The list changed" in stale.get_data(as_text=True)
    answer = boss.submit(path, {"every": "all", "to": str(taker.id), "reason": "Leaves"})
    assert "52 cases are with" in answer.get_data(as_text=True)
    assert set(session.scalars(select(Case.adviser_id))) == {taker.id}


def test_a_stale_choice_moves_nothing_and_says_why(boss, provider, session) -> None:
    with unit_of_work():
        moved, closed, same = (make_case(provider) for _ in range(3))
        names = [case.reference for case in (moved, closed, same)]
        taker = make_staff(provider.organisation, name="Tara Taker")
        other = make_staff(provider.organisation, name="Otto Other")
        values = [Pick(name, provider.adviser.id).value for name in names]
        moved.adviser_id = other.id
        cases.close_case(
            reference=closed.reference,
            reason="no_contact",
            note="",
            revision=closed.revision,
            by=provider.author,
        )
    answer = boss.submit("/team/reassign", {"cases": values, "to": str(taker.id), "reason": "x"})
    page = answer.get_data(as_text=True)
    assert "Nothing was changed" in page
    assert "was closed" in page
    assert "is now with Otto Other" in page
    assert session.scalar(select(Assignment.id)) is None
    assert session.get(Case, same.id).adviser_id == provider.adviser.id


def test_cases_stay_with_the_provider(session: PortalSession, provider: Provider) -> None:
    with unit_of_work():
        other = make_provider()
        case, foreign = make_case(provider), make_case(other)
        gone = make_staff(provider.organisation)
        gone.active = False
        mine = Pick(case.reference, provider.adviser.id)
        theirs = Pick(foreign.reference, other.adviser.id)
        colleague = make_staff(provider.organisation)

    def give(picks, to) -> Ok | Err:
        with unit_of_work():
            return assigning.reassign(
                picks=picks,
                to_id=to,
                reason="Because",
                organisations={provider.organisation.id},
                by=author_of(provider.manager),
            )

    assert give([mine], other.adviser.id).problem.code == "not_a_colleague"
    assert give([mine], 999_999).problem.code == "not_a_colleague"
    assert give([mine], gone.id).problem.code == "not_active"
    assert give([mine, theirs], colleague.id).problem.code == "no_case"
    assert give([Pick("0000000000", None)], colleague.id).problem.code == "no_case"
    assert give([], colleague.id).problem.code == "nobody_chosen"
    assert give([mine], provider.adviser.id).problem.code == "has_them"
    assert isinstance(give([mine], colleague.id), Ok)


def test_nobody_leaves_with_open_cases(boss, provider, session, app) -> None:
    with unit_of_work():
        make_case(provider)
        taker = make_staff(provider.organisation, name="Tara Taker")
        email, leaver = provider.adviser.email, provider.adviser.id
    with unit_of_work():
        refused = accounts.close_account(user_id=leaver)
    assert isinstance(refused, Err)
    assert refused.problem.message == "Holds 1 open case: give it to somebody first"
    told = app.test_cli_runner().invoke(args=["accounts", "close", email])
    assert told.exit_code == 1
    assert "Holds 1 open case" in told.output
    path = f"/team/{leaver}/leave"
    page = boss.soup(path)
    assert "Close the account" not in page.get_text()
    assert boss.post(path, data={}).status_code in {400, 419}
    link = page.find("a", string=lambda text: text and "Reassign this case" in text)["href"]
    picks = boss.soup(link)
    assert picks.find("input", {"name": "cases"})
    value = picks.find("input", {"name": "cases"})["value"]
    back = boss.submit(link, {"cases": [value], "to": str(taker.id), "reason": "Leaves"})
    assert "Example Adviser is leaving" in back.get_data(as_text=True)
    done = boss.submit(path)
    assert "account is closed" in done.get_data(as_text=True)
    assert session.get(User, leaver).active is False
    assert "closed already" in boss.soup(path).get_text()
    told = app.test_cli_runner().invoke(args=["accounts", "close", taker.email])
    assert "Holds 1 open case" in told.output


def test_whose_account_a_manager_may_close(boss, provider, session) -> None:
    with unit_of_work():
        other = make_provider()
        both = make_staff(provider.organisation, "adviser", "lep_officer")
        shared = make_staff(provider.organisation)
        session.add(StaffPost(user_id=shared.id, organisation_id=other.organisation.id))
        keys = both.id, shared.id
    assert boss.get(f"/team/{other.adviser.id}/leave").status_code == 404
    assert boss.get("/team/999999/leave").status_code == 404
    for user, words in (
        (keys[0], "Ask the LEP"),
        (keys[1], "works for another organisation"),
        (provider.manager.id, "your own account"),
    ):
        page = boss.soup(f"/team/{user}/leave")
        assert words in page.get_text()
        assert page.find("main").find("form") is None
        with unit_of_work():
            refused = assigning.close_leaver(
                user_id=user,
                organisations={provider.organisation.id},
                by=author_of(provider.manager),
            )
        assert isinstance(refused, Err)


def test_a_manager_invites_advisers_and_the_lep_managers(boss, provider, session) -> None:
    answer = boss.submit("/team/invite", {"name": "New Adviser", "email": "new@example.org"})
    assert "New Adviser has an account" in answer.get_data(as_text=True)
    made = session.scalar(select(User).where(User.email == "new@example.org"))
    assert made.role_names == {"adviser"}
    post = session.scalar(select(StaffPost).where(StaffPost.user_id == made.id))
    assert post.organisation_id == provider.organisation.id
    assert outgoing(session)[-1]["to"] == "new@example.org"
    again = boss.submit("/team/invite", {"name": "New Adviser", "email": "New@example.org "})
    assert "There is an account with that address" in again.get_data(as_text=True)
    with unit_of_work():
        other = make_provider()
        sign_in(boss, make_user(roles=["lep_manager"]))
    boss.submit(
        "/team/invite",
        {
            "name": "New Manager",
            "email": "m@example.org",
            "organisation": str(other.organisation.id),
        },
    )
    manager = session.scalar(select(User).where(User.email == "m@example.org"))
    assert manager.role_names == {"provider_manager"}
    bad = boss.submit(
        "/team/invite", {"name": "X", "email": "x@example.org", "organisation": "999999"}
    )
    assert "There is a problem" in bad.get_data(as_text=True)
