"""What the processes of a soak hold: memory, waiting work, connections to the database."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from tests.bench.support import plain_connection

_DUE = "SELECT count(*) FROM outbox WHERE done_at IS NULL AND due_at <= {0}"
_CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
    "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_MIB = 1024


class Watch:
    """Looks at the main processes given by name, and at those that they started."""

    def __init__(self, url: str, queue: Path, processes: Mapping[str, int]) -> None:
        self.url, self.queue, self.processes = make_url(url), queue, processes
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.connection: Any = plain_connection(url)

    def _each(self) -> Iterator[tuple[str, int]]:
        for name, pid in self.processes.items():
            yield name, pid
            for number, child in enumerate(children(pid), 1):
                yield f"{name} {number}", child

    def memory(self) -> dict[str, float]:
        """MiB that each process holds by itself or with others; gone ones are left out."""
        found = {name: resident(pid) for name, pid in self._each()}
        return {name: round(kib / _MIB, 1) for name, kib in found.items() if kib}

    def waiting(self) -> tuple[int, int]:
        """Jobs in the queue, and promises of the outbox that are due."""
        now: Any = datetime.now(UTC)
        mark = "%s"
        if self.is_sqlite:
            now, mark = f"{now:%Y-%m-%d %H:%M:%S.%f}", "?"
        due = self.connection.execute(_DUE.format(mark), (now,)).fetchone()[0]
        return queued(self.queue), int(due)

    def connections(self) -> int:
        """Connections to the database: a server's own count, or open files of a SQLite one."""
        if not self.is_sqlite:
            return int(self.connection.execute(_CONNECTIONS).fetchone()[0])
        return sum(open_files(pid, str(self.url.database)) for _name, pid in self._each())


def children(pid: int) -> list[int]:
    """Processes started by this one, in the order of their numbers."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, path.read_text().split())
        except OSError:
            continue
    return sorted(found)


def resident(pid: int) -> int:
    """KiB of memory a process holds; 0 for one that is gone."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def open_files(pid: int, path: str) -> int:
    """How often a process has this very file open."""
    count = 0
    for link in Path(f"/proc/{pid}/fd").glob("*"):
        try:
            count += str(link.readlink()) == path
        except OSError:
            continue
    return count


def queued(path: Path) -> int:
    """Jobs in Huey's SQLite file; none where it is not there yet."""
    if not path.exists():
        return 0
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)
    try:
        return int(connection.execute("SELECT count(*) FROM task").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
