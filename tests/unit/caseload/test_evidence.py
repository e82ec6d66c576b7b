"""Files are what their bytes are, and dangerous ones are refused quickly, in words that help."""

from __future__ import annotations

import os
import time
import zipfile
from io import BytesIO

import pytest

from portal.caseload.rules.evidence import recognise, safe_name, size_in_words
from portal.caseload.rules.evidence_kinds import PDF, TYPES, FileType
from portal.kernel.result import Problem
from tests.factories import files

LIMIT = 10 * 1024 * 1024


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (files.pdf(), "application/pdf"),
        (files.png(), "image/png"),
        (files.jpeg(), "image/jpeg"),
        (files.heic(), "image/heic"),
        (files.docx(), "vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (files.xlsx(), "vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        (files.odt(), "vnd.oasis.opendocument.text"),
        (files.msg(), "vnd.ms-outlook"),
        (files.EML, "message/rfc822"),
        (b"Name,Hours\nExample,12\n", "text/csv"),
        ("Name;Café\nExample;12\n".encode("cp1252"), "text/csv"),
        ("Ein Café\n".encode("utf-8-sig"), "text/plain"),
        ("Name\tHours\nA\t1\n".encode("utf-16"), "text/csv"),
        (b"Dear all,\nwe met on Tuesday.\n", "text/plain"),
    ],
    ids=[
        *("pdf", "png", "jpeg", "heic", "docx", "xlsx", "odt"),
        *("msg", "eml", "csv", "cp1252", "bom", "utf16", "txt"),
    ],
)
def test_kinds_that_are_kept(data: bytes, media_type: str) -> None:
    found = recognise(data, at_most=LIMIT)
    assert isinstance(found, FileType), found
    assert found.media_type.endswith(media_type)
    assert TYPES[found.media_type] is found


def bomb() -> bytes:
    """1 MB that holds a little over 100 MB."""
    return files.xlsx(bytes(105 * 1024 * 1024))


def many_entries() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(5_001):
            archive.writestr(str(number), b"")
    return out.getvalue()


def overlapping() -> bytes:
    """An archive whose directory names the same bytes again and again."""
    data = files.zipped({"a": os.urandom(20_000)})
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry = data[start:end]
    tail = bytearray(data[end:])
    tail[8:12] = (300).to_bytes(2, "little") * 2
    tail[12:16] = (len(entry) * 300).to_bytes(4, "little")
    return data[:start] + entry * 300 + bytes(tail)


REFUSED = {
    "empty": (b"", "empty", "The file is empty"),
    "program": (b"MZ\x90\0" + bytes(300), "not_allowed", "Windows Executable"),
    "web page": (b"<!DOCTYPE html><script>x()</script>", "not_allowed", "HTML"),
    "drawing": (b'\xef\xbb\xbf<svg xmlns="http://www.w3.org/2000/svg"/>', "not_allowed", ""),
    "film": (b"\0\0\0\x18ftypmp42\0\0\0\0isommp42", "not_allowed", "MPEG-4"),
    "noise": (bytes(range(256)) * 9, "not_allowed", "cannot tell"),
    "archive": (files.zipped({"a.pdf": files.pdf()}), "archive", "one by one"),
    "cut archive": (files.docx()[:-30], "damaged", "damaged or cut off"),
    "cut pdf": (files.pdf()[:40], "damaged", "damaged or cut off"),
    "cut png": (files.png()[:-20], "damaged", "damaged or cut off"),
    "cut jpeg": (files.jpeg()[:24], "damaged", "damaged or cut off"),
    "png bomb": (files.png(12_000, 12_000), "too_many_pixels", "12,000 by 12,000"),
    "jpeg bomb": (files.jpeg(10_000, 5_001), "too_many_pixels", "too many"),
    "heic bomb": (files.heic(60_000, 60_000), "too_many_pixels", "too many"),
    "no picture": (files.png(0, 5), "damaged", "damaged"),
    "zip bomb": (bomb(), "unpacks_too_large", "unpacks to far more"),
    "many entries": (many_entries(), "unpacks_too_large", "unpacks to far more"),
    "overlap": (overlapping(), "unpacks_too_large", "unpacks to far more"),
    "zip password": (files.with_password(files.docx()), "protected", "password"),
    "office password": (files.ole("EncryptionInfo", "EncryptedPackage"), "protected", "password"),
    "odt password": (files.odt(b"<m:encryption-data/>"), "protected", "password"),
    "pdf password": (
        files.pdf().replace(b"/Root", b"/Encrypt 9 0 R/Root"),
        "protected",
        "Print it to a new PDF",
    ),
    "docm": (files.docm(), "macros", "programs"),
    "docx with macros": (files.docx(**{"word/vbaProject.bin": b"x"}), "macros", "programs"),
    "old doc": (files.ole("WordDocument"), "old_format", "old Office format"),
    "old doc, macros": (files.ole("WordDocument", "Macros"), "macros", "programs"),
    "too large": (b"a" * (LIMIT + 1), "too_large", "10 MB or smaller"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_are_quick_and_say_what_to_do(name: str) -> None:
    data, code, words = REFUSED[name]
    begun = time.perf_counter()
    found = recognise(data, at_most=LIMIT)
    seconds = time.perf_counter() - begun
    assert isinstance(found, Problem), found
    assert (found.code, found.field) == (code, "file")
    assert words in found.message
    assert seconds < 1


def test_a_large_file_of_any_beginning_is_judged_quickly() -> None:
    rest = os.urandom(LIMIT - 100)
    for beginning in (b"%PDF-1.7", b"\xff\xd8\xff\xe0", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1"):
        begun = time.perf_counter()
        recognise(beginning + rest, at_most=LIMIT)
        assert time.perf_counter() - begun < 1


def test_bytes_that_are_two_things_at_once_are_refused() -> None:
    page = b"<html><script>alert(1)</script></html>"
    archive = files.zipped({"a": b"b"})
    for data in (files.pdf() + page + b"%%EOF", files.pdf() + archive, files.jpeg() + archive):
        found = recognise(data, at_most=LIMIT)
        assert isinstance(found, Problem)
        assert found.code == "two_kinds"
        assert "something else at once" in found.message
    assert safe_name("page.html", PDF) == "page.html.pdf"


def test_a_message_may_bring_a_document() -> None:
    found = recognise(files.msg() + files.docx(), at_most=LIMIT)
    assert isinstance(found, FileType)


def test_a_pdf_in_several_versions_is_one() -> None:
    again = files.pdf().removeprefix(b"%PDF-1.7\n")
    assert recognise(files.pdf() + again + b"\0\0\n", at_most=LIMIT) is PDF


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("sheet.PDF", "sheet.pdf"),
        (r"C:\Users\me\sheet.pdf", "sheet.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("Anwesenheit Café.pdf", "Anwesenheit Café.pdf"),
        ("evil\u202efdp.exe", "evil fdp.exe.pdf"),
        ('a"b\r\nX: y.pdf', "a b X y.pdf"),
        ("", "evidence.pdf"),
        (".pdf", "evidence.pdf"),
        ("x" * 500 + ".pdf", "x" * 120 + ".pdf"),
    ],
)
def test_names_are_safe_and_their_ending_is_true(given: str, kept: str) -> None:
    assert safe_name(given, PDF) == kept


def test_sizes_in_words() -> None:
    assert [size_in_words(n) for n in (9, 2048, 1_600_000)] == ["9 bytes", "2 KB", "1.5 MB"]
