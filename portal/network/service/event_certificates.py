"""Certificates of attendance: drawn by the worker for those who came, once the event is over.

The bytes are those of the first drawing: a file that is stored already is taken as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, cast

from flask import current_app

from portal.db import audit, outbox, unit_of_work
from portal.integrations.pdf import ROOT, PdfRenderer, WeasyPrintRenderer, page_count
from portal.integrations.storage import StorageError, storage
from portal.kernel.clock import utc_now
from portal.kernel.files import REMOVED_KEY, REMOVED_WORDS
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import Event, EventRegistration
from portal.network.queries import event_people as found
from portal.network.queries import events
from portal.network.queries.event_people import Place
from portal.network.queries.events import EventFacts
from portal.network.rules.events import length_words, when_words
from portal.network.service import event_mails as mails

_log = logging.getLogger(__name__)
KIND: Final = "network.event_certificate"
RENDERER_EXTENSION: Final = "portal_attendance_renderer"
STYLESHEET: Final = ROOT / "static" / "src" / "print" / "attendance.css"
TEMPLATE: Final = "network/events/pdf/certificate.html"
NOT_CAME = Problem("not_came", "The certificate is for those who came, and you were not checked in")
NOT_READY = Problem("not_ready", "Your certificate is being made. It is ready after the event")
DAMAGED = Problem("damaged", "The stored file is not the one that was made. Tell us about it")


def ask(event: Event, place: EventRegistration) -> None:
    """Promise the certificate of somebody who came, for when the event is over."""
    if place.attended_at is None:
        raise ValueError(f"Registration {place.reference} was not checked in")
    outbox.add(
        kind=KIND,
        payload={"registration": place.reference},
        unique_key=f"{KIND}:{place.reference}:{place.attended_at.isoformat()}",
        due_at=max(utc_now(), event.ends_at),
    )


def draw(payload: Mapping[str, Any]) -> None:
    """Draw and keep a certificate, and tell its owner. May be called twice, or after a crash.

    Raises:
        Exception: whatever stopped it; it is tried again.
    """
    place = found.place(str(payload["registration"]))
    facts = None if place is None else events.event_by_id(place.event_id)
    if place is None or facts is None or place.attended_at is None:
        return
    if place.certificate_state != "making":
        return
    key = f"event-certificates/{place.reference}-{int(place.attended_at.timestamp())}.pdf"
    data = _drawn(key, facts, place)
    with unit_of_work():
        event = events.to_change_by_id(place.event_id)
        held = found.to_change(place.reference)
        if held is None or held.attended_at is None or held.certificate_state != "making":
            return
        held.certificate_state, held.certificate_key = "ready", key
        held.certificate_sha256 = sha256(data).hexdigest()
        audit.record(
            action="event_registration.certificate_made",
            subject=f"event_registration:{place.reference}",
            detail={"sha256": held.certificate_sha256},
        )
        mails.thank(event, held)


def file_of(reference: str) -> Ok[bytes] | Err:
    """The certificate of somebody who came, its bytes proved to be those that were made."""
    place = found.certificate_of(reference)
    if place is None or place.attended_at is None:
        return Err(NOT_CAME)
    if place.state != "ready":
        return Err(NOT_READY)
    if place.key.startswith(REMOVED_KEY):
        return Err(Problem("removed", REMOVED_WORDS))
    try:
        data = storage().get(place.key)
    except StorageError:
        data = b""
    if sha256(data).hexdigest() != place.sha256:
        _log.error("The certificate of registration %s is damaged", reference)
        return Err(DAMAGED)
    return Ok(data)


def html_of(facts: EventFacts, place: Place) -> str:
    """The page that is printed; equal facts give equal HTML."""
    return current_app.jinja_env.get_template(TEMPLATE).render(
        facts=facts,
        place=place,
        when=when_words(facts.starts_at, facts.ends_at),
        length=length_words(facts.starts_at, facts.ends_at),
    )


def renderer() -> PdfRenderer:
    """This process's renderer: one, since its fonts and style sheet are parsed once."""
    kept = current_app.extensions.setdefault(
        RENDERER_EXTENSION, WeasyPrintRenderer(STYLESHEET, max_pages=2)
    )
    return cast("PdfRenderer", kept)


def _drawn(key: str, facts: EventFacts, place: Place) -> bytes:
    kept = storage()
    if kept.exists(key):
        data = kept.get(key)
        if page_count(data):
            return data
        raise StorageError("What is stored under the certificate's key is not a whole PDF")
    data = renderer().render(html_of(facts, place))
    kept.put(key, data)
    return data
