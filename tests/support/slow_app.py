"""The portal with one slow job more, for killing a worker in the middle of it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from portal import create_app
from portal.db import audit, unit_of_work
from portal.integrations.jobs import register_handler

FOLDER = Path(os.environ["SLOW_FOLDER"])


def slow(payload: Mapping[str, Any]) -> None:
    """Say that it started, wait to be let go on, then leave a trace in the database."""
    number = 1 + len(list(FOLDER.glob("started-*")))
    (FOLDER / f"started-{number}").touch()
    end = time.monotonic() + 120
    while not (FOLDER / "go").exists() and time.monotonic() < end:
        time.sleep(0.02)
    with unit_of_work():
        audit.record(action="test.slow_done", subject=f"job:{payload['n']}")


app = create_app()
register_handler(app, "test.slow", slow)
