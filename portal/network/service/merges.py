"""What a merge of two employers does in the network beside moving rows.

A record that goes leaves the network where the kept one has a place of its own there, and comes
back when the merge is undone. Proposals between the two, and those that are with a competitor now,
are withdrawn; both sides have been told so by mail, and an undoing does not bring them back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from portal.caseload.service.merging import set_values
from portal.kernel.clock import utc_now
from portal.kernel.people import PORTAL
from portal.network.queries import members, peer_held
from portal.network.service import peer_matches

_TABLE: Final = "network_members"


def _leaves(kept_id: int, merged_id: int) -> members.MemberFacts | None:
    """The membership that ends with the merge."""
    kept, merged = members.record_of(kept_id), members.record_of(merged_id)
    if kept is None or merged is None or not merged.is_in:
        return None
    return merged


def preview_leaving(kept_id: int, merged_id: int) -> list[str]:
    """That the record that goes leaves the network, if it does."""
    if _leaves(kept_id, merged_id) is None:
        return []
    kept = members.record_of(kept_id)
    if kept is not None and not kept.is_in:
        words = (
            "The employer that goes leaves the network. The employer that is kept has left it "
            "before, and can join again"
        )
        return [words]
    return ["The employer that goes leaves the network: the other has its own place there"]


def leave(kept_id: int, merged_id: int) -> dict[str, Any]:
    """Take it out of the network; what undoing needs."""
    merged = _leaves(kept_id, merged_id)
    if merged is None:
        return {}
    set_values(_TABLE, merged.id, {"left_at": utc_now()})
    return {"member": merged.id}


def come_back(noted: Mapping[str, Any]) -> None:
    """Put it into the network again, as it was."""
    if noted:
        set_values(_TABLE, noted["member"], {"left_at": None})


def preview_proposals(kept_id: int, merged_id: int) -> list[str]:
    """How many proposals come to nothing, if any do."""
    number = len(peer_held.proposals_ended(kept_id, merged_id))
    if not number:
        return []
    words = "1 proposal is" if number == 1 else f"{number} proposals are"
    return [f"Peer support: {words} withdrawn, and both sides are told. Undoing leaves it so"]


def withdraw(kept_id: int, merged_id: int) -> dict[str, Any]:
    """Withdraw them, with a mail to both sides."""
    # Nobody proposes another for one of the two meanwhile.
    peer_matches.hold([kept_id, merged_id])
    for match, request in peer_held.proposals_ended(kept_id, merged_id):
        peer_matches.fall_if_waiting(match, request, "withdrawn", by=PORTAL, why="merged")
    return {}


def leave_withdrawn(_noted: Mapping[str, Any]) -> None:
    """Who was told that nothing came of it is not told otherwise."""
