"""Passkeys in a real browser with an authenticator of its own, and the pages of sign-in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.support import shot, LiveServer, browser_context, page_check

PASSWORD = "three calm otters"


@pytest.fixture
def home(live_server: LiveServer) -> str:
    """The server by name: a passkey belongs to a host name, never to a bare address."""
    return live_server.url.replace("127.0.0.1", "localhost")


@pytest.fixture
def with_passkeys(browser: Browser, home: str) -> Iterator[Page]:
    """A phone's browser with a built-in authenticator that knows its owner."""
    with browser_context(browser, home, "phone") as context:
        page = context.new_page()
        devtools = context.new_cdp_session(page)
        devtools.send("WebAuthn.enable")
        devtools.send(
            "WebAuthn.addVirtualAuthenticator",
            {
                "options": {
                    "protocol": "ctap2",
                    "transport": "internal",
                    "hasResidentKey": True,
                    "hasUserVerification": True,
                    "isUserVerified": True,
                    "automaticPresenceSimulation": True,
                }
            },
        )
        yield page


def _account(live_server: LiveServer, email: str, *options: str) -> str:
    return live_server.flask(
        "accounts", "create", email, "--name", "Pat O'Neil", "--demo-password", PASSWORD, *options
    )


def _sign_in(page: Page, home: str, email: str) -> None:
    page.goto(f"{home}/account/login")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def _sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("link", name="Sign in").first).to_be_visible()


def _add(page: Page, home: str, name: str, use: str) -> None:
    page.goto(f"{home}/account/wan-register")
    page.get_by_label("A name for it").fill(name)
    page.get_by_label(use).check()
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_text(f"The passkey {name} is added")).to_be_visible()


def test_a_passkey_instead_of_a_password(
    with_passkeys: Page, live_server: LiveServer, home: str
) -> None:
    page = with_passkeys
    # An apostrophe in the address once ended the script's string in the library's own page.
    email = "pat.o'neil@example.org"
    _account(live_server, email)
    _sign_in(page, home, email)
    _add(page, home, "Telephone", "Sign in with it instead of my password")
    page_check(page); shot(page,"acc-"+page.url.split("/account")[-1].split("?")[0].replace(":","").replace("/","-")[:24]+"-"+str(page.viewport_size["width"])+"b",full=True)
    page.goto(f"{home}/account")
    _sign_out(page)
    page.goto(f"{home}/account/login?next=/account")
    page.get_by_role("link", name="Sign in with a passkey instead").click()
    page_check(page); shot(page,"acc-"+page.url.split("/account")[-1].split("?")[0].replace(":","").replace("/","-")[:24]+"-"+str(page.viewport_size["width"])+"b",full=True)
    page.get_by_role("button", name="Use my passkey").click()
    page.wait_for_url(f"{home}/account")
    expect(page.get_by_text(email)).to_be_visible()
    strong = live_server.rows(
        "SELECT s.strong FROM user_sessions s JOIN users u ON u.id = s.user_id WHERE u.email = ? "
        "ORDER BY s.id",
        email,
    )
    assert strong == [(0,), (1,)]
    page.goto(f"{home}/account/wan-register")
    page.get_by_role("button", name="Remove Telephone").click()
    expect(page.get_by_text("The passkey Telephone is removed")).to_be_visible()


def test_a_passkey_as_second_step(with_passkeys: Page, live_server: LiveServer, home: str) -> None:
    page = with_passkeys
    email = "second@example.org"
    _account(live_server, email)
    _sign_in(page, home, email)
    _add(page, home, "Key", "Use it as my second step")
    page.goto(f"{home}/account")
    _sign_out(page)
    _sign_in(page, home, email)
    expect(page.get_by_role("heading", level=1)).to_have_text("Use your passkey")
    page.goto(f"{home}/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    _sign_in(page, home, email)
    page.get_by_role("button", name="Use my passkey").click()
    expect(page.get_by_role("button", name="Sign out", exact=True)).to_be_visible()


def test_a_passkey_instead_of_a_password_for_staff_is_both_steps(
    with_passkeys: Page, live_server: LiveServer, home: str
) -> None:
    page = with_passkeys
    email = "staff@example.org"
    made = _account(live_server, email, "--role", "adviser", "--demo-totp")
    _sign_in(page, home, email)
    page_check(page); shot(page,"acc-"+page.url.split("/account")[-1].split("?")[0].replace(":","").replace("/","-")[:24]+"-"+str(page.viewport_size["width"])+"b",full=True)
    page.get_by_label("Code").fill(made.strip().rpartition(": ")[2])
    page.get_by_role("button", name="Continue").click()
    _add(page, home, "Laptop", "Sign in with it instead of my password")
    page.goto(f"{home}/account")
    _sign_out(page)
    page.goto(f"{home}/account/wan-signin?next=/account")
    page.get_by_role("button", name="Use my passkey").click()
    page.wait_for_url(f"{home}/account")
    expect(page.get_by_text("Adviser")).to_be_visible()


@pytest.mark.parametrize("path", ["login", "register", "reset", "confirm", "wan-signin"])
def test_pages_before_signing_in(page: Page, live_server: LiveServer, path: str) -> None:
    page.goto(f"{live_server.url}/account/{path}")
    page_check(page); shot(page,"acc-"+page.url.split("/account")[-1].split("?")[0].replace(":","").replace("/","-")[:24]+"-"+str(page.viewport_size["width"])+"b",full=True)


def test_pages_of_an_account(page: Page, live_server: LiveServer, viewport: str) -> None:
    email = f"pages-{viewport}@example.org"
    _account(live_server, email)
    _sign_in(page, live_server.url, email)
    for path in ("", "/name", "/change", "/change-email", "/tf-setup", "/wan-register"):
        page.goto(f"{live_server.url}/account{path}")
        page_check(page); shot(page,"acc-"+page.url.split("/account")[-1].replace("/","-").split("?")[0]+"-"+str(page.viewport_size["width"]),full=True)
    page.goto(f"{live_server.url}/account/tf-setup")
    page.get_by_role("button", name="Show me the code to scan").click()
    expect(page.get_by_role("img", name="Code to scan")).to_be_visible()
    page_check(page); shot(page,"acc-"+page.url.split("/account")[-1].split("?")[0].replace(":","").replace("/","-")[:24]+"-"+str(page.viewport_size["width"])+"b",full=True)
    page.goto(f"{live_server.url}/account/mf-recovery-codes")
    page.get_by_role("button", name="Make recovery codes").click()
    page_check(page); shot(page,"acc-"+page.url.split("/account")[-1].split("?")[0].replace(":","").replace("/","-")[:24]+"-"+str(page.viewport_size["width"])+"b",full=True)
    page.goto(f"{live_server.url}/dev/mailbox")
    page_check(page); shot(page,"acc-"+page.url.split("/account")[-1].split("?")[0].replace(":","").replace("/","-")[:24]+"-"+str(page.viewport_size["width"])+"b",full=True)
