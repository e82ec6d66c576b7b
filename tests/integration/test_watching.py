"""What those who watch the portal see: names of requests, health, figures, slow statements."""

from __future__ import annotations

import io
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from portal.db import outbox, unit_of_work
from portal.db.session import current_session, make_engine
from portal.db.slow import watch_statements
from portal.integrations.storage import STORAGE_EXTENSION
from portal.logs import make_formatter
from portal.web.health import READINESS_EXTENSION
from tests.support.client import PortalClient


@contextmanager
def production_log(level: int = logging.INFO) -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, as production writes it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(make_formatter(json_lines=True))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(level)
    try:
        yield stream
    finally:
        root.removeHandler(handler)
        root.setLevel(before)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


# Names of requests -------------------------------------------------------------------------------


def test_every_answer_has_a_name_and_every_line_about_it(client: PortalClient) -> None:
    with production_log() as log:
        first, second = client.get("/help?q=secret-word"), client.get("/nowhere/secret-word")
    names = [answer.headers["X-Request-ID"] for answer in (first, second)]
    assert len(set(names)) == 2
    said = [line for line in lines(log) if line["logger"] == "portal.requests"]
    assert [line["request_id"] for line in said] == names
    assert [line["event"] for line in said] == ["GET /help", "GET an unknown address"]
    assert [line["status"] for line in said] == [200, 404]
    assert all(line["milliseconds"] >= 0 for line in said)
    assert "secret-word" not in log.getvalue()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("0af7651916cd43dd-8448eb211c80319c", True),
        ("short", False),
        ("x" * 65, False),
        ("jo@example.org", False),
        ("<script>alert(1)</script>", False),
    ],
)
def test_a_name_from_outside_is_kept_when_it_looks_like_one(
    client: PortalClient, given: str, kept: bool
) -> None:
    answer = client.get("/help", headers={"X-Request-ID": given})
    assert (answer.headers["X-Request-ID"] == given) is kept


def test_the_error_page_says_the_name(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> str:
        raise RuntimeError("on purpose")

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.view_functions, "pages.help_page", fail)
    with production_log() as log:
        answer = client.get("/help")
        told = client.get("/help", headers={"Accept": "application/json"})
    assert answer.status_code == 500
    assert answer.headers["X-Request-ID"] in answer.get_data(as_text=True)
    assert told.json is not None
    assert told.json["request"] == told.headers["X-Request-ID"]
    failures = [line for line in lines(log) if line["level"] == "error"]
    assert failures[0]["request_id"] == answer.headers["X-Request-ID"]
    assert "RuntimeError: on purpose" in failures[0]["exception"]


# Health ------------------------------------------------------------------------------------------


def test_a_sound_portal_is_ready(committed_app: Flask) -> None:
    client = committed_app.test_client()
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.json == {
        "ready": True,
        "checks": dict.fromkeys(
            ("database", "migrations", "storage", "queue", "disk"), "ok"
        ) | dict.fromkeys(committed_app.extensions[READINESS_EXTENSION], "ok"),
        "given_up": 0,
    }  # fmt: skip
    assert client.get("/health").status_code == 200


def not_ready(app: Flask) -> set[str]:
    """The parts that fail; the process lives meanwhile."""
    client = app.test_client()
    assert client.get("/healthz").status_code == 200
    with production_log() as log:
        answer = client.get("/readyz")
    assert answer.json is not None
    failed = {name for name, state in answer.json["checks"].items() if state != "ok"}
    assert answer.status_code == (503 if failed else 200)
    assert answer.json["ready"] is (not failed)
    assert sum("Not ready" in line["event"] for line in lines(log)) == len(failed)
    return failed


def test_an_older_schema_is_not_ready(committed_app: Flask) -> None:
    with committed_app.app_context(), unit_of_work() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '001_foundation'"))
    assert not_ready(committed_app) == {"migrations"}


def test_a_database_that_is_gone_is_not_ready(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = committed_app.extensions["portal_db"]
    gone = make_engine("sqlite:////nowhere/at/all.db")
    monkeypatch.setitem(database.sessions.kw, "bind", gone)
    assert {"database", "migrations"} <= not_ready(committed_app)


def test_storage_queue_and_disk_are_asked(
    committed_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = committed_app.extensions[STORAGE_EXTENSION]
    with monkeypatch.context() as changed:
        changed.setattr(kept, "_folder", kept.folder / "gone")
        assert not_ready(committed_app) == {"storage"}
    with monkeypatch.context() as changed:
        changed.setattr(type(committed_app.extensions["portal_huey"]), "pending_count", _refuse)
        assert not_ready(committed_app) == {"queue"}
    settings = committed_app.config["SETTINGS"]
    reserve = shutil.disk_usage(kept.folder).total + 1
    committed_app.config["SETTINGS"] = settings.model_copy(update={"disk_reserve_bytes": reserve})
    assert not_ready(committed_app) == {"disk"}


def _refuse(_queue: object) -> int:
    raise ConnectionError("Redis is gone")


# Figures -----------------------------------------------------------------------------------------


def figures(client: PortalClient, **headers: str) -> dict[tuple[str, ...], float]:
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    return {
        (one.name, *(value for _name, value in sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for one in family.samples
    }


def test_requests_work_and_proofs_are_counted(app: Flask, client: PortalClient) -> None:
    key = ("portal_requests_total", "pages.help_page", "GET", "200")
    before = figures(client).get(key, 0)
    client.get("/help")
    client.get("/help")
    with unit_of_work():
        outbox.add(kind="test.never", payload={})
        outbox.add(kind="test.given_up", payload={}).attempts = outbox.MAX_ATTEMPTS
    from portal.governance.service.audit_chain import check

    check("command")
    found = figures(client)
    assert found[key] == before + 2
    assert found["portal_outbox_due",] == 1
    assert found["portal_outbox_oldest_seconds",] >= 0
    assert found["portal_jobs_failed",] == 1
    assert found["portal_audit_whole",] == 1
    assert found["portal_audit_checked_seconds",] > 1_700_000_000
    assert found["portal_gauges_failed",] == 0
    assert found["portal_queue_depth",] >= 0
    assert any(name[0] == "portal_request_seconds_bucket" for name in found)


def test_a_figure_that_cannot_be_read_hides_no_other(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "backlog", lambda: 1 / 0)
    found = figures(client)
    assert found["portal_gauges_failed",] == 1
    assert ("portal_outbox_due",) not in found


def test_figures_are_for_who_may_see_them(app: Flask, client: PortalClient) -> None:
    settings = app.config["SETTINGS"]
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", environ_base=elsewhere).status_code == 404
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert client.get("/metrics", headers={name: "203.0.113.9"}).status_code == 404
    try:
        app.config["SETTINGS"] = settings.model_copy(update={"portal_env": "production"})
        assert client.get("/metrics").status_code == 404
        changed = type(settings)(**{**settings.model_dump(), "metrics_token": "a-long-token"})
        app.config["SETTINGS"] = changed
        assert client.get("/metrics").status_code == 404
        for wrong in ("", "Bearer", "Bearer ", "Bearer a-long-toke", "Bearer é"):
            answer = client.get("/metrics", headers={"Authorization": wrong})
            assert answer.status_code == 404, wrong
        good = {"Authorization": "Bearer a-long-token"}
        assert client.get("/metrics", headers=good, environ_base=elsewhere).status_code == 200
    finally:
        app.config["SETTINGS"] = settings


# Slow statements ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("threshold", "logged"), [(1, True), (60_000, False)])
def test_slow_statements_are_logged_without_values(
    tmp_path: Any, threshold: int, logged: bool
) -> None:
    (tmp_path / "slow.db").touch()
    engine = make_engine(f"sqlite:///{tmp_path / 'slow.db'}")
    watch_statements(engine, milliseconds=threshold)
    many = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) "
        "SELECT count(*), :secret FROM n"
    )
    with production_log() as log, engine.connect() as connection:
        connection.execute(text(many), {"secret": "Jo Bloggs"})
    engine.dispose()
    said = [line for line in lines(log) if line["logger"] == "portal.slow_queries"]
    assert bool(said) is logged
    assert "Jo Bloggs" not in log.getvalue()
    if logged:
        assert said[0]["milliseconds"] >= threshold
        assert said[0]["statement"].startswith("WITH RECURSIVE")


def test_the_portal_watches_its_own_statements(
    app: Flask, client: PortalClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(10_000))
    monkeypatch.setattr("portal.db.slow.time.perf_counter", lambda: float(next(ticks)))
    with production_log() as log:
        current_session().execute(text("SELECT 1"))
    assert "Slow statement" in log.getvalue()
