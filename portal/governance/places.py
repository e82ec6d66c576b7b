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
