"""Bad manners in the network, end to end: each refused, with its reason on the page, and logged."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from portal.db import audit, current_session, unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import freeze, utc_now
from portal.kernel.result import Ok
from portal.network.models import (
    EventRegistration,
    ForumAttachment,
    ForumHelpful,
    ForumLog,
    ForumPost,
)
from portal.network.service import award_assessing as assessing
from tests.factories import files
from tests.factories.accounts import make_user, sign_in
from tests.factories.awards import CRITERIA, close, make_world, send
from tests.factories.employers import make_membership
from tests.factories.forum import Writer, make_writer, started
from tests.integration.network.event_world import an_event, refusals, text_of
from tests.support.client import PortalClient

MEGABYTE = 1024 * 1024


@pytest.fixture
def writer(client: PortalClient, session: PortalSession) -> Writer:
    """Somebody who may write in the forum, signed in."""
    with unit_of_work():
        found = make_writer()
    sign_in(client, found.user)
    return found


@pytest.fixture
def path(writer: Writer, session: PortalSession) -> str:
    """A thread that somebody else has begun."""
    with unit_of_work():
        asker = make_writer()
    return f"/forum/t/{started(asker).thread}"


def answers(client: PortalClient, path: str, body: str, **sent: Any) -> str:
    """What the page says to somebody who answers in a thread."""
    return text_of(client.submit(path, {"body": body, **sent}, form=f"{path}/reply"))


def logged() -> list[str]:
    """Why the forum refused something, as its log keeps it for moderators."""
    lines = current_session().scalars(
        select(ForumLog.reason).where(ForumLog.what == "refused").order_by(ForumLog.id)
    )
    return [line.partition(":")[0] for line in lines]


def how_many(model: type) -> int:
    return current_session().scalar(select(func.count()).select_from(model)) or 0


def token(client: PortalClient, page: str) -> str:
    """The token of the forms on a page."""
    field = client.soup(page).find("input", {"name": "csrf_token"})
    assert field is not None
    return str(field["value"])


# In the forum -----------------------------------------------------------------------------------


def test_a_spam_burst(client: PortalClient, path: str) -> None:
    said = [answers(client, path, f"Buy my rota planner number {number}") for number in range(6)]
    assert all("Your post is in the forum" in words for words in said[:5])
    assert "You have written 5 posts in ten minutes. Wait a little" in said[5]
    assert logged() == ["burst"]
    assert how_many(ForumPost) == 6


def test_the_same_text_again(client: PortalClient, path: str) -> None:
    answers(client, path, "Buy my rota planner!")
    assert "You have posted this text already" in answers(client, path, "BUY my rota planner")
    assert logged() == ["duplicate"]


@pytest.mark.parametrize(
    "body",
    [
        "Look: <script>alert(document.cookie)</script>",
        "<img src=x onerror=alert(1)>",
        "[rotas](javascript:alert(1))",
    ],
)
def test_a_script_in_a_post(client: PortalClient, path: str, body: str) -> None:
    page = client.submit(path, {"body": body}, form=f"{path}/reply")
    assert "The text holds parts of a program or of a web page" in text_of(page)
    # It stands in the box again to be put right, as letters and nothing else.
    raw = page.get_data(as_text=True)
    assert "<script>alert" not in raw
    assert "<img src=x" not in raw
    assert logged() == ["script"]
    assert how_many(ForumPost) == 1


def test_a_picture_of_more_than_ten_megabytes(client: PortalClient, path: str) -> None:
    picture = files.png()
    large = picture[:-12] + bytes(10 * MEGABYTE) + picture[-12:]
    fields = {"csrf_token": token(client, path), "body": "Our rota"}
    parts = [
        f'--end\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    head = 'Content-Disposition: form-data; name="file"; filename="rota.png"\r\n\r\n'
    body = f"{''.join(parts)}--end\r\n{head}".encode() + large + b"\r\n--end--\r\n"
    page = client.post(f"{path}/reply", data=body, content_type="multipart/form-data; boundary=end")
    assert "10 MB or smaller" in text_of(page)
    assert len(logged()) == 1
    assert (how_many(ForumPost), how_many(ForumAttachment)) == (1, 0)


def test_mass_mentions(client: PortalClient, path: str) -> None:
    body = " ".join(f"@Writer{number} look!" for number in range(6))
    assert "Mention at most 5 people in a post" in answers(client, path, body)
    assert logged() == ["mentions"]


def test_a_link_farm(client: PortalClient, path: str) -> None:
    body = "\n".join(f"https://cheap{number}.example/rota" for number in range(6))
    assert "A post has at most 5 links" in answers(client, path, body)
    assert logged() == ["links"]
    # Fewer than that from somebody new wait for a moderator, who reads why.
    few = "See https://one.example and https://two.example"
    assert "Your post waits for a moderator" in answers(client, path, few)
    held = current_session().scalars(select(ForumPost).where(ForumPost.state == "held")).one()
    assert "several links" in held.held_reason


@pytest.mark.parametrize("whose", ["own", "employer"])
def test_voting_for_ones_own(client: PortalClient, writer: Writer, path: str, whose: str) -> None:
    author = writer
    if whose == "employer":
        with unit_of_work():
            author = make_writer(employer=writer.employer)
    own = started(author, "How do others do it?")
    # The page offers no button for it, so the form is made up.
    page = f"/forum/t/{own.thread}"
    assert f"/forum/p/{own.post}/helpful" not in client.get(page).text
    data = {"csrf_token": token(client, page), "helps": "1"}
    answer = client.post(f"/forum/p/{own.post}/helpful", data=data, follow_redirects=True)
    words = {
        "own": "You cannot mark your own post as helpful",
        "employer": "This post comes from your own employer, so others mark it as helpful",
    }
    assert words[whose] in text_of(answer)
    assert logged() == ["own_vote" if whose == "own" else "own_employer_vote"]
    assert how_many(ForumHelpful) == 0


def test_the_moderators_read_what_was_refused(client: PortalClient, path: str) -> None:
    answers(client, path, "<script>alert(1)</script>")
    with unit_of_work():
        officer = make_user(roles=("lep_officer",))
    sign_in(client, officer)
    page = client.get("/forum/moderation/log")
    assert "The text holds parts of a program" in text_of(page)


# At events --------------------------------------------------------------------------------------


def registers(client: PortalClient, reference: str, email: str) -> Any:
    values = {"name": "Example Ann", "email": email}
    return client.submit(f"/events/{reference}/register", values)


@pytest.mark.parametrize("again", ["ann@example.org", "ANN@Example.org", "ann+two@example.org"])
def test_registering_twice(client: PortalClient, session: PortalSession, again: str) -> None:
    event = an_event()
    registers(client, event.reference, "ann@example.org")
    page = registers(client, event.reference, again)
    assert "This address is registered for this event already" in text_of(page)
    assert refusals() == [("network.refused_register", "registered_twice")]
    assert how_many(EventRegistration) == 1


def test_cancelling_after_the_event(client: PortalClient, session: PortalSession) -> None:
    event = an_event(starts_at=utc_now() + timedelta(days=3))
    reference = event.reference
    place = client.submit(
        f"/events/{reference}/register",
        {"name": "Example Ann", "email": "ann@example.org"},
        follow=False,
    ).location
    form = {"csrf_token": token(client, place)}
    with freeze(utc_now() + timedelta(days=4)):
        # The button has gone; a page that was left open still has it.
        assert "Give my place back" not in text_of(client.get(place))
        answer = client.post(f"{place}/cancel", data=form, follow_redirects=True)
    assert "a place cannot be given back any more" in text_of(answer)
    assert refusals() == [("network.refused_cancel", "too_late")]
    row = current_session().scalars(select(EventRegistration)).one()
    assert row.state == "registered"


# In the award scheme ----------------------------------------------------------------------------


def test_assessing_ones_own_award(client: PortalClient, session: PortalSession) -> None:
    world = make_world()
    with unit_of_work():
        reference = send(world)
        close(world)
        # They belonged to nobody when it was given to them, and joined the applicant since.
        given = assessing.assign(
            reference=reference, user_id=world.assessors[0].id, by=world.officer
        )
        assert isinstance(given, Ok)
        for user in world.assessors[:2]:
            make_membership(employer_id=world.one.employer_id, user_id=user.id)
    sign_in(client, world.assessors[0])
    scores = {f"score_{key}": "4" for key in CRITERIA.keys}
    page = client.submit(f"/awards/assess/{reference}", {**scores, "words": "The best of all"})
    assert "You cannot judge this employer: Works for this employer" in text_of(page)
    sign_in(client, world.assessors[2])
    giving = f"/awards/applications/{reference}"
    data = {"csrf_token": token(client, giving), "user": str(world.assessors[1].id)}
    answer = client.post(f"{giving}/assign", data=data, follow_redirects=True)
    assert "Works for this employer" in text_of(answer)
    details = current_session().scalars(
        select(audit.AuditEntry.detail).where(audit.AuditEntry.action == "network.refused")
    )
    assert [detail["code"] for detail in details] == ["conflict", "conflict"]


def test_a_form_of_another_page_does_nothing(client: FlaskClient, session: PortalSession) -> None:
    """What is sent without the page's own token is no wish of the person: nothing is kept of it."""
    event = an_event()
    before = how_many(audit.AuditEntry)
    answer = client.post(
        f"/events/{event.reference}/register", data={"name": "A", "email": "a@b.c"}
    )
    assert answer.status_code == 419
    assert how_many(EventRegistration) == 0
    assert how_many(audit.AuditEntry) == before
