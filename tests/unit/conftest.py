"""Unit tests reach no database and no network: trying to is an error."""

from __future__ import annotations

import socket

import pytest

from portal.db import session as db_session


class NotInAUnitTestError(AssertionError):
    """A unit test reached for a database or the network."""


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise NotInAUnitTestError("A unit test cannot open a session: move it to integration")

    monkeypatch.setattr(db_session.PortalSession, "connection", refuse)
    monkeypatch.setattr(db_session, "make_engine", refuse)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise NotInAUnitTestError("A unit test cannot use the network: move it to integration")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
