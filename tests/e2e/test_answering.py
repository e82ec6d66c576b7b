"""Answering in a real browser: saved while typing, without scripts, and in two tabs at once."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.e2e.conftest import NewPage
from tests.e2e.support import page_check


def start(page: Page) -> str:
    """Start as a visitor; the address of the first page of questions."""
    page.goto("/diagnostic/start")
    page.get_by_label("Retail").check()
    page.get_by_label("10 to 49").check()
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile("/page/"))
    return page.url


def test_what_is_typed_is_saved_without_a_button(new_page: NewPage) -> None:
    page = new_page("phone")
    address = start(page)
    page.locator("#staff_total").fill("31")
    page.locator("#staff_part_time").fill("17")
    expect(page.locator("[data-autosave-status]")).to_contain_text("Saved")
    page.goto("/")
    page.goto(address)
    expect(page.locator("#staff_total")).to_have_value("31")
    expect(page.locator("#staff_part_time")).to_have_value("17")


def test_a_second_tab_is_told_and_nothing_is_overwritten(new_page: NewPage) -> None:
    first = new_page("desktop")
    address = start(first)
    second = first.context.new_page()
    second.goto(address)
    first.locator("#staff_total").fill("31")
    expect(first.locator("[data-autosave-status]")).to_contain_text("Saved")
    second.locator("#staff_total").fill("44")
    expect(second.get_by_text("changed an answer on this page")).to_be_visible()
    second.get_by_role("button", name="Save and continue").click()
    expect(second.get_by_text("An answer on this page changed")).to_be_visible()
    banner = second.locator(".govuk-notification-banner")
    expect(banner).to_contain_text("31 people")
    expect(banner).to_contain_text("44 people")
    page_check(second)
    expect(second.locator("#staff_total")).to_have_value("44")
    second.locator("#staff_part_time").fill("20")
    second.get_by_role("button", name="Save and continue").click()
    second.wait_for_url(re.compile("/page/team-2"))
    first.goto(address)
    expect(first.locator("#staff_total")).to_have_value("44")


def test_it_works_without_scripts(new_page: NewPage) -> None:
    page = new_page("phone", java_script_enabled=False)
    start(page)
    page.locator("#staff_total").fill("31")
    page.locator("#staff_part_time").fill("40")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("must be 31 or less")
    page.locator("#staff_part_time").fill("17")
    page.get_by_role("button", name="Save and continue").click()
    expect(page.locator("#supervisor_posts")).to_be_visible()
    page.get_by_role("link", name="Send me a link to finish later").click()
    page.get_by_label("Email address").fill("visitor@employer.example")
    page.get_by_role("button", name="Send the link").click()
    expect(page.get_by_text("We have sent a link to visitor@employer.example")).to_be_visible()
