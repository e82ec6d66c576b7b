"""How gunicorn serves the portal behind a buffering proxy.

One process loads the application and forks workers from it, which share its memory. USR2 puts a new
version in its place: a second main process loads it while the first goes on serving, and sends the
first away once it is ready. A version that does not load changes nothing.
"""

# ruff: noqa: INP001 - a file for gunicorn and no part of a package
from __future__ import annotations

import gc
import os
import signal
from typing import Any

from gunicorn import systemd

bind = os.environ.get("BIND", "unix:/run/portal/web.sock")
workers = int(os.environ.get("WEB_CONCURRENCY", "0")) or (os.cpu_count() or 1) + 1
worker_class = "sync"
preload_app = True
# More than a statement of a page may take: the database says no before gunicorn does.
timeout = 30
graceful_timeout = 30
# A worker says that it lives by touching a file; a busy disk must not make it look dead.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108, PTH112
# The proxy on the other side of the socket says who asks; TRUSTED_PROXIES says how far to believe.
forwarded_allow_ips = "*"
# Every request has a line in the portal's own log.
accesslog = None
loglevel = "info"
control_socket_disable = True


def when_ready(server: Any) -> None:
    """The application is loaded and no worker is forked yet."""
    # What lives as long as the process is never looked at again, so workers need no copy of it.
    gc.collect()
    gc.freeze()
    if server.master_pid:
        # We are the new version. The service manager is told whom to watch before the old one goes.
        systemd.sd_notify(f"MAINPID={os.getpid()}\nREADY=1", server.log)


def post_fork(server: Any, worker: Any) -> None:
    """With the first worker of a new version the old one ends: it finishes what it has begun."""
    if server.master_pid and worker.age == 1:
        os.kill(server.master_pid, signal.SIGTERM)


def child_exit(_server: Any, worker: Any) -> None:
    """A worker's gauges go with it, where several processes count together."""
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        from prometheus_client import multiprocess

        multiprocess.mark_process_dead(worker.pid)
