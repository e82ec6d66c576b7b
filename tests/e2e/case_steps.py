"""What an adviser and an employer do on pages again and again, and the marks that it leaves."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from playwright.sync_api import Browser, BrowserContext, Locator, Page, Response, expect

from tests.e2e.support import (
    LiveServer,
    browser_context,
    fits_check,
    page_check,
    sign_in_with_code,
)
from tests.e2e.test_journey import NUMBERS

_STATIC = "/static/"


# What each browser was shown already: the same kind of page under the same headings.
_seen: WeakKeyDictionary[BrowserContext, set[tuple[str, ...]]] = WeakKeyDictionary()
_REFERENCE = re.compile(r"/[0-9A-Z]{10}(?=/|$)|[?#].*")


def see(page: Page) -> None:
    """Look at a page that was just opened: nothing on it was refused, and it is sound.

    A page that comes again with the same headings is not searched through again, only measured.
    """
    summary = page.locator(".govuk-error-summary")
    if summary.count():
        raise AssertionError(f"{page.url}: {summary.inner_text()}")
    kind = (_REFERENCE.sub("/*", page.url), *page.locator("h1, h2").all_inner_texts())
    seen = _seen.setdefault(page.context, set())
    if kind in seen:
        fits_check(page)
    else:
        page_check(page)
        seen.add(kind)


def go(page: Page, address: str) -> None:
    """Open a page by its address, and look at it."""
    page.goto(address)
    see(page)


def press(page: Page, name: str, *, look: bool = True) -> None:
    """Press a button, or a link that looks like one, and look at what comes."""
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).click()
    if look:
        see(page)


def follow(page: Page, name: str | re.Pattern[str]) -> None:
    """Follow a link of the page's own, and look at what comes."""
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=name).first.click()
    see(page)


def question(page: Page, asked: str) -> Locator:
    """The group of controls under a legend."""
    return page.get_by_role("group", name=asked, exact=True)


def choose(page: Page, asked: str, *answers: str) -> None:
    """Choose one answer, or tick several, under a legend."""
    for answer in answers:
        question(page, asked).get_by_label(answer, exact=True).check()


def fill(page: Page, label: str, text: str) -> None:
    """Type into the box of this label."""
    page.locator("main").get_by_label(label, exact=True).fill(text)


def set_day(page: Page, asked: str, day: date) -> None:
    """Enter a day in its three boxes."""
    parts = {"Day": day.day, "Month": day.month, "Year": day.year}
    for label, number in parts.items():
        question(page, asked).get_by_label(label, exact=True).fill(str(number))


def heading(page: Page, words: str | re.Pattern[str]) -> None:
    """The page's heading says so."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)


def record(page: Page, title: str) -> Locator:
    """A card on the page, by its title."""
    return page.locator(".app-card").filter(has=page.get_by_text(title, exact=True))


def key_in(page: Page, *, leave: set[str]) -> int:
    """Key in a call sheet, all but the questions left out; returns how many boxes were filled."""
    sheet = page.locator(".app-keying")
    filled = 0
    for select in sheet.locator("select").all():
        name = select.get_attribute("name") or ""
        if name not in leave:
            choices = "(s) => [...s.options].map((o) => o.value)"
            values = [v for v in select.evaluate(choices) if v not in ("", "not_applicable")]
            select.select_option(values[-1])
            filled += 1
    for box in sheet.locator("input[type=text], textarea").all():
        name = box.get_attribute("name") or ""
        if name not in leave:
            box.fill(NUMBERS.get(name, "1"))
            filled += 1
    boxes = sheet.locator("input[type=checkbox]:not([name$=not_applicable])")
    for name in {box.get_attribute("name") or "" for box in boxes.all()} - leave:
        sheet.locator(f"input[type=checkbox][name='{name}']").first.check()
        filled += 1
    return filled


@dataclass
class Hands:
    """Does things on a page as a person would, and counts each press and each box typed into."""

    page: Page
    count: int = 0

    def press(self, control: Locator) -> None:
        """Press or tap something."""
        self.count += 1
        control.click()

    def type(self, box: Locator, text: str) -> None:
        """Tap into a box and type."""
        self.count += 1
        box.fill(text)


@dataclass
class Weighing:
    """What a page's first load weighs, in bytes as they came over the line."""

    pages: int = 0
    static: int = 0
    responses: list[Response] = field(default_factory=list)

    def attach(self, page: Page) -> None:
        """Listen to a page."""
        page.on("response", self._came)

    def _came(self, response: Response) -> None:
        self.responses.append(response)

    def settle(self) -> None:
        """Add up what came: pages and their data, and apart from them what a browser keeps."""
        for response in self.responses:
            size = response.request.sizes()["responseBodySize"]
            if _STATIC in response.url:
                self.static += size
            else:
                self.pages += size
        self.responses.clear()


def signed_in(browser: Browser, server: LiveServer, email: str) -> Any:
    """The state of a browser in which demonstration staff signed in, to open others with."""
    with browser_context(browser, server.url, "desktop") as context:
        sign_in_with_code(context.new_page(), server, email)
        return context.storage_state()
