from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from portal.kernel.result import Ok
from portal.payments.rules.rate_cards import Amounts, read_table, spans, table
from portal.payments.rules.words import OUTPUT_TYPES, SIZE_TIERS

CARD = Amounts(
    {
        (kind, tier): 10_000 + 100 * number + place
        for number, kind in enumerate(OUTPUT_TYPES)
        for place, tier in enumerate(reversed(SIZE_TIERS))
    },
    dict.fromkeys(SIZE_TIERS, 15_000),
)


def as_csv(lines: list[list[str]], mark: str = ",") -> bytes:
    file = io.StringIO()
    csv.writer(file, delimiter=mark).writerows(lines)
    return file.getvalue().encode()


def words(lines: list[list[str]]) -> list[str]:
    read = read_table(as_csv(lines))
    assert isinstance(read, list), read
    return [one.message for one in read]


def with_cell(row: int, column: int, text: str) -> list[list[str]]:
    lines = table(CARD)
    lines[row][column] = text
    return lines


def test_a_card_comes_back_as_it_went() -> None:
    assert read_table(as_csv(table(CARD))) == Ok(CARD)
    assert read_table(b"\xef\xbb\xbf" + as_csv(table(CARD), ";")) == Ok(CARD)


def test_rows_and_columns_may_stand_in_any_order() -> None:
    header, *rows = table(CARD)
    turned = [[line[0], *reversed(line[1:])] for line in [header, *reversed(rows)]]
    assert read_table(as_csv(turned)) == Ok(CARD)
    shouted = [[line[0].upper(), *line[1:]] for line in table(CARD)]
    assert read_table(as_csv([*shouted, ["", "", ""]])) == Ok(CARD)


@pytest.mark.parametrize("text", ["£600", "600.00", "600.0", " 600 ", "£ 600"])
def test_amounts_are_read_as_people_type_them(text: str) -> None:
    lines = table(CARD)
    for column in range(1, 5):
        lines[1][column] = text
    read = read_table(as_csv(lines))
    assert isinstance(read, Ok)
    assert read.value.at("engagement", "micro") == 60_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Line 3: Training session, small: enter an amount, 0 if it is not paid"),
        ("-1", "Line 3: Training session, small: the amount cannot be below £0"),
        ("1.234", "Line 3: Training session, small: “1.234” has more than 2 decimal places"),
        (
            "10000000.01",
            "Line 3: Training session, small: the amount cannot be above £10,000,000",
        ),
        (
            "six",
            "Line 3: Training session, small: “six” is no amount in pounds, like 600 or 612.50",
        ),
        (
            "1e3",
            "Line 3: Training session, small: “1e3” is no amount in pounds, like 600 or 612.50",
        ),
        (
            "9" * 30,
            "Line 3: Training session, small: “99999999999999999999” is no amount in pounds, like "
            + "600 or 612.50",
        ),
    ],
)
def test_a_faulty_cell_is_named(text: str, says: str) -> None:
    assert words(with_cell(2, 2, text)) == [says]


def test_every_faulty_cell_is_named() -> None:
    lines = table(CARD)
    lines[1][1], lines[6][4] = "", "-2"
    assert words(lines) == [
        "Line 2: Engagement, micro: enter an amount, 0 if it is not paid",
        "Line 7: Hard-to-reach bonus, large: the amount cannot be below £0",
    ]


def test_headings_that_are_missing_unknown_or_there_twice() -> None:
    header, *rows = table(CARD)
    assert words([header, *rows[1:]]) == ["There is no line for: Engagement"]
    assert words([header, *rows, rows[0]]) == ["Line 8: Engagement is there already"]
    assert words([header, *rows, ["Lunch", "1"]]) == ["Line 8: “Lunch” is no output"]
    assert words([line[:4] for line in [header, *rows]]) == [
        "The first line has no column for: Large"
    ]
    assert words([[*line, line[1]] for line in [header, *rows]]) == ["Micro stands in two columns"]
    assert words([["Output", "Huge", *header[2:]], *rows]) == [
        "Column 2: “Huge” is no size",
        "The first line has no column for: Micro",
    ]


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\0\0", b"x" * 30_000, b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_card_is_refused(content: bytes) -> None:
    assert isinstance(read_table(content), list)


def test_a_smaller_employer_earns_no_less_than_a_large_one() -> None:
    lines = with_cell(1, 4, "9999")
    found = words(lines)
    assert len(found) == 3
    assert "smaller employer may not pay less" in found[0]


def test_each_card_holds_until_the_next_begins() -> None:
    april, july = date(2026, 4, 1), date(2026, 7, 1)
    assert spans([july, april]) == {april: date(2026, 6, 30), july: None}
    assert spans([]) == {}
