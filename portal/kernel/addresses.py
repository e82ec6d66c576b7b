"""Email addresses as they are compared, and web addresses as a link may hold them."""

from __future__ import annotations

from urllib.parse import urlsplit


def mailbox(address: str) -> str:
    """An address for comparing only: lower case, without a tag ("ada+shop@…" is "ada@…").

    Mail is always sent to the address as it was given.
    """
    local, at, domain = address.strip().casefold().rpartition("@")
    untagged = local.partition("+")[0]
    # A local part that begins with the sign has no untagged form.
    return f"{untagged or local}{at}{domain}"


def web_address(address: str | None) -> str:
    """The address when it is a plain web one, or nothing: no `javascript:`, no `file:`.

    For links to what a record says: the form that checks it may not be the way it came.
    """
    stripped = (address or "").strip()
    try:
        parts = urlsplit(stripped)
    except ValueError:
        return ""
    return stripped if parts.scheme in {"http", "https"} and parts.netloc else ""
