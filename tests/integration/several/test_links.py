"""Accounts of one person in two programmes: linked by proof on both sides, gone over, unlinked."""

from __future__ import annotations

from datetime import timedelta

from flask import Flask
from sqlalchemy import text

from portal.accounts import links, rules, service
from portal.accounts.models import User
from portal.cli.schema import differences
from portal.db import current_session, unit_of_work
from portal.db.programmes import outside
from portal.kernel.clock import freeze, utc_now
from portal.web.access import TABLE_EXTENSION
from tests.factories.accounts import PASSWORD, make_stale, sign_in_with_password
from tests.integration.several.conftest import EAST, WEST
from tests.integration.several.crossings import PAGE, going_over, ticket_of

STAFF = {"roles": ["lep_manager"]}


def _forget(one, slug: str) -> None:
    """Another browser there, so to say: without the cookie."""
    one.browsers[slug].delete_cookie("session", domain=f"{slug}.example")


def _token(browser) -> str:
    return str(browser.soup("/account").find("input", {"name": "csrf_token"})["value"])


def _sign_out(one, slug: str) -> None:
    browser = one.browsers[slug]
    browser.post("/account/logout", data={"csrf_token": _token(browser)})


def _shared(installation: Flask, statement: str) -> list[tuple[object, ...]]:
    with (
        installation.app_context(),
        outside(),
        installation.extensions["portal_db"].engine.connect() as one,
    ):
        return [tuple(row) for row in one.execute(text(statement))]


def test_linked_by_signing_in_on_both_sides_and_gone_over_both_ways(person) -> None:
    one = person()
    done = one.link()
    assert "are linked" in done.text
    for slug in ("east", "west"):
        assert "Linked since" in one.browsers[slug].get(PAGE).text
        assert "Your programmes" in one.browsers[slug].get("/account").text
    for here, there in (("east", "west"), ("west", "east")):
        _forget(one, there)
        assert one.go(here, there).location == "/"
        assert one.is_in(there)
        _forget(one, there)
        one.sign_in(there)


def test_one_press_by_password_alone_for_a_person_of_the_east(person, at) -> None:
    one = person()
    with at("east"):
        assert sign_in_with_password(one.browsers["east"], one.account("east")).status_code == 200
    offered = one.offer()
    form = going_over(offered)
    assert form["action"] == f"{WEST}{PAGE}/arrive"
    assert f"form-action 'self' {WEST};" in offered.headers["Content-Security-Policy"]
    assert offered.headers["Referrer-Policy"] == "strict-origin"
    there = one.carry(offered)
    assert there.location == f"{PAGE}/accept"
    asked = one.browsers["west"].get(there.location)
    assert asked.location.startswith("/account/login")
    with at("west"):
        agreed = one.browsers["west"].submit(
            asked.location, {"email": one.account("west").email, "password": PASSWORD}
        )
    # Both addresses, so that nobody links what is not theirs.
    with at("east"):
        assert one.account("east").email in agreed.text
    done = one.browsers["west"].submit(f"{PAGE}/accept")
    assert "are linked" in done.text
    _sign_out(one, "west")
    assert not one.is_in("west")
    assert one.go().location == "/"
    assert one.is_in("west")


def test_both_sides_are_told_and_the_trail_names_nobody(person) -> None:
    one = person()
    one.link()
    one.go()
    assert one.mails("east") == ["Your account is being linked with another programme"]
    assert one.mails("west") == ["Your account was linked with another programme"]
    assert one.audited("east") == [
        ("account.link_begun", {"programme": "west"}),
        ("account.went_over", {"programme": "west"}),
    ]
    assert one.audited("west")[0] == ("account.linked", {"programme": "east"})


def test_what_is_shared_names_no_account(person, installation: Flask, at) -> None:
    one = person()
    one.are_linked()
    with at("east"):
        email = one.account("east").email
    one.press_go()
    for table in ("link_halves", "tickets", "crossings"):
        columns = _shared(
            installation,
            "SELECT column_name FROM information_schema.columns "  # noqa: S608
            f"WHERE table_schema = 'portal_shared' AND table_name = '{table}'",
        )
        assert not {"user_id", "account", "email", "name"} & {name for (name,) in columns}
        rows = _shared(installation, f"SELECT * FROM portal_shared.{table}")  # noqa: S608
        assert email not in str(rows)


def test_whoever_came_over_is_as_strong_as_both_sign_ins_and_the_link(person, at) -> None:
    one = person(east=STAFF, west=STAFF)
    one.are_linked()
    assert one.go().location == "/"
    assert one.session("west").strong
    assert one.browsers["west"].get("/employers/").status_code == 200


def test_an_account_that_asks_for_a_second_step_is_not_reached_without(person) -> None:
    one = person(west=STAFF)
    one.are_linked()
    refused = one.go()
    assert refused.location == "/account/login"
    assert "second step" in one.browsers["west"].get("/account/login").text
    assert not one.is_in("west")


def test_nobody_links_without_the_second_step_that_the_account_asks_for(person) -> None:
    one = person(east=STAFF)
    one.sign_in("east", strong=False)
    assert "second step first" in one.offer().text
    with one.at("east"):
        assert one.audited("east") == []


def test_a_session_lasts_no_longer_than_the_one_it_came_from(person, at) -> None:
    one = person(east=STAFF)
    one.are_linked()
    one.go()
    here, there = one.session("east"), one.session("west")
    assert there.expires_at == here.expires_at
    assert here.expires_at <= utc_now() + rules.STAFF_SESSION_LENGTH
    # Idle as long as staff in the East may be, although nobody is staff in the West.
    with freeze(utc_now() + rules.STAFF_IDLE_LENGTH - timedelta(minutes=1)):
        assert one.is_in("west")
    _forget(one, "west")
    one.sign_in("east")
    one.go()
    with freeze(utc_now() + rules.STAFF_IDLE_LENGTH + timedelta(minutes=1)):
        assert not one.is_in("west")


def test_signing_out_there_signs_out_what_came_from_it(person) -> None:
    one = person()
    one.are_linked()
    one.go()
    assert one.is_in("west")
    _sign_out(one, "east")
    assert not one.is_in("east")
    assert not one.is_in("west")


def test_whoever_came_over_goes_no_further_and_changes_nothing_sensitive(person) -> None:
    one = person()
    one.are_linked()
    one.go()
    west = one.browsers["west"]
    page = west.get(PAGE).text
    assert "You came here from" in page
    assert "Go over" not in page
    link = one.link_id("west")
    refused = west.post(f"{PAGE}/{link}/go", data={"csrf_token": _token(west)})
    assert refused.location == PAGE
    assert west.get(f"{PAGE}/link").location == PAGE
    # The library asks for this account's own password before each of these.
    for path in ("/account/wan-register", "/account/tf-setup", "/account/mf-recovery-codes"):
        answer = west.get(path)
        assert (answer.location or "").startswith("/account/verify"), path


def test_back_where_one_is_signed_in_already_nothing_changes(person) -> None:
    one = person()
    one.are_linked()
    one.sign_in("west")
    before = one.session("west").id
    one.go()
    assert one.session("west").id == before
    assert one.session("west").crossing is None


def test_unlinked_from_either_side_it_is_over_on_both_at_once(person, installation: Flask) -> None:
    for first, other in (("east", "west"), ("west", "east")):
        one = person()
        one.are_linked()
        one.go()
        assert one.is_in("west")
        path = f"{PAGE}/{one.link_id(first)}/unlink"
        one.browsers[first].submit(PAGE, form=path)
        assert not one.is_in("west")
        one.sign_in("west")
        assert "Linked since" not in one.browsers[other].get(PAGE).text
        assert _shared(installation, "SELECT * FROM portal_shared.link_halves") == []
        assert _shared(installation, "SELECT * FROM portal_shared.crossings") == []


def test_an_offer_needs_a_fresh_sign_in_and_so_does_agreeing(person) -> None:
    one = person()
    one.sign_in("east")
    make_stale_at(one, "east")
    assert one.browsers["east"].get(f"{PAGE}/link").location.startswith("/account/verify")
    one.sign_in("east")
    one.sign_in("west")
    make_stale_at(one, "west")
    one.carry(one.offer())
    # An open browser there is not enough: whoever sits at it shows that it is them.
    asked = one.browsers["west"].get(f"{PAGE}/accept")
    assert asked.location.startswith("/account/verify")
    with one.at("west"):
        one.browsers["west"].submit(asked.location, {"password": PASSWORD})
    assert "are linked" in one.browsers["west"].submit(f"{PAGE}/accept").text


def make_stale_at(one, slug: str) -> None:
    make_stale(one.browsers[slug], timedelta(hours=1))


def test_the_night_removes_what_holds_no_more(person, at, installation: Flask) -> None:
    one = person()
    one.are_linked()
    with at("east"), unit_of_work():
        service.end_links(user_ids=[one.accounts["east"]], why="test")
    with at("west"):
        links.sweep()
    assert one.audited("west")[-1] == (
        "account.link_ended",
        {"programme": "east", "why": "ended_there"},
    )
    # An offer that nobody agreed to.
    one.sign_in("east")
    one.offer()
    with freeze(utc_now() + timedelta(hours=2)), at("east"):
        links.sweep()
    assert _shared(installation, "SELECT * FROM portal_shared.tickets") == []
    assert _shared(installation, "SELECT * FROM portal_shared.link_halves") == []


def test_every_page_of_it_stands_in_the_access_table(installation: Flask, browser) -> None:
    table = installation.extensions[TABLE_EXTENSION]
    mine = {
        rule.endpoint
        for rule in installation.url_map.iter_rules()
        if "my_programmes" in rule.endpoint
    }
    assert len(mine) == 7
    assert mine <= table.keys()
    for path in (PAGE, f"{PAGE}/link", f"{PAGE}/accept"):
        assert browser(EAST).get(path).location.startswith("/account/login")


def test_one_programme_alone_shows_nothing_of_it(app: Flask, client) -> None:
    from tests.factories.accounts import make_user, sign_in

    sign_in(client, make_user())
    assert "programmes" not in client.get("/account").text.lower()
    client.check_pages = False
    for path in (PAGE, f"{PAGE}/link", f"{PAGE}/arrive"):
        assert client.get(path).status_code == 404


def test_the_tables_of_a_programme_are_as_the_models_say(at, installation: Flask) -> None:
    with at("west"):
        assert differences(installation.extensions["portal_db"]) == []


def test_tickets_stay_out_of_logs_and_addresses(person, caplog) -> None:
    one = person()
    one.are_linked()
    with caplog.at_level("DEBUG"):
        pressed = one.press_go()
        ticket = ticket_of(pressed)
        answer = one.carry(pressed)
    assert ticket not in caplog.text
    assert ticket not in (answer.location or "")


def test_the_account_of_another_is_never_in_the_page(person, at) -> None:
    one, two = person(), person()
    one.are_linked()
    two.are_linked()
    theirs = one.link_id("east")
    east = two.browsers["east"]
    for action in ("go", "unlink"):
        answer = east.post(f"{PAGE}/{theirs}/{action}", data={"csrf_token": _token(east)})
        assert answer.status_code in {302, 404}
    assert one.go().location == "/"
    with at("east"):
        assert current_session().get(User, one.accounts["east"]) is not None
