"""Structured logs: readable lines in development, JSON lines in production."""

from __future__ import annotations

import logging
import sys
from typing import TextIO

import structlog


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to standard error as it is at the time, not as it was when logging began."""

    @property
    def stream(self) -> TextIO:
        """Where lines go now."""
        return sys.stderr

    @stream.setter
    def stream(self, _given: TextIO) -> None:
        """The base class names a stream once; ours is always the current one."""


def init_logs(level: str, *, json_lines: bool) -> None:
    """Send every logger through one formatter on standard error; calling it again is harmless."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if json_lines
        # Plain tracebacks: the usual ones print local variables, and with them people's answers.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    final: list[structlog.types.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta
    ]
    if json_lines:
        final.append(structlog.processors.format_exc_info)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[*final, renderer]
    )
    root = logging.getLogger()
    if not any(isinstance(handler, _StandardError) for handler in root.handlers):
        root.addHandler(_StandardError())
    for known in root.handlers:
        if isinstance(known, _StandardError):
            known.setFormatter(formatter)
    root.setLevel(level)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("fontTools").setLevel(logging.WARNING)
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
