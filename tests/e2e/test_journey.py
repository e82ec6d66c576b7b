"""The main job, as an employer does it: answer, register, find the employer, plan, PDF, re-take."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.e2e.conftest import NewPage
from tests.e2e.support import BIG, LiveServer, page_check, shot

PASSWORD = "three calm otters"
REGISTER = (
    Path(__file__).resolve().parents[2] / "portal" / "employers" / "data" / "register-sample.csv"
)
NUMBERS = {
    "staff_total": "34",
    "staff_part_time": "20",
    "supervisor_posts": "4",
    "supervisor_posts_part_time": "1",
    "vacancies_12m": "8",
    "vacancies_flexible": "2",
    "weekly_hours_typical": "18.5",
    "hourly_pay_typical": "12.71",
    "leavers_part_time": "6",
}


def answer_page(page: Page, *, low: bool) -> None:
    """Fill in whatever is asked: the last (mostly lowest) or first answer of each choice."""
    for box in page.locator("main form input[type=text]").all():
        name = box.get_attribute("name") or ""
        box.fill(NUMBERS.get(name, "1"))
    for area in page.locator("main form textarea").all():
        area.fill("Rotas two weeks ahead 🙂")
    groups = {
        radio.get_attribute("name") for radio in page.locator("main form input[type=radio]").all()
    }
    for name in sorted(group for group in groups if group):
        choices = page.locator(f"main form input[type=radio][name='{name}']")
        choices.nth(choices.count() - 1 if low else 0).check()
    names = {
        box.get_attribute("name") for box in page.locator("main form input[type=checkbox]").all()
    }
    for name in sorted(item for item in names if item and not item.endswith("not_applicable")):
        page.locator(f"main form input[type=checkbox][name='{name}']").first.check()


def answer_all(page: Page, *, low: bool, checked: int = 0) -> int:
    """Answer page after page to the check page, so many checked; returns how many it took."""
    count = 0
    while "/page/" in page.url:
        count += 1
        assert count < 45, f"{page.url} goes round in circles"
        if count <= checked:
            page_check(page)
        answer_page(page, low=low)
        here = page.url
        with page.expect_navigation():
            page.get_by_role("button", name="Save and continue").click()
        if page.locator(".govuk-error-summary").count():
            raise AssertionError(f"{here}: {page.locator('.govuk-error-summary').inner_text()}")
    return count


def register(page: Page, server: LiveServer, email: str, name: str) -> None:
    """Register, confirm by the link in the mail, and sign in."""
    page.goto("/account/register")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Choose a password").fill(PASSWORD)
    page.locator("main").get_by_role("button", name="Register").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your email")
    page.goto(server.link_to(email, "Confirm your email"))
    with page.expect_navigation():
        page.locator("main form button[type=submit]").click()
    if "/account/login" in page.url:
        sign_in(page, email)


def sign_in(page: Page, email: str) -> None:
    page.goto("/account/login")
    page.get_by_label("Email address").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name="Sign in", exact=True).click()


def wait_for_pdf(page: Page) -> bytes:
    """Wait on the version's page until the PDF is there, and fetch it as a browser would."""
    link = page.get_by_role("button", name=re.compile("Download")).or_(
        page.get_by_role("link", name=re.compile("Download"))
    )
    expect(link.first).to_be_visible(timeout=60_000)
    answer = page.request.get(link.first.get_attribute("href") or "")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.body()


@pytest.fixture(scope="module")
def listed(live_server: LiveServer) -> LiveServer:
    """The installation with the register loaded."""
    said = live_server.flask("employers", "import", str(REGISTER))
    assert "created" in said
    return live_server


def test_an_employer_answers_first_and_leaves_with_a_plan(
    listed: LiveServer, new_page: NewPage, viewport: str
) -> None:
    page = new_page(viewport)
    email = f"olive.{viewport}@employer.example"

    # Before registering: start, answer half-way, keep it by mail.
    page.goto("/")
    page.get_by_role("button", name="Start the diagnostic").first.click()
    page_check(page)
    page.get_by_role("button", name="Start now").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".govuk-error-summary")).to_be_visible()
    page_check(page)
    page.get_by_label("Hospitality").check()
    page.get_by_label("10 to 49").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Continue").click()
    shot(page, f"question-{viewport}")
    # Every page of questions on a phone; on a desktop the parts are the same with more room.
    pages = answer_all(page, low=True, checked=45 if BIG or viewport == "phone" else 4)
    assert 20 <= pages <= 32
    expect(page.get_by_role("heading", level=1)).to_have_text("Check your answers")
    page_check(page)
    page.get_by_role("button", name="Finish and see my results").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your results")
    page_check(page)
    shot(page, f"results-{viewport}")
    page.evaluate("document.querySelectorAll('details').forEach((box) => { box.open = true })")
    page_check(page)
    shot(page, f"results-open-{viewport}", full=True)
    overall = int(page.locator(".app-result-head svg text").first.text_content() or -1)

    # Registering claims it.
    register(page, listed, email, "Olive Example")
    page.goto("/diagnostic")
    page.get_by_role("link", name="See the result and say which employer it is for").click()
    page.get_by_role("button", name="Say which employer").click()
    page.get_by_role("button", name="Find your organisation").click()

    # A real employer of the register, found in spite of a slip of the pen.
    page_check(page)
    find = page.locator("#q")
    find.fill("sansburys supermarkets")
    with page.expect_navigation():
        find.press("Enter")
    page_check(page)
    if viewport == "phone":
        page.locator("main .app-results a").first.click()
    else:
        page.get_by_role("link", name="Enter your employer").click()
        page.get_by_label("Name", exact=False).first.fill("Example Café Ltd")
        page.get_by_label("Postcode").fill("ls14ap")
    page_check(page)
    page.get_by_label(re.compile("part-time", re.IGNORECASE)).last.fill("20")
    page.get_by_label(re.compile("How many people|employees", re.IGNORECASE)).first.fill("34")
    if not page.get_by_label("District").input_value():
        page.get_by_label("District").select_option("leeds")
    page.get_by_role("button", name="Save and continue").last.click()
    expect(page.get_by_text("Your employer is set up")).to_be_visible()
    page_check(page)
    employer = page.url.rstrip("/").rsplit("/", 1)[-1]
    page.get_by_role("link", name="You have a diagnostic already").click()
    page.locator("main input[type=radio]").first.check()
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your results")

    # The plan.
    page.get_by_role("button", name="Make the action plan").click()
    page_check(page)
    page.get_by_role("button", name="Start the plan").click()
    page_check(page)
    shot(page, f"plan-{viewport}")
    page.get_by_role("button", name="Make the PDF").click()
    pdf = wait_for_pdf(page)
    page_check(page)
    reader = PdfReader(io.BytesIO(pdf))
    text = "".join(sheet.extract_text() for sheet in reader.pages)
    assert 4 <= len(reader.pages) <= 8
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert str(overall) in text

    # A changed answer, then the diagnostic again: the first PDF stays as it was.
    page.goto(f"/employers/{employer}/diagnostics")
    page_check(page)
    page.get_by_role("link", name=re.compile("^Finished on")).first.click()
    page.get_by_role("button", name="Change an answer").click()
    with page.expect_navigation():
        page.get_by_role("link", name=re.compile("^Change")).nth(6).click()
    answer_page(page, low=False)
    with page.expect_navigation():
        page.get_by_role("button", name="Save and continue").click()
    answer_all(page, low=False)
    page.get_by_role("button", name="Finish and see my results").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your results")
    with page.expect_navigation():
        page.get_by_role("button", name="Take it again").click()
    answer_all(page, low=False)
    page.get_by_role("button", name="Finish and see my results").click()
    expect(page.get_by_text("that can be compared, the overall score went from")).to_be_visible()
    page_check(page)
    page.goto(f"/employers/{employer}/plan/versions/1")
    assert wait_for_pdf(page) == pdf
