"""What a person asks leads to the erasure, two people do it, and the person gets the answer."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from portal.accounts.models import User
from portal.caseload.models import Case
from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.db.outbox import OutboxEntry
from portal.employers.models import Employer
from portal.governance.models import RightsRequest, RightsStep
from portal.governance.models.retention import ErasureRequest
from portal.governance.service import erasure as service
from portal.governance.service import rights
from portal.governance.service.erasure import Asked
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import make_case, make_lep_officer, make_provider
from tests.factories.employers import make_employer
from tests.support.client import PortalClient

Enter = Callable[[User], PortalClient]


@pytest.fixture
def managers(app: Flask) -> list[User]:
    with unit_of_work():
        return [make_lep_officer("lep_manager"), make_lep_officer("lep_manager")]


@pytest.fixture
def enter(client: PortalClient) -> Enter:
    def as_user(user: User) -> PortalClient:
        sign_in(client, user)
        return client

    return as_user


@pytest.fixture
def erika(app: Flask) -> User:
    with unit_of_work():
        user = make_user("erika@example.org", name="Erika Example")
        employer = make_employer(name="Example Bakery", owner_id=user.id)
        make_case(make_provider(), employer, contact_email="erika@example.org")
    return user


def author(user: User) -> Author:
    return Author(user.id, user.name)


def asks(**changes: object) -> str:
    values = {
        "kind": "erasure",
        "channel": "letter",
        "name": "Erika Example",
        "email": "erika@example.org",
        "words": "Forget me",
        "by": Author(None, "Example Manager"),
        **changes,
    }
    with unit_of_work():
        return rights.receive(**values).value.reference  # type: ignore[arg-type, union-attr]


def mails(to: str) -> list[dict[str, str]]:
    rows = current_session().scalars(
        select(OutboxEntry.payload).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
    )
    return [row for row in rows if row["to"] == to]


def begun(request: str = "", who: str = "erika@example.org", kind: str = "person") -> str:
    with unit_of_work():
        done = service.ask(Asked(kind, who, today(), request), by=Author(None, "Example Manager"))
        assert isinstance(done, Ok), done
        return done.value.reference


def test_from_the_request_to_the_answer(enter: Enter, managers: list[User], erika: User) -> None:
    client = enter(erika)
    client.submit("/account/privacy/ask", {"kind": "erasure", "words": "Forget me, please"})
    request = current_session().scalars(select(RightsRequest)).one()
    page = f"/governance/requests/{request.reference}"
    client = enter(managers[0])
    way = client.soup(page).find("a", string=lambda text: text and "Go to the erasure" in text)
    form = client.soup(way["href"])
    assert form.find("input", {"name": "who"})["value"] == "erika@example.org"
    assert form.find("input", {"name": "kind", "value": "person"}).has_attr("checked")
    assert "Example Bakery" in form.get_text()
    answer = client.submit(way["href"], {})
    erasure = answer.request.path
    assert "Propose the erasure" in answer.text
    # Pressed twice, it is one erasure.
    assert client.submit(way["href"], {}).request.path == erasure
    proposed = client.submit(erasure, {"sure": "y"}, form=f"{erasure}/propose").text
    assert "Erase for good" not in proposed
    assert f"waits for {managers[1].name}" in " ".join(proposed.split())
    assert mails(managers[1].email)[-1]["subject"] == "An erasure waits for a second person"
    client = enter(managers[1])
    client.submit(erasure, {"sure": "y"}, form=f"{erasure}/erase")
    current_session().expire_all()
    request = current_session().scalars(select(RightsRequest)).one()
    assert (request.state, request.decided_name) == ("done", managers[1].name)
    assert "Erased: The account" in request.answer
    told = mails("erika@example.org")[-1]
    assert told["subject"] == "The answer to your request about your data"
    # What must stay stands in the answer with its reason: this very request is one of them.
    assert "This has to stay for now" in told["text"]
    assert "Limitation Act 1980, section 9" in told["text"]
    steps = current_session().scalars(select(RightsStep.what).order_by(RightsStep.id)).all()
    assert steps == ["received", "erasing", "erased", "done"]
    assert "done" in client.soup(page).find(id="erasure").find_next("ul").get_text()
    # The audit trail says who proposed and who did it.
    who = current_session().execute(
        select(AuditEntry.action, AuditEntry.actor_id).where(AuditEntry.action.like("erasure.%"))
    )
    assert {row.action: row.actor_id for row in who} == {
        "erasure.asked": managers[0].id,
        "erasure.proposed": managers[0].id,
        "erasure.done": managers[1].id,
    }


def test_nobody_erases_alone(managers: list[User], erika: User) -> None:
    reference = begun()
    first, second = map(author, managers)
    with unit_of_work():
        early = service.carry_out(reference=reference, words="", by=second)
        assert isinstance(early, Err)
        assert early.problem.code == "not_proposed"
        assert isinstance(service.propose(reference=reference, by=first), Ok)
    for alone in (first, Author(None, "Nobody"), author(erika)):
        with unit_of_work():
            refused = service.carry_out(reference=reference, words="", by=alone)
        assert isinstance(refused, Err)
        assert refused.problem.code == "not_alone"
    assert current_session().get_one(User, erika.id).name == "Erika Example"
    # The database would refuse it too.
    with pytest.raises(IntegrityError, match="two_people"), unit_of_work() as session:
        row = session.scalars(select(ErasureRequest)).one()
        row.state, row.ended_at, row.ended_by = "done", row.proposed_at, first.user_id
    with unit_of_work():
        assert isinstance(service.carry_out(reference=reference, words="", by=second), Ok)


def test_an_administrator_stands_in_for_the_second_manager(
    app: Flask, enter: Enter, erika: User
) -> None:
    with unit_of_work():
        manager = make_lep_officer("lep_manager")
    reference = begun()
    page = f"/governance/erasure/{reference}"
    assert "There is no second person yet" in enter(manager).get(page).text
    with unit_of_work():
        administrator = make_user("admin@example.org", roles=("administrator",))
    # Nothing is shown to an administrator before it is proposed.
    client = enter(administrator)
    assert client.get(page).status_code == 404
    assert reference not in client.get("/governance/erasure").text
    with unit_of_work():
        service.propose(reference=reference, by=author(manager))
    assert reference in client.get("/governance/erasure").text
    with unit_of_work():
        other = make_lep_officer("lep_manager")
    # With a second manager it is not an administrator's to do.
    assert "Erase for good" not in client.get(page).text
    with unit_of_work():
        current_session().get_one(User, other.id).active = False
    done = client.submit(page, {"sure": "y"}, form=f"{page}/erase")
    assert done.request.path == "/governance/erasure"
    assert current_session().scalar(select(ErasureRequest.state)) == "done"


def test_who_they_are_is_shown_first(managers: list[User], erika: User) -> None:
    request = asks()
    reference = begun(request)
    with unit_of_work():
        early = service.propose(reference=reference, by=author(managers[0]))
    assert isinstance(early, Err)
    assert "who they are" in early.problem.message
    with unit_of_work():
        rights.step(reference=request, what="identity_shown", words="", by=author(managers[0]))
        assert isinstance(service.propose(reference=reference, by=author(managers[0])), Ok)


def test_a_person_and_their_business_are_one_answer(managers: list[User], erika: User) -> None:
    first, second = map(author, managers)
    request = asks(channel="account", user_id=erika.id)
    employer = current_session().scalars(select(Employer.reference)).one()
    person, business = begun(request), begun(request, employer, "employer")
    with unit_of_work():
        service.propose(reference=person, by=first)
        service.carry_out(reference=person, words="", by=second)
    # The business is still looked at, so there is no answer yet.
    assert current_session().scalar(select(RightsRequest.state)) == "open"
    blocked = service.propose
    with unit_of_work():
        assert isinstance(blocked(reference=business, by=first), Err)
        service.refuse(reference=business, words="A case is open", by=second)
    row = current_session().scalars(select(RightsRequest)).one()
    assert row.state == "done"
    assert "Erased:" in row.answer
    assert "A case is open" in row.answer


def test_a_refusal_answers_with_the_way_to_complain(managers: list[User], erika: User) -> None:
    reference = begun(asks(channel="account", user_id=erika.id))
    with unit_of_work():
        service.refuse(reference=reference, words="A court case", by=author(managers[0]))
    assert current_session().scalar(select(RightsRequest.state)) == "refused"
    told = mails("erika@example.org")[-1]
    assert "A court case" in told["text"]
    assert "ico.org.uk" in told["text"]


def test_without_a_request_the_person_is_told_as_well(managers: list[User], app: Flask) -> None:
    with unit_of_work():
        make_case(make_provider(), contact_email="carl@example.org")
    reference = begun("", "carl@example.org", "contact")
    first, second = map(author, managers)
    with unit_of_work():
        service.propose(reference=reference, by=first)
        service.carry_out(reference=reference, words="", by=second)
    told = mails("carl@example.org")
    assert [one["subject"] for one in told] == ["What we have erased"]
    keys = current_session().scalars(select(OutboxEntry.unique_key)).all()
    assert not [key for key in keys if key and "@" in key]
    email = current_session().scalar(select(Case.contact_email))
    assert email is not None
    assert email.endswith("removed.invalid")


@pytest.mark.parametrize("state", ["done", "other"])
def test_only_an_open_request_for_erasure_leads_there(
    enter: Enter, managers: list[User], state: str
) -> None:
    request = asks(kind="rectification" if state == "other" else "erasure")
    client = enter(managers[0])
    if state == "done":
        with unit_of_work():
            rights.step(reference=request, what="done", words="Done", by=author(managers[0]))
    assert client.get(f"/governance/erasure/new?request={request}").status_code == 404
    with unit_of_work():
        asked = Asked("contact", "carl@example.org", today(), request)
        assert isinstance(service.ask(asked, by=author(managers[0])), Err)
