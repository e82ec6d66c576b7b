"""The places of the network, and who sees the way to each."""

from __future__ import annotations

from typing import Any, Final

from flask import current_app, url_for

from portal.network.access import ROUTES
from portal.web.access import current_actor

# Key, words, endpoint. A place is there once its journey is.
_PLACES: Final = (
    ("home", "Network", "network.home"),
    ("directory", "Directory", "network.directory"),
    ("events", "Events", "network.events"),
    ("awards", "Awards", "network.awards"),
    ("forum", "Forum", "network.forum"),
    ("rounds", "Rounds", "network.rounds"),
    ("assess", "Assess", "network.assess_list"),
    ("matches", "Peer matches", "network.matches"),
    ("moderation", "Moderation", "network.moderation"),
    ("report", "Who is connected", "network.report"),
)


def is_there(endpoint: str) -> bool:
    """Whether a page exists and the person looking may open it."""
    return (
        endpoint in current_app.view_functions
        and endpoint in ROUTES
        and ROUTES[endpoint](current_actor(), {})
    )


def network_places(here: str) -> list[dict[str, Any]]:
    """The sub-navigation of the network for the person looking; ``here`` is the page's key."""
    return [
        {"text": text, "href": url_for(endpoint), "active": key == here}
        for key, text, endpoint in _PLACES
        # Others who assess come by the link in their mail.
        if is_there(endpoint) and (key != "assess" or current_actor().strong)
    ]
