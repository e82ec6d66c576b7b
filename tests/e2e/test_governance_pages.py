"""Every page of information governance at both widths: accessible, and no wider than the screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from portal.db import current_session
from portal.employers.models import Employer
from portal.governance.models import Breach, RightsRequest
from portal.governance.models.retention import ErasureRequest, LegalHold
from tests.e2e import money_world as world
from tests.e2e.support import LiveServer, assert_sound


def _addresses() -> list[str]:
    session = current_session()
    cafe = session.scalars(select(Employer.reference).order_by(Employer.id).limit(1)).one()
    asked = session.scalars(select(RightsRequest).order_by(RightsRequest.id)).all()
    erasing = next(one.reference for one in asked if one.kind == "erasure")
    breach = session.scalars(select(Breach.reference).limit(1)).one()
    hold = session.scalars(select(LegalHold.reference).limit(1)).one()
    erasure = session.scalars(select(ErasureRequest.reference).limit(1)).one()
    return [
        "/privacy",
        "/privacy/versions/1",
        "/account/privacy",
        "/account/privacy/ask",
        "/governance",
        "/governance/audit?actor=&action=consent",
        "/governance/requests",
        "/governance/requests/new",
        *(f"/governance/requests/{one.reference}" for one in asked),
        "/governance/breaches",
        "/governance/breaches/new",
        f"/governance/breaches/{breach}",
        "/governance/consents",
        f"/employers/{cafe}/agreements",
        "/governance/processing",
        "/governance/retention",
        "/governance/retention/forum/period",
        "/governance/retention/holds/new",
        f"/governance/retention/holds/{hold}/lift",
        "/governance/erasure",
        f"/governance/erasure/new?request={erasing}",
        f"/governance/erasure/{erasure}",
    ]


@pytest.mark.timeout(300)
def test_governance_pages_are_sound(browser: Browser, demo: LiveServer) -> None:
    """Each page is opened once and looked at at both widths, by the LEP's manager."""
    with world.inside(demo) as app:
        state, addresses = world.browser_state(app, world.person("head@lep.example")), _addresses()
    assert_sound(browser, demo, state, addresses)
