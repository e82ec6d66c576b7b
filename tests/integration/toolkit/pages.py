"""What tests of the editors' pages share."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from portal.db import current_session
from portal.toolkit.models import Resource


def text_of(response: Any) -> str:
    """The words of a page on one line."""
    page = re.sub(r"<[^>]+>", " ", response.get_data(as_text=True))
    return " ".join(unescape(page).split())


def the_resource(reference: str) -> Resource:
    """A resource, read afresh."""
    found = current_session().query(Resource).filter_by(reference=reference).one()
    current_session().refresh(found)
    return found


def filled(**changes: Any) -> dict[str, Any]:
    """The form of a resource, filled in as a browser sends it."""
    return {
        "format": "guide",
        "title": "Ask before you change a rota",
        "about": "What to ask on Monday.",
        "body": "Start with one post [@report-a].\n\n## Ask\n\nAsk each person.",
        "author": "Example Editor",
        "minutes": "",
        "review_by-day": "1",
        "review_by-month": "11",
        "review_by-year": "2027",
        "audiences": ["managers"],
        "dimensions": ["scheduling"],
        "sectors": ["retail"],
        "sources-0-key": "report-a",
        "sources-0-title": "A report",
        "sources-0-publisher": "A Publisher",
        "sources-0-year": "2023",
        "sources-0-url": "https://example.org/report",
        **changes,
    }
