"""A referral goes through every stage to closure: an adviser at a desk, an employer on a phone."""

from __future__ import annotations

import io
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from portal.kernel.clock import today
from tests.e2e.case_steps import (
    Hands,
    Weighing,
    choose,
    fill,
    follow,
    go,
    heading,
    key_in,
    press,
    question,
    record,
    see,
    set_day,
    signed_in,
)
from tests.e2e.conftest import NewPage
from tests.e2e.support import LiveServer, page_check, shot
from tests.e2e.test_journey import answer_page, register, wait_for_pdf

NAME = "Example Kirkgate Lunch Rooms Ltd"
OWNER = "Rosa Example"
ADVISER = "Ada Example"
EMAIL = "rosa@kirkgate.example"
LARGE = "Example Three Rivers Supermarkets plc"
FIRST_LOAD = 150 * 1024
MOST_INTERACTIONS = 6
MOST_SECONDS = 30
# What the owner answers on the phone: the first page of the diagnostic.
THEIRS = {"staff_total", "staff_part_time"}

# What the employer reads of the work with it, of every stage a line.
TOLD = (
    *("Referral accepted", f"Call with {OWNER}, 10 minutes", "Referral → Consultation"),
    *("In-depth session, face to face, 2 hours", "Consultation → In-depth diagnostic"),
    *("Outcomes at the start recorded", "In-depth diagnostic → Plan agreed"),
    *("Training session: Rotas that fit supervisors", "Plan agreed → Support"),
    "Apprenticeship Hub (Example Apprenticeship Hub): support was taken up",
    *("3-month follow-up", "Support → Follow-up", "Follow-up → Closed"),
)


@pytest.fixture(scope="module")
def adviser_state(browser: Browser, demo: LiveServer) -> Any:
    """The adviser's browser, signed in; a code works once, so this happens once."""
    return signed_in(browser, demo, "adviser@provider.example")


@pytest.fixture(scope="module")
def manager_state(browser: Browser, demo: LiveServer) -> Any:
    """The provider manager's browser, signed in."""
    return signed_in(browser, demo, "manager@provider.example")


@pytest.fixture
def settled(demo: LiveServer) -> LiveServer:
    """The demonstration with nothing left to do, so that mail comes at once."""
    demo.settle()
    return demo


def _case_to_show(demo: LiveServer) -> str:
    """A case of the adviser's that has come far."""
    found = demo.rows(
        "SELECT c.reference FROM cases c JOIN users u ON u.id = c.adviser_id "
        "WHERE u.email = 'adviser@provider.example' AND c.closed_at IS NULL "
        "ORDER BY c.stage IN ('support', 'follow_up') DESC, c.contact_count DESC, c.id LIMIT 1"
    )
    return str(found[0][0])


def _employer_of(demo: LiveServer, case: str) -> str:
    found = demo.rows(
        "SELECT e.reference FROM employers e JOIN cases c ON c.employer_id = e.id "
        "WHERE c.reference = ?",
        case,
    )
    return str(found[0][0])


def test_weights(demo: LiveServer, new_page: NewPage, adviser_state: Any) -> None:
    """What a slow line carries at first: under 150 KB beside what the browser keeps."""
    case = _case_to_show(demo)
    said = []
    for address in ("/work", "/cases", f"/cases/{case}"):
        page = new_page("phone", url=demo.url, storage_state=adviser_state)
        weighing = Weighing()
        weighing.attach(page)
        page.goto(address, wait_until="networkidle")
        weighing.settle()
        said.append(f"{address}: {weighing.pages:,} bytes, static {weighing.static:,} bytes")
        assert 0 < weighing.pages < FIRST_LOAD, said
        assert weighing.static > 0, said
    print("\n".join(said))  # noqa: T201 - read with -s


def test_pages_of_casework_are_sound(
    demo: LiveServer,
    new_page: NewPage,
    adviser_state: Any,
    manager_state: Any,
    viewport: str,
) -> None:
    case = _case_to_show(demo)
    employer = _employer_of(demo, case)
    page = new_page(viewport, url=demo.url, storage_state=adviser_state)
    go(page, "/work")
    if viewport == "phone":
        shot(page, "adviser-today-phone")
    for address in (
        *("/cases", f"/cases/{case}/log", "/referrals", "/referrals/new", "/support"),
        *(f"/employers/{employer}/timeline", "/confirmations", f"/cases/{case}"),
    ):
        go(page, address)
    if viewport == "desktop":
        shot(page, "case-desktop")
    manager = new_page(viewport, url=demo.url, storage_state=manager_state)
    for address in ("/team", "/team/sources", "/team/reassign", "/work", "/cases"):
        go(manager, address)


@dataclass
class Journey:
    """Two people in two browsers, and the case between them."""

    server: LiveServer
    adviser: Page
    phone: Page
    case: str = ""
    employer: str = ""

    def open_case(self) -> None:
        """The adviser opens the case."""
        go(self.adviser, f"/cases/{self.case}")

    def stage(self) -> str:
        """The stage at which the case stands on its page."""
        self.open_case()
        return self.adviser.locator(".app-steps [aria-current=step]").inner_text().strip()


def refers_itself(journey: Journey) -> None:
    page = journey.phone
    go(page, "/refer")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".govuk-error-summary")).to_contain_text("Enter your name")
    page_check(page)
    fill(page, "Name of your business", NAME)
    fill(page, "Postcode", "ls1 7de")
    page.get_by_label("What does your business do?").select_option(label="Hospitality")
    fill(page, "Your name", OWNER)
    fill(page, "Your job", "Owner")
    fill(page, "Your email address", EMAIL)
    fill(page, "Your telephone number", "0113 496 0077")
    fill(page, "What would you like help with?", "Two supervisors have left 🙂")
    page.get_by_label("I agree that an adviser contacts me").check()
    press(page, "Send")
    reference = page.get_by_text(re.compile("^Your reference is")).inner_text().split()[-1]
    assert reference in journey.server.mail_to(EMAIL)


def accepts(journey: Journey) -> None:
    page = journey.adviser
    go(page, "/referrals")
    follow(page, NAME)
    press(page, "Accept")
    expect(page.get_by_label("Registered name")).to_have_value(NAME)
    expect(page.get_by_label("District")).to_have_value("leeds")
    page.get_by_role("combobox", name="What does the business do?").fill("56102")
    press(page, "Accept and open the case")
    heading(page, NAME)
    journey.case = page.url.rsplit("/", 1)[-1]
    journey.employer = _employer_of(journey.server, journey.case)
    assert journey.stage() == "Referral"


def logs_a_call(journey: Journey) -> None:
    """From the list, in so few presses and so little time that it is done while the line rings."""
    page = journey.adviser
    go(page, "/cases")
    begun = time.monotonic()
    hands = Hands(page)
    row = page.locator(".app-work__row").filter(has_text=NAME)
    hands.press(row.get_by_role("link", name=re.compile("^Log")))
    hands.type(page.get_by_label("What happened"), "Wants a supervisor who works mornings only")
    hands.press(page.get_by_label(re.compile("^In 3 working days")))
    hands.press(page.get_by_role("button", name="Save"))
    expect(page.locator(".app-flash")).to_contain_text(f"Logged for {NAME}")
    took = time.monotonic() - begun
    see(page)
    assert page.url.endswith("/cases")
    assert hands.count <= MOST_INTERACTIONS
    assert took < MOST_SECONDS
    journey.open_case()
    expect(page.get_by_text(f"Call with {OWNER}, 10 minutes")).to_be_visible()


def consults(journey: Journey) -> None:
    page = journey.adviser
    go(page, f"/cases/{journey.case}/consultation")
    expect(page.get_by_label("Who you spoke to")).to_have_value(OWNER)
    fill(page, "What the business does", "Lunches for offices")
    fill(page, "Everybody on the payroll", "34")
    fill(page, "Of these, part-time", "20")
    choose(page, "Accredited by Investors in People", "No")
    choose(page, "Training that leads to a qualification, in the last 12 months", "No")
    choose(page, "What they find hard", "Hard to fill vacancies", "People leave too soon")
    choose(page, "What support they want", "Training or a workshop")
    choose(page, "They agree to share data on outcomes", "Yes")
    choose(page, "What happens next", "Book the in-depth session")
    set_day(page, "Day of the session", today() + timedelta(days=2))
    fill(page, "How many minutes it took", "20")
    press(page, "Save the consultation")
    expect(page.get_by_text("34 people, 20 of them part-time")).to_be_visible()
    assert journey.stage() == "Consultation"
    expect(page.locator(".app-next__what")).to_contain_text("session")


def joins(journey: Journey) -> None:
    """The adviser invites the owner, who registers through the mailed link."""
    page = journey.adviser
    go(page, f"/employers/{journey.employer}/people")
    fill(page, "Their owner’s email address", EMAIL)  # noqa: RUF001
    press(page, "Invite their owner")
    phone = journey.phone
    link = journey.server.link_to(EMAIL, "Join")
    go(phone, link)
    register(phone, journey.server, EMAIL, OWNER)
    go(phone, link)
    press(phone, "Accept the invitation")
    heading(phone, NAME)
    assert phone.url.endswith(f"/employers/{journey.employer}")


def meets(journey: Journey) -> str:
    """The in-depth session with two people present; returns its page."""
    page = journey.adviser
    go(page, f"/cases/{journey.case}/session")
    fill(page, "How many minutes it took", "120")
    choose(page, "How you met", "Face to face")
    fill(page, "Where", "The lunch rooms in Leeds")
    rows = page.get_by_role("group", name=re.compile("^Person "))
    expect(rows.nth(0).get_by_label("Name")).to_have_value(OWNER)
    assert rows.nth(1).get_by_label("Name").input_value()
    choose(page, "Organisational challenges", "Hard to fill vacancies", "No one for HR")
    choose(page, "Business benefits they look for", "Lower turnover")
    fill(page, "Possible goals", "Every supervisor post open part-time")
    press(page, "Save the session")
    heading(page, "In-depth session")
    expect(page.get_by_text(f"{OWNER}, Owner")).to_be_visible()
    return page.url


def answer_together(journey: Journey) -> None:
    """The adviser keys in most of it, the owner answers the rest on the phone."""
    page, phone = journey.adviser, journey.phone
    go(page, f"/cases/{journey.case}/diagnostic")
    heading(page, "Answer the diagnostic together")
    press(page, "Start the diagnostic together")
    response = re.search(r"/diagnostic/([^/]+)/", page.url)
    assert response
    go(page, f"/diagnostic/{response[1]}/keying")
    assert key_in(page, leave=THEIRS) > 40
    press(page, "Save and check")
    expect(page.get_by_text("2 questions still need an answer")).to_be_visible()

    go(phone, f"/employers/{journey.employer}/diagnostics")
    follow(phone, re.compile("^Started on"))
    expect(phone.get_by_text("You are answering together with")).to_be_visible()
    answer_page(phone, low=True)
    press(phone, "Save and continue")

    go(page, f"/diagnostic/{response[1]}/check")
    both = page.get_by_text(re.compile("^Answered so far by"))
    expect(both).to_contain_text(OWNER)
    expect(both).to_contain_text(ADVISER)
    press(page, "Finish and see my results")
    expect(page.get_by_text(f"Answered together with an adviser, {ADVISER}")).to_be_visible()
    assert journey.stage() == "In-depth diagnostic"


def confirms_by_mail(journey: Journey, session: str) -> None:
    page, phone = journey.adviser, journey.phone
    go(page, session)
    press(page, "Ask the employer to confirm")
    choose(page, "Who should confirm it?", f"{OWNER}, {EMAIL}")
    press(page, "Send the link")
    link = journey.server.link_to(EMAIL, "confirm")
    states = "SELECT state, answered_at FROM confirmations ORDER BY id DESC LIMIT 1"
    go(phone, link)
    go(phone, link)
    assert journey.server.rows(states) == [("awaiting", None)]
    press(phone, "Yes, this is right")
    heading(phone, "You confirmed this")
    assert journey.server.rows(states)[0][0] == "confirmed"
    journey.open_case()
    expect(page.get_by_text("Everything is there")).to_be_visible()


def _outcomes(page: Page, *, open_posts: str, policy: str) -> None:
    fill(page, "How many posts above entry level are there?", "4")
    fill(page, "How many of them can be done part-time or flexibly?", open_posts)
    advertised = "Was a post above entry level advertised in the 12 months up to this day?"
    choose(page, advertised, "Yes, listed below")
    fill(page, "What the post is called", "Shift supervisor")
    fill(page, "Full-time equivalent pay a year", "24000")
    question(page, "How was it advertised?").get_by_role("radio").first.check()
    question(page, "Is it filled?").get_by_role("radio").first.check()
    choose(page, "Is there a written policy on part-time and flexible work?", policy)
    press(page, "Save")
    heading(page, "Outcomes")


def records_the_start(journey: Journey) -> None:
    page = journey.adviser
    go(page, f"/cases/{journey.case}/outcomes")
    press(page, "Record the start")
    _outcomes(page, open_posts="1", policy="No")


def plans(journey: Journey) -> None:
    """The adviser chooses the actions; the owner signs on the phone, then the adviser."""
    page, phone = journey.adviser, journey.phone
    plan = f"/employers/{journey.employer}/plan"
    go(page, plan)
    press(page, "Choose the actions")
    press(page, "Start the plan")
    for person in (phone, page):
        go(person, plan)
        follow(person, "Sign the plan off")
        person.locator("main form input[type=checkbox]").check()
        press(person, "Sign off")
    go(page, plan)
    expect(page.get_by_text("The plan is agreed: both have signed the same.")).to_be_visible()
    follow(page, re.compile("^Version "))
    sheets = PdfReader(io.BytesIO(wait_for_pdf(page))).pages
    text = "".join(sheet.extract_text() for sheet in sheets)
    assert OWNER in text
    assert ADVISER in text
    assert journey.stage() == "Plan agreed"


def _add_attending(page: Page, name: str, attended: str) -> None:
    page.get_by_label(re.compile("^Add an")).fill(name.removesuffix(" Ltd")[8:])
    press(page, "Find")
    press(page, f"Add {name}")
    question(page, name).get_by_label("How many attended").fill(attended)


def trains(journey: Journey) -> None:
    """Support for this employer; the same for a large one as well is refused with the reason."""
    page = journey.adviser
    go(page, f"/support/new?case={journey.case}")
    choose(page, "What was it?", "Training session")
    fill(page, "Title", "Rotas that fit supervisors")
    choose(page, "Made for the occasion?", "Off the peg")
    choose(page, "Who was it for?", "Line managers")
    set_day(page, "When", today())
    fill(page, "Hours", "2")
    choose(page, "Where", "At a place")
    fill(page, "Place", "The lunch rooms")
    choose(page, "Who pays?", "Fully funded by the programme")
    question(page, NAME).get_by_label("How many attended").fill("6")
    question(page, NAME).get_by_label("Of them part-time").fill("4")
    _add_attending(page, LARGE, "9")
    press(page, "Save", look=False)
    expect(page.locator(".govuk-error-summary")).to_contain_text("250")
    page_check(page)
    press(page, f"Take out {LARGE}", look=False)
    page.set_input_files(
        "input[type=file]",
        {"name": "sheet.jpg", "mimeType": "image/jpeg", "buffer": page.screenshot(type="jpeg")},
    )
    press(page, "Save")
    heading(page, "Rotas that fit supervisors")
    expect(page.get_by_role("link", name="sheet.jpg", exact=True)).to_be_visible()
    press(page, "Ask the employer to confirm")
    assert journey.stage() == "Support"


def confirms_at_home(journey: Journey) -> None:
    """The owner answers from the employer's own page, without a link."""
    phone = journey.phone
    go(phone, f"/employers/{journey.employer}")
    follow(phone, "Please confirm")
    press(phone, "Yes, this is right")
    heading(phone, "You confirmed this")
    journey.open_case()
    expect(record(journey.adviser, "Support delivered")).to_contain_text("All confirmed")


def refers_on(journey: Journey) -> None:
    page = journey.adviser
    go(page, f"/cases/{journey.case}/refer-on")
    choose(page, "Which service?", "Apprenticeship Hub")
    fill(page, "Organisation", "Example Apprenticeship Hub")
    fill(page, "Why are they referred?", "An apprentice in the kitchen")
    press(page, "Save the referral", look=False)
    expect(page.locator(".govuk-error-summary")).to_contain_text("without its consent")
    page_check(page)
    page.get_by_label("The employer agrees to this referral").check()
    question(page, "What may the service be told?").get_by_role("checkbox").first.check()
    fill(page, "Its email address", "hello@hub.example")
    page.get_by_label("Send it to the service").check()
    press(page, "Save the referral")
    assert OWNER in journey.server.mail_to("hello@hub.example")
    press(page, "Say what came of it")
    page.get_by_label("Support was taken up").check()
    press(page, "Save")
    expect(page.locator("main .govuk-tag")).to_contain_text("Support was taken up")


def follows_up(journey: Journey) -> None:
    """Three months' follow-up, done early, and the outcomes then."""
    page = journey.adviser
    go(page, f"/cases/{journey.case}/follow-up/3")
    fill(page, "Your time", "10")
    practices = page.locator("main fieldset:has(input[name^=answer_])")
    assert practices.count() > 0
    practices.first.get_by_role("radio").first.check()
    fill(page, "What did you hear?", "Two supervisors now work mornings only")
    press(page, "Save, then outcomes")
    heading(page, "3")
    _outcomes(page, open_posts="3", policy="Yes")
    expect(page.get_by_text("2 more", exact=False).first).to_be_visible()
    assert journey.stage() == "Follow-up"


def closes(journey: Journey) -> None:
    page = journey.adviser
    follow(page, "Close the case")
    choose(page, "Why is the case closed?", "Support is complete")
    press(page, "Close the case")
    assert journey.stage() == "Closed"
    steps = page.locator(".app-steps__step")
    assert steps.count() == 7
    assert page.locator(".app-steps__step--done").count() == steps.count() - 1
    press(page, "Reopen the case")
    heading(page, "Reopen the case")


def takes_it_all_away(journey: Journey) -> None:
    """The owner reads what was done, and downloads everything that is held."""
    phone = journey.phone
    go(phone, f"/employers/{journey.employer}/timeline")
    lines = phone.locator(".app-timeline__title")
    for words in TOLD:
        expect(lines.filter(has_text=words).first).to_be_visible()
    go(phone, f"/employers/{journey.employer}/data")
    with phone.expect_download() as waiting:
        phone.get_by_role("button", name="Download everything").click()
    with zipfile.ZipFile(waiting.value.path()) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        for stem in (
            *("facts", "people", "timeline", "referrals", "cases", "contacts", "consultations"),
            *("sessions", "support", "attendance", "confirmations", "referrals-to-others"),
            *("follow-ups", "outcomes", "evidence"),
        ):
            assert f"{stem}.csv" in names
            assert len(archive.read(f"{stem}.csv").splitlines()) > 1, stem
        assert "README.txt" in names
        assert any(name.startswith("evidence/") and "sheet" in name for name in names)
        assert any(name.endswith(".pdf") for name in names)


@pytest.mark.timeout(600)
def test_a_referral_goes_through_every_stage_to_closure(
    settled: LiveServer, new_page: NewPage, adviser_state: Any
) -> None:
    journey = Journey(
        settled,
        adviser=new_page("desktop", url=settled.url, storage_state=adviser_state),
        phone=new_page("phone", url=settled.url),
    )
    steps: tuple[Callable[[Journey], None], ...] = (
        *(refers_itself, accepts, logs_a_call, consults, joins),
    )
    for step in steps:
        step(journey)
    session = meets(journey)
    answer_together(journey)
    confirms_by_mail(journey, session)
    for step in (
        *(records_the_start, plans, trains, confirms_at_home, refers_on, follows_up, closes),
        takes_it_all_away,
    ):
        step(journey)
