"""Where to draw what is tied: near each other, apart from the rest, and the same every time.

Points that are tied pull, all points push, and a weak pull keeps everything together, as in
Fruchterman and Reingold (1991); it begins from a spiral, with nothing left to chance. Discs that
would lie over each other are then moved apart.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

Point = tuple[float, float]
# From two ends (by number) to the weight of what ties them.
Pulls = Mapping[tuple[int, int], float]

_GOLDEN: Final = math.pi * (3 - math.sqrt(5))
_STEPS: Final = 900_000
_FEWEST, _MOST = 40, 160
_GRAVITY: Final = 0.06
_LEAST: Final = 1e-6
_APART_ROUNDS: Final = 60
_TALLER, _TALLEST = 1.4, 1.3


def spiral(number: int, spacing: float = 1.0) -> Point:
    """The place of a point in a spiral that fills a disc evenly."""
    far = spacing * math.sqrt(number + 0.5)
    return far * math.cos(number * _GOLDEN), far * math.sin(number * _GOLDEN)


def spring(count: int, pulls: Pulls) -> list[Point]:
    """Places for points, about 1 from each other; those that are tied are nearer than others."""
    order = _by_ties(count, pulls)
    xs, ys = [0.0] * count, [0.0] * count
    for place, number in enumerate(order):
        xs[number], ys[number] = spiral(place)
    rounds = max(_FEWEST, min(_MOST, _STEPS // max(1, count * count)))
    heat = math.sqrt(max(1, count)) * 0.25
    for step in range(rounds):
        _move(xs, ys, pulls, heat * (1 - step / rounds))
    return list(zip(xs, ys, strict=True))


def _by_ties(count: int, pulls: Pulls) -> list[int]:
    """Who has most ties first, then whoever is tied to those: they begin near each other."""
    tied: list[list[int]] = [[] for _ in range(count)]
    for a, b in pulls:
        tied[a].append(b)
        tied[b].append(a)
    seen: set[int] = set()
    order: list[int] = []
    for start in sorted(range(count), key=lambda one: (-len(tied[one]), one)):
        if start in seen:
            continue
        seen.add(start)
        order.append(start)
        for here in order[len(order) - 1 :]:
            fresh = sorted(set(tied[here]) - seen, key=lambda one: (-len(tied[one]), one))
            seen.update(fresh)
            order.extend(fresh)
    return order


def _move(xs: list[float], ys: list[float], pulls: Pulls, most: float) -> None:
    count = len(xs)
    by_x = [-_GRAVITY * x for x in xs]
    by_y = [-_GRAVITY * y for y in ys]
    for a in range(count):
        ax, ay, push_x, push_y = xs[a], ys[a], 0.0, 0.0
        for b in range(a + 1, count):
            dx, dy = ax - xs[b], ay - ys[b]
            push = 1 / (dx * dx + dy * dy + _LEAST)
            dx, dy = dx * push, dy * push
            push_x += dx
            push_y += dy
            by_x[b] -= dx
            by_y[b] -= dy
        by_x[a] += push_x
        by_y[a] += push_y
    for (a, b), weight in pulls.items():
        dx, dy = xs[a] - xs[b], ys[a] - ys[b]
        pull = math.hypot(dx, dy) * weight
        by_x[a] -= dx * pull
        by_y[a] -= dy * pull
        by_x[b] += dx * pull
        by_y[b] += dy * pull
    for number in range(count):
        far = math.hypot(by_x[number], by_y[number])
        if far > _LEAST:
            share = min(far, most) / far
            xs[number] += by_x[number] * share
            ys[number] += by_y[number] * share


def fitted(
    points: Sequence[Point], radii: Sequence[float], width: float, *, gap: float = 2.0
) -> tuple[list[Point], float]:
    """The same places within a width, no disc over another, and the height that they take.

    Discs keep their size. What does not fit beside each other goes below: the height grows.
    """
    if not points:
        return [], 0.0
    left, top = min(x for x, _ in points), min(y for _, y in points)
    wide = max(x for x, _ in points) - left or 1.0
    high = max(y for _, y in points) - top or 1.0
    edge = max(radii) + gap
    room = max(1.0, width - 2 * edge)
    # Somewhat higher than wide: a telephone has more room below than beside.
    scale_y = min(_TALLER * room / wide, _TALLEST * room / high)
    xs = [edge + (x - left) * room / wide for x, _ in points]
    ys = [edge + (y - top) * scale_y for _, y in points]
    if len(points) == 1:
        xs = [width / 2]
    for _ in range(_APART_ROUNDS):
        if not _push_apart(xs, ys, radii, gap):
            break
        xs = [min(max(x, r + gap), width - r - gap) for x, r in zip(xs, radii, strict=True)]
    top = min(y - r for y, r in zip(ys, radii, strict=True)) - gap
    ys = [y - top for y in ys]
    height = max(y + r for y, r in zip(ys, radii, strict=True)) + gap
    return list(zip(xs, ys, strict=True)), height


def _push_apart(xs: list[float], ys: list[float], radii: Sequence[float], gap: float) -> bool:
    """Move discs that lie over each other apart; whether any did."""
    moved = False
    count = len(xs)
    for a in range(count):
        for b in range(a + 1, count):
            dx, dy = xs[b] - xs[a], ys[b] - ys[a]
            wanted = radii[a] + radii[b] + gap
            if abs(dx) >= wanted or abs(dy) >= wanted:
                continue
            far = math.hypot(dx, dy)
            if far >= wanted - _LEAST:
                continue
            if far < _LEAST:
                # In the very same place: each pair parts in a direction of its own.
                dx, dy = math.cos(b * _GOLDEN), math.sin(b * _GOLDEN)
                far = 1.0
                half = wanted / 2
            else:
                half = (wanted - far) / 2 + _LEAST
            xs[a] -= dx / far * half
            ys[a] -= dy / far * half
            xs[b] += dx / far * half
            ys[b] += dy / far * half
            moved = True
    return moved
