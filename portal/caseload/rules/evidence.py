"""What a file that is sent as evidence is, judged by its bytes and never by its name.

Pictures are judged by their headers and office documents by the directory of their archive, so
that a small file that grows large is refused before it does. What is unpacked to see whether a
directory tells the truth is not kept, and no further than it says.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection
from typing import Final

from portal.caseload.rules.evidence_kinds import (
    CSV,
    EML,
    PACKAGES,
    TXT,
    TYPES,
    FileType,
    refused,
)
from portal.caseload.rules.evidence_packages import (
    TWO_THINGS,
    is_archive_too,
    ole_document,
    zip_document,
)
from portal.caseload.rules.evidence_pdf import pdf
from portal.caseload.rules.evidence_pictures import heic, jpeg, png
from portal.kernel.result import Problem

ACCEPTED: Final = "PDF, PNG, JPEG, HEIC, DOCX, XLSX, ODT, CSV, TXT, EML or MSG"
ACCEPT_ATTRIBUTE: Final = ".pdf,.png,.jpg,.jpeg,.heic,.docx,.xlsx,.odt,.csv,.txt,.eml,.msg"
NAME_LENGTH: Final = 120
NOTE_LENGTH: Final = 2000
REASON_LENGTH: Final = 500
_MIB: Final = 1024 * 1024
# A page, a program, a drawing or the beginning of a picture is text too, but nobody's evidence.
_MARKUP = re.compile(
    r"\s*(?:<!|<\?|\{\\rtf|%!|#!|GIF8[79]a|RIFF|II\*|MM\x00?\*|BM.{0,4}\x00"
    r"|</?(?:html|head|body|script|style|svg|math|img|iframe|frame|object|embed|form|input|link"
    r"|meta|base|title|table|div|span|p|a|b|i|h[1-6]|video|audio|details|template|xml|x)"
    r"(?:[\s/>]|\Z))",
    re.IGNORECASE,
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0e-\x1f]")
_HEADER = re.compile(rb"([!-9;-~]{1,60}):")
_MAIL_HEADERS: Final = frozenset({b"from", b"date", b"received", b"message-id", b"subject", b"to"})
_HEAD: Final = 64 * 1024
_PDF_HEAD: Final = 1024

_SIGNATURES: Final[tuple[tuple[bytes, Callable[[bytes], FileType | Problem]], ...]] = (
    (b"%PDF-", pdf),
    (b"\x89PNG\r\n\x1a\n", png),
    (b"\xff\xd8\xff", jpeg),
    (b"PK\x03\x04", zip_document),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", ole_document),
)


def recognise(
    data: bytes,
    *,
    at_most: int,
    kinds: Collection[FileType] = tuple(TYPES.values()),
    ask_for: str = f"Send evidence as {ACCEPTED}",
) -> FileType | Problem:
    """What the bytes are, if they may be kept; else why not, in words for the person who sent them.

    ``at_most`` is the largest file in bytes, ``kinds`` those that are taken, ``ask_for`` says them.
    """
    found = _recognised(data, at_most, ask_for)
    if isinstance(found, FileType) and found not in PACKAGES and is_archive_too(data):
        return TWO_THINGS
    if isinstance(found, Problem) or found in kinds:
        return found
    return refused("not_allowed", f"This is a file of another kind ({found.words}). {ask_for}")


def _recognised(data: bytes, at_most: int, ask_for: str) -> FileType | Problem:
    if not data:
        return refused("empty", "The file is empty. Check it on your device and choose it again")
    if len(data) > at_most:
        return too_large(at_most)
    for beginning, judge in _SIGNATURES:
        if data.startswith(beginning):
            return judge(data)
    if data[4:8] == b"ftyp":
        return heic(data) or _unknown(data, ask_for)
    return _text(data) or _unknown(data, ask_for)


def _limit(size: int) -> str:
    return f"{size // _MIB} MB" if size >= _MIB else f"{size // 1024} KB"


def at_most(size: int) -> str:
    """The largest file that is taken, as a hint."""
    return f"At most {_limit(size)}"


def too_large(size: int) -> Problem:
    """The refusal of a file over the limit."""
    return refused("too_large", f"The file must be {_limit(size)} or smaller")


def _text(data: bytes) -> FileType | None:
    if _looks_like_mail(data):
        return EML
    text = _decoded(data)
    # A reader of PDFs takes one that begins somewhere in the first thousand bytes.
    if text is None or _MARKUP.match(text) or b"%PDF-" in data[:_PDF_HEAD]:
        return None
    return CSV if _is_table(text) else TXT


def _decoded(data: bytes) -> str | None:
    """The text that the bytes spell, or None when they spell none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError:
            return None
        return None if _CONTROLS.search(text[:_HEAD].encode()) else text
    if _CONTROLS.search(data):
        return None
    for encoding in ("utf-8-sig", "cp1252"):  # the second is what Excel writes in the UK
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _is_table(text: str) -> bool:
    lines = [line for line in text[:_HEAD].splitlines() if line.strip()][:20]
    if len(lines) < 2:  # noqa: PLR2004 - a heading and a row
        return False
    return any(all(mark in line for line in lines) for mark in (",", ";", "\t"))


def _looks_like_mail(data: bytes) -> bool:
    head = data[:_HEAD].replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    if b"\x00" in head or not _HEADER.match(head):
        return False
    names = set()
    for line in head.split(b"\n"):
        if line[:1] in (b" ", b"\t"):
            continue
        found = _HEADER.match(line)
        if found is None:
            return False
        names.add(found.group(1).lower())
    return b"from" in names and len(names & _MAIL_HEADERS) >= 3  # noqa: PLR2004 - as every mail has


def _unknown(data: bytes, ask_for: str) -> Problem:
    import puremagic

    guess = ""
    try:
        matches = puremagic.magic_string(data[:4096])
        guess = max(matches, key=lambda match: match.confidence).name
    except (puremagic.PureError, ValueError):
        pass
    says = f"This looks like: {guess}. " if guess else "The portal cannot tell what this file is. "
    return refused("not_allowed", f"{says}{ask_for}")


def safe_name(given: str, kind: FileType) -> str:
    """A file name to show and to send: no folders, no hidden characters, an ending that is true."""
    name = unicodedata.normalize("NFC", given).replace("\\", "/").rpartition("/")[2]
    name = "".join(" " if unicodedata.category(mark)[0] in "CZ" else mark for mark in name)
    name = " ".join("".join(" " if mark in '<>:"|?*' else mark for mark in name).split())
    name = name.rstrip(". ")
    stem, dot, ending = name.rpartition(".")
    if dot and ending.lower() in kind.endings:
        return f"{stem.strip('. ')[:NAME_LENGTH] or 'evidence'}.{ending.lower()}"
    return f"{name.strip('. ')[:NAME_LENGTH] or 'evidence'}.{kind.endings[0]}"


def size_in_words(size: int) -> str:
    """A size in bytes as people read it."""
    if size < 1024:  # noqa: PLR2004
        return f"{size} bytes"
    return f"{size / 1024:.0f} KB" if size < _MIB else f"{size / _MIB:.1f} MB"
