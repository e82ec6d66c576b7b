"""Fixtures shared by every test, and the rule that no test is left out in silence."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

os.environ.setdefault("PORTAL_ENV", "test")
# Tests share applications and put databases back behind their backs; tests of kept pages say so.
os.environ.setdefault("PAGE_CACHE_SECONDS", "0")

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

# No example is judged by the clock: the machine is shared, and time is measured in `make bench`.
settings.register_profile("portal", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("portal")

# A run starts a hundred processes, and each would compile the portal and its tests anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Rubbish is looked for after 50,000 new objects, not 700: a tenth of the suite's time.
gc.set_threshold(50_000, 20, 50)

# The database and its server live for one run; the controlling process clears them away.

# Tests that may be skipped or expected to fail: the end of their name, and why. Anything else that
# is skipped makes the run fail, so that "all passed" means all.
LEFT_OUT: dict[str, str] = {}

_OUTCOMES = pytest.StashKey[list[str]]()


def left_out_in_silence(names: list[str], allowed: dict[str, str]) -> list[str]:
    """The names that stand in the table neither whole nor by their end."""
    return [name for name in names if not any(name.endswith(end) for end in allowed)]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_OUTCOMES] = []
    config.pluginmanager.register(_Witness(config.stash[_OUTCOMES]), "no-silent-skips")


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives browsers: one for each process of the suite, which bears no second."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        yield driver


class _Witness:
    """Notes every test that was not really run."""

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.skipped or hasattr(report, "wasxfail"):
            self._names.append(report.nodeid)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.skipped:
            self._names.append(report.nodeid)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for name in left_out_in_silence(config.stash[_OUTCOMES], LEFT_OUT):
        terminalreporter.write_line(f"LEFT OUT without a reason in tests/conftest.py: {name}")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if left_out_in_silence(session.config.stash[_OUTCOMES], LEFT_OUT) and not session.exitstatus:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_unconfigure(config: pytest.Config) -> None:
    """Clear away this run's databases, once every process of the run has ended."""
    if hasattr(config, "workerinput"):
        return
    from tests.support import databases

    distributed = config.pluginmanager.get_plugin("dsession")
    if distributed is not None:
        # The processes shared a folder named after the run; this one would look for its own.
        databases.SHARED = databases.folder_of(distributed.nodemanager.testrunuid)
    databases.clean_up()
