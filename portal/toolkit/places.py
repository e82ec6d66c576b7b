"""The places of the toolkit, and who sees the way to each."""

from __future__ import annotations

from typing import Any, Final

from flask import current_app, url_for

from portal.toolkit.access import ROUTES
from portal.web.access import current_actor

# Key, words, endpoint. Those who only read have the library and the tools.
_PLACES: Final = (
    ("library", "Library", "toolkit.library"),
    ("tools", "Tools", "toolkit.tools"),
    ("manage", "Manage resources", "toolkit.manage"),
    ("comments", "Comments", "toolkit.comments"),
    ("insights", "Insights", "toolkit.insights"),
    ("campaigns", "Campaigns", "toolkit.campaigns"),
    ("reach", "Reach", "toolkit.reach"),
)


def toolkit_places(here: str) -> list[dict[str, Any]]:
    """The sub-navigation of the toolkit for the person looking; ``here`` is the page's key.

    A place is shown when it is there and the access table lets the person in.
    """
    actor = current_actor()
    return [
        {"text": text, "href": url_for(endpoint), "active": key == here}
        for key, text, endpoint in _PLACES
        if endpoint in current_app.view_functions
        and endpoint in ROUTES
        and ROUTES[endpoint](actor, {})
    ]
