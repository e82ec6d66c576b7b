"""Names, company and charity numbers, postcodes, spellings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.employers.rules.identifiers import (
    normalise_charity_number,
    normalise_company_number,
    normalise_postcode,
    published_company_number,
    short_company_number,
)
from portal.employers.rules.names import index_words, match_name, telling_words
from portal.employers.rules.spelling import deletions, nearest, worth_indexing


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Sainsbury's Supermarkets Ltd", "SAINSBURYS SUPERMARKETS LIMITED"),
        ("Sainsbury\u2019s", "sainsburys"),
        ("Marks & Spencer P.L.C.", "Marks and Spencer p l c"),
        ("The Example Company Limited", "Example Company"),
        ("NESTLÉ UK LTD.", "Nestle UK"),
        ("Bòrd na Gàidhlig", "bord na gaidhlig"),
        ("Smørrebrød LLP", "smorrebrod"),
        ("  Spaced   Out  ", "spaced out"),
        ("\ufb01ne foods", "Fine Foods"),
    ],
)
def test_names_that_are_the_same(one, other) -> None:
    assert match_name(one) == match_name(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Tesco Stores", "Tesco Bank"), ("Co-op", "Op"), ("A Ltd", "B Ltd")]
)
def test_names_that_are_not(one, other) -> None:
    assert match_name(one) != match_name(other)


def test_a_name_of_nothing_but_common_words_keeps_them() -> None:
    assert telling_words("The Limited") == ["the", "limited"]


def test_initials_and_the_whole_name_are_indexed_closed_up() -> None:
    plain, made = index_words("B & Q LIMITED", "W H Smith PLC")
    assert plain == ["b", "q", "w", "h", "smith"]
    assert made == ["zz0bq", "bq", "zz0whsmith", "wh"]


@given(st.text(max_size=200))
def test_any_name_gives_clean_words(name) -> None:
    plain, made = index_words(name)
    assert all(word and " " not in word and "'" not in word for word in plain + made)
    assert len(plain) == len(set(plain))


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("03261722", "03261722"),
        ("3261722", "03261722"),
        (" 326 17 22 ", "03261722"),
        ("sc16876", "SC016876"),
        ("SC016876", "SC016876"),
        ("OC353677", "OC353677"),
        ("CE012345", "CE012345"),
        ("IP28985R", "IP28985R"),
        ("00000000", None),
        ("123456789", None),
        ("ZZ123456", None),
        ("", None),
        ("tesco", None),
        ("\u0661\u0662\u0663", None),
    ],
)
def test_company_numbers(typed, kept) -> None:
    assert normalise_company_number(typed) == kept


@given(st.text(max_size=30))
def test_a_company_number_kept_is_kept_again(text) -> None:
    kept = normalise_company_number(text)
    if kept is not None:
        assert len(kept) == 8
        assert normalise_company_number(kept) == kept
        assert normalise_company_number(short_company_number(kept)) == kept


def test_a_register_keeps_numbers_we_would_not_take_from_a_form() -> None:
    assert published_company_number("re75x7bm") == "RE75X7BM"
    assert published_company_number("12") == "00000012"
    assert published_company_number("n/a") is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("1234567", "1234567"),
        ("123456", "123456"),
        ("1234567-1", "1234567-1"),
        ("sc012345", "SC012345"),
        ("NIC 100123", "NIC100123"),
        ("12345", None),
        ("charity", None),
    ],
)
def test_charity_numbers(typed, kept) -> None:
    assert normalise_charity_number(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("ls14ap", "LS1 4AP"),
        ("LS1  4AP", "LS1 4AP"),
        ("KT16 OPZ", "KT16 0PZ"),
        ("W1T 6BQ", "W1T 6BQ"),
        ("SW1A0PW", "SW1A 0PW"),
        (" SW1 H0TL", "SW1H 0TL"),
        ("DT1 2J", None),
        ("HMJX", None),
        ("12345", None),
        ("", None),
    ],
)
def test_postcodes(typed, kept) -> None:
    assert normalise_postcode(typed) == kept


@given(st.text(max_size=12))
def test_a_postcode_kept_is_kept_again(text) -> None:
    kept = normalise_postcode(text)
    if kept is not None:
        assert normalise_postcode(kept) == kept
        assert 6 <= len(kept) <= 8
        assert kept[-4] == " "


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sansburys", "sainsburys"),
        ("sainsbruys", "sainsburys"),
        ("stors", "stores"),
        ("morissons", "morrisons"),
        ("weatherspoon", "wetherspoon"),
        ("tosco", "tesco"),
        ("gregs", "greggs"),
        ("macdonalds", "mcdonalds"),
    ],
)
def test_a_slip_meets_the_word_meant(typed, meant) -> None:
    assert deletions(typed) & deletions(meant)
    assert nearest(typed, [meant, "unrelated"]) == [meant]


def test_short_and_numeric_words_are_not_guessed() -> None:
    assert not worth_indexing("ab")
    assert not worth_indexing("2017")
    assert worth_indexing("tesco")


@given(st.text("abcdef", min_size=7, max_size=12), st.data())
def test_one_slip_anywhere_is_always_found(word, data) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    slip = data.draw(st.sampled_from(["drop", "double", "change", "swap"]))
    typed = {
        "drop": word[:place] + word[place + 1 :],
        "double": word[:place] + word[place] + word[place:],
        "change": word[:place] + "z" + word[place + 1 :],
        "swap": word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
    }[slip]
    assert deletions(typed) & deletions(word)
    assert word in nearest(typed, [word])
