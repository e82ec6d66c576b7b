"""Expected outcomes as values: a service returns ``Ok`` or ``Err``; a bug raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Never, TypeVar

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something was refused, in words for the person who asked.

    ``code`` is stable for tests and callers, ``message`` says what to do, ``field`` names the
    form field it belongs beside, if any.
    """

    code: str
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Ok(Generic[T_co]):
    """It was done; ``value`` is what came of it."""

    value: T_co


@dataclass(frozen=True, slots=True)
class Err:
    """It was refused; nothing was changed."""

    problem: Problem


def unreachable(value: Never) -> Never:
    """Mark the end of a match that covers every case."""
    raise AssertionError(f"Unhandled case: {value!r}")
