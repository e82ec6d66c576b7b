"""Company numbers, charity numbers and postcodes, as typed and as kept."""

from __future__ import annotations

import re

COMPANY_NUMBER_LENGTH = 8
# Companies House prefixes by jurisdiction and kind of body.
# fmt: off
COMPANY_PREFIXES = frozenset((
    "AC", "BR", "CE", "CS", "FC", "FE", "GE", "GN", "GS", "IC", "IP", "LP",
    "NA", "NC", "NF", "NI", "NL", "NO", "NP", "NR", "NV", "NZ", "OC", "OE",
    "PC", "RC", "RE", "RS", "SA", "SC", "SE", "SF", "SG", "SI", "SL", "SO",
    "SP", "SR", "SZ", "ZC",
))
# fmt: on
_PREFIXED = re.compile(r"([A-Z]{2})(\d{1,6})")
_SOCIETY = re.compile(r"(?:IP|SP|NP|NO)\d{5}R|RE[0-9A-Z]{6}|R0\d{6}")
_PUBLISHED = re.compile(r"[A-Z0-9]{8}")
_CHARITY = re.compile(r"(\d{6,7})(?:-(\d{1,2}))?|(?:SC|NIC)\d{6}")
_POSTCODE = re.compile(r"(GIR|[A-Z]{1,2}\d[A-Z\d]?)(\d[ABD-HJLNP-UW-Z]{2})")
_SEPARATORS = str.maketrans("", "", " .-/\t\u00a0")


def normalise_company_number(text: str) -> str | None:
    """A company number as its eight characters; None when it cannot be one.

    Leading noughts may be left out (``3261722``, ``SC16876``), spaces and case do not matter.
    """
    compact = text.translate(_SEPARATORS).upper()
    if compact.isascii() and compact.isdigit():
        if len(compact) <= COMPANY_NUMBER_LENGTH and int(compact):
            return compact.zfill(COMPANY_NUMBER_LENGTH)
        return None
    match = _PREFIXED.fullmatch(compact)
    if match and match[1] in COMPANY_PREFIXES and int(match[2]):
        return match[1] + match[2].zfill(6)
    return compact if _SOCIETY.fullmatch(compact) else None


def published_company_number(text: str) -> str | None:
    """A company number as a register prints it: any eight letters and digits are kept."""
    compact = text.strip().upper()
    return compact if _PUBLISHED.fullmatch(compact) else normalise_company_number(compact)


def short_company_number(number: str) -> str:
    """The number without the noughts people leave out: ``03261722`` is also ``3261722``."""
    if number.isdigit():
        return number.lstrip("0")
    return number[:2] + number[2:].lstrip("0")


def normalise_charity_number(text: str) -> str | None:
    """A charity number of England and Wales, Scotland or Northern Ireland; None when it is none.

    A linked charity keeps its suffix, as in ``1234567-1``.
    """
    compact = "".join(text.split()).upper()
    return compact if _CHARITY.fullmatch(compact) else None


def normalise_postcode(text: str) -> str | None:
    """A United Kingdom postcode with its one space; None when it cannot be one.

    A letter O or I where only a digit can stand is read as that digit.
    """
    compact = "".join(text.split()).upper()
    match = _POSTCODE.fullmatch(compact)
    if match is None and len(compact) > 4 and compact[-3] in "OI":  # noqa: PLR2004
        digit = "0" if compact[-3] == "O" else "1"
        match = _POSTCODE.fullmatch(compact[:-3] + digit + compact[-2:])
    return f"{match[1]} {match[2]}" if match else None
