"""One installation on PostgreSQL with the programmes of two LEPs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from portal.cli.programmes import add, checked, separate
from portal.db.programmes import Programme, outside, programme_called, within
from portal.db.session import Database
from tests.integration.conftest import _start_afresh, make_app
from tests.support import databases
from tests.support.client import PortalClient

EAST, WEST = "http://east.example", "http://west.example"


class HostClient(PortalClient):
    """A browser that goes to one host."""

    base_url = EAST

    def open(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("base_url", self.base_url)
        return super().open(*args, **kwargs)

    @contextmanager
    def session_transaction(self, *args: Any, **kwargs: Any):
        kwargs.setdefault("base_url", self.base_url)
        with super().session_transaction(*args, **kwargs) as session:
            yield session


def described(slug: str, address: str, **settings: str) -> Programme:
    """A programme of an LEP named after it; roles are the server's, so each run has its own."""
    return checked(
        slug=slug,
        title=f"Example programme {slug}",
        lep=f"Example {slug} LEP",
        public_url=address,
        settings=settings,
        database=databases.RUN.replace("-", "_").lower()[-20:],
    )


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """What was one programme's becomes East's; West is added to it."""
    folder = tmp_path_factory.mktemp("several")
    url = databases.new_database("postgresql", folder)
    database = Database(url)
    separate(database, described("east", EAST, controller_name="Example east LEP, controller"))
    database.dispose()
    app = make_app(url, folder, several_programmes=True)
    app.test_client_class = HostClient
    with app.app_context():
        add(app.extensions["portal_db"], described("west", WEST))
    yield app
    app.extensions["portal_db"].dispose()


@pytest.fixture
def at(installation: Flask):
    """``with at("east"):`` works for that programme in an application context of its own."""

    @contextmanager
    def work(slug: str) -> Iterator[Programme]:

        with installation.app_context():
            programme = programme_called(slug)
            assert programme is not None
            with within(programme), installation.app_context():
                yield programme

    return work


@pytest.fixture
def browser(installation: Flask):
    """A browser at one programme's address."""

    def at_host(address: str) -> HostClient:
        client = installation.test_client()
        assert isinstance(client, HostClient)
        client.base_url = address
        return client

    return at_host


@pytest.fixture
def afresh(installation: Flask) -> None:
    """Forget how often earlier tests asked, and what they linked."""
    _start_afresh(installation)
    with (
        installation.app_context(),
        outside(),
        installation.extensions["portal_db"].engine.begin() as connection,
    ):
        for table in ("tickets", "link_halves"):
            connection.execute(text(f"DELETE FROM portal_shared.{table}"))  # noqa: S608


@pytest.fixture
def person(afresh, at, browser):
    """Somebody with an account of the same kind in each programme, and one browser."""
    from tests.integration.several.crossings import ADDRESSES, Traveller

    def made(east: dict[str, Any] | None = None, west: dict[str, Any] | None = None) -> Traveller:
        one = Traveller(at, {slug: browser(url) for slug, url in ADDRESSES.items()})
        one.join("east", **(east or {}))
        one.join("west", **(west or {}))
        return one

    return made
