"""A file of referrals: reading it, and everything wrong with it, cell by cell."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from portal.caseload.rules.referrals import CONSENT_HELP, Given, faults, tidy
from portal.employers.rules.register_file import (
    HOW_TO_SAVE,
    RegisterFileError,
    heading_key,
    refuse_other_formats,
    refuse_other_texts,
)
from portal.kernel.tables import FORMULA_STARTS, Table, TableTooLargeError

COLUMNS: Final[Mapping[str, str]] = {
    "employer_name": "Employer name",
    "trading_name": "Trading name",
    "company_number": "Company number",
    "postcode": "Postcode",
    "sector": "Sector",
    "contact_name": "Contact name",
    "contact_job": "Contact job",
    "contact_email": "Contact email",
    "contact_phone": "Contact phone",
    "message": "What they need",
    "consent": "Employer agreed to be contacted",
    "referrer_name": "Referrer name",
    "referrer_email": "Referrer email",
}
REQUIRED: Final = ("employer_name", "contact_name", "consent")
MAX_ROWS: Final = 500
MAX_BYTES: Final = 1_000_000
# Rows with nothing in them are passed over, but not without end.
_MOST_LINES: Final = 20_000
EXAMPLE_NAME: Final = "Example Bakery Ltd (delete this row)"
WHOLE_ROW: Final = "row"
_CELL_KEPT: Final = 2_000
_YES: Final = frozenset({"yes", "y", "true", "1", "agreed"})
_NO: Final = frozenset({"no", "n", "false", "0", ""})
_SEPARATORS: Final = (";", "\t")
_MAX_SHOWN: Final = 12


@dataclass(frozen=True, slots=True)
class ReadFile:
    """The rows of a file by field, as text; numbered as a spreadsheet shows them."""

    rows: list[tuple[int, dict[str, str], str]]
    encoding: str
    ignored: tuple[str, ...]


@dataclass(slots=True)
class CheckedRow:
    """One row: its cells as they stand in the file, and what is wrong in which."""

    number: int
    cells: dict[str, str]
    faults: dict[str, str] = field(default_factory=dict)
    given: Given | None = None

    def kept(self) -> dict[str, Any]:
        """The row as it is kept with its file."""
        return {"n": self.number, "cells": self.cells, "faults": self.faults}


def read_file(content: bytes) -> ReadFile:
    """Read a whole file: UTF-8 with or without its mark, or Windows-1252.

    Raises:
        RegisterFileError: when it is no such file; the message says why and what to do.
    """
    if len(content) > MAX_BYTES:
        raise RegisterFileError(
            f"The file is larger than {MAX_BYTES // 1_000_000} MB. Split it into smaller files."
        )
    refuse_other_formats(content)
    text, encoding = _decoded(content)
    refuse_other_texts(text)
    reader = Table(text, delimiter=_separator(text), most_rows=_MOST_LINES)
    try:
        headings = next(reader, [])
        places, ignored = _places(headings)
        raw = list(reader)
    except TableTooLargeError as error:
        raise RegisterFileError(f"{error}. Delete what is empty, or split it.") from error
    except csv.Error as error:
        raise RegisterFileError(
            f"There is a stray quotation mark near line {reader.line_num}: {error}. "
            f"Save the file again. {HOW_TO_SAVE}"
        ) from error
    rows = [
        _row(number, cells, places, len(headings))
        for number, cells in enumerate(raw, start=2)
        if any(cell.strip() for cell in cells)
    ]
    if not rows:
        raise RegisterFileError("The file has headings but no rows. Add one row for each employer.")
    if len(rows) > MAX_ROWS:
        raise RegisterFileError(
            f"The file has {len(rows):,} rows; at most {MAX_ROWS} are read at once. "
            "Split it into smaller files."
        )
    return ReadFile(rows, encoding, ignored)


def _decoded(content: bytes) -> tuple[str, str]:
    try:
        return content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252"), "Windows-1252"
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RegisterFileError(
            f"Line {line} holds a character that is neither UTF-8 nor Windows-1252. {HOW_TO_SAVE}"
        ) from error


def _separator(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    best = max(_SEPARATORS, key=first.count)
    return best if first.count(best) > first.count(",") else ","


def _places(headings: Sequence[str]) -> tuple[dict[str, int], tuple[str, ...]]:
    known = {heading_key(title): name for name, title in COLUMNS.items()}
    known |= {heading_key(name): name for name in COLUMNS}
    places: dict[str, int] = {}
    ignored = []
    for place, heading in enumerate(headings):
        name = known.get(heading_key(heading))
        if name is None:
            if heading.strip():
                ignored.append(heading.strip()[:40])
            continue
        if name in places:
            raise RegisterFileError(f"The column “{COLUMNS[name]}” stands in the file twice.")
        places[name] = place
    missing = [COLUMNS[name] for name in REQUIRED if name not in places]
    if missing:
        shown = ", ".join(heading.strip()[:40] for heading in headings[:_MAX_SHOWN])
        raise RegisterFileError(
            f"A required column is missing: {', '.join(missing)}. The first row of the file says: "
            f"{shown or 'nothing'}. Start from the template."
        )
    return places, tuple(ignored)


def _row(
    number: int, cells: list[str], places: Mapping[str, int], width: int
) -> tuple[int, dict[str, str], str]:
    def cell(name: str) -> str:
        place = places.get(name)
        text = cells[place].strip() if place is not None and place < len(cells) else ""
        # The mark that keeps a spreadsheet from reading "+44…" as a formula is not part of it.
        if text[:1] == "'" and text[1:2] in FORMULA_STARTS:
            text = text[1:]
        return text

    spare = any(extra.strip() for extra in cells[width:])
    fault = (
        f"This row has {len(cells)} cells, the headings {width}. A cell that holds a comma needs "
        "quotation marks around it"
        if spare
        else ""
    )
    return number, {name: cell(name) for name in COLUMNS}, fault


def check_rows(file: ReadFile, *, sectors: Mapping[str, str]) -> list[CheckedRow]:
    """Every row with everything wrong in it. ``sectors`` maps keys to titles; both are read."""
    titles = {heading_key(title): key for key, title in sectors.items()}
    titles |= {heading_key(key): key for key in sectors}
    return [_checked(number, cells, fault, titles) for number, cells, fault in file.rows]


def _checked(
    number: int, cells: dict[str, str], fault: str, sectors: Mapping[str, str]
) -> CheckedRow:
    agreed = cells["consent"].strip().casefold()
    words = cells["sector"]
    given = tidy(
        Given(
            **{k: v for k, v in cells.items() if k not in {"consent", "sector"}},
            consent=agreed in _YES,
            sector=sectors.get(heading_key(words), words) if words else "",
        )
    )
    found = faults(given, sectors=set(sectors.values()))
    if "consent" in found:
        found["consent"] = (
            f"{CONSENT_HELP}: write “yes” if it did"
            if agreed in _NO
            else "Write “yes” if the employer agreed to be contacted"
        )
    if "sector" in found:
        found["sector"] = "Not one of the sectors: see the template, or leave it empty"
    if cells["employer_name"] == EXAMPLE_NAME:
        fault = "This is the example from the template. Delete this row"
    if fault:
        found[WHOLE_ROW] = fault
    kept = {name: text[:_CELL_KEPT] for name, text in cells.items()}
    return CheckedRow(number, kept, found, None if found else given)


def given_of(cells: Mapping[str, str], *, sectors: Mapping[str, str]) -> Given | None:
    """A kept row as a referral once more; None when it has faults."""
    file = ReadFile([(0, {name: cells.get(name, "") for name in COLUMNS}, "")], "UTF-8", ())
    return check_rows(file, sectors=sectors)[0].given


def template_rows(sectors: Collection[str]) -> list[list[str]]:
    """The headings and one labelled example for people to start from."""
    example = {
        "employer_name": EXAMPLE_NAME,
        "company_number": "",
        "postcode": "LS1 4AP",
        "sector": next(iter(sectors), ""),
        "contact_name": "Example Contact",
        "contact_job": "Owner",
        "contact_email": "contact@example.org",
        "contact_phone": "0113 496 0000",
        "message": "Wants to offer supervisor posts part-time",
        "consent": "yes",
        "referrer_name": "Example Referrer",
        "referrer_email": "referrer@example.org",
    }
    return [list(COLUMNS.values()), [example.get(name, "") for name in COLUMNS]]
