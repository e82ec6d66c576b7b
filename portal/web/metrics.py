"""What the portal counts for Prometheus: requests as they come, the rest when it is asked.

With several web processes on a machine set ``PROMETHEUS_MULTIPROC_DIR`` to an empty folder before
they start: each process then counts into it, and whichever is asked adds all up.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from flask import Flask, Response, current_app, g, request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily

from portal.db import outbox
from portal.db.programmes import current_programme, for_each_programme
from portal.integrations.jobs import HUEY_EXTENSION

GAUGES_EXTENSION: Final = "portal_gauges"
_METRICS_EXTENSION: Final = "portal_metrics"
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = logging.getLogger(__name__)


class Gauge(NamedTuple):
    """One figure as it stands. Times are seconds since 1970, ages and lengths seconds."""

    name: str
    about: str
    value: float


class _Counts:
    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "portal_requests",
            "Requests answered",
            ("endpoint", "method", "status"),
            registry=self.registry,
        )
        self.seconds = Histogram(
            "portal_request_seconds",
            "Time until an answer began",
            ("endpoint",),
            buckets=_BUCKETS,
            registry=self.registry,
        )


def register_gauges(app: Flask, read: Callable[[], Iterable[Gauge]]) -> None:
    """Have ``/metrics`` say more. A reader that fails is logged, and the others still answer."""
    app.extensions.setdefault(GAUGES_EXTENSION, []).append(read)


def exposition() -> tuple[bytes, str]:
    """Everything counted, in the text that Prometheus reads, and its media type."""
    counts: _Counts = current_app.extensions[_METRICS_EXTENSION]
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry = counts.registry
    gauges = CollectorRegistry()
    gauges.register(_Asked())
    return generate_latest(registry) + generate_latest(gauges), CONTENT_TYPE_LATEST


class _Asked:
    """Reads every gauge when it is asked."""

    def collect(self) -> Iterable[Any]:
        families: dict[str, GaugeMetricFamily] = {}
        for label, gauges, failed in for_each_programme(_read_gauges):
            failures = Gauge(
                "portal_gauges_failed", "Groups of figures that could not be read", failed
            )
            for gauge in (*gauges, failures):
                family = families.setdefault(
                    gauge.name,
                    GaugeMetricFamily(gauge.name, gauge.about, labels=list(label)),
                )
                family.add_metric(list(label.values()), gauge.value)
        yield from families.values()


def _read_gauges() -> tuple[dict[str, str], list[Gauge], int]:
    """Every figure of the programme here, with its label, and how many groups failed."""
    readers: list[Callable[[], Iterable[Gauge]]] = current_app.extensions[GAUGES_EXTENSION]
    found: list[Gauge] = []
    failed = 0
    for read in readers:
        try:
            found += read()
        except Exception:  # noqa: BLE001 - the other figures still count
            _log.exception("A gauge could not be read")
            failed += 1
    programme = current_programme()
    return {} if programme is None else {"programme": programme.slug}, found, failed


def _work() -> Iterable[Gauge]:
    backlog = outbox.backlog()
    queue = current_app.extensions[HUEY_EXTENSION]
    yield Gauge("portal_outbox_due", "Outbox entries due and not done", backlog.due)
    yield Gauge("portal_outbox_oldest_seconds", "Age of the oldest of them", backlog.oldest_seconds)
    yield Gauge("portal_jobs_failed", "Entries that were given up", backlog.given_up)
    yield Gauge("portal_queue_depth", "Messages in the job queue", float(queue.pending_count()))


def _begin() -> None:
    g.measured_from = time.perf_counter()


def _count(response: Response) -> Response:
    counts: _Counts = current_app.extensions[_METRICS_EXTENSION]
    endpoint = request.endpoint or "none"
    method = request.method if request.method in _METHODS else "other"
    counts.requests.labels(endpoint, method, str(response.status_code)).inc()
    began = g.get("measured_from")
    if began is not None and endpoint != "static":
        counts.seconds.labels(endpoint).observe(time.perf_counter() - began)
    return response


def init_metrics(app: Flask) -> None:
    """Count every request from here on."""
    app.extensions[_METRICS_EXTENSION] = _Counts()
    register_gauges(app, _work)
    app.before_request(_begin)
    app.after_request(_count)
