"""What is held about an employer: nothing forgotten, nothing secret, nobody else's."""

from __future__ import annotations

import csv
import io
import zipfile
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import MetaData

from portal.action_plans.queries import held as held_plans
from portal.action_plans.service import request_version
from portal.action_plans.service.rendering import RENDERER_EXTENSION
from portal.caseload.queries import held, held_work
from portal.caseload.service import evidence
from portal.db import Base, unit_of_work
from portal.diagnostics.queries import held as held_diagnostics
from portal.employers.panels import HeldFile, HeldRecords, held_records
from portal.employers.queries import employer_profile, held_tables
from portal.employers.queries.held import TableShown
from portal.employers.rules.held import file_stem, readme
from portal.employers.service import timeline
from portal.employers.views import held as pages
from portal.integrations.storage import storage
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.payments.queries import held as held_payments
from tests.factories import files as samples
from tests.factories.accounts import make_user, sign_in
from tests.factories.action_plans import make_party, make_plan
from tests.factories.caseload import (
    make_case,
    make_lep_officer,
    make_provider,
    make_referral,
    make_source,
)
from tests.factories.employers import make_employer, make_membership


def about_employers(metadata: MetaData) -> set[str]:
    """Every table whose rows lead, by keys, to an employer."""
    found = {"employers"}
    while True:
        more = {
            name
            for name, table in metadata.tables.items()
            if {key.column.table.name for key in table.foreign_keys} & found
        }
        if more <= found:
            return found
        found |= more


def test_no_table_about_employers_is_forgotten(app: Flask) -> None:
    with app.app_context():
        covered = {table for one in held_records() for table in one.tables}
    wanted = about_employers(Base.metadata)
    assert {"employer_timeline", "follow_up_answers", "evidence_files"} <= wanted
    assert wanted - covered == set(), "Register these with register_held_records"
    assert covered - set(Base.metadata.tables) == set()


SHOWN = {
    f"{module.__name__.removeprefix('portal.')}.{name}": value
    for module in (held_tables, held, held_work, held_diagnostics, held_plans, held_payments)
    for name, value in vars(module).items()
    if isinstance(value, TableShown)
}


@pytest.mark.parametrize("name", SHOWN)
def test_each_column_is_shown_or_left_out_by_name(name: str) -> None:
    shown = SHOWN[name]
    columns = {column.name for column in shown.table.columns}
    named = {*shown.columns, *shown.left_out}
    assert columns - named == set(), "Show these columns or leave them out by name"
    assert named - columns == set()
    assert not set(shown.columns) & shown.left_out
    titles = [*shown.columns.values(), *shown.more]
    assert len(titles) == len(set(titles))
    secret = [c for c in shown.columns if "token" in c or "hash" in c or "storage" in c]
    assert secret == []


@pytest.fixture
def place(app: Flask) -> Any:
    """Two employers with records; the first is asked for."""

    class Place:
        pass

    made: Any = Place()
    with unit_of_work():
        provider = make_provider()
        made.provider = provider
        made.employer = make_employer(name="Bäckerei & Co")
        made.other = make_employer(name="Other Example Ltd")
        made.user = make_user()
        make_membership(employer_id=made.employer.id, user_id=made.user.id)
        made.officer = make_lep_officer()
        for employer in (made.employer, made.other):
            case = make_case(provider, employer)
            make_referral(
                make_source(),
                employer_id=employer.id,
                case_id=case.id,
                status="accepted",
                decided_at=case.opened_at,
                employer_name=f"As given {employer.name}",
                referrer_name="Rita Example",
                referrer_email="rita@example.org",
                message="=HYPERLINK(1)",
            )
            done = evidence.add(
                case=case,
                kind="other",
                subject="",
                note="",
                file_name="proof.pdf",
                data=samples.pdf(employer.name.encode("ascii", "ignore").decode()),
                by=provider.author,
            )
            assert isinstance(done, Ok)
            made.file = done.value if employer is made.employer else made.file
            timeline.note(
                employer_id=employer.id,
                kind="contact",
                title=f"Called {employer.name}",
                by=Author(None, "Anna Example"),
            )
        made.file_reference, made.file_key = made.file.reference, made.file.storage_key
        made.reference = made.employer.reference
    return made


def take(client: Any, reference: str) -> zipfile.ZipFile:
    answer = client.get(f"/employers/{reference}/data.zip", buffered=True)
    assert answer.status_code == 200
    assert answer.mimetype == "application/zip"
    assert answer.headers["Cache-Control"] == "no-store, private"
    assert int(answer.headers["Content-Length"]) == len(answer.data)
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    assert archive.testzip() is None
    return archive


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(name).decode("utf-8-sig"))))


def test_an_employer_takes_everything_of_its_own_and_nothing_else(client: Any, place: Any) -> None:
    sign_in(client, place.user)
    archive = take(client, place.reference)
    names = archive.namelist()
    assert {f"{one.file_name}.csv" for one in held_records()} <= set(names)
    file = f"evidence/{place.file_reference} proof.pdf"
    assert archive.read(file) == samples.pdf("Bckerei & Co")
    facts = rows(archive, "facts.csv")[0]
    assert facts["Name"] == "Bäckerei & Co"
    assert facts["Sector"]
    case = rows(archive, "cases.csv")[0]
    assert case["Stage"] == "Referral"
    assert case["Adviser"] == "Example Adviser"
    assert case["Provider"] == place.provider.organisation.name
    referral = rows(archive, "referrals.csv")[0]
    assert referral["Message"] == "'=HYPERLINK(1)"
    assert referral["Referred by"] == "Rita Example"
    assert referral["Contact agreed"] == "Yes"
    assert "Called Bäckerei & Co" in {line["What"] for line in rows(archive, "timeline.csv")}
    assert [line["E-mail"] for line in rows(archive, "people.csv")] == [place.user.email]
    everything = b"".join(archive.read(name) for name in names)
    for secret in (place.file_key, "rita@example.org", "Other Example Ltd"):
        assert secret.encode() not in everything
    text = archive.read("README.txt").decode()
    assert "Bäckerei & Co" in text
    assert "evidence.csv" in text
    assert "Seen by: You, the provider" in text


def test_the_page_says_what_how_many_and_who_sees_it(client: Any, place: Any) -> None:
    sign_in(client, place.user)
    soup = client.soup(f"/employers/{place.reference}/data")
    text = " ".join(soup.get_text().split())
    assert "What is held about you" in text
    assert "Evidence (1)" in text
    assert "Seen by: You, the provider whose work it is, and the LEP." in text
    assert "Nothing yet:" in text
    sign_in(client, place.officer)
    assert (
        "What is held about this employer"
        in client.soup(f"/employers/{place.reference}/data").get_text()
    )
    assert take(client, place.reference).namelist()


def test_others_take_nothing(client: Any, place: Any) -> None:
    with unit_of_work():
        stranger = make_user()
        make_membership(employer_id=place.other.id, user_id=stranger.id, role="owner")
    for person in (stranger, place.provider.adviser):
        sign_in(client, person)
        for page in ("data", "data.zip"):
            assert client.get(f"/employers/{place.reference}/{page}").status_code == 403
    # The provider reads the employer's record, and its menu does not offer what it may not see.
    soup = client.soup(f"/employers/{place.reference}")
    pages_shown = [link.get_text(strip=True) for link in soup.select(".app-subnav a")]
    assert pages_shown == ["Overview", "Timeline", "People", "History"]


def test_files_that_cannot_be_sent_are_named(client: Any, place: Any) -> None:
    storage().delete(place.file_key)
    sign_in(client, place.user)
    archive = take(client, place.reference)
    assert not any(name.startswith("evidence/") for name in archive.namelist())
    text = archive.read("README.txt").decode()
    assert f"evidence/{place.file_reference} proof.pdf" in text


class _Printer:
    """Prints at once."""

    def render(self, html: str) -> bytes:
        return b"%PDF-1.7\n<</Type /Pages /Kids [] /Count 5>>\n" + html[:9].encode() + b"%%EOF\n"


def test_diagnostics_and_plans_go_with_it(
    app: Flask, client: Any, run_jobs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, RENDERER_EXTENSION, _Printer())
    party = make_party()
    make_plan(party)
    with unit_of_work():
        done = request_version(employer=party.employer, by=party.author)
        assert isinstance(done, Ok)
    sign_in(client, party.owner)
    early = take(client, party.employer)
    assert "plans/plan-v1.pdf" not in early.namelist()
    run_jobs()
    archive = take(client, party.employer)
    assert archive.read("plans/plan-v1.pdf").startswith(b"%PDF")
    assert rows(archive, "plan-versions.csv")[0]["State"] == "Ready"
    assert len(rows(archive, "plan-actions.csv")) == 5
    diagnostic = rows(archive, "diagnostics.csv")[0]
    assert diagnostic["State"] == "Completed"
    assert "user:" not in diagnostic["Answers"]
    assert len(rows(archive, "scores.csv")) >= 9


def test_the_files_of_one_download_have_a_limit(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def file(name: str, size: int) -> HeldFile:
        return HeldFile(name, size, lambda: read.append(name) or b"x" * size)

    many = HeldRecords(
        "Files",
        "files",
        "Files",
        "You",
        (),
        lambda _key: (["A"], []),
        folder="f",
        files=lambda _key: [file("a", 60), file("b", 60), file("c", 30)],
    )
    monkeypatch.setattr(pages, "MOST_FILE_BYTES", 100)
    monkeypatch.setattr(pages, "held_records", lambda *, own: [many])
    profile = employer_profile(place.reference)
    assert profile is not None
    out = io.BytesIO()
    pages.write_archive(out, profile)
    archive = zipfile.ZipFile(out)
    assert archive.namelist() == ["files.csv", "f/a", "f/c", "README.txt"]
    assert read == ["a", "c"]
    assert "f/b" in archive.read("README.txt").decode()


def test_words_of_the_download() -> None:
    assert file_stem("Bäckerei & Co. Ltd") == "backerei-co-ltd-data"
    assert file_stem("???") == "employer-data"
    assert "Not in this archive" not in readme("A", "today", [("a.csv", "b", "c")], [])
