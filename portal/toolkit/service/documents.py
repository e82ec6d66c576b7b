"""Files to take away, made of each published version by the worker and kept as they were made.

A PDF is made of every resource; Word, Excel and PowerPoint where its front matter asks for them.
Equal versions give equal bytes, so a file that is made twice is the same file.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final, cast

from flask import Flask, current_app

from portal.db import audit, current_session, outbox, unit_of_work
from portal.db.programmes import settings_here
from portal.integrations.docx import make_docx
from portal.integrations.jobs import register_daily, register_handler
from portal.integrations.packages import DOCX_TYPE, PPTX_TYPE, XLSX_TYPE, is_whole
from portal.integrations.paper import Paper, Reference, numbers_of, printed
from portal.integrations.pdf import ROOT, PdfError, PdfRenderer, WeasyPrintRenderer, page_count
from portal.integrations.pptx import make_pptx
from portal.integrations.storage import StorageError, storage
from portal.kernel.clock import london, today, utc_now
from portal.kernel.ids import new_reference
from portal.kernel.result import Err, Ok, Problem
from portal.toolkit.models import Resource, ResourceFile, ResourceVersion
from portal.toolkit.queries import files as found
from portal.toolkit.queries import resources
from portal.toolkit.queries.files import StoredFile
from portal.toolkit.queries.resources import ResourceFacts
from portal.toolkit.rules import workbook
from portal.toolkit.rules.words import AUDIENCES, DIMENSIONS, DOWNLOADS, FORMATS, SECTORS, SIZES
from portal.toolkit.service.resources import follow_publication, version_of
from portal.toolkit.service.workbook_file import make_xlsx

_log = logging.getLogger(__name__)
KIND: Final = "toolkit.file"
RENDERER_EXTENSION: Final = "portal_resource_renderer"
STYLESHEET: Final = ROOT / "static" / "src" / "print" / "resource.css"
TEMPLATE: Final = "toolkit/pdf/resource.html"
_TYPES: Final[Mapping[str, str]] = {
    "pdf": "application/pdf",
    "docx": DOCX_TYPE,
    "xlsx": XLSX_TYPE,
    "pptx": PPTX_TYPE,
}
TRY_AGAIN: Final = "It could not be made. It is tried again by itself."
TOO_LARGE: Final = "The text is too long to print."
DAMAGED: Final = Problem("damaged", "The stored file is not the one that was made")


def init_documents(app: Flask) -> None:
    """Have files made after each publication, and missing ones once a day."""
    register_handler(app, KIND, make_file)
    register_daily(app, "toolkit.files", repair)
    follow_publication(queue_files)


def queue_files(resource: Resource, version: ResourceVersion | None) -> None:
    """Promise the files of a version, inside the unit of work that publishes it."""
    if version is None:
        return
    known = found.kinds_made(resource.id, version.number)
    kinds = [kind for kind in DOWNLOADS if kind == "pdf" or kind in version.downloads]
    for kind in kinds:
        if kind not in known:
            name = f"{resource.slug}.{kind}"
            key = f"toolkit/{resource.reference}/{version.number}/{new_reference()}.{kind}"
            one = ResourceFile(
                resource_id=resource.id,
                number=version.number,
                kind=kind,
                file_name=name,
                media_type=_TYPES[kind],
                words=DOWNLOADS[kind],
                storage_key=key,
            )
            current_session().add(one)
            current_session().flush()
            _promise(one)


def make_file(payload: Mapping[str, Any]) -> None:
    """Make one file. May be called twice, or again after a crash at any point.

    Raises:
        Exception: whatever stopped it, after the file is marked as failed; it is tried again.
    """
    reference = str(payload["file"])
    begun = _begin(reference)
    if begun is None:
        return
    kind, key, facts = begun
    try:
        data = _made(kind, key, facts)
    except PdfError:
        # No use in trying the same text again.
        _log.exception("Resource %s is too large to print", facts.reference)
        _fail(reference, TOO_LARGE)
        return
    except Exception:
        _fail(reference, TRY_AGAIN)
        raise
    _finish(reference, data, facts)


def read(file: StoredFile) -> Ok[bytes] | Err:
    """The bytes of a file, once they are proved to be those that were stored."""
    try:
        data = storage().get(file.storage_key)
    except StorageError:
        data = b""
    if not data or sha256(data).hexdigest() != file.sha256:
        _log.error("The file %s of %s is missing or damaged", file.reference, file.slug)
        return Err(DAMAGED)
    return Ok(data)


def repair() -> None:
    """Daily: make what is missing, failed, or no longer what was stored."""
    for reference in found.lacking_files():
        with unit_of_work():
            resource = resources.to_change(reference)
            if resource is not None and resource.published_number is not None:
                version = version_of(resource, resource.published_number)
                queue_files(resource, version)
    for one in found.files_of_published():
        if one.state == "failed" and one.failure == TOO_LARGE:
            continue
        if one.state != "ready" or not _is_kept(one.storage_key, one.sha256):
            _make_again(one.reference)


def paper_of(facts: ResourceFacts) -> Paper:
    """A version as every document shows it."""
    content = facts.content
    base = settings_here().public_url.rstrip("/")
    sources = {source.key: source for source in content.sources}
    return Paper(
        title=content.title,
        summary=content.summary,
        kind=FORMATS[facts.format],
        body=content.body,
        facts=_shown(facts),
        references=tuple(
            Reference(number, one.title, one.publisher, one.year, _whole(one.url, base))
            for number, key in enumerate(numbers_of(content.body), start=1)
            if (one := sources.get(key)) is not None
        ),
        author=content.author,
        written_on=london(facts.created_at).date(),
        review_by=content.review_by,
        base=base,
        address=f"{base}/toolkit/{facts.slug}",
        keywords=", ".join(DIMENSIONS[key] for key in content.dimensions),
        illustrative=content.illustrative,
    )


def renderer() -> PdfRenderer:
    """This process's renderer: one, since its fonts and style sheet are parsed once."""
    kept = current_app.extensions.setdefault(RENDERER_EXTENSION, WeasyPrintRenderer(STYLESHEET))
    return cast("PdfRenderer", kept)


# Parts ---------------------------------------------------------------------------------------


def _promise(file: ResourceFile, again: str = "") -> None:
    key = f"{KIND}:{file.reference}{again}"
    outbox.add(kind=KIND, payload={"file": file.reference}, unique_key=key)


def _begin(reference: str) -> tuple[str, str, ResourceFacts] | None:
    with unit_of_work():
        file = found.to_make(reference)
        if file is None or file.kind not in _BUILDERS or file.state in {"ready", "withdrawn"}:
            return None
        file.tries += 1
        kind, key, number = file.kind, file.storage_key, file.number
        owner = found.reference_of(file.resource_id)
        facts = None if owner is None else resources.resource(owner, number=number)
    return None if facts is None else (kind, key, facts)


def _made(kind: str, key: str, facts: ResourceFacts) -> bytes:
    """The file's bytes, made and stored; or those stored before a crash came between."""
    kept = storage()
    if kept.exists(key):
        data = kept.get(key)
        if page_count(data) if kind == "pdf" else is_whole(data):
            return data
        raise StorageError("What is stored under the file's key is not a whole file")
    data = _BUILDERS[kind](facts)
    kept.put(key, data)
    return data


def _finish(reference: str, data: bytes, facts: ResourceFacts) -> None:
    with unit_of_work():
        file = found.to_make(reference)
        if file is None or file.state in {"ready", "withdrawn"}:
            return
        file.sha256, file.size_bytes = sha256(data).hexdigest(), len(data)
        file.state, file.failure, file.ready_at = "ready", None, utc_now()
        audit.record(
            action="resource.file_made",
            subject=f"resource:{facts.reference}",
            detail={"kind": file.kind, "number": file.number, "sha256": file.sha256},
        )


def _fail(reference: str, message: str) -> None:
    with unit_of_work():
        file = found.to_make(reference)
        if file is not None and file.state != "ready":
            file.state, file.failure = "failed", message


def _make_again(reference: str) -> None:
    """Queue a file anew, under a new key: what is stored under a key is never changed."""
    with unit_of_work():
        file = found.to_make(reference)
        if file is None or file.state == "withdrawn":
            return
        if file.state == "ready":
            _log.warning("The file %s is missing or damaged and is made again", reference)
            file.storage_key = (
                f"{file.storage_key.rpartition('/')[0]}/{new_reference()}.{file.kind}"
            )
            file.sha256 = None
        file.state = "queued"
        _promise(file, f":{today().isoformat()}")


def _is_kept(key: str, digest: str | None) -> bool:
    try:
        return sha256(storage().get(key)).hexdigest() == digest
    except StorageError:
        return False


def _whole(address: str, base: str) -> str:
    return f"{base}{address}" if address.startswith("/") else address


def _shown(facts: ResourceFacts) -> tuple[tuple[str, str], ...]:
    content, day = facts.content, facts.content.review_by
    named = (
        ("For", AUDIENCES, content.audiences, ""),
        ("About", DIMENSIONS, content.dimensions, ""),
        ("Sectors", SECTORS, content.sectors, "Every sector"),
        ("Sizes", SIZES, content.sizes, "Every size"),
    )
    lines = [
        (name, ", ".join(words[key] for key in chosen) or every)
        for name, words, chosen, every in named
    ]
    return (
        *lines,
        ("Version", str(facts.number)),
        ("Review by", f"{day.day} {day:%B %Y}"),
    )


def html_of(paper: Paper) -> str:
    """The page that a PDF is printed from; equal papers give equal HTML."""
    page = current_app.jinja_env.get_template(TEMPLATE)
    # Well formed from its first letter, so that it is read as XML, which is faster.
    return page.render(paper=paper, text=printed(paper)).strip()


def _pdf(facts: ResourceFacts) -> bytes:
    return renderer().render(html_of(paper_of(facts)))


def _xlsx(facts: ResourceFacts) -> bytes:
    return make_xlsx(paper_of(facts), workbook.read(facts.content.workbook))


_BUILDERS: Final[Mapping[str, Callable[[ResourceFacts], bytes]]] = {
    "pdf": _pdf,
    "docx": lambda facts: make_docx(paper_of(facts)),
    "xlsx": _xlsx,
    "pptx": lambda facts: make_pptx(paper_of(facts)),
}
