"""PDFs, judged without opening them: whole, one thing only, no program, no bomb.

Packed parts are unpacked piece by piece to see how long they are, and dropped. What is found here
is what a reader's device would have to bear; the portal itself never opens a PDF it was sent.
"""

from __future__ import annotations

import re
import zlib
from typing import Final

from portal.caseload.rules.evidence_kinds import PDF, FileType, refused
from portal.kernel.result import Problem

MOST_UNPACKED: Final = 100 * 1024 * 1024
MOST_RATIO: Final = 200
MOST_PAGES: Final = 20_000
# A scanned A2 sheet at 600 dots an inch has 140 million.
MOST_PIXELS: Final = 200_000_000
_MOST_STREAMS: Final = 10_000
_BEFORE: Final = 2_048
_HEAD: Final = 1_024
_CHUNK: Final = 256 * 1024
_KEPT: Final = 1024 * 1024
_MOST_KEPT: Final = 8 * 1024 * 1024

_ENCRYPTED = re.compile(rb"/Encrypt\s*(?:\d+\s+\d+\s+R|<<)")
_STREAM = re.compile(rb"stream\r?\n")
_PACKING = re.compile(rb"/(?:FlateDecode|Fl|LZWDecode|LZW|RunLengthDecode|RL)\b")
_PAGES = re.compile(rb"/Count\s{1,9}(\d{1,20})")
_WIDTH = re.compile(rb"/Width\s{1,9}(\d{1,20})")
_HEIGHT = re.compile(rb"/Height\s{1,9}(\d{1,20})")
_PAGE_MARKUP = re.compile(rb"<(?:!doctype|html|head|body|script|svg|iframe)\b", re.IGNORECASE)
# What may stand after the end of one version of a PDF: nothing, or another version.
_END = re.compile(rb"%%EOF[\s\0]*")
_GOES_ON = re.compile(rb"\d|xref|trailer|startxref|endstream|endobj|%(?!PDF)|\Z")


def _spelt(name: str) -> bytes:
    """A name as it may be written: each letter as itself or by its number, such as ``#4A``."""
    letters = (f"(?:{letter}|#{ord(letter):02x}|#{ord(letter):02X})" for letter in name)
    return ("/" + "".join(letters)).encode()


_PROGRAM = re.compile(b"|".join(_spelt(name) for name in ("JavaScript", "Launch", "RichMedia")))

_DAMAGED = refused("damaged", "This PDF is damaged or cut off. Save it again and send the copy")
_PROTECTED = refused(
    "protected",
    "This PDF is protected, so it cannot be checked. Print it to a new PDF, or save it "
    "without a password, and send that",
)
_PROGRAMS = refused(
    "macros", "This PDF holds a program or a film. Print it to a new PDF and send that"
)
_BOMB = refused(
    "unpacks_too_large",
    "This PDF unpacks to far more than it seems, so it is not opened. Print it to a new PDF and "
    "send that",
)
_TWO_THINGS = refused(
    "two_kinds",
    "This file is a PDF and something else at once, so it is not opened. Print it to a new PDF "
    "and send that",
)


def pdf(data: bytes) -> FileType | Problem:
    """A PDF that is whole, nothing else besides, and can be opened without a password or harm."""
    checks = (
        (_DAMAGED, lambda: b"%%EOF" not in data),
        (_PROTECTED, lambda: _ENCRYPTED.search(data)),
        (_TWO_THINGS, lambda: _PAGE_MARKUP.search(data[:_HEAD]) or not _ends_as_a_pdf(data)),
        (_PROGRAMS, lambda: _PROGRAM.search(data)),
        (_BOMB, lambda: _has_too_many_pages(data)),
    )
    wrong = next((problem for problem, finds in checks if finds()), None)
    return wrong or _packed_parts(data) or PDF


def _has_too_many_pages(text: bytes) -> bool:
    return any(int(found[1]) > MOST_PAGES for found in _PAGES.finditer(text))


def _ends_as_a_pdf(data: bytes) -> bool:
    return all(_GOES_ON.match(data, found.end()) for found in _END.finditer(data))


def _packed_parts(data: bytes) -> Problem | None:
    """What is wrong with the packed parts, if anything."""
    unpacked = kept = 0
    for number, found in enumerate(_STREAM.finditer(data), start=1):
        begin = max(0, found.start() - _BEFORE)
        head = data[max(begin, data.rfind(b"obj", begin, found.start())) : found.start()]
        packings = len(_PACKING.findall(head))
        if number > _MOST_STREAMS or _pixels(head) > MOST_PIXELS or packings > 1:
            # Packed twice: no program writes that, and it multiplies what it unpacks to.
            return _BOMB
        if not packings or unpacked > MOST_UNPACKED or head.endswith(b"end"):
            continue
        # Other parts may be packed inside this one, with their names: these are looked at.
        wanted = b"/ObjStm" in head and kept < _MOST_KEPT
        size, packed, text = _unpack(memoryview(data)[found.end() :], keep=wanted)
        unpacked += size
        kept += len(text)
        if _explodes(size, packed):
            return _BOMB
        if _PROGRAM.search(text):
            return _PROGRAMS
        if _has_too_many_pages(text):
            return _BOMB
    return None


def _pixels(head: bytes) -> int:
    width, height = _WIDTH.search(head), _HEIGHT.search(head)
    return int(width[1]) * int(height[1]) if width and height else 0


def _explodes(size: int, packed: int) -> bool:
    return size > MOST_UNPACKED // 10 and size > MOST_RATIO * max(1, packed)


def _unpack(content: memoryview, *, keep: bool) -> tuple[int, int, bytes]:
    """How long a part is unpacked, how long packed, and its beginning where that is wanted."""
    reader = zlib.decompressobj()
    size = at = 0
    text = bytearray()
    rest: bytes | memoryview = b""
    try:
        while not reader.eof and size <= MOST_UNPACKED and not _explodes(size, at - len(rest)):
            if not rest:
                rest = content[at : at + _CHUNK]
                at += len(rest)
                if not rest:
                    break
            piece = reader.decompress(rest, _KEPT)
            rest = reader.unconsumed_tail
            size += len(piece)
            if keep and len(text) < _KEPT:
                text += piece
    except zlib.error:
        pass
    return size, at - len(rest) - len(reader.unused_data), bytes(text)
