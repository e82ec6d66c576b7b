"""Every report of the demonstration, at both widths: accessible, and no wider than the screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from portal.reports.queries import copies
from portal.reports.rules.scope import View
from portal.reports.service.building import builders
from tests.e2e import money_world as world
from tests.e2e.support import LiveServer, assert_sound, browser_context

Found = tuple[dict[str, Any], dict[str, list[str]]]
_PEOPLE = {
    View.FULL: "head@lep.example",
    View.PROVIDER: "manager@provider.example",
    View.STATISTICS: "evaluator@study.example",
}
_LAST_QUARTERS = "?from=2026-01&to=2026-09&sector=retail"


@pytest.fixture(scope="module")
def readers(demo: LiveServer) -> Iterator[Found]:
    """The browsers of those who read reports, and the addresses that each reads."""
    with world.inside(demo) as app:
        states, pages = {}, {}
        for view, email in _PEOPLE.items():
            user = world.person(email)
            states[view.value] = world.browser_state(app, user)
            organisations = [1, 2, 3] if view is View.PROVIDER else []
            frozen = copies.frozen(views={view}, organisations=organisations)
            pages[view.value] = ["/reports", "/reports/copies"]
            own = [one.key for one in builders() if view in one.views]
            pages[view.value] += [f"/reports/copies/{one.reference}" for one in frozen[:1]]
            pages[view.value] += [f"/reports/{key}" for key in own]
            pages[view.value] += [f"/reports/{key}/definitions" for key in own[:1]]
            pages[view.value] += [f"/reports/{key}{_LAST_QUARTERS}" for key in own[1:2]]
        pages["full"].append("/reports/programme/freeze")
        yield states, pages


# Long pages: a check of one takes seconds at each width.
@pytest.mark.timeout(600)
@pytest.mark.parametrize("view", ["full", "provider", "statistics"])
def test_reports_are_sound(browser: Browser, demo: LiveServer, readers: Found, view: str) -> None:
    """Each page is opened once and looked at at both widths."""
    states, pages = readers
    assert_sound(browser, demo, states[view], pages[view])


@pytest.mark.timeout(300)
def test_a_report_is_taken_away_from_a_phone(
    browser: Browser, demo: LiveServer, readers: Found
) -> None:
    states, _ = readers
    with browser_context(browser, demo.url, "phone", storage_state=states["full"]) as context:
        page = context.new_page()
        page.goto("/reports/programme")
        with page.expect_download() as workbook:
            page.get_by_role("button", name="Excel workbook").click()
        assert workbook.value.suggested_filename.endswith("report.xlsx")
        with page.expect_download() as table:
            page.get_by_role("button", name=re.compile("Download this table")).first.click()
        assert table.value.suggested_filename.endswith(".csv")
        page.locator("main").get_by_role("button", name="PDF", exact=True).click()
        ready = page.get_by_role("button", name="PDF of the report")
        expect(ready).to_be_visible(timeout=90_000)
        with page.expect_download() as print_:
            ready.click()
        assert print_.value.path().read_bytes().startswith(b"%PDF")
