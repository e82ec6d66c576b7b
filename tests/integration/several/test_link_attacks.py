"""Attacks on links between programmes: none gets anybody into an account that is not theirs.

Each that is refused for what somebody changed has its control: the same way over, unchanged, works.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from portal.accounts import crossing, service
from portal.accounts.models import Role, User, WebauthnCredential
from portal.db import current_session, unit_of_work
from portal.db.programmes import forget_programmes, outside, programmes
from portal.kernel.clock import freeze, utc_now
from tests.factories.accounts import PASSWORD
from tests.integration.several.conftest import EAST, WEST
from tests.integration.several.crossings import PAGE, Traveller, arrive, come_in, ticket_of

BIG = os.environ.get("BIG") == "1"
ELSEWHERE = (None, "null", "https://evil.example", "http://east.example.evil.example", f"{WEST}:80")


def _gone(one: Traveller) -> None:
    """The browser has nothing at West."""
    one.browsers["west"].delete_cookie("session", domain="west.example")


def _linked(person: Callable[..., Traveller], **values: Any) -> Traveller:
    one = person(**values)
    one.are_linked()
    return one


def _refused(one: Traveller, ticket: str) -> None:
    answer = come_in(one.browsers["west"], ticket, WEST)
    assert answer.location == "/account/login", answer.status_code
    assert not one.is_in("west")


# The ticket --------------------------------------------------------------------------------------


def test_a_ticket_works_once(person) -> None:
    one, other = _linked(person), person()
    ticket = ticket_of(one.press_go())
    assert come_in(one.browsers["west"], ticket, WEST).location == "/"
    assert one.is_in("west")
    _refused(other, ticket)


def test_of_many_at_once_one_gets_in(person, installation: Flask) -> None:
    one = _linked(person)
    ticket = ticket_of(one.press_go())

    def take(_number: int) -> str | None:
        browser = installation.test_client()
        browser.base_url = WEST  # type: ignore[attr-defined]
        return come_in(browser, ticket, WEST).location  # type: ignore[arg-type]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(take, range(4)))
    assert sorted(answers) == ["/", *["/account/login"] * 3]


def test_a_ticket_is_good_for_a_minute(person) -> None:
    one = _linked(person)
    ticket = ticket_of(one.press_go())
    with freeze(utc_now() + timedelta(seconds=61)):
        _refused(one, ticket)
    # And it is gone, whatever the clock says afterwards.
    _refused(one, ticket)
    late = ticket_of(one.press_go())
    with freeze(utc_now() + timedelta(seconds=50)):
        assert come_in(one.browsers["west"], late, WEST).location == "/"


def test_a_ticket_that_is_changed_or_made_up_is_nothing(person, installation: Flask) -> None:
    one, other = _linked(person), _linked(person)
    ticket = ticket_of(one.press_go())
    theirs = ticket_of(other.press_go())
    with installation.app_context():
        mine, victim = crossing.read(ticket), crossing.read(theirs)
        assert mine is not None
        assert victim is not None
        # Signed by the portal, as if its key were known, but no row of the shared table is theirs.
        made = [
            crossing._written(crossing.Slip("go", "east", "west", victim.link, "x" * 43)),
            crossing._written(crossing.Slip("go", "east", "west", victim.link, mine.secret)),
            crossing._written(crossing.Slip("link", "east", "west", mine.link, mine.secret)),
            crossing._written(crossing.Slip("go", "west", "west", mine.link, mine.secret)),
            crossing._written(crossing.Slip("go", "north", "west", mine.link, mine.secret)),
            crossing._signer().dumps({"kind": "go"}),
            crossing._signer().dumps(["go"]),
        ]
    head, _dot, signature = ticket.rpartition(".")
    for forged in ("", "x", ticket[:-1], head, f"{theirs.rpartition('.')[0]}.{signature}", *made):
        answer = come_in(one.browsers["west"], forged, WEST)
        assert answer.location in {"/account/login", f"{PAGE}/accept"}, forged
        assert not one.is_in("west")
    # The control: nothing of that used up the real one.
    assert come_in(one.browsers["west"], ticket, WEST).location == "/"


def test_a_ticket_to_one_programme_is_no_other_ones(person) -> None:
    one = _linked(person)
    ticket = ticket_of(one.press_go())
    one.browsers["east"].delete_cookie("session", domain="east.example")
    assert come_in(one.browsers["east"], ticket, EAST).location == "/account/login"
    assert not one.is_in("east")
    assert come_in(one.browsers["west"], ticket, WEST).location == "/"


def test_no_other_site_posts_a_ticket_here(person) -> None:
    """Otherwise somebody would find himself signed in as the attacker, or asked to link to him."""
    one = _linked(person)
    ticket = ticket_of(one.press_go())
    for origin, post in itertools.product(ELSEWHERE, (arrive, come_in)):
        assert post(one.browsers["west"], ticket, origin).status_code == 400, origin
    assert not one.is_in("west")
    # The page that posts on is our own, and the other programme may not post to it.
    assert come_in(one.browsers["west"], ticket, EAST).status_code == 400
    assert arrive(one.browsers["west"], ticket, WEST).status_code == 400
    assert one.carry_ticket(ticket).location == "/"


def test_what_arrives_leaves_the_browser_as_it_is(person) -> None:
    """No cookie of ours comes with another site's form: one that is set would replace ours."""
    one = _linked(person)
    answer = arrive(one.browsers["west"], ticket_of(one.press_go()), EAST)
    assert answer.status_code == 200
    assert answer.headers.getlist("Set-Cookie") == []


def test_a_ticket_goes_when_its_sign_in_ends(person) -> None:
    one = _linked(person)
    ticket = ticket_of(one.press_go())
    one.browsers["east"].submit("/account", form="end-all")
    _refused(one, ticket)


# Linking to what is not one's own ----------------------------------------------------------------


def test_nobody_is_linked_by_an_address(person, at) -> None:
    """An administrator of one programme gives somebody an account with another's address."""
    victim = person(east={"roles": ["administrator"]})
    with at("east"):
        address = victim.account("east").email
    attacker = person(west={"email": address})
    attacker.sign_in("west")
    page = attacker.browsers["west"].get(PAGE).text
    assert "Go over" not in page
    with at("east"):
        count = current_session().scalar(
            text("SELECT count(*) FROM linked_accounts WHERE user_id = :id"),
            {"id": victim.accounts["east"]},
        )
    assert count == 0


def test_an_offer_is_accepted_only_by_who_signs_in_after_it_came(person, at) -> None:
    """The attacker's offer, brought to the victim's open browser somehow."""
    attacker, victim = person(), person()
    attacker.sign_in("east")
    offered = attacker.offer()
    victim.sign_in("west")
    with freeze(utc_now() + timedelta(seconds=2)):
        arrived = arrive(victim.browsers["west"], ticket_of(offered), EAST)
        come_in(victim.browsers["west"], ticket_of(arrived), WEST)
    answer = victim.browsers["west"].get(f"{PAGE}/accept")
    assert answer.location.startswith("/account/verify")
    # Whoever is talked into showing the password sees whose account it would be.
    with at("west"):
        victim.browsers["west"].submit(answer.location, {"password": PASSWORD}, follow=False)
    with at("east"):
        address = attacker.account("east").email
    later = utc_now() + timedelta(seconds=4)
    with victim.browsers["west"].session_transaction() as cookie:
        cookie["fs_paa"] = later.timestamp()
    assert address in victim.browsers["west"].get(f"{PAGE}/accept").text


def test_an_offer_is_good_once_and_for_a_quarter_of_an_hour(person) -> None:
    one, two = person(), person()
    one.sign_in("east")
    offered = one.offer()
    one.carry(offered)
    two.carry(offered)
    one.sign_in("west")
    two.sign_in("west")
    assert "are linked" in one.browsers["west"].submit(f"{PAGE}/accept").text
    assert two.browsers["west"].get(f"{PAGE}/accept").location == PAGE
    # Late.
    three = person()
    three.sign_in("east")
    three.carry(three.offer())
    three.sign_in("west")
    with freeze(utc_now() + timedelta(minutes=16)):
        assert three.browsers["west"].get(f"{PAGE}/accept").location == PAGE


def test_an_offer_signs_nobody_in(person) -> None:
    one = person()
    one.sign_in("east")
    ticket = ticket_of(one.offer())
    assert come_in(one.browsers["west"], ticket, WEST).location == f"{PAGE}/accept"
    assert not one.is_in("west")


# What changes afterwards -------------------------------------------------------------------------


def _close(user: User) -> None:
    service.close_account(user_id=user.id)


def _other_roles(user: User) -> None:
    service.set_roles(user_id=user.id, roles=["evaluator"])


def _no_roles(user: User) -> None:
    service.set_roles(user_id=user.id, roles=[])


def _reset(user: User) -> None:
    service.reset_second_step(user_id=user.id)


def _signed_out(user: User) -> None:
    service.sign_out_everywhere(user_id=user.id)


# In ways that tell nobody: straight to the table, as a mistake or a new page might.
def _quiet_close(user: User) -> None:
    user.active = False


def _quiet_address(user: User) -> None:
    user.email = f"other{user.id}@example.org"


def _quiet_unconfirmed(user: User) -> None:
    user.confirmed_at = None


def _quiet_password(user: User) -> None:
    user.password = "$argon2id$other"


def _quiet_second_step(user: User) -> None:
    service.set_up_totp(user=user)


def _quiet_role(user: User) -> None:
    session = current_session()
    user.roles = [session.query(Role).filter_by(name="administrator").one()]


def _quiet_passkey(user: User) -> None:
    user.webauthn.append(
        WebauthnCredential(
            name="Example key",
            credential_id=str(user.id).encode(),
            public_key=b"key",
            backup_state=False,
            device_type="single",
            usage="first",
            lastuse_datetime=utc_now(),
        )
    )


TOLD = (_close, _other_roles, _no_roles, _reset, _signed_out)
QUIET = (
    *(_quiet_close, _quiet_address, _quiet_unconfirmed, _quiet_password),
    *(_quiet_second_step, _quiet_role, _quiet_passkey),
)


# Each on one side; with BIG=1 on both.
ON_SIDES = [
    pytest.param(change, side, id=f"{change.__name__.strip('_')}-{side}")
    for number, change in enumerate((*TOLD, *QUIET))
    for place, side in enumerate(("east", "west"))
    if BIG or number % 2 == place
]


@pytest.mark.slow
@pytest.mark.parametrize(("change", "side"), ON_SIDES)
def test_a_link_ends_with_what_changes_how_an_account_is_reached(
    person, at, side: str, change: Callable[[User], None]
) -> None:
    one = _linked(person, east={"roles": ["lep_officer"]}, west={"roles": ["lep_officer"]})
    assert one.go().location == "/", "the control"
    _gone(one)
    ticket = ticket_of(one.press_go())
    with at(side), unit_of_work():
        change(one.account(side))
    if side == "west" or change in TOLD:
        _refused(one, ticket)
    one.sign_in("east")
    if not one.is_in("east"):
        assert change in {_close, _quiet_close}
    elif change in TOLD:
        assert "Go over" not in one.browsers["east"].get(PAGE).text
    elif side == "east":
        assert one.press_go().location == PAGE


@pytest.mark.parametrize("change", TOLD, ids=lambda one: one.__name__.strip("_"))
def test_whoever_came_over_is_out_as_soon_as_the_link_ends(
    person, at, change: Callable[[User], None]
) -> None:
    one = _linked(person, east={"roles": ["lep_officer"]}, west={"roles": ["lep_officer"]})
    one.go()
    assert one.is_in("west")
    with at("east"), unit_of_work():
        change(one.account("east"))
    assert not one.is_in("west")


def test_an_account_that_is_erased_takes_its_links_along(person, at, installation: Flask) -> None:
    from portal.governance.service.leaving import close_accounts

    one = _linked(person)
    one.go()
    with at("east"), unit_of_work():
        close_accounts([one.accounts["east"]])
        left = current_session().scalar(
            text("SELECT count(*) FROM linked_accounts WHERE user_id = :id"),
            {"id": one.accounts["east"]},
        )
    assert not one.is_in("west")
    assert left == 0
    with installation.app_context(), outside():
        engine = installation.extensions["portal_db"].engine
        with engine.connect() as connection:
            for table in ("link_halves", "tickets", "crossings"):
                statement = f"SELECT count(*) FROM portal_shared.{table}"  # noqa: S608
                assert connection.scalar(text(statement)) == 0, table


def test_a_programme_that_closes_takes_its_links_along(person, installation: Flask) -> None:
    one = _linked(person)
    one.go()
    assert one.is_in("west")
    ticket = ticket_of(one.press_go())
    engine = installation.extensions["portal_db"].engine

    def close(day: str) -> None:
        with installation.app_context():
            with outside(), engine.begin() as connection:
                connection.execute(
                    text(
                        "UPDATE portal_shared.programmes "  # noqa: S608
                        f"SET closed_on = {day} WHERE slug = 'east'"
                    )
                )
            forget_programmes()

    close("current_date")
    try:
        with installation.app_context():
            assert [it.slug for it in programmes()] == ["west"]
        assert not one.is_in("west")
        assert arrive(one.browsers["west"], ticket, EAST).status_code == 400
        assert come_in(one.browsers["west"], ticket, WEST).location == "/account/login"
        one.sign_in("west")
        assert "Example programme east" not in one.browsers["west"].get(PAGE).text
    finally:
        close("NULL")


def test_asking_again_and_again_is_limited(person) -> None:
    one = person()
    one.sign_in("east")
    statuses = [one.offer().status_code for _ in range(12)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert len(one.mails("east")) <= 10
