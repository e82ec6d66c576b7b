"""The Bacs file, position by position, against the published layout."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.payments.rules.bacs import (
    MOST_CREDIT,
    BacsError,
    Credit,
    Originator,
    characters,
    submission,
)

PAYER = Originator("123456", "601613", "31926819", "Example LEP")
PAYMENTS = [
    Credit("204512", "12345678", "EXAMPLE PROVIDER", 60_000, "0123456789"),
    Credit("090122", "00223344", "ANOTHER & SONS LTD", 1, "ABCDEFGHJK"),
]


def records(**changes) -> list[str]:
    """The records of a submission made on 14 August 2026 for processing on 21 August."""
    options = {
        "serial": 7,
        "created_on": date(2026, 8, 14),
        "process_on": date(2026, 8, 21),
        **changes,
    }
    text = submission(PAYER, PAYMENTS, **options).decode("ascii")
    assert text.endswith("\r\n")
    return text[:-2].split("\r\n")


def cut(record: str, first: int, last: int) -> str:
    """Characters by position, counted from 1 as the layout does."""
    return record[first - 1 : last]


def test_records_come_in_order_and_have_their_lengths() -> None:
    found = records()
    assert [one[:4] for one in found[:4]] == ["VOL1", "HDR1", "HDR2", "UHL1"]
    assert [one[:4] for one in found[-3:]] == ["EOF1", "EOF2", "UTL1"]
    assert [len(one) for one in found] == [80] * 4 + [100] * 3 + [80] * 3


def test_the_volume_label() -> None:
    volume = records()[0]
    assert cut(volume, 1, 4) == "VOL1"
    assert cut(volume, 5, 10) == "000007"
    assert cut(volume, 11, 41) == " " * 31
    assert cut(volume, 42, 47) == "123456"
    assert cut(volume, 48, 79) == " " * 32
    assert cut(volume, 80, 80) == "1"


@pytest.mark.parametrize("place", [1, -3])
def test_the_first_file_label_and_its_end(place: int) -> None:
    label = records()[place]
    assert cut(label, 1, 4) == ("HDR1" if place == 1 else "EOF1")
    assert cut(label, 5, 5) == "A"
    assert cut(label, 6, 11) == "123456"
    assert cut(label, 12, 12) == "S"
    assert cut(label, 13, 14) == "  "
    assert cut(label, 15, 15) == "1"
    assert cut(label, 16, 21) == "123456"
    # The same as the volume's serial number.
    assert cut(label, 22, 27) == "000007"
    assert cut(label, 28, 31) == "0001"
    assert cut(label, 32, 35) == "0001"
    assert cut(label, 36, 41) == " " * 6
    assert cut(label, 42, 47) == " 26226"
    # Kept for a week after it was processed.
    assert cut(label, 48, 53) == " 26240"
    assert cut(label, 54, 54) == " "
    assert cut(label, 55, 60) == "000000"
    assert cut(label, 61, 80) == " " * 20


@pytest.mark.parametrize("place", [2, -2])
@pytest.mark.parametrize(("dated", "length"), [(False, 100), (True, 106)])
def test_the_second_file_label_and_its_end(place: int, dated: bool, length: int) -> None:
    label = records(dated=dated)[place]
    assert cut(label, 1, 4) == ("HDR2" if place == 2 else "EOF2")
    assert cut(label, 5, 5) == "F"
    assert int(cut(label, 6, 10)) % length == 0
    assert cut(label, 11, 15) == f"{length:05d}"
    assert cut(label, 16, 50) == " " * 35
    assert cut(label, 51, 52) == "00"
    assert cut(label, 53, 80) == " " * 28


def test_the_user_label() -> None:
    label = records()[3]
    assert cut(label, 1, 4) == "UHL1"
    assert cut(label, 5, 10) == " 26233"
    assert cut(label, 11, 20) == "999999    "
    assert cut(label, 21, 22) == "00"
    assert cut(label, 23, 28) == "000000"
    assert cut(label, 29, 37) == "1 DAILY  "
    assert cut(label, 38, 40) == "007"
    assert cut(label, 41, 80) == " " * 40


def test_a_payment() -> None:
    first, second = records()[4:6]
    assert cut(first, 1, 6) == "204512"
    assert cut(first, 7, 14) == "12345678"
    assert cut(first, 15, 15) == "0"
    assert cut(first, 16, 17) == "99"
    assert cut(first, 18, 23) == "601613"
    assert cut(first, 24, 31) == "31926819"
    assert cut(first, 32, 35) == "    "
    assert cut(first, 36, 46) == "00000060000"
    assert cut(first, 47, 64) == "EXAMPLE LEP       "
    assert cut(first, 65, 82) == "0123456789        "
    assert cut(first, 83, 100) == "EXAMPLE PROVIDER  "
    assert cut(second, 36, 46) == "00000000001"
    assert cut(second, 83, 100) == "ANOTHER & SONS LTD"


def test_the_contra_takes_the_total_from_the_payer() -> None:
    contra = records()[6]
    assert cut(contra, 1, 14) == cut(contra, 18, 31) == "60161331926819"
    assert cut(contra, 15, 15) == "0"
    assert cut(contra, 16, 17) == "17"
    assert cut(contra, 36, 46) == "00000060001"
    assert cut(contra, 65, 82) == "CONTRA" + " " * 12
    assert cut(contra, 83, 100) == "EXAMPLE LEP       "


def test_the_trailer_balances() -> None:
    trailer = records()[-1]
    assert cut(trailer, 1, 4) == "UTL1"
    assert cut(trailer, 5, 17) == cut(trailer, 18, 30) == "0000000060001"
    assert cut(trailer, 31, 37) == "0000001"
    assert cut(trailer, 38, 44) == "0000002"
    assert cut(trailer, 45, 80) == " " * 36


def test_records_with_a_day_each() -> None:
    found = records(dated=True)
    assert [len(one) for one in found[4:7]] == [106] * 3
    assert {cut(one, 101, 106) for one in found[4:7]} == {" 26233"}
    assert cut(found[3], 29, 37) == "4 MULTI  "


def test_serial_numbers_stay_in_their_fields() -> None:
    assert cut(records(serial=1_000_000)[0], 5, 10) == "000001"
    assert cut(records(serial=999)[3], 38, 40) == "999"
    assert cut(records(serial=1000)[3], 38, 40) == "001"


@given(st.text(max_size=40))
def test_only_allowed_characters_pass(text: str) -> None:
    found = characters(text, 18)
    assert len(found) == 18
    assert set(found) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.&/- ")


def test_accents_are_dropped_from_their_letters() -> None:
    assert characters("Café Ŵyth (Leeds)", 20) == "CAFE WYTH  LEEDS    "


@pytest.mark.parametrize(
    ("payments", "words"),
    [
        ([], "nothing to pay"),
        ([Credit("20451", "12345678", "X", 1, "R")], "X: the sort code must be 6 digits"),
        ([Credit("204512", "1234567", "X", 1, "R")], "X: the account must be 8 digits"),
        ([Credit("204512", "1234567٣", "X", 1, "R")], "X: the account must be 8 digits"),
        ([Credit("204512", "12345678", "X", 0, "R")], "Bacs takes amounts"),
        ([Credit("204512", "12345678", "X", MOST_CREDIT + 1, "R")], "Bacs takes amounts"),
        ([Credit("204512", "12345678", "X", MOST_CREDIT, "R")] * 50, "eleven digits"),
    ],
)
def test_what_cannot_be_paid_is_refused(payments: list[Credit], words: str) -> None:
    with pytest.raises(BacsError, match=words):
        submission(
            PAYER,
            payments,
            serial=1,
            created_on=date(2026, 8, 14),
            process_on=date(2026, 8, 17),
        )


@pytest.mark.parametrize(
    "payer",
    [
        Originator("12345", "601613", "31926819", "X"),
        Originator("123456", "", "31926819", "X"),
        Originator("123456", "601613", "3192681", "X"),
        Originator("123456", "601613", "31926819", " "),
    ],
)
def test_a_payer_that_is_not_set_is_refused(payer: Originator) -> None:
    with pytest.raises(BacsError):
        submission(
            payer, PAYMENTS, serial=1, created_on=date(2026, 8, 14), process_on=date(2026, 8, 17)
        )


def test_a_day_in_the_past_is_refused() -> None:
    with pytest.raises(BacsError, match="lies before"):
        records(process_on=date(2026, 8, 13))
