"""The pages about referrals, as a browser without a script sees them."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from sqlalchemy import select

from portal.caseload.models import Case, Referral, ReferralBatch, ReferralSource
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.employers.rules.names import index_words
from portal.kernel.clock import today
from portal.web.security import limiter
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import (
    Provider,
    make_case,
    make_lep_officer,
    make_organisation,
    make_provider,
    make_referral,
    make_source,
)
from tests.factories.employers import make_employer

GIVEN = {
    "employer_name": "Example Bakers Ltd",
    "contact_name": "Ann Example",
    "contact_phone": "0113 496 0000",
    "consent": "y",
}
HEAD = "Employer name,Contact name,Contact email,Employer agreed to be contacted,Referrer email\n"


def text_of(response) -> str:
    page = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(unescape(page).split())


def employer(name: str, **changes: object) -> Employer:
    plain, made = index_words(name)
    return make_employer(name=name, search_text=" ".join([*plain, *made]), **changes)


def latest(model):
    return current_session().scalar(select(model).order_by(model.id.desc()))


@pytest.fixture
def provider(client) -> Provider:
    with unit_of_work():
        made = make_provider()
        make_source(name="Example Chamber")
    sign_in(client, made.adviser)
    return made


def waiting(provider: Provider | None, **changes: object) -> Referral:
    with unit_of_work():
        source = make_source()
        organisation = provider.organisation.id if provider else None
        return make_referral(source, organisation_id=organisation, **changes)


def source_reference() -> str:
    return current_session().scalar(
        select(ReferralSource.reference).where(ReferralSource.name == "Example Chamber")
    )


def test_an_employer_asks_for_support_itself(client, run_jobs) -> None:
    limiter.reset()
    assert client.soup("/").find("a", href="/refer")
    assert client.soup("/help").find("a", href="/refer")
    shown = client.submit("/refer", {**GIVEN, "consent": "", "contact_phone": ""})
    assert "Tick the box so that an adviser may contact you" in text_of(shown)
    assert "Enter an email address or a telephone number" in text_of(shown)
    assert 'value="Example Bakers Ltd"' in shown.get_data(as_text=True)
    assert latest(Referral) is None
    thanks = client.submit("/refer", {**GIVEN, "contact_email": "ann@example.org"})
    made = latest(Referral)
    assert f"Your reference is {made.reference}" in text_of(thanks)
    assert (made.channel, made.referrer_email, made.consent) == ("public", "ann@example.org", True)
    assert current_session().get_one(ReferralSource, made.source_id).kind == "self_referral"
    client.submit("/refer", GIVEN)
    assert current_session().scalars(select(ReferralSource)).all() == [
        current_session().get_one(ReferralSource, made.source_id)
    ]


def test_the_public_page_has_a_limit_and_tells_nothing(client) -> None:
    limiter.reset()
    with unit_of_work():
        make_case(make_provider(), employer("Example Bakers Ltd"))
    for _turn in range(10):
        assert "Your reference is" in text_of(client.submit("/refer", GIVEN))
    assert client.submit("/refer", GIVEN).status_code == 429
    assert client.get("/referrals/duplicates.json?name=Example").status_code == 302
    limiter.reset()


def test_a_partner_refers_by_its_own_link(client) -> None:
    limiter.reset()
    with unit_of_work():
        make_source(name="Example Growth Hub", link_code="ABCDEFGH12")
    assert "For Example Growth Hub" in text_of(client.get("/refer/abcdefgh12"))
    thanks = client.submit("/refer/ABCDEFGH12", {**GIVEN, "referrer_email": "rob@example.org"})
    assert "Refer another employer" in text_of(thanks)
    assert latest(Referral).channel == "link"
    with unit_of_work():
        latest(ReferralSource).link_code = None
    gone = client.get("/refer/ABCDEFGH12")
    assert gone.status_code == 404
    assert "This form is closed" in text_of(gone)
    assert client.get("/refer/thanks").status_code == 200
    fresh = client.application.test_client()
    assert fresh.get("/refer/thanks").location == "/refer"


def test_staff_write_down_a_referral_and_are_told_of_doubles(client, provider) -> None:
    with unit_of_work():
        case = make_case(provider, employer("Example Bakers Limited"))
    data = {**GIVEN, "source": source_reference(), "referrer_email": "rob@example.org"}
    shown = client.submit("/referrals/new", data)
    assert "This looks like an employer that is here" in text_of(shown)
    assert f"/cases/{case.reference}" in shown.get_data(as_text=True)
    assert latest(Referral) is None
    done = client.submit("/referrals/new", {**data, "anyway": "y"})
    assert "The referral was taken in" in text_of(done)
    made = latest(Referral)
    assert (made.organisation_id, made.channel) == (provider.organisation.id, "form")
    refused = client.submit("/referrals/new", {**GIVEN, "postcode": "nowhere", "source": ""})
    assert "Choose a source" in text_of(refused)
    assert "Enter a full UK postcode" in text_of(refused)


def test_doubles_while_typing(client, provider) -> None:
    with unit_of_work():
        other = make_provider()
        make_case(other, employer("Example Bakers of York"))
    mine = waiting(provider, employer_name="Example Bakers Ltd", match_name="example bakers")
    found = client.get("/referrals/duplicates.json?name=EXAMPLE+BAKERS").get_json()["results"]
    assert found == [
        {
            "text": "Example Bakers Ltd",
            "hint": "A referral that waits: same name",
            "href": f"/referrals/{mine.reference}",
        }
    ]
    assert client.get("/referrals/duplicates.json").get_json() == {"results": []}
    assert client.get("/referrals/duplicates.json?name=%00%22&postcode=x").get_json() == {
        "results": []
    }


def test_the_inbox_filters_pages_and_exports(client, provider) -> None:
    with unit_of_work():
        source = make_source(name="Example Event", kind="event")
        for number in range(51):
            make_referral(
                source,
                organisation_id=provider.organisation.id,
                employer_name=f"=Example {number:02d}",
                expires_on=today() + timedelta(days=number),
            )
        make_referral(make_source(), employer_name="Not ours to see")
    first = client.soup("/referrals")
    assert len(first.select(".govuk-task-list__item")) == 50
    assert "=Example 00" in first.select_one(".govuk-task-list__item").get_text()
    assert "Not ours" not in first.get_text()
    second = client.soup(first.select_one("a[rel=next]")["href"])
    assert len(second.select(".govuk-task-list__item")) == 1
    filtered = client.soup(f"/referrals?source={source.reference}&channel=link&status=all")
    assert "No referrals like this" in filtered.get_text()
    assert "Remove filter By a partner's link" in filtered.get_text()
    answer = client.get(f"/referrals/export.csv?source={source.reference}")
    lines = answer.get_data().decode("utf-8-sig").splitlines()
    assert len(lines) == 52
    assert "'=Example 00" in lines[1]
    for odd in ("status=zzz", "page=-1", "page=999999", "source=%00", "provider=abc"):
        assert client.get(f"/referrals?{odd}").status_code == 200
    menu = first.select_one(".govuk-service-navigation__item--active")
    assert menu.get_text(strip=True) == "Referrals"


def test_another_providers_referral_is_not_there(client, provider) -> None:
    with unit_of_work():
        other = make_provider()
    foreign, unassigned = waiting(other), waiting(None)
    for each in (foreign, unassigned):
        for end in ("", "/accept", "/decline"):
            assert client.get(f"/referrals/{each.reference}{end}").status_code == 404
    sign_in(client, make_user())
    client.check_pages = False
    assert client.get("/referrals").status_code == 403
    assert client.get("/cases/new").status_code == 403


def test_accepting_from_the_page_opens_the_case(client, provider) -> None:
    referral = waiting(
        provider, employer_name="Example Bakers Ltd", postcode="LS1 4AP", referrer_email="r@b.org"
    )
    page = client.soup(f"/referrals/{referral.reference}")
    assert page.find("a", href=f"/referrals/{referral.reference}/accept")
    form = client.soup(f"/referrals/{referral.reference}/accept")
    assert form.find("option", selected=True, value="leeds")
    assert form.find("option", selected=True, value="call")
    refused = client.submit(
        f"/referrals/{referral.reference}/accept", {"district": "", "sic": "pub", "next_kind": ""}
    )
    assert "Choose a district" in text_of(refused)
    assert "56302 Public houses and bars" in text_of(refused)
    done = client.submit(
        f"/referrals/{referral.reference}/accept", {"sic": "56302 Public houses"}, follow=False
    )
    case = latest(Case)
    assert done.location == f"/cases/{case.reference}"
    assert case.contact_email == "contact@example.org"
    assert latest(Employer).sector == "hospitality"
    shown = text_of(client.get(f"/referrals/{referral.reference}"))
    assert "Accepted by Example Adviser" in shown
    assert client.get(f"/referrals/{referral.reference}/accept").status_code == 302


def test_an_employer_that_is_known_is_offered(client, provider) -> None:
    with unit_of_work():
        known = employer("Example Bakers Limited")
    referral = waiting(provider, employer_name="Example Bakers Ltd")
    path = f"/referrals/{referral.reference}/accept"
    assert "Choose which employer it is" in text_of(client.submit(path))
    client.submit(path, {"employer": f"employer:{known.reference}"}, follow=False)
    assert latest(Case).employer_id == known.id
    assert current_session().scalars(select(Employer.id)).all() == [known.id]


def test_an_open_case_elsewhere_is_said_without_naming_it(client, provider) -> None:
    with unit_of_work():
        other = make_provider()
        busy = make_case(other, employer("Example Bakers Limited"))
        reference = current_session().get_one(Employer, busy.employer_id).reference
    referral = waiting(provider, employer_name="Example Bakers Ltd")
    for path in (f"/referrals/{referral.reference}", f"/referrals/{referral.reference}/accept"):
        shown = client.get(path)
        assert "has an open case with another provider" in text_of(shown)
        assert other.organisation.name not in text_of(shown)
        assert busy.reference not in text_of(shown)
    refused = client.submit(
        f"/referrals/{referral.reference}/accept", {"employer": f"employer:{reference}"}
    )
    assert "one case at a time" in text_of(refused)
    href = client.soup(f"/referrals/{referral.reference}").find(
        "a", string="Decline this referral as a duplicate"
    )["href"]
    done = client.submit(href)
    assert "The referral was declined" in text_of(done)
    decided = latest(Referral)
    assert (decided.decline_reason, decided.employer_id) == ("duplicate", busy.employer_id)
    sign_in(client, make_officer())
    officer = waiting(None, employer_name="Example Bakers Ltd")
    shown = text_of(client.get(f"/referrals/{officer.reference}"))
    assert f"has an open case with {other.organisation.name}" in shown


def make_officer():
    with unit_of_work():
        return make_lep_officer()


def test_lep_staff_send_referrals_to_a_provider(client, provider) -> None:
    with unit_of_work():
        make_organisation("provider", "Second Provider")
    referral = waiting(None)
    sign_in(client, make_officer())
    assert "1 referral waits to be sent to a provider" in text_of(client.get("/referrals"))
    path = f"/referrals/{referral.reference}"
    refused = client.submit(path, {"provider": ""}, form=f"{path}/assign")
    assert "Choose a provider" in text_of(refused)
    done = client.submit(path, {"provider": str(provider.organisation.id)}, form=f"{path}/assign")
    assert "was sent to the provider" in text_of(done)
    assert latest(Referral).organisation_id == provider.organisation.id
    assert client.get(f"{path}/decline").status_code == 404
    assert client.get("/cases/new").status_code == 403


def test_an_expired_referral_is_sent_again_with_one_press(client, provider) -> None:
    referral = waiting(provider, expires_on=today() - timedelta(days=1))
    path = f"/referrals/{referral.reference}"
    assert client.get(f"{path}/accept").status_code == 302
    done = client.submit(path, form=f"{path}/again")
    assert "with a new last day" in text_of(done)
    assert latest(Referral).status == "waiting"
    assert latest(Referral).id != referral.id


def test_a_case_is_opened_without_a_referral(client, provider) -> None:
    with unit_of_work():
        employer("Example Bakers Limited")
    data = {
        "name": "Example Bakers",
        "postcode": "ls1 4ap",
        "district": "leeds",
        "source": source_reference(),
        "next_kind": "",
    }
    shown = client.submit("/cases/new", data)
    assert "Choose which employer it is" in text_of(shown)
    assert "same name at the same postcode" in text_of(shown)
    client.submit("/cases/new", {**data, "employer": "new"}, follow=False)
    case = latest(Case)
    assert latest(Employer).name == "Example Bakers"
    assert case.adviser_id == provider.adviser.id
    client.submit("/cases/new", {**data, "name": "Quite Another Ltd"}, follow=False)
    assert latest(Employer).name == "Quite Another Ltd"
    assert latest(Case).id != case.id


def test_a_name_of_one_endless_word_is_refused_in_words(client, provider) -> None:
    """Likely doubles are looked for before the form is judged; no word breaks the search."""
    for name in ("9" * 5000, "\U0001f469" * 3000, "'" * 3000):
        shown = client.submit("/cases/new", {"name": name, "postcode": "ls1 4ap"})
        assert shown.status_code == 200
        assert "There is a problem" in text_of(shown)


@pytest.mark.parametrize("code", ["a/b c", "..", "<script>", "//x", "a\nb", "%", "ä", " "])
def test_a_source_with_a_link_code_that_is_none_can_be_put_right(client, code) -> None:
    """A code comes from us alone; were one damaged, the page of sources is where it is mended."""
    with unit_of_work():
        reference = make_source(name="Example Growth Hub", link_code=code).reference
    sign_in(client, make_user(roles=["lep_manager"]))
    page = client.soup("/referrals/sources")
    assert "damaged" in page.get_text()
    client.submit("/referrals/sources", form=f"/referrals/sources/{reference}/link")
    assert "damaged" not in client.soup("/referrals/sources").get_text()


def test_sources_and_their_links(client, provider) -> None:
    shown = client.soup("/referrals/sources")
    assert not shown.find("a", href="/referrals/sources/new")
    client.check_pages = False
    assert client.get("/referrals/sources/new").status_code == 403
    client.check_pages = True
    sign_in(client, provider.manager)
    assert "Enter the name" in text_of(client.submit("/referrals/sources/new", {"kind": "event"}))
    taken = client.submit("/referrals/sources/new", {"kind": "event", "name": "Example Chamber"})
    assert "a source of this name already" in text_of(taken)
    done = client.submit("/referrals/sources/new", {"kind": "event", "name": "Example Fair"})
    assert "The source was added" in text_of(done)
    reference = latest(ReferralSource).reference
    path = "/referrals/sources"
    client.submit(path, form=f"{path}/{reference}/link")
    code = latest(ReferralSource).link_code
    assert client.get(f"/refer/{code}").status_code == 200
    client.submit(path, form=f"{path}/{reference}/link")
    assert client.get(f"/refer/{code}").status_code == 404
    client.submit(path, form=f"{path}/{reference}/unlink")
    assert latest(ReferralSource).link_code is None
    client.submit(path, form=f"{path}/{reference}/close")
    assert "Closed" in text_of(client.get(path))
    assert reference not in client.get("/referrals/new").get_data(as_text=True)
    client.submit(path, form=f"{path}/{reference}/reopen")
    saved = client.submit(f"{path}/{reference}", {"name": "Example Job Fair"})
    assert "Example Job Fair" in text_of(saved)
    assert client.get(f"{path}/ZZZZZZZZZZ").status_code == 404


def upload(client, text: str | bytes, **data: str):
    content = text.encode() if isinstance(text, str) else text
    values = {"source": source_reference(), "file": (BytesIO(content), "from chamber.csv"), **data}
    return client.submit("/referrals/file", values)


ROWS = (
    HEAD
    + "Example Bakers,Ann Example,ann@example.org,yes,rob@example.org\n"
    + "Example Butchers,Bob Example,bob@example.org,yes,rob@example.org\n"
    + "EXAMPLE BAKERS LTD,Ann Example,ann@example.org,yes,rob@example.org\n"
    + ",Cat Example,not an address,no,\n"
)


def test_a_file_is_checked_cell_by_cell_and_taken_in_once(client, provider, run_jobs) -> None:
    template = client.get("/referrals/file/template.csv").get_data().decode("utf-8-sig")
    assert template.startswith("Employer name,Trading name,")
    shown = upload(client, ROWS)
    text = text_of(shown)
    assert "Row 5, Employer name: Enter the employer's name" in text
    assert "Row 5, Contact email: Enter an email address" in text
    assert "Row 5, Employer agreed to be contacted: We can only take" in text
    assert "Looks like row 2 of this file" in text
    assert latest(Referral) is None
    batch = latest(ReferralBatch)
    path = f"/referrals/file/{batch.reference}"
    faults = client.get(f"{path}/faults.csv").get_data().decode("utf-8-sig").splitlines()
    assert len(faults) == 2
    assert "Contact email: Enter an email address" in faults[1]
    done = client.submit(path, form=f"{path}/take")
    assert "2 referrals were taken in" in text_of(done)
    # The double stays until somebody says so.
    assert latest(ReferralBatch).state == "checked"
    done = client.submit(path, {"row": ["4", "5", "2"]}, form="rows")
    assert "1 referral was taken in" in text_of(done)
    assert latest(ReferralBatch).state == "taken"
    names = current_session().scalars(select(Referral.employer_name).order_by(Referral.id)).all()
    assert names == ["Example Bakers", "Example Butchers", "EXAMPLE BAKERS LTD"]
    run_jobs()
    from portal.integrations.mail import recent_messages

    subjects = [m.subject for m in recent_messages(recipient="rob@example.org")]
    assert subjects == [
        "Your referral of 1 employer was received",
        "Your referral of 2 employers was received",
    ]
    again = upload(client, ROWS)
    assert "The same file was sent on" in text_of(again)
    assert "and taken in" in text_of(again)
    client.check_pages = False
    fresh = client.post(f"{path}/take", data={"which": "all"})
    assert fresh.status_code in {302, 400, 419}
    assert len(current_session().scalars(select(Referral.id)).all()) == 3


def test_known_employers_are_flagged_in_a_file(client, provider) -> None:
    with unit_of_work():
        case = make_case(provider, employer("Example Bakers Limited"))
    upload(client, ROWS)
    batch = latest(ReferralBatch)
    page = client.soup(f"/referrals/file/{batch.reference}?show=doubles")
    assert len(page.select("tbody tr")) == 2
    assert page.find("a", href=f"/cases/{case.reference}")
    dropped = client.submit(
        f"/referrals/file/{batch.reference}", form=f"/referrals/file/{batch.reference}/drop"
    )
    assert "The rest of the file was left" in text_of(dropped)
    assert latest(ReferralBatch).state == "dropped"
    # A file that was dropped may come again.
    assert "Check of" in upload(client, ROWS).get_data(as_text=True)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"PK\x03\x04rest of a workbook", "This is a spreadsheet or zip file, not a CSV"),
        (b"Name\nx\n", "A required column is missing: Employer name"),
        (HEAD.encode(), "no rows"),
    ],
)
def test_a_file_that_is_none_is_refused_in_words(client, provider, content, says) -> None:
    assert says in text_of(upload(client, content))
    assert latest(ReferralBatch) is None


def test_another_providers_file_is_not_there(client, provider) -> None:
    upload(client, ROWS)
    reference = latest(ReferralBatch).reference
    with unit_of_work():
        other = make_provider()
    sign_in(client, other.adviser)
    for end in ("", "/faults.csv"):
        assert client.get(f"/referrals/file/{reference}{end}").status_code == 404
    assert "Check of" in upload(client, ROWS).get_data(as_text=True)
