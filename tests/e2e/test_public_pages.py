"""What a visitor sees first, in a real browser, on a phone and on a desktop."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import NewPage
from tests.e2e.support import LiveServer, browser_context, html_faults, page_check, shot

PAGES = {
    "home": "/",
    "help": "/help",
    "privacy": "/privacy",
    "accessibility": "/accessibility",
    "sign-in": "/account/login",
    "register": "/account/register",
    "reset": "/account/reset",
    "diagnostic": "/diagnostic",
    "not-found": "/there-is-no-such-page",
}


@pytest.mark.parametrize("name", PAGES)
def test_a_public_page_is_accessible_and_fits(page: Page, viewport: str, name: str) -> None:
    answer = page.goto(PAGES[name])
    assert answer is not None
    assert answer.status == (404 if name == "not-found" else 200)
    expect(page.get_by_role("heading", level=1)).to_have_count(1)
    assert page.title().endswith("Part-Time Talent Portal")
    page_check(page)
    shot(page, f"public-{name}-{viewport}", full=True)


def test_public_pages_are_valid_html(
    live_server: LiveServer, tmp_path: Path, desktop: Page
) -> None:
    pages = {}
    for name, path in PAGES.items():
        answer = desktop.request.get(path)
        pages[name] = answer.text()
    faults = html_faults(pages, tmp_path / "pages")
    assert not faults, "\n".join(faults)


def test_invalid_html_is_found(tmp_path: Path) -> None:
    bad = '<!DOCTYPE html>\n<html lang="en"><head><title>x</title></head><body><p><div></p></body>'
    assert html_faults({"bad": bad}, tmp_path / "pages")


def test_the_keyboard_skips_to_the_content(desktop: Page) -> None:
    desktop.goto("/")
    desktop.keyboard.press("Tab")
    skip = desktop.get_by_role("link", name="Skip to main content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    desktop.keyboard.press("Enter")
    assert desktop.evaluate("document.activeElement.id") == "main-content"


def test_public_pages_work_without_scripts(new_page: NewPage) -> None:
    page = new_page("phone", java_script_enabled=False)
    for path in PAGES.values():
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("main")).to_be_visible()


def test_a_page_enlarged_four_times_still_fits(new_page: NewPage) -> None:
    # WCAG 1.4.10: 320 CSS pixels, as on a desktop enlarged to 400%.
    page = new_page("phone")
    page.set_viewport_size({"width": 320, "height": 640})
    for name in ("home", "sign-in", "register", "diagnostic"):
        page.goto(PAGES[name])
        page_check(page)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("console.error('broken')", "broken"),
        ("setTimeout(() => { throw new Error('oh no') })", "oh no"),
        (
            "document.head.insertAdjacentHTML('beforeend', '<style>p{color:red}</style>')",
            "content policy",
        ),
        ("fetch('/static/nothing-here.css').then(() => new Image().src = '/nothing.png')", "404"),
    ],
    ids=["console", "exception", "policy", "missing file"],
)
def test_a_fault_in_the_browser_fails_a_test(
    browser: Browser, live_server: LiveServer, script: str, words: str
) -> None:
    """The control: each kind of fault is caught by the watch on every page."""

    def open_and_break() -> None:
        with browser_context(browser, live_server.url, "desktop") as context:
            page = context.new_page()
            page.goto("/help")
            page.evaluate(script)
            page.wait_for_timeout(400)

    with pytest.raises(AssertionError, match=words):
        open_and_break()


def test_an_inaccessible_page_fails_a_test(browser: Browser, live_server: LiveServer) -> None:
    """The control for axe and for the width."""
    with browser_context(browser, live_server.url, "phone") as context:
        page = context.new_page()
        page.goto("/help")
        page.evaluate("document.querySelector('main').append(document.createElement('button'))")
        with pytest.raises(AssertionError, match="button-name"):
            page_check(page)
        page.goto("/help")
        page.evaluate(
            "() => { const e = document.createElement('p'); e.textContent = 'wide';"
            " e.style.width = '900px'; document.querySelector('main').append(e) }"
        )
        with pytest.raises(AssertionError, match="sideways"):
            page_check(page)
