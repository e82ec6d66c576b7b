"""Separation of duties: who may not decide on a claim, whatever roles they hold.

Nobody approves what they recorded, evidenced, submitted, or are employed by the claimant for.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Involvement:
    """What a person has had to do with what is to be decided."""

    recorded_by: Collection[int]
    evidenced_by: Collection[int]
    submitted_by: int | None
    claimant_staff: Collection[int]
    drafted_by: int | None = None


def conflicts(person: int, involved: Involvement) -> tuple[str, ...]:
    """Why a person may not decide, in words; empty when they may."""
    found = []
    if person in involved.recorded_by:
        found.append("You recorded this work")
    if person in involved.evidenced_by:
        found.append("You added evidence for it")
    if person == involved.submitted_by:
        found.append("You submitted this claim")
    if person == involved.drafted_by:
        found.append("You drafted it")
    if person in involved.claimant_staff:
        found.append("You work for the provider that claims")
    return tuple(found)
