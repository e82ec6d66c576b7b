"""The audit trail for the LEP's managers: searched, paged, and taken away as a table."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.governance.queries import audit as queries
from portal.governance.queries import audit_chain
from portal.governance.queries.audit import Line, Search
from portal.governance.views import blueprint
from portal.kernel.clock import today
from portal.web.asked import asked_number
from portal.web.downloads import csv_response
from portal.web.security import limiter

_WORD: Final = 120
_MOST: Final = 2**31 - 1
_HEADER: Final = ("Entry", "When", "Who", "Email", "What", "Subject", "Detail")


@blueprint.get("/governance/audit")
def audit() -> ResponseReturnValue:
    """Who did, saw and exported what: the newest first."""
    search, chosen = _asked()
    before = asked_number("before")
    if before is not None and not 0 < before <= _MOST:
        before = None
    lines, older = queries.page(search, before=before)
    kept: dict[str, Any] = {name: value or None for name, value in chosen.items()}
    return render_template(
        "governance/audit.html",
        rows=[_row(line) for line in lines],
        chosen=chosen,
        narrowed=not search.is_empty,
        older_href=older and url_for("governance.audit", before=older, **kept),
        newest_href=url_for("governance.audit", **kept) if before is not None else None,
        export_href=url_for("governance.audit_export", **kept),
        head=audit_chain.head(),
        checked=audit_chain.last_check(),
    )


@blueprint.get("/governance/audit.csv")
@limiter.limit("10/minute")
def audit_export() -> ResponseReturnValue:
    """The entries that fit, as a table. Taking it is put on record, too."""
    search, _chosen = _asked()
    return csv_response(f"audit-{today().isoformat()}", _HEADER, _cells(search))


def _asked() -> tuple[Search, dict[str, str]]:
    """The filters of the address; what makes no sense is left out."""
    words = {name: _word(name) for name in ("who", "what", "subject")}
    days = {name: _day(name) for name in ("from", "until")}
    search = Search(**words, first=days["from"], last=days["until"])
    return search, {**words, **{name: f"{day}" if day else "" for name, day in days.items()}}


def _word(name: str) -> str:
    return " ".join(request.args.get(name, "").replace("\0", "").split())[:_WORD]


def _day(name: str) -> date | None:
    try:
        day = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return day if 1990 <= day.year <= 2200 else None  # noqa: PLR2004 - no portal before or after


def _said(line: Line) -> str:
    return "; ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in line.detail.items()
    )


def _who(line: Line) -> str:
    if line.masked:
        return "Somebody who posts without a name"
    if line.actor_id is None:
        return "The portal or a visitor"
    return line.name or f"Account {line.actor_id}"


def _row(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "at": line.at,
        "who": _who(line),
        "action": line.action,
        "subject": line.subject,
        "detail": _said(line),
    }


def _cells(search: Search) -> Iterator[tuple[Any, ...]]:
    for line in queries.every(search):
        yield (
            *(line.id, line.at, _who(line), "" if line.masked else line.email or ""),
            *(line.action, line.subject, _said(line)),
        )
