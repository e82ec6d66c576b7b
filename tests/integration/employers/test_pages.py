"""The pages about employers, as a browser without a script sees them."""

from __future__ import annotations

import re
from html import unescape
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

import portal.employers
from portal.db import current_session, unit_of_work
from portal.employers import queries
from portal.employers.models import Employer
from portal.employers.panels import PANELS_EXTENSION, Panel, register_employer_panel
from portal.employers.service import import_register
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer, make_membership, make_register_entry

SAMPLE = Path(portal.employers.__file__).parent / "data" / "register-sample.csv"
PERSON = "visitor@example.org"


@pytest.fixture
def visitor(client):
    sign_in(client, make_user(PERSON, name="Vera Visitor"))
    return client


def text_of(response) -> str:
    page = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(unescape(page).split())


def first_employer() -> Employer:
    return current_session().scalar(select(Employer).order_by(Employer.id.desc()))


def test_from_the_register_to_a_record(visitor) -> None:
    import_register(SAMPLE.read_bytes())
    soup = visitor.soup("/employers/find?q=sansburys+supermarkets")
    link = soup.find("a", string="SAINSBURY'S SUPERMARKETS LTD")
    form = visitor.soup(link["href"])
    assert form.find("input", {"name": "company_number"})["value"] == "03261722"
    assert form.find("input", {"name": "sic_codes", "checked": True})
    answer = visitor.submit(
        link["href"],
        {"district": "leeds", "postcode": "ls1 4ap", "headcount": "1,200", "headcount_on": ""},
    )
    assert answer.status_code == 200
    assert "SAINSBURY" in text_of(answer)
    assert "Not counted yet: no answer about Investors in People" in text_of(answer)
    profile = queries.employer_profile(first_employer().reference)
    assert (profile.sector, profile.size_tier, profile.headcount) == ("retail", "large", 1200)
    # Now that it is here, the same entry leads back to it.
    again = visitor.get(link["href"])
    assert again.location.endswith(f"/employers/{profile.reference}")


def test_suggestions_while_typing(visitor) -> None:
    with unit_of_work():
        entry = make_register_entry(name="TESCO STORES LIMITED").id
    found = visitor.get("/employers/find.json?q=tes").get_json()["results"]
    assert found[0]["text"] == "TESCO STORES LIMITED"
    assert found[0]["href"] == f"/employers/new?entry={entry}"
    assert visitor.get("/employers/find.json?q=%00%22").get_json() == {"results": []}
    codes = visitor.get("/employers/sic.json?q=pub").get_json()["results"]
    assert codes[0] == {"value": "56302", "text": "56302 Public houses and bars"}


def new_data(**changes: object) -> dict[str, object]:
    return {
        "name": "Example Café",
        "postcode": "LS1 4AP",
        "district": "leeds",
        "headcount": "12",
        "part_time_headcount": "5",
        **changes,
    }


def test_an_employer_not_listed_with_its_code_found_without_a_script(visitor) -> None:
    shown = visitor.submit("/employers/new", new_data(sic_query="cafe"), find="1")
    assert "56102 Unlicensed restaurants and cafes" in text_of(shown)
    assert 'value="Example Café"' in shown.get_data(as_text=True)
    done = visitor.submit("/employers/new", new_data(sic_codes=["56102"]))
    assert "Hospitality" in text_of(done)
    assert first_employer().sic_codes == ["56102"]


def test_a_suggestion_picked_counts_without_another_press(visitor) -> None:
    visitor.submit("/employers/new", new_data(sic_query="56302 Public houses and bars"))
    assert first_employer().sic_codes == ["56302"]


def test_a_search_left_in_the_box_is_not_dropped(visitor) -> None:
    shown = text_of(visitor.submit("/employers/new", new_data(sic_query="pub")))
    assert "Tick the codes that fit, or clear the search box" in shown
    nothing = text_of(visitor.submit("/employers/new", new_data(sic_query="qqqq")))
    assert "Nothing in the list fits" in nothing


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "Enter the employer's name"),
        ({"name": "x" * 161}, "160 characters or fewer"),
        ({"postcode": "nowhere"}, "Enter a full UK postcode, like LS1 4AP"),
        ({"postcode": ""}, "Enter your postcode"),
        ({"company_number": "12x"}, "Enter a company number"),
        ({"charity_number": "12x"}, "Enter a charity number"),
        ({"district": ""}, "Choose a district"),
        ({"district": "moon"}, "Choose one of the options"),
        ({"headcount": ""}, "Enter how many people work for you"),
        ({"headcount": "lots"}, "must be a whole number"),
        ({"headcount": "0"}, "must be 1 or more"),
        ({"part_time_headcount": "13"}, "Part-time people cannot be more than all 12"),
        ({"sic_codes": ["47110", "47190", "47210", "47220", "47230"]}, "4 codes or fewer"),
        ({"sic_codes": ["00000"]}, "Choose one of the options"),
    ],
)
def test_a_mistake_is_said_in_plain_words_and_nothing_typed_is_lost(visitor, changes, says) -> None:
    shown = visitor.submit("/employers/new", new_data(trading_name="Kept \U0001f600", **changes))
    assert says in text_of(shown)
    assert "There is a problem" in text_of(shown)
    assert 'value="Kept \U0001f600"' in shown.get_data(as_text=True)
    assert first_employer() is None


def test_long_and_foreign_names_are_kept(visitor) -> None:
    name = "\u0634\u0631\u0643\u0629 \U0001f600 <b>&amp;</b>"
    visitor.submit("/employers/new", new_data(name=name))
    assert first_employer().name == name
    assert name in visitor.soup(f"/employers/{first_employer().reference}").find("h1").get_text()


def test_an_employer_that_is_already_here_is_asked_not_shown(visitor, app, run_jobs) -> None:
    with unit_of_work():
        owner = make_user("boss@example.org", name="Bea Boss").id
        entry = make_register_entry(company_number="00000099")
        employer = make_employer(owner_id=owner, name="Here Ltd", company_number="00000099")
        entry_id, reference = entry.id, employer.reference
    answer = visitor.get(f"/employers/new?entry={entry_id}", follow_redirects=True)
    shown = text_of(answer)
    assert "This employer already uses the portal" in shown
    assert "Bea" not in shown
    assert "boss@example.org" not in shown
    typed = visitor.submit("/employers/new", new_data(company_number="99"))
    assert "This employer already uses the portal" in text_of(typed)
    sent = visitor.submit(f"/employers/ask?entry={entry_id}")
    assert "Your request was sent" in text_of(sent)
    assert visitor.get(f"/employers/{reference}").status_code == 403
    assert run_jobs() >= 1
    boss = app.test_client()
    sign_in(boss, _user(owner))
    page = boss.soup(f"/employers/{reference}/people")
    action = page.find("form", action=re.compile("/people/requests/"))["action"]
    boss.submit(f"/employers/{reference}/people", form=action)
    assert visitor.get(f"/employers/{reference}").status_code == 200


def _user(user_id: int):
    from portal.accounts.models import User

    return current_session().get(User, user_id)


def test_nothing_to_ask_about(visitor) -> None:
    assert visitor.get("/employers/ask").status_code == 404
    assert visitor.get("/employers/ask?number=123").status_code == 404
    assert visitor.get("/employers/new?entry=99999999999999999999").status_code == 404
    assert visitor.get("/employers/new?entry=12345").status_code == 404


@pytest.mark.parametrize(
    ("page", "data", "field", "value"),
    [
        ("details", {"trading_name": "Loafers"}, "trading_name", "Loafers"),
        (
            "staff-numbers",
            {
                "headcount": "60",
                "part_time_headcount": "",
                "headcount_on-day": "1",
                "headcount_on-month": "nov",
                "headcount_on-year": "2026",
            },
            "size_tier",
            "medium",
        ),
        (
            "investors-in-people",
            {
                "iip_status": "not_accredited",
                "iip_on-day": "1",
                "iip_on-month": "11",
                "iip_on-year": "2026",
                "iip_evidence": "Asked HR",
            },
            "iip_status",
            "not_accredited",
        ),
        (
            "training",
            {
                "training_answer": "yes",
                "training_on-day": "1",
                "training_on-month": "11",
                "training_on-year": "2026",
                "training_last_on-day": "1",
                "training_last_on-month": "6",
                "training_last_on-year": "2026",
                "training_note": "Records",
            },
            "training_answer",
            "yes",
        ),
    ],
)
def test_each_section_is_saved_and_stands_in_the_history(place, page, data, field, value) -> None:
    answer = place.client.submit(f"/employers/{place.reference}/{page}", data)
    assert "Saved." in text_of(answer)
    assert getattr(queries.employer_profile(place.reference), field) == value
    history = place.client.soup(f"/employers/{place.reference}/history")
    assert "Olive Owner" in history.get_text()


@pytest.mark.parametrize(
    ("page", "data", "says"),
    [
        ("details", {"name": ""}, "Enter the employer's name"),
        ("staff-numbers", {"headcount_on-year": "2999"}, "must be"),
        ("investors-in-people", {}, "Say whether you are accredited"),
        ("training", {}, "Say whether any of your staff"),
    ],
)
def test_each_section_says_what_is_missing(place, page, data, says) -> None:
    answer = place.client.submit(f"/employers/{place.reference}/{page}", data)
    assert says in text_of(answer)
    assert queries.employer_profile(place.reference).version == 1


def test_the_second_of_two_editors_sees_what_changed_and_loses_nothing(place, app) -> None:
    path = f"/employers/{place.reference}/details"
    other = app.test_client()
    sign_in(other, _user(place.member_id))
    stale = {"version": "1"}
    other.submit(path, {"name": "Max Bakery Ltd"})
    shown = place.client.submit(path, {"name": "Olive Bakery Ltd", **stale})
    words = text_of(shown)
    assert "Changed while you were editing" in words
    assert "Max Bakery Ltd" in words
    assert "Max Member" in words
    html = shown.get_data(as_text=True)
    assert 'value="Olive Bakery Ltd"' in html
    version = re.search(r'name="version" value="(\d+)"', html)[1]
    place.client.submit(path, {"name": "Olive Bakery Ltd", "version": version})
    assert queries.employer_profile(place.reference).name == "Olive Bakery Ltd"


def test_sites_are_added_and_withdrawn(place) -> None:
    path = f"/employers/{place.reference}/sites"
    data = {"name": "Otley shop", "address": "1 Kirkgate", "postcode": "ls213hn"}
    wrong = place.client.submit(
        path, {**data, "postcode": "x", "district": "leeds"}, form="add-site"
    )
    assert "Enter a full UK postcode" in text_of(wrong)
    place.client.submit(path, {**data, "district": "leeds"}, form="add-site")
    site = queries.sites(place.employer_id)[0]
    assert site.postcode == "LS21 3HN"
    place.client.submit(path, form=f"{path}/{site.id}/withdraw")
    assert queries.sites(place.employer_id) == []
    assert "Withdrawn on" in place.client.soup(path).get_text()


def test_an_invitation_from_sending_to_joining(place, app, run_jobs, browser, capsys) -> None:
    people = f"/employers/{place.reference}/people"
    place.client.submit(
        people, {"email": "Nina@Example.org", "role": "owner"}, form=f"{people}/invite"
    )
    assert run_jobs() == 1
    link = re.search(r"/employers/invitation/[\w-]+", capsys.readouterr().out)[0]
    stranger = app.test_client()
    assert "Sign in with the address" in stranger.soup(link).get_text()
    wrong = browser("other@example.org")
    assert "sent to another email address" in text_of(wrong.submit(link))
    nina = browser("nina@example.org", name="Nina New")
    assert "You have joined" in text_of(nina.submit(link))
    assert nina.get(f"{people}").status_code == 200
    assert wrong.get(link).status_code == 404
    member = queries.membership(place.employer_id, place.owner_id).id
    nina.submit(people, form=f"{people}/{member}/remove")
    assert place.client.get(people).status_code == 403


def test_an_invitation_can_be_withdrawn(place) -> None:
    people = f"/employers/{place.reference}/people"
    place.client.submit(people, {"email": "nina@example.org"}, form=f"{people}/invite")
    waiting = queries.open_invitations(place.employer_id)[0]
    place.client.submit(people, form=f"{people}/invitations/{waiting.id}/withdraw")
    assert queries.open_invitations(place.employer_id) == []


def test_roles_change_but_never_the_last_owners(place) -> None:
    people = f"/employers/{place.reference}/people"
    own = queries.membership(place.employer_id, place.owner_id).id
    other = queries.membership(place.employer_id, place.member_id).id
    refused = place.client.submit(people, form=f"{people}/{own}/remove")
    assert "An employer needs an owner" in text_of(refused)
    place.client.submit(people, form=f"{people}/{other}/role")
    assert queries.membership(place.employer_id, place.member_id).role == "owner"
    answer = place.client.submit(people, form=f"{people}/{own}/remove")
    assert answer.status_code == 200
    assert queries.employers_of(place.owner_id) == {}


def test_what_others_may_open(place, app, browser) -> None:
    reference = place.reference
    reads = ["", "/history", "/people"]
    edits = ["/details", "/staff-numbers", "/investors-in-people", "/training", "/sites"]
    member = app.test_client()
    sign_in(member, _user(place.member_id))
    stranger = browser("stranger@example.org")
    officer = browser("officer@example.org", roles=["lep_officer"])
    adviser = browser("adviser@example.org", roles=["adviser"])
    nobody = app.test_client()
    for path in reads + edits:
        address = f"/employers/{reference}{path}"
        assert member.get(address).status_code == 200, path
        assert stranger.get(address).status_code == 403, path
        assert adviser.get(address).status_code == 403, path
        assert nobody.get(address).status_code == 302, path
        assert officer.get(address).status_code == (200 if path in reads else 403), path
    people = f"/employers/{reference}/people"
    token = member.soup(people).find("input", {"name": "csrf_token"})["value"]
    own = queries.membership(place.employer_id, place.owner_id).id
    for path in ("/people/invite", f"/people/{own}/role", f"/people/{own}/remove"):
        data = {"csrf_token": token, "email": "x@example.org", "role": "owner"}
        assert member.post(f"/employers/{reference}{path}", data=data).status_code == 403


def test_an_employer_that_is_not_there(browser) -> None:
    officer = browser("officer@example.org", roles=["lep_officer"])
    assert officer.get("/employers/0000000000").status_code == 404


def test_where_the_menu_leads(app, browser, place) -> None:
    assert place.client.get("/employers/").location.endswith(place.reference)
    assert browser("new@example.org").get("/employers/").location.endswith("/employers/find")
    with unit_of_work():
        second = make_employer(name="Second Ltd")
        make_membership(employer_id=second.id, user_id=place.owner_id)
    assert "Second Ltd" in place.client.soup("/employers/").get_text()


def test_staff_search_the_list_with_as_many_statements_for_many_rows(browser) -> None:
    officer = browser("officer@example.org", roles=["lep_manager"])
    with unit_of_work():
        for number in range(10):
            make_employer(name=f"Ten {number:03d} Ltd")
    officer.soup("/employers/")
    few = len(officer.statements)
    with unit_of_work():
        for number in range(190):
            make_employer(name=f"Many {number:03d} Ltd", sic_codes=["47110"])
    soup = officer.soup("/employers/")
    assert len(officer.statements) == few <= 6
    assert len(soup.select("tbody tr")) == 50
    following = soup.find("a", rel="next")
    second = officer.soup(following["href"])
    assert len(officer.statements) <= few + 1
    names = {row.th.get_text() for row in soup.select("tbody tr")}
    assert not names & {row.th.get_text() for row in second.select("tbody tr")}
    assert len(officer.soup("/employers/?q=ten+003").select("tbody tr")) == 1
    assert len(officer.soup("/employers/?sector=hospitality").select("tbody tr")) == 10
    assert "No employers found" in officer.soup("/employers/?q=%25_'").get_text()


def test_people_pages_do_not_ask_more_for_more_people(place) -> None:
    path = f"/employers/{place.reference}/people"
    place.client.soup(path)
    few = len(place.client.statements)
    with unit_of_work():
        for _ in range(20):
            make_membership(employer_id=place.employer_id, user_id=make_user(password=None).id)
    place.client.soup(path)
    assert len(place.client.statements) == few


def test_later_features_add_their_cards(place, app) -> None:
    before = list(app.extensions.get(PANELS_EXTENSION, []))
    register_employer_panel(app, lambda _p, _a: None)
    register_employer_panel(
        app,
        lambda p, _a: Panel("Diagnostic", f"For {p.name}", href="/help", meta="15 minutes"),
        order=1,
    )
    try:
        assert "For Example Bakery Ltd" in place.client.soup(f"/employers/{place.reference}").text
    finally:
        app.extensions[PANELS_EXTENSION] = before


def test_a_manager_loads_a_register_from_the_browser(browser) -> None:
    manager = browser("manager@example.org", roles=["lep_manager"])
    officer = browser("officer@example.org", roles=["lep_officer"])
    assert officer.get("/employers/import").status_code == 403

    def load(content: bytes) -> str:
        upload = (BytesIO(content), "register.csv")
        return text_of(manager.submit("/employers/import", {"file": upload}))

    assert "1,500 rows read" in load(SAMPLE.read_bytes())
    assert "Unchanged" in load(SAMPLE.read_bytes())
    assert "This is a spreadsheet" in load(b"PK\x03\x04")
    refused = load(b"EmployerName,EmployerId\n,1\nA,2\n")
    assert "Row 2: EmployerName is empty" in refused
    assert "Choose a file" in text_of(manager.submit("/employers/import", {}))
