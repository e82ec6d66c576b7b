"""What `make run` does while the portal is slow to start, and when its worker crashes."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence

import pytest

from scripts import run

FOR_EVER = [sys.executable, "-c", "import time; time.sleep(60)"]
AT_ONCE = [sys.executable, "-c", "raise SystemExit(7)"]
ADDRESS = "http://127.0.0.1:9"


def child(name: str, command: Sequence[str]) -> run.Child:
    return run.Child(name, command, {})


def test_a_slow_start_is_waited_for_and_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "READY_SECONDS", 0.6)
    monkeypatch.setattr(run, "SAY_SECONDS", 0.2)
    monkeypatch.setattr("os.getloadavg", lambda: (9.0, 9.0, 9.0))
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    web = child("web", FOR_EVER)
    try:
        assert not run.wait_until_ready([web], ADDRESS, threading.Event())
    finally:
        run.stop_all([web])
    said = capsys.readouterr().out
    assert said.count("Still starting") >= 1
    assert "9 programs want this machine's 2 processors" in said


def test_one_that_ended_is_not_waited_for() -> None:
    web = child("web", AT_ONCE)
    web.process.wait()
    started = time.monotonic()
    try:
        assert not run.wait_until_ready([web], ADDRESS, threading.Event())
        assert time.monotonic() - started < run.SAY_SECONDS
    finally:
        run.stop_all([web])


def test_a_crashed_worker_is_started_again_so_often(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "worker_command", lambda: AT_ONCE)
    monkeypatch.setattr(run, "WORKER_STARTS", 3)
    children = [child("web", FOR_EVER), child("worker", AT_ONCE)]
    try:
        run._watch(children, {}, threading.Event())
    finally:
        run.stop_all(children)
    assert capsys.readouterr().out.count("started again") == 2


def test_without_the_web_server_there_is_nothing_to_watch() -> None:
    children = [child("web", AT_ONCE), child("worker", FOR_EVER)]
    try:
        run._watch(children, {}, threading.Event())
    finally:
        run.stop_all(children)
