"""The pages of awards, in a browser without JavaScript; and what nobody else may open."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import select

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.kernel.result import Ok
from portal.network.models import AwardApplication, AwardAssessment, AwardRound
from portal.network.queries import award_applications as queries
from portal.network.queries import awards
from portal.network.service import award_assessing as assessing
from portal.network.service import award_deciding as deciding
from tests.factories.accounts import make_user, sign_in
from tests.factories.awards import (
    CRITERIA,
    World,
    assessed,
    begin,
    close,
    make_applicant,
    make_world,
    scored,
    send,
    write,
)
from tests.factories.caseload import make_lep_officer
from tests.support.client import PortalClient

FEEDBACK = "Good rotas. Count who moves up."


def made_award(world: World) -> tuple[str, str]:
    """An application and the code of the award that came of it."""
    with unit_of_work():
        reference = send(world)
        close(world)
        assessed(world, reference, scored(3), scored(3))
        done = deciding.decide(
            reference=reference,
            tier="established",
            feedback=FEEDBACK,
            reason="",
            by=world.manager,
        )
        assert isinstance(done, Ok)
        assert done.value is not None
        return reference, done.value.code


def token_in(mails: Any) -> str:
    found = re.search(r"/awards/statement/([\w-]+)", mails)
    assert found
    return found.group(1)


def mail_texts(session: PortalSession) -> str:
    from portal.db.outbox import OutboxEntry

    rows = session.scalars(
        select(OutboxEntry).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
    )
    return "\n".join(str(row.payload.get("text", "")) for row in rows)


def test_everybody_reads_the_scheme_and_its_criteria(
    client: PortalClient, session: PortalSession
) -> None:
    assert "No round is planned" in client.get("/awards").text
    world = make_world()
    page = client.get("/awards").text
    assert world.round.title in page
    assert "At least 24 of 40 points" in page
    criteria = client.get("/awards/criteria/1").text
    for one in CRITERIA.criteria:
        assert one.levels[4] in criteria
    assert client.get("/awards/criteria/99").status_code == 404


def test_an_employer_applies_page_by_page(client: PortalClient, session: PortalSession) -> None:
    world = make_world()
    sign_in(client, world.one.owner)
    home = f"/employers/{world.one.reference}/awards"
    done = client.submit(home, {"tier": "established"}, form="begin", follow=False)
    assert done.status_code == 302, done.text
    address = done.location
    client.submit(f"{address}/choices", {"tier": "committed", "consent": "y"})
    for key in CRITERIA.keys:
        section = f"{address}/section/{key}"
        assert client.submit(section, {"text": f"About {key}"}).status_code == 200
    stale = client.submit(f"{address}/section/pay", {"text": "Mine", "revision": "0"})
    assert stale.status_code == 409
    assert "About pay" in stale.text
    assert "Mine" in stale.text
    token = client.soup(f"{address}/section/pay").find("input", {"name": "csrf_token"})["value"]
    quiet = client.post(
        f"{address}/section/pay",
        data={"csrf_token": token, "text": "Quietly", "revision": "1"},
        headers={"X-Autosave": "1"},
    )
    assert quiet.get_json()["revision"] == {"revision": "2"}
    sent = client.submit(f"{address}/check", form="send")
    assert "Your application is sent" in sent.text
    assert "Take it back" in sent.text
    client.submit(address, form=f"{address}/take-back")
    assert "Not sent yet" in client.get(address).text
    client.submit(f"{address}/withdraw", form="withdraw")
    assert "You withdrew it" in client.get(address).text
    assert len(client.statements) <= 8


def test_who_lacks_something_reads_what(client: PortalClient, session: PortalSession) -> None:
    from tests.factories.employers import make_employer

    world = make_world()
    with unit_of_work():
        owner = make_user()
        bare = make_employer(owner_id=owner.id).reference
    sign_in(client, owner)
    page = client.submit(f"/employers/{bare}/awards", {"tier": "committed"}, form="begin")
    assert "Complete the diagnostic first" in page.text
    assert "Join the network" in page.text
    assert session.scalars(select(AwardApplication)).all() == []
    assert world.round.state == "open"


def test_staff_speak_by_a_link_and_a_refusal_is_not_seen(
    client: PortalClient, session: PortalSession, app: Any
) -> None:
    world = make_world()
    with unit_of_work():
        reference = begin(world)
    sign_in(client, world.one.owner)
    page = f"/employers/{world.one.reference}/awards/{reference}/statements"
    own = client.submit(page, {"to_name": "Me", "to_email": world.one.owner.email}, form="ask")
    assert "nobody speaks for themselves" in own.text
    client.submit(page, {"to_name": "Sue Shift", "to_email": "sue@example.org"}, form="ask")
    link = f"/awards/statement/{token_in(mail_texts(session))}"
    before = client.get(page).text
    worker = app.test_client()
    assert worker.get(link).status_code == 200
    refused = worker.submit(link, form="refuse", refuse="1")
    assert "Nobody at work is told" in refused.text
    after = client.get(page).text

    def shown(text: str) -> str:
        text = re.sub(r'(name="csrf_token"|nonce=)[^>]*', "", text)
        return re.sub(r"(?s)<div[^>]*notification.*?</div>", "", text)[text.index("<h1") - 200 :]

    assert shown(before) == shown(after)
    again = client.submit(page, {"to_name": "Sue", "to_email": "SUE@example.org"}, form="ask")
    assert "has been asked" in again.text
    assert mail_texts(session).count("/awards/statement/") == 1
    given = worker.submit(
        link, {"job": "Shift leader", "part_time": "yes", "words": "I chose my days."}, form="say"
    )
    assert "You said this" in given.text
    assert "I chose my days." in client.get(page).text
    worker.submit(link, form="take-back", take_back="1")
    assert "I chose my days." not in client.get(page).text
    assert worker.get("/awards/statement/wrong").status_code == 404


def test_an_assessor_sees_neither_people_nor_the_other(
    client: PortalClient, session: PortalSession
) -> None:
    world = make_world()
    with unit_of_work():
        reference = begin(world)
        words = "Olive Ownerson (olive@cafe.example, 0113 496 0000) leads it. Rotas in May."
        write(reference, world.one.author, text=words)
        from portal.network.service import award_applications as applications

        applications.submit(reference=reference, by=world.one.author)
        close(world)
        for user in world.assessors[:2]:
            assessing.assign(reference=reference, user_id=user.id, by=world.officer)
        first = assessing.finish(reference=reference, scored=scored(3, pay=1), by=world.authors[0])
        assert isinstance(first, Ok)
    sign_in(client, world.assessors[1])
    assert world.one.employer.name in client.get("/awards/assess").text
    path = f"/awards/assess/{reference}"
    page = client.get(path).text
    assert "Rotas in May" in page
    for hidden in ("Olive", "Ownerson", "olive@cafe.example", "0113 496", "As written", "Sound"):
        assert hidden not in page
    assert client.get(f"/awards/applications/{reference}").location.endswith(path)
    saved = client.submit(path, {"score_pay": "2", "words": "So far"}, form="assess")
    assert "Saved" in saved.text
    short = client.submit(path, {"finish": "1"}, form="assess")
    assert "Score these as well" in short.text
    full = {f"score_{key}": "3" for key in CRITERIA.keys}
    done = client.submit(path, {**full, "words": "Sound work", "finish": "1"}, form="assess")
    assert "Finished" in done.text
    facts = queries.application(reference)
    assert facts is not None
    assert facts.state == "moderation"
    own = client.get(path).text
    assert "You have finished this" in own
    assert world.assessors[0].name not in own or "As written" not in own


def test_declaring_a_conflict_gives_it_to_another(
    client: PortalClient, session: PortalSession
) -> None:
    world = make_world()
    with unit_of_work():
        reference = send(world)
        close(world)
        assessing.assign(reference=reference, user_id=world.assessors[0].id, by=world.officer)
    sign_in(client, world.assessors[0])
    client.submit(f"/awards/assess/{reference}/conflict", {"reason": "My brother works there"})
    assert client.get(f"/awards/assess/{reference}").status_code == 404
    assert session.scalars(select(AwardAssessment.state)).all() == ["stood_down"]
    page = client.get(f"/awards/applications/{reference}").text
    assert "stood down" in page


def test_the_lep_runs_a_round(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        manager = make_lep_officer("lep_manager")
        helpers = [make_lep_officer() for _ in range(2)]
    sign_in(client, manager)
    assert "No rounds yet" in client.get("/awards/rounds").text
    from portal.kernel.clock import today

    day = today()
    values: dict[str, str] = {"title": "Example round", "valid_months": "24"}
    for name, year in (("opens_on", day.year), ("closes_on", day.year + 1)):
        values |= {f"{name}-day": str(day.day), f"{name}-month": str(day.month)}
        values[f"{name}-year"] = str(year)
    values |= {"decide_by-day": "1", "decide_by-month": "1", "decide_by-year": str(day.year + 2)}
    done = client.submit("/awards/rounds/new", values, follow=False)
    assert done.status_code == 302, done.text
    page = done.location
    assert "Open" in client.get(page).text
    for user in helpers:
        client.submit(page, {"email": user.email}, form="assessor")
    unknown = client.submit(page, {"email": "nobody@example.org"}, form="assessor")
    assert "Nobody signs in with this address" in unknown.text
    stale = client.submit(f"{page}/edit", {"revision": "77"})
    assert "changed this meanwhile" in stale.text
    changed = client.submit(f"{page}/edit", {"title": "Example round, renamed"})
    assert "renamed" in changed.text
    client.submit(f"{page}/cancel", {"reason": "No money"}, form="cancel")
    assert "Called off" in client.get(page).text
    assert session.scalars(select(AwardRound.state)).all() == ["cancelled"]


def test_the_manager_decides_and_the_employer_reads_it(
    client: PortalClient, session: PortalSession, app: Any, run_jobs: Any
) -> None:
    world = make_world()
    with unit_of_work():
        reference = send(world)
        close(world)
        assessed(world, reference, scored(2), scored(2))
        from portal.accounts.queries import user_by_id

        manager = user_by_id(world.manager.user_id or 0)
    assert manager is not None
    sign_in(client, manager)
    path = f"/awards/applications/{reference}"
    assert "20 of 40" in client.get(path).text
    more = client.submit(f"{path}/decide", {"tier": "leading", "feedback": "Fine"}, form="decide")
    assert "The scores allow Committed" in more.text
    done = client.submit(
        f"{path}/decide", {"tier": "committed", "feedback": FEEDBACK}, form="decide"
    )
    assert "It is decided" in done.text
    award = awards.by_application(queries.application(reference).id)  # type: ignore[union-attr]
    assert award is not None
    owner = app.test_client()
    sign_in(owner, world.one.owner)
    waiting = owner.get(f"/awards/{award.code}/certificate.pdf")
    assert waiting.status_code == 409
    run_jobs()
    assert owner.get(f"/awards/{award.code}/certificate.pdf").data.startswith(b"%PDF")
    page = owner.get(f"/employers/{world.one.reference}/awards/{reference}").text
    assert FEEDBACK in page
    assert "Certificate (PDF)" in page
    assert owner.get(f"/employers/{world.one.reference}/awards/renewal").status_code == 200
    client.submit(f"/awards/{award.code}/revoke", {"reason": "They closed"}, form="revoke")
    assert owner.get(f"/awards/{award.code}/certificate.pdf").status_code == 410
    assert "They closed" in owner.get(f"/employers/{world.one.reference}/awards/{reference}").text


def test_anybody_verifies_a_code_and_learns_no_name_without_one(
    client: PortalClient, session: PortalSession
) -> None:
    world = make_world()
    _reference, code = made_award(world)
    name = world.one.employer.name
    typed = client.get(f"/awards/verify?code={code.lower()[:4]}-{code[4:]}")
    assert typed.status_code == 302
    page = client.get(typed.location)
    assert name in page.text
    assert "This award is valid" in page.text
    unknown = client.get("/awards/verify/0000-0000-0000")
    assert unknown.status_code == 404
    assert "No award has this code" in unknown.text
    for asked in (name, "%", "' OR 1=1", code[:-1]):
        answer = client.get("/awards/verify", query_string={"code": asked})
        assert answer.status_code == 200
        assert "cannot be a code" in answer.text
    for _ in range(60):
        last = client.get("/awards/verify/0000-0000-0000")
    assert last.status_code == 429


def test_badges_say_in_words_what_they_show(client: PortalClient, session: PortalSession) -> None:
    world = make_world()
    _reference, code = made_award(world)
    drawing = client.get(f"/awards/{code}/badge.svg")
    assert drawing.mimetype == "image/svg+xml"
    assert b'<title id="t">Employer champion, Established: valid until' in drawing.data
    assert b"style" not in drawing.data
    picture = client.get(f"/awards/{code}/badge.png?download=1")
    image = Image.open(io.BytesIO(picture.data))
    assert image.size == (720, 240)
    assert "Employer champion, Established" in image.info["Description"]
    with unit_of_work():
        deciding.revoke(code=code, reason="Closed", by=world.manager)
    assert b"no longer valid" in client.get(f"/awards/{code}/badge.svg").data
    assert client.get("/awards/000000000000/badge.svg").status_code == 404


@pytest.mark.parametrize("who", ["visitor", "stranger", "member", "officer", "assessor"])
def test_nobody_opens_what_is_others(
    client: PortalClient, session: PortalSession, who: str
) -> None:
    from tests.factories.employers import make_membership

    world = make_world()
    other = make_applicant()
    reference, code = made_award(world)
    with unit_of_work():
        member = make_user()
        make_membership(employer_id=world.one.employer_id, user_id=member.id)
        officer = make_lep_officer()
    people = {
        "stranger": other.owner,
        "member": member,
        "officer": officer,
        "assessor": world.assessors[2],
    }
    if who in people:
        sign_in(client, people[who])
    base = f"/employers/{world.one.reference}/awards/{reference}"
    theirs = [base, f"{base}/section/pay", f"{base}/statements", f"{base}/choices"]
    for path in theirs:
        assert (client.get(path).status_code == 200) == (who == "member"), path
    for path in (f"{base}/check", f"{base}/withdraw"):
        assert client.get(path).status_code in {302, 403}, path
    # Another employer's reference under one's own address finds nothing.
    if who == "stranger":
        own = f"/employers/{other.reference}/awards/{reference}"
        assert client.get(own).status_code == 404
        assert client.get(f"{own}/section/pay").status_code == 404
    assert client.get(f"/awards/assess/{reference}").status_code != 200
    assert client.get(f"/awards/assess/{reference}/files/ABCDEFGHJK").status_code != 200
    staff = client.get(f"/awards/applications/{reference}").status_code == 200
    assert staff == (who in {"officer", "assessor"})
    assert client.get(f"/awards/applications/{reference}/decide").status_code != 200
    assert client.get(f"/awards/{code}/revoke").status_code != 200
    taken = client.get(f"/awards/{code}/certificate.pdf").status_code
    assert (taken in {200, 409}) == (who in {"member", "officer", "assessor"})
