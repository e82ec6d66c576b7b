"""Pictures, judged by their headers: what they are, how large, and whether whole."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Final

from portal.caseload.rules.evidence_kinds import HEIC, JPEG, PNG, FileType, refused
from portal.kernel.result import Problem

# A 140 KB picture can hold 144 megapixels, which cost 330 MB to draw; phones make up to 50.
MOST_PIXELS: Final = 50_000_000
# A picture has some tens of parts; one of a million is made to keep a reader busy.
_MOST_PARTS: Final = 20_000
_MOST_SCANS: Final = 200
# Words that go with a picture, unpacked. A camera's colour profile has 4 MB at most.
_MOST_WORDS: Final = 8 * 1024 * 1024
_PACKED_WORDS: Final = frozenset({b"zTXt", b"iTXt", b"iCCP"})
_HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
# Start-of-frame markers of JPEG; C4, C8 and CC among them mean something else.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_BOX_HEADER: Final = 8
_MOST_BOXES: Final = 2_000


def _damaged(what: str) -> Problem:
    return refused("damaged", f"This {what} is damaged or cut off. Save it again and send the copy")


def _sized(kind: FileType, width: int, height: int) -> FileType | Problem:
    if width <= 0 or height <= 0:
        return _damaged("picture")
    if width * height > MOST_PIXELS:
        return refused(
            "too_many_pixels",
            f"The picture has {width:,} by {height:,} dots, which is too many. Save it smaller",
        )
    return kind


def png(data: bytes) -> FileType | Problem:
    """A PNG whose header says how large it is, and whose words are no longer than a picture's."""
    if data[12:16] != b"IHDR" or b"IEND" not in data[-64:]:
        return _damaged("picture")
    at, parts, words = 8, 0, 0
    while at + 12 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        parts += 1
        if parts > _MOST_PARTS or at + 12 + length > len(data):
            return _damaged("picture")
        if data[at + 4 : at + 8] in _PACKED_WORDS:
            words += _unpacked(data[at + 8 : at + 8 + length], _MOST_WORDS - words)
            if words >= _MOST_WORDS:
                return refused(
                    "unpacks_too_large",
                    "This picture holds far more than it shows, so it is not opened. Save it again "
                    "without what is not needed, or send a photo of it",
                )
        at += 12 + length
    return _sized(PNG, int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big"))


def _unpacked(content: bytes, at_most: int) -> int:
    """How many bytes a packed part holds, if it is packed; it is not kept."""
    start = content.find(b"\x78")
    left = at_most
    try:
        reader = zlib.decompressobj()
        rest = content[start:] if start >= 0 else b""
        while rest and left > 0 and not reader.eof:
            left -= len(reader.decompress(rest, min(left, 1024 * 1024)))
            rest = reader.unconsumed_tail
    except zlib.error:
        pass
    return at_most - left


def jpeg(data: bytes) -> FileType | Problem:
    """A JPEG whose frame header says how large it is."""
    if data.count(b"\xff\xda") > _MOST_SCANS:
        # Each scan goes over the whole picture again.
        return _damaged("picture")
    at = 2
    for _ in range(_MOST_PARTS):
        if at + 9 >= len(data) or data[at] != 0xFF:  # noqa: PLR2004 - every marker begins so
            break
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - padding
            at += 1
        elif marker in _BARE_MARKERS:
            at += 2
        elif marker in _FRAMES:
            height = int.from_bytes(data[at + 5 : at + 7], "big")
            width = int.from_bytes(data[at + 7 : at + 9], "big")
            return _sized(JPEG, width, height)
        else:
            length = int.from_bytes(data[at + 2 : at + 4], "big")
            if length < 2:  # noqa: PLR2004 - it counts itself
                break
            at += 2 + length
    return _damaged("picture")


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Boxes of a file made of boxes: name, and where its content begins and ends."""
    for _ in range(_MOST_BOXES):
        if start + _BOX_HEADER > end:
            return
        length = int.from_bytes(data[start : start + 4], "big")
        name, inner = data[start + 4 : start + 8], start + _BOX_HEADER
        if length == 1:
            length = int.from_bytes(data[inner : inner + 8], "big")
            inner += 8
        elif length == 0:
            length = end - start
        if length < inner - start or start + length > end:
            return
        yield name, inner, start + length
        start += length


def _picture_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    for name, inner, end in _boxes(data, 0, len(data)):
        if name != b"meta":
            continue
        for part, part_inner, part_end in _boxes(data, inner + 4, end):
            if part != b"iprp":
                continue
            for box, from_, to in _boxes(data, part_inner, part_end):
                if box != b"ipco":
                    continue
                for item, at, _end in _boxes(data, from_, to):
                    if item == b"ispe":
                        yield (
                            int.from_bytes(data[at + 4 : at + 8], "big"),
                            int.from_bytes(data[at + 8 : at + 12], "big"),
                        )


def heic(data: bytes) -> FileType | Problem | None:
    """A phone's HEIC picture; None for a film or another file of boxes."""
    length = min(int.from_bytes(data[:4], "big"), 4096)
    brands = {data[8:12], *(data[at : at + 4] for at in range(16, length, 4))}
    if not brands & _HEIC_BRANDS:
        return None
    sizes = list(_picture_sizes(data))
    if not sizes:
        return _damaged("picture")
    # The whole picture is the largest of its tiles, thumbnails and itself.
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return _sized(HEIC, width, height)
