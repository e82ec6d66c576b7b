"""Which practices an employer has gaps in, read from its diagnostic's result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from portal.toolkit.rules.practices import practices_of_question

# Levels run from 0 to 4; at 2, "for many but not in a set way", there is still something to do.
HIGHEST_GAP: Final = 2
# An employer is sent what those who can change something read; not what tells staff what to ask.
EMPLOYERS_SIDE: Final = ("leaders", "managers", "supervisors", "trainers", "hr")
_LEGAL_WEIGHT: Final = 6
_TOP: Final = 4


@dataclass(frozen=True, slots=True)
class Because:
    """An answer that gives a reason to read something."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Gap:
    """An answer with the practices it is about; a higher weight is a wider gap."""

    because: Because
    practices: frozenset[str]
    weight: int


def gaps(result: Mapping[str, Any]) -> list[Gap]:
    """The low answers of a result that practices are known for, the widest gaps first.

    Answers below a legal minimum come before all others.
    """
    found = {gap.because.question: gap for gap in _low_answers(result)}
    found |= {gap.because.question: gap for gap in _flagged(result)}
    return sorted(found.values(), key=lambda gap: (-gap.weight, gap.because.question))


def gaps_of(because: Iterable[Mapping[str, str]]) -> list[Gap]:
    """The same from the answers that an action of a plan rests on."""
    found = [_gap(line["question"], line["text"], line["answer"], 1) for line in because]
    return [gap for gap in found if gap is not None]


def _low_answers(result: Mapping[str, Any]) -> Iterator[Gap]:
    for dimension in result["dimensions"]:
        for line in dimension["lines"]:
            level = line["level"]
            if line["counted"] and level is not None and float(level) <= HIGHEST_GAP:
                gap = _gap(line["question"], line["text"], line["answer"], _TOP - int(level))
                if gap is not None:
                    yield gap


def _flagged(result: Mapping[str, Any]) -> Iterator[Gap]:
    for flag in result["flags"]:
        gap = _gap(flag["question"], flag["text"], flag["answer"], _LEGAL_WEIGHT)
        if gap is not None:
            yield gap


def _gap(question: str, text: str, answer: str, weight: int) -> Gap | None:
    practices = practices_of_question(question)
    return Gap(Because(text, answer), practices, weight) if practices else None
