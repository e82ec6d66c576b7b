"""The directory and what an employer shows: nothing that is not opened, on any page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.network.models import NetworkConsent, NetworkMember
from portal.network.rules.words import FIELDS
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer
from tests.factories.network import make_champion, make_event, make_member, make_thread
from tests.support.client import PortalClient

SECRET = {
    "name": "Zebrafish Bakery Ltd",
    "about": "about-zebra words",
    "changed": "changed-zebra words",
    "for_whom": "whom-zebra words",
    "cost": "cost-zebra words",
    "brought": "brought-zebra words",
    "ask_about": "ask-zebra words",
    "contact": "Contact-Zebra Person",
    "website": "https://zebra.example",
    "sector": "Hospitality",
    "size": "Small",
    "district": "Leeds",
    "award": "Leading champion until",
}


def zebra(*shown: str, **changes: Any) -> NetworkMember:
    employer = make_employer(name=SECRET["name"])
    texts = {key: SECRET[key] for key in SECRET if hasattr(NetworkMember, key)}
    member = make_member(employer, shown=shown, **{**texts, **changes})
    make_champion(employer, tier="leading")
    return member


def owner_of(client: PortalClient, employer: Employer | None = None, **changes: Any) -> Employer:
    with unit_of_work():
        user = make_user(name="Olive Example")
        employer = employer or make_employer(owner_id=user.id, **changes)
    sign_in(client, user)
    return employer


def main_of(client: PortalClient, path: str) -> str:
    main = client.soup(path).find("main")
    assert main is not None
    for form in main.find_all("form"):
        form.decompose()
    return main.get_text(" ", strip=True)


def said(text: str) -> set[str]:
    """The fields of the zebra that a page gives away."""
    return {key for key, value in SECRET.items() if value.lower() in text.lower()}


PAGES = (
    "/network",
    "/network/directory",
    "/network/directory?champions=1",
    "/network/directory?sector=hospitality",
    "/network/directory?district=leeds",
    "/network/directory?topic=zebra",
    "/network/directory?topic=zebrafish",
)


@pytest.mark.parametrize("field", sorted(FIELDS))
def test_a_field_alone_is_all_that_any_page_gives_away(
    client: PortalClient, app: Any, field: str
) -> None:
    with unit_of_work():
        member = zebra(field)
    pages = [client.get(page).get_data(as_text=True) for page in PAGES]
    pages.append(client.get(f"/network/members/{member.reference}").get_data(as_text=True))
    found: set[str] = set()
    for number, page in enumerate(pages):
        body = page[page.index("<main") :]
        # What the visitor typed and the choices offered stand in the forms, not in the answers.
        body = re.sub(r"<form.*?</form>", "", body, flags=re.DOTALL)
        if number < len(PAGES) and "app-work" not in body:
            continue
        found |= said(body)
    assert found == ({field} if field != "contact" else set())


def test_contact_is_for_people_of_the_network(client: PortalClient) -> None:
    with unit_of_work():
        member = zebra("name", "contact")
    page = f"/network/members/{member.reference}"
    assert SECRET["contact"] not in client.get(page).text
    employer = owner_of(client)
    assert SECRET["contact"] not in client.get(page).text, "an account alone opens nothing"
    with unit_of_work():
        make_member(employer)
    assert SECRET["contact"] in client.get(page).text


def test_filters_find_only_what_is_shown(client: PortalClient) -> None:
    with unit_of_work():
        zebra("name")
        open_one = make_member(make_employer(name="Open Cafe Ltd"), about="we like zebra prints")
    for query in ("sector=hospitality", "district=leeds", "topic=prints"):
        text = main_of(client, f"/network/directory?{query}")
        assert "Open Cafe Ltd" in text
        assert "Zebrafish" not in text, query
        assert "1 employer" in text
    assert "Nobody shows all of this" in main_of(client, "/network/directory?champions=1")
    assert "Zebrafish" in main_of(client, "/network/directory?topic=ZEBRAFISH+bakery")
    assert "0 employers" in main_of(client, "/network/directory?topic=100%25")
    assert open_one.reference in client.get("/network/directory?sector=moon&page=x").text


def test_members_that_left_or_show_nothing_are_nowhere(client: PortalClient) -> None:
    from portal.kernel.clock import utc_now

    with unit_of_work():
        quiet = make_member(make_employer(name="Quiet Ltd"), shown=[])
        gone = make_member(make_employer(name="Gone Ltd"), left_at=utc_now())
        merged = make_employer(name="Merged Ltd", merged_into_id=make_employer().id)
        other = make_member(merged)
    text = client.get("/network/directory").text
    for name in ("Quiet Ltd", "Gone Ltd", "Merged Ltd"):
        assert name not in text
    for member in (quiet, gone, other):
        assert client.get(f"/network/members/{member.reference}").status_code == 404


def test_the_directory_pages_and_costs_the_same(client: PortalClient) -> None:
    with unit_of_work():
        make_member(make_employer(name="Aardvark Ltd"))
    client.get("/network/directory")
    first = len(client.statements)
    with unit_of_work():
        for number in range(55):
            make_member(make_employer(name=f"Bear {number:02} Ltd"))
        make_member(make_employer(name="Aaa Hidden Ltd"), shown=["about"])
    page = client.soup("/network/directory")
    assert len(client.statements) == first <= 6
    assert len(page.select("main li.app-work__row")) == 50
    second = client.soup("/network/directory?page=2")
    names = [tag.get_text(strip=True) for tag in second.select("main .app-work__name")]
    assert len(names) == 7
    assert names[-1] == "A member of the network", "the order gives no name away"


def test_home_is_for_everybody_and_threads_for_members(client: PortalClient) -> None:
    with unit_of_work():
        make_event(title="Example event to come")
        make_event(title="Example draft", state="draft")
        make_thread(title="Thread for members only")
        make_champion(make_employer(name="Champion Ltd"))
    text = client.get("/network").text
    assert "Champion Ltd" in text
    assert "Example draft" not in text
    assert "Thread for members only" not in text
    employer = owner_of(client)
    assert "Thread for members only" not in client.get("/network").text
    assert "Join with" in client.get("/network").text
    with unit_of_work():
        make_member(employer)
    page = client.get("/network").text
    assert "Your own corner" in page
    assert "fields are shown to others" in page


def fill(**changes: Any) -> dict[str, Any]:
    return {
        "about": "A café in town.",
        "ask_about": "Swapping shifts.",
        "contact": "The manager",
        "shown": ["name", "about"],
        **changes,
    }


def confirm(client: PortalClient, page: Any, **changes: Any) -> Any:
    """Press the button of a preview as a browser would."""
    from bs4 import BeautifulSoup

    form = BeautifulSoup(page.text, "html5lib").find("form", id="show")
    assert form is not None
    values: dict[str, Any] = {}
    for tag in form.find_all("input"):
        values.setdefault(str(tag["name"]), []).append(str(tag["value"]))
    return client.post(page.request.path, data={**values, **changes})


def test_nothing_is_shown_before_it_was_looked_at(client: PortalClient) -> None:
    employer = owner_of(client, name="Preview Cafe Ltd", trading_name="The Preview")
    path = f"/employers/{employer.reference}/network"
    preview = client.submit(path, fill())
    assert "What others will see" in preview.text
    assert "Nothing of this is shown yet" in preview.text
    assert "A café in town." in preview.text
    assert current_session().scalar(select(NetworkMember)) is None
    assert confirm(client, preview).status_code == 302
    member = current_session().scalars(select(NetworkMember)).one()
    assert member.shown == ["name", "about"]
    assert member.ask_about == "Swapping shifts."
    page = main_of(client, f"/network/members/{member.reference}")
    assert "The Preview" in page
    assert "A café in town." in page
    assert "Swapping shifts." not in page
    # Exactly the same fields, made by the same part.
    shown_in_preview = preview.text[preview.text.index("On your page") :]
    for row in client.soup(f"/network/members/{member.reference}").select("main dl > div"):
        assert row.select_one("dd").get_text() in shown_in_preview  # type: ignore[union-attr]


def test_what_was_not_looked_at_is_not_saved(client: PortalClient) -> None:
    employer = owner_of(client)
    path = f"/employers/{employer.reference}/network"
    preview = client.submit(path, fill())
    again = confirm(client, preview, about="Something else")
    assert again.status_code == 200
    assert "Nothing of this is shown yet" in again.text
    assert "Something else" in again.text
    changed = confirm(client, preview, again="1")
    assert "A café in town." in changed.text
    assert 'name="about"' in changed.text
    assert current_session().scalar(select(NetworkMember)) is None


def test_each_field_is_taken_back_with_its_history(client: PortalClient) -> None:
    employer = owner_of(client)
    path = f"/employers/{employer.reference}/network"
    confirm(client, client.submit(path, fill(shown=["name", "about", "contact"])))
    confirm(client, client.submit(path, {"shown": ["name"]}))
    rows = current_session().scalars(select(NetworkConsent).order_by(NetworkConsent.id)).all()
    assert [(row.field, row.shown, row.by_name) for row in rows] == [
        ("name", True, "Olive Example"),
        ("about", True, "Olive Example"),
        ("contact", True, "Olive Example"),
        ("about", False, "Olive Example"),
        ("contact", False, "Olive Example"),
    ]
    text = main_of(client, path)
    assert "Olive Example closed “What you do”" in text
    member = current_session().scalars(select(NetworkMember)).one()
    assert "A café in town." not in main_of(client, f"/network/members/{member.reference}")
    assert member.about == "A café in town.", "what was written is kept"


def test_leaving_closes_everything_and_coming_back_opens_nothing(client: PortalClient) -> None:
    employer = owner_of(client)
    path = f"/employers/{employer.reference}/network"
    confirm(client, client.submit(path, fill()))
    member = current_session().scalars(select(NetworkMember)).one()
    answer = client.submit(f"{path}/leave")
    assert "You have left the network" in answer.text
    assert client.get(f"/network/members/{member.reference}").status_code == 404
    assert client.get(f"{path}/leave").status_code == 302
    back = client.soup(path)
    assert "A café in town." in [tag.get_text(strip=True) for tag in back.select("textarea")]
    assert back.select("input[name=shown][checked]") == []
    confirm(client, client.submit(path, {"shown": []}))
    current_session().expire_all()
    member = current_session().scalars(select(NetworkMember)).one()
    assert member.left_at is None
    assert member.shown == []


def test_bad_fields_and_old_pages_are_refused(client: PortalClient) -> None:
    employer = owner_of(client)
    path = f"/employers/{employer.reference}/network"
    wrong = client.submit(path, fill(website="javascript:alert(1)", shown=["cost"]))
    assert "Enter a website that begins with https://" in wrong.text
    assert "Write something under “What it cost”" in wrong.text
    assert "Choose one of the options" not in wrong.text
    unknown = client.submit(path, fill(shown=["password"]))
    assert "Error" in unknown.text
    old = client.submit(path, fill())
    confirm(client, client.submit(path, fill(about="Newer words")))
    stale = confirm(client, old)
    assert "Somebody else has changed what you show" in stale.text
    script = client.submit(path, fill(about="<script>alert(1)</script>"))
    assert "<script>alert(1)" not in script.text
    assert "&lt;script&gt;alert(1)" in script.text


def test_only_people_of_the_employer_open_its_pages(client: PortalClient) -> None:
    with unit_of_work():
        other = make_employer()
        officer = make_user(roles=("lep_officer",))
    owner_of(client)
    for part in ("", "/leave", "/competitors", "/invitations"):
        assert client.get(f"/employers/{other.reference}/network{part}").status_code == 403
    sign_in(client, officer)
    assert client.get(f"/employers/{other.reference}/network").status_code == 403


def test_the_card_says_where_the_employer_stands(client: PortalClient) -> None:
    employer = owner_of(client)
    page = f"/employers/{employer.reference}"
    assert "Meet other employers" in client.get(page).text
    with unit_of_work():
        make_member(employer, shown=["name"])
    assert "1 field is shown to others" in client.get(page).text
    with unit_of_work():
        officer = make_user(roles=("lep_officer",))
        stranger = make_employer()
    sign_in(client, officer)
    assert "/network/members/" in client.get(page).text
    assert "In the network" not in client.get(f"/employers/{stranger.reference}").text
