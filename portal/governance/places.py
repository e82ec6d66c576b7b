"""The places of information governance, and who sees the way to each."""

from __future__ import annotations

from typing import Any, Final

from flask import current_app, url_for

from portal.governance.access import ROUTES
from portal.web.access import current_actor

# Words, what it is about, endpoint. A place is there once its journey is.
_PLACES: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "Audit trail",
        "Who did, saw and took away what, and the proof that nothing was changed since",
        "governance.audit",
    ),
    (
        "People's requests",
        "What people ask about their own data, and the day by which they get an answer",
        "governance.rights_requests",
    ),
    (
        "Breaches",
        "Data lost, seen or gone astray: the 72 hours, the risk, and who was told",
        "governance.breach_log",
    ),
    (
        "Agreements",
        "What people and employers agreed to, in every place of the portal",
        "governance.consent_register",
    ),
    (
        "Record of processing",
        "What is done with people's data, why, and how long it stays",
        "governance.processing_record",
    ),
    (
        "How long personal data stays",
        "What goes when, what went, and what is on hold",
        "governance.retention",
    ),
    (
        "Requests to be forgotten",
        "What would go, what must stay and why, and doing it",
        "governance.erasures",
    ),
)


def governance_places() -> list[dict[str, Any]]:
    """The cards of the first page for the person looking."""
    return [
        {"text": text, "about": about, "href": url_for(endpoint)}
        for text, about, endpoint in _PLACES
        if endpoint in current_app.view_functions
        and endpoint in ROUTES
        and ROUTES[endpoint](current_actor(), {})
    ]
