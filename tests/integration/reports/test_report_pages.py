"""The pages of any report: who sees which, its period and filters, its figures, and nothing yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from portal.db import unit_of_work
from portal.kernel.clock import freeze
from portal.reports.rules.scope import View
from portal.reports.service.building import Builder
from tests.factories.employers import make_employer
from tests.factories.reports import KEY, SECRETS, everything, person, registered

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    with freeze(NOW):
        yield


@pytest.fixture
def reports(app: Flask) -> Iterator[Builder]:
    """The small report and one with everything in it."""
    with registered(everything()) as builder:
        yield builder


def test_lep_staff_see_the_report_with_its_meaning_and_ways_out(
    app: Flask, reports: Builder
) -> None:
    with unit_of_work():
        make_employer()
    client = person(app, "lep_officer").client
    assert client.soup("/reports").find("a", href=f"/reports/{KEY}")
    page = client.soup(f"/reports/{KEY}")
    text = page.find("main").get_text(" ", strip=True)
    assert "Live" in text
    assert "1 April 2026 to 22 November 2026" in text
    assert "Once each, on the day they first registered." in text
    assert "See the records" in text
    buttons = {one.get_text(" ", strip=True) for one in page.find("main").find_all("button")}
    assert {"Excel workbook", "PDF", "Show"} <= buttons
    meaning = client.soup(f"/reports/{KEY}/definitions").find("main").get_text(" ", strip=True)
    assert "Employers with an account." in meaning
    assert "The register of employers" in meaning


def test_each_role_sees_its_own_reports_and_no_others(app: Flask) -> None:
    officer, evaluator = person(app, "lep_officer"), person(app, "evaluator")
    manager = person(app, "provider_manager", organisation="Example Provider")
    adviser = person(app, "adviser", organisation="Another Provider")
    homeless = person(app, "provider_manager")
    with registered(views=frozenset({View.FULL})):
        assert officer.client.get(f"/reports/{KEY}").status_code == 200
        for other in (manager, adviser, evaluator, homeless):
            assert other.client.get(f"/reports/{KEY}").status_code == 404
        assert not manager.client.soup("/reports").find("a", href=f"/reports/{KEY}")
    with registered(views=frozenset({View.PROVIDER})):
        assert officer.client.get(f"/reports/{KEY}").status_code == 404
        for own in (manager, adviser):
            assert own.client.get(f"/reports/{KEY}").status_code == 200
    for nobody in (person(app, "administrator"), person(app)):
        assert nobody.client.get("/reports").status_code == 403
    assert "/account/login" in app.test_client().get("/reports").location


def test_a_provider_always_asks_about_its_own_work(app: Flask) -> None:
    seen = []

    def build(scope):
        seen.append(scope)
        return everything().build(scope)

    own = person(app, "provider_manager", organisation="Example Provider")
    other = person(app, "provider_manager", organisation="Another Provider")
    builder = Builder("asks", "Asks", "Asks.", build, frozenset({View.PROVIDER}))
    with registered(builder):
        own.client.soup("/reports/asks")
        own.client.soup(f"/reports/asks?provider={other.organisation}")
        own.client.soup("/reports/asks?provider=")
        own.client.soup("/reports/asks?provider=-1&view=full")
    assert {scope.provider for scope in seen} == {own.organisation}
    assert {scope.view for scope in seen} == {View.PROVIDER}


def test_the_period_and_the_filters_are_asked_for_and_said(app: Flask, reports: Builder) -> None:
    with unit_of_work():
        make_employer(sector="retail")
        make_employer(sector="hospitality")
    client = person(app, "lep_manager").client
    page = client.soup(f"/reports/{KEY}?from=2026-10&to=2026-11&sector=retail")
    assert page.find("select", id="from").find("option", selected=True)["value"] == "2026-10"
    assert page.find(class_="app-figure__value").get_text(strip=True) == "1"
    assert "Remove filter Retail" in page.find("main").get_text(" ", strip=True)
    # The wrong way round, nonsense and the future give the nearest question that makes sense.
    page = client.soup(f"/reports/{KEY}?from=2026-11&to=2026-10&sector=nonsense&provider=9x")
    assert page.find("select", id="from").find("option", selected=True)["value"] == "2026-10"
    for address in ("from=9999-01&to=9999-13", "from=0000-00", "from=2026-99&to=%00"):
        assert client.get(f"/reports/{KEY}?{address}").status_code == 200


def test_an_empty_report_reads_well(app: Flask, reports: Builder) -> None:
    text = person(app, "lep_officer").client.soup("/reports/everything").find("main").get_text(" ")
    assert "Not yet. Nothing yet: nobody has finished." in " ".join(text.split())
    assert "Nothing here Nothing yet." in " ".join(text.split())


def test_what_is_withheld_is_not_on_the_page(app: Flask, reports: Builder) -> None:
    page = person(app, "lep_officer").client.get("/reports/everything").get_data(as_text=True)
    assert "Not shown" in page
    for secret in SECRETS:
        # Neither the number nor the ends of an interval around it.
        for near in range(secret - 5, secret + 6):
            assert str(near) not in page
            assert f"{near:,}" not in page


def test_a_page_takes_the_same_few_statements_whatever_it_shows(app: Flask) -> None:
    client = person(app, "lep_officer").client
    taken = []
    for months in (3, 60):
        with registered(everything(months=months)):
            client.soup("/reports/everything")
            taken.append(len(client.statements))
    assert taken[0] == taken[1] <= 4


def test_a_freeze_keeps_the_period_and_the_filters_asked_for(app: Flask, reports: Builder) -> None:
    with unit_of_work():
        make_employer(sector="retail")
    client = person(app, "lep_manager").client
    address = f"/reports/{KEY}/freeze?from=2026-07&to=2026-09&sector=retail"
    form = client.soup(address).find("main").get_text(" ", strip=True)
    assert "July to September 2026" in form
    assert "not over" not in form
    assert "This period is not over" in client.soup(f"/reports/{KEY}/freeze").get_text(" ")
    page = client.submit(address, {"note": "For the board"})
    text = page.get_data(as_text=True)
    assert "Frozen" in text
    assert "July to September 2026" in text
    assert "Sector: retail" in text
    assert "For the board" in text
    assert date(2026, 9, 30).isoformat() not in text


@pytest.mark.parametrize(
    ("role", "organisation", "status"),
    [
        ("lep_officer", "", 200),
        ("provider_manager", "Example Provider", 200),
        ("adviser", "Example Provider", 403),
        ("evaluator", "", 403),
    ],
)
def test_who_may_freeze(
    app: Flask, reports: Builder, role: str, organisation: str, status: int
) -> None:
    client = person(app, role, organisation=organisation).client
    assert client.get(f"/reports/{KEY}/freeze").status_code == status
