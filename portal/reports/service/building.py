"""Which reports there are, and building one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from portal.reports.rules.document import Report
from portal.reports.rules.scope import Scope, View


@dataclass(frozen=True, slots=True)
class Builder:
    """A kind of report: its key in addresses, its name, what it answers, and who may read it."""

    key: str
    title: str
    about: str
    build: Callable[[Scope], Report]
    views: frozenset[View]


_BUILDERS: Final[dict[str, Builder]] = {}


def register_report(builder: Builder) -> None:
    """Add a kind of report. Registering the same one again changes nothing.

    Statistics are never built for a reader, whatever a report says: a period of the reader's own
    choice would be a way around their protection. They are released (``statistics``).

    Raises:
        RuntimeError: when another report has its key.
    """
    builder = replace(builder, views=builder.views - {View.STATISTICS})
    known = _BUILDERS.setdefault(builder.key, builder)
    if known != builder:
        raise RuntimeError(f"Two reports called {builder.key}")


def builders() -> tuple[Builder, ...]:
    """Every kind of report, in the order in which they were added."""
    return tuple(_BUILDERS.values())


def builder_of(key: str) -> Builder | None:
    """The kind of report of a key, if there is one."""
    return _BUILDERS.get(key)
