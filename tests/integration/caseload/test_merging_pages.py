"""Merging on the pages: choosing, the preview, undoing, and addresses of the merged record."""

from __future__ import annotations

import csv
import io

import pytest

from portal.db import unit_of_work
from portal.employers import queries as employers
from portal.employers.models import Employer
from portal.kernel.clock import utc_now
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import (
    make_case,
    make_lep_officer,
    make_provider,
    make_referral,
    make_source,
)
from tests.factories.employers import make_employer, make_membership
from tests.support.client import PortalClient


@pytest.fixture
def lep(client: PortalClient) -> PortalClient:
    with unit_of_work():
        sign_in(client, make_lep_officer("lep_manager"))
    return client


def pair() -> tuple[Employer, Employer]:
    words = "brook sons bakery zz0brooksonsbakery"
    return (
        make_employer(name="Brook & Sons Bakery Ltd", search_text=words),
        make_employer(
            name="Brook and Sons Bakery", search_text=words, trading_name="The <b>Oven</b>"
        ),
    )


def test_from_the_likely_doubles_to_one_record_and_back(lep: PortalClient, session) -> None:
    with unit_of_work():
        kept, merged = pair()
        provider = make_provider()
        make_case(provider, merged)
        owner = make_user()
        make_membership(employer_id=merged.id, user_id=owner.id, role="owner")
        one, other = kept.reference, merged.reference
    listed = lep.soup("/merges")
    link = listed.find("a", string=lambda text: text and "Compare" in text) or next(
        a for a in listed.select("a") if a.get_text().startswith("Compare")
    )
    page = lep.soup(link["href"])
    text = page.get_text()
    assert "Cases: 1" in text
    assert "Lines of the timeline: 1" in text
    assert "People who act for the employer: 1" in text
    address = f"/merges/new?kept={one}&merged={other}"
    exported = lep.get(f"/merges/new.csv?kept={one}&merged={other}").data.decode("utf-8-sig")
    kinds = {row[0] for row in csv.reader(io.StringIO(exported))}
    assert {"Cases", "Lines of the timeline"} <= kinds
    empty = lep.submit(address, {"reason": ""})
    assert "Say how you know" in empty.get_data(as_text=True)
    done = lep.submit(address, {"reason": "Same owner & shop", "fill": ["trading_name"]})
    assert "is merged into Brook" in done.get_data(as_text=True)
    where = done.request.path
    assert employers.employer_profile(one).trading_name == "The <b>Oven</b>"
    # Old addresses lead on, for those who may see the kept record.
    moved = lep.get(f"/employers/{other}")
    assert moved.location == f"/employers/{one}"
    assert lep.get(f"/employers/{other}/history").location == f"/employers/{one}/history"
    listed = lep.get("/employers/?q=brook").get_data(as_text=True)
    assert f"/employers/{one}" in listed
    assert f"/employers/{other}" not in listed
    assert lep.get(f"/merges/new?kept={other}").status_code == 404
    sign_in(lep, owner)
    assert lep.get(f"/employers/{other}").location == f"/employers/{one}"
    with unit_of_work():
        sign_in(lep, make_user())
    assert lep.get(f"/employers/{other}").status_code == 403
    with unit_of_work():
        sign_in(lep, make_lep_officer("administrator"))
    undone = lep.submit(where)
    assert "stands by itself again" in undone.get_data(as_text=True)
    assert lep.soup(f"/employers/{other}")
    assert employers.employers_of(owner.id) == {other: "owner"}
    assert employers.employer_profile(one).trading_name is None
    assert "Undo the merge" not in lep.soup(where).get_text()
    assert "Undone" in lep.soup("/merges").get_text()


def test_choosing_by_search(lep: PortalClient) -> None:
    with unit_of_work():
        kept, merged = pair()
        one, other = kept.reference, merged.reference
    found = lep.soup("/merges/new?q=brook+bakery")
    assert found.find("a", href=f"/merges/new?kept={one}")
    second = lep.soup(f"/merges/new?kept={one}")
    assert second.find("a", href=f"/merges/new?kept={one}&merged={other}")
    assert "No employer found" in lep.soup("/merges/new?q=zzz").get_text()
    assert lep.get("/merges/new?kept=0000000000").status_code == 404
    same = lep.get(f"/merges/new?kept={one}&merged={one}", follow_redirects=True)
    assert "Choose two different employers" in same.get_data(as_text=True)


def test_problems_are_shown_and_leave_no_button(lep: PortalClient) -> None:
    with unit_of_work():
        kept, merged = pair()
        provider = make_provider()
        make_case(provider, kept)
        make_case(provider, merged)
        address = f"/merges/new?kept={kept.reference}&merged={merged.reference}"
    page = lep.soup(address)
    assert "Both have an open case" in page.get_text()
    assert page.find("main").find("form") is None


def test_a_form_from_before_a_change_shows_the_new_list(lep: PortalClient) -> None:
    with unit_of_work():
        kept, merged = pair()
        address = f"/merges/new?kept={kept.reference}&merged={merged.reference}"
    stale = lep.submit(address, {"reason": "Same", "fingerprint": "0" * 32})
    page = stale.get_data(as_text=True)
    assert "Something was added or changed since you looked" in page
    assert "Same</textarea>" in page
    assert employers.employer_profile(merged.reference) is not None


def test_a_manager_merges_only_employers_that_are_theirs_alone(client: PortalClient) -> None:
    with unit_of_work():
        provider, rival = make_provider(), make_provider()
        kept, merged = pair()
        foreign, unknown = make_employer(), make_employer()
        for employer in (kept, foreign):
            make_case(provider, employer)
        make_referral(
            make_source(), employer_id=merged.id, organisation_id=provider.organisation.id
        )
        make_referral(
            make_source(),
            employer_id=foreign.id,
            organisation_id=rival.organisation.id,
            status="expired",
            decided_at=utc_now(),
        )
        names = [e.reference for e in (kept, merged, foreign, unknown)]
        sign_in(client, provider.manager)
    assert client.soup("/merges")
    assert client.get(f"/merges/new?kept={names[0]}&merged={names[1]}").status_code == 200
    for bad in names[2:]:
        assert client.get(f"/merges/new?kept={names[0]}&merged={bad}").status_code == 404
        assert client.get(f"/merges/new?kept={bad}").status_code == 404
    done = client.submit(
        f"/merges/new?kept={names[0]}&merged={names[1]}", {"reason": "Same", "fill": []}
    )
    assert done.status_code == 200
    where = done.request.path
    assert "employer=" not in where
    with unit_of_work():
        sign_in(client, rival.manager)
    assert client.get(where).status_code == 404
    with unit_of_work():
        sign_in(client, provider.adviser)
    assert client.get("/merges").status_code == 403
