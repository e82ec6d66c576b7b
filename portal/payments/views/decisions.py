"""The chained record of decisions about money, searched and proved."""

from __future__ import annotations

import time
from datetime import date
from typing import Any, Final

from flask import render_template, request, url_for

from portal.payments.queries import decision_log as queries
from portal.payments.queries import proofs
from portal.payments.queries.decision_log import LogFilter, LogPage
from portal.payments.rules.chain import entry_hash
from portal.payments.rules.decisions import ACTIONS, action_title, detail_words, is_refusal
from portal.payments.service.ledger import DECISIONS, HASHED_DECISION, LEDGER, hashable
from portal.payments.service.proving import Proof, verify
from portal.payments.views import blueprint
from portal.web.asked import asked_number
from portal.web.text import clean_line

# More entries than this are proved by the command, not while somebody waits for a page.
MOST_HERE: Final = 20_000
COMMAND: Final = "flask payments verify"
_PAGES: Final = {
    "claim": ("payments.review_claim", "claim"),
    "contract": ("payments.contract", "contract"),
    "output": ("payments.output", "output"),
    "run": ("payments.run", "run"),
    "rate_card": ("payments.rate", "card"),
    "card": ("payments.rate", "card"),
    "sample": ("payments.sample", "sample"),
}


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


def read_filter() -> LogFilter:
    """The filter in the address; what makes no sense counts as none."""
    action = request.args.get("action", "")
    return LogFilter(
        subject=clean_line(request.args.get("subject", ""))[:80],
        person=clean_line(request.args.get("person", ""))[:80],
        action=action if action in ACTIONS else "",
        start=_day("from"),
        end=_day("to"),
    )


def _address(wanted: LogFilter, **changes: Any) -> str:
    parts = {
        "subject": wanted.subject,
        "person": wanted.person,
        "action": wanted.action,
        "from": wanted.start.isoformat() if wanted.start else "",
        "to": wanted.end.isoformat() if wanted.end else "",
        **changes,
    }
    kept = {name: value for name, value in parts.items() if value not in ("", None)}
    return url_for("payments.decisions", **kept)


@blueprint.get("/decisions")
def decisions() -> str:
    """Who decided what about which record, newest first, each with its place in the chain."""
    wanted = read_filter()
    before = asked_number("before")
    # A place in the chain, not above what a database holds as one.
    before = before if before is not None and 0 < before < 2**31 else None
    page = queries.log_page(wanted, before=before)
    heads = queries.heads()
    entries = sum(sequence for sequence, _hash in heads.values())
    may_prove = entries <= MOST_HERE
    asked = may_prove and request.args.get("prove") == "1"
    started = time.monotonic()
    proof: Proof | None = verify() if asked else None
    held, newest = proofs.last_proofs()
    return render_template(
        "payments/review/decisions.html",
        held=held,
        failed=newest if newest is not None and newest.fault else None,
        rows=[_row(row) for row in page.rows],
        faults=_faults(page),
        wanted=wanted,
        actions=[("", "Every decision"), *((key, action_title(key)) for key in ACTIONS)],
        decisions_head=heads.get(DECISIONS, (0, "")),
        ledger_head=heads.get(LEDGER, (0, "")),
        entries=entries,
        proof=proof,
        seconds=time.monotonic() - started,
        prove_href=_address(wanted, prove=1) if may_prove else None,
        command=COMMAND,
        older=_address(wanted, before=page.next_before) if page.next_before else None,
        newest=_address(wanted) if before is not None else None,
    )


def _row(row: Any) -> dict[str, Any]:
    subject = str(row["subject"])
    kind, _, reference = subject.partition(":")
    endpoint, name = _PAGES.get(kind, ("", ""))
    values: dict[str, Any] = {name: reference}
    return {
        "sequence": row["sequence"],
        "at": row["at"],
        "title": action_title(row["action"]),
        "refused": is_refusal(row["action"]),
        "by": row["by_name"],
        "kind": kind.replace("_", " ").capitalize(),
        "reference": reference,
        "href": url_for(endpoint, **values) if endpoint else None,
        "detail": detail_words(row["detail"]),
        "hash": row["hash"],
    }


def _faults(page: LogPage) -> list[int]:
    """Places on this page whose entry is not what was hashed, or does not follow the one before."""
    found = []
    following: Any = None
    for row in page.rows:
        broken = entry_hash(row["previous"], hashable(row, HASHED_DECISION)) != row["hash"]
        if following is not None and following["sequence"] == row["sequence"] + 1:
            broken = broken or following["previous"] != row["hash"]
        if broken:
            found.append(int(row["sequence"]))
        following = row
    return found
