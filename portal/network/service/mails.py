"""Mail that people may refuse by kind, with one press: every mail of the network goes out here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import delete

from portal.db import audit, current_session
from portal.integrations.mail import public_link, send_later
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import MailRefusal
from portal.network.queries import mails as found
from portal.network.rules.words import MAIL_KINDS

_SALT: Final = "mail refused by its kind"
BAD_LINK = Problem("bad_link", "This link is not complete. Copy it whole from the mail")


def tell(
    *,
    kind: str,
    to: str,
    subject: str,
    template: str,
    context: Mapping[str, Any],
    unique_key: str | None = None,
) -> bool:
    """Send a mail of a kind unless its address refuses that kind; whether it goes out.

    The template is given ``unsubscribe`` (an address) and ``mail_kind`` (the kind in words).
    """
    address = to.strip().lower()
    if found.refuses(address, kind):
        return False
    link = public_link("network.unsubscribe", token=token_for(address, kind))
    send_later(
        to=to,
        subject=subject,
        template=template,
        context={**context, "unsubscribe": link, "mail_kind": MAIL_KINDS[kind]},
        unique_key=unique_key,
        unsubscribe=link,
    )
    return True


def token_for(email: str, kind: str) -> str:
    """What stands in the link by which an address refuses a kind of mail."""
    said: str = _signer().dumps([email.lower(), kind])
    return said


def read_token(token: str) -> Ok[tuple[str, str]] | Err:
    """The address and the kind that a link is about."""
    try:
        email, kind = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        return Err(BAD_LINK)
    return Ok((email, kind)) if kind in MAIL_KINDS else Err(BAD_LINK)


def refuse(*, email: str, kind: str) -> None:
    """Send an address no more mail of a kind; doing it twice is the same."""
    if not found.refuses(email.lower(), kind):
        current_session().add(MailRefusal(email=email.lower(), kind=kind))
        audit.record(action="mail.refused", subject=f"mail:{kind}")
        current_session().flush()


def allow(*, email: str, kind: str) -> None:
    """Send an address mail of a kind again."""
    current_session().execute(
        delete(MailRefusal).where(MailRefusal.email == email.lower(), MailRefusal.kind == kind)
    )
    audit.record(action="mail.allowed", subject=f"mail:{kind}")


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt=_SALT)
