"""Browser tests: one installation and one Chromium for each process of the suite."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright

from scripts.chromium import find_chromium
from tests.e2e.support import (
    CHROMIUM_FLAGS,
    VIEWPORTS,
    LiveServer,
    browser_context,
    demonstration,
)

NewPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/e2e/" in item.nodeid:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def live_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """Gunicorn and a worker on a fresh database; shared by the tests of one process."""
    server = LiveServer(tmp_path_factory.mktemp("live"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """An installation of its own with the demonstration data, which wants an empty portal."""
    server = demonstration(tmp_path_factory.mktemp("demo"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """The system's Chromium."""
    path = find_chromium()
    assert path, "No Chromium here: run `make chromium`"
    browser = playwright.chromium.launch(executable_path=path, args=list(CHROMIUM_FLAGS))
    yield browser
    browser.close()


@pytest.fixture
def new_page(browser: Browser, live_server: LiveServer) -> Iterator[NewPage]:
    """Opens pages, each a person of their own: ``new_page("phone")``; all are watched."""
    with ExitStack() as open_contexts:

        def open_page(viewport: str = "desktop", **options: Any) -> Page:
            address = options.pop("url", live_server.url)
            context = browser_context(browser, address, viewport, **options)
            return open_contexts.enter_context(context).new_page()

        yield open_page


@pytest.fixture(params=list(VIEWPORTS))
def viewport(request: pytest.FixtureRequest) -> str:
    """Both widths: a test that asks for ``page`` runs on each."""
    name: str = request.param
    return name


@pytest.fixture
def page(new_page: NewPage, viewport: str) -> Page:
    """A page on a phone, and again on a desktop."""
    return new_page(viewport)


@pytest.fixture
def phone(new_page: NewPage) -> Page:
    """A page 390 pixels wide."""
    return new_page("phone")


@pytest.fixture
def desktop(new_page: NewPage) -> Page:
    """A page 1280 pixels wide."""
    return new_page("desktop")
