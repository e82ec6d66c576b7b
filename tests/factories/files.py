"""Small files of every kind that is sent as evidence, and of kinds that are refused."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

_OFFICE = "application/vnd.openxmlformats-officedocument"
_ENCRYPTED = 0x1


def pdf(words: str = "An example") -> bytes:
    """Enough of a PDF."""
    return (
        f"%PDF-1.7\n1 0 obj\n<</T ({words})>>\nendobj\ntrailer\n<</Root 1 0 R>>\n%%EOF\n".encode()
    )


def png(width: int = 2, height: int = 2) -> bytes:
    """A picture whose header says it is so large."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        sums = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + sums

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 14)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def jpeg(width: int = 2, height: int = 2) -> bytes:
    """A picture with one segment before its frame header."""
    application = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + bytes(3)
    return b"\xff\xd8" + application + frame + b"\xff\xd9"


def _box(kind: bytes, *parts: bytes) -> bytes:
    inner = b"".join(parts)
    return struct.pack(">I", len(inner) + 8) + kind + inner


def heic(width: int = 2, height: int = 2) -> bytes:
    """A phone's picture: a tile and the whole."""
    kinds = _box(b"ftyp", b"heic", bytes(4), b"mif1heic")
    tile = _box(b"ispe", bytes(4), struct.pack(">II", 1, 1))
    whole = _box(b"ispe", bytes(4), struct.pack(">II", width, height))
    meta = _box(b"meta", bytes(4), _box(b"iprp", _box(b"ipco", tile, whole)))
    return kinds + meta + _box(b"mdat", b"x" * 20)


def zipped(files: dict[str, bytes]) -> bytes:
    """A ZIP archive, deflated."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def _content_types(part: str, kind: str) -> bytes:
    return (
        f'<?xml version="1.0"?><Types><Override PartName="/{part}" ContentType="{kind}"/></Types>'
    ).encode()


def docx(**extra: bytes) -> bytes:
    """A Word document."""
    kind = f"{_OFFICE}.wordprocessingml.document.main+xml"
    types = _content_types("word/document.xml", kind)
    return zipped({"[Content_Types].xml": types, "word/document.xml": b"<w/>", **extra})


def xlsx(sheet: bytes = b"<s/>") -> bytes:
    """An Excel workbook."""
    types = _content_types("xl/workbook.xml", f"{_OFFICE}.spreadsheetml.sheet.main+xml")
    return zipped({"[Content_Types].xml": types, "xl/worksheets/sheet1.xml": sheet})


def docm() -> bytes:
    """A Word document with macros, whatever it is called."""
    kind = "application/vnd.ms-word.document.macroEnabled.main+xml"
    types = _content_types("word/document.xml", kind)
    return zipped({"[Content_Types].xml": types, "word/document.xml": b"<w/>"})


def odt(manifest: bytes = b"<manifest/>") -> bytes:
    """An OpenDocument text."""
    return zipped(
        {
            "mimetype": b"application/vnd.oasis.opendocument.text",
            "META-INF/manifest.xml": manifest,
            "content.xml": b"<o/>",
        }
    )


def with_password(archive: bytes) -> bytes:
    """The archive with each entry marked as encrypted."""
    data = bytearray(archive)
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= _ENCRYPTED
            at = data.find(mark, at + 4)
    return bytes(data)


def ole(*names: str) -> bytes:
    """A compound file whose directory names these entries."""
    entries = b""
    for name in ("Root Entry", *names):
        spelt = name.encode("utf-16-le")
        entry = spelt.ljust(64, b"\0") + struct.pack("<H", len(spelt) + 2)
        entries += entry.ljust(128, b"\0")
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".ljust(512, b"\0") + entries


def msg() -> bytes:
    """An Outlook message."""
    return ole("__nameid_version1.0", "__properties_version1.0")


EML = (
    b"Received: from mail.example.org\r\nFrom: a@example.org\r\nTo: b@example.org\r\n"
    b"Subject: Our\r\n session\r\nDate: Tue, 3 Mar 2026 10:00:00 +0000\r\n\r\nHello\r\n"
)
