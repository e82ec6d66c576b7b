"""Email addresses as they are compared: which two lead to one person's mailbox."""

from __future__ import annotations


def mailbox(address: str) -> str:
    """An address for comparing only: lower case, without a tag ("ada+shop@…" is "ada@…").

    Mail is always sent to the address as it was given.
    """
    local, at, domain = address.strip().casefold().rpartition("@")
    untagged = local.partition("+")[0]
    # A local part that begins with the sign has no untagged form.
    return f"{untagged or local}{at}{domain}"
