"""LEP staff sign in with their second step, find employers and load a register."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage
from tests.e2e.support import LiveServer, page_check, shot, sign_in_with_code

SAMPLE = (
    Path(__file__).resolve().parents[2] / "portal" / "employers" / "data" / "register-sample.csv"
)


@pytest.fixture
def manager(demo: LiveServer, new_page: NewPage) -> Page:
    """The LEP manager of the demonstration, signed in with password and code."""
    page = new_page("desktop", url=demo.url)
    sign_in_with_code(page, demo, "head@lep.example")
    return page


def test_a_manager_finds_employers_and_loads_a_register(manager: Page) -> None:
    page = manager
    expect(page.get_by_role("heading", level=1)).to_contain_text("Employers")
    expect(page.locator("main table tbody tr, main .app-results li").first).to_be_visible()
    page_check(page)
    shot(page, "employers-desktop")
    page.goto("/employers/import")
    page_check(page)
    page.set_input_files(
        "input[type=file]",
        {
            "name": "register.csv",
            "mimeType": "text/csv",
            "buffer": b"PK\x03\x04 not a csv",
        },
    )
    page.locator("main form button[type=submit]").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text(re.compile("spreadsheet|CSV"))
    page_check(page)
    page.set_input_files("input[type=file]", SAMPLE)
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_text(re.compile("unchanged", re.IGNORECASE)).first).to_be_visible()
