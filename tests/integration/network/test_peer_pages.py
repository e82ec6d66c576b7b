"""Peer support in a browser without scripts: asking, offering, matching, links and strangers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from portal.db import unit_of_work
from portal.db.session import PortalSession, current_database
from portal.kernel.clock import freeze, utc_now
from portal.kernel.ids import new_token
from portal.kernel.people import PORTAL
from portal.network.models import PeerMatch
from portal.network.queries import peers as found
from portal.network.service import peer_matches
from portal.network.service.peer_mails import token_of
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer
from tests.factories.peers import (
    make_asker,
    make_helper,
    make_introduced,
    make_match,
    make_offer,
    make_request,
    make_scores,
)
from tests.support.client import PortalClient
from tests.support.statements import sent_to


def test_an_employer_asks_changes_and_withdraws(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        user = make_user(name="Olive Example")
        employer = make_asker(owner_id=user.id)
    sign_in(client, user)
    base = f"/employers/{employer.reference}/peers"
    assert "You have asked nothing yet" in client.get(base).text
    wrong = client.submit(f"{base}/ask", {"topic": "", "question": ""})
    assert "Choose what it is about" in wrong.text
    values = {"topic": "scheduling", "question": "How far ahead?", "says": ["sector"]}
    page = client.submit(f"{base}/ask", values)
    assert "How far ahead?" in page.text
    assert "Looking for somebody" in page.text
    twice = client.submit(f"{base}/ask", values)
    assert "You ask about this already" in twice.text
    [facts] = found.requests_of(employer.id)
    assert facts.contact_name == "Olive Example"
    assert facts.says == ("sector",)
    changed = client.submit(f"{base}/ask/{facts.reference}", {"question": "How many weeks?"})
    assert "How many weeks?" in changed.text
    done = client.submit(base, form=f"{base}/ask/{facts.reference}/withdraw")
    assert "The request is withdrawn" in done.text


def test_an_employer_offers_and_pauses(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        user = make_user()
        employer = make_asker(owner_id=user.id)
    sign_in(client, user)
    address = f"/employers/{employer.reference}/peers/offer"
    wrong = client.submit(address, {"topics": [], "capacity": "0"})
    assert "Choose at least one subject" in wrong.text
    page = client.submit(address, {"topics": ["pay", "voice"], "capacity": "3"})
    assert "0 of 3 places taken" in page.text
    assert "without an award" in page.text
    paused = client.submit(address, {"is_paused": "y"})
    assert "we propose you to nobody new" in paused.text
    facts = found.offer_of(employer.id)
    assert facts is not None
    assert facts.paused_at is not None
    assert facts.topics == ("pay", "voice")


def test_who_is_outside_the_network_is_led_into_it(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        user = make_user()
        employer = make_employer(owner_id=user.id)
    sign_in(client, user)
    base = f"/employers/{employer.reference}/peers"
    assert "Join the network" in client.get(base).text
    asked = client.submit(f"{base}/ask", {"topic": "pay", "question": "How?"})
    assert "Join the network first" in asked.text
    offered = client.submit(f"{base}/offer", {"topics": ["pay"]})
    assert "Join the network first" in offered.text


def test_staff_propose_the_best_and_follow_it(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        user = make_user(roles=("lep_officer",))
        asker = make_asker(name="Example Asker Ltd")
        far = make_helper(name="Example Far Ltd", district="york", headcount=300)
        near = make_helper(name="Example Near Ltd", district="leeds")
        other = make_asker(name="Example Unsung Ltd", sic_codes=["47110"])
        make_offer(other, topics=["scheduling"])
        make_scores(asker, {"scheduling": 30})
        make_scores(near, {"scheduling": 88})
        request = make_request(asker)
    sign_in(client, user)
    page = client.get("/network/matches").text
    places = [page.index(name) for name in ("Example Near Ltd", "Example Far Ltd")]
    assert places == sorted(places)
    assert "where the asker has a gap" in page
    # What is read, without the references in the addresses, which are made by lot.
    read = re.sub(r"<[^>]*>", " ", page[page.index("Near Ltd") :])
    assert "88" not in read.split("Propose")[0]
    assert "No award" in page
    values = {"request": request.reference, "champion": near.reference}
    made = client.submit("/network/matches", values, form="/network/matches/propose")
    assert "Proposed. Both are asked by mail" in made.text
    assert "Waiting for both to agree" in client.get("/network/matches/list").text
    assert "No request waits" in client.get("/network/matches").text
    [match] = found.matches_of(asker.id)
    record = f"/network/matches/{match.reference}"
    gone = client.submit(record, form=f"{record}/withdraw")
    assert "The proposal is withdrawn" in gone.text
    closed = client.submit(
        f"/network/requests/{request.reference}/close", {"reason": "Nobody near you"}
    )
    assert "The request is closed" in closed.text
    assert "Did not come about (1)" in client.get("/network/matches/list?show=fallen").text
    assert far.id != near.id


def test_staff_log_the_outcome(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        user = make_user(roles=("lep_manager",))
        match = make_introduced(make_asker(), make_helper())
    sign_in(client, user)
    record = f"/network/matches/{match.reference}"
    assert "Choose what came of it" in client.submit(record, {}).text
    done = client.submit(record, {"outcome": "not_useful", "words": "Different trades"})
    assert "The outcome is logged" in done.text
    assert "Staff: Different trades" in done.text
    assert "1" in client.get("/network/matches/list?show=ended").text


def test_the_personal_links_lead_through_without_an_account(
    app: Flask, client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        match = make_match(make_asker(name="Example Asker Ltd"), make_helper())
    links = {side: f"/network/match/{token_of(match.reference, side)}" for side in found_sides()}
    page = client.get(links["champion"]).text
    assert "How did you begin with scheduling?" in page
    assert "asker@example.org" not in page
    assert match.state == "proposed", "looking changes nothing"
    agreed = client.submit(links["champion"], {"answer": "agree"})
    assert "You have agreed" in agreed.text
    assert "asker@example.org" not in agreed.text
    met = client.submit(links["asker"], {"answer": "agree"})
    assert "helper@example.org" in met.text
    assert "asker@example.org" in client.get(links["champion"]).text
    said = client.submit(links["asker"], {"outcome": "useful"}, form=f"{links['asker']}/outcome")
    assert "You said: It helped." in said.text
    assert client.submit(links["champion"], form=f"{links['champion']}/outcome").status_code == 200


def test_a_personal_link_ends_with_its_match(client: PortalClient, session: PortalSession) -> None:
    """Whoever finds the mail later reads no name, no question and no contact."""
    with unit_of_work():
        met = make_introduced(make_asker(name="Example Asker Ltd"), make_helper())
        fallen = make_match(make_asker(name="Example Asker Ltd"), make_helper())
    links = {side: f"/network/match/{token_of(met.reference, side)}" for side in found_sides()}
    for side, other in (("asker", "helper@example.org"), ("champion", "asker@example.org")):
        assert other in client.get(links[side]).text
        done = client.submit(links[side], {"outcome": "useful"}, form=f"{links[side]}/outcome")
        assert "Thank you for saying what came of it" in done.text
    with unit_of_work():
        peer_matches.withdraw(reference=fallen.reference, by=PORTAL)
    shut = [*links.values()]
    shut += [f"/network/match/{token_of(fallen.reference, side)}" for side in found_sides()]
    held = session.get(PeerMatch, met.id)
    assert held is not None
    assert held.state == "ended"
    for link in shut:
        for path, data in ((link, {"answer": "agree"}), (f"{link}/outcome", {"outcome": "some"})):
            page = client.get(link)
            sent = client.post(path, data={**data, **csrf(client)})
            for one in (page, sent):
                assert "This link has ended" in one.text
                assert "How did you begin" not in one.text
                assert not re.search(r"Example Asker|helper@|asker@", one.text)
    assert session.get(PeerMatch, fallen.id).state == "withdrawn"  # type: ignore[union-attr]


def test_a_personal_link_ends_by_itself(client: PortalClient, session: PortalSession) -> None:
    """Nobody says what came of it: after 120 days the link shows nothing; the asked have longer."""
    begun = utc_now()
    with unit_of_work():
        silent = make_introduced(make_asker(), make_helper())
        spoken = make_introduced(make_asker(), make_helper())
    pages = [f"/network/match/{token_of(one.reference, 'asker')}" for one in (silent, spoken)]
    with freeze(begun + timedelta(days=119)):
        assert all("helper@example.org" in client.get(page).text for page in pages)
        with unit_of_work():
            peer_matches.say_outcome(
                reference=spoken.reference, side="champion", outcome="useful", words="", by=PORTAL
            )
    with freeze(begun + timedelta(days=121)):
        assert "helper@example.org" not in client.get(pages[0]).text
        assert "helper@example.org" in client.get(pages[1]).text
    with freeze(begun + timedelta(days=135)):
        assert "This link has ended" in client.get(pages[1]).text


def csrf(client: PortalClient) -> dict[str, str]:
    field = client.soup("/account/login").find("input", {"name": "csrf_token"})
    assert field is not None
    return {"csrf_token": str(field["value"])}


def found_sides() -> tuple[str, str]:
    return ("asker", "champion")


@pytest.mark.parametrize("side", ["asker", "champion"])
def test_each_side_answers_signed_in(
    client: PortalClient, session: PortalSession, side: str
) -> None:
    with unit_of_work():
        user = make_user()
        asker = make_asker(owner_id=user.id if side == "asker" else None)
        helper = make_helper(owner_id=user.id if side == "champion" else None)
        match = make_match(asker, helper)
    sign_in(client, user)
    own = asker if side == "asker" else helper
    base = f"/employers/{own.reference}/peers"
    assert "Your answer is needed" in client.get(base).text
    assert "A match waits for your answer" in client.get(f"/employers/{own.reference}").text
    done = client.submit(f"{base}/matches/{match.reference}", {"answer": "decline"})
    assert "You have declined" in done.text
    assert "did not come about" in done.text
    assert match.declined_by == side
    # The other side does not read who it was.
    other = "champion" if side == "asker" else "asker"
    page = client.get(f"/network/match/{token_of(match.reference, other)}").text
    assert "did not come about" in page
    assert "eclined" not in page


def test_what_is_not_theirs_is_not_found(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        user = make_user()
        own = make_asker(owner_id=user.id)
        match = make_match(make_asker(), make_helper())
        request = found.request_of(
            found.match(match.reference).request_reference  # type: ignore[union-attr]
        )
    assert request is not None
    sign_in(client, user)
    base = f"/employers/{own.reference}/peers"
    addresses = [
        (f"{base}/matches/{match.reference}", f"{base}/matches/0000000000"),
        (f"{base}/ask/{request.reference}", f"{base}/ask/0000000000"),
        (f"/network/match/{new_token()}", f"/network/match/{'x' * 500}"),
        ("/network/match/a%00b", "/network/match/-"),
    ]
    for theirs, nobodys in addresses:
        one, other = client.get(theirs), client.get(nobodys)
        assert (one.status_code, other.status_code) == (404, 404), theirs
    for reference in (request.reference, "0000000000"):
        answer = client.post(f"{base}/ask/{reference}/withdraw", data=token(client, base))
        assert answer.status_code == 404
    stranger = make_user(roles=("adviser",))
    sign_in(client, stranger)
    for path in ("/network/matches", f"/network/matches/{match.reference}", base):
        assert client.get(path).status_code == 403
    assert match.state == "proposed"


def token(client: PortalClient, base: str) -> dict[str, str]:
    field = client.soup(f"{base}/ask").find("input", {"name": "csrf_token"})
    assert field is not None
    return {"csrf_token": str(field["value"])}


def test_pages_ask_the_database_as_often_for_many_as_for_few(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        user = make_user(roles=("lep_officer",))
        make_request(make_asker())
        make_helper(capacity=20)
    sign_in(client, user)
    few = {path: statements(client, path) for path in ("/network/matches", "/network/matches/list")}
    with unit_of_work():
        helper = make_helper(capacity=20)
        for _ in range(6):
            make_request(make_asker())
            make_match(make_asker(), helper)
    for path, count in few.items():
        assert statements(client, path) <= count + 1, path
    session.expire_all()
    with unit_of_work():
        done = peer_matches.withdraw(reference="0000000000", by=PORTAL)
    assert not hasattr(done, "value")


def statements(client: PortalClient, path: str) -> int:
    with sent_to(current_database().engine) as sent:
        assert client.get(path).status_code == 200
    return len([one for one in sent if one.sql.startswith("SELECT")])
