"""What time does to matches: a reminder, a lapse, and asking what came of it. Done daily."""

from __future__ import annotations

from portal.db import current_session, unit_of_work
from portal.kernel.clock import utc_now
from portal.kernel.people import PORTAL
from portal.network.queries import members
from portal.network.queries import peers as found
from portal.network.queries.peers import Due
from portal.network.rules.peers import SIDES, asks_outcome, is_remindable
from portal.network.service import peer_mails as mails
from portal.network.service import peer_matches


def run_day() -> None:
    """Do what is due; twice, or a day late, does no harm. Each match is a unit of work."""
    competing = members.competing_pairs()
    for due in found.due_matches():
        with unit_of_work():
            if due.state == "introduced":
                if not peer_matches.end_by_one_word(due.id, due.request_id):
                    _ask_outcome(due)
            elif not due.are_in or frozenset({due.asking_id, due.champion_id}) in competing:
                peer_matches.fall_if_waiting(
                    due.id, due.request_id, "withdrawn", by=PORTAL, why="unfit"
                )
            else:
                _lapse_or_remind(due)


def _lapse_or_remind(due: Due) -> None:
    found.request_to_change(due.request_id)
    match = found.match_to_change(due.id)
    now = utc_now()
    if match is None or match.state != "proposed":
        return
    if now >= match.due_at:
        peer_matches.fall_if_waiting(due.id, due.request_id, "lapsed", by=PORTAL, why="time")
    elif match.reminded_at is None and is_remindable(match.created_at, now=now):
        match.reminded_at = now
        current_session().flush()
        facts = found.match(match.reference)
        for side in SIDES if facts else ():
            if facts is not None and facts.agreed_at(side) is None:
                mails.remind(facts, side)


def _ask_outcome(due: Due) -> None:
    match = found.match_to_change(due.id)
    if match is None or match.state != "introduced" or match.introduced_at is None:
        return
    # Once one has spoken the other has been asked already.
    if match.said_at is not None:
        return
    now = utc_now()
    if match.outcome_asked_at is None and asks_outcome(match.introduced_at, now=now):
        match.outcome_asked_at = now
        current_session().flush()
        facts = found.match(match.reference)
        if facts is not None:
            mails.ask_outcome(facts)
