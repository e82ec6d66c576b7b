"""What changed between two runs of a claim's checks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

_RANK: Final[Mapping[str, int]] = {"pass": 0, "warn": 1, "fail": 2}
PASS: Final = "pass"  # noqa: S105 - a result, no secret
WHOLE: Final = "whole"


@dataclass(frozen=True, slots=True)
class Found:
    """What one run said of one check of a line, or of the whole claim where ``line`` is None."""

    line: int | None
    kind: str
    result: str
    words: str
    employer: str


@dataclass(frozen=True, slots=True)
class Change:
    """A check that says something else than in the run before; ``kind`` whole: the line itself.

    ``before`` and ``after`` are results; empty where the line did not stand on the claim.
    """

    line: int | None
    employer: str
    kind: str
    before: str
    after: str
    words: str

    @property
    def is_worse(self) -> bool:
        """Whether it says more against the line than before."""
        return _RANK.get(self.after, 0) > _RANK.get(self.before, 0)


def changes(earlier: Iterable[Found], later: Iterable[Found]) -> list[Change]:
    """What differs, what got worse first; a line that came or went is one change.

    Both hold every line of their run, the passed ones with any one finding of theirs.
    """
    was, now = list(earlier), list(later)
    lines_before = {one.line: one.employer for one in was}
    lines_after = {one.line: one.employer for one in now}
    found = [
        Change(line, name, WHOLE, "", "", "was put on the claim")
        for line, name in lines_after.items()
        if line is not None and line not in lines_before
    ]
    found += [
        Change(line, name, WHOLE, "", "", "was taken out")
        for line, name in lines_before.items()
        if line is not None and line not in lines_after
    ]
    said_before = {(one.line, one.kind): one for one in was if one.result != PASS}
    said_after = {(one.line, one.kind): one for one in now if one.result != PASS}
    for key in dict.fromkeys([*said_after, *said_before]):
        old, new = said_before.get(key), said_after.get(key)
        if new is None and old is not None and key[0] is not None and key[0] not in lines_after:
            continue
        before, after = old.result if old else PASS, new.result if new else PASS
        words = (new.words if new else "") or (old.words if old else "")
        if before != after or (old and new and old.words != new.words):
            employer = lines_after.get(key[0], "") or lines_before.get(key[0], "")
            found.append(Change(key[0], employer, key[1], before, after, words))
    return sorted(
        found, key=lambda one: (not one.is_worse, -_RANK.get(one.after, 0), one.employer, one.kind)
    )
