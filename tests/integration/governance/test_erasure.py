"""Erasure on request: what goes, what stays with its reason, and the pages where it is done."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.models import Role, User, UserSession
from portal.caseload.models import Case
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer, Membership
from portal.governance.models.retention import ErasureRequest, LegalHold
from portal.governance.rules.erasure import due_on
from portal.governance.service import erasure as service
from portal.governance.service import holds, retention
from portal.governance.service.erasure import Asked
from portal.governance.service.erasure_preview import preview
from portal.kernel.clock import today, utc_now
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok
from portal.payments.models import Claim, Output
from portal.payments.service.proving import prove
from portal.reports.service import counting
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import make_case, make_lep_officer, make_provider
from tests.factories.employers import make_employer, make_membership
from tests.factories.paying import make_owed
from tests.support.client import PortalClient


def asked(kind: str, who: str) -> str:
    with unit_of_work():
        done = service.ask(Asked(kind, who, today()), by=PORTAL)
        assert isinstance(done, Ok), done
        return done.value.reference


def erased(reference: str) -> Any:
    """One manager proposes, another does it."""
    with unit_of_work() as session:
        known = list(
            session.scalars(select(User).join(User.roles).where(Role.name == "lep_manager"))
        )
        while len(known) < 2:
            known.append(make_lep_officer("lep_manager"))
        first, second = (Author(one.id, one.name) for one in known[:2])
    with unit_of_work():
        proposed = service.propose(reference=reference, by=first)
    if isinstance(proposed, Err) and proposed.problem.code != "proposed":
        return proposed
    with unit_of_work():
        return service.carry_out(reference=reference, words="", by=second)


@pytest.fixture
def person(app: Flask) -> User:
    with unit_of_work():
        user = make_user("erika@example.org", name="Erika Example")
        employer = make_employer(name="Example Bakery", owner_id=user.id)
        make_case(
            make_provider(),
            employer,
            contact_name="Erika Example",
            contact_email="Erika@example.org",
            contact_phone="0113 496 0000",
        )
    return user


def test_a_person_is_forgotten(person: User) -> None:
    key = person.id
    reference = asked("person", "erika@example.org")
    row = current_session().scalar(select(ErasureRequest))
    assert row is not None
    assert (row.subject, row.email) == (f"user:{key}", "")
    seen = preview(row)
    assert not seen.blocked
    assert {"users", "memberships", "cases"} <= seen.went.keys()
    assert isinstance(erased(reference), Ok)
    session = current_session()
    user = session.get_one(User, key)
    assert (user.name, user.password, user.active) == ("Name removed", None, False)
    assert user.email == f"removed-{key}@removed.invalid"
    assert session.scalars(select(Membership).where(Membership.user_id == key)).all() == []
    assert session.scalars(select(UserSession).where(UserSession.user_id == key)).all() == []
    case = session.scalar(select(Case))
    assert case is not None
    assert (case.contact_name, case.contact_phone) == ("Name removed", "Removed")
    again = erased(reference)
    assert isinstance(again, Err)
    assert again.problem.code == "ended"


def test_a_contact_without_an_account_is_forgotten(app: Flask) -> None:
    with unit_of_work():
        make_case(make_provider(), contact_name="Carl Example", contact_email="carl@example.org")
        make_case(make_provider(), contact_name="Dora Example", contact_email="dora@example.org")
    reference = asked("contact", "Carl@example.org")
    assert isinstance(erased(reference), Ok)
    names = current_session().scalars(select(Case.contact_name).order_by(Case.id)).all()
    assert names == ["Name removed", "Dora Example"]
    row = current_session().scalar(select(ErasureRequest))
    assert row is not None
    assert (row.state, row.email, row.went) == ("done", "", {"cases": 1})


def test_a_business_is_forgotten_and_its_money_is_whole(app: Flask) -> None:
    make_owed(app, lines=1)
    output = current_session().scalar(select(Output))
    assert output is not None
    employer = current_session().get_one(Employer, output.employer_id)
    key, name, frozen = employer.id, employer.name, output.employer_name
    reference = asked("employer", employer.reference)
    refused = erased(reference)
    assert isinstance(refused, Err)
    assert "case is open" in refused.problem.message
    assert "claimed and not paid" in refused.problem.message
    with unit_of_work() as session:
        session.execute(
            update(Case)
            .where(Case.employer_id == key)
            .values(stage="closed", closed_at=utc_now(), close_reason="completed")
        )
        session.execute(update(Claim).values(state="paid"))
    before = prove("command").fault
    row = current_session().scalar(select(ErasureRequest))
    assert row is not None
    assert {part.table for part in preview(row).staying} >= {"outputs", "confirmations"}
    assert all(part.why for part in preview(row).staying)
    assert isinstance(erased(reference), Ok)
    erased_row = current_session().get_one(Employer, key)
    assert name not in erased_row.name
    assert erased_row.company_number is None
    # What was paid for keeps whom it was paid for.
    assert current_session().scalar(select(Output.employer_name)) == frozen
    assert prove("command").fault == before
    assert counting.differences() == []


def test_a_hold_and_a_role_stand_in_the_way(person: User) -> None:
    reference = asked("person", "erika@example.org")
    with unit_of_work():
        wanted = holds.Wanted("person", "erika@example.org", "A claim", today() + timedelta(days=9))
        hold = holds.place(wanted, by=PORTAL)
        assert isinstance(hold, Ok)
    stopped = erased(reference)
    assert isinstance(stopped, Err)
    assert "legal hold" in stopped.problem.message
    with unit_of_work():
        assert isinstance(holds.lift(reference=hold.value.reference, reason="Over", by=PORTAL), Ok)
    assert isinstance(erased(reference), Ok)
    with unit_of_work():
        make_lep_officer().email = "officer@example.org"
    stopped = erased(asked("person", "officer@example.org"))
    assert isinstance(stopped, Err)
    assert "role in the team" in stopped.problem.message


def test_an_employers_hold_keeps_its_contact(app: Flask) -> None:
    with unit_of_work() as session:
        case = make_case(make_provider(), contact_email="carl@example.org")
        employer = session.get_one(Employer, case.employer_id)
        session.add(
            LegalHold(
                scope="employer",
                subject=f"employer:{employer.reference}",
                reason="A claim",
                review_on=today(),
                placed_name="Example Manager",
            )
        )
    assert isinstance(erased(asked("contact", "carl@example.org")), Err)


@pytest.mark.parametrize(
    ("day", "due"),
    [
        (date(2026, 1, 31), date(2026, 2, 28)),
        (date(2026, 12, 5), date(2027, 1, 5)),
        (date(2028, 1, 30), date(2028, 2, 29)),
    ],
)
def test_an_answer_is_due_in_a_month(day: date, due: date) -> None:
    assert due_on(day) == due


# Pages -------------------------------------------------------------------------------------------


@pytest.fixture
def manager(app: Flask, client: PortalClient) -> PortalClient:
    with unit_of_work():
        user = make_lep_officer("lep_manager")
    sign_in(client, user)
    return client


def test_a_request_is_written_down_looked_at_and_done(manager: PortalClient, person: User) -> None:
    manager.get("/governance/erasure")
    answer = manager.submit(
        "/governance/erasure/new", {"kind": "person", "who": "nobody@example.org"}
    )
    assert "There is no account with that address" in answer.text
    answer = manager.submit(
        "/governance/erasure/new", {"kind": "person", "who": "erika@example.org"}
    )
    page = answer.request.path
    assert "What must stay" in answer.text
    unsure = manager.submit(page, {}, form=f"{page}/propose")
    assert "Confirm that you have read it" in unsure.text
    alone = manager.submit(page, {"sure": "y"}, form=f"{page}/propose")
    assert "There is no second person who could do it" in alone.text
    with unit_of_work():
        second = make_lep_officer("lep_manager")
    sign_in(manager, second)
    done = manager.submit(page, {"sure": "y"}, form=f"{page}/erase")
    text = done.text
    assert "What went" in text
    assert "erika@example.org" not in text
    assert "Done" in manager.get("/governance/erasure").text


def test_a_request_is_refused_with_a_reason(manager: PortalClient, person: User) -> None:
    page = f"/governance/erasure/{asked('person', 'erika@example.org')}"
    assert "Say why" in manager.submit(page, {}, form=f"{page}/refuse").text
    manager.submit(page, {"words": "A court case"}, form=f"{page}/refuse")
    assert "A court case" in manager.get(page).text


def test_holds_and_periods_are_set_on_pages(manager: PortalClient) -> None:
    assert "It has not run yet" in manager.get("/governance/retention").text
    soon = today() + timedelta(days=30)
    day = {"review_on-day": soon.day, "review_on-month": soon.month, "review_on-year": soon.year}
    wanted = {"scope": "class", "subject": "no_such", "reason": "An audit", **day}
    answer = manager.submit("/governance/retention/holds/new", wanted)
    assert "There is no such class" in answer.text
    answer = manager.submit("/governance/retention/holds/new", {**wanted, "subject": "plans"})
    assert "The hold stands" in answer.text
    hold = current_session().scalar(select(LegalHold))
    assert hold is not None
    assert "An audit" in manager.get("/governance/retention").text
    manager.submit(f"/governance/retention/holds/{hold.reference}/lift", {"reason": "It is over"})
    assert "It is over" in manager.get("/governance/retention").text
    address = "/governance/retention/evidence_paid/period"
    assert "from 72 to 120" in manager.submit(address, {"months": "12"}).text
    assert "The period is changed" in manager.submit(address, {"months": "96"}).text
    assert retention.periods()["evidence_paid"] == 96
    retention.run("command")
    manager.get("/governance/retention")
    assert manager.get("/governance/retention/money/period").status_code == 404


def test_commands_say_what_goes_and_let_it_go(app: Flask) -> None:
    runner = app.test_cli_runner()
    planned = runner.invoke(args=["retention", "plan"])
    assert planned.exit_code == 0
    assert "People in closed cases: 24 months; 0 over" in planned.output
    assert '"case_people"' in runner.invoke(args=["retention", "plan", "--json"]).output
    assert "0 records went" in runner.invoke(args=["retention", "run"]).output


def test_a_membership_of_somebody_else_stays(person: User) -> None:
    with unit_of_work() as session:
        other = make_user()
        employer_id = session.scalar(select(Membership.employer_id))
        assert employer_id is not None
        make_membership(employer_id=employer_id, user_id=other.id)
        key = other.id
    erased(asked("person", "erika@example.org"))
    assert current_session().scalars(select(Membership.user_id)).all() == [key]
