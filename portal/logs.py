"""Structured logs without personal data: readable lines in development, JSON in production.

Nothing that people typed belongs in a log. Log calls name references and kinds; what libraries say
is cleaned: mail addresses, telephone numbers, query strings and tokens go from every line. In
production the words of an error lose everything in quotation marks and all but their first line,
since drivers and parsers quote there what they were given.
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, TextIO

import structlog

FIELDS: Final = ("status", "milliseconds", "statement", "check")
_REDACTIONS: Final = (
    # Addresses of services: user:password@host.
    (re.compile(r"(://[^\s:/@]+:)[^\s@/]+@"), r"\1[secret]@"),
    (re.compile(r"[\w.+'-]+@[\w-]+(?:\.[\w-]+)+"), "[e-mail]"),
    (re.compile(r"\?[\w.%~-]+=[^\s\"'<>]*"), "?[query]"),
    (re.compile(r"(?<![\w+])(?:\+44[ -]?|0)[1-9](?:[ -]?\d){8,9}(?!\w)"), "[telephone]"),
    (re.compile(r"(?<![\w-])[0-9a-f]{32,}(?![\w-])"), "[token]"),
    (
        re.compile(r"(?<![\w-])(?=[\w-]*[0-9])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])[\w-]{32,}(?![\w-])"),
        "[token]",
    ),
    (re.compile(r"(?i)\b(bearer|basic) [\w.~+/=-]{8,}"), r"\1 [token]"),
)
# From the first mark to the end: what is quoted may hold marks of its own.
_QUOTED: Final = re.compile(r"(?<!\w)['\"].*|\([^()]*\)=\(.*\)")
_LONGEST: Final = 300


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to standard error as it is at the time, not as it was when logging began."""

    @property
    def stream(self) -> TextIO:
        """Where lines go now."""
        return sys.stderr

    @stream.setter
    def stream(self, _given: TextIO) -> None:
        """The base class names a stream once; ours is always the current one."""


def redact(text: str) -> str:
    """The text without mail addresses, telephone numbers, query strings and tokens."""
    for pattern, instead in _REDACTIONS:
        text = pattern.sub(instead, text)
    return text


def _clean(_logger: Any, _name: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    for key, value in event.items():
        if isinstance(value, str) and key not in {"level", "timestamp", "request_id"}:
            event[key] = redact(value)
    return event


def error_words(error: BaseException) -> str:
    """What an error says without what it quotes: its kind and the bare first line."""
    first = next(iter(str(error).splitlines()), "")
    said = _QUOTED.sub("…", first)[:_LONGEST]
    # The bare key of a KeyError, and of its like, is nothing but what was asked for.
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    return f"{kind}: {said}" if said.strip(" .…") else kind


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def safe_traceback(error: BaseException) -> str:
    """Where it happened, and what, without values: neither local ones nor those in messages."""
    parts = [
        f"{''.join(traceback.format_tb(one.__traceback__))}{error_words(one)}"
        for one in reversed(list(_chain(error)))
    ]
    return "\nthen\n".join(parts)


def _format_error(
    _logger: Any, _name: str, event: structlog.types.EventDict
) -> structlog.types.EventDict:
    given: bool | BaseException | tuple[Any, Any, TracebackType | None] | None
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = safe_traceback(error)
    return event


def make_formatter(*, json_lines: bool, colours: bool = False) -> logging.Formatter:
    """How lines look: JSON for production, plain lines for a person in development."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(allow=FIELDS),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if json_lines
        # Plain tracebacks: the usual ones print local variables, and with them people's answers.
        else structlog.dev.ConsoleRenderer(
            colors=colours, exception_formatter=structlog.dev.plain_traceback
        )
    )
    final: list[structlog.types.Processor] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta
    ]
    if json_lines:
        final.append(_format_error)
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared, processors=[*final, _clean, renderer]
    )


def init_logs(level: str, *, json_lines: bool) -> None:
    """Send every logger through one formatter on standard error; calling it again is harmless."""
    formatter = make_formatter(json_lines=json_lines, colours=sys.stderr.isatty())
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
