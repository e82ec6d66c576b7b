"""The mailbox page of a demonstration: recent mail, and the codes of demonstration staff.

The blueprint is registered only where demonstration helps are shown, which production refuses.
"""

from __future__ import annotations

import re

from flask import Blueprint, render_template, request
from markupsafe import Markup, escape

from portal.accounts import queries, service

blueprint = Blueprint("mailbox", __name__, url_prefix="/dev")
_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


def with_links(text: str) -> Markup:
    """Plain text with its web addresses made into links and its lines kept; the rest escaped."""
    parts: list[Markup] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = match[0].rstrip(".,;:)")
        parts.append(escape(text[end : match.start()]))
        parts.append(Markup('<a class="govuk-link" href="{0}">{0}</a>').format(address))
        end = match.start() + len(address)
    parts.append(escape(text[end:]))
    return Markup("<br>").join(Markup().join(parts).split("\n"))


@blueprint.get("/mailbox")
def show() -> str:
    """Recent mail, newest first, for everybody or one address."""
    recipient = request.args.get("to", "").strip() or None
    return render_template(
        "accounts/mailbox.html",
        recipient=recipient,
        messages=[
            (message, with_links(message.body))
            for message in service.recent_mail(recipient=recipient)
        ],
        codes=[
            (person, service.current_code(person))
            for person in queries.staff()
            if person.tf_totp_secret
        ],
    )
