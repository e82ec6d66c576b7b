"""A month's claim from an employer's answer to money paid, and every page about money."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from portal.kernel.clock import today
from portal.payments.service.proving import verify
from tests.e2e import money_world as world
from tests.e2e.case_steps import fill, follow, go, heading, press, see, set_day
from tests.e2e.conftest import NewPage
from tests.e2e.money_world import ToClaim
from tests.e2e.support import LiveServer, page_check

WORDS = {"phone": "Thistle", "desktop": "Umber"}
QUESTION = "Who was there for the employer throughout?"
ANSWER = "The owner, from the start to the end 🙂"
REASON = "There is no record of it: add the sheet, then claim it again"
BANK_REFERENCE = "EXAMPLE 4711"


@pytest.fixture
def inside(demo: LiveServer) -> Iterator[Flask]:
    """The demonstration's application in this process."""
    # What the demonstration left for the worker comes first: mail waits behind it.
    demo.settle()
    with world.inside(demo) as app:
        yield app


@dataclass
class Journey:
    """An employer, a provider's manager, and the two of the LEP who decide and pay."""

    server: LiveServer
    held: ToClaim
    employer: Page
    manager: Page
    officer: Page
    head: Page
    claim: str = ""
    run: str = ""
    payment: str = ""


def confirms_by_link(journey: Journey) -> None:
    """The employer's answer is all that was missing: the output arises with it."""
    asked = journey.held.to_confirm
    arisen = "SELECT count(*) FROM outputs WHERE session_id = ?"
    go(journey.manager, f"/cases/{asked.case}/claimable")
    expect(journey.manager.get_by_text("One thing missing")).to_be_visible()
    assert journey.server.rows(arisen, asked.session_id) == [(0,)]
    go(journey.employer, journey.server.link_to(asked.email, "confirm"))
    press(journey.employer, "Yes, this is right")
    heading(journey.employer, "You confirmed this")
    assert journey.server.rows(arisen, asked.session_id) == [(1,)]


def sees_what_is_earned(journey: Journey) -> None:
    page = journey.manager
    go(page, f"/cases/{journey.held.to_confirm.case}/claimable")
    expect(page.locator("main")).to_contain_text("£600.00. Engagement, small employer")
    go(page, "/money")
    expect(page.locator("main")).to_contain_text("You have earned £3,600.00 with 6 outputs")


def builds_the_claim(journey: Journey) -> None:
    """Five fit under the cap; the sixth stays out, whole, and the page says why."""
    page = journey.manager
    go(page, "/claims")
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("^Draft the claim")).click()
    see(page)
    journey.claim = page.url.rsplit("/", 1)[-1]
    expect(page.locator(".app-flash")).to_contain_text("5 lines added. 1 output does not fit")
    out = page.get_by_role("listitem").filter(has_text=journey.held.too_many)
    expect(out).to_contain_text("The cap for engagement has £0.00 left, this is £600.00")
    follow(page, journey.held.without_file)
    expect(page.locator("main")).to_contain_text("No file was added for this work")


def submits(journey: Journey) -> None:
    """Once, although the page was open twice."""
    page = journey.manager
    other = page.context.new_page()
    for tab in (other, page):
        go(tab, f"/claims/{journey.claim}")
        press(tab, "Look at the total and submit")
    press(page, "Submit £3,000.00")
    expect(page.locator(".app-flash")).to_contain_text("Submitted")
    press(other, "Submit £3,000.00")
    expect(other.locator(".app-flash")).to_contain_text("It was sent once")
    other.close()


def asks_about_a_line(journey: Journey) -> None:
    page, name = journey.officer, journey.held.clean[0]
    go(page, "/review")
    follow(page, f"{journey.held.organisation}, {journey.held.month:%B %Y}")
    expect(page.get_by_text("Employer has not confirmed")).to_have_count(0)
    follow(page, f"Query {name}")
    press(page, "Query 1 line, £600.00", look=False)
    expect(page.locator(".govuk-error-summary")).to_contain_text("Write your question")
    page_check(page)
    fill(page, "Your question to the provider", QUESTION)
    press(page, "Query 1 line, £600.00")
    expect(page.locator(".app-flash")).to_contain_text("1 line sent to the provider, £600.00")


def answers(journey: Journey) -> None:
    page = journey.manager
    go(page, f"/claims/{journey.claim}")
    expect(page.locator("main")).to_contain_text(QUESTION)
    follow(page, f"Answer about {journey.held.clean[0]}")
    fill(page, "Your answer", ANSWER)
    press(page, "Send the answer")
    expect(page.locator(".app-flash")).to_contain_text("The claim is with the LEP")


def decides(journey: Journey) -> None:
    """Three clean lines in one go, one with a warning by itself, one rejected with a reason."""
    page, held = journey.officer, journey.held
    go(page, f"/review/{journey.claim}")
    expect(page.locator("main")).to_contain_text(ANSWER)
    press(page, "Approve all 3 clean lines, £1,800.00")
    expect(page.locator("main")).to_contain_text(", ".join(held.clean))
    press(page, "Approve 3 lines, £1,800.00")
    follow(page, f"Reject {held.without_file}")
    fill(page, "Why", REASON)
    press(page, "Reject 1 line, £600.00")
    page.get_by_label(f"{held.confirmed_by_link}, £600.00").check()
    press(page, "Approve")
    expect(page.locator("main")).to_contain_text("Not every check simply passed")
    press(page, "Approve 1 line, £600.00")
    expect(page.locator("main")).to_contain_text("Approved in part")
    go(journey.manager, f"/claims/{journey.claim}?state=rejected")
    expect(journey.manager.locator("main")).to_contain_text(REASON)


def makes_the_run(journey: Journey) -> None:
    page, held = journey.head, journey.held
    go(page, "/payments")
    box = page.get_by_label(f"{held.organisation}, {held.month:%B %Y}")
    if box.count():
        box.check()
        press(page, "Pay those I ticked")
    else:
        press(page, "Pay it")
    expect(page.locator("main")).to_contain_text("£2,400.00")
    press(page, "Make this run of £2,400.00")
    journey.run = page.url.rsplit("/", 1)[-1]


def _downloaded(page: Page, name: str) -> bytes:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name, exact=True).click()
    return waiting.value.path().read_bytes()


def takes_the_files(journey: Journey) -> None:
    """The schedule says first how many and how much; both files stay the same."""
    page = journey.head
    schedule = _downloaded(page, "Payment schedule (CSV)")
    rows = list(csv.reader(io.StringIO(schedule.decode())))
    assert rows[0] == ["Payment run", journey.run]
    assert rows[2:4] == [["Payments", "1"], ["Total in pounds", "2400.00"]]
    assert [row[4] for row in rows[5:]] == ["2400.00"]
    assert [row[5] for row in rows[5:]] == [journey.claim]
    bacs = _downloaded(page, "Bacs file (Standard 18)")
    trailer = next(line for line in bacs.splitlines() if line.startswith(b"UTL1"))
    # What leaves the payer's account and what arrives, in pence.
    assert trailer[4:17] == trailer[17:30] == b"0000000240000"
    assert _downloaded(page, "Payment schedule (CSV)") == schedule
    assert _downloaded(page, "Bacs file (Standard 18)") == bacs


def marks_as_paid(journey: Journey) -> None:
    page = journey.head
    press(page, "Mark all as paid")
    set_day(page, "Paid on", today())
    fill(page, "Bank's reference", BANK_REFERENCE)
    press(page, "Mark £2,400.00 as paid")
    expect(page.locator(".app-flash")).to_contain_text("Marked as paid")
    go(page, "/payments/new?claim=" + journey.claim)
    expect(page.locator(".app-flash")).to_contain_text("in a payment run already")


def reads_the_advice(journey: Journey) -> None:
    """The mail brings the provider to the payment, and its PDF was drawn by the worker."""
    page, held = journey.manager, journey.held
    go(page, journey.server.link_to(held.remittance_email, "Remittance advice: £2,400.00"))
    heading(page, "Remittance advice")
    journey.payment = page.url.rsplit("/", 2)[-2]
    file = page.request.get(f"/payments/{journey.payment}/remittance.pdf")
    assert file.headers["content-type"] == "application/pdf"
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(file.body())).pages)
    for words in (held.organisation, "£2,400.00", BANK_REFERENCE, *held.clean):
        assert words in text
    assert held.without_file not in text


def recovers(journey: Journey) -> None:
    page, name = journey.head, journey.held.clean[0]
    go(page, f"/payments/{journey.payment}/remittance")
    follow(page, re.compile(name))
    press(page, "Recover money")
    fill(page, "Amount to recover", "600.01")
    fill(page, "Reason", "Half of the session did not take place")
    press(page, "Recover", look=False)
    expect(page.locator(".govuk-error-summary")).to_contain_text("£600.00")
    page_check(page)
    fill(page, "Amount to recover", "150")
    press(page, "Recover")
    expect(page.locator("main")).to_contain_text("£450.00")
    go(journey.manager, "/money")
    expect(journey.manager.locator("main")).to_contain_text("£2,250.00 of it is paid")


@pytest.mark.timeout(300)
def test_a_claim_goes_from_an_answer_to_money(
    demo: LiveServer, inside: Flask, new_page: NewPage, viewport: str
) -> None:
    held = world.ready_to_claim(WORDS[viewport])

    def opened(email: str) -> Page:
        state = world.browser_state(inside, world.person(email))
        return new_page(viewport, url=demo.url, storage_state=state)

    journey = Journey(
        demo,
        held,
        employer=new_page(viewport, url=demo.url),
        manager=opened(held.provider.manager.email),
        officer=opened("officer@lep.example"),
        head=opened("head@lep.example"),
    )
    steps: tuple[Callable[[Journey], None], ...] = (
        *(confirms_by_link, sees_what_is_earned, builds_the_claim, submits, asks_about_a_line),
        *(answers, decides, makes_the_run, takes_the_files, marks_as_paid, reads_the_advice),
        recovers,
    )
    for step in steps:
        step(journey)
    proof = verify()
    assert proof.fault is None
    # Every movement of the claim is there: five set aside, one let go, four owed, paid, one back.
    moved = "SELECT e.kind, count(*) FROM ledger_entries e JOIN claims c ON c.id = e.claim_id"
    told = dict(demo.rows(f"{moved} WHERE c.reference = ? GROUP BY e.kind", journey.claim))
    assert told == {"commit": 5, "release": 1, "approve": 4, "pay": 4, "recover": 1}
