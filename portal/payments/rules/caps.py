"""What fits under a contract's caps. A line over a cap is refused whole, never trimmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from portal.kernel.money import Money
from portal.payments.rules.words import OUTPUT_TYPES

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Room:
    """Pence that are left: in the contract, and under the caps of those types that have one."""

    total: int
    by_type: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Key]):
    """Something that would be paid."""

    key: Key
    output_type: str
    pence: int


@dataclass(frozen=True, slots=True)
class Refused(Generic[Key]):
    """What does not fit, and under which cap."""

    key: Key
    words: str


def fit(
    room: Room, candidates: Iterable[Candidate[Key]]
) -> tuple[list[Key], list[Refused[Key]], Room]:
    """Take candidates in order as far as they fit; what is left afterwards comes third.

    One that does not fit is passed over: a smaller one after it may still do.
    """
    total, by_type = room.total, dict(room.by_type)
    taken: list[Key] = []
    refused: list[Refused[Key]] = []
    for one in candidates:
        left = by_type.get(one.output_type)
        title = OUTPUT_TYPES[one.output_type].lower()
        if one.pence > total:
            words = f"The contract has {Money(total)} left, this is {Money(one.pence)}"
            refused.append(Refused(one.key, words))
        elif left is not None and one.pence > left:
            words = f"The cap for {title} has {Money(left)} left, this is {Money(one.pence)}"
            refused.append(Refused(one.key, words))
        else:
            total -= one.pence
            if left is not None:
                by_type[one.output_type] = left - one.pence
            taken.append(one.key)
    return taken, refused, Room(total, by_type)
