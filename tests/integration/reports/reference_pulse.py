"""What surveys say, counted again in plain loops over the answers as people gave them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

Answers = Mapping[str, str]


def fifths(people: Sequence[Answers], key: str, choice: str, *, answers: int) -> int | None:
    """A share as an employer sees it, in tenths of a percent; None where too few answered."""
    said = [person[key] for person in people if person.get(key) in {"yes", "partly", "no"}]
    if len(said) < 8:
        return None
    steps = 10 if answers >= 20 else 5
    number = 0
    for one in said:
        if one == choice:
            number += 1
    # Half a step is rounded up.
    step = (2 * number * steps + len(said)) // (2 * len(said))
    step = max(step, 1)
    step = min(step, steps - 1)
    return 1000 * step // steps


def percent(people: Iterable[Answers], key: str, choice: str, *, least: int = 8) -> int | None:
    """A share as the LEP sees it: whole percent, in tenths of a percent."""
    counted = {"yes", "partly", "no", "part_time", "longer"}
    said = [person[key] for person in people if person.get(key) in counted]
    if len(said) < least:
        return None
    number = sum(1 for one in said if one == choice)
    return 10 * ((200 * number + len(said)) // (2 * len(said)))


def part_timers(people: Iterable[Answers]) -> list[Answers]:
    """Those who said that they work part-time."""
    return [person for person in people if person.get("hours") == "part_time"]
