"""The evaluator's pack: anonymous, whole, made once, taken out with a trace."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.db.session import Database
from portal.employers.models import Employer
from portal.integrations.storage import storage
from portal.kernel.clock import freeze
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.reports.models import ReportEmployer
from portal.reports.queries import pack as found
from portal.reports.queries import statistics as releases
from portal.reports.queries.statistics import Release
from portal.reports.rules.pack import TABLES, K
from portal.reports.service import packs, statistics
from tests.factories.accounts import make_user, sign_in
from tests.integration.conftest import rolled_back
from tests.integration.reports.test_statistics import make_joined
from tests.support import databases
from tests.support.random_records import RandomRecords

LATER = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
EVA = Author(None, "Eva Example")


@pytest.fixture(scope="module")
def released(
    portal_app: Flask, database_kind: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database]:
    """A database of its own that holds a small programme and its latest release for good."""
    folder = tmp_path_factory.mktemp("released")
    database = Database(databases.new_database(database_kind, folder))
    usual = portal_app.extensions["portal_db"]
    portal_app.extensions["portal_db"] = database
    try:
        with portal_app.app_context():
            records = RandomRecords(seed=31, employers=20)
            with unit_of_work():
                for _ in range(300):
                    records.write()
            make_joined(60)
            with freeze(LATER):
                statistics.release_due()
    finally:
        portal_app.extensions["portal_db"] = usual
    yield database
    database.dispose()


@pytest.fixture
def app(portal_app: Flask, released: Database) -> Iterator[Flask]:
    """As everywhere, on that database; what a test changes is taken back."""
    with rolled_back(portal_app, released) as app:
        yield app


@pytest.fixture
def release(app: Flask) -> Release:
    """The latest release of the programme."""
    return releases.releases()[0]


@pytest.fixture
def made(release: Release, run_jobs) -> Release:
    """The same with its pack."""
    with unit_of_work():
        packs.ask(release, EVA)
    run_jobs()
    return releases.releases()[0]


def opened(release: Release) -> dict[str, bytes]:
    """The files of the pack."""
    data = packs.file_of(release)
    assert isinstance(data, Ok)
    with zipfile.ZipFile(io.BytesIO(data.value)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def rows_of(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode())))


def test_the_pack_holds_every_table_the_codebook_and_the_notes(made: Release) -> None:
    files = opened(made)
    for table in TABLES:
        header = files[f"{table.name}.csv"].decode().splitlines()[0]
        assert header.split(",") == [name for name, _ in table.columns]
    codebook = rows_of(files, "codebook")
    assert len(codebook) == sum(len(table.columns) for table in TABLES)
    assert all(row["meaning"] for row in codebook)
    assert any(name.startswith("questionnaires/part-time-talent") for name in files)
    assert "never" not in files["checks.json"].decode()
    assert b"Do not try to find out which" in files["reading-notes.md"]
    for line in files["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert sha256(files[name]).hexdigest() == digest


def test_nobody_can_be_picked_out_by_sector_size_and_district(made: Release) -> None:
    files = opened(made)
    employers = rows_of(files, "employers")
    groups = Counter((row["sector"], row["size"], row["district"]) for row in employers)
    assert employers
    assert min(groups.values()) >= K
    checks = json.loads(files["checks.json"])
    assert checks["holds"] is True
    assert checks["smallest"] == min(groups.values())
    everybody = current_session().scalars(select(ReportEmployer)).all()
    there = [one for one in everybody if one.registered_on and one.registered_on <= made.last_on]
    assert checks["rows"] + checks["left_out"] == len(there)


def test_every_employer_somebody_knows_fits_at_least_k_rows_or_none(made: Release) -> None:
    """Who knows an employer's three values looks for the rows that it could be."""
    employers = rows_of(opened(made), "employers")
    for one in current_session().scalars(select(Employer)):
        known = (one.sector, one.size_tier or "unknown", one.district)
        fitting = [
            row
            for row in employers
            if all(
                row[name] in {"any", value}
                for name, value in zip(("sector", "size", "district"), known, strict=True)
            )
        ]
        assert not fitting or len(fitting) >= K


def test_nothing_that_names_anybody_is_in_it(made: Release) -> None:
    text = b"\n".join(data for name, data in opened(made).items() if name.endswith(".csv"))
    for one in current_session().scalars(select(Employer)):
        assert one.reference.encode() not in text
        assert one.name.encode() not in text
        assert one.postcode.encode() not in text
    assert b"@" not in text
    for row in rows_of(opened(made), "diagnostics") + rows_of(opened(made), "actions"):
        assert len(row["month"]) == len("2026-07")


def test_tables_join_and_nothing_is_later_than_the_release(made: Release) -> None:
    files = opened(made)
    known = {row["study_id"] for row in rows_of(files, "employers")}
    cases = {row["case_id"]: row["study_id"] for row in rows_of(files, "cases")}
    assert set(cases.values()) <= known
    last = f"{made.last_on:%Y-%m}"
    met = 0
    for table in TABLES:
        for row in rows_of(files, table.name):
            met += 1
            assert row.get("study_id", next(iter(known))) in known
            assert row.get("case_id", next(iter(cases), "")) in {*cases, ""}
            assert row.get("month", last) <= last
            assert row.get("opened", last) <= last
    assert met > len(known)


def test_there_is_one_pack_and_asking_again_changes_nothing(made: Release, run_jobs) -> None:
    before = packs.file_of(made)
    with unit_of_work():
        packs.ask(made, EVA)
    packs.make({"release": made.reference})
    run_jobs()
    assert packs.file_of(made) == before


def test_study_numbers_of_two_packs_have_nothing_to_do_with_one_another(release: Release) -> None:
    one, other = (packs.contents(release)[1]["employers.csv"] for _ in range(2))
    assert sorted(line.split(b",", 1)[1] for line in one.split()[1:]) == sorted(
        line.split(b",", 1)[1] for line in other.split()[1:]
    )
    assert one != other


def test_a_damaged_pack_is_not_handed_out(made: Release) -> None:
    pack = found.pack_of(made.id)
    assert pack is not None
    assert pack.storage_key
    storage().delete(pack.storage_key)
    assert isinstance(packs.file_of(made), Err)


def test_a_pack_that_is_not_anonymous_is_not_made(release: Release, monkeypatch) -> None:
    monkeypatch.setattr(packs, "anonymised", lambda known, _k: dict(known))
    with pytest.raises(packs.NotAnonymousError):
        packs.contents(release)


def test_an_evaluator_asks_for_it_and_takes_it(release: Release, client, run_jobs) -> None:
    user = sign_in(client, make_user(roles=("evaluator",)))
    address = f"/reports/releases/{release.reference}/pack"
    assert "Have the pack made" in client.get(address).text
    client.submit(address, {}, form=address)
    assert "being made" in client.get(address).text
    run_jobs()
    page = client.get(address)
    assert "Check of anonymity" in page.text
    taken = client.submit(address, {}, form=f"{address}/take")
    assert taken.status_code == 200
    assert taken.mimetype == "application/zip"
    assert taken.headers["Cache-Control"] == "no-store, private"
    assert sha256(taken.data).hexdigest() in page.text
    entry = current_session().scalars(
        select(AuditEntry).where(AuditEntry.action == "report.exported")
    )
    assert [one.actor_id for one in entry] == [user.id]
    # Without having asked for it first nobody gets the file.
    refused = client.get(f"/reports/releases/{release.reference}/pack.zip")
    assert refused.mimetype == "text/html"
    assert refused.status_code in {200, 302}


@pytest.mark.parametrize("role", ["lep_officer", "adviser", "provider_manager"])
def test_others_get_no_rows(made: Release, client, role) -> None:
    sign_in(client, make_user(roles=(role,)))
    for path in ("pack", "pack.zip"):
        assert client.get(f"/reports/releases/{made.reference}/{path}").status_code == 403
