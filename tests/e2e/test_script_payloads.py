"""Scripts in every stored text, in a real browser: none runs, and nothing is fetched from outside.

The pages come straight from the application, without a server between; the content policy is left
off on purpose, so that what is proved is that markup is escaped, and not only that the policy
would have stopped it. Each page's handlers, links and focus are provoked once it is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route
from playwright.sync_api import Error as BrowserError

from tests.support import planting
from tests.support.client import PortalClient
from tests.support.full_world import Seen, World, demonstration_world, whole_round
from tests.support.script_payloads import PAYLOADS

BIG = os.environ.get("BIG") == "1"
# In a short cut: as many pages, those that show most of what was planted.
PAGES = 10_000 if BIG else 40
# What shows no field that another page does not show is opened in each eighth round.
EVERY = 8
SITE = "http://portal.test"
# Whatever a person's hand or eye could set off.
PROVOKE = """() => {
  const names = ['mouseover', 'focus', 'focusin', 'click', 'error', 'load', 'toggle',
                 'animationstart', 'begin', 'start'];
  for (const one of document.querySelectorAll('*')) {
    for (const attribute of one.attributes) {
      if (attribute.name.toLowerCase().startsWith('on')) {
        for (const name of names) one.dispatchEvent(new Event(name, {bubbles: false}));
        break;
      }
    }
    const address = (one.getAttribute('href') || one.getAttribute('xlink:href') ||
      one.getAttribute('action') || '').replace(/[\\x00-\\x20]/g, '');
    if (/^(javascript|vbscript|data):/i.test(address)) window.__hit('address ' + address);
  }
}"""


@dataclass
class Trap:
    """What a browser did that no page of ours makes it do."""

    caught: list[str] = field(default_factory=list)
    # Who asks now, and what was asked for before.
    client: PortalClient | None = None
    kept: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    # The fields of which something was on the pages.
    shown: set[str] = field(default_factory=set)

    def answer(self, route: Route) -> None:
        """Answer from the application; note whatever goes elsewhere."""
        address = urlsplit(route.request.url)
        if not route.request.url.startswith(SITE):
            if address.scheme not in {"data", "blob", "about"}:
                self.caught.append(f"request: {route.request.url[:120]}")
            route.abort()
        elif route.request.resource_type in {"stylesheet", "image", "font", "media"}:
            # What fails to load sets off its handlers.
            route.abort()
        elif route.request.method != "GET":
            route.abort()
        else:
            status, headers, body = self._get(route.request.url.removeprefix(SITE))
            route.fulfill(status=status, headers=headers, body=body)

    def _get(self, path: str) -> tuple[int, dict[str, str], bytes]:
        assert self.client is not None
        if path in self.kept:
            return self.kept[path]
        answer = self.client.get(path)
        headers = {"Content-Type": answer.headers.get("Content-Type", "text/plain")}
        if answer.location:
            headers["Location"] = answer.location
        made = (answer.status_code, headers, answer.get_data())
        answer.close()
        if answer.mimetype == "text/html":
            self.shown.update(planting.TAIL.findall(made[2].decode("utf-8", "replace")))
        if path.startswith("/static/"):
            self.kept[path] = made
        return made


@contextmanager
def trapped(browser: Browser) -> Iterator[tuple[Page, Trap]]:
    """A browser page from which nothing gets away unseen."""
    trap = Trap()
    context = browser.new_context(base_url=SITE, bypass_csp=True)
    context.set_default_timeout(20_000)
    context.expose_function("__hit", lambda number="": trap.caught.append(f"ran: {number}"))
    context.route("**/*", trap.answer)
    page = context.new_page()
    page.on("dialog", lambda dialog: (trap.caught.append("dialog"), dialog.dismiss()))
    page.on("popup", lambda popup: (trap.caught.append("popup"), popup.close()))
    try:
        yield page, trap
    finally:
        context.close()


def look(page: Page, trap: Trap, world: World, pages: list[Seen]) -> list[str]:
    """Open pages, each as who saw it; what was caught, with the page on which it was."""
    found = []
    clients: dict[str, PortalClient] = {}
    for one in pages:
        trap.client = clients.setdefault(one.person, world.client(one.person))
        trap.caught.clear()
        try:
            page.goto(one.address, wait_until="load")
            page.evaluate(PROVOKE)
            # What is called for is called before this comes back.
            page.evaluate("() => new Promise((done) => setTimeout(done, 0))")
        except BrowserError as error:
            found.append(f"{one.address}: {str(error)[:200]}")
        found += [f"{one.person} {one.address}: {caught}" for caught in trap.caught]
    return found


def telling(seen: list[Seen]) -> list[Seen]:
    """The pages that show planted words: one a route, those first that show most fields."""
    best: dict[tuple[str, str], tuple[int, Seen]] = {}
    for one in seen:
        if one.mimetype != "text/html" or one.status != 200:
            continue
        fields = len(set(planting.TAIL.findall(one.text)))
        key = (one.endpoint, one.person if BIG else "")
        if fields > best.get(key, (0, one))[0]:
            best[key] = (fields, one)
    ordered = sorted(best.values(), key=lambda found: -found[0])
    return [one for _fields, one in ordered][:PAGES]


def fields_on(pages: list[Seen]) -> set[str]:
    """The fields of which something is on these pages."""
    return {number for one in pages for number in planting.TAIL.findall(one.text)}


def enough(pages: list[Seen]) -> list[Seen]:
    """Few pages on which together every field is that any of them shows."""
    shows = [(one, fields_on([one])) for one in pages]
    left, chosen = fields_on(pages), []
    while left:
        best, fields = max(shows, key=lambda found: len(found[1] & left))
        chosen.append(best)
        left -= fields
    return chosen


def of_round(pages: list[Seen], number: int) -> list[Seen]:
    """The pages that are opened in a round: in the first all, then enough, and some others."""
    if not number:
        return pages
    few = enough(pages)
    others = [one for one in pages if one not in few]
    return [*few, *others[number % EVERY :: EVERY]]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = demonstration_world(tmp_path)
    yield made
    made.app.extensions["portal_db"].dispose()


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600 if BIG else 300)
def test_no_payload_runs_in_a_browser(
    browser: Browser, world: World, record_property: Callable[[str, object], None]
) -> None:
    """In the whole proof each payload is in each field once; one after the other, a round each.

    Each round opens every field on some page, and each page is opened in at least an eighth of the
    rounds: all pages in all rounds would take hours.
    """
    found: list[str] = []
    pages: list[Seen] = []
    opened = 0
    with trapped(browser) as (page, trap):
        for offset in range(len(PAYLOADS) if BIG else 1):
            planting.plant(world, offset)
            pages = pages or telling(whole_round(world, thorough=False))
            now = of_round(pages, offset)
            trap.shown.clear()
            found += look(page, trap, world, now)
            assert not found, "\n".join(found[:40])
            assert trap.shown >= fields_on(pages), fields_on(pages) - trap.shown
            opened += len(now)
        said = f"{opened} in {offset + 1} rounds, {len(pages)} different, {len(trap.shown)} fields"
        record_property("pages", said)
        assert len(pages) >= (150 if BIG else PAGES)
        assert len(trap.shown) >= (100 if BIG else 80)
        _control(page, trap, world, pages)


def _control(page: Page, trap: Trap, world: World, pages: list[Seen]) -> None:
    """The same pages from templates that escape nothing: scripts run, and it is noticed."""
    environment = world.app.jinja_env
    environment.autoescape = False
    environment.cache.clear()  # type: ignore[union-attr]
    found = look(page, trap, world, pages[:8])
    assert any("ran: " in one for one in found), found
    assert any("request: http" in one for one in found), found
