"""What businesses say: logged, themed, put right, withdrawn; each provider sees its own."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.employers.models import TimelineEntry
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from portal.toolkit.models import Insight, InsightTheme
from portal.toolkit.queries import insights as found
from portal.toolkit.queries.insights import InsightFilter
from portal.toolkit.rules.insights import InsightDetails
from portal.toolkit.service import insights
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import Provider, make_case, make_provider
from tests.factories.employers import make_employer
from tests.factories.toolkit import make_published
from tests.support.client import PortalClient

EVERYBODY = InsightFilter(None)


def make_theme(title: str = "Example theme") -> InsightTheme:
    done = insights.add_theme(title=title, about="", dimension="scheduling", by=PORTAL)
    assert isinstance(done, Ok), done
    return done.value


def make_insight(provider: Provider | None = None, **changes: Any) -> Insight:
    values: dict[str, Any] = {
        "held_on": date(2026, 11, 2),
        "how": "visit",
        "business": "Example Bakery",
        "sector": "retail",
        "challenge": "Rotas change on Fridays",
    }
    done = insights.log(
        details=InsightDetails(**{**values, **changes}),
        employer="",
        organisation_id=provider.organisation.id if provider else None,
        by=provider.author if provider else PORTAL,
    )
    assert isinstance(done, Ok), done
    return done.value


def officer_signs_in(client: PortalClient) -> None:
    with unit_of_work():
        user = make_user(roles=("lep_officer",))
    sign_in(client, user)


FORM = {
    "business": "Example Bakery",
    "sector": "retail",
    "size_tier": "micro",
    "held_on-day": "2",
    "held_on-month": "11",
    "held_on-year": "2026",
    "how": "visit",
    "challenge": "Rotas change on Fridays",
    "may_quote": "y",
}


def test_a_discussion_is_logged_and_put_right(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        provider = make_provider()
        theme = make_theme("Late rotas")
    sign_in(client, provider.adviser)
    assert "No discussions yet" in client.get("/insights").text
    nothing = client.submit("/insights/new", {**FORM, "challenge": ""})
    assert "Write down at least one thing they said" in nothing.text
    assert 'value="Example Bakery"' in nothing.text
    done = client.submit("/insights/new", {**FORM, "themes": [theme.reference]})
    assert "It is logged" in done.text
    one = session.scalars(select(Insight)).one()
    assert (one.organisation_id, one.sector, one.size_tier) == (
        provider.organisation.id,
        "retail",
        "micro",
    )
    edit = f"/insights/{one.reference}/edit"
    assert "Somebody else has changed" in client.submit(edit, {"revision": "7"}).text
    client.submit(edit, {"support_need": "A template"})
    facts = found.insight(one.reference)
    assert facts is not None
    assert (facts.support_need, facts.revision) == ("A template", 1)
    assert [title for _key, title in facts.themes] == ["Late rotas"]
    listed = client.get("/insights?q=friday&sector=retail").text
    assert "Example Bakery" in listed
    assert "Nothing found" in client.get("/insights?q=100%25").text
    table = client.get("/insights/export.csv").data.decode("utf-8-sig")
    assert "Late rotas" in table


def test_an_employers_record_gives_name_sector_and_timeline(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        provider, other = make_provider(), make_provider()
        employer = make_employer(name="Example Care Home")
        make_case(provider, employer)
    sign_in(client, provider.adviser)
    address = f"/insights/new?employer={employer.reference}"
    values = {name: FORM[name] for name in FORM if name not in {"business", "sector", "size_tier"}}
    client.submit(address, values)
    one = session.scalars(select(Insight)).one()
    assert (one.employer_id, one.business, one.sector) == (employer.id, "", employer.sector)
    titles = session.scalars(
        select(TimelineEntry.title).where(TimelineEntry.employer_id == employer.id)
    ).all()
    assert "They told us about their practice" in titles
    client.post("/sign-out")
    sign_in(client, other.adviser)
    assert client.get(address).status_code == 404


def test_a_provider_sees_its_own_and_the_lep_sees_all(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        provider, other = make_provider(), make_provider()
        mine, theirs = make_insight(provider), make_insight(other, business="Example Hotel")
    sign_in(client, provider.adviser)
    page = client.get("/insights").text
    assert "Example Bakery" in page
    assert "Example Hotel" not in page
    assert client.get(f"/insights/{theirs.reference}").status_code == 404
    assert client.get(f"/insights/{theirs.reference}/edit").status_code == 404
    assert "Example Hotel" not in client.get("/insights/export.csv").data.decode()
    client.post("/sign-out")
    officer_signs_in(client)
    assert "Example Hotel" in client.get("/insights").text
    assert client.get(f"/insights/{mine.reference}").status_code == 200


def test_a_withdrawn_discussion_leaves_lists_and_counts(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        theme = make_theme()
        one = make_insight(themes=(theme.reference,))
    officer_signs_in(client)
    assert found.themes()[0].insights == 1
    address = f"/insights/{one.reference}/withdraw"
    assert "Say why it is withdrawn" in client.submit(address, {"reason": " "}).text
    assert "It stays on record" in client.submit(address, {"reason": "Logged twice"}).text
    assert found.themes()[0].insights == 0
    assert found.how_many(EVERYBODY) == 0
    assert "Logged twice" in client.get(f"/insights/{one.reference}").text
    assert client.get(f"/insights/{one.reference}/edit").status_code == 403


def test_a_theme_shows_who_raised_it_and_what_answers_it(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        theme = make_theme("Late rotas")
        make_insight(themes=(theme.reference,), may_quote=True)
        make_insight(business="Example Inn", challenge="Nobody asks", themes=(theme.reference,))
        resource = make_published(title="Example rota guide")
    officer_signs_in(client)
    assert "Nothing answers it" in client.get("/insights/themes").text
    address = f"/insights/themes/{theme.reference}"
    page = client.get(address).text
    assert "Rotas change on Fridays" in page
    assert "Nobody asks" not in page
    answered = client.submit(address, {"resource": resource.reference}, form=f"{address}/answer")
    assert "Example rota guide" in answered.text
    assert found.theme(theme.reference).resources == 1  # type: ignore[union-attr]
    client.submit(address, form=f"{address}/unanswer")
    assert found.theme(theme.reference).resources == 0  # type: ignore[union-attr]
    twice = client.submit("/insights/themes/new", {"title": "late ROTAS"})
    assert "There is a theme with this title already" in twice.text
    client.submit(f"{address}/edit", {"title": "Rotas come late", "retired": "y"})
    assert "no longer given to discussions" in client.get(address).text
    assert found.themes() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"held_on": date(2099, 1, 1)}, "held_on"),
        ({"how": "dream"}, "how"),
        ({"business": ""}, "business"),
        ({"sector": ""}, "sector"),
        ({"size_tier": "huge"}, "size_tier"),
        ({"challenge": "x" * 4001}, "challenge"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    session: PortalSession, changes: dict[str, Any], field: str
) -> None:
    values: dict[str, Any] = {
        "held_on": date(2026, 11, 2),
        "how": "visit",
        "business": "Example Bakery",
        "sector": "retail",
        "challenge": "Rotas",
    }
    with unit_of_work():
        refused = insights.log(
            details=InsightDetails(**{**values, **changes}),
            employer="",
            organisation_id=None,
            by=PORTAL,
        )
    assert isinstance(refused, list)
    assert [problem.field for problem in refused] == [field]
    assert session.scalars(select(Insight)).all() == []
