"""Reading a published register file: what it must be, and one clear message when it is not.

The file is the comma-separated list of the gender pay gap service (gov.uk), any year: columns are
found by their heading, in any order, with any others beside them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from portal.kernel.tables import Table, TableTooLargeError

REQUIRED = ("EmployerName", "EmployerId")
OPTIONAL = (
    "CurrentName",
    "Address",
    "PostCode",
    "CompanyNumber",
    "SicCodes",
    "EmployerSize",
    "CompanyLinkToGPGInfo",
    "DateSubmitted",
)
HOW_TO_SAVE = "In the spreadsheet choose Save as, then “CSV UTF-8 (comma delimited)”."
_SIGNATURES = (
    (b"PK\x03\x04", f"This is a spreadsheet or zip file, not a CSV. {HOW_TO_SAVE}"),
    (b"\xd0\xcf\x11\xe0", f"This is an old Excel spreadsheet (.xls), not a CSV. {HOW_TO_SAVE}"),
    (b"%PDF", "This is a PDF, not a CSV. Ask for the CSV file instead."),
    (b"\x1f\x8b", "This file is compressed (gzip). Unpack it first."),
)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MAX_HEADINGS_SHOWN = 12
# Ten years of the gender pay gap service have some 110,000 rows.
MOST_ROWS: Final = 250_000


class RegisterFileError(ValueError):
    """The file as a whole cannot be read; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class RegisterFile:
    """A readable file: where each known column stands, and its rows as text.

    Rows are numbered as a spreadsheet shows them: the headings are row 1.
    """

    columns: Mapping[str, int]
    width: int
    rows: list[list[str]]

    def numbered(self) -> Iterator[tuple[int, list[str]]]:
        """Every row with its number; rows that are wholly blank are left out."""
        for number, cells in enumerate(self.rows, start=2):
            if any(cells):
                yield number, cells


def read_register(content: bytes, *, most_rows: int = MOST_ROWS) -> RegisterFile:
    """Read the whole file before anything is stored; at most so many rows, blank ones too.

    Raises:
        RegisterFileError: when it is not such a file.
    """
    text = _decode(content)
    reader = Table(text, most_rows=most_rows + 1)
    try:
        headings = next(reader, [])
        columns = _columns(headings)
        rows = list(reader)
    except TableTooLargeError as error:
        raise RegisterFileError(f"{error}. Is it the register? Split it if it is.") from error
    except csv.Error as error:
        raise RegisterFileError(
            f"The file breaks off or has a stray quotation mark near line {reader.line_num}: "
            f"{error}. Download it again."
        ) from error
    if not any(any(cells) for cells in rows):
        raise RegisterFileError("The file has headings but no rows.")
    return RegisterFile(columns=columns, width=len(headings), rows=rows)


def refuse_other_formats(content: bytes) -> None:
    """Refuse what is empty, or known by its first bytes to be no CSV at all.

    Raises:
        RegisterFileError: saying what the file is and what to do.
    """
    if not content.strip():
        raise RegisterFileError("The file is empty.")
    for signature, message in _SIGNATURES:
        if content.startswith(signature):
            raise RegisterFileError(message)
    if content.startswith(_UTF16) or content[:200].count(0) > len(content[:200]) // 4:
        raise RegisterFileError(f"The file is written in UTF-16, not UTF-8. {HOW_TO_SAVE}")


def refuse_other_texts(text: str) -> None:
    """Refuse a text that is no CSV: a web page, or binary data that happens to decode.

    Raises:
        RegisterFileError: saying what the file is and what to do.
    """
    if text.lstrip()[:1] == "<":
        raise RegisterFileError(
            "This is a web page, not a CSV: the download was probably redirected. Open the link in "
            "a browser and save the CSV file itself."
        )
    if "\x00" in text:
        raise RegisterFileError("The file holds binary data: it is not a CSV.")


def _decode(content: bytes) -> str:
    refuse_other_formats(content)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise RegisterFileError(
            f"The file is not UTF-8: line {line} holds a character in another encoding, probably "
            f"Windows-1252. {HOW_TO_SAVE}"
        ) from error
    refuse_other_texts(text)
    return text


def heading_key(heading: str) -> str:
    """A heading made comparable: case, spaces and punctuation do not matter."""
    return "".join(c for c in heading.casefold() if c.isalnum())


def _columns(headings: list[str]) -> dict[str, int]:
    known = {heading_key(name): name for name in (*REQUIRED, *OPTIONAL)}
    columns: dict[str, int] = {}
    for position, heading in enumerate(headings):
        name = known.get(heading_key(heading))
        if name is None:
            continue
        if name in columns:
            raise RegisterFileError(f"The column {name} stands in the file twice.")
        columns[name] = position
    missing = [name for name in REQUIRED if name not in columns]
    if not missing:
        return columns
    for mark, called in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if len(headings) == 1 and headings[0].count(mark) >= 2:  # noqa: PLR2004
            raise RegisterFileError(
                f"The columns are separated by {called}, not by commas. {HOW_TO_SAVE}"
            )
    shown = ", ".join(heading.strip()[:40] for heading in headings[:_MAX_HEADINGS_SHOWN])
    raise RegisterFileError(
        f"A required column is missing: {', '.join(missing)}. The first row of the file says: "
        f"{shown or 'nothing'}."
    )
