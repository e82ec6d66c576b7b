"""An employer in the network, from joining to meeting a peer, by keyboard where it counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from portal.accounts.models import User
from portal.db import current_session, unit_of_work
from portal.kernel.clock import utc_now
from portal.network.models import AwardApplication, ForumCategory, PeerOffer
from tests.e2e import money_world as world
from tests.e2e.case_steps import choose, fill, follow, go, heading, press, see
from tests.e2e.conftest import NewPage
from tests.e2e.support import LiveServer
from tests.factories.accounts import make_user
from tests.factories.awards import write
from tests.factories.caseload import author_of
from tests.factories.diagnostics import make_response
from tests.factories.employers import make_employer
from tests.factories.forum import make_promise
from tests.factories.network import make_event
from tests.factories.peers import make_helper

WORDS = {"phone": "Thistle", "desktop": "Umber"}
QUESTION = "How far ahead does the rota go up?"
ANSWER = "Four weeks, and the team swaps shifts itself."


@dataclass
class Journey:
    """Whoever joins, whoever has done it, a visitor and an officer of the LEP."""

    server: LiveServer
    word: str
    employer: str
    owner_user: User
    helper: str
    event: str
    category: str
    owner: Page
    other: Page
    visitor: Page
    officer: Page
    thread: str = ""


@pytest.fixture
def inside(demo: LiveServer) -> Iterator[Flask]:
    """The demonstration's application in this process."""
    # What the demonstration left for the worker comes first: mail waits behind it.
    demo.settle()
    with world.inside(demo) as app:
        yield app


def key_press(page: Page, name: str) -> None:
    """Walk to a button with the tab key and press it with Enter, as without a mouse."""
    button = page.locator("main").get_by_role("button", name=name, exact=True)
    for _ in range(60):
        if button.evaluate("(one) => one === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(button).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    see(page)


def flash(page: Page, words: str) -> None:
    expect(page.locator(".app-flash")).to_contain_text(words)


def joins_and_shows_what_it_wants(journey: Journey) -> None:
    page, name = journey.owner, f"Example {journey.word} Tea Room"
    go(page, f"/employers/{journey.employer}/network")
    # The tick that opens a field has the same words as its box.
    page.get_by_role("textbox", name="What you do").fill("Tea and cakes by the canal.")
    page.get_by_role("textbox", name="Who to ask for").fill("Nora in the back office")
    choose(page, "What may others see?", "What you do", "Sector")
    page.get_by_role("checkbox", name="Name of the business").check()
    key_press(page, "See what others will see")
    expect(page.locator("main")).to_contain_text("Nothing of this is shown yet")
    expect(page.locator("main")).not_to_contain_text("Nora in the back office")
    key_press(page, "Show this and join")
    flash(page, "You are in the network")
    go(journey.visitor, "/network/directory")
    follow(journey.visitor, name)
    expect(journey.visitor.locator("main")).to_contain_text("Tea and cakes by the canal")
    expect(journey.visitor.locator("main")).not_to_contain_text("Nora")


def applies_for_an_award(journey: Journey) -> None:
    page = journey.owner
    go(page, f"/employers/{journey.employer}/awards")
    page.get_by_label("Committed", exact=True).check()
    press(page, "Begin an application")
    address = page.url
    page.locator(".govuk-task-list a").nth(1).click()
    see(page)
    page.get_by_role("textbox").first.fill("The owner answers for it, every month.")
    key_press(page, "Save and go on")
    # The other criteria as they would be written, one page each.
    with unit_of_work():
        write(address.rsplit("/", 1)[-1], author_of(journey.owner_user))
    go(page, f"{address}/check")
    key_press(page, "Send the application")
    flash(page, "Your application is sent")
    state = select(AwardApplication.state).where(
        AwardApplication.reference == address.rsplit("/", 1)[-1]
    )
    current_session().rollback()
    assert current_session().scalar(state) == "submitted"


def registers_and_gives_the_place_back(journey: Journey) -> None:
    page, email = journey.visitor, f"ann.{journey.word.lower()}@example.org"
    go(page, f"/events/{journey.event}")
    expect(page.locator("main")).to_contain_text("1 of 1 are free")
    press(page, "Register")
    page.get_by_label("Your name").focus()
    page.keyboard.type("Ann Example")
    page.keyboard.press("Tab")
    page.keyboard.type(email)
    key_press(page, "Register")
    heading(page, "You have a place")
    go(page, f"/events/{journey.event}")
    expect(page.locator("main")).to_contain_text("Full")
    go(page, journey.server.link_to(email, "You have a place"))
    key_press(page, "Give my place back")
    heading(page, "You are not registered any more")
    go(page, f"/events/{journey.event}")
    expect(page.locator("main")).to_contain_text("1 of 1 are free")


def asks_in_the_forum(journey: Journey) -> None:
    page = journey.owner
    go(page, "/forum/new")
    heading(page, re.compile("Code of conduct", re.IGNORECASE))
    page.get_by_label("I have read this and will keep to it").check()
    key_press(page, "Go on")
    page.get_by_label("Part of the forum").select_option(journey.category)
    fill(page, "Title", f"Rotas in the {journey.word} tea room")
    fill(page, "Your post", QUESTION)
    key_press(page, "Post your question")
    flash(page, "Your post is in the forum")
    journey.thread = re.sub(r"[?#].*", "", page.url)
    go(journey.other, journey.thread)
    fill(journey.other, "Your post", ANSWER)
    key_press(journey.other, "Post your answer")
    go(page, journey.thread)
    answer = page.locator("article").filter(has_text=ANSWER)
    with page.expect_navigation():
        answer.get_by_role("button", name=re.compile("^This is the answer")).press("Enter")
    see(page)
    flash(page, "This is marked as the answer")
    expect(page.locator("main").get_by_text("Answered", exact=True)).to_be_visible()


def asks_for_a_peer(journey: Journey) -> None:
    page = journey.owner
    go(page, f"/employers/{journey.employer}/peers/ask")
    page.get_by_label("What is it about?").select_option("scheduling")
    fill(page, "What would you like to ask somebody who has done it?", "Who swaps shifts?")
    key_press(page, "Ask")
    officer, asker = journey.officer, f"Example {journey.word} Tea Room"
    go(officer, "/network/matches")
    section = officer.locator("section").filter(has_text=asker)
    button = section.get_by_role(
        "button", name=re.compile(f"Propose Example {journey.word} Mill for {asker}")
    )
    with officer.expect_navigation():
        button.press("Enter")
    see(officer)
    flash(officer, "Both are asked by mail")


def meets_when_both_agree(journey: Journey) -> None:
    """Nobody reads a contact before both have agreed; then each has the other's."""
    owner, other = journey.owner, journey.other
    mail = f"helper.{journey.word.lower()}@example.org"
    go(owner, f"/employers/{journey.employer}/peers")
    follow(owner, f"Example {journey.word} Mill")
    expect(owner.locator("main")).not_to_contain_text(mail)
    key_press(owner, "Agree")
    expect(owner.locator("main")).not_to_contain_text(mail)
    assert mail not in owner.content()
    go(other, journey.server.link_to(mail, "A peer to talk with"))
    expect(other.locator("main")).to_contain_text("Who swaps shifts?")
    assert journey.owner_user.email not in other.content()
    key_press(other, "Agree")
    expect(other.locator("main")).to_contain_text(journey.owner_user.email)
    owner.reload()
    see(owner)
    expect(owner.locator("main")).to_contain_text(mail)


def staff_look_at_the_whole(journey: Journey) -> None:
    page = journey.officer
    go(page, "/network/report")
    expect(page.locator("main")).to_contain_text("In words")
    expect(page.locator("main svg")).to_be_visible()
    expect(page.get_by_role("table").first).to_be_visible()


def _made(inside: Flask, demo: LiveServer, word: str, opened: Callable[..., Page]) -> Journey:
    small = word.lower()
    with unit_of_work():
        owner = make_user(name="Nell Example", email=f"nell.{small}@example.org")
        employer = make_employer(
            owner_id=owner.id,
            name=f"Example {word} Tea Room",
            sector="hospitality",
            district="leeds",
        )
        person = make_user(name="Max Example", email=f"max.{small}@example.org")
        make_promise(person)
        helper = make_helper(owner_id=person.id, name=f"Example {word} Mill")
        _contact(helper.id, f"helper.{small}@example.org")
        event = make_event(
            title=f"Rotas with {word}", starts_at=utc_now() + timedelta(days=20), capacity=1
        )
        category = (
            current_session()
            .scalars(select(ForumCategory.slug).where(ForumCategory.closed_at.is_(None)))
            .first()
        )
        references = employer.reference, helper.reference, event.reference, str(category)
    make_response(employer=references[0])
    return Journey(
        demo,
        word,
        references[0],
        owner,
        *references[1:],
        owner=opened(world.browser_state(inside, owner)),
        other=opened(world.browser_state(inside, person)),
        visitor=opened(None),
        officer=opened(world.browser_state(inside, world.person("officer@lep.example"))),
    )


def _contact(employer_id: int, email: str) -> None:
    offer = current_session().query(PeerOffer).filter_by(employer_id=employer_id).one()
    offer.contact_email = email


@pytest.mark.timeout(300)
def test_an_employer_finds_its_way_in_the_network(
    demo: LiveServer, inside: Flask, new_page: NewPage, viewport: str
) -> None:
    def opened(state: dict[str, object] | None) -> Page:
        kept = {} if state is None else {"storage_state": state}
        return new_page(viewport, url=demo.url, **kept)

    journey = _made(inside, demo, WORDS[viewport], opened)
    steps: tuple[Callable[[Journey], None], ...] = (
        *(joins_and_shows_what_it_wants, applies_for_an_award),
        *(registers_and_gives_the_place_back, asks_in_the_forum, asks_for_a_peer),
        *(meets_when_both_agree, staff_look_at_the_whole),
    )
    for step in steps:
        step(journey)
