"""Taking something out of a report: an entry in the audit trail first, then the file by its key.

The entry's key stands in a signed address that is good for an hour and for one person and file, and
on the first sheet of a workbook of a live report: a file that turns up somewhere tells when and
by whom it was taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer

from portal.db import audit
from portal.kernel.ids import new_reference

GOOD_FOR: Final = 3_600
_SALT: Final = "reports.export"


def grant(
    *, user_id: int, subject: str, file: str, detail: Mapping[str, Any], question: str = ""
) -> str:
    """Note that somebody takes a file out, inside a unit of work; what lets them have it.

    ``subject`` names the report or the copy as the audit trail does, ``question`` the period and
    the filters of a live one: what was noted is what is had.
    """
    key = new_reference()
    audit.record(
        action="report.exported",
        subject=subject,
        detail={**detail, "file": file, "export": key},
        actor_id=user_id,
    )
    return str(_signer().dumps([key, user_id, subject, file, question]))


def granted(
    token: str, *, user_id: int | None, subject: str, file: str, question: str = ""
) -> str | None:
    """The key of the entry that a signed address names; None when it is not for this."""
    try:
        held = _signer().loads(token, max_age=GOOD_FOR)
    except BadData:
        return None
    known = isinstance(held, list) and held[1:] == [user_id, subject, file, question]
    return str(held[0]) if known and user_id is not None else None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=_SALT)
