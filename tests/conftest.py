"""Fixtures shared by every test."""

from __future__ import annotations

import os

os.environ.setdefault("PORTAL_ENV", "test")

import pytest

# The database and its server live for one run; the controlling process clears them away.


def pytest_sessionfinish(session: pytest.Session) -> None:
    if hasattr(session.config, "workerinput"):
        return
    from tests.support import databases

    databases.clean_up()
