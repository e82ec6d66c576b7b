"""Pages are counted in every PDF, whatever bytes its compressed parts happen to end with."""

from __future__ import annotations

import zlib

from portal.integrations.pdf import page_count


def a_pdf(pages: int, filling: bytes) -> bytes:
    packed = zlib.compress(b"<</Type /Pages /Count %d>> %s" % (pages, filling))
    return (
        b"%PDF-1.7\n1 0 obj\n<</Type /ObjStm /Filter /FlateDecode>>\nstream\n"
        + packed
        + b"\nendstream\nendobj\n%%EOF\n"
    )


def test_a_stream_that_ends_with_a_carriage_return_is_counted_too() -> None:
    # The last byte is part of a sum over all of them, so some byte makes it a carriage return.
    ending = next(
        bytes([byte])
        for byte in range(256)
        if zlib.compress(b"<</Type /Pages /Count 6>> %c" % byte).endswith(b"\r")
    )
    assert page_count(a_pdf(6, ending)) == 6
    assert page_count(a_pdf(3, b"")) == 3


def test_half_a_pdf_has_no_pages() -> None:
    assert page_count(a_pdf(3, b"")[:-8]) == 0
    assert page_count(b"<html></html>") == 0
