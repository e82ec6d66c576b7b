"""The worker's side of a version: draw it, store it, and say that it is ready."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, cast

from flask import current_app

from portal.action_plans import queries
from portal.action_plans.document import PlanDocument
from portal.action_plans.models import PlanVersion
from portal.action_plans.pdf_view import render_plan_pdf
from portal.action_plans.rules.signing import standing
from portal.db import audit, unit_of_work
from portal.db.programmes import settings_here
from portal.db.promise_keys import key_for
from portal.integrations.mail import send_later
from portal.integrations.pdf import PdfError, PdfRenderer, WeasyPrintRenderer, page_count
from portal.integrations.storage import StorageError, storage
from portal.kernel.clock import utc_now

_log = logging.getLogger(__name__)
RENDERER_EXTENSION = "portal_pdf_renderer"
TRY_AGAIN = "The PDF could not be made. We try again by ourselves, and you can ask again below."
TOO_LARGE = "The plan is too long to print: withdraw actions or shorten their texts and ask again."


def renderer() -> PdfRenderer:
    """This process's renderer: one, since its fonts and style sheet are parsed once."""
    kept = current_app.extensions.setdefault(RENDERER_EXTENSION, WeasyPrintRenderer())
    return cast("PdfRenderer", kept)


def render_version(payload: Mapping[str, Any]) -> None:
    """Print one version. May be called twice, or again after a crash at any point.

    Raises:
        Exception: whatever stopped it, after the version is marked as failed; it is tried again.
    """
    started = _start(int(payload["version_id"]))
    if started is None:
        return
    version_id, key, document = started
    try:
        data = _drawn(key, document)
    except PdfError:
        # No use in trying the same document again.
        _log.exception("Plan version %s is too large to print", version_id)
        _fail(version_id, TOO_LARGE)
        return
    except Exception:
        _fail(version_id, TRY_AGAIN)
        raise
    _finish(version_id, data, notify=_addresses(payload.get("notify")))


def _start(version_id: int) -> tuple[int, str, str] | None:
    with unit_of_work():
        version = queries.version_to_change(version_id)
        if version is None or version.state == "ready":
            return None
        version.state = "rendering"
        return version.id, version.storage_key, version.document


def _drawn(key: str, document: str) -> bytes:
    """The version's bytes, drawn and stored; or those stored before a crash came between."""
    kept = storage()
    if kept.exists(key):
        data = kept.get(key)
        if page_count(data):
            return data
        raise StorageError("What is stored under the version's key is not a whole PDF")
    data = render_plan_pdf(PlanDocument.from_json(document), renderer())
    kept.put(key, data)
    return data


def _finish(version_id: int, data: bytes, *, notify: Sequence[str]) -> None:
    with unit_of_work():
        version = queries.version_to_change(version_id)
        if version is None or version.state == "ready":
            return
        version.sha256 = sha256(data).hexdigest()
        version.pages = page_count(data)
        version.state = "ready"
        version.failure = None
        version.ready_at = utc_now()
        audit.record(
            action="plan.version_ready",
            subject=f"plan_version:{version.id}",
            detail={"number": version.number, "sha256": version.sha256, "pages": version.pages},
        )
        for email in notify:
            _tell(version, email)


def _addresses(notify: object) -> Sequence[str]:
    """Whom to tell; a promise made before two people could sign holds one address."""
    if isinstance(notify, str):
        return (notify,)
    return notify if isinstance(notify, list) else ()


def _tell(version: PlanVersion, email: str) -> None:
    document = PlanDocument.from_json(version.document)
    base = settings_here().public_url.rstrip("/")
    employer = version.storage_key.split("/")[1]
    send_later(
        to=email,
        subject=f"The signed action plan, version {version.number}",
        template="action_plans_signed",
        context={
            "employer_name": document.employer_name,
            "number": version.number,
            "pages": version.pages,
            "standing": standing([each.side for each in document.signatures]).value,
            "link": f"{base}/employers/{employer}/plan/versions/{version.number}",
        },
        unique_key=key_for(f"plan.signed:{version.id}", email),
    )


def _fail(version_id: int, message: str) -> None:
    with unit_of_work():
        version = queries.version_to_change(version_id)
        if version is not None and version.state != "ready":
            version.state = "failed"
            version.failure = message
