"""One row of a register file, made into an entry or refused with its column and reason."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import itemgetter
from typing import Any

from portal.employers.rules.identifiers import (
    normalise_postcode,
    published_company_number,
    short_company_number,
)
from portal.employers.rules.names import MAX_NAME, index_words
from portal.employers.rules.register_file import OPTIONAL, REQUIRED
from portal.programme.rules import normalise_sic

# Raise it when entries are made differently from the same file: each row then counts as changed.
FORMAT = "1"
MAX_ID = 40
MAX_ADDRESS = 400
MAX_URL = 500
SIC_UNKNOWN = "1"
_ORDER = (*REQUIRED, *OPTIONAL)
_BANDS_UNKNOWN = frozenset({"", "not provided"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """A row that was left out: its number in the file, the column, and the reason."""

    row: int
    column: str
    reason: str


@dataclass(slots=True)
class RowReader:
    """Reads rows of one file. ``notes`` counts values that were left out of rows taken."""

    columns: Mapping[str, int]
    width: int
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    _seen: dict[str, int] = field(default_factory=dict)
    _pick: Any = None

    def __post_init__(self) -> None:
        # A column the file lacks reads as empty: one more cell is appended to every row for it.
        self._pick = itemgetter(*(self.columns.get(name, self.width) for name in _ORDER))

    def cells(self, row: int, raw: list[str]) -> tuple[str, ...] | Refusal:
        """The row's cells in our order, stripped; or why it cannot be read at all."""
        if len(raw) != self.width:
            return Refusal(
                row, "(row)", f"has {len(raw)} columns where the headings have {self.width}"
            )
        found = tuple(cell.strip() for cell in self._pick([*raw, ""]))
        fault = self._fault(row, found)
        return found if fault is None else Refusal(row, *fault)

    def _fault(self, row: int, found: tuple[str, ...]) -> tuple[str, str] | None:
        name, source_id, current = found[:3]
        if not name or not source_id:
            return ("EmployerId" if name else "EmployerName"), "is empty"
        if len(source_id) > MAX_ID:
            return "EmployerId", f"is longer than {MAX_ID} characters"
        if len(name) > MAX_NAME or len(current) > MAX_NAME:
            column = "EmployerName" if len(name) > MAX_NAME else "CurrentName"
            return column, f"is longer than {MAX_NAME} characters"
        if not (name.isprintable() and current.isprintable()):
            column = "CurrentName" if name.isprintable() else "EmployerName"
            return column, "holds a line break or an unprintable character"
        earlier = self._seen.setdefault(source_id, row)
        return (
            None if earlier == row else ("EmployerId", f"{source_id} is already in row {earlier}")
        )

    def entry(self, found: Sequence[str], source: str, content_hash: str) -> dict[str, Any]:
        """The row as a register entry; values that mean nothing are left out and noted."""
        name, source_id, current, address, postcode, number, sics, size, url, submitted = found
        current = current or name
        company_number = self._value("CompanyNumber", number, published_company_number)
        plain, made = index_words(name, current)
        if company_number:
            made += [company_number.lower(), short_company_number(company_number).lower()]
        return {
            "source": source,
            "source_id": source_id,
            "name": name,
            "current_name": current,
            "address": self._shortened("Address", " ".join(address.split()), MAX_ADDRESS),
            "postcode": self._value("PostCode", postcode, normalise_postcode),
            "company_number": company_number,
            "sic_codes": self._sic_codes(sics),
            "size_band": None if size.lower() in _BANDS_UNKNOWN else size[:40],
            "url": self._value("CompanyLinkToGPGInfo", url, _web_address),
            "submitted_on": self._value("DateSubmitted", submitted, _day),
            "content_hash": content_hash,
            "search_text": " ".join(filter(None, dict.fromkeys(plain + made))),
        }

    def _value(self, column: str, text: str, read: Any) -> Any:
        if not text:
            return None
        value = read(text)
        if value is None:
            self.notes[column, "not recognised, left out"] += 1
        return value

    def _shortened(self, column: str, text: str, most: int) -> str:
        if len(text) > most:
            self.notes[column, "shortened"] += 1
        return text[:most]

    def _sic_codes(self, text: str) -> list[str]:
        codes: list[str] = []
        for part in text.split(","):
            given = part.strip()
            if not given:
                continue
            code = None if given == SIC_UNKNOWN else normalise_sic(given)
            if code is not None:
                codes.append(code)
            elif given == SIC_UNKNOWN:
                self.notes["SicCodes", "1 stands for unknown, left out"] += 1
            else:
                self.notes["SicCodes", "not recognised, left out"] += 1
        return list(dict.fromkeys(codes))


def content_hash(found: Sequence[str]) -> str:
    """What tells whether a published row has changed, whatever the order of its columns."""
    joined = "\x1f".join((FORMAT, *found))
    return hashlib.blake2b(joined.encode("utf-8", "replace"), digest_size=16).hexdigest()


def submitted_day(found: Sequence[str]) -> date | None:
    """The day on which the row was published, if it says."""
    return _day(found[-1])


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10].replace("/", "-"))
    except ValueError:
        return None


def _web_address(text: str) -> str | None:
    # Shown as a link, so nothing but the web: a "javascript:" address is left out.
    safe = text.lower().startswith(("http://", "https://")) and len(text) <= MAX_URL
    return text if safe and text.isprintable() and " " not in text else None
