"""Office documents as packages: equal parts give equal bytes, whenever they are written."""

from __future__ import annotations

from io import BytesIO
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

# The first day that the format can name: what a part was written on says nothing here.
_DAY: Final = (1980, 1, 1, 0, 0, 0)
_CONTENTS: Final = "[Content_Types].xml"
DOCX_TYPE: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX_TYPE: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def repacked(data: bytes) -> bytes:
    """The same parts in a fixed order and with a fixed day, the list of contents first."""
    packed = BytesIO()
    with ZipFile(BytesIO(data)) as source, ZipFile(packed, "w", ZIP_DEFLATED) as target:
        for name in sorted(source.namelist(), key=lambda one: (one != _CONTENTS, one)):
            entry = ZipInfo(name, _DAY)
            entry.compress_type = ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            target.writestr(entry, source.read(name))
    return packed.getvalue()


def is_whole(data: bytes) -> bool:
    """Whether a package can be read to its end."""
    try:
        with ZipFile(BytesIO(data)) as package:
            return package.testzip() is None and _CONTENTS in package.namelist()
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not whole
        return False
