"""Which descriptions mean the same employer."""

from __future__ import annotations

import pytest

from portal.caseload.rules.referral_likeness import (
    CERTAIN,
    STRONG,
    Identity,
    Likeness,
    identity,
    likeness,
    ranked,
)


def like(wanted: tuple[str, str, str], known: tuple[str, str, str]):
    one, other = (
        identity(name, company_number=number, postcode=postcode)
        for name, number, postcode in (wanted, known)
    )
    return likeness(one, other)


@pytest.mark.parametrize(
    ("typed", "held"),
    [
        ("example bakers", "EXAMPLE BAKERS LIMITED"),
        ("Example Bakers Ltd.", "Example Bakers Limited"),
        ("  example   bakers", "Example Bakers"),
        ("Example's Bakers", "Examples Bakers"),
        ("Example & Bakers", "Example and Bakers"),
        ("Travel Lodge", "TRAVELODGE"),
        ("Exmaple Bakers", "Example Bakers"),
        ("Bakers Example", "Example Bakers"),
        ("Café Example", "Cafe Example"),
        ("B & Q", "B&Q plc"),
    ],
)
def test_ways_of_writing_one_name(typed: str, held: str) -> None:
    found = like((typed, "", ""), (held, "", ""))
    assert found is not None
    assert found.score >= STRONG


@pytest.mark.parametrize(
    ("typed", "held"),
    [("Example Bakers", "Other Butchers"), ("KFC", "KPMG"), ("Leeds Care", "York Care Homes")],
)
def test_other_employers_are_left_alone(typed: str, held: str) -> None:
    assert like((typed, "", ""), (held, "", "")) is None


def test_a_number_decides() -> None:
    same = like(("Anything", "3261722", ""), ("Something else", "03261722", ""))
    assert same is not None
    assert same.score == CERTAIN
    assert same.why == "same company number"
    twins = like(("Example Bakers", "1", ""), ("Example Bakers Ltd", "2", ""))
    assert twins is not None
    assert not twins.is_strong
    assert "another company number" in twins.why
    assert like(("Example Bakers", "1", ""), ("Example Bakery", "2", "")) is None


def test_a_postcode_makes_a_similar_name_telling() -> None:
    here = like(("The Golden Lion Inn", "", "LS1 4AP"), ("Golden Lion", "", "ls14ap"))
    assert here is not None
    assert "same postcode" in here.why
    elsewhere = like(("Example Bakers", "", "YO1 7HH"), ("Example Bakers", "", "LS1 4AP"))
    assert elsewhere is not None
    assert "another postcode" in elsewhere.why
    assert like(("Example Bakers", "", "LS1 4AP"), ("Other Butchers", "", "LS1 4AP")) is None


def test_a_trading_name_counts_as_a_name() -> None:
    held = identity("Nine Nine Nine Holdings Ltd", "Golden Lion")
    found = likeness(identity("golden lion"), held)
    assert found is not None
    assert found.why == "same name"


def test_the_most_alike_come_first_and_a_half_typed_name_is_found() -> None:
    known = [
        (1, identity("Example Bakers of Leeds")),
        (2, identity("Example Bakers")),
        (3, identity("Unlike")),
    ]
    assert [key for key, _like in ranked(identity("Example Bakers"), known)] == [2, 1]
    assert [key for key, _like in ranked(identity("Exampl"), known)] == [1, 2]
    assert ranked(identity(""), known) == []


@pytest.mark.parametrize(
    ("one", "other", "strong"),
    [
        ("Corner Store 12", "Corner Store 14", False),
        ("Corner Store 12 Ltd", "Corner Store 12", True),
        ("Sons Brook", "Brook Sons", True),
        ("Corner Cafe", "Coroner Cafe", True),
        ("Leeds Bakery", "Leeds Garage", False),
        ("!!", "??", False),
    ],
)
def test_records_that_may_be_one(one: str, other: str, strong: bool) -> None:
    there, back = like((one, "", ""), (other, "", "")), like((other, "", ""), (one, "", ""))
    assert (there is not None and there.is_strong) is strong
    assert (back is not None and back.is_strong) is strong


def test_a_number_of_any_register_decides() -> None:
    one = Identity(("garage",), "01234567", numbers=frozenset({"1099999"}))
    assert likeness(one, Identity(("bakery",), None, numbers=frozenset({"1099999"}))) == Likeness(
        CERTAIN, "same number"
    )
    assert likeness(one, Identity(("bakery",), None, numbers=frozenset({"01234567"}))) == Likeness(
        CERTAIN, "same number"
    )
