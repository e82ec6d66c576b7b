"""Who refuses which mail."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from portal.db import current_session
from portal.network.models import MailRefusal


def refuses(email: str, kind: str) -> bool:
    """Whether an address (in small letters) wants no mail of a kind."""
    return (
        current_session().scalar(
            select(MailRefusal.id).where(MailRefusal.email == email, MailRefusal.kind == kind)
        )
        is not None
    )


def refusing(emails: Iterable[str], kind: str) -> frozenset[str]:
    """Those of the addresses (in small letters) that want no mail of a kind."""
    return frozenset(
        current_session().scalars(
            select(MailRefusal.email).where(
                MailRefusal.email.in_(list(emails)), MailRefusal.kind == kind
            )
        )
    )


def refused_kinds(email: str) -> frozenset[str]:
    """The kinds of mail that an address refuses."""
    return frozenset(
        current_session().scalars(
            select(MailRefusal.kind).where(MailRefusal.email == email.lower())
        )
    )
