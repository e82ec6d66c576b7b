"""Campaigns: their link, their QR code, what they bring, and the report of reach."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.kernel.clock import today
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from portal.toolkit.models import Campaign
from portal.toolkit.queries import campaigns as found
from portal.toolkit.rules.campaigns import CampaignDetails
from portal.toolkit.service import campaigns, reach, resources
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import make_provider
from tests.factories.toolkit import make_published
from tests.support.client import PortalClient

BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Example/1.0"


def make_campaign(**changes: Any) -> Campaign:
    values: dict[str, Any] = {
        "title": "Example newsletter",
        "network": "chamber",
        "network_name": "Example Chamber",
        "starts_on": date(2026, 11, 1),
    }
    done = campaigns.add(
        details=CampaignDetails(**{**values, **changes}), organisation_id=None, by=PORTAL
    )
    assert isinstance(done, Ok), done
    return done.value


def count_what_waits(app: Flask) -> int:
    huey = app.extensions["portal_huey"]
    done = 0
    while (task := huey.dequeue()) is not None:
        huey.execute(task)
        done += 1
    return done


def officer_signs_in(client: PortalClient) -> None:
    with unit_of_work():
        user = make_user(roles=("lep_officer",))
    sign_in(client, user)


def test_a_short_link_leads_to_its_resource_and_is_counted(
    app: Flask, client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        resource = make_published(title="Example guide to lead")
        campaign = make_campaign(resource=resource.slug)
        library = make_campaign(title="Example poster")
    huey = app.extensions["portal_huey"]
    huey.flush()
    answer = client.get(f"/go/{campaign.code.upper()}", headers={"User-Agent": BROWSER})
    assert answer.status_code == 302
    assert answer.location.endswith(f"/toolkit/{resource.slug}?c={campaign.code}")
    assert client.get(f"/go/{library.code}").location.endswith(f"/toolkit?c={library.code}")
    assert client.get("/go/nobody").status_code == 404
    assert count_what_waits(app) >= 1
    facts = found.campaign(campaign.reference)
    assert facts is not None
    assert facts.count("visit") == 1


def test_a_retired_resource_leads_to_the_library(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        resource = make_published()
        campaign = make_campaign(resource=resource.slug)
        resources.retire(
            reference=resource.reference,
            revision=resource.revision,
            reason="Out of date",
            replaced_by="",
            by=PORTAL,
        )
    answer = client.get(f"/go/{campaign.code}")
    assert answer.location.endswith(f"/toolkit?c={campaign.code}")


def test_staff_begin_and_change_a_campaign(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        resource = make_published(title="Example guide to send")
    officer_signs_in(client)
    empty = client.get("/campaigns")
    assert "No campaigns yet" in empty.text
    values = {
        "title": "Example newsletter",
        "network": "chamber",
        "network_name": "Example Chamber",
        "resource": resource.slug,
        "starts_on-day": "1",
        "starts_on-month": "12",
        "starts_on-year": "2026",
        "sent_to": "1200",
        "code": "sharp24",
    }
    wrong = client.submit("/campaigns/new", {**values, "code": "shop-01"})
    assert "Use 4 to 12 small letters" in wrong.text
    assert 'value="Example newsletter"' in wrong.text
    done = client.submit("/campaigns/new", values, follow=False)
    assert done.status_code == 302
    page = client.get(done.location)
    assert "/go/sharp24" in page.text
    assert "1,200 people" in page.text
    taken = client.submit("/campaigns/new", values)
    assert "Another campaign has this code" in taken.text
    edit = f"{done.location}/edit"
    stale = client.submit(edit, {**values, "title": "Changed", "revision": "9"})
    assert "Somebody else has changed this campaign" in stale.text
    client.submit(edit, {**values, "title": "Changed"})
    assert "Changed" in client.get("/campaigns").text
    campaign = session.scalars(select(Campaign)).one()
    assert (campaign.code, campaign.title, campaign.revision) == ("sharp24", "Changed", 1)


def test_qr_codes_are_drawn_for_print_and_for_the_screen(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        campaign = make_campaign()
    officer_signs_in(client)
    drawing = client.get(f"/campaigns/{campaign.reference}/qr.svg")
    assert drawing.mimetype == "image/svg+xml"
    assert b"<path" in drawing.data
    picture = client.get(f"/campaigns/{campaign.reference}/qr.png?download=1")
    assert picture.data.startswith(b"\x89PNG")
    assert "campaign-" in picture.headers["Content-Disposition"]
    assert client.get("/campaigns/0000000000/qr.svg").status_code == 404


def test_another_providers_campaign_is_read_only(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        provider = make_provider()
        campaign = make_campaign()
    sign_in(client, provider.adviser)
    page = client.get(f"/campaigns/{campaign.reference}")
    assert page.status_code == 200
    assert "/edit" not in page.text
    assert client.get(f"/campaigns/{campaign.reference}/edit").status_code == 403


def counted(resource_id: int, kind: str, who: str, *, campaign: str = "") -> None:
    reach.count(reach.Seen(kind, today().isoformat(), who, resource_id, 1, campaign, ""))


def test_the_report_of_reach(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        guide = make_published(title="Example guide read", audiences=("managers", "hr"))
        sheet = make_published(kind="fact_sheet", title="Example sheet read", sectors=())
        campaign = make_campaign(resource=guide.slug)
        counted(guide.id, "view", "a", campaign=campaign.code)
        counted(guide.id, "download", "a", campaign=campaign.code)
        counted(guide.id, "view", "b")
        counted(sheet.id, "view", "a")
    officer_signs_in(client)
    page = client.get("/reach")
    assert "Example guide read" in page.text
    by_campaign = client.get("/reach?by=campaign").text
    assert "Example newsletter" in by_campaign
    assert "No campaign" in by_campaign
    only_hr = client.get("/reach?by=audience&audience=hr").text
    assert "Example sheet read" not in client.get("/reach?audience=hr").text
    assert "is counted under each of them" in only_hr
    table = client.get("/reach/export.csv?by=resource").data.decode("utf-8-sig").splitlines()
    assert table[0] == "Resource,Views,Downloads,Completions,Resources distributed"
    assert table[1] == "Example guide read,2,1,0,2"
    assert table[3] == "All,3,1,0,3"
    assert client.get("/reach/export.xlsx?by=month").status_code == 200


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("?since=soon", "Enter days like 2026-04-01"),
        ("?since=2026-11-20&until=2026-11-01", "they were swapped"),
        ("?by=nonsense&audience=nobody&campaign=%00", "Nothing was counted"),
    ],
)
def test_a_wrong_question_is_answered_kindly(
    client: PortalClient, session: PortalSession, asked: str, words: str
) -> None:
    officer_signs_in(client)
    assert words in client.get(f"/reach{asked}").text
