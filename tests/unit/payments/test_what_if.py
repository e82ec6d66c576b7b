from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.payments.rules.rate_cards import Amounts
from portal.payments.rules.what_if import Group, on_card, what_if
from portal.payments.rules.words import OUTPUT_TYPES, SIZE_TIERS

SECTORS = {"retail": "Retail", "hospitality": "Hospitality", "social_care": "Social care"}
CARD = Amounts(
    {(kind, tier): 50_000 for kind in OUTPUT_TYPES for tier in SIZE_TIERS},
    dict.fromkeys(SIZE_TIERS, 10_000),
)
groups = st.lists(
    st.builds(
        Group,
        output_type=st.sampled_from(list(OUTPUT_TYPES)),
        tier=st.sampled_from(list(SIZE_TIERS)),
        hard_to_reach=st.booleans(),
        sector=st.sampled_from(list(SECTORS)),
        provider=st.sampled_from(["Example A", "Example B"]),
        n=st.integers(1, 500),
        earned=st.integers(0, 10**9),
    ),
    max_size=40,
)


def group(**changes) -> Group:
    values = {
        "output_type": "engagement",
        "tier": "small",
        "hard_to_reach": False,
        "sector": "retail",
        "provider": "Example A",
        "n": 3,
        "earned": 180_000,
    }
    return Group(**{**values, **changes})


def test_a_group_is_priced_whole_and_the_bonus_is_for_engagements_only() -> None:
    assert on_card(CARD, group()) == 150_000
    assert on_card(CARD, group(hard_to_reach=True)) == 180_000
    assert on_card(CARD, group(output_type="workshop", hard_to_reach=True)) == 150_000
    assert on_card(Amounts({}, {}), group()) is None


def test_what_changes_most_comes_first() -> None:
    found = what_if(
        [
            group(),
            group(hard_to_reach=True, n=1, earned=75_000),
            group(output_type="workshop", n=10, earned=350_000),
            group(output_type="coaching", n=2, earned=100_000),
        ],
        CARD,
        sectors=SECTORS,
    )
    assert [(line.name, line.difference) for line in found.top] == [
        ("Workshop, small", 150_000),
        ("Engagement, small, not hard to reach", -30_000),
        ("Engagement, small, hard to reach", -15_000),
    ]
    assert (found.total.n, found.total.earned, found.total.would) == (16, 705_000, 810_000)
    assert [line.name for line in found.by_type] == ["Engagement", "Workshop", "Coaching"]


def test_a_card_without_a_rate_says_how_many_it_does_not_price() -> None:
    found = what_if([group()], Amounts({}, {}), sectors=SECTORS)
    assert (found.unpriced, found.total.would) == (3, 0)


def test_nothing_compares_to_nothing() -> None:
    found = what_if([], CARD, sectors=SECTORS)
    assert (found.total.n, found.total.difference, found.top) == (0, 0, ())


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(groups)
def test_every_split_adds_up_to_the_whole(many: list[Group]) -> None:
    found = what_if(many, CARD, sectors=SECTORS)
    assert found.total.n == sum(one.n for one in many)
    assert found.total.earned == sum(one.earned for one in many)
    for lines in found.splits.values():
        assert sum(line.n for line in lines) == found.total.n
        assert sum(line.earned for line in lines) == found.total.earned
        assert sum(line.would for line in lines) == found.total.would
        assert sum(line.difference for line in lines) == found.total.difference
