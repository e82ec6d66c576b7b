"""What may become of each record of the network: one table of allowed transitions for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from portal.kernel.result import Problem

Moves = Mapping[str, frozenset[str]]

ROUND_MOVES: Final[Moves] = {
    "planned": frozenset({"open", "cancelled"}),
    "open": frozenset({"assessing", "cancelled"}),
    "assessing": frozenset({"decided", "cancelled"}),
    "decided": frozenset(),
    "cancelled": frozenset(),
}
APPLICATION_MOVES: Final[Moves] = {
    "draft": frozenset({"submitted", "withdrawn", "lapsed"}),
    "submitted": frozenset({"draft", "assessing", "withdrawn"}),
    "assessing": frozenset({"moderation", "ready", "withdrawn"}),
    "moderation": frozenset({"ready", "withdrawn"}),
    "ready": frozenset({"awarded", "declined", "withdrawn"}),
    "awarded": frozenset(),
    "declined": frozenset(),
    "withdrawn": frozenset({"draft"}),
    "lapsed": frozenset(),
}
ASSESSMENT_MOVES: Final[Moves] = {
    "assigned": frozenset({"done", "stood_down"}),
    "done": frozenset(),
    "stood_down": frozenset(),
}
EVENT_MOVES: Final[Moves] = {
    "draft": frozenset({"published", "cancelled"}),
    "published": frozenset({"cancelled", "held"}),
    "held": frozenset(),
    "cancelled": frozenset(),
}
REGISTRATION_MOVES: Final[Moves] = {
    "registered": frozenset({"cancelled"}),
    "waiting": frozenset({"offered", "registered", "cancelled"}),
    "offered": frozenset({"registered", "lapsed", "cancelled"}),
    "lapsed": frozenset({"waiting", "registered"}),
    "cancelled": frozenset({"registered", "waiting"}),
}
THREAD_MOVES: Final[Moves] = {
    "open": frozenset({"locked", "hidden"}),
    "locked": frozenset({"open", "hidden"}),
    "hidden": frozenset({"open", "locked"}),
}
POST_MOVES: Final[Moves] = {
    "shown": frozenset({"held", "hidden", "withdrawn"}),
    "held": frozenset({"shown", "hidden", "withdrawn"}),
    "hidden": frozenset({"shown"}),
    "withdrawn": frozenset(),
}
REQUEST_MOVES: Final[Moves] = {
    "open": frozenset({"matched", "closed", "withdrawn"}),
    "matched": frozenset({"open", "closed", "withdrawn"}),
    "closed": frozenset({"open"}),
    "withdrawn": frozenset(),
}
MATCH_MOVES: Final[Moves] = {
    "proposed": frozenset({"introduced", "declined", "lapsed", "withdrawn"}),
    "introduced": frozenset({"ended"}),
    "declined": frozenset(),
    "lapsed": frozenset(),
    "withdrawn": frozenset(),
    "ended": frozenset(),
}


def refused(moves: Moves, now: str, then: str, *, what: str) -> Problem | None:
    """Why a record cannot move on so, if it cannot; ``what`` names it: "An application"."""
    if then in moves[now]:
        return None
    return Problem("state", f"{what} that is {_words(now)} cannot become {_words(then)}")


def _words(state: str) -> str:
    return state.replace("_", " ")
