"""Ties peer support to the application: the day's work, a card, merging and downloads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from flask import Flask, url_for

from portal.caseload.merging import (
    Effect,
    MergePolicy,
    MergeStep,
    RowChange,
    register_merge_policy,
    register_merge_step,
)
from portal.employers.panels import (
    HeldRecords,
    Panel,
    register_employer_panel,
    register_held_records,
)
from portal.employers.queries import EmployerProfile
from portal.employers.queries.held import read_table
from portal.integrations.jobs import register_daily
from portal.network.queries import peer_held as queries
from portal.network.rules.peers import MATCH_STATES, REQUEST_STATES
from portal.network.service import merges, peer_days
from portal.toolkit.rules.words import DIMENSIONS
from portal.web.access import Actor

_SEEN_BY: Final = "You, whoever you are matched with as far as you agreed, and the LEP"

HELD: Final = (
    HeldRecords(
        "Peer support: what you offer",
        "peer-offer",
        "About what others may ask you, with how many you talk at a time, and who is contacted",
        _SEEN_BY,
        (queries.OFFERS.table.name,),
        partial(read_table, queries.OFFERS),
        order=76,
    ),
    HeldRecords(
        "Peer support: what you asked",
        "peer-requests",
        "What you would like to ask somebody who has done it",
        _SEEN_BY,
        (queries.REQUESTS.table.name,),
        partial(read_table, queries.REQUESTS),
        order=77,
    ),
    HeldRecords(
        "Peer support: matches",
        "peer-matches",
        "With whom you were introduced, and what you said came of it; the other business is named "
        "once both have agreed",
        "You, the other business and the LEP; what you said came of it, you and the LEP",
        (queries.MATCHES.table.name,),
        queries.held_matches,
        order=78,
    ),
)


def wire_peers(app: Flask) -> None:
    """Install the card, the day's work, the downloads and what a merge does."""
    register_employer_panel(app, panel, order=52)
    register_daily(app, "network.peers", peer_days.run_day)
    register_held_records(app, *HELD)
    register_merge_policy(app, *POLICIES)
    register_merge_step(app, PROPOSALS)


def panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card on an employer's own page: somebody to ask, or what waits for an answer."""
    if profile.reference not in actor.employers:
        return None
    state = queries.state_of(profile.id)
    if not state.is_in:
        return None
    href = url_for("network.peers", employer=profile.reference)
    if state.waiting:
        words = "A match waits" if state.waiting == 1 else f"{state.waiting} matches wait"
        return Panel("Peer support", f"{words} for your answer.", href, tint=True)
    return Panel(
        "Peer support", "Ask a business that has done it, or offer to talk with others.", href
    )


# Two records of one employer --------------------------------------------------------------------


def one_offer(kept_id: int, merged_id: int) -> Effect:
    """An employer has one offer: the merged one's stays where the kept has its own."""
    keys = queries.offers_of([kept_id, merged_id])
    if len(keys) < 2:  # noqa: PLR2004 - each has one
        return Effect()
    return Effect(staying={keys[merged_id]: "the employer that is kept has its own offer"})


def same_requests(kept_id: int, merged_id: int) -> Effect:
    """What both ask about now is asked once; and nobody is matched with itself."""
    reason = "the employer that is kept asks about it too"
    return Effect(staying=dict.fromkeys(queries.same_requests(kept_id, merged_id), reason))


def matched_with_itself(kept_id: int, merged_id: int) -> Effect:
    """A match of the two with each other stays behind, as it was; one of a request that stays too.

    Each match stays beside its request.
    """
    staying = {
        one.id: "it is a match of the two with each other"
        for one in queries.matches_between(kept_id, merged_id)
    }
    for key in queries.matches_of_requests(queries.same_requests(kept_id, merged_id), merged_id):
        staying.setdefault(key, "its request stays")
    return Effect(staying=staying)


def introduced_to_itself(kept_id: int, merged_id: int) -> Effect:
    """The same; and where the two were introduced to each other, that ends without a meeting."""
    changes: list[RowChange] = []
    for one in queries.matches_between(kept_id, merged_id):
        if one.state == "introduced":
            words = f"Match {one.reference} of the two with each other ends: they are one business"
            ended = {"state": "ended", "outcome": "not_met"}
            changes.append(RowChange("peer_matches", one.id, ended, words))
            changes.append(
                RowChange(
                    "peer_requests",
                    one.request_id,
                    {"state": "open"},
                    "Its request is open again",
                )
            )
    return Effect(staying=matched_with_itself(kept_id, merged_id).staying, changes=tuple(changes))


def _offer_words(row: Mapping[str, Any]) -> str:
    return f"An offer to talk with {row['capacity']} at a time"


def _request_words(row: Mapping[str, Any]) -> str:
    topic = DIMENSIONS.get(row["topic"], row["topic"])
    return f"{row['reference']}: {topic}, {REQUEST_STATES[row['state']].lower()}"


def _match_words(row: Mapping[str, Any]) -> str:
    return f"{row['reference']}: {MATCH_STATES[row['state']].lower()}"


POLICIES: Final = (
    MergePolicy(
        "peer_offers.employer_id",
        "Offer of peer support",
        _offer_words,
        ("capacity",),
        rule=one_offer,
    ),
    MergePolicy(
        "peer_requests.employer_id",
        "Requests for peer support",
        _request_words,
        ("reference", "topic", "state"),
        rule=same_requests,
    ),
    MergePolicy(
        "peer_matches.asking_id",
        "Matches in which it asked",
        _match_words,
        ("reference", "state"),
        rule=introduced_to_itself,
        follows=("request_id",),
    ),
    MergePolicy(
        "peer_matches.champion_id",
        "Matches in which it helped",
        _match_words,
        ("reference", "state"),
        rule=matched_with_itself,
        # Whoever helps stands in a match with a request of somebody else.
        crossing=("request_id",),
    ),
)
PROPOSALS: Final = MergeStep(
    "peer proposals", merges.preview_proposals, merges.withdraw, merges.leave_withdrawn
)
