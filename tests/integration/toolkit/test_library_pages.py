"""The library and its resources as readers see them, without an account."""

from __future__ import annotations

import pytest

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.kernel.people import PORTAL
from portal.toolkit.models import Resource
from portal.toolkit.service import resources
from tests.factories.toolkit import make_content, make_draft, make_published
from tests.support.client import PortalClient

LONG = "Begin [@example-source].\n\n" + "\n".join(
    f"## Part {number}\n\nText of part {number}.\n" for number in range(1, 6)
)


@pytest.fixture
def guide(session: PortalSession) -> Resource:
    with unit_of_work():
        return make_published(
            title="Rotas four weeks ahead",
            summary="Steady weeks for everybody.",
            body=LONG,
            illustrative=True,
            dimensions=("scheduling",),
            sectors=("retail",),
        )


def test_visitors_search_and_narrow(guide: Resource, client: PortalClient) -> None:
    with unit_of_work():
        make_published(title="Adverts", dimensions=("recruitment",), kind="template")
    page = client.soup("/toolkit")
    assert page.find(id="found").text == "2 resources"
    page = client.soup("/toolkit?q=roster")
    assert "We also looked for" in page.text
    assert [link.text for link in page.select(".app-shelf__title a")] == ["Rotas four weeks ahead"]
    page = client.soup("/toolkit?q=rotta&format=guide&dimension=scheduling&dimension=nonsense")
    assert "Did you mean" in page.text
    assert [tag.text for tag in page.select(".app-filter__tag")] == [
        "Remove Guide",
        "Remove Scheduling and hours",
    ]
    ticked = [box["value"] for box in page.select("input[type=checkbox][checked]")]
    assert ticked == ["guide", "scheduling"]
    counts = page.select_one("label[for=facet-format]").text
    assert counts == "Guide (1)"


def test_finding_nothing_says_what_to_do(guide: Resource, client: PortalClient) -> None:
    page = client.soup("/toolkit?q=xyzzy&format=guide")
    assert page.find(id="found").text == "Nothing found for “xyzzy”"
    assert page.find("a", string="Scheduling and hours")["href"] == "/toolkit?dimension=scheduling"
    assert page.find("a", string=lambda text: text and text.startswith("Look in the whole"))
    assert client.soup("/toolkit?q=the").find(id="found").text == "1 resource"
    for odd in ("page=99", "page=-1", "page=x", "q=%00%22(", "sector=", "q=" + "a" * 3000):
        assert client.get(f"/toolkit?{odd}").status_code == 200


def test_a_resource_is_read_without_an_account(guide: Resource, client: PortalClient) -> None:
    page = client.soup(f"/toolkit/{guide.slug}?c=CHAMBER1")
    assert page.h1.text == "Rotas four weeks ahead"
    assert "Illustrative example" in page.text
    assert [link["href"] for link in page.select(".app-contents a")][:2] == ["#part-1", "#part-2"]
    assert page.find(id="source-1").text.strip() == "Example report, Example Publisher, 2023"
    assert page.select_one(".app-cite a")["href"] == "#source-1"
    assert page.select_one(".govuk-back-link")["href"] == "/toolkit?c=CHAMBER1"
    assert not page.select("form[method=post][action*=steps]")
    assert "Set-Cookie" not in client.get(f"/toolkit/{guide.slug}").headers
    assert len(client.statements) <= 8


def test_unpublished_is_absent_and_retired_is_gone(guide: Resource, client: PortalClient) -> None:
    with unit_of_work():
        draft = make_draft()
        newer = make_published(title="Rotas, written anew")
        resources.retire(
            reference=guide.reference,
            revision=guide.revision,
            reason="Out of date",
            replaced_by=newer.slug,
            by=PORTAL,
        )
    assert client.get(f"/toolkit/{draft.slug}").status_code == 404
    assert client.get("/toolkit/nothing-here").status_code == 404
    gone = client.get(f"/toolkit/{guide.slug}")
    assert gone.status_code == 410
    assert "Rotas, written anew" in gone.text
    assert f"/toolkit/{newer.slug}" in gone.text


def test_what_is_typed_is_shown_as_it_is(session: PortalSession, client: PortalClient) -> None:
    with unit_of_work():
        one = make_published(
            title="Tea & <b>bold</b>",
            summary="<script>alert(1)</script>",
            body="<script>alert(1)</script> [@example-source]\n\n[go](javascript:alert(1))\n",
        )
    html = client.get(f"/toolkit/{one.slug}").text
    assert "<script>alert(1)" not in html
    assert 'href="javascript' not in html
    assert "&lt;script&gt;" in html
    assert client.get("/toolkit?q=<script>alert(1)</script>").status_code == 200


def test_a_new_version_is_found_by_its_own_words(guide: Resource, client: PortalClient) -> None:
    with unit_of_work():
        resources.save_version(
            reference=guide.reference,
            revision=guide.revision,
            content=make_content(title="Handover in ten minutes", summary="Short and clear."),
            change_note="",
            by=PORTAL,
        )
    assert client.soup("/toolkit?q=handover").find(id="found").text.startswith("Nothing")
    with unit_of_work():
        resources.publish(
            reference=guide.reference, revision=guide.revision, reason="Small", by=PORTAL
        )
    assert client.soup("/toolkit?q=handover").find(id="found").text.startswith("1 resource")
    assert client.soup("/toolkit?q=rotas").find(id="found").text.startswith("Nothing")
