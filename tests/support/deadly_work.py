"""A worker that dies of one piece of work, started again as often as a process manager would.

``python -m tests.support.deadly_work HOW ROUNDS`` prints one line of JSON for each worker: how it
ended, and what was done of the other work by then. Each is a process of its own with a real sweep;
between them the lease of the dead one runs out.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import func, select, update

from portal import create_app
from portal.db import current_session, outbox, unit_of_work
from portal.integrations.jobs import register_handler, sweep
from portal.kernel.clock import utc_now


def _crash(how: Callable[[], object]) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    how()


WAYS: dict[str, Callable[[], object]] = {
    "exit": lambda: os._exit(70),
    "segfault": lambda: _crash(lambda: ctypes.string_at(0)),
    # A library that finds its own memory in disorder, and gives up.
    "abort": lambda: _crash(os.abort),
    # What the kernel does to a process that takes more memory than there is.
    "memory": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "control": lambda: None,
}


def main() -> None:
    """Let one worker after the other live until the work is done or has killed it."""
    how, rounds = WAYS[sys.argv[1]], int(sys.argv[2])
    app = create_app()

    def deadly(_payload: Mapping[str, Any]) -> None:
        how()

    register_handler(app, "test.deadly", deadly)
    register_handler(app, "test.harmless", lambda _payload: None)
    for _ in range(rounds):
        # Forked before anything is connected: the portal is loaded once.
        worker = os.fork()
        if not worker:
            with app.app_context():
                sweep()
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])
        with app.app_context():
            harmless = select(func.count()).where(
                outbox.OutboxEntry.kind == "test.harmless", outbox.OutboxEntry.done_at.is_not(None)
            )
            done = current_session().scalar(harmless)
            sys.stdout.write(json.dumps({"ended": ended, "harmless": done}) + "\n")
            with unit_of_work() as session:
                session.execute(
                    update(outbox.OutboxEntry)
                    .where(outbox.OutboxEntry.done_at.is_(None))
                    .values(due_at=utc_now())
                )
        app.extensions["portal_db"].dispose()


if __name__ == "__main__":
    main()
