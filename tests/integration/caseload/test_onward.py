"""Referrals to other services: consent, what is shared, what came of it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.caseload.models import Case, ReferralOut
from portal.caseload.queries import onward as queries
from portal.db import current_session, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.employers.models import TimelineEntry
from portal.kernel.clock import today, utc_now
from tests.factories.accounts import sign_in
from tests.factories.caseload import Provider, make_case, make_lep_officer, make_provider
from tests.factories.employers import make_employer


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


@pytest.fixture
def case(provider: Provider) -> str:
    with unit_of_work():
        made = make_case(
            provider,
            make_employer(name="Example Bakery Ltd"),
            contact_name="Example Owner",
            contact_job="Owner",
            contact_email="owner@example.org",
            contact_phone="0113 496 0000",
        )
        return made.reference


FILLED = {
    "service": "apprenticeship_hub",
    "organisation": "Example Hub",
    "reason": "Two people want to become supervisors",
    "consent": "y",
    "consent_by": "Example Owner",
    "shares": ["contact"],
    "contact_name": "Example Guide",
    "contact_email": "guide@example.com",
}


def the_referral() -> ReferralOut:
    return current_session().scalars(select(ReferralOut)).one()


def mails() -> list[dict[str, Any]]:
    rows = current_session().scalars(
        select(OutboxEntry).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
    )
    return [dict(row.payload) for row in rows]


def count() -> int:
    return current_session().scalar(select(func.count(ReferralOut.id))) or 0


def test_from_the_case_to_an_outcome(adviser: Any, case: str) -> None:
    link = adviser.soup(f"/cases/{case}").find("a", string="Refer to another service")
    answer = adviser.submit(link["href"], FILLED)
    assert "The referral is recorded." in text_of(answer)
    assert "Waiting to hear" in text_of(answer)
    row = the_referral()
    assert (row.consent_by, row.consent_on, row.sent_on) == ("Example Owner", today(), today())
    assert row.chase_on is not None
    assert row.chase_on >= today() + timedelta(days=14)
    assert mails() == []
    assert "1 referral, 1 waiting" in text_of(adviser.get(f"/cases/{case}"))
    done = adviser.submit(
        f"/cases/{case}/refer-on/{row.reference}/outcome",
        {"outcome": "taken_up", "note": "Two places from January"},
    )
    assert "Support was taken up" in text_of(done)
    assert "Two places from January" in text_of(done)
    titles = current_session().scalars(
        select(TimelineEntry.title)
        .where(TimelineEntry.subject == f"referral_out:{row.reference}")
        .order_by(TimelineEntry.id)
    )
    assert list(titles) == [
        "Referred to Apprenticeship Hub: Example Hub",
        "Apprenticeship Hub (Example Hub): support was taken up",
    ]
    assert "1 referral, all answered" in text_of(adviser.get(f"/cases/{case}"))


def test_without_consent_it_is_refused_with_the_reason(adviser: Any, case: str) -> None:
    data = {**FILLED, "mail": "y"}
    del data["consent"]
    refused = adviser.submit(f"/cases/{case}/refer-on", data)
    assert "Nothing about an employer is passed on without its consent" in text_of(refused)
    assert "Two people want to become supervisors" in text_of(refused)
    assert count() == 0
    assert mails() == []


def test_a_mail_says_what_was_agreed_and_no_more(adviser: Any, case: str) -> None:
    answer = adviser.submit(f"/cases/{case}/refer-on", FILLED, mail="y")
    assert "It was sent to guide@example.com" in text_of(answer)
    (mail,) = mails()
    assert mail["to"] == "guide@example.com"
    for body in (mail["text"], mail["html"]):
        assert "Example Bakery Ltd" in body
        assert "owner@example.org" in body
        assert "0113 496 0000" in body
        assert "Two people want to become supervisors" not in body
        assert "Hospitality" not in body
    adviser.submit(
        f"/cases/{case}/refer-on", {**FILLED, "shares": ["contact", "business", "reason"]}, mail="y"
    )
    second = mails()[1]["text"]
    assert "Two people want to become supervisors" in second
    assert "Hospitality" in second


def test_a_mail_without_their_contact_is_refused(adviser: Any, case: str) -> None:
    refused = adviser.submit(f"/cases/{case}/refer-on", {**FILLED, "shares": []}, mail="y")
    assert "A mail is of no use without their contact" in text_of(refused)
    with unit_of_work() as session:
        row = session.scalars(select(Case).where(Case.reference == case)).one()
        row.contact_email, row.contact_phone = "", ""
    nobody = adviser.submit(f"/cases/{case}/refer-on", FILLED, mail="y")
    assert "This case has no contact person" in text_of(nobody)
    assert count() == 0


def test_sending_the_form_twice_makes_one_referral_and_one_mail(adviser: Any, case: str) -> None:
    path = f"/cases/{case}/refer-on"
    form = adviser.soup(path).find("main").find("form", method="post")
    data = {
        tag["name"]: tag.get("value", "")
        for tag in form.find_all("input")
        if tag.get("name") and tag.get("type") not in {"checkbox", "radio"}
    }
    data |= FILLED | {"mail": "y"}
    first, again = adviser.post(path, data=data), adviser.post(path, data=data)
    assert first.location == again.location
    assert count() == 1
    assert len(mails()) == 1


def test_waiting_longer_needs_a_day_and_a_stale_page_is_refused(adviser: Any, case: str) -> None:
    adviser.submit(f"/cases/{case}/refer-on", FILLED)
    path = f"/cases/{case}/refer-on/{the_referral().reference}/outcome"
    empty = {f"chase_on-{part}": "" for part in ("day", "month", "year")}
    refused = adviser.submit(path, {"outcome": "waiting", **empty})
    assert "Enter the day to chase it again" in text_of(refused)
    later = today() + timedelta(days=40)
    day = {
        "chase_on-day": str(later.day),
        "chase_on-month": str(later.month),
        "chase_on-year": str(later.year),
    }
    adviser.submit(path, {"outcome": "waiting", **day})
    assert (the_referral().chase_on, the_referral().revision) == (later, 2)
    stale = adviser.submit(path, {"outcome": "no_answer", "note": "Rang twice"}, revision="1")
    assert "Somebody else changed this referral" in text_of(stale)
    assert "Rang twice" in text_of(stale)
    assert the_referral().outcome == "waiting"


def test_what_is_to_be_chased_is_listed_for_its_provider_only(
    adviser: Any, case: str, provider: Provider
) -> None:
    with unit_of_work():
        other = make_provider()
    adviser.submit(f"/cases/{case}/refer-on", FILLED)
    own = {provider.organisation.id}
    assert queries.to_chase(own, today()) == []
    with unit_of_work() as session:
        row = session.scalars(select(ReferralOut)).one()
        row.sent_on = row.consent_on = today() - timedelta(days=20)
        row.chase_on = today()
    (found,) = queries.to_chase(own, today())
    assert (found.case_reference, found.organisation) == (case, "Example Hub")
    assert found.employer_name == "Example Bakery Ltd"
    assert queries.to_chase(own, today() - timedelta(days=1)) == []
    assert queries.to_chase({other.organisation.id}, today()) == []
    assert queries.to_chase(own, today(), adviser_id=provider.manager.id) == []
    assert len(queries.to_chase(own, today(), adviser_id=provider.adviser.id)) == 1
    assert "Chase Example Hub: due" in text_of(adviser.get(f"/cases/{case}"))


def test_a_closed_case_is_not_referred_on(adviser: Any, case: str) -> None:
    with unit_of_work() as session:
        row = session.scalars(select(Case).where(Case.reference == case)).one()
        row.stage, row.close_reason, row.closed_at = "closed", "completed", utc_now()
    refused = adviser.submit(f"/cases/{case}/refer-on", FILLED)
    assert "This case is closed. Reopen it first" in text_of(refused)
    assert count() == 0


def test_others_see_nothing_and_the_lep_reads(client: Any, adviser: Any, case: str) -> None:
    adviser.submit(f"/cases/{case}/refer-on", FILLED)
    here = f"/cases/{case}/refer-on/{the_referral().reference}"
    with unit_of_work():
        other, officer = make_provider(), make_lep_officer()
        elsewhere = make_case(other).reference
    sign_in(client, other.adviser)
    for path in (here, f"{here}/outcome", f"/cases/{case}/referred-on", f"/cases/{case}/refer-on"):
        assert client.get(path).status_code == 404
    # Nor through a case of one's own.
    crossed = f"/cases/{elsewhere}/refer-on/{the_referral().reference}"
    assert client.get(crossed).status_code == 404
    sign_in(client, officer)
    assert "Example Hub" in text_of(client.get(here))
    assert "Example Hub" in text_of(client.get(f"/cases/{case}/referred-on"))
    assert client.get(f"{here}/outcome").status_code == 403
