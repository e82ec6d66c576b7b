"""Files made to hurt who opens them: small to send, large or busy inside, or two things at once.

Each is under 10 MB, as large as the portal takes. What they would do is only said in their bytes.
"""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

from tests.factories import files

LIMIT = 10 * 1024 * 1024
_MIB = 1024 * 1024


def _blocks(size: int) -> tuple[bytes, bytes]:
    """So many zeros as packed blocks, and the last block: the same megabyte again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = packer.compress(bytes(_MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    return block * (size // _MIB), packer.flush()


def _deflated(size: int) -> bytes:
    """So many zeros, packed as PDFs and PNGs have it. Nobody gets as far as its checksum."""
    return b"\x78\xda" + b"".join(_blocks(size)) + bytes(4)


def _gzipped(size: int) -> bytes:
    """So many zeros, as gzip."""
    length = struct.pack("<II", 0, size)
    return b"\x1f\x8b\x08" + bytes(7) + b"".join(_blocks(size)) + length


def holding(data: bytes, name: str, size: int) -> bytes:
    """An archive with one more entry, of so many zeros, without making them."""
    out = io.BytesIO(data)
    mark = b"stand-in" * 4
    with zipfile.ZipFile(out, "a", zipfile.ZIP_STORED) as archive:
        archive.writestr(name, mark)
    made, packed = out.getvalue(), b"".join(_blocks(size))
    begin = made.rindex(mark)
    local, central = made.rindex(b"PK\x03\x04"), made.rindex(b"PK\x01\x02")
    told = struct.pack("<II", len(packed), size)
    head = bytearray(made[local:begin])
    head[8:10], head[18:26] = struct.pack("<H", zipfile.ZIP_DEFLATED), told
    entry = bytearray(made[central : made.rindex(b"PK\x05\x06")])
    entry[10:12], entry[20:28] = struct.pack("<H", zipfile.ZIP_DEFLATED), told
    end = bytearray(made[made.rindex(b"PK\x05\x06") :])
    moved = len(packed) - len(mark)
    place = int.from_bytes(end[16:20], "little") + moved
    end[16:20] = struct.pack("<I", place)
    middle = made[begin + len(mark) : central]
    return made[:local] + bytes(head) + packed + middle + bytes(entry) + bytes(end)


def _with_parts(make: bytes, parts: dict[str, bytes]) -> bytes:
    """An office document with more parts in it."""
    out = io.BytesIO(make)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for part in parts.items():
            archive.writestr(*part)
    return out.getvalue()


def _pptx(**parts: bytes) -> bytes:
    kind = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
    types = b'<Types><Override PartName="/ppt/p.xml" ContentType="' + kind + b'"/></Types>'
    return files.zipped({"[Content_Types].xml": types, **parts})


def nested_zip() -> bytes:
    inner = holding(files.zipped({}), "zeros", 20 * _MIB)
    return files.zipped({f"{number}.zip": inner for number in range(16)})


def many_entries() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(5_001):
            archive.writestr(str(number), b"")
    return out.getvalue()


def lying_docx() -> bytes:
    """Its directory says that a part has 2 KB; it has 60 MB."""
    data = holding(files.docx(), "word/media/a.bin", 60 * _MIB)
    return data.replace((60 * _MIB).to_bytes(4, "little"), (2048).to_bytes(4, "little"))


def overlapping() -> bytes:
    data = files.docx(**{"word/media/a.bin": bytes(range(256)) * 4000})
    start, end = data.index(b"PK\x01\x02"), data.index(b"PK\x05\x06")
    entry = data[start:end]
    tail = bytearray(data[end:])
    count = int.from_bytes(tail[8:10], "little") * 600
    tail[8:12] = count.to_bytes(2, "little") * 2
    tail[12:16] = (len(entry) * 600).to_bytes(4, "little")
    return data[:start] + entry * 600 + bytes(tail)


def _entities(form: str) -> bytes:
    if form == "quadratic":
        return (
            b'<!DOCTYPE w [<!ENTITY a "' + b"a" * 100_000 + b'">]><w>' + b"&a;" * 50_000 + b"</w>"
        )
    lines = b"".join(
        b'<!ENTITY l%d "%s">' % (number, b"&l%d;" % (number - 1) * 10) for number in range(1, 10)
    )
    return b'<!DOCTYPE w [<!ENTITY l0 "lol">' + lines + b"]><w>&l9;</w>"


def xml_in_docx(form: str) -> bytes:
    # A long comment first, so that whoever looks at the beginning only does not see it.
    return files.docx(**{"word/settings.xml": b"<!--" + b"x" * 300_000 + b"-->" + _entities(form)})


def pdf_with(*objects: bytes) -> bytes:
    body = b"".join(b"%d 0 obj\n%s\nendobj\n" % (at, one) for at, one in enumerate(objects, 1))
    return b"%PDF-1.7\n" + body + b"trailer\n<</Root 1 0 R>>\n%%EOF\n"


def _stream(head: bytes, content: bytes) -> bytes:
    return b"<<%s /Length %d>>\nstream\n%s\nendstream" % (head, len(content), content)


def pdf_zeros() -> bytes:
    return pdf_with(_stream(b"/Filter /FlateDecode", _deflated(400 * _MIB)))


def pdf_twice() -> bytes:
    inside = zlib.compress(_deflated(400 * _MIB), 1)
    return pdf_with(_stream(b"/Filter [/FlateDecode /FlateDecode]", inside))


def pdf_hidden_program() -> bytes:
    inside = zlib.compress(b"5 0 <</Type /Action /S /Java#53cript /JS (app.alert(1))>>")
    return pdf_with(_stream(b"/Type /ObjStm /Filter /FlateDecode", inside))


def pdf_many_streams() -> bytes:
    one = _stream(b"/Filter /FlateDecode", zlib.compress(b"x" * 100))
    return pdf_with(*[one] * 60_000)


def png_words() -> bytes:
    data = files.png()
    words = b"Comment\0\0" + _deflated(200 * _MIB)
    sums = struct.pack(">I", zlib.crc32(b"zTXt" + words))
    return data[:33] + struct.pack(">I", len(words)) + b"zTXt" + words + sums + data[33:]


def _png_parts() -> bytes:
    empty = struct.pack(">I", 0) + b"teXt" + struct.pack(">I", zlib.crc32(b"teXt"))
    data = files.png()
    return data[:33] + empty * 600_000 + data[33:]


def png_and_zip() -> bytes:
    archive, data = files.zipped({"a.html": PAGE}), files.png()
    # The places that its directory tells count from the beginning of the archive.
    part = struct.pack(">I", len(archive)) + b"teXt" + archive
    return data[:-12] + part + struct.pack(">I", zlib.crc32(b"teXt" + archive)) + data[-12:]


def heic_of_boxes() -> bytes:
    """Nine million bytes of the smallest boxes there are, all of them a picture's size."""
    boxes = (struct.pack(">I", 8) + b"ispe") * 1_100_000

    def box(kind: bytes, inner: bytes) -> bytes:
        return struct.pack(">I", len(inner) + 8) + kind + inner

    meta = box(b"meta", bytes(4) + box(b"iprp", box(b"ipco", boxes)))
    return box(b"ftyp", b"heic" + bytes(4) + b"mif1heic") + meta


def gif_and_script() -> bytes:
    return b"GIF89a=1;" + b"/*" + b"x" * 200 + b"*/alert(document.domain)//\n"


def gif() -> bytes:
    return b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + b"\x80\0\0" + bytes(6) + b";"


def webp() -> bytes:
    frame = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + b"\xff\xff\xff" * 2
    return b"RIFF" + struct.pack("<I", len(frame) + 4) + b"WEBP" + frame


def tiff() -> bytes:
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, 0xFFFFFFFF) for tag in (256, 257))
    return b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 2) + entries + bytes(4)


def tarred() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz", compresslevel=1) as archive:
        one = tarfile.TarInfo("../../etc/cron.d/x")
        one.size = 20 * _MIB
        archive.addfile(one, io.BytesIO(bytes(one.size)))
    return out.getvalue()


def jpeg_scans() -> bytes:
    scan = b"\xff\xda\0\x08\1\1\0\0\x3f\0" + b"\x7f" * 8
    return files.jpeg(6_000, 6_000)[:-2] + scan * 100_000 + b"\xff\xd9"


SVG = (
    b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><text>&x;</text></svg>'
)
PAGE = b"<!DOCTYPE html><html><script>alert(1)</script></html>"

# Kept as functions, so that each is made where it is sent and nowhere else.
BOMBS: dict[str, Callable[[], bytes]] = {
    "zip.zip": lambda: holding(files.zipped({}), "zeros", 300 * _MIB),
    "zip in zip.zip": nested_zip,
    "many entries.zip": many_entries,
    "huge.xlsx": lambda: holding(files.xlsx(), "xl/worksheets/sheet2.xml", 300 * _MIB),
    "huge.docx": lambda: holding(files.docx(), "word/document2.xml", 300 * _MIB),
    "huge.pptx": lambda: holding(_pptx(), "ppt/slides/1.xml", 300 * _MIB),
    "directory lies.docx": lying_docx,
    "overlapping.docx": overlapping,
    "archive inside.docx": lambda: files.docx(**{"word/embeddings/a.zip": nested_zip()}),
    "document inside.docx": lambda: files.docx(
        **{"word/embeddings/a.xlsx": holding(files.xlsx(), "xl/worksheets/sheet2.xml", 90 * _MIB)}
    ),
    "lower still.docx": lambda: files.docx(
        **{
            "word/embeddings/a.xlsx": _with_parts(
                files.xlsx(), {"xl/embeddings/b.zip": nested_zip()}
            )
        }
    ),
    "quadratic.docx": lambda: xml_in_docx("quadratic"),
    "exponential.docx": lambda: xml_in_docx("exponential"),
    "quadratic.xml": lambda: b'<?xml version="1.0"?>' + _entities("quadratic"),
    "drawing.svg": lambda: SVG,
    "drawing in utf-16.txt": lambda: SVG.decode().encode("utf-16"),
    "packed.gz": lambda: _gzipped(300 * _MIB),
    "packed.tar.gz": tarred,
    "packed.svgz": lambda: gzip.compress(SVG * 100_000, 1),
    "huge.png": lambda: files.png(60_000, 60_000),
    "words.png": png_words,
    "parts.png": _png_parts,
    "huge.jpg": lambda: files.jpeg(65_535, 65_535),
    "scans.jpg": jpeg_scans,
    "padding.jpg": lambda: b"\xff\xd8" + b"\xff" * (9 * _MIB),
    "segments.jpg": lambda: b"\xff\xd8" + b"\xff\xe0\0\2" * (2 * _MIB),
    "huge.gif": gif,
    "huge.webp": webp,
    "huge.tiff": tiff,
    "huge.heic": lambda: files.heic(60_000, 60_000),
    "boxes.heic": heic_of_boxes,
    "zeros.pdf": pdf_zeros,
    "packed twice.pdf": pdf_twice,
    "pages.pdf": lambda: pdf_with(b"<</Type /Pages /Count 999999999>>"),
    "picture.pdf": lambda: pdf_with(_stream(b"/Width 99999 /Height 99999", b"x")),
    "streams.pdf": pdf_many_streams,
    "program.pdf": pdf_hidden_program,
    "launch.pdf": lambda: pdf_with(b"<</OpenAction <</S /Launch /F (cmd.exe)>>>>"),
    "gif and script.txt": gif_and_script,
    "pdf and zip.pdf": lambda: files.pdf() + files.zipped({"a.html": PAGE}),
    "png and zip.png": png_and_zip,
    "pdf and page.pdf": lambda: files.pdf() + PAGE + b"\n%%EOF",
    "page in pdf.pdf": lambda: b"%PDF-1.7\n" + PAGE + files.pdf()[9:],
    "page and pdf.txt": lambda: b"x\n" + files.pdf(),
    "page.pdf": lambda: PAGE,
    "page in utf-16.txt": lambda: PAGE.decode().encode("utf-16"),
    "program.docx": lambda: b"MZ\x90\0" + bytes(4096),
    "old macros.doc": lambda: files.ole("WordDocument", "Macros"),
}

_HEAD = b"EmployerName,EmployerId,Employer name,Contact name,Employer agreed to be contacted,"
_HEADINGS = _HEAD + b"Person,Date,Start,End,Grade,Staff,Part-time\n"
# Tables: what importers read. Each is sent as large as it may be.
TABLES: dict[str, Callable[[int], bytes]] = {
    "empty lines.csv": lambda size: _HEADINGS + b"\n" * size,
    "one cell a line.csv": lambda size: _HEADINGS + b"a\n" * (size // 2),
    "commas.csv": lambda size: _HEADINGS + b"," * size,
    "headings.csv": lambda size: b"," * size,
    "one row of short lines.csv": lambda size: _HEADINGS + b'"\n",' * (size // 4),
    "one long cell.csv": lambda size: _HEADINGS + b"a" * size,
    "no end of quotation.csv": lambda size: _HEADINGS + b'"' + b"a\n" * (size // 2),
    "quotation marks.csv": lambda size: _HEADINGS + b'"' * size,
    "spaces.csv": lambda size: b" " * size,
    "page.csv": lambda _size: PAGE,
    "packed.csv": lambda _size: _gzipped(300 * _MIB),
    "nul.csv": lambda size: _HEADINGS + b"\0" * size,
    "two bytes.csv": lambda size: (_HEADINGS.decode() + "a\n" * (size // 4)).encode("utf-16"),
}
