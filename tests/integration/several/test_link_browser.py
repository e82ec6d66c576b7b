"""Going over in a real browser: what it sends by itself, and what its own rules would stop.

Which site a form comes from, which cookies travel with it and which addresses a page's policy lets
it post to is the browser's business; no test client knows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    Request,
    Route,
    expect,
)

from scripts.chromium import find_chromium
from tests.e2e.support import BIG, CHROMIUM_FLAGS, faults_of, shot
from tests.factories.accounts import PASSWORD
from tests.integration.several.conftest import EAST, WEST
from tests.integration.several.crossings import PAGE, Traveller, ticket_of
from tests.support.served import served


@pytest.fixture
def chromium(installation: Flask, playwright: Playwright) -> Iterator[Browser]:
    """A browser for which both programmes' hosts are this machine."""
    hosts = [urlsplit(address).hostname for address in (EAST, WEST)]
    with served(installation) as here:
        rules = ", ".join(f"MAP {host} {here}" for host in hosts)
        path = find_chromium()
        assert path, "No Chromium here: run `make chromium`"
        browser = playwright.chromium.launch(
            executable_path=path, args=[*CHROMIUM_FLAGS, f"--host-resolver-rules={rules}"]
        )
        yield browser
        browser.close()


def _sign_in(page: Page, email: str) -> None:
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def _emails(person: Traveller) -> dict[str, str]:
    found = {}
    for slug in ("east", "west"):
        with person.at(slug):
            found[slug] = person.account(slug).email
    return found


def _at(page: Page, address: str) -> str:
    page.wait_for_url(f"{address}/**")
    page.wait_for_load_state()
    return page.url.removeprefix(address)


@pytest.mark.slow
def test_one_press_goes_over_with_scripts(chromium: Browser, person) -> None:
    emails = _emails(one := person())
    context = chromium.new_context(locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(15_000)
    asked: list[Request] = []
    # The library wants a function of our own, not a list's method.
    context.on("request", lambda request: asked.append(request))  # noqa: PLW0108
    page = context.new_page()
    page.goto(f"{EAST}/account/login")
    _sign_in(page, emails["east"])
    page.goto(f"{EAST}{PAGE}/link")
    faults = faults_of(page, "link") if BIG else []
    shot(page, "programmes-link")
    page.get_by_label("Programme").select_option("west")
    page.get_by_role("button", name="Continue").click()
    # Two forms have posted themselves, through the policy of each page, and a sign-in is wanted.
    assert _at(page, WEST).startswith("/account/login")
    _sign_in(page, emails["west"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Link your accounts")
    expect(page.get_by_text(emails["east"])).to_be_visible()
    faults += faults_of(page, "accept")
    shot(page, "programmes-accept")
    page.get_by_role("button", name="Link these accounts").click()
    expect(page.get_by_text("are linked")).to_be_visible()
    page.get_by_role("button", name="Sign out", exact=True).click()

    page.goto(f"{EAST}{PAGE}")
    faults += faults_of(page, "programmes")
    shot(page, "programmes-desktop")
    page.get_by_role("button", name="Go over").click()
    page.wait_for_url(f"{WEST}/employers/find")
    page.goto(f"{WEST}/account")
    expect(page.get_by_text(emails["west"])).to_be_visible()
    page.goto(f"{WEST}{PAGE}")
    expect(page.get_by_role("link", name="Back to Example programme east")).to_be_visible()
    faults += faults_of(page, "programmes over there") if BIG else []
    for width, name in ((390, "phone"), (1280, "desktop")):
        page.set_viewport_size({"width": width, "height": 844})
        shot(page, f"programmes-over-{name}")
    assert not faults, "\n".join(faults)
    _nothing_told(asked)

    # Signing out in the East is signing out of what came from there.
    page.goto(f"{EAST}/account")
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.goto(f"{WEST}/account")
    assert _at(page, WEST).startswith("/account/login")
    context.close()
    assert one.audited("west")[-1][0] == "account.came_over"


def _nothing_told(asked: list[Request]) -> None:
    """No address holds a ticket, and no other site is told more than the host."""
    forms = [one for one in asked if one.method == "POST" and "ticket=" in (one.post_data or "")]
    assert len(forms) == 4
    tickets = {(one.post_data or "").partition("ticket=")[2] for one in forms}
    assert len(tickets) == 2
    for one in asked:
        assert not any(ticket in one.url for ticket in tickets)
        referer = one.headers.get("referer", "")
        if referer and urlsplit(referer).netloc != urlsplit(one.url).netloc:
            assert urlsplit(referer).path in {"", "/"}, referer


def _answering(body: str) -> Callable[[Route], None]:
    # A function of one argument: a second would be given the request.
    return lambda route: route.fulfill(content_type="text/html", body=body)


def test_without_scripts_by_buttons_and_from_another_site_not_at_all(
    chromium: Browser, person
) -> None:
    """Somebody's page posts his own good ticket: the browser says which site it comes from."""
    attacker, one = person(), person()
    attacker.are_linked()
    one.are_linked()
    emails = _emails(one)
    context: BrowserContext = chromium.new_context(
        locale="en-GB", java_script_enabled=False, viewport={"width": 390, "height": 844}
    )
    context.set_default_timeout(15_000)
    page = context.new_page()
    ticket = ticket_of(attacker.press_go())
    for path in ("arrive", "come-in"):
        form = (
            f'<form method="post" action="{WEST}{PAGE}/{path}"><input name="ticket" '
            f'value="{ticket}"><button>Win</button></form>'
        )
        page.route("http://evil.example/", _answering(form))
        page.goto("http://evil.example/")
        with page.expect_response(f"{WEST}{PAGE}/{path}") as answer:
            page.get_by_role("button", name="Win").click()
        assert answer.value.status == 400
        page.unroute("http://evil.example/")
        page.goto(f"{WEST}/account")
        assert _at(page, WEST).startswith("/account/login")
    # The control: the same ticket is good; and from the programme's own page, by a button on each
    # side, one goes over.
    assert attacker.carry_ticket(ticket).location == "/"
    page.goto(f"{EAST}/account/login")
    _sign_in(page, emails["east"])
    page.goto(f"{EAST}{PAGE}")
    page.get_by_role("button", name="Go over").click()
    page.get_by_role("button", name="Continue").click()
    assert _at(page, WEST) == f"{PAGE}/arrive"
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{WEST}/employers/find")
    page.goto(f"{WEST}/account")
    expect(page.get_by_text(emails["west"])).to_be_visible()
    context.close()
