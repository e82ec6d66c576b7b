"""One business invites another: few mails, plain words, none after a no; who brought whom."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.employers.models import Employer
from portal.employers.queries import EmployerProfile, employer_profile
from portal.integrations.jobs import sweep
from portal.integrations.mail import recent_messages
from portal.kernel.clock import freeze, utc_now
from portal.kernel.ids import token_hash
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.network.models import NetworkInvitation, NetworkMember
from portal.network.queries import invitations as found
from portal.network.queries import mails as mail_queries
from portal.network.rules.invitations import MOST_A_DAY, Invited
from portal.network.rules.members import Profile
from portal.network.service import invitations, mails, members
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer
from tests.factories.network import make_member
from tests.support.client import PortalClient

pytestmark = pytest.mark.usefixtures("app")
BY = Author(None, "Olive Example", "olive@example.org")


def inviter(**changes: Any) -> EmployerProfile:
    with unit_of_work():
        employer = make_employer(**{"name": "Inviting Cafe Ltd", **changes})
        make_member(employer)
        reference = employer.reference
    profile = employer_profile(reference)
    assert profile is not None
    return profile


def invite(employer: EmployerProfile, email: str = "ann@shop.example", **changes: Any) -> Any:
    values: dict[str, Any] = {"business": "Shop Ltd", "name": "Ann", "email": email, **changes}
    with unit_of_work():
        return invitations.invite(employer=employer, invited=Invited(**values), by=BY)


def token_sent(recipient: str) -> str:
    """The token of the link in the last mail to an address."""
    sweep()
    [message, *_rest] = recent_messages(recipient=recipient)
    return message.body.split("/join/")[1].split()[0]


def codes(done: Any) -> list[str]:
    return [problem.code for problem in done] if isinstance(done, list) else []


def refusals() -> list[Any]:
    return list(
        current_session().scalars(
            select(AuditEntry.detail).where(AuditEntry.action.startswith("network.refused."))
        )
    )


def joins(employer: Employer, *, came_by: str = "", by: Author = BY) -> NetworkMember:
    profile = employer_profile(employer.reference)
    assert profile is not None
    with unit_of_work():
        done = members.save(employer=profile, revision=0, profile=Profile(), by=by, came_by=came_by)
        assert isinstance(done, Ok), done
        return done.value


def test_a_mail_goes_out_once_with_plain_words() -> None:
    employer = inviter()
    assert isinstance(invite(employer, words="Come along.\nIt helped us."), Ok)
    sweep()
    [message] = recent_messages(recipient="ann@shop.example")
    assert message.subject == "Inviting Cafe Ltd invites you to a network of employers"
    assert "It helped us." in message.body
    assert "Olive Example at Inviting Cafe Ltd" in message.body
    assert "/mail/stop/" in message.body
    assert codes(invite(employer)) == ["already_asked"]
    assert codes(invite(employer, "Ann+shop@shop.example")) == ["already_asked"], "one mailbox"
    assert len(recent_messages(recipient="ann@shop.example")) == 1
    assert refusals() == [{"why": ["already_asked"]}] * 2


def test_links_in_personal_words_are_refused_and_logged() -> None:
    done = invite(inviter(), words="Look at www.farm.example")
    assert codes(done) == ["link"]
    assert done[0].field == "words"
    assert refusals() == [{"why": ["link"]}]
    assert recent_messages() == []


def test_a_name_that_is_a_link_does_not_reach_the_mail() -> None:
    employer = inviter(name="Casino www.farm.example Ltd")
    with unit_of_work():
        invitations.invite(
            employer=employer,
            invited=Invited("Shop Ltd", "Ann", "ann@shop.example"),
            by=Author(None, "https://farm.example"),
        )
    sweep()
    [message] = recent_messages(recipient="ann@shop.example")
    assert "farm.example" not in message.body + message.subject


def test_twenty_a_day_and_no_more() -> None:
    employer = inviter()
    now = utc_now()
    for number in range(MOST_A_DAY):
        assert isinstance(invite(employer, f"person{number}@shop.example"), Ok)
    assert codes(invite(employer, "one@more.example")) == ["too_many"]
    assert isinstance(invite(inviter(name="Other Ltd"), "one@more.example"), Ok)
    with freeze(now + timedelta(days=1)):
        assert isinstance(invite(employer, "one+a@next.example"), Ok)


def test_no_second_mail_after_a_no_from_anybody(client: PortalClient) -> None:
    employer = inviter()
    invite(employer)
    token = token_sent("ann@shop.example")
    page = client.get(f"/join/{token}")
    assert "Inviting Cafe Ltd invites you" in page.text
    answer = client.submit(f"/join/{token}", form=f"/join/{token}/no")
    assert "No more invitations" in answer.text
    assert client.get(f"/join/{token}").status_code == 404
    other = inviter(name="Other Ltd")
    for address in ("ann@shop.example", "ANN@shop.example", "ann+x@shop.example"):
        assert codes(invite(other, address)) == ["wants_none"]
    assert mail_queries.refuses("ann@shop.example", "invitations")
    state = current_session().scalar(select(NetworkInvitation.state))
    assert state == "refused"


def test_stopping_invitations_by_the_link_in_any_mail_holds_too() -> None:
    with unit_of_work():
        mails.refuse(email="ann@shop.example", kind="invitations")
    assert codes(invite(inviter())) == ["wants_none"]


def test_one_address_is_not_asked_by_everybody() -> None:
    for number in range(3):
        assert isinstance(invite(inviter(name=f"Number {number} Ltd")), Ok)
    assert codes(invite(inviter(name="Number 4 Ltd"))) == ["enough_for_one"]
    with freeze(utc_now() + timedelta(days=91)):
        assert isinstance(invite(inviter(name="Number 5 Ltd")), Ok)


def test_only_members_invite(client: PortalClient) -> None:
    with unit_of_work():
        owner = make_user()
        employer = make_employer(owner_id=owner.id)
    profile = employer_profile(employer.reference)
    assert profile is not None
    assert codes(invite(profile)) == ["not_in"]
    sign_in(client, owner)
    page = client.get(f"/employers/{employer.reference}/network/invitations")
    assert "Join the network first" in page.text


def test_who_joins_by_a_mail_is_counted_to_the_sender() -> None:
    employer = inviter()
    invite(employer)
    token = token_sent("ann@shop.example")
    with unit_of_work():
        joined = make_employer(name="Real Name Ltd")
        third = make_employer(name="Passed On Ltd")
    joins(joined, came_by=token)
    [brought] = found.brought_by(employer.id)
    assert (brought.name, brought.by_link) == ("Shop Ltd", False)
    # A mail that is passed on brings more; one that shows no name stays unnamed.
    joins(third, came_by=token)
    names = [one.name for one in found.brought_by(employer.id)]
    assert sorted(names) == ["A member of the network", "Shop Ltd"]
    assert found.counts(employer.id, since=utc_now() - timedelta(days=1)).brought == 2


def test_who_joins_by_the_own_link_is_counted_once() -> None:
    employer = inviter()
    code = str(current_session().scalar(select(NetworkMember.link_code)))
    with unit_of_work():
        joined = make_employer()
    joins(joined, came_by=code)
    profile = employer_profile(joined.reference)
    assert profile is not None
    with unit_of_work():
        members.leave(employer=profile, by=BY)
    other = inviter(name="Other Ltd")
    invite(other, "olive@example.org")
    token = token_sent("olive@example.org")
    with unit_of_work():
        again = members.save(employer=profile, revision=2, profile=Profile(), by=BY, came_by=token)
        assert isinstance(again, Ok)
    assert len(found.brought_by(employer.id)) == 1
    assert found.brought_by(other.id) == [], "it had been brought already"


def test_an_invitation_to_the_address_counts_where_the_browser_forgot() -> None:
    employer = inviter()
    invite(employer, "Olive@Example.org")
    with unit_of_work():
        joined = make_employer()
    joins(joined)
    assert [one.name for one in found.brought_by(employer.id)] == ["Shop Ltd"]


def test_nobody_brings_itself() -> None:
    with unit_of_work():
        owner = make_user()
        first, second = make_employer(owner_id=owner.id), make_employer(owner_id=owner.id)
        code = make_member(first).link_code
    by = Author(owner.id, "Olive Example", owner.email)
    joins(second, came_by=code, by=by)
    assert found.brought_by(first.id) == []
    assert refusals() == [{"why": "own"}]


def test_joining_by_a_link_in_the_browser(client: PortalClient) -> None:
    employer = inviter()
    code = str(current_session().scalar(select(NetworkMember.link_code)))
    page = client.submit(f"/join/{code}", form="join", follow=False)
    assert page.location.endswith(f"/register?next=/join/{code}")
    with unit_of_work():
        user = make_user()
        joined = make_employer(name="Joining Ltd", owner_id=user.id)
    sign_in(client, user)
    step = client.submit(f"/join/{code}", form="join", follow=False)
    assert step.location == f"/employers/{joined.reference}/network"
    preview = client.submit(step.location, {"shown": ["name"]})
    values = {"shown": ["name"]}
    assert "What others will see" in preview.text
    from bs4 import BeautifulSoup

    form = BeautifulSoup(preview.text, "html5lib").find("form", id="show")
    assert form is not None
    values |= {str(tag["name"]): [str(tag["value"])] for tag in form.find_all("input")}
    client.post(step.location, data=values)
    assert [one.name for one in found.brought_by(employer.id)] == ["Joining Ltd"]
    with client.session_transaction() as cookie:
        assert "network_came_by" not in cookie
    assert "already" in client.get(f"/join/{code}").text


def test_a_link_asks_which_business_joins_and_dead_ones_say_so(client: PortalClient) -> None:
    inviter()
    code = str(current_session().scalar(select(NetworkMember.link_code)))
    with unit_of_work():
        user = make_user()
    sign_in(client, user)
    step = client.submit(f"/join/{code}", form="join", follow=False)
    assert step.location == "/employers/find"
    with unit_of_work():
        for name in ("First Ltd", "Second Ltd"):
            make_employer(name=name, owner_id=user.id)
    page = client.submit(f"/join/{code}", form="join")
    assert "Join with First Ltd" in page.text
    assert "Join with Second Ltd" in page.text
    for dead in ("7ZZZZZZZZZ", "%00", "x" * 500):
        assert client.get(f"/join/{dead}").status_code == 404


def test_the_page_of_invitations(client: PortalClient) -> None:
    with unit_of_work():
        user = make_user(name="Olive Example")
        employer = make_employer(owner_id=user.id)
        code = make_member(employer).link_code
    sign_in(client, user)
    path = f"/employers/{employer.reference}/network/invitations"
    assert f"/join/{code}" in client.get(path).text
    values = {"to_business": "Shop Ltd", "to_name": "Ann", "to_email": "ann@shop.example"}
    wrong = client.submit(path, {**values, "words": "http://farm.example"})
    assert "Use plain words only" in wrong.text
    done = client.submit(path, values)
    assert "on its way to ann@shop.example" in done.text
    assert "You have 19 of 20 left today" in done.text
    token = token_sent("ann@shop.example")
    row = current_session().scalars(select(NetworkInvitation)).one()
    assert row.token_hash == token_hash(token)
    answer = client.submit(path, form=f"withdraw-{row.reference}")
    assert "Its link leads nowhere now" in answer.text
    assert client.get(f"/join/{token}").status_code == 404
    again = client.post(f"{path}/{row.reference}/withdraw")
    assert again.status_code == 419, "no form token"
    assert current_session().scalar(select(func.count(NetworkInvitation.id))) == 1
    with unit_of_work():
        for number in range(60):
            current_session().add(
                NetworkInvitation(
                    from_employer_id=employer.id,
                    by_name="Olive Example",
                    to_business=f"Business {number}",
                    to_name="Ann",
                    to_email=f"a{number}@x.example",
                    token_hash=f"{number:064d}",
                )
            )
    page = client.soup(path)
    assert len(page.select("main li.app-work__row")) == 50
    assert len(client.soup(f"{path}?page=2").select("main li.app-work__row")) == 11
    assert len(client.statements) <= 9
