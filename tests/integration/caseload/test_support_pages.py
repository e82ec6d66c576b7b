"""The pages about support delivered, as a browser without a script sees them."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.caseload.models import Attendance, Confirmation, Delivery, EvidenceFile
from portal.caseload.queries import support as queries
from portal.db import current_session, unit_of_work
from portal.kernel.clock import today
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import Provider, make_case, make_lep_officer, make_provider
from tests.factories.employers import make_employer

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def text_of(response: Any) -> str:
    page = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(unescape(page).split())


@pytest.fixture
def provider(session: Any) -> Provider:
    with unit_of_work():
        return make_provider()


@pytest.fixture
def adviser(client: Any, provider: Provider) -> Any:
    sign_in(client, provider.adviser)
    return client


def a_case(provider: Provider, **employer: Any) -> str:
    with unit_of_work():
        case = make_case(
            provider,
            make_employer(**employer),
            contact_name="Example Contact",
            contact_email="contact@example.org",
        )
        return case.reference


def filled(**changes: Any) -> dict[str, Any]:
    day = changes.pop("day", today())
    return {
        "kind": "workshop",
        "title": "Rotas that work",
        "design": "off_the_peg",
        "audience": ["line_managers", "employees"],
        "delivered_on-day": str(day.day),
        "delivered_on-month": str(day.month),
        "delivered_on-year": str(day.year),
        "hours": "1",
        "minutes": "30",
        "mode": "online",
        "trainer": "Example Trainer",
        "funding": "fully_funded",
        "rows-0-attended": "4",
        "rows-0-part_time": "3",
        **changes,
    }


def the_delivery() -> queries.DeliveryFacts:
    reference = current_session().scalars(select(Delivery.reference)).one()
    facts = queries.delivery_facts(reference)
    assert facts is not None
    return facts


def count(model: Any) -> int:
    return current_session().scalar(select(func.count(model.id))) or 0


def test_from_the_case_to_a_record_and_its_question(adviser: Any, provider: Provider) -> None:
    case = a_case(provider)
    panel = adviser.soup(f"/cases/{case}").find("a", string="Record support")
    answer = adviser.submit(panel["href"], filled())
    assert "Recorded. Next: ask the employer to confirm it." in text_of(answer)
    facts = the_delivery()
    assert (facts.minutes, facts.audience) == (90, ("line_managers", "employees"))
    assert facts.attendances[0].part_time_attended == 3
    assert "Not asked yet" in text_of(answer)
    asked = adviser.submit(f"/support/{facts.reference}", form=f"/support/{facts.reference}/ask")
    assert "1 employer was sent a link" in text_of(asked)
    assert "Example Contact (contact@example.org) was asked on" in text_of(asked)
    assert count(Confirmation) == 1
    card = text_of(adviser.get(f"/cases/{case}"))
    assert "1 delivery, the last on" in card
    assert "1 not confirmed yet" in card


def test_employers_are_found_added_and_taken_out_and_nothing_typed_is_lost(
    adviser: Any, provider: Provider
) -> None:
    first = a_case(provider, name="Example Bakery Ltd")
    second = a_case(provider, name="Example Butcher Ltd")
    typed = filled(find="butcher", **{"delivered_on-month": "Sep"})
    looked = adviser.submit(f"/support/new?case={first}", typed, look="1")
    page = looked.get_data(as_text=True)
    assert 'value="Rotas that work"' in page
    assert 'value="Sep"' in page
    assert f'name="add" value="{second}"' in page
    assert "Error:" not in page
    data = filled() | {"rows-0-case": first, "csrf_token": token(page), "find": "butcher"}
    added = adviser.post("/support/new", data=data | {"add": second, "searched": "butcher"})
    soup = added.get_data(as_text=True)
    assert "Example Bakery Ltd" in soup
    assert "Example Butcher Ltd" in soup
    assert 'name="rows-1-attended"' in soup
    assert 'value="butcher"' not in soup
    data |= {"rows-1-case": second, "rows-1-attended": "2", "find": ""}
    taken = adviser.post("/support/new", data=data | {"remove": first})
    assert "Example Bakery Ltd" not in taken.get_data(as_text=True)
    saved = adviser.post("/support/new", data=data, follow_redirects=True)
    assert saved.status_code == 200
    assert [row.attended for row in the_delivery().attendances] == [4, 2]


def token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def test_return_in_the_search_box_looks_and_a_second_one_saves(
    adviser: Any, provider: Provider
) -> None:
    case = a_case(provider, name="Example Bakery Ltd")
    looked = adviser.submit(f"/support/new?case={case}", filled(find="bakery"))
    assert "That employer is in the record already" in text_of(looked)
    assert count(Delivery) == 0
    adviser.submit(f"/support/new?case={case}", filled(find="bakery", searched="bakery"))
    assert count(Delivery) == 1


def test_another_providers_case_is_neither_found_nor_taken(
    adviser: Any, provider: Provider
) -> None:
    with unit_of_work():
        other = make_provider()
    mine = a_case(provider, name="Example Bakery Ltd")
    theirs = a_case(other, name="Example Secret Ltd")
    assert adviser.get(f"/support/new?case={theirs}").status_code == 404
    looked = adviser.submit(f"/support/new?case={mine}", filled(find="secret"), look="1")
    assert "None of your cases has an employer of that name" in text_of(looked)
    added = adviser.submit(f"/support/new?case={mine}", filled(), add=theirs)
    assert "Example Secret" not in text_of(added)
    forged = adviser.submit(f"/support/new?case={mine}", filled() | {"rows-0-case": theirs})
    assert "not among your own cases" in text_of(forged)
    assert "Example Secret" not in text_of(forged)
    assert count(Delivery) == 0


def test_fully_funded_for_a_large_employer_is_refused_with_the_reason(
    adviser: Any, provider: Provider
) -> None:
    case = a_case(provider, name="Example Store Ltd", headcount=250)
    refused = adviser.submit(f"/support/new?case={case}", filled())
    words = text_of(refused)
    assert "Example Store Ltd has 250 or more employees" in words
    assert "reserved for employers with fewer than 250" in words
    assert "too large for fully funded support" in words
    assert 'value="Rotas that work"' in refused.get_data(as_text=True)
    assert count(Delivery) == 0
    adviser.submit(f"/support/new?case={case}", filled(funding="employer_pays"))
    assert the_delivery().attendances[0].size_tier == "large"


def test_an_unknown_size_leads_to_where_it_is_said(adviser: Any, provider: Provider) -> None:
    case = a_case(provider, name="Example Home Ltd", headcount=None)
    refused = adviser.submit(f"/support/new?case={case}", filled())
    assert "Say how many people work at Example Home Ltd first" in text_of(refused)
    assert "/staff-numbers" in refused.get_data(as_text=True)
    assert count(Delivery) == 0


def test_mistakes_are_named_and_what_was_typed_is_kept(adviser: Any, provider: Provider) -> None:
    case = a_case(provider)
    later = today() + timedelta(days=1)
    wrong = filled(day=later, hours="", minutes="0", mode="place", **{"rows-0-attended": "2"})
    answer = adviser.submit(f"/support/new?case={case}", wrong)
    words = text_of(answer)
    assert "The day must be" in words
    assert "Enter how long it took" in words
    assert "Enter where it was" in words
    assert "Part-time people cannot be more than attended" in words
    assert 'value="Example Trainer"' in answer.get_data(as_text=True)
    without = {name: value for name, value in filled().items() if not name.startswith("rows")}
    nobody = adviser.submit("/support/new", without)
    assert "Add at least one employer that attended" in text_of(nobody)
    assert count(Delivery) == 0


def test_a_sheet_is_kept_and_a_bad_one_keeps_what_was_typed(
    adviser: Any, provider: Provider
) -> None:
    case = a_case(provider)
    bad = (io.BytesIO(b"<script>alert(1)</script>"), "sheet.pdf")
    refused = adviser.submit(f"/support/new?case={case}", filled(), sheet=bad)
    page = refused.get_data(as_text=True)
    assert 'id="sheet-error"' in page
    assert 'value="Rotas that work"' in page
    assert 'name="rows-0-attended"' in page
    assert (count(Delivery), count(EvidenceFile)) == (0, 0)
    good = (io.BytesIO(PDF), "sheet.pdf")
    kept = adviser.submit(f"/support/new?case={case}", filled(), sheet=good)
    assert "sheet.pdf" in text_of(kept)
    assert (count(Delivery), count(EvidenceFile)) == (1, 1)


def test_sending_the_form_twice_makes_one_record(adviser: Any, provider: Provider) -> None:
    case = a_case(provider)
    page = adviser.soup(f"/support/new?case={case}")
    form = page.find("main").find("form", method="post")
    data = filled() | {
        name: form.find("input", {"name": name})["value"]
        for name in ("csrf_token", "once", "rows-0-case")
    }
    first = adviser.post("/support/new", data=data)
    again = adviser.post("/support/new", data=data)
    assert first.location == again.location
    assert count(Delivery) == 1
    assert count(Attendance) == 1


def test_a_weekend_and_too_many_people_are_asked_about_but_taken(
    adviser: Any, provider: Provider
) -> None:
    case = a_case(provider, name="Example Café", headcount=3, part_time_headcount=2)
    sunday = date(2026, 11, 15)
    answer = adviser.submit(f"/support/new?case={case}", filled(day=sunday))
    words = text_of(answer)
    assert "15 November 2026 is a Sunday. Correct it if that is not right" in words
    assert "4 people of Example Café attended, but 3 work there" in words
    assert count(Delivery) == 1


def test_a_correction_from_an_old_page_is_refused(adviser: Any, provider: Provider) -> None:
    case = a_case(provider)
    adviser.submit(f"/support/new?case={case}", filled())
    path = f"/support/{the_delivery().reference}/edit"
    done = adviser.submit(path, {"title": "Better rotas", "rows-0-attended": "5"})
    assert "Better rotas" in text_of(done)
    assert the_delivery().attendances[0].attended == 5
    stale = adviser.submit(path, {"title": "Worse rotas"}, revision="1")
    assert "Somebody else corrected this record" in text_of(stale)
    assert 'value="Worse rotas"' in stale.get_data(as_text=True)
    assert the_delivery().title == "Better rotas"


def test_withdrawing_needs_a_reason_and_leads_to_recording_again(
    adviser: Any, provider: Provider
) -> None:
    case = a_case(provider)
    adviser.submit(f"/support/new?case={case}", filled())
    reference = the_delivery().reference
    path = f"/support/{reference}/withdraw"
    assert "Say why it is withdrawn" in text_of(adviser.submit(path, {"reason": " "}))
    done = adviser.submit(path, {"reason": "The wrong date"})
    assert "The wrong date" in text_of(done)
    assert f"/support/new?like={reference}" in done.get_data(as_text=True)
    again = adviser.submit(f"/support/new?like={reference}", {"hours": "2"})
    assert "Recorded" in text_of(again)
    assert sorted(current_session().scalars(select(Delivery.minutes))) == [90, 150]


def test_another_provider_and_strangers_see_nothing(
    client: Any, adviser: Any, provider: Provider
) -> None:
    case = a_case(provider)
    adviser.submit(f"/support/new?case={case}", filled())
    reference = the_delivery().reference
    with unit_of_work():
        other = make_provider()
    sign_in(client, other.adviser)
    for path in ("", "/edit", "/withdraw"):
        assert client.get(f"/support/{reference}{path}").status_code == 404
    assert client.get(f"/support/new?like={reference}").status_code == 404
    assert "Rotas that work" not in text_of(client.get("/support"))
    assert "Rotas that work" not in client.get("/support/export.csv").get_data(as_text=True)
    sign_in(client, make_user())
    assert client.get(f"/support/{reference}").status_code == 403
    assert client.get("/support").status_code == 403


def test_the_lep_reads_all_by_provider_and_changes_nothing(
    client: Any, adviser: Any, provider: Provider
) -> None:
    case = a_case(provider)
    adviser.submit(f"/support/new?case={case}", filled())
    reference = the_delivery().reference
    with unit_of_work():
        officer, other = make_lep_officer(), make_provider()
    sign_in(client, officer)
    shown = text_of(client.get(f"/support/{reference}"))
    assert "Rotas that work" in shown
    assert "Withdraw" not in shown
    assert "Rotas that work" in text_of(client.get("/support"))
    own = f"/support?provider={provider.organisation.id}"
    assert "Rotas that work" in text_of(client.get(own))
    assert "Nothing found" in text_of(client.get(f"/support?provider={other.organisation.id}"))
    assert client.get(f"/support/{reference}/withdraw").status_code == 403
    assert client.get("/support/new").status_code == 403


def test_the_list_keeps_its_filters_and_exports_what_it_shows(
    adviser: Any, provider: Provider
) -> None:
    case = a_case(provider, name="=Example Café")
    adviser.submit(f"/support/new?case={case}", filled())
    adviser.submit(f"/support/new?case={case}", filled(kind="coaching", title="Coaching"))
    month = f"{today():%Y-%m}"
    page = adviser.soup(f"/support?kind=coaching&month={month}&mine=1&state=not_asked")
    assert page.find("option", {"value": "coaching"}).has_attr("selected")
    words = page.find("main").get_text(" ")
    assert "Rotas that work" not in words
    link = page.find("a", string=re.compile("Download"))["href"]
    answer = adviser.get(link)
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert [row["Title"] for row in rows] == ["Coaching"]
    assert rows[0]["Employer"] == "'=Example Café"
    assert rows[0]["Attended"] == "4"
    assert rows[0]["Confirmation"] == "Not asked yet"
    for address in ("?kind=x&month=2026-13&state=?&provider=9&page=-4&case=%00", "?page=999999999"):
        assert adviser.get(f"/support{address}").status_code == 200


def test_a_list_of_fifty_asks_few_questions(adviser: Any, provider: Provider) -> None:
    case = a_case(provider)
    adviser.submit(f"/support/new?case={case}", filled())
    adviser.get("/support")
    few = len(adviser.statements)
    for number in range(6):
        adviser.submit(f"/support/new?case={case}", filled(title=f"Session {number}"))
    adviser.get("/support")
    assert len(adviser.statements) == few
