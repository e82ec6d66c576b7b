"""A new version of the questionnaire never changes what an employer was told."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from portal.db import unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.rules import catalogue
from portal.kernel.people import PORTAL
from portal.kernel.result import Err, Ok
from tests.factories.accounts import make_user, sign_in
from tests.factories.diagnostics import finish, make_response
from tests.factories.employers import make_employer


@pytest.fixture
def publish_second(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Publish a version 2: other weights and wording everywhere, one question begun anew."""

    def publish() -> None:
        first = (catalogue.FOLDER / "part-time-talent-1.yaml").read_text(encoding="utf-8")
        (tmp_path / "part-time-talent-1.yaml").write_text(first, encoding="utf-8")
        second = (
            first.replace("\nversion: 1\n", "\nversion: 2\n", 1)
            .replace("short: Leadership, weight: 1", "short: Leadership, weight: 5", 1)
            .replace("title: Leadership and business case", "title: Leading from the top", 1)
            .replace("  - key: lead_owner\n", "  - key: lead_owner\n    comparable_from: 2\n", 1)
        )
        (tmp_path / "part-time-talent-2.yaml").write_text(second, encoding="utf-8")
        monkeypatch.setattr(catalogue, "FOLDER", tmp_path)

    return publish


def test_an_earlier_result_stays_to_the_letter(app: Flask, publish_second) -> None:
    with unit_of_work():
        owner = make_user()
        employer = make_employer(owner_id=owner.id).reference
    client = app.test_client()
    sign_in(client, owner)
    first = make_response(employer=employer, worst=True)
    before = client.soup(f"/diagnostic/{first.reference}/results").find("main").get_text()
    publish_second()
    after = client.soup(f"/diagnostic/{first.reference}/results").find("main").get_text()
    assert after == before
    assert queries.response_facts(first.reference).result == first.result


def test_a_retake_asks_the_new_version_and_compares_what_can_be_compared(
    app: Flask, publish_second
) -> None:
    with unit_of_work():
        owner = make_user()
        employer = make_employer(owner_id=owner.id).reference
    client = app.test_client()
    sign_in(client, owner)
    first = make_response(employer=employer, worst=True)
    publish_second()
    with unit_of_work():
        opened = service.retake(response_id=first.id, sector=first.sector, size_tier="small")
    assert isinstance(opened, Ok)
    finish(opened.value)
    again = queries.response_facts(opened.value)
    assert again.questionnaire_version == 2
    page = client.soup(f"/diagnostic/{again.reference}/results").get_text(" ", strip=True)
    assert "Leading from the top" in page
    assert "more question" in page
    assert "could not be compared" in page


def test_a_correction_stays_with_its_version(app: Flask, publish_second) -> None:
    first = make_response()
    publish_second()
    with unit_of_work():
        opened = service.correct(response_id=first.id)
    assert isinstance(opened, Ok)
    assert queries.response_facts(opened.value).questionnaire_version == 1


def test_a_part_cannot_be_more_than_the_whole(app: Flask) -> None:
    facts = make_response(complete=False)
    with unit_of_work():
        service.save_answers(
            response_id=facts.id, values={"staff_total": 5}, seen=facts.revision, by="visitor"
        )
    with unit_of_work():
        refused = service.complete(response_id=facts.id, by=PORTAL)
    assert isinstance(refused, Err)
    assert refused.problem.field == "staff_part_time"
    assert "must be 5 or less" in refused.problem.message
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["visitor_responses"] = [facts.reference]
    path = f"/diagnostic/{facts.reference}/page/team-1"
    answer = client.submit(path, {"staff_total": "5", "staff_part_time": "20"})
    assert answer.status_code == 422
    assert "must be 5 or less" in answer.get_data(as_text=True)
