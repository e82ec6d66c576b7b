"""A process that is killed before its nth statement or commit: no moment is left to luck."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import event

from tests.support.races import database_of


def dies_at(app: Flask, statement: int, act: Callable[[], bool]) -> bool:
    """Act in a process that is killed before its nth statement; whether it was.

    ``act`` runs in a context of the application and says whether it was done.
    """
    engine = database_of(app).engine
    # The child must not speak on the parent's connections.
    engine.dispose()
    child = os.fork()
    if child == 0:
        _act_until(app, statement, act)
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0, "the action failed in its own process"
    return False


def _act_until(app: Flask, statement: int, act: Callable[[], bool]) -> None:
    """In the child: act, counting statements and the commit; never returns to the tests."""
    count = 0

    def die(*_args: Any) -> None:
        nonlocal count
        count += 1
        if count == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    code = 1
    try:
        engine = database_of(app).engine
        event.listen(engine, "before_cursor_execute", die)
        event.listen(engine, "commit", die)
        with app.app_context():
            code = 0 if act() else 2
    finally:
        os._exit(code)
