"""The kinds of file that people send, and those that are kept as evidence."""

from __future__ import annotations

from dataclasses import dataclass

from portal.kernel.result import Problem


@dataclass(frozen=True, slots=True)
class FileType:
    """One kind of file: what it is called, what it is sent as, and how its name may end."""

    words: str
    media_type: str
    endings: tuple[str, ...]


_OFFICE = "application/vnd.openxmlformats-officedocument"
PDF = FileType("PDF", "application/pdf", ("pdf",))
PNG = FileType("PNG picture", "image/png", ("png",))
JPEG = FileType("JPEG picture", "image/jpeg", ("jpg", "jpeg"))
HEIC = FileType("HEIC picture", "image/heic", ("heic", "heif"))
DOCX = FileType("Word document", f"{_OFFICE}.wordprocessingml.document", ("docx",))
XLSX = FileType("Excel workbook", f"{_OFFICE}.spreadsheetml.sheet", ("xlsx",))
PPTX = FileType("PowerPoint slides", f"{_OFFICE}.presentationml.presentation", ("pptx",))
ODT = FileType("OpenDocument text", "application/vnd.oasis.opendocument.text", ("odt",))
CSV = FileType("CSV table", "text/csv", ("csv", "txt"))
TXT = FileType("Plain text", "text/plain", ("txt", "csv", "log", "md"))
EML = FileType("E-mail", "message/rfc822", ("eml",))
MSG = FileType("Outlook e-mail", "application/vnd.ms-outlook", ("msg",))
# Archives by their nature, or with attachments that may be.
PACKAGES = frozenset({DOCX, XLSX, PPTX, ODT, MSG})
TYPES = {
    kind.media_type: kind for kind in (PDF, PNG, JPEG, HEIC, DOCX, XLSX, ODT, CSV, TXT, EML, MSG)
}


def refused(code: str, message: str) -> Problem:
    """Why a file is not kept, beside the field it was chosen in."""
    return Problem(code, message, "file")
