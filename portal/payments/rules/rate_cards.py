"""What holds when among rate cards, and a card as a table to take away and bring back.

A table is read by its headings: its rows and columns may stand in any order.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

from portal.kernel.money import Money, MoneyError
from portal.kernel.result import Ok, Problem
from portal.payments.rules.rates import cell, check_card
from portal.payments.rules.words import BONUS, MOST_PENCE, OUTPUT_TYPES, SIZE_TIERS

BONUS_TITLE: Final = "Hard-to-reach bonus"
FIRST_HEADING: Final = "Output"
# A card has seven lines; a file of more than this is something else.
MOST_BYTES: Final = 20_000
MOST_LINES: Final = 60
ROW_TITLES: Final[Mapping[str, str]] = {**OUTPUT_TYPES, BONUS: BONUS_TITLE}
_WHOLE_FILE: Final = "file"


@dataclass(frozen=True, slots=True)
class Amounts:
    """All the amounts of a card in pence."""

    prices: Mapping[tuple[str, str], int]
    bonuses: Mapping[str, int]

    def at(self, row: str, tier: str) -> int | None:
        """One cell; ``row`` is a type of output or the bonus."""
        return self.bonuses.get(tier) if row == BONUS else self.prices.get((row, tier))


def split(cells: Mapping[tuple[str, str], int]) -> Amounts:
    """Cells by row and tier, as prices and bonuses."""
    return Amounts(
        {key: pence for key, pence in cells.items() if key[0] != BONUS},
        {tier: pence for (row, tier), pence in cells.items() if row == BONUS},
    )


def cell_title(row: str, tier: str) -> str:
    """What a cell is called in messages: Engagement, small."""
    return f"{ROW_TITLES[row]}, {SIZE_TIERS[tier].lower()}"


def cell_field(row: str, tier: str) -> str:
    """What a cell is called on forms."""
    return f"{row}__{tier}"


def spans(starts: Iterable[date]) -> dict[date, date | None]:
    """From each start until the day before the next; the last has no end."""
    ordered = sorted(starts)
    held: dict[date, date | None] = dict.fromkeys(ordered)
    held.update({first: then - timedelta(days=1) for first, then in pairwise(ordered)})
    return held


def table(amounts: Amounts) -> list[list[str]]:
    """A card as lines of a file, headings first, amounts in pounds."""
    lines = [[FIRST_HEADING, *SIZE_TIERS.values()]]
    for row, title in ROW_TITLES.items():
        lines.append([title, *(_pounds(amounts.at(row, tier)) for tier in SIZE_TIERS)])
    return lines


def _pounds(pence: int | None) -> str:
    return "" if pence is None else f"{pence // 100}.{pence % 100:02d}"


def read_table(content: bytes) -> Ok[Amounts] | list[Problem]:
    """Read a card from a CSV file, or everything that is wrong with it, cell by cell.

    Money is in pounds with at most two decimals. Nothing is guessed: a row, a column or an amount
    that is missing, unknown or there twice is a fault.
    """
    if len(content) > MOST_BYTES:
        return [_file_problem("This file is too large for a rate card")]
    lines = _lines(content)
    if not lines:
        return [_file_problem("This file is empty, or no CSV file")]
    columns, faults = _headings(lines[0][1])
    rows, more = _rows(lines[1:])
    faults += more
    if faults:
        return faults
    cells: dict[tuple[str, str], int] = {}
    for row, (number, values) in rows.items():
        for tier, column in columns.items():
            text = values[column].strip() if column < len(values) else ""
            read = _amount(text, f"Line {number}: {cell_title(row, tier)}", cell(row, tier))
            if isinstance(read, Problem):
                faults.append(read)
            else:
                cells[(row, tier)] = read
    if faults:
        return faults
    found = split(cells)
    wrong = check_card(found.prices, found.bonuses)
    return wrong or Ok(found)


def _lines(content: bytes) -> list[tuple[int, list[str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Spreadsheets on Windows still write this; only the pound sign differs.
        text = content.decode("cp1252", errors="replace")
    if "\0" in text:
        return []
    first = text.partition("\n")[0]
    mark = max((",", ";", "\t"), key=first.count)
    try:
        read = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error:
        return []
    numbered = [(number, line) for number, line in enumerate(read, 1) if any(map(str.strip, line))]
    return numbered[:MOST_LINES]


def _known(text: str, titles: Mapping[str, str]) -> str | None:
    wanted = " ".join(text.replace("_", " ").split()).casefold()
    for key, title in titles.items():
        if wanted in {title.casefold(), key.replace("_", " ")}:
            return key
    return None


def _headings(line: Sequence[str]) -> tuple[dict[str, int], list[Problem]]:
    columns: dict[str, int] = {}
    faults = []
    for number, text in enumerate(line[1:], 1):
        tier = _known(text, SIZE_TIERS)
        if tier is None:
            if text.strip():
                faults.append(_file_problem(f"Column {number + 1}: “{text[:40]}” is no size"))
        elif tier in columns:
            faults.append(_file_problem(f"{SIZE_TIERS[tier]} stands in two columns"))
        else:
            columns[tier] = number
    missing = [title for tier, title in SIZE_TIERS.items() if tier not in columns]
    if missing:
        faults.append(_file_problem(f"The first line has no column for: {', '.join(missing)}"))
    return columns, faults


def _rows(
    lines: Sequence[tuple[int, list[str]]],
) -> tuple[dict[str, tuple[int, list[str]]], list[Problem]]:
    rows: dict[str, tuple[int, list[str]]] = {}
    faults = []
    for number, values in lines:
        row = _known(values[0], ROW_TITLES)
        if row is None:
            words = f"Line {number}: “{values[0].strip()[:40]}” is no output"
            faults.append(_file_problem(words))
        elif row in rows:
            faults.append(_file_problem(f"Line {number}: {ROW_TITLES[row]} is there already"))
        else:
            rows[row] = (number, values)
    missing = [title for row, title in ROW_TITLES.items() if row not in rows]
    if missing:
        faults.append(_file_problem(f"There is no line for: {', '.join(missing)}"))
    return rows, faults


def _amount(text: str, name: str, field: str) -> int | Problem:
    if not text:
        return Problem("rate_missing", f"{name}: enter an amount, 0 if it is not paid", field)
    _whole, point, pence = text.partition(".")
    if point and len(pence.strip()) > 2:  # noqa: PLR2004 - a pound has two places
        words = f"{name}: “{text[:20]}” has more than 2 decimal places"
        return Problem("rate_decimals", words, field)
    try:
        found = Money.from_pounds(text).pence
    except MoneyError:
        words = f"{name}: “{text[:20]}” is no amount in pounds, like 600 or 612.50"
        return Problem("rate_unreadable", words, field)
    # A cell below £0 or above the most is named by line as well as every other fault.
    wrong = check_amount(found, name, field)
    return found if wrong is None else wrong


def check_amount(pence: int, name: str, field: str) -> Problem | None:
    """Whether an amount may stand on a card."""
    if pence < 0:
        return Problem("rate_negative", f"{name}: the amount cannot be below £0", field)
    if pence > MOST_PENCE:
        most = Money(MOST_PENCE).format_whole()
        return Problem("rate_too_large", f"{name}: the amount cannot be above {most}", field)
    return None


def _file_problem(words: str) -> Problem:
    return Problem("rate_file", words, _WHOLE_FILE)
