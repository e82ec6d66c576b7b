"""What a provider or an employer learns of another's: nothing."""

from __future__ import annotations

import zipfile
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from portal.accounts.models import User
from portal.caseload.models import Case
from portal.caseload.queries import cases, evidence
from portal.caseload.service import support
from portal.caseload.service.support import Attending
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.kernel.clock import today, utc_now
from portal.kernel.people import PORTAL
from portal.kernel.result import Ok
from portal.toolkit.service import resources
from portal.toolkit.service import testing as tests_of_resources
from tests.factories import action_plans
from tests.factories.accounts import sign_in
from tests.factories.caseload import (
    Provider,
    author_of,
    make_case,
    make_lep_officer,
    make_provider,
    make_referral,
    make_source,
)
from tests.factories.employers import make_employer
from tests.factories.files import pdf
from tests.factories.toolkit import make_draft
from tests.integration.caseload.test_support import said


class Browser(FlaskClient):
    """Each request with a context of its own, so that nobody is taken for who asked before."""

    def open(self, *args: Any, **kwargs: Any) -> Any:
        """One request."""
        with self.application.app_context():
            return super().open(*args, **kwargs)


def signed_in(app: Flask, user: User) -> FlaskClient:
    client = Browser(app)
    sign_in(client, user)
    return client


def closed(case: Case) -> None:
    current_session().execute(
        update(Case)
        .where(Case.id == case.id)
        .values(closed_at=utc_now() - timedelta(days=9), close_reason="completed", stage="closed")
    )


def test_who_had_an_employer_before_sees_nothing_once_another_provider_has_it(app: Flask) -> None:
    with unit_of_work():
        old, new = make_provider(), make_provider()
        employer = make_employer()
        case = make_case(old, employer)
        closed(case)
        reference, key = employer.reference, case.reference
    before = signed_in(app, old.adviser)
    # Nobody else has it: the old provider may go on, with a follow-up or a new case.
    assert cases.serves({old.organisation.id}, reference)
    assert before.get(f"/employers/{reference}").status_code == 200
    with unit_of_work():
        make_case(new, current_session().get_one(Employer, employer.id))
    for path in ("", "/timeline", "/plan", "/history", "/people"):
        assert before.get(f"/employers/{reference}{path}").status_code == 403, path
    # Its own work stays readable to it, and the new provider works.
    assert before.get(f"/cases/{key}").status_code == 200
    assert signed_in(app, new.adviser).get(f"/employers/{reference}").status_code == 200


def test_a_referral_that_waits_opens_no_employers_record(app: Flask) -> None:
    with unit_of_work():
        provider = make_provider()
        employer = make_employer()
        referral = make_referral(make_source(), organisation_id=provider.organisation.id)
        # However it came by the key: a number typed by anybody is no leave to read.
        referral.employer_id = employer.id
        reference = employer.reference
    client = signed_in(app, provider.adviser)
    assert client.get(f"/employers/{reference}").status_code == 403


def _sheet(provider: Provider, *of: Case) -> list[str]:
    kept = support.keep_sheet("sheet.pdf", pdf("Names of workers"), len(of))
    assert isinstance(kept, Ok), kept
    with unit_of_work():
        done = support.record(
            given=said(),
            attending=[Attending(case.reference, 4, 3) for case in of],
            organisations={provider.organisation.id},
            once="",
            by=provider.author,
            sheets=kept.value,
        )
    assert isinstance(done, Ok), done
    files = {
        one.case_reference: one.reference
        for one in evidence.of_subject(f"delivery:{done.value.reference}")
    }
    return [files[case.reference] for case in of]


def test_a_sheet_that_names_another_business_too_stays_with_staff(app: Flask) -> None:
    party = action_plans.make_party()
    with unit_of_work():
        provider = make_provider()
        officer = make_lep_officer()
        own = make_case(
            provider,
            current_session().get_one(Employer, party.employer_id),
            contact_name="Example Contact",
            contact_email="contact@example.org",
        )
        other = make_case(
            provider,
            make_employer(),
            contact_name="Example Contact",
            contact_email="other@example.org",
        )
        owner = current_session().get_one(User, party.owner_id)
    alone = _sheet(provider, own)[0]
    client = signed_in(app, owner)
    # The control: a sheet of their own they may have, on the page and in the archive.
    assert client.get(f"/evidence/{alone}").status_code == 200
    assert alone in _archive(client, party.employer)
    together = _sheet(provider, own, other)[0]
    assert client.get(f"/evidence/{together}").status_code == 404
    assert together not in _archive(client, party.employer)
    for member in (provider.adviser, officer):
        assert signed_in(app, member).get(f"/evidence/{together}").status_code == 200


def _archive(client: FlaskClient, employer: str) -> str:
    answer = client.get(f"/employers/{employer}/data.zip")
    assert answer.status_code == 200
    data = answer.get_data()
    answer.close()
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return " ".join(name for name in archive.namelist() if name.endswith(".pdf"))


def test_what_anothers_employer_said_of_a_draft_is_read_without_its_name(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    with unit_of_work():
        asking, reading = make_provider(), make_provider()
        officer = make_lep_officer()
        employer = make_employer(name="Example Bakers Ltd")
        resource = make_draft()
        resources.begin_testing(reference=resource.reference, revision=resource.revision, by=PORTAL)
        done = tests_of_resources.ask(
            reference=resource.reference,
            employer_reference=employer.reference,
            to_name="Example Owner",
            to_email="owner@example.org",
            due_on=today() + timedelta(days=9),
            by=author_of(asking.adviser),
        )
        assert isinstance(done, Ok), done
        test = done.value.reference
    path = f"/toolkit/manage/{resource.reference}/tests"
    secret = ("Example Bakers", "Example Owner", "owner@example.org", employer.reference)
    page = signed_in(app, reading.manager).get(path).get_data(as_text=True)
    assert "An employer of another provider" in page
    assert [word for word in secret if word in page] == []
    for member in (asking.manager, officer):
        page = signed_in(app, member).get(path).get_data(as_text=True)
        assert [word for word in secret if word not in page] == []
    # Nor may they take the link back.
    monkeypatch.setitem(app.config, "WTF_CSRF_CHECK_DEFAULT", False)
    back, sent = f"/toolkit/manage/tests/{test}/take-back", {"resource": resource.reference}
    assert signed_in(app, reading.manager).post(back, data=sent).status_code == 404
    assert signed_in(app, asking.manager).post(back, data=sent).status_code == 302
