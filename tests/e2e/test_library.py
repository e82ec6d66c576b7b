"""The public library in a real browser: found, read, printed, and light enough for a slow line."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.case_steps import Weighing
from tests.e2e.conftest import NewPage
from tests.e2e.support import LiveServer, page_check, shot

# Page, styles, scripts and fonts together, on an empty cache.
FIRST_LOAD = 100 * 1024
TOOLKIT = "rota-four-weeks-ahead"
GUIDE = "adverts-that-part-timers-answer"


@pytest.fixture(scope="session")
def library(live_server: LiveServer) -> LiveServer:
    live_server.flask("toolkit", "load")
    return live_server


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("library", "/toolkit"),
        ("search", "/toolkit?q=rotta&sector=retail"),
        ("nothing", "/toolkit?q=qwertyuiop"),
        ("toolkit", f"/toolkit/{TOOLKIT}"),
        ("guide", f"/toolkit/{GUIDE}"),
    ],
)
def test_a_page_is_accessible_and_fits(
    library: LiveServer, page: Page, viewport: str, name: str, path: str
) -> None:
    page.goto(path)
    page_check(page)
    shot(page, f"toolkit-{name}-{viewport}", full=True)


def test_somebody_finds_and_narrows_on_a_phone(library: LiveServer, phone: Page) -> None:
    phone.goto("/toolkit")
    phone.get_by_label("What are you looking for?").fill("rosters")
    phone.get_by_role("button", name="Search").click()
    expect(phone.locator("#found")).to_contain_text("for “rosters”")
    phone.get_by_text("Narrow the list").click()
    phone.get_by_label("Step-by-step toolkit (").check()
    phone.get_by_role("button", name="Show these").click()
    expect(phone.get_by_role("link", name="Remove Step-by-step toolkit")).to_be_visible()
    phone.locator(".app-shelf__title a").first.click()
    expect(phone.locator(".app-walk-step").first).to_be_visible()


def test_it_all_works_without_scripts(library: LiveServer, new_page: NewPage) -> None:
    page = new_page("phone", java_script_enabled=False)
    page.goto("/toolkit")
    page.get_by_text("Narrow the list").click()
    page.get_by_label("Guide (").check()
    page.get_by_role("button", name="Show these").click()
    expect(page.locator(".app-shelf__item").first).to_be_visible()


def test_first_loads_are_light(library: LiveServer, new_page: NewPage) -> None:
    said = []
    for path in ("/toolkit", f"/toolkit/{TOOLKIT}", f"/toolkit/{GUIDE}"):
        page = new_page("phone")
        weighing = Weighing()
        weighing.attach(page)
        page.goto(path, wait_until="networkidle")
        weighing.settle()
        whole = weighing.pages + weighing.static
        said.append(f"{path}: {weighing.pages:,} and {weighing.static:,} bytes")
        assert 0 < whole <= FIRST_LOAD, said
    print("\n".join(said))  # noqa: T201 - read with -s


def test_paper_holds_the_text_and_where_links_lead(library: LiveServer, desktop: Page) -> None:
    desktop.goto(f"/toolkit/{GUIDE}")
    desktop.emulate_media(media="print")
    expect(desktop.locator(".app-footer")).to_be_hidden()
    expect(desktop.locator(".app-related")).to_be_hidden()
    expect(desktop.locator("h1")).to_be_visible()
    link = desktop.locator(".app-sources a").first
    after = link.evaluate("each => getComputedStyle(each, '::after').content")
    assert str(link.get_attribute("href")) in after
