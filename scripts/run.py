"""`make run`: prepares the database, then runs web and worker together until told to stop."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from scripts.setup import digest
from scripts.system import ROOT, VENV, stop

HOST = "127.0.0.1"
# A small machine that does much else took over a minute; nobody gives up who sees why it lasts.
READY_SECONDS = 300
SAY_SECONDS = 10
# What makes a worker crash is parked by the outbox after five tries.
WORKER_STARTS = 10
STOP_SECONDS = 10
INSTANCE = ROOT / "instance"
DATABASE = INSTANCE / "portal.db"
SIGN_INS = INSTANCE / "sign-ins.txt"
MIGRATIONS = ROOT / "migrations" / "versions"
SEEDING = ROOT / "portal" / "cli"


def web_command(port: int) -> list[str]:
    """The web server for one machine with no proxy in front.

    Threads, because a browser opens connections it may never use: with nothing in front to hold
    them, two of those would stop two single-threaded workers. Behind a buffering proxy use the
    faster sync workers of the Procfile.
    """
    return [
        *(str(VENV / "bin" / "gunicorn"), "wsgi:app"),
        # Loaded once and forked: nothing opens a connection while the application is built.
        *("--preload", "--worker-class", "gthread", "--workers", "2", "--threads", "8"),
        *("--bind", f"{HOST}:{port}", "--log-level", "warning", "--graceful-timeout", "5"),
    ]


def worker_command() -> list[str]:
    """What sends mail and draws PDFs."""
    return [str(VENV / "bin" / "flask"), "worker"]


class Child:
    """One started process, its lines printed with its name before them."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        out: IO[str] | None = None,
    ) -> None:
        self.name = name
        self._out = out or sys.stdout
        # A group of its own: Ctrl-C reaches this runner only, which then stops both in order.
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            process_group=0,
        )
        self._reader = threading.Thread(target=self._pass_on, daemon=True)
        self._reader.start()

    def _pass_on(self) -> None:
        for line in self.process.stdout or ():
            print(f"{self.name:<6} | {line.rstrip()}", file=self._out, flush=True)

    def ask_to_stop(self) -> None:
        """Send the polite signal."""
        if self.process.poll() is None:
            self.process.terminate()

    def make_sure(self, seconds: float) -> None:
        """Wait for the end, and force it after a while."""
        try:
            self.process.wait(max(seconds, 0.1))
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._reader.join(1)
        if self.process.stdout and not self._reader.is_alive():
            self.process.stdout.close()


def stop_all(children: Sequence[Child]) -> None:
    """Stop every child, politely first."""
    for child in children:
        child.ask_to_stop()
    end = time.monotonic() + STOP_SECONDS
    for child in children:
        child.make_sure(end - time.monotonic())


def port_is_free(port: int) -> bool:
    """Whether nothing listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def read_port(text: str) -> int:
    """A port from the environment; stops with a message for anything else."""
    if not text.isdigit() or not 1 <= int(text) <= 65_535:  # noqa: PLR2004 - the ports there are
        stop(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def wait_until_ready(children: Sequence[Child], address: str, stopping: threading.Event) -> bool:
    """Wait for the health page; False when a child ended or somebody pressed Ctrl-C."""
    began = time.monotonic()
    say_at = SAY_SECONDS
    while (waited := time.monotonic() - began) < READY_SECONDS and not stopping.is_set():
        if waited >= say_at:
            say_at += SAY_SECONDS
            print(f"  Still starting after {waited:.0f} s{_load()}", flush=True)
        if any(child.process.poll() is not None for child in children):
            return False
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2) as answer:  # noqa: S310
                if answer.status == 200:  # noqa: PLR2004 - OK
                    return True
        except OSError:
            stopping.wait(0.05)
    return False


def _load() -> str:
    """Why it may last: more work than this machine has processors for."""
    busy, processors = os.getloadavg()[0], os.cpu_count() or 1
    if busy <= processors:
        return "."
    return f": {busy:.0f} programs want this machine's {processors} processors at once."


def _watch(children: list[Child], env: Mapping[str, str], stopping: threading.Event) -> None:
    """Until Ctrl-C, or until one ends for good: a worker that crashed is started again."""
    starts = 1
    while not stopping.wait(0.3):
        ended = [child for child in children if child.process.poll() is not None]
        if not ended:
            continue
        crashed = [child.name for child in ended] == ["worker"] and ended[0].process.returncode
        if not crashed or starts >= WORKER_STARTS:
            return
        starts += 1
        ended[0].make_sure(0)
        print(f"  The worker ended (code {crashed}): started again.", flush=True)
        children[children.index(ended[0])] = Child("worker", worker_command(), env)


def _prepared_before(env: Mapping[str, str]) -> str | None:
    """The sign-ins of an earlier start, when the default database needs nothing; else None.

    Asking the file itself takes a millisecond; loading the portal to find that there is nothing to
    do takes seconds.
    """
    if env.get("DATABASE_URL") or env.get("PORTAL_ENV", "development") != "development":
        return None
    try:
        made_from, _, words = SIGN_INS.read_text(encoding="utf-8").partition("\n")
        with contextlib.closing(sqlite3.connect(f"{DATABASE.as_uri()}?mode=ro", uri=True)) as asked:
            at = asked.execute("SELECT version_num FROM alembic_version").fetchall()
    except (OSError, sqlite3.Error):
        return None
    newest = max(path.stem for path in MIGRATIONS.glob("[0-9]*.py"))
    return words if at == [(newest,)] and made_from == digest(SEEDING) else None


def _prepare(env: Mapping[str, str]) -> str:
    known = _prepared_before(env)
    if known is not None:
        return known
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "sign-ins"
        command = [sys.executable, "-m", "scripts.prepare", "--sign-ins", str(words)]
        if subprocess.run(command, cwd=ROOT, env=dict(env), check=False).returncode:
            stop("The database could not be prepared: see above.")
        said = words.read_text(encoding="utf-8") if words.exists() else ""
    if not env.get("DATABASE_URL"):
        SIGN_INS.write_text(f"{digest(SEEDING)}\n{said}", encoding="utf-8")
    return said


def run(port: int) -> int:
    """Start both, say where, and stop both when one ends or a signal comes."""
    address = f"http://{HOST}:{port}"
    env = {
        "PUBLIC_URL": address,
        "LOG_LEVEL": "WARNING",
        **os.environ,
        "PYTHONUNBUFFERED": "1",
    }
    sign_ins = _prepare(env)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopping.set())
    children = [Child("web", web_command(port), env)]
    try:
        if wait_until_ready(children, address, stopping):
            # After the web server, so that on a small machine pages come first.
            children.append(Child("worker", worker_command(), env))
            print(f"\n  The portal is at {address}\n")
            print(f"{sign_ins.strip()}\n" if sign_ins.strip() else "", end="")
            print("\n  Ctrl-C stops it.\n", flush=True)
            _watch(children, env, stopping)
    finally:
        ended = [child for child in children if child.process.poll() is not None]
        stop_all(children)
    if stopping.is_set():
        print("  Stopped.", flush=True)
        return 0
    for child in ended:
        print(f"\n  {child.name} ended by itself (code {child.process.returncode}): see above.")
    if not ended:
        print(f"\n  The portal did not answer within {READY_SECONDS} seconds{_load()}")
        print("  Nothing is lost. Stop what else runs here, and start it again.")
    return 1


def main() -> None:
    """Check the port, hold the folder and run."""
    port = read_port(os.environ.get("PORT", "5000"))
    if not port_is_free(port):
        stop(
            f"Port {port} is taken, perhaps by another `make run`. Stop that one, or choose "
            f"another port:\n\n    make run PORT={port + 1}"
        )
    INSTANCE.mkdir(exist_ok=True)
    with (INSTANCE / "run.lock").open("w") as handle:
        # `make demo` takes this lock alone, so it never empties a database in use.
        fcntl.flock(handle, fcntl.LOCK_SH)
        raise SystemExit(run(port))


if __name__ == "__main__":
    main()
