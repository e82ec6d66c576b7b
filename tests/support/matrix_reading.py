"""All that an answer tells: its headers, what its cookies hold, and every word of its files.

A PDF packs its words away, an archive its members, a cookie what is said on the next page, and a
calendar breaks its lines anywhere: each is opened, so that a planted word is found in it.
"""

from __future__ import annotations

import codecs
import io
import re
import zipfile
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from flask import Flask
from itsdangerous import BadSignature
from pypdf import PdfReader
from pypdf.errors import PdfReadError
from pypdf.generic import ArrayObject, DictionaryObject, TextStringObject
from werkzeug.http import parse_cookie
from werkzeug.wrappers import Response

# Where a line was broken in the middle of a word: by a hyphen, or in a calendar by a space.
_BROKEN = re.compile(r"(?:\u00ad|-?\r?\n[ \t]?)")
DEEPEST = 4
# Between the files of an archive, and between a file's name and what stands in it.
_MEMBER, _NAMED = "\x1d", "\x1f"


def told_by(app: Flask, response: Response) -> str:
    """Headers, cookies and body of an answer, opened."""
    held = " ".join(cookies_held(app, response))
    return f"{response.headers}{held}{readable(response.get_data())}"


def members(text: str) -> Iterator[tuple[str, str]]:
    """An answer's text by the files of the archive that it is, each with its name; else one."""
    first, *rest = text.split(_MEMBER)
    yield "", first
    for one in rest:
        name, _between, words = one.partition(_NAMED)
        yield name, f"{name} {words}"


def cookies_held(app: Flask, response: Response) -> Iterator[str]:
    """What stands in the signed cookies that an answer sets."""
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    for header in response.headers.getlist("Set-Cookie"):
        for value in parse_cookie(header.partition(";")[0]).values():
            try:
                yield str(serializer.loads(value))
            except BadSignature:
                continue


def readable(data: bytes, depth: int = 0) -> str:
    """The text of an answer, of every file in it when it is an archive, and of paper.

    Raises:
        ValueError: when archives stand in one another deeper than anybody looks.
    """
    if depth > DEEPEST:
        raise ValueError("An archive in an archive, too deep to be looked into")
    if data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            packed = ((name, archive.read(name)) for name in archive.namelist())
            return "".join(
                f"{_MEMBER}{name}{_NAMED}{readable(one, depth + 1)}" for name, one in packed
            )
    if data.startswith(b"%PDF"):
        return paper(data)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    text = data.decode("utf-8", "replace")
    return f"{text}\n{_BROKEN.sub('', text)}" if text.startswith("BEGIN:V") else text


@lru_cache(maxsize=256)
def paper(data: bytes) -> str:
    """The words of a PDF: its pages, what it says of itself, bookmarks, links and other texts."""
    try:
        reader = PdfReader(io.BytesIO(data))
    except PdfReadError:
        # A few bytes of an example that only begins like a PDF.
        return data.decode("utf-8", "replace")
    pages = "\n".join(page.extract_text() for page in reader.pages)
    said = " ".join(_strings(reader))
    attached = " ".join(
        f"{name} {readable(one, 1)}" for name, found in reader.attachments.items() for one in found
    )
    # Over two lines a word may stand in halves.
    return f"{pages}\n{_BROKEN.sub('', pages)}\n{reader.metadata}\n{said}\n{attached}"


def _strings(reader: PdfReader) -> Iterator[str]:
    """Every text that stands beside the pages: titles of bookmarks, alternatives of pictures."""
    for number in range(1, int(reader.trailer["/Size"])):  # type: ignore[call-overload]
        found: Any = reader.get_object(number)
        yield from _texts(found)


def _texts(found: Any) -> Iterator[str]:
    """Texts of an object itself; what it points at comes in its own turn."""
    if isinstance(found, TextStringObject):
        yield str(found)
    elif isinstance(found, DictionaryObject):
        for value in found.values():
            yield from _texts(value)
    elif isinstance(found, ArrayObject):
        for value in found:
            yield from _texts(value)
