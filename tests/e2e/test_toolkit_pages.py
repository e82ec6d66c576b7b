"""Every page of tools and of those who manage the toolkit, at both widths: sound and usable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.employers.models import Employer, Membership
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from portal.toolkit.models import Campaign, Insight, InsightTheme, Resource
from portal.toolkit.service import resources
from tests.e2e import money_world as world
from tests.e2e.support import LiveServer, assert_sound, browser_context, faults_of
from tests.factories.toolkit import make_content, make_draft

ADVERT = """Team leader in Leeds. Full time, must be fully flexible. Competitive salary.
You lead a shop team, order stock and cash up. Part-time may be considered."""
ROTA = b"Person,Date,Start,End\nA,2026-03-02,09:00,13:00\nA,2026-03-03,17:00,21:00\n"


@dataclass(frozen=True)
class Shelf:
    """What the demonstration holds, by the parts of addresses."""

    draft: str
    published: str
    insight: str
    theme: str
    campaign: str
    employer: str


@pytest.fixture(scope="module")
def shelf(demo: LiveServer) -> Iterator[tuple[Shelf, dict[str, Any]]]:
    """A draft with two versions beside the demonstration's own records, and who looks at them."""
    with world.inside(demo) as app:
        with unit_of_work():
            draft = make_draft(title="Example draft of a guide", sources=(), body="## One\n\nText.")
            done = resources.save_version(
                reference=draft.reference,
                revision=draft.revision,
                content=make_content(
                    title="Example draft of a guide", body="## One\n\nTwo.", sources=()
                ),
                change_note="Shorter",
                by=PORTAL,
            )
            assert isinstance(done, Ok), done
            held = Shelf(draft.reference, *_references())
        owner = world.person("owner@cafe.example")
        people = {"officer": world.person("officer@lep.example"), "owner": owner}
        yield held, {who: world.browser_state(app, user) for who, user in people.items()}


def _references() -> tuple[str, ...]:
    session = current_session()

    def first(column: Any) -> str:
        found: str = session.scalars(select(column).limit(1)).one()
        return found

    cafe = session.scalars(
        select(Employer.reference)
        .join(Membership, Membership.employer_id == Employer.id)
        .where(Membership.user_id == world.person("owner@cafe.example").id)
    ).first()
    assert cafe is not None
    published = session.scalars(
        select(Resource.reference).where(Resource.slug == "rota-four-weeks-ahead")
    ).one()
    return (
        *(published, first(Insight.reference), first(InsightTheme.reference)),
        *(first(Campaign.reference), cafe),
    )


def _of_officer(held: Shelf) -> tuple[str, ...]:
    draft, published = f"/toolkit/manage/{held.draft}", f"/toolkit/manage/{held.published}"
    insight, theme = f"/insights/{held.insight}", f"/insights/themes/{held.theme}"
    return (
        *("/toolkit/manage", "/toolkit/manage/new", draft, f"{draft}/edit", published),
        *(f"{published}/retire", f"{published}/tests", f"{published}/tests/new"),
        *("/toolkit/manage/comments", "/insights", "/insights/new", insight, f"{insight}/edit"),
        *(f"{insight}/withdraw", "/insights/themes", theme, f"{theme}/edit"),
        *("/campaigns", "/campaigns/new", f"/campaigns/{held.campaign}"),
        *("/reach", "/reach?by=audience"),
    )


def _of_owner(held: Shelf) -> tuple[str, ...]:
    home = f"/employers/{held.employer}"
    return (
        *(f"{home}/toolkit", f"{home}/tools", "/tools", "/tools/cost", "/tools/job-design"),
        *("/tools/ladder", "/tools/rota", "/tools/advert"),
        *("/toolkit/rota-four-weeks-ahead", "/toolkit/rota-four-weeks-ahead/rate"),
    )


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("who", "pages"), [("officer", _of_officer), ("owner", _of_owner)])
def test_pages_of_the_toolkit_are_sound(
    browser: Browser,
    demo: LiveServer,
    shelf: tuple[Shelf, dict[str, Any]],
    who: str,
    pages: Any,
) -> None:
    held, states = shelf
    assert_sound(browser, demo, states[who], pages(held))


@pytest.mark.timeout(180)
def test_results_of_tools_are_sound_and_kept(
    browser: Browser, demo: LiveServer, shelf: tuple[Shelf, dict[str, Any]]
) -> None:
    """A visitor checks an advert and a rota; a member keeps a result and adds to the plan."""
    _held, states = shelf
    faults: list[str] = []
    with browser_context(browser, demo.url, "phone") as context:
        page = context.new_page()
        page.goto("/tools/advert")
        page.get_by_label("Text of the advert").fill(ADVERT)
        page.get_by_role("button", name="Check the advert").click()
        expect(page.locator(".app-result")).to_contain_text("out of 100")
        faults += faults_of(page, "the advert's result")
        page.goto("/tools/rota")
        rota = {"name": "rota.csv", "mimeType": "text/csv", "buffer": ROTA}
        page.get_by_label("Rota as a CSV file").set_input_files([rota])  # type: ignore[list-item]
        page.get_by_role("button", name="Work it out").click()
        expect(page.locator(".app-result")).to_contain_text("out of 100")
        faults += faults_of(page, "the rota's result")
    with browser_context(browser, demo.url, "phone", storage_state=states["owner"]) as context:
        page = context.new_page()
        page.goto("/tools/advert")
        page.get_by_label("Text of the advert").fill(ADVERT)
        page.get_by_role("button", name="Check the advert").click()
        page.get_by_role("button", name="Keep this result").click()
        expect(page.get_by_text("The result is kept")).to_be_visible()
        faults += faults_of(page, "a kept result")
    assert not faults, "\n".join(faults)
