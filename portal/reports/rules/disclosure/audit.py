"""The proof of a release, checked apart from how it was found."""

from __future__ import annotations

from collections import Counter, defaultdict

from portal.reports.rules.disclosure.moves import Move
from portal.reports.rules.disclosure.protect import Protected
from portal.reports.rules.disclosure.shape import TOTAL, Cell, Shape


def faults(release: Protected) -> list[str]:
    """Everything that is wrong with a protected count; none when it is proven.

    Proven is: no number shown rests on fewer units than the threshold, nought excepted; and for
    every number withheld there are as many worlds as the rule asks for, each with another value of
    it, each whole numbers of at least one where something is withheld, each adding up, and each the
    same in everything shown.
    """
    if release.nothing:
        small = 0 < release.behind.get(TOTAL, 0) < release.rule.threshold
        return [] if small else ["The whole count is withheld without need"]
    found = [
        f"{cell} is shown and rests on {n}"
        for cell, n in release.behind.items()
        if n < release.rule.threshold and cell not in release.withheld
    ]
    adds_up = _Sums(release.shape)
    checked: dict[int, str] = {}
    for cell in release.withheld:
        worlds = release.proof.get(cell, ())
        values = {release.truth[cell]} | {
            release.truth[cell] + world.get(cell, 0) for world in worlds
        }
        if len(values) < release.rule.values:
            found.append(f"{cell} can only be {sorted(values)}")
        for world in worlds:
            if id(world) not in checked:
                checked[id(world)] = _world_fault(release, adds_up, world)
            if checked[id(world)]:
                found.append(f"{cell}: {checked[id(world)]}")
    return found


class _Sums:
    """In which sums each cell stands: as a part (1) or as the total (-1)."""

    def __init__(self, shape: Shape) -> None:
        self.of: dict[Cell, list[tuple[int, int]]] = defaultdict(list)
        for number, relation in enumerate(shape.relations()):
            self.of[relation.total].append((number, -1))
            for part in relation.parts:
                self.of[part].append((number, 1))


def _world_fault(release: Protected, sums: _Sums, change: Move) -> str:
    balance: Counter[int] = Counter()
    for cell, by in change.items():
        if by and cell not in release.withheld:
            return f"another world changes {cell}, which is shown"
        if release.truth[cell] + by < 1:
            return f"another world has {release.truth[cell] + by} at {cell}"
        for number, sign in sums.of[cell]:
            balance[number] += sign * by
    return "another world does not add up" if any(balance.values()) else ""
