"""Disclosure control: what is withheld suffices, by its proof and against three attackers."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.reports.rules.disclosure.attack import exact, propagated, system
from portal.reports.rules.disclosure.audit import faults
from portal.reports.rules.disclosure.protect import Protected, Rule, protect
from portal.reports.rules.disclosure.shape import (
    TOTAL,
    Cell,
    Record,
    Shape,
    count,
    records_of,
)

VALUES = {
    "sector": ("retail", "hospitality", "social_care"),
    "size": ("micro", "small", "medium"),
    "district": ("leeds", "york", "selby", "craven"),
    "month": ("1", "2", "3"),
}
SHAPE = Shape("engaged", VALUES, "sector", ("size", "district"), ("month",))
RULE = Rule()


def _lots(seed: object) -> random.Random:
    return random.Random(str(seed))  # noqa: S311 - repeatable, not secret


def random_records(seed: int, most: int = 120) -> list[Record]:
    """Uneven records: some groups are large, some small, some empty."""
    chance = _lots(seed)
    weights = {name: [2.5**-n for n in range(len(values))] for name, values in VALUES.items()}
    return [
        Record(
            number,
            {name: chance.choices(values, weights[name])[0] for name, values in VALUES.items()},
        )
        for number in range(chance.randint(30, most))
    ]


def protected(seed: int, rule: Rule = RULE) -> Protected:
    return protect(SHAPE, random_records(seed), rule, _lots(seed))


def other_worlds(release: Protected, cell: Cell) -> Iterator[dict[Cell, int]]:
    for change in release.proof[cell]:
        world = dict(release.truth)
        for changed, by in change.items():
            world[changed] += by
        yield world


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_every_world_of_the_proof_is_made_of_records_and_looks_the_same(seed) -> None:
    release = protected(seed)
    assert faults(release) == []
    for cell in release.withheld:
        seen = {release.truth[cell]}
        for world in other_worlds(release, cell):
            counted = count(release.shape, records_of(release.shape, world))
            assert counted == {at: n for at, n in world.items() if n}
            for at, shown in release.numbers.items():
                if shown is None:
                    assert counted.get(at, 0) >= 1
                else:
                    assert counted.get(at, 0) == shown
            seen.add(counted[cell])
        assert len(seen) >= RULE.values


@given(seed=st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_adding_and_subtracting_finds_no_number_that_is_withheld(seed) -> None:
    release = protected(seed)
    bounds = propagated(release.shape, release.numbers)
    for cell in release.withheld:
        low, high = bounds[cell]
        assert low <= release.truth[cell] <= high
        assert high - low >= RULE.values - 1


@pytest.mark.parametrize("seed", range(3))
def test_solving_all_equations_finds_no_number_that_is_withheld(seed) -> None:
    release = protect(SHAPE, random_records(seed, 60), RULE, _lots(seed))
    bounds, equations = propagated(release.shape, release.numbers), system(SHAPE, release.numbers)
    assert release.withheld
    for cell in release.withheld:
        low, high = exact(equations, cell)
        assert high is not None
        assert bounds[cell][0] <= low <= release.truth[cell] <= high <= bounds[cell][1]
        assert high - low >= RULE.values - 1


def test_without_complements_the_same_attacks_succeed() -> None:
    rule = Rule(complements=False)
    tried, by_sums, by_equations = 0, 0, 0
    for seed in range(4):
        release = protect(SHAPE, random_records(seed, 60), rule, _lots(seed))
        bounds = propagated(release.shape, release.numbers)
        equations = system(release.shape, release.numbers)
        for cell in release.withheld:
            low, high = exact(equations, cell)
            tried += 1
            by_sums += bounds[cell][0] == bounds[cell][1]
            by_equations += low == high
        assert faults(release)
    assert tried
    assert by_sums > tried // 2
    assert by_equations >= by_sums


def test_the_small_numbers_are_withheld_and_noughts_are_shown() -> None:
    release = protected(7)
    for cell in release.shape.cells():
        n = release.truth.get(cell, 0)
        assert (cell in release.small) == (0 < n < RULE.threshold)
        if n == 0:
            assert release.shown(cell) == 0
        elif cell not in release.withheld:
            assert release.shown(cell) == n


def test_a_number_that_rests_on_few_employers_is_small_however_many_records() -> None:
    one = [Record(1, {"month": "1"}) for _ in range(40)]
    others = [Record(number, {"month": "2"}) for number in range(2, 40)]
    release = protect(Shape("support", VALUES, plain=("month",)), [*one, *others], RULE, _lots(1))
    assert (("month", "1"),) in release.small
    assert release.shown((("month", "2"),)) is None
    assert faults(release) == []


def test_of_a_small_count_nothing_is_shown_not_even_noughts() -> None:
    release = protect(SHAPE, random_records(1)[:4], RULE, _lots(1))
    assert release.nothing
    assert set(release.numbers.values()) == {None}
    assert faults(release) == []


def test_which_tables_are_shown_depends_on_the_total_alone() -> None:
    assert RULE.fitting(SHAPE, 9).dimensions == ()
    assert RULE.fitting(SHAPE, 10).crossed == ()
    assert set(RULE.fitting(SHAPE, 10).plain) == {"month", "size", "district"}
    assert RULE.fitting(SHAPE, 23).crossed == ("size",)
    assert RULE.fitting(SHAPE, 30).crossed == ("size", "district")
    many = Shape("k", {"a": tuple("abcdefghijkl")}, plain=("a",))
    assert RULE.fitting(many, 14).dimensions == ()
    assert RULE.fitting(many, 15).dimensions == ("a",)


@given(seed=st.integers(0, 10**6), total=st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_a_table_by_one_dimension_is_never_left_out_for_what_is_in_it(seed, total) -> None:
    chance = _lots(seed)
    groups = {"a": tuple("abcdefgh"[: chance.randint(2, 8)]), "b": ("x", "y")}
    weights = [chance.choice((1, 1, 8, 40)) for _ in groups["a"]]
    records = [
        Record(n, {"a": chance.choices(groups["a"], weights)[0], "b": chance.choice("xy")})
        for n in range(total)
    ]
    release = protect(Shape("k", groups, plain=("a", "b")), records, RULE, chance)
    assert faults(release) == []
    wanted = RULE.fitting(Shape("k", groups, plain=("a", "b")), total).dimensions
    assert release.shape.dimensions == wanted


def test_nothing_there_is_shown_as_nought() -> None:
    release = protect(SHAPE, [], RULE, _lots(1))
    assert release.shown(TOTAL) == 0
    assert not release.nothing
    assert faults(release) == []


@pytest.mark.parametrize(
    ("number", "base", "shown"), [(7, 5, 5), (8, 5, 10), (5, 10, 10), (4, 10, 0), (9, 1, 9)]
)
def test_rounding_goes_to_the_nearest_multiple(number, base, shown) -> None:
    assert Rule(rounding=base).rounded(number) == shown


@given(seed=st.integers(0, 10**6), base=st.sampled_from([3, 5, 10]))
@settings(max_examples=20, deadline=None)
def test_rounding_shows_less_than_the_numbers_it_rounds(seed, base) -> None:
    plain = protected(seed)
    rounded = protected(seed, Rule(rounding=base))
    assert plain.withheld == rounded.withheld
    bounds = propagated(rounded.shape, rounded.numbers, base)
    for cell in rounded.shape.cells():
        assert bounds[cell][0] <= rounded.truth.get(cell, 0) <= bounds[cell][1]
    for cell in rounded.withheld:
        assert bounds[cell][1] - bounds[cell][0] >= RULE.values - 1


@pytest.mark.parametrize("threshold", [3, 4, 5, 10])
def test_a_higher_threshold_leaves_more_to_guess(threshold) -> None:
    for seed in range(10):
        release = protected(seed, Rule(threshold=threshold))
        assert faults(release) == []
        bounds = propagated(release.shape, release.numbers)
        for cell in release.withheld:
            assert bounds[cell][1] - bounds[cell][0] >= threshold - 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda one, cell: replace(one, proof={**one.proof, cell: ()}),
        lambda one, cell: replace(one, proof={**one.proof, cell: ({cell: 1},) * 3}),
        lambda one, cell: replace(one, proof={**one.proof, cell: ({cell: -99}, {cell: 1})}),
        lambda one, _: replace(one, withheld=frozenset()),
        lambda one, _: replace(one, withheld=one.small),
    ],
)
def test_the_audit_sees_a_proof_that_proves_nothing(spoil) -> None:
    release = protected(3)
    assert faults(release) == []
    assert faults(spoil(release, min(release.small)))


def test_fifteen_tables_are_protected_well_within_two_seconds() -> None:
    values = {**VALUES, "district": tuple(f"district {n}" for n in range(12))}
    chance = _lots(1)
    records = [
        Record(number, {name: chance.choice(group) for name, group in values.items()})
        for number in range(2_000)
    ]
    shape = Shape("engaged", values, "sector", ("size", "district"), ("month",))
    started = time.process_time()
    for seed in range(3):
        release = protect(shape, records, RULE, _lots(seed))
        assert faults(release) == []
    assert time.process_time() - started < 2


# --- a reader who knows this program ----------------------------------------------------------


def worlds_of(total: int, groups: int) -> Iterator[tuple[int, ...]]:
    """Every way of putting so many records into so many groups."""
    for cuts in itertools.combinations(range(total + groups - 1), groups - 1):
        ends = (-1, *cuts, total + groups - 1)
        yield tuple(b - a - 1 for a, b in itertools.pairwise(ends))


ONE_WAY = (Shape("k", {"a": ("x", "y", "z")}, plain=("a",)), [{"a": value} for value in "xyz"])
TWO_WAY = (
    Shape("k", {"a": ("x", "y"), "b": ("p", "q")}, "a", ("b",)),
    [{"a": one, "b": other} for one in "xy" for other in "pq"],
)


@pytest.mark.parametrize(
    ("world", "total", "threshold", "lots"),
    [(ONE_WAY, 6, 3, 20), (ONE_WAY, 10, 5, 20), (ONE_WAY, 23, 5, 20), (TWO_WAY, 10, 5, 20)],
)
def test_every_possible_programme_is_run_through_the_program(world, total, threshold, lots) -> None:
    """Who tries every world and every lot is left guessing, however the numbers fell."""
    shape, groups = world
    behind: dict[object, Counter[tuple[int, ...]]] = defaultdict(Counter)
    withheld: dict[object, frozenset[Cell]] = {}
    for numbers in worlds_of(total, len(groups)):
        names = [group for group, n in zip(groups, numbers, strict=True) for _ in range(n)]
        records = [Record(number, name) for number, name in enumerate(names)]
        for lot in range(lots):
            release = protect(shape, records, Rule(threshold), _lots(f"{numbers} {lot}"))
            seen = (release.shape.dimensions, frozenset(release.numbers.items()))
            behind[seen][numbers] += 1
            withheld[seen] = release.withheld
    best = tried = certain = 0
    for seen, worlds in behind.items():
        for cell in withheld[seen]:
            guesses: Counter[int] = Counter()
            for numbers, times in worlds.items():
                guesses[_counted(groups, numbers, cell)] += times
            best += guesses.most_common(1)[0][1]
            tried += worlds.total()
            certain += worlds.total() if len(guesses) == 1 else 0
    # The best guess is right about as often as one among threshold - 1 values.
    assert best / tried < 1.1 / (threshold - 1)
    assert certain == 0


def _counted(groups: list[dict[str, str]], numbers: tuple[int, ...], cell: Cell) -> int:
    return sum(
        n
        for group, n in zip(groups, numbers, strict=True)
        if all(group[name] == value for name, value in cell)
    )
