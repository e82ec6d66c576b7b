"""A new version takes over under load, with gunicorn as it is deployed: nobody is turned away."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import ROOT, new_sqlite

BIG = os.environ.get("BIG") == "1"
RELOADS = 20 if BIG else 1
PEOPLE = 8 if BIG else 4
PATIENCE = 120.0
WORKERS = 2


class OnSocket(http.client.HTTPConnection):
    """HTTP over a socket in the file system, as a proxy on this machine speaks it."""

    def __init__(self, path: Path) -> None:
        super().__init__("portal.example", timeout=PATIENCE)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Served:
    """Gunicorn with the configuration that is deployed, watched by what stands in for systemd."""

    def __init__(self, folder: Path, url: str) -> None:
        self.socket, self.log = folder / "web.sock", folder / "web.log"
        self.version = folder / "version"
        self.version.write_text("1")
        (folder / "versioned.py").write_text(
            f"import pathlib\nversion = pathlib.Path({str(self.version)!r}).read_text()\n"
            "if version == 'broken':\n    raise RuntimeError('this version does not load')\n"
            "from wsgi import app\n"
            "@app.after_request\ndef say(answer):\n"
            "    answer.headers['X-Version'] = version\n    return answer\n"
        )
        self.notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notices.bind(str(folder / "notify"))
        self.notices.settimeout(PATIENCE)
        environment = {
            **os.environ,
            "PORTAL_ENV": "test",
            "DATABASE_URL": url,
            "STORAGE_URL": f"file://{folder / 'files'}",
            "QUEUE_PATH": str(folder / "queue.db"),
            "LOG_LEVEL": "ERROR",
            "BIND": f"unix:{self.socket}",
            "WEB_CONCURRENCY": str(WORKERS),
            "NOTIFY_SOCKET": str(folder / "notify"),
            "PYTHONPATH": f"{folder}:{ROOT}",
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                # Not as "-m gunicorn": started again by USR2 its folder would come before the
                # library's, and hide it (both have an "http").
                [sys.executable, Path(sys.executable).with_name("gunicorn"),
                 "--config", "deploy/gunicorn.conf.py", "versioned:app"],
                cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self.main = self.process.pid

    def told(self, words: str) -> str:
        """Wait until the service manager is told something that begins so."""
        while True:
            said = self.notices.recv(1000).decode()
            if said.startswith(words):
                return said

    def says(self, words: str, times: int = 1) -> None:
        """Wait until its log does, so often."""
        end = time.monotonic() + PATIENCE
        while self.log.read_text().count(words) < times:
            assert time.monotonic() < end, self.log.read_text()[-2000:]
            time.sleep(0.05)

    def ask(self) -> tuple[int, str]:
        connection = OnSocket(self.socket)
        with contextlib.closing(connection):
            connection.request("GET", "/help")
            answer = connection.getresponse()
            answer.read()
            return answer.status, answer.getheader("X-Version") or ""

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.notices.close()


def alive(pid: int) -> bool:
    """Whether a process is there and is more than a name that nobody has asked about."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def wait_until_gone(pid: int) -> None:
    end = time.monotonic() + PATIENCE
    while alive(pid):
        assert time.monotonic() < end, "the old one stays"
        time.sleep(0.02)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path, new_sqlite(tmp_path))
    try:
        made.told("READY=1")
        yield made
    finally:
        made.kill()


class Crowd:
    """People who ask for pages without a pause."""

    def __init__(self, served: Served) -> None:
        self.served, self.answers = served, Counter[tuple[int, str]]()
        self.failed: list[str] = []
        self.longest = 0.0
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._run, daemon=True) for _ in range(PEOPLE)]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                found = self.served.ask()
            except (OSError, http.client.HTTPException) as error:
                with self._lock:
                    self.failed.append(repr(error))
                continue
            with self._lock:
                self.answers[found] += 1
                self.longest = max(self.longest, time.monotonic() - began)

    def finish(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)


@pytest.mark.slow
@pytest.mark.timeout(1800 if BIG else 300)
def test_new_versions_take_over_under_load_and_no_request_fails(served: Served) -> None:
    crowd = Crowd(served)
    try:
        first_a_version_that_does_not_load(served)
        for version in range(2, 2 + RELOADS):
            served.version.write_text(str(version))
            take_over(served)
            assert served.ask() == (200, str(version))
    finally:
        crowd.finish()
    assert crowd.failed == [], served.log.read_text()[-2000:]
    assert {status for status, _ in crowd.answers} == {200}
    assert len({version for _, version in crowd.answers}) == 1 + RELOADS
    sys.stdout.write(
        f"{crowd.answers.total()} requests, {RELOADS} reloads, longest {crowd.longest:.2f} s\n"
    )
    merely_stopped_is_noticed(served)


def first_a_version_that_does_not_load(served: Served) -> None:
    """It changes nothing."""
    served.version.write_text("broken")
    os.kill(served.main, signal.SIGUSR2)
    served.says("this version does not load")
    # It is noticed to be gone before the next is taken.
    children = Path(f"/proc/{served.main}/task/{served.main}/children")
    end = time.monotonic() + PATIENCE
    while len(children.read_text().split()) > WORKERS:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert alive(served.main)
    assert served.ask() == (200, "1")


def take_over(served: Served) -> None:
    """As ``systemctl reload`` does it."""
    old, promoted = served.main, served.log.read_text().count("Master has been promoted")
    os.kill(old, signal.SIGUSR2)
    # The service manager is told whom to watch, or it would take the end for a crash.
    said = served.told("MAINPID=")
    served.main = int(said.split()[0].removeprefix("MAINPID="))
    wait_until_gone(old)
    # Until it knows that it is alone it takes no new version.
    served.says("Master has been promoted", promoted + 1)


def merely_stopped_is_noticed(served: Served) -> None:
    """The control: the same crowd, while the server is stopped as ``systemctl stop`` does."""
    crowd = Crowd(served)
    try:
        os.kill(served.main, signal.SIGTERM)
        wait_until_gone(served.main)
        end = time.monotonic() + PATIENCE
        while not crowd.failed:
            assert time.monotonic() < end
            time.sleep(0.02)
    finally:
        crowd.finish()
