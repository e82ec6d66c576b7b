"""The machine around the project: folders, logged commands, system packages.

Runs on any Python 3.11 before anything is installed, so it needs the standard library only.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, Self

ROOT = Path(__file__).resolve().parents[1]
STATE = ROOT / ".setup"
VENV = ROOT / ".venv"
_TAIL_LINES = 20


def stop(message: str) -> NoReturn:
    """End with a message that says what to do."""
    print(f"\n{message.rstrip()}\n", file=sys.stderr, flush=True)
    raise SystemExit(1)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Wait for another set-up of the same folder instead of working against it."""
    STATE.mkdir(exist_ok=True)
    with (STATE / "lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Waiting for another set-up of this folder to finish …", flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


class Step:
    """One line of set-up: its name while it runs, its time when it is done."""

    def __init__(self, name: str, title: str, advice: str) -> None:
        self._log = STATE / f"{name}.log"
        self._title = title
        self._advice = advice
        self._started = 0.0

    def __enter__(self) -> Self:
        self._started = time.monotonic()
        self._log.write_text("")
        print(f"  {self._title:<34}", end="", flush=True)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_rest: object) -> None:
        if kind is None:
            print(f"{time.monotonic() - self._started:6.1f} s", flush=True)

    def run(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> None:
        """Run a command quietly; when it fails, show the end of what it said and stop."""
        words = [str(word) for word in command]
        with self._log.open("a") as log:
            log.write(f"$ {' '.join(words)}\n")
            log.flush()
            try:
                done = subprocess.run(
                    words,
                    cwd=ROOT,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **(env or {})},
                    check=False,
                ).returncode
            except OSError as error:
                log.write(f"{error}\n")
                done = 1
        if done:
            self.fail()

    def fail(self) -> NoReturn:
        """Show the end of this step's log and what to do."""
        tail = self._log.read_text(errors="replace").splitlines()[-_TAIL_LINES:]
        print("failed", flush=True)
        lines = "\n".join(f"    {line}" for line in tail)
        stop(f"{lines}\n\n{self._advice}\nThe whole log: {self._log.relative_to(ROOT)}")


def is_root() -> bool:
    """Whether system packages can be installed without asking."""
    return os.geteuid() == 0


def install_system(
    *, debian: Sequence[str], fedora: Sequence[str], brew: Sequence[str], step: tuple[str, str]
) -> None:
    """Install system packages with apt when root; otherwise stop with the one command to run."""
    name, title = step
    if shutil.which("apt-get"):
        if is_root():
            env = {"DEBIAN_FRONTEND": "noninteractive"}
            advice = f"Install these system packages, then try again: {' '.join(debian)}"
            with Step(name, title, advice) as running:
                running.run(["apt-get", "update", "-q"], env)
                running.run(
                    ["apt-get", "install", "-q", "-y", "--no-install-recommends", *debian], env
                )
            return
        command = f"sudo apt-get install -y {' '.join(debian)}"
    elif shutil.which("dnf"):
        command = f"sudo dnf install -y {' '.join(fedora)}"
    elif shutil.which("brew"):
        command = f"brew install {' '.join(brew)}"
    else:
        command = f"install, with your system's package manager: {' '.join(debian)}"
    stop(
        f"{title}: something is missing from this system. Run this once, then try again:\n\n"
        f"    {command}"
    )
