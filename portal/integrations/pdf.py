"""HTML to a tagged PDF that fetches nothing.

A document brings its own words; this module brings the stylesheet and the fonts, parsed once. The
engine is imported on the first render: it takes over a second and most processes never need it.
"""

from __future__ import annotations

import base64
import gc
import re
import threading
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parents[2]
PLAN_STYLESHEET = ROOT / "static" / "src" / "print" / "plan.css"
ELEMENTS_STYLESHEET = PLAN_STYLESHEET.with_name("elements.css")
FONT_FOLDERS = (
    ROOT / "static" / "dist" / "fonts",
    ROOT / "node_modules" / "@fontsource" / "source-sans-3" / "files",
)
FONT_FAMILY = "Source Sans 3"
# Two faces of one family and weight get one name in the PDF, and glyphs are mixed up: the extended
# letters (Welsh circumflexes among them) are a family of their own, second in every font list.
_FACES = tuple(
    (family, subset, weight)
    for family, subset in ((FONT_FAMILY, "latin"), (f"{FONT_FAMILY} Extended", "latin-ext"))
    for weight in (400, 600, 700)
)
# Letters that the text face lacks, for documents that ask: family, and how its files begin.
SCRIPT_FACES = (
    ("Noto Naskh Arabic", "noto-naskh-arabic-arabic"),
    ("Noto Sans Bengali", "noto-sans-bengali-bengali"),
)
_SCRIPT_WEIGHT = 600

_WELL_FORMED = "<!DOCTYPE html>"
MAX_HTML = 2_000_000
MAX_PAGES = 60

# Line breaks and tabs are text; other control characters, lone surrogates and the two marks that
# force a direction on what follows them are not: they break the metadata or disguise a name.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202d\u202e]"
)

_STREAM = re.compile(rb"/Type\s*/ObjStm.*?stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PAGES = re.compile(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)|/Count\s+(\d+)[^>]*?/Type\s*/Pages\b")


class PdfError(RuntimeError):
    """A document too large to print. Nothing was written."""


class PdfRenderer(Protocol):
    """Turns a complete HTML page into a PDF. Equal HTML gives equal bytes."""

    def render(self, html: str) -> bytes:
        """The PDF's bytes.

        Raises:
            PdfError: when the document is too large.
        """
        ...


def cap_text(text: str, limit: int) -> str:
    """Text safe to print: no control characters, and no more than about `limit` characters.

    A longer text is cut between words and says so, with its full length: a 100,000-character
    answer would otherwise make a plan of 38 pages.
    """
    clean = _UNPRINTABLE.sub("", text)
    if len(clean) <= limit:
        return clean
    cut = clean[:limit]
    at_word = cut.rsplit(None, 1)[0] if " " in cut[limit // 2 :] else cut
    return f"{at_word} … [shortened: the full text of {len(clean):,} characters is in the portal]"


def font_face_rules(folders: Sequence[Path] = FONT_FOLDERS) -> str:
    """@font-face rules with the fonts inside them, since the engine may fetch data: only.

    Empty when no folder holds the fonts: the stylesheet then falls back on the system's.
    """
    for folder in folders:
        rules = [
            _font_face(family, weight, path)
            for family, subset, weight in _FACES
            if (path := _font_file(folder, subset, weight))
        ]
        if rules:
            return "".join(rules)
    return ""


def script_face_rules(folders: Sequence[Path] = FONT_FOLDERS) -> str:
    """@font-face rules for letters other than Latin, for documents in several languages."""
    modules = ROOT / "node_modules" / "@fontsource"
    places = [
        *folders,
        *(modules / family.lower().replace(" ", "-") / "files" for family, _ in SCRIPT_FACES),
    ]
    rules = []
    for family, stem in SCRIPT_FACES:
        found = (sorted(place.glob(f"{stem}-{_SCRIPT_WEIGHT}-*.woff2")) for place in places)
        path = next((paths[0] for paths in found if paths), None)
        if path is not None:
            rules.append(_font_face(family, _SCRIPT_WEIGHT, path))
    return "".join(rules)


def _font_file(folder: Path, subset: str, weight: int) -> Path | None:
    """The upright face, whether named by its package or with the build's fingerprint."""
    found = sorted(folder.glob(f"source-sans-3-{subset}-{weight}-*.woff2"))
    return next((path for path in found if "italic" not in path.name), None)


def _font_face(family: str, weight: int, path: Path) -> str:
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return (
        f'@font-face{{font-family:"{family}";font-weight:{weight};'
        f"src:url(data:font/woff2;base64,{content})}}\n"
    )


class WeasyPrintRenderer:
    """WeasyPrint with the network closed: tagged pdf/ua-1, fonts embedded, byte-deterministic.

    Hold on to one instance a process: the stylesheet and the font configuration are parsed on the
    first render and shared by the following ones. Safe to call from several threads, one at a time.
    ``scripts`` brings the faces for letters other than Latin.
    """

    def __init__(
        self,
        stylesheet: Path = PLAN_STYLESHEET,
        *,
        font_folders: Sequence[Path] = FONT_FOLDERS,
        max_pages: int = MAX_PAGES,
        scripts: bool = False,
    ) -> None:
        self._scripts = scripts
        self._stylesheet = stylesheet
        self._font_folders = tuple(font_folders)
        self._max_pages = max_pages
        self._lock = threading.Lock()
        self._engine: _Engine | None = None

    def render(self, html: str) -> bytes:
        """See `PdfRenderer.render`."""
        if len(html) > MAX_HTML:
            raise PdfError(f"The document is too large to print: {len(html):,} characters")
        with self._lock, _collector_paused():
            if self._engine is None:
                more = script_face_rules(self._font_folders) if self._scripts else ""
                self._engine = _Engine(self._stylesheet, self._font_folders, more)
            return self._engine.render(html, self._max_pages)


class _Engine:
    """The imported library with what it parsed once."""

    def __init__(self, stylesheet: Path, font_folders: Sequence[Path], more: str) -> None:
        from cssselect2 import ElementWrapper  # type: ignore[import-untyped]
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher

        # The engine's own sheet has five pseudo-elements for every element there is; styling those
        # that no page of ours has costs 15% of a render.
        elements = [CSS(filename=ELEMENTS_STYLESHEET)]

        class Page(HTML):  # type: ignore[misc]
            def _ua_stylesheets(self, forms: bool = False) -> list[Any]:  # noqa: FBT001, FBT002
                del forms
                return elements

        self._html = Page
        self._wrap = ElementWrapper.from_html_root
        # Never fail_on_errors: it raises a BaseException, which would end the worker instead of
        # failing the job. What is refused is left out and logged by the engine.
        self._fetcher = URLFetcher(allowed_protocols={"data"}, allow_redirects=False)
        self._fonts = FontConfiguration()
        css = font_face_rules(font_folders) + more + stylesheet.read_text(encoding="utf-8")
        self._css = CSS(string=css, font_config=self._fonts, url_fetcher=self._fetcher)

    def render(self, html: str, max_pages: int) -> bytes:
        options: dict[str, Any] = {"pdf_variant": "pdf/ua-1"}
        page = self._parsed(html)
        document = page.render(font_config=self._fonts, stylesheets=[self._css], **options)
        if len(document.pages) > max_pages:
            raise PdfError(f"The document would make {len(document.pages)} pages")
        content: bytes = document.write_pdf(**options)
        return content

    def _parsed(self, html: str) -> Any:
        """The page, read as XML when it is well formed: 20 times faster than the HTML parser.

        Our templates are well formed and take this way; anything else is read as a browser would.
        A test holds both ways to the same bytes.
        """
        if not html.startswith(_WELL_FORMED) or "<!ENTITY" in html:
            return self._html(string=html, url_fetcher=self._fetcher)
        try:
            root = ET.fromstring(html.removeprefix(_WELL_FORMED))  # noqa: S314 - no DTD
        except ET.ParseError:
            return self._html(string=html, url_fetcher=self._fetcher)
        page = self._html(string="", url_fetcher=self._fetcher)
        page.wrapper_element = self._wrap(root, content_language=None)
        page.etree_element = page.wrapper_element.etree_element
        return page


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Reference counting frees nearly all that a render makes; collecting during it costs 8%."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def page_count(data: bytes) -> int:
    """How many pages a PDF of this module has; 0 when it is not a whole PDF."""
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-64:]:
        return 0
    parts = [data]
    for stream in _STREAM.findall(data):
        try:
            # Bytes that end with a carriage return lose it to the line end above: one stream in
            # 256. Only its checksum is cut then, so whatever could be unpacked counts.
            parts.append(zlib.decompressobj().decompress(stream))
        except zlib.error:
            continue
    counts = [int(a or b) for part in parts for a, b in _PAGES.findall(part)]
    return max(counts, default=0)
