"""Remittance advice: drawn once for each payment by the worker, kept, then told by mail.

What is drawn was fixed when the payment was made, and the bytes are those of the first drawing for
ever: a file that is stored already is taken as it is.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any, cast

from flask import current_app

from portal.db import audit, outbox, unit_of_work
from portal.db.promise_keys import key_for
from portal.integrations.mail import public_link, send_later
from portal.integrations.pdf import ROOT, PdfRenderer, WeasyPrintRenderer, page_count
from portal.integrations.storage import StorageError, storage
from portal.kernel.ids import new_reference
from portal.kernel.money import Money
from portal.kernel.result import Err, Ok, Problem
from portal.payments.queries import paying as found
from portal.payments.queries import remittance as reading
from portal.payments.queries.remittance import Remittance
from portal.payments.rules.schedule import masked
from portal.payments.rules.words import OUTPUT_TYPES

_log = logging.getLogger(__name__)
KIND = "payments.remittance"
RENDERER_EXTENSION = "portal_remittance_renderer"
STYLESHEET = ROOT / "static" / "src" / "print" / "remittance.css"
# A claim of some 5,000 lines, the largest that is measured, has about 120 pages.
MOST_PAGES = 400
TEMPLATE = "payments/paying/pdf/remittance.html"
NOT_READY = Problem("not_ready", "The PDF is still being made")
DAMAGED = Problem("damaged", "The stored file is not the one that was made")
NO_PAYMENT = Problem("no_payment", "There is no such payment")


def ask_all(references: Iterable[str]) -> None:
    """Promise the advice of many payments, inside the unit of work that marks them as paid."""
    outbox.add_all(kind=KIND, work={f"{KIND}:{one}": {"payment": one} for one in references})


def ask_again(reference: str) -> Ok[None] | Err:
    """Promise it once more where the worker gave up. A PDF that is there is never drawn again."""
    payment = found.payment_to_change(reference)
    if payment is None or payment.paid_on is None:
        return Err(NO_PAYMENT)
    if payment.remittance_key is None:
        key = f"{KIND}:{reference}:{new_reference()}"
        outbox.add(kind=KIND, payload={"payment": reference}, unique_key=key)
    return Ok(None)


def draw(payload: Mapping[str, Any]) -> None:
    """Draw, keep and announce the advice of a payment. May be called twice, or after a crash.

    Raises:
        Exception: whatever stopped it; it is tried again.
    """
    facts = reading.remittance(str(payload["payment"]))
    if facts is None or facts.paid_on is None or facts.remittance_key is not None:
        return
    key = f"remittances/{facts.reference}.pdf"
    data = _drawn(key, facts)
    with unit_of_work():
        payment = found.payment_to_change(facts.reference)
        if payment is None or payment.remittance_key is not None:
            return
        payment.remittance_key = key
        payment.remittance_sha256 = sha256(data).hexdigest()
        audit.record(
            action="payment.remittance_made",
            subject=f"payment:{facts.reference}",
            detail={"sha256": payment.remittance_sha256, "pages": page_count(data)},
        )
        _tell(facts)


def file_of(reference: str) -> Ok[bytes] | Err:
    """The PDF of a payment, once its bytes are proved to be those that were made."""
    facts = reading.remittance(reference)
    if facts is None:
        return Err(NO_PAYMENT)
    if facts.remittance_key is None:
        return Err(NOT_READY)
    try:
        data = storage().get(facts.remittance_key)
    except StorageError:
        data = b""
    if sha256(data).hexdigest() != facts.remittance_sha256:
        _log.error("The remittance advice of payment %s is damaged", reference)
        return Err(DAMAGED)
    return Ok(data)


def html_of(facts: Remittance) -> str:
    """The page that is printed; equal facts give equal HTML."""
    lines = reading.paid_lines(facts.claim_id)
    page = current_app.jinja_env.get_template(TEMPLATE)
    return page.render(
        facts=facts,
        lines=lines,
        total=sum(line.pence for line in lines),
        account=masked(facts.payee_account),
        kinds=OUTPUT_TYPES,
    )


def renderer() -> PdfRenderer:
    """This process's renderer: one, since its fonts and style sheet are parsed once."""
    kept = current_app.extensions.setdefault(
        RENDERER_EXTENSION, WeasyPrintRenderer(STYLESHEET, max_pages=MOST_PAGES)
    )
    return cast("PdfRenderer", kept)


def _drawn(key: str, facts: Remittance) -> bytes:
    """The bytes, drawn and stored; or those stored before a crash came between."""
    kept = storage()
    if kept.exists(key):
        data = kept.get(key)
        if page_count(data):
            return data
        raise StorageError("What is stored under the payment's key is not a whole PDF")
    data = renderer().render(html_of(facts))
    kept.put(key, data)
    return data


def _tell(facts: Remittance) -> None:
    day = facts.paid_on
    if day is None:
        raise ValueError(f"Payment {facts.reference} is not paid")
    people = dict.fromkeys([facts.email, *reading.people_to_tell(facts.organisation_id)])
    for email in filter(None, people):
        send_later(
            to=email,
            subject=f"Remittance advice: {Money(facts.pence)} paid on {day.day} {day:%B %Y}",
            template="payments_remittance",
            context={
                "organisation_name": facts.organisation_name,
                "amount": Money(facts.pence).format(),
                "paid_on": f"{day.day} {day:%B %Y}",
                "contract_title": facts.contract_title,
                "month": facts.month,
                "lines": reading.line_count(facts.claim_id),
                "account": facts.payee_account[-4:],
                "bank_reference": facts.bank_reference,
                "reference": facts.reference,
                "link": public_link("payments.remittance", payment=facts.reference),
            },
            unique_key=key_for(f"payments.remittance:{facts.reference}", email),
        )
