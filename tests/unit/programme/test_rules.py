"""Sectors, size tiers, districts and settings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.programme.rules import (
    SettingsError,
    default_values,
    load_sic,
    normalise_sic,
    parse_settings,
    sector_of,
    size_tier,
    suggested_district,
)

SETTINGS = parse_settings(default_values())


@pytest.mark.parametrize(
    ("codes", "sector"),
    [
        (["47110"], "retail"),
        (["55100"], "hospitality"),
        (["56302"], "hospitality"),
        (["87300"], "social_care"),
        (["88990"], "social_care"),
        (["86900"], "other"),
        (["70100", "47110"], "retail"),
        (["56101", "47110"], "hospitality"),
        ([], "other"),
        (["01470"], "other"),
    ],
)
def test_sector_follows_from_the_first_code_in_a_target_sector(codes, sector) -> None:
    assert sector_of(codes, SETTINGS.sectors) == sector


@pytest.mark.parametrize(
    ("headcount", "tier"),
    [
        (1, "micro"),
        (9, "micro"),
        (10, "small"),
        (49, "small"),
        (50, "medium"),
        (249, "medium"),
        (250, "large"),
        (2_000_000, "large"),
    ],
)
def test_size_tier_at_each_edge(headcount, tier) -> None:
    assert size_tier(headcount, SETTINGS.size_tiers) == tier


def test_no_tier_for_nobody() -> None:
    with pytest.raises(ValueError, match="No size tier"):
        size_tier(0, SETTINGS.size_tiers)


@pytest.mark.parametrize(
    ("postcode", "district"),
    [("LS1 4AP", "leeds"), ("ls29 8aa", "bradford"), ("YO8 4AB", "selby"), ("SW1A 1AA", None)],
)
def test_a_postcode_suggests_a_district_only_where_it_is_sure(postcode, district) -> None:
    assert suggested_district(postcode, SETTINGS.area) == district


def test_the_defaults_are_those_of_the_programme() -> None:
    assert SETTINGS.part_time_hours == 30
    assert SETTINGS.sme_limit == 250
    assert SETTINGS.minimum_comparison_group == 10
    assert SETTINGS.low_pay_is_example
    assert len(SETTINGS.area.districts) == 10
    assert SETTINGS.district_choices[-1][0] == "outside"
    assert SETTINGS.sector_choices[-1][0] == "other"


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("part_time_hours", 0, "part_time_hours"),
        ("part_time_hours", True, "part_time_hours"),
        ("part_time_hours", "30", "part_time_hours"),
        ("low_pay", {"pence_an_hour": 12.6}, "low_pay.pence_an_hour"),
        ("low_pay", None, "low_pay"),
        ("sectors", [], "sectors"),
        ("sectors", [{"key": "a", "title": "A", "divisions": ["4"]}], "two-digit"),
        ("sectors", [{"key": "other", "title": "A", "divisions": ["47"]}], "other"),
        (
            "sectors",
            [
                {"key": "a", "title": "A", "divisions": ["47"]},
                {"key": "b", "title": "B", "divisions": ["47"]},
            ],
            "shares",
        ),
        ("size_tiers", [{"key": "a", "title": "A", "at_least": 2}], "begin at 1"),
        (
            "size_tiers",
            [
                {"key": "a", "title": "A", "at_least": 1},
                {"key": "a", "title": "A", "at_least": 3},
            ],
            "twice",
        ),
        ("area", {"title": "", "districts": []}, "area.title"),
        ("area", {"title": "X", "districts": [{"key": "outside", "title": "O"}]}, "outside"),
        (
            "area",
            {"title": "X", "districts": [{"key": "a", "title": "A"}], "outward": {"b": ["X1"]}},
            "unknown district",
        ),
        ("minimum_comparison_group", 1, "minimum_comparison_group"),
        ("colour", "blue", "Unknown setting"),
    ],
)
def test_a_setting_that_cannot_hold_is_named(key, value, says) -> None:
    with pytest.raises(SettingsError, match=says):
        parse_settings({**default_values(), key: value})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("47110", "47110"),
        ("1470", "01470"),
        (" 85200 ", "85200"),
        ("1", None),
        ("", None),
        ("471100", None),
        ("4711a", None),
        ("\u0664\u0667\u0661\u0661\u0660", None),
    ],
)
def test_sic_codes_as_registers_print_them(text, code) -> None:
    assert normalise_sic(text) == code


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("pub", "56302"),
        ("Pubs", "56302"),
        ("hotel", "55100"),
        ("supermarket", "47110"),
        ("home care", "88100"),
        ("nurseries", "88910"),
        ("café", "56102"),
        ("56302", "56302"),
        ("4711", "47110"),
    ],
)
def test_the_sic_list_knows_everyday_words(question, first) -> None:
    assert load_sic().search(question)[0].code == first


def test_the_sic_list_is_whole_and_every_code_has_five_digits() -> None:
    sic = load_sic()
    assert len(sic) == 731
    assert all(len(code) == 5 and code.isdigit() for code, _text in sic.choices)
    assert sic.describe("12345") == "Not in the SIC 2007 list"
    assert "47110" in sic
    assert sic.get("00000") is None


@given(st.text(max_size=300))
def test_no_search_of_the_sic_list_fails(question) -> None:
    assert len(load_sic().search(question, limit=5)) <= 5


def test_every_setting_has_its_words_on_screen() -> None:
    from portal.programme.rules.wording import BY_KEY

    assert set(BY_KEY) == set(default_values())
