"""What retention asks of the worker: the daily run, and files that are removed."""

from __future__ import annotations

from flask import Flask

from portal.governance.service import retention
from portal.governance.service.emptying import FILE_KIND, remove_file
from portal.integrations.jobs import register_daily, register_handler


def install(app: Flask) -> None:
    """Give the worker its work."""
    register_handler(app, FILE_KIND, remove_file)
    register_daily(app, "governance.retention", _daily)


def _daily() -> None:
    retention.run("daily")
