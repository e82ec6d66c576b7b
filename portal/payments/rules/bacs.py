"""A payment run as a Bacs Standard 18 submission of direct credits.

The layout follows the public account of the interchange standard that IBM gives (v18/9 of 1 October
2002: data records of 100 characters, or of 106 with a processing day each,
https://www.ibm.com/docs/en/ste/10.1.2?topic=support-domestic-format-united-kingdom). The positions
of the VOL1 label and of a part of HDR1 were compared with excerpts of banks' guides (HSBC, *Message
Implementation Guide: BACS Standard 18*, August 2012; Bank of Ireland, *BACS File Specification*);
the others with two public implementations that agree, not with a guide itself. Send a test file to
the bank before the first real one.

    VOL1 HDR1 HDR2 UHL1     labels of 80 characters
    one record a payment    transaction code 99, a credit
    one contra record       transaction code 17: the total leaves the originator's account
    EOF1 EOF2 UTL1          labels of 80 characters

Whether an account can exist at a sort code (the modulus check that Vocalink publishes) is not
looked at here: the bank's own software does that when it takes the file. Nothing here is sent
anywhere; a submission is signed and sent with that software.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

LABEL_LENGTH: Final = 80
RECORD_LENGTH: Final = 100
DATED_LENGTH: Final = 106
NAME_LENGTH: Final = 18
# Twenty million pounds, which banks name as the most for one payment; the field has eleven digits.
MOST_CREDIT: Final = 2_000_000_000
MOST_TOTAL: Final = 99_999_999_999
CREDIT: Final = "99"
CONTRA: Final = "17"
_BLOCK: Final = 20
_KEPT_DAYS: Final = 7
_MOST_SERIAL: Final = 999_999
_MOST_FILE: Final = 999
_NOT_ALLOWED: Final = re.compile(r"[^A-Z0-9.&/ -]")


class BacsError(ValueError):
    """A run that cannot be a submission, in words for whoever pays."""


@dataclass(frozen=True, slots=True)
class Originator:
    """Who pays: the service user number that Bacs gave, and the account the money leaves."""

    service_user_number: str
    sort_code: str
    account: str
    name: str


@dataclass(frozen=True, slots=True)
class Credit:
    """One payment: to whom, how many pence, and the reference that the payee sees."""

    sort_code: str
    account: str
    name: str
    pence: int
    reference: str


def characters(text: str, length: int) -> str:
    """Text in the characters that Bacs allows, cut or filled with spaces to a length.

    Capitals throughout; an accent is dropped from its letter, anything else becomes a space.
    """
    plain = unicodedata.normalize("NFKD", text.upper())
    plain = "".join(one for one in plain if not unicodedata.combining(one)).upper()
    return _NOT_ALLOWED.sub(" ", plain)[:length].ljust(length)


def day_number(day: date) -> str:
    """A day as a space, two digits of the year and three of the day in it."""
    return f" {day:%y%j}"


def submission(
    originator: Originator,
    credits_: Sequence[Credit],
    *,
    serial: int,
    created_on: date,
    process_on: date,
    dated: bool = False,
) -> bytes:
    """The whole file in ASCII, each record ended by carriage return and line feed.

    ``serial`` counts submissions from 1; the last six digits of it are used. ``process_on`` is the
    day on which Bacs works on the file: the money arrives on the working day after it. ``dated``
    makes records of 106 characters that each carry that day.

    Raises:
        BacsError: for nothing to pay, an amount out of range, or digits that are not.
    """
    _check(originator, credits_, created_on, process_on)
    total = sum(one.pence for one in credits_)
    number = (serial - 1) % _MOST_SERIAL + 1
    user = originator.service_user_number
    day = day_number(process_on) if dated else ""
    headers = _headers(user, number, created_on, process_on, dated=dated)
    contra = Credit(originator.sort_code, originator.account, originator.name, total, "CONTRA")
    records = [
        _label("VOL1", f"{number:06d}", " " * 31, user, " " * 32, "1"),
        *(f"HDR{place}{rest}" for place, rest in enumerate(headers, start=1)),
        _label(
            *("UHL1", day_number(process_on), "999999", " " * 4, "00", "0" * 6),
            *("4 MULTI  " if dated else "1 DAILY  ", f"{(number - 1) % _MOST_FILE + 1:03d}"),
        ),
        *(_record(originator, one, CREDIT) + day for one in credits_),
        _record(originator, contra, CONTRA) + day,
        *(f"EOF{place}{rest}" for place, rest in enumerate(headers, start=1)),
        _label("UTL1", f"{total:013d}", f"{total:013d}", f"{1:07d}", f"{len(credits_):07d}"),
    ]
    return "".join(f"{record}\r\n" for record in records).encode("ascii")


def _headers(
    user: str, number: int, created_on: date, process_on: date, *, dated: bool
) -> tuple[str, str]:
    """What the two header labels of the file and its two end labels have in common."""
    expires_on = process_on + timedelta(days=_KEPT_DAYS)
    first = _label(
        *("A", user, "S", "  ", "1", user, f"{number:06d}", "0001", "0001", " " * 6),
        *(day_number(created_on), day_number(expires_on), " ", "0" * 6),
        length=LABEL_LENGTH - 4,
    )
    length = DATED_LENGTH if dated else RECORD_LENGTH
    second = _label(
        *("F", f"{length * _BLOCK:05d}", f"{length:05d}", " " * 35, "00"), length=LABEL_LENGTH - 4
    )
    return first, second


def _label(*parts: str, length: int = LABEL_LENGTH) -> str:
    return "".join(parts).ljust(length)


def _record(originator: Originator, one: Credit, code: str) -> str:
    return "".join(
        (
            *(one.sort_code, one.account, "0", code),
            *(originator.sort_code, originator.account, " " * 4, f"{one.pence:011d}"),
            characters(originator.name, NAME_LENGTH),
            characters(one.reference, NAME_LENGTH),
            characters(one.name, NAME_LENGTH),
        )
    )


def _check(
    originator: Originator, credits_: Sequence[Credit], created_on: date, process_on: date
) -> None:
    _digits("The service user number", originator.service_user_number, 6)
    _digits("The paying account's sort code", originator.sort_code, 6)
    _digits("The paying account", originator.account, 8)
    if not originator.name.strip():
        raise BacsError("The name of the paying account is missing")
    if process_on < created_on:
        raise BacsError("The processing day lies before the day of the run")
    if not credits_:
        raise BacsError("There is nothing to pay")
    for one in credits_:
        _digits(f"{one.name}: the sort code", one.sort_code, 6)
        _digits(f"{one.name}: the account", one.account, 8)
        if not 0 < one.pence <= MOST_CREDIT:
            raise BacsError(f"{one.name}: Bacs takes amounts from £0.01 to £20,000,000.00")
    if sum(one.pence for one in credits_) > MOST_TOTAL:
        raise BacsError("The total has more than eleven digits: make smaller runs")


def _digits(what: str, text: str, length: int) -> None:
    if len(text) != length or not (text.isascii() and text.isdecimal()):
        raise BacsError(f"{what} must be {length} digits")
