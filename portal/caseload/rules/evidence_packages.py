"""Office documents and Outlook mail, judged by the directory inside before anything is unpacked."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from typing import Final

from portal.caseload.rules.evidence_kinds import DOCX, MSG, ODT, PPTX, XLSX, FileType, refused
from portal.kernel.result import Problem

# A 1.5 MB spreadsheet can hold 637 MB: its own directory says so.
MOST_ENTRIES: Final = 5_000
MOST_UNPACKED: Final = 100 * 1024 * 1024
MOST_RATIO: Final = 200
_RATIO_MATTERS_FROM: Final = 10 * 1024 * 1024
_MOST_DIRECTORY: Final = 1024 * 1024
_MOST_READ: Final = 1024 * 1024
_END_LENGTH: Final = 22
_END_SEARCH: Final = 66_000
_ENCRYPTED: Final = 0x1

_DAMAGED = refused(
    "damaged", "This document is damaged or cut off. Save it again and send the copy"
)
_BOMB = refused(
    "unpacks_too_large",
    "This document unpacks to far more than it seems, so it is not opened. Save it again without "
    "what is not needed, or print it to a PDF",
)
_PROTECTED = refused(
    "protected",
    "This document needs a password, so it cannot be checked. Save it without one and send that",
)
_MACROS = refused(
    "macros",
    "This document holds macros, which are programs. Save it as an ordinary document (.docx or "
    ".xlsx) or as a PDF and send that",
)
_OLD = refused(
    "old_format",
    "This is a document of an old Office format. Save it as .docx, .xlsx or PDF and send that",
)
_ARCHIVE = refused(
    "archive", "This is an archive or a kind of document that is not taken. Send files one by one"
)
TWO_THINGS = refused(
    "two_kinds",
    "This file is an archive and something else at once, so it is not opened. Save it again as "
    "what it should be and send that",
)
_DECLARES = refused(
    "declares_entities",
    "This document declares texts that stand for other texts, which no office program writes. "
    "Save it again, or print it to a PDF and send that",
)
# An entry that is an archive itself, and one that is a document: a chart brings its workbook.
_ARCHIVES: Final = (
    *(".zip", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".jar", ".cab", ".iso"),
)
_DOCUMENTS: Final = (".docx", ".xlsx", ".pptx", ".odt", ".ods", ".odp")
_MARKUP: Final = (".xml", ".rels", ".vml")
# In either of the alphabets that XML may be written in.
_DTD: Final = re.compile(rb"<\0?!\0?(?:D\0?O\0?C\0?T\0?Y\0?P\0?E|E\0?N\0?T\0?I\0?T\0?Y)")
_DEEPEST: Final = 1
_CHUNK: Final = 256 * 1024
_PIECE: Final = 1024 * 1024
_OVERLAP: Final = 32
_NESTED = refused(
    "archive",
    "This document holds an archive, or documents in documents. Take them out and send them one "
    "by one",
)
_MAIN_PARTS: Final = {
    b"wordprocessingml.document.main+xml": DOCX,
    b"spreadsheetml.sheet.main+xml": XLSX,
    b"presentationml.presentation.main+xml": PPTX,
}


def zip_document(data: bytes) -> FileType | Problem:
    """A Word, Excel or OpenDocument file whose directory is within limits, and true."""
    return _document(data, depth=0)


def is_archive_too(data: bytes) -> bool:
    """Whether a file of another kind can be opened as an archive as well."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - _END_SEARCH))
    if end < 0 or end + _END_LENGTH > len(data):
        return False
    length = int.from_bytes(data[end + 12 : end + 16], "little")
    return length == 0 or data[max(0, end - length) :].startswith(b"PK\x01\x02")


def _document(data: bytes, *, depth: int) -> FileType | Problem:
    problem = _directory_problem(data)
    if problem is not None:
        return problem
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            problem = _entries_problem(entries, len(data))
            kind = problem or _kind_of(archive, entries)
            if isinstance(kind, Problem):
                return kind
            return _contents_problem(archive, entries, data, depth) or kind
    except (zipfile.BadZipFile, ValueError, OSError, EOFError, NotImplementedError, RuntimeError):
        return _DAMAGED


def _directory_problem(data: bytes) -> Problem | None:
    """Whether the directory itself is too long to be read."""
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - _END_SEARCH))
    if end < 0 or end + _END_LENGTH > len(data):
        return _DAMAGED
    count = int.from_bytes(data[end + 10 : end + 12], "little")
    length = int.from_bytes(data[end + 12 : end + 16], "little")
    return _BOMB if count > MOST_ENTRIES or length > _MOST_DIRECTORY else None


def _entries_problem(entries: list[zipfile.ZipInfo], size: int) -> Problem | None:
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        return _PROTECTED
    unpacked = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if len(entries) > MOST_ENTRIES or unpacked > MOST_UNPACKED:
        return _BOMB
    # More inside than there are bytes: entries that overlap, to be unpacked again and again.
    if packed > size or (unpacked > _RATIO_MATTERS_FROM and unpacked > MOST_RATIO * max(1, packed)):
        return _BOMB
    names = [entry.filename.lower() for entry in entries]
    if any("vbaproject" in name or name.startswith(("basic/", "scripts/")) for name in names):
        return _MACROS
    return None


def _contents_problem(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], data: bytes, depth: int
) -> Problem | None:
    """Whether an entry holds more than the directory says, or what it should not."""
    if not data.startswith(b"PK\x03\x04"):
        return TWO_THINGS
    for entry in entries:
        name = entry.filename.lower()
        problem = _NESTED if name.endswith(_ARCHIVES) else _entry_problem(entry, data)
        if problem is None and name.endswith(_DOCUMENTS):
            problem = _embedded_problem(archive, entry, depth)
        if problem is not None:
            return problem
    return None


def _embedded_problem(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, depth: int
) -> Problem | None:
    """What is wrong with a document inside this one; it may be of a kind that is not taken."""
    if depth >= _DEEPEST or entry.file_size > MOST_UNPACKED // 5:
        return _NESTED
    with archive.open(entry) as inner:
        found = _document(inner.read(entry.file_size + 1), depth=depth + 1)
    return found if isinstance(found, Problem) and found is not _ARCHIVE else None


def _entry_problem(entry: zipfile.ZipInfo, data: bytes) -> Problem | None:
    """Look through an entry where it stands, without keeping what it holds."""
    local = entry.header_offset
    if data[local : local + 4] != b"PK\x03\x04":
        return _DAMAGED
    names = int.from_bytes(data[local + 26 : local + 28], "little")
    begin = local + 30 + names + int.from_bytes(data[local + 28 : local + 30], "little")
    content = memoryview(data)[begin : begin + entry.compress_size]
    is_markup = entry.filename.lower().endswith(_MARKUP)
    if entry.compress_type == zipfile.ZIP_DEFLATED:
        return _packed_problem(content, entry.file_size, is_markup=is_markup)
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size:
        return _DAMAGED
    return _DECLARES if is_markup and _DTD.search(content) else None


def _packed_problem(content: memoryview, said: int, *, is_markup: bool) -> Problem | None:
    """Unpack piece by piece, no further than the directory said it goes."""
    reader, size, at = zlib.decompressobj(-15), 0, 0
    last = rest = b""
    try:
        while not reader.eof and (rest or at < len(content)):
            if not rest:
                rest = bytes(content[at : at + _CHUNK])
                at += len(rest)
            piece = reader.decompress(rest, _PIECE)
            rest = reader.unconsumed_tail
            size += len(piece)
            if size > said:
                return _BOMB
            if is_markup and _DTD.search(last + piece):
                return _DECLARES
            last = piece[-_OVERLAP:]
    except zlib.error:
        return _DAMAGED
    return None


def _kind_of(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> FileType | Problem:
    names = {entry.filename for entry in entries}
    if "[Content_Types].xml" in names:
        types = _beginning(archive, "[Content_Types].xml")
        if b"macroEnabled" in types:
            return _MACROS
        found = [kind for part, kind in _MAIN_PARTS.items() if part in types]
        return found[0] if len(found) == 1 else _ARCHIVE
    if "mimetype" in names and _beginning(archive, "mimetype").strip() == ODT.media_type.encode():
        if b"encryption-data" in _beginning(archive, "META-INF/manifest.xml"):
            return _PROTECTED
        return ODT
    return _ARCHIVE


def _beginning(archive: zipfile.ZipFile, name: str) -> bytes:
    """The first of an entry's content, however much it says it holds."""
    try:
        with archive.open(name) as entry:
            return entry.read(_MOST_READ)
    except KeyError:
        return b""
    except zipfile.BadZipFile:
        raise
    except Exception as error:
        # The unpacking library has its own errors for spoilt data.
        raise zipfile.BadZipFile(str(error)) from error


def ole_document(data: bytes) -> FileType | Problem:
    """An Outlook message; passwords, macros and old Office documents are refused by name."""
    if _has_entry(data, "EncryptedPackage") or _has_entry(data, "EncryptionInfo"):
        return _PROTECTED
    if _has_entry(data, "_VBA_PROJECT") or _has_entry(data, "Macros"):
        return _MACROS
    if _has_entry(data, "__properties_version1.0"):
        return MSG
    return _OLD


def _has_entry(data: bytes, name: str) -> bool:
    """Whether the compound file's directory names an entry: 128 bytes each, its name first."""
    needle = name.encode("utf-16-le")
    length = (len(needle) + 2).to_bytes(2, "little")
    at = data.find(needle)
    while at >= 0:
        if at % 128 == 0 and data[at + 64 : at + 66] == length:
            return True
        at = data.find(needle, at + 1)
    return False
