"""The lower bound of a save: a bare WSGI application that makes one locked update."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.parse import parse_qs

from sqlalchemy import make_url

from tests.bench.support import plain_connection

_READ = "SELECT answers FROM diagnostic_responses WHERE reference = "
_WRITE = (
    "UPDATE diagnostic_responses SET answers = {0}, revision = revision + 1 WHERE reference = {0}"
)


class BareSave:
    """Reads, changes and writes back one response's answers in one transaction."""

    def __init__(self, url: str) -> None:
        self.sqlite = make_url(url).get_backend_name() == "sqlite"
        self.connection = plain_connection(url)
        mark = "?" if self.sqlite else "%s"
        self.begin = "BEGIN IMMEDIATE" if self.sqlite else "BEGIN"
        self.read = _READ + mark + ("" if self.sqlite else " FOR UPDATE")
        self.write = _WRITE.format(mark)

    def __call__(self, environ: dict[str, Any], start: Any) -> list[bytes]:
        """Save what was sent."""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        sent = parse_qs(environ["wsgi.input"].read(length).decode())
        reference = environ["PATH_INFO"].removeprefix("/")
        run = self.connection.execute
        run(self.begin)
        row = run(self.read, (reference,)).fetchone()
        if row is not None:
            answers = json.loads(row[0]) if self.sqlite else row[0]
            for key, values in sent.items():
                answers[key] = {"v": values[0], "r": 1}
            run(self.write, (json.dumps(answers), reference))
        run("COMMIT")
        body = b'{"message": "Saved"}'
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


def app() -> BareSave:
    """For the server: the database comes from the environment."""
    return BareSave(os.environ["DATABASE_URL"])
