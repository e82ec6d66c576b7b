"""MAINTENANCE=read-only: pages show, nothing is written, and everything goes on afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from config import Settings
from portal.accounts.models import User
from portal.db import current_session, outbox, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.db.session import READ_ONLY, Database, WriteOutsideUnitOfWork
from portal.integrations.jobs import run_daily, sweep
from portal.web.maintenance import init_maintenance
from tests.factories.accounts import make_user, sign_in
from tests.support.client import PortalClient


@pytest.fixture
def somebody(committed_app: Flask) -> PortalClient:
    """A browser in which somebody is signed in."""
    client = browser(committed_app)
    with committed_app.app_context():
        with unit_of_work():
            make_user("owner@cafe.example")
        sign_in(client, current_session().scalars(select(User)).one())
    return client


@pytest.fixture
def resting(committed_app: Flask, somebody: PortalClient) -> Iterator[Flask]:
    """Some work, and then MAINTENANCE."""
    with committed_app.app_context(), unit_of_work():
        outbox.add(kind="drill", payload={}, unique_key="drill:1")
    settings: Settings = committed_app.config["SETTINGS"]
    committed_app.config["SETTINGS"] = settings.model_copy(update={"maintenance": "read-only"})
    database: Database = committed_app.extensions["portal_db"]
    database.sessions.configure(info={READ_ONLY: True})
    yield committed_app
    committed_app.config["SETTINGS"] = settings


def browser(app: Flask) -> PortalClient:
    client = app.test_client()
    assert isinstance(client, PortalClient)
    return client


@pytest.mark.usefixtures("resting")
def test_pages_show_and_say_so(somebody: PortalClient) -> None:
    for path in ("/help", "/account", "/accessibility"):
        page = somebody.get(path)
        assert page.status_code == 200, path
        assert "read-only for a while" in page.get_data(as_text=True), path
    assert somebody.get("/readyz").status_code == 200


def test_whatever_writes_is_refused_in_words_and_loses_nothing_typed(resting: Flask) -> None:
    client = browser(resting)
    answer = client.post("/login", data={"email": "owner@cafe.example", "password": "secret-words"})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    words = answer.get_data(as_text=True)
    assert "Your last change was not saved" in words
    assert "secret-words" not in words
    for method in ("post", "put", "patch", "delete"):
        saved = getattr(client, method)("/anything", headers={"X-Autosave": "1"})
        assert saved.status_code == 503
        assert "read-only" in saved.get_json()["error"]


def test_nothing_below_a_page_writes_either(resting: Flask) -> None:
    with resting.app_context(), pytest.raises(WriteOutsideUnitOfWork), unit_of_work():
        pass
    with resting.app_context():
        assert sweep() == 0
        assert run_daily() == []
        entry = current_session().scalars(select(OutboxEntry)).one()
        assert (entry.attempts, entry.done_at) == (0, None)


def test_the_setting_makes_it_so(tmp_path: Path) -> None:
    app = Flask("bare")
    app.config["SETTINGS"] = Settings(portal_env="test", maintenance="read-only")  # type: ignore[call-arg]
    Database(f"sqlite:///{tmp_path / 'none.db'}").init_app(app)
    init_maintenance(app)
    with app.app_context(), pytest.raises(WriteOutsideUnitOfWork), unit_of_work():
        pass


def test_without_it_everything_goes_on(committed_app: Flask) -> None:
    """The control: the same requests reach their views."""
    client = browser(committed_app)
    assert "read-only" not in client.get("/help").get_data(as_text=True)
    assert client.post("/anything").status_code in {404, 419}
    with committed_app.app_context(), unit_of_work():
        outbox.add(kind="drill", payload={}, unique_key="drill:1")
