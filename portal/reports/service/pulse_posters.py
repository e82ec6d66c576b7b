"""The poster of a survey: its address, its QR code, and the sheet for the staff room as a PDF.

Drawn once by the worker when the survey opens, and kept: the bytes are those of the first drawing.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, cast

from flask import current_app

from portal.db import unit_of_work
from portal.integrations.mail import public_link
from portal.integrations.pdf import ROOT, PdfRenderer, WeasyPrintRenderer, cap_text, page_count
from portal.integrations.storage import StorageError, storage
from portal.kernel.result import Err, Ok, Problem
from portal.network.service.event_codes import qr_drawing
from portal.reports.queries import pulse as found
from portal.reports.queries.pulse import WaveFacts
from portal.reports.rules.pulse_survey import language, languages, survey

_log = logging.getLogger(__name__)
RENDERER_EXTENSION: Final = "portal_poster_renderer"
STYLESHEET: Final = ROOT / "static" / "src" / "print" / "poster.css"
TEMPLATE: Final = "reports/pulse/pdf/poster.html"
NOT_READY = Problem("not_ready", "The poster is being made. It is ready in a minute")
DAMAGED = Problem("damaged", "The stored poster is not the one that was made. Tell us about it")
# A longer name leaves no room for what the poster has to say.
_LONGEST_NAME: Final = 90


def address_of(code: str) -> str:
    """Where the QR code leads."""
    return public_link("reports.pulse_start", code=code)


def qr_of(code: str) -> bytes:
    """The QR code of a survey's address, as SVG."""
    return qr_drawing(address_of(code))


def typed_code(code: str) -> str:
    """A code as somebody reads it off the wall: in two parts."""
    return f"{code[:5]} {code[5:]}"


def draw(payload: Mapping[str, Any]) -> None:
    """Draw and keep the poster of a survey. May be called twice, or after a crash.

    Raises:
        Exception: whatever stopped it; it is tried again.
    """
    wave = found.wave(str(payload["wave"]))
    if wave is None or wave.poster_key is not None:
        return
    key = f"pulse-posters/{wave.reference}.pdf"
    kept = storage()
    data = kept.get(key) if kept.exists(key) else b""
    if not page_count(data):
        data = renderer().render(html_of(wave))
        kept.put(key, data)
    with unit_of_work():
        held = found.wave_to_change(wave.reference)
        if held is not None and held.poster_key is None:
            held.poster_key, held.poster_sha256 = key, sha256(data).hexdigest()


def file_of(wave: WaveFacts) -> Ok[bytes] | Err:
    """The poster of a survey, its bytes proved to be those that were made."""
    if wave.poster_key is None:
        return Err(NOT_READY)
    try:
        data = storage().get(wave.poster_key)
    except StorageError:
        data = b""
    if sha256(data).hexdigest() != wave.poster_sha256:
        _log.error("The poster of survey %s is damaged", wave.reference)
        return Err(DAMAGED)
    return Ok(data)


def html_of(wave: WaveFacts) -> str:
    """The page that is printed; equal facts give equal HTML."""
    drawing = base64.b64encode(qr_of(wave.code)).decode("ascii")
    name = cap_text(wave.employer_name, 400)
    page = current_app.jinja_env.get_template(TEMPLATE)
    return page.render(
        wave=wave,
        name=name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1].rstrip()}…",
        address=address_of(wave.code),
        short_address=public_link("reports.pulse_find").partition("://")[2],
        typed_code=typed_code(wave.code),
        code=f"data:image/svg+xml;base64,{drawing}",
        english=language("en", wave.survey_version),
        languages=languages(wave.survey_version),
        minutes=survey(wave.survey_version).minutes,
    )


def renderer() -> PdfRenderer:
    """This process's renderer: one, since its fonts and style sheet are parsed once."""
    kept = current_app.extensions.setdefault(
        RENDERER_EXTENSION, WeasyPrintRenderer(STYLESHEET, max_pages=2, scripts=True)
    )
    return cast("PdfRenderer", kept)
