"""The certificate of an award as a PDF, made by the worker, and reminders before an award ends."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final, cast

from flask import Flask, current_app

from portal.db import audit, outbox, unit_of_work
from portal.integrations.jobs import register_daily, register_handler
from portal.integrations.mail import public_link
from portal.integrations.pdf import ROOT, PdfRenderer, WeasyPrintRenderer, page_count
from portal.integrations.storage import StorageError, storage
from portal.kernel.clock import today
from portal.kernel.ids import new_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import Award
from portal.network.queries import awards as found
from portal.network.queries.awards import AwardFacts
from portal.network.rules.awards import REMIND_DAYS, shown_code
from portal.network.rules.words import TIERS
from portal.network.service import award_parts as parts

_log = logging.getLogger(__name__)
KIND: Final = "network.certificate"
RENDERER_EXTENSION: Final = "portal_certificate_renderer"
STYLESHEET: Final = ROOT / "static" / "src" / "print" / "certificate.css"
TEMPLATE: Final = "network/awards/pdf/certificate.html"
NOT_READY: Final = Problem("not_ready", "The certificate is being made. Try again in a minute")
DAMAGED: Final = Problem("damaged", "The stored certificate is not the one that was made")


def init_certificates(app: Flask) -> None:
    """Have certificates made, missing ones once a day, and reminders sent."""
    register_handler(app, KIND, make)
    register_daily(app, "network.award_certificates", repair)
    register_daily(app, "network.award_renewals", remind)


def promise(award: Award, again: str = "") -> None:
    """Have an award's certificate made, inside the unit of work that makes the award."""
    award.certificate_state = "queued"
    award.certificate_key = f"awards/{award.reference}/{new_reference()}.pdf"
    outbox.add(
        kind=KIND, payload={"code": award.code}, unique_key=f"{KIND}:{award.reference}{again}"
    )


def record(award: Award, what: str, by: Author) -> None:
    """Write what was done with an award into the audit trail."""
    audit.record(
        action=f"award.{what}",
        subject=f"award:{award.reference}",
        detail={"tier": award.tier},
        actor_id=by.user_id,
    )


def make(payload: Mapping[str, Any]) -> None:
    """Make a certificate. May be called twice, or again after a crash at any point."""
    award = found.by_code(str(payload["code"]))
    if award is None or award.certificate_state == "ready":
        return
    data = _made(award)
    with unit_of_work():
        row = found.to_change(award.code)
        if row is None or row.certificate_state == "ready":
            return
        row.certificate_state, row.certificate_sha256 = "ready", sha256(data).hexdigest()
        audit.record(
            action="award.certificate_made",
            subject=f"award:{row.reference}",
            detail={"sha256": row.certificate_sha256},
        )


def read(award: AwardFacts) -> Ok[bytes] | Err:
    """The certificate's bytes, once they are proved to be those that were stored."""
    if award.certificate_state != "ready":
        return Err(NOT_READY)
    try:
        data = storage().get(award.certificate_key)
    except StorageError:
        data = b""
    if not data or sha256(data).hexdigest() != award.certificate_sha256:
        _log.error("The certificate of award %s is missing or damaged", award.reference)
        return Err(DAMAGED)
    return Ok(data)


def repair() -> None:
    """Daily: make certificates that are missing, or no longer what was stored."""
    lacking = found.lacking_certificates()
    lacking += [one.code for one in found.made_certificates() if isinstance(read(one), Err)]
    for code in lacking:
        with unit_of_work():
            row = found.to_change(code)
            if row is not None:
                promise(row, f":{today().isoformat()}")


def remind() -> None:
    """Daily: tell owners before an award ends, once for each of the days set for it."""
    day = today()
    for one in found.ending(day, within=max(REMIND_DAYS)):
        left = (one.valid_until - day).days
        at = min(days for days in REMIND_DAYS if left <= days)
        with unit_of_work():
            parts.tell_owners(
                one.employer_id,
                subject=f"Your {TIERS[one.tier]} award ends soon",
                lines=[
                    (
                        f"The {TIERS[one.tier]} award of {one.employer_name} is valid until "
                        f"{one.valid_until.day} {one.valid_until:%B %Y}."
                    ),
                    "Renew it before then. What you wrote last time is filled in.",
                ],
                link=public_link("network.renewal", employer=one.employer_reference),
                link_text="See how to renew",
                unique_key=f"award-ending:{one.reference}:{at}",
            )


def html_of(award: AwardFacts) -> str:
    """The page that the certificate is printed from."""
    page = current_app.jinja_env.get_template(TEMPLATE)
    # Well formed from its first letter, so that it is read as XML, which is faster.
    return page.render(
        award=award,
        tier=TIERS[award.tier],
        code=shown_code(award.code),
        address=public_link("network.verify_code", code=shown_code(award.code)),
    ).strip()


def renderer() -> PdfRenderer:
    """This process's renderer: one, since its fonts and style sheet are parsed once."""
    kept = current_app.extensions.setdefault(RENDERER_EXTENSION, WeasyPrintRenderer(STYLESHEET))
    return cast("PdfRenderer", kept)


def _made(award: AwardFacts) -> bytes:
    kept = storage()
    if kept.exists(award.certificate_key):
        data = kept.get(award.certificate_key)
        if page_count(data):
            return data
        raise StorageError("What is stored under the certificate's key is not a whole file")
    data = renderer().render(html_of(award))
    kept.put(award.certificate_key, data)
    return data
