"""Every form that takes a file, and every address that hands one out, sent what they should not be.

The bodies are read from disk in a process of its own for each form, which measures each request.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask

from portal.accounts.models import User
from portal.caseload.rules.evidence import safe_name
from portal.caseload.rules.evidence_kinds import PDF
from portal.db import current_session, unit_of_work
from portal.integrations.storage import LocalStorage, ObjectStorage, StorageError
from tests.factories.accounts import sign_in
from tests.factories.bombs import BOMBS, TABLES
from tests.factories.caseload import make_case, make_lep_officer, make_provider, make_source
from tests.factories.forum import make_writer, started
from tests.factories.payments import make_card
from tests.factories.toolkit import make_draft
from tests.integration.caseload.test_support_pages import filled
from tests.integration.conftest import make_app
from tests.support import databases
from tests.support.measured import cost_of, in_own_process

ROOT = Path(__file__).resolve().parents[3]
SECONDS, MIB = 1.0, 50.0
STEP = 1 if os.environ.get("BIG") else 12
TRAVERSALS = ("../../../../etc/passwd", "..\\..\\secret", "/etc/passwd", "a\0b.pdf", ". ./..")


def _forms() -> dict[str, tuple]:
    """Each form: who sends it, its page, its action, its field, what else it needs, what hurts."""
    with unit_of_work():
        provider, manager, writer = make_provider(), make_lep_officer("lep_manager"), make_writer()
        case, card, draft = make_case(provider), make_card(published=False), make_draft()
        source = make_source()
    posted = started(writer)
    support = {**filled(), "rows-0-case": case.reference}
    thread = f"/forum/t/{posted.thread}"
    files = f"/toolkit/manage/{draft.reference}"
    return {
        "ImportForm": (manager.id, "/employers/import", None, "file", {}, TABLES),
        "UploadForm": (
            provider.manager.id,
            "/referrals/file",
            None,
            "file",
            {"source": source.reference},
            TABLES,
        ),
        "EvidenceForm": (
            provider.adviser.id,
            f"/cases/{case.reference}/evidence",
            None,
            "file",
            {"kind": "attendance_sheet"},
            BOMBS,
        ),
        "DeliveryForm": (
            provider.adviser.id,
            f"/support/new?case={case.reference}",
            None,
            "sheet",
            support,
            BOMBS,
        ),
        "RotaForm": (None, "/tools/rota", None, "file", {}, TABLES),
        "LadderForm": (None, "/tools/ladder", None, "file", {}, TABLES),
        "AddFileForm": (manager.id, files, f"{files}/files", "file", {"words": "A file"}, BOMBS),
        "AmountsFileForm": (
            manager.id,
            f"/rates/{card.reference}/import",
            None,
            "file",
            {},
            TABLES,
        ),
        "PostForm": (
            writer.user.id,
            thread,
            f"{thread}/reply",
            "file",
            {"body": "See this"},
            BOMBS,
        ),
        "EditForm": (
            writer.user.id,
            f"/forum/p/{posted.post}/edit",
            None,
            "file",
            {"body": "See this"},
            BOMBS,
        ),
    }


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Flask:
    """An application with a record behind every form that takes a file."""
    folder = tmp_path_factory.mktemp("sent")
    app = make_app(databases.new_sqlite(folder), folder)
    app.config["FILES"] = folder / "files"
    with app.app_context():
        app.config["FORMS"] = _forms()
    return app


def forms_with_files() -> set[str]:
    """Every form class that has a field for a file of its own."""
    found = set()
    for path in (ROOT / "portal").rglob("*.py"):
        text = path.read_text()
        if "FileField(" not in text or path.parent.name == "web":
            continue
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef) and "= FileField(" in ast.unparse(node):
                found.add(node.name)
    return found


def kept(app: Flask) -> int:
    return sum(1 for path in app.config["FILES"].rglob("*") if path.is_file())


def send_all(app: Flask, name: str, wanted: dict[str, Callable[..., bytes]], folder: Path) -> list:
    """In a process of its own: what each file costs and is answered by one form."""
    user, path, action, field, data, _ = app.config["FORMS"][name]
    app.extensions["portal_db"].engine.dispose(close=False)
    client = app.test_client()
    client.check_pages = False
    if user is not None:
        with app.app_context():
            sign_in(client, current_session().get_one(User, user))
    caught: dict = {}
    real, client.post = client.post, lambda to, **given: caught.update(given, to=to)
    client.submit(path, data, form=action)
    client.post = real
    said = []
    for number, (title, make) in enumerate(wanted.items()):
        file = folder / f"{name}-{number}"
        file.write_bytes(
            make(5 * 1024 * 1024) if wanted is not BOMBS and title in TABLES else make()
        )
        for limiter in app.extensions.get("limiter") or ():
            limiter.reset()

        def send(file=file, title=title):
            with file.open("rb") as body:
                sent = {**caught["data"], field: (body, title)}
                answer = client.post(caught["to"], data=sent)
                return answer.status_code, answer.get_data(as_text=True)

        cost = cost_of(send)
        status, page = cost.said
        shown = "govuk-error-summary" in page
        said.append([title, status, shown, cost.seconds, cost.mib])
    return said


def test_every_form_that_takes_a_file_is_here(world):
    assert forms_with_files() == set(world.config["FORMS"])


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(forms_with_files()))
def test_every_form_refuses_what_hurts(world, tmp_path, name):
    bombs = world.config["FORMS"][name][5]
    wanted = dict(list(bombs.items())[:: STEP if bombs is BOMBS else min(STEP, 6)])
    before = kept(world)
    for title, status, shown, seconds, mib in in_own_process(
        lambda: send_all(world, name, wanted, tmp_path)
    ):
        assert status in {200, 400, 413, 422}, (title, status)
        assert shown, (title, "the page says nothing")
        assert seconds < SECONDS, (title, seconds)
        assert mib < MIB, (title, mib)
    assert kept(world) == before


def test_no_address_leads_out_of_its_folder(world):
    with world.app_context():
        world.config["FILES"].with_name("secret").write_text("kept beside the files")
        client = world.test_client()
        client.check_pages = False
        manager = world.config["FORMS"]["ImportForm"][0]
        sign_in(client, current_session().get_one(User, manager))
        asked = 0
        for rule in world.url_map.iter_rules():
            if "GET" not in rule.methods or not rule.arguments:
                continue
            for given in ("..%2f..%2f..%2f..%2fetc%2fpasswd", "%2e%2e%5c%2e%2e%5csecret"):
                parts = [given if is_it else text for is_it, text in rule._trace if text != "|"]
                answer = client.get("".join(parts))
                asked += 1
                assert answer.status_code < 500, rule
                assert b"root:x" not in answer.data, rule
                assert b"kept beside the files" not in answer.data, rule
        assert asked > 100


@pytest.mark.parametrize("given", TRAVERSALS)
def test_names_and_keys_stay_where_they_are(tmp_path, given):
    name = safe_name(given, PDF)
    assert name.endswith(".pdf")
    assert not set('/\\\0\r\n"') & set(name)
    assert name.strip(".") == name
    (tmp_path / "secret").write_text("secret")
    for storage in (LocalStorage(tmp_path / "files"), ObjectStorage("memory:///")):
        for key in (given, f"evidence/{given}", f"{given}/x"):
            if ". ." in key:
                continue
            with pytest.raises(StorageError):
                storage.put(key, b"x")
            with pytest.raises(StorageError):
                storage.get(key)
    assert {path.name for path in tmp_path.rglob("*")} == {"files", "secret"}


def test_a_judge_that_takes_everything_is_noticed(world, tmp_path, monkeypatch):
    """The control: with the judge away, the same files are kept and no page complains."""
    monkeypatch.setattr("portal.caseload.rules.evidence.recognise", lambda *_a, **_k: PDF)
    before = kept(world)
    wanted = {name: BOMBS[name] for name in ("drawing.svg", "page.pdf")}
    said = in_own_process(lambda: send_all(world, "EvidenceForm", wanted, tmp_path))
    assert [shown for _title, _status, shown, *_ in said] == [False, False]
    assert kept(world) == before + 2


def test_a_storage_that_trusts_keys_is_noticed(tmp_path, monkeypatch):
    """The control for keys: unchecked, one leads out of the folder."""
    monkeypatch.setattr("portal.integrations.storage._checked", lambda key: key)
    (tmp_path / "secret").write_text("secret")
    assert LocalStorage(tmp_path / "files").get("../secret") == b"secret"
