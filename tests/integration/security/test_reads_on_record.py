"""Files, exports and pages that few may see: each read leaves an entry in the audit trail.

Which they are is one table; these tests go through every route, so that a new export has to stand
in it or say why not.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from flask import Flask, Response
from sqlalchemy import select

from portal.db import current_session, unit_of_work
from portal.db.audit import AuditEntry
from portal.governance.rules.sensitive_reads import (
    NOT_SENSITIVE,
    ON_RECORD_BY_THEMSELVES,
    READS,
)
from portal.integrations.jobs import HUEY_EXTENSION
from portal.web.access import TABLE_EXTENSION, public
from portal.web.reads import READS_EXTENSION
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer
from tests.integration.test_routes_access import address, get_rules
from tests.support.client import PortalClient

ROOT = Path(__file__).resolve().parents[3]
# What an address or an endpoint says when it hands something out.
_LOOKS = re.compile(
    r"\.(csv|xlsx|zip|pdf|txt|ics|docx|pptx|ico)$|export|download|file|evidence|attachment|_copy|"
    r"certificate|sheet|poster|kind>$"
)
_SENDS = {"csv_response", "xlsx_response", "send_file", "send_from_directory"}


def senders() -> set[str]:
    """Names of view functions that send a file or a table themselves."""
    found = set()
    for path in (ROOT / "portal").glob("*/views/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                called = {
                    getattr(call.func, "id", getattr(call.func, "attr", ""))
                    for call in ast.walk(node)
                    if isinstance(call, ast.Call)
                }
                headers = "Content-Disposition" in ast.dump(node)
                if called & _SENDS or headers:
                    found.add(f"{path.parent.parent.name}.{node.name}")
    return found


def unjudged(app: Flask, known: Iterable[str]) -> list[str]:
    """Routes that look as if they handed something out, and stand in no table."""
    sending = senders()
    return sorted(
        {
            rule.endpoint
            for rule in get_rules(app)
            if (_LOOKS.search(rule.rule) or _LOOKS.search(rule.endpoint)
                or rule.endpoint in sending)
        }
        - set(known)
    )  # fmt: skip


def test_every_route_that_hands_something_out_is_judged(app: Flask) -> None:
    known = {*READS, *ON_RECORD_BY_THEMSELVES, *NOT_SENSITIVE}
    assert unjudged(app, known) == []
    assert "payments.run_bacs" in unjudged(app, known - {"payments.run_bacs"})
    assert "caseload.team_export" in senders()


def test_no_entry_of_the_tables_is_left_over(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    tables = [set(READS), set(ON_RECORD_BY_THEMSELVES), set(NOT_SENSITIVE)]
    assert set.union(*tables) <= endpoints
    assert sum(len(table) for table in tables) == len(set.union(*tables))
    assert all(NOT_SENSITIVE.values())


def actions(app: Flask) -> list[tuple[str, str, int | None]]:
    """What the worker puts on record."""
    huey = app.extensions[HUEY_EXTENSION]
    while (task := huey.dequeue()) is not None:
        huey.execute(task)
    rows = current_session().execute(
        select(AuditEntry.action, AuditEntry.subject, AuditEntry.actor_id).order_by(AuditEntry.id)
    )
    return [tuple(row) for row in rows]


@pytest.fixture
def reader(app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch) -> PortalClient:
    """Somebody whom every one of these routes answers."""
    for endpoint in READS:
        monkeypatch.setitem(app.extensions[TABLE_EXTENSION], endpoint, public)
        monkeypatch.setitem(
            app.view_functions, endpoint, lambda **_values: Response("given", mimetype="text/csv")
        )
    app.extensions[HUEY_EXTENSION].flush()
    sign_in(client, make_user("reader@example.org"))
    return client


def test_each_leaves_an_entry(app: Flask, reader: PortalClient) -> None:
    rules = {rule.endpoint: rule for rule in get_rules(app) if rule.endpoint in READS}
    before = len(actions(app))
    expected = []
    for endpoint, (action, subject) in sorted(READS.items()):
        path = address(app, rules[endpoint])
        assert reader.get(f"{path}?q=Jo+Bloggs&empty=").data == b"given", endpoint
        with app.test_request_context(path):
            from flask import request

            values = {name: str(value) for name, value in (request.view_args or {}).items()}
        expected.append((action, subject.format_map(values)))
    found = actions(app)[before:]
    assert [(action, subject) for action, subject, _who in found] == expected
    assert len({who for _action, _subject, who in found}) == 1
    assert found[0][2] is not None
    details = current_session().scalars(
        select(AuditEntry.detail).order_by(AuditEntry.id.desc()).limit(len(found))
    )
    assert all(detail == {"filters": ["q"]} for detail in details)


def test_a_route_that_is_forgotten_leaves_none(
    app: Flask, reader: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = actions(app)
    monkeypatch.delitem(app.extensions[READS_EXTENSION], "payments.outputs_export")
    assert reader.get("/outputs/export.csv").data == b"given"
    assert actions(app) == before


def test_what_is_refused_or_only_asked_about_leaves_none(
    app: Flask, reader: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = actions(app)
    assert reader.head("/outputs/export.csv").status_code == 200
    for status in (302, 400, 404):
        monkeypatch.setitem(
            app.view_functions, "payments.outputs_export",
            lambda status=status: Response("no", status, mimetype="text/csv"),
        )  # fmt: skip
        reader.get("/outputs/export.csv")
    monkeypatch.setitem(
        app.extensions[TABLE_EXTENSION], "payments.outputs_export", lambda *_any: False
    )
    assert reader.get("/outputs/export.csv").status_code == 403
    assert actions(app) == before


def test_an_employers_archive_is_on_record(app: Flask, client: PortalClient) -> None:
    with unit_of_work():
        owner = make_user("owner@example.org")
        employer = make_employer(owner_id=owner.id)
    app.extensions[HUEY_EXTENSION].flush()
    sign_in(client, owner)
    assert client.get(f"/employers/{employer.reference}/data.zip", buffered=True).status_code == 200
    assert actions(app)[-1] == (
        *("employer.data_taken", f"employer:{employer.reference}"),
        owner.id,
    )


@pytest.mark.parametrize(("endpoint", "action"), ON_RECORD_BY_THEMSELVES.items())
def test_features_that_note_their_own_reads_do(endpoint: str, action: str) -> None:
    """Each has a test of its own that reads the entry; here that both still name the action."""
    feature = endpoint.partition(".")[0].removesuffix("_api")
    code = [path.read_text(encoding="utf-8") for path in (ROOT / "portal" / feature).rglob("*.py")]
    assert any(f'action="{action}"' in text for text in code)
    tests = [
        path.read_text(encoding="utf-8")
        for path in (ROOT / "tests" / "integration").rglob("test_*.py")
    ]
    assert any(f'"{action}"' in text for text in tests), f"No test reads {action}"
