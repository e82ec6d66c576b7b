"""Addresses: of pages that may not be installed, and back to where somebody came from."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from flask import current_app, request, url_for

from portal.accounts.rules import own_path

_LONGEST = 600


def link_to(endpoint: str, **values: Any) -> str | None:
    """The address of a page of a later feature; None on an installation without it."""
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else None


def way_back(otherwise: str) -> str:
    """Where the reader came from, as the address says and if it is a page of ours."""
    asked = request.args.get("back", "")
    return (own_path(asked) if len(asked) <= _LONGEST else None) or otherwise


def here() -> str:
    """This page's own address, to come back to; without its own way back when it is too long."""
    address = request.full_path.rstrip("?")
    return address if len(address) <= _LONGEST // 3 else request.path


def with_back(address: str, back: str) -> str:
    """An address that knows the way back."""
    return f"{address}{'&' if '?' in address else '?'}{urlencode({'back': back})}"


def back_query(back: str) -> str:
    """The way back as it ends an address that has no other question."""
    return f"?back={quote(back, safe='/')}"
