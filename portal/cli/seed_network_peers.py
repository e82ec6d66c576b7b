"""The demonstration's peer support: who offers, who asks, and what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import click

from portal.cli.demo_tools import taken
from portal.db import unit_of_work
from portal.employers.queries import EmployerProfile, employer_profile, employer_profile_by_id
from portal.kernel import clock
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Ok
from portal.network.queries import members, peer_sides
from portal.network.queries import peers as found
from portal.network.rules.peers import Asked, Offered
from portal.network.service import peer_matches, peers

_DAYS_AGO: Final = 75
# How many others offer: enough to rank, few enough that somebody is full.
_OTHERS: Final = 3
_SAYS: Final = ("sector", "size", "district", "diagnostic")


def seed_network_peers(
    *,
    cafe: str,
    home: str,
    owner: Author,
    carer: Author,
    officer: Author,
    others: list[str] | None = None,
) -> int:
    """Offers and requests of members; call it once they are in the network.

    ``others`` names those who offer beside the care home, by reference; else the first members.
    Returns how many matches there are.
    """
    if others is None:
        others = [one for one in found.member_references() if one not in {cafe, home}]
    for number, reference in enumerate(others[:_OTHERS]):
        _offers(_known(reference), PORTAL, capacity=1 + number)
    _offers(_known(home), carer, capacity=2)
    made = 0
    with clock.freeze(clock.utc_now() - timedelta(days=_DAYS_AGO)):
        match = _asks(_known(cafe), "training", "How do you train people on short shifts?", owner)
        made += _proposed(match, officer, introduce=True)
    _ended(_known(cafe))
    request = _asks(
        _known(cafe), "scheduling", "How far ahead do you publish rotas, and who swaps?", owner
    )
    made += _proposed(request, officer, introduce=False)
    _asks(_known(home), "progression", "Did anybody become a lead on fewer hours?", carer)
    return made


def _offers(profile: EmployerProfile, by: Author, *, capacity: int) -> None:
    if not members.is_member(profile.id):
        return
    offered = Offered(
        topics=("scheduling", "training", "progression"),
        about="We began with one team, and kept what worked.",
        capacity=capacity,
        contact_name=by.shown if by.user_id else "Example Person",
        contact_email=by.email or f"peer-{profile.reference.lower()}@network.example",
        says=_SAYS,
        is_paused=False,
    )
    with unit_of_work():
        done = peers.offer(employer=profile, revision=0, offered=offered, by=by)
    if not isinstance(done, Ok):
        raise click.ClickException(f"The demonstration's offer is refused: {done[0].message}")


def _asks(profile: EmployerProfile, topic: str, question: str, by: Author) -> str:
    asked = Asked(topic, question, by.shown, by.email or "peer@network.example", _SAYS)
    with unit_of_work():
        done = peers.ask(employer=profile, asked=asked, by=by)
        if not isinstance(done, Ok):
            raise click.ClickException(f"The demonstration's request is refused: {done[0].message}")
        return done.value.reference


def _proposed(request: str, officer: Author, *, introduce: bool) -> int:
    """Propose the first that may be; how many were."""
    for helper in peer_sides.helpers():
        profile = employer_profile_by_id(helper.by.employer_id)
        if profile is None:
            continue
        with unit_of_work():
            done = peer_matches.propose(request=request, champion=profile.reference, by=officer)
            reference = done.value.reference if isinstance(done, Ok) else ""
        if not reference:
            continue
        for side in ("asker", "champion") if introduce else ("champion",):
            with unit_of_work():
                taken(peer_matches.answer(reference=reference, side=side, agree=True, by=PORTAL))
        return 1
    return 0


def _ended(profile: EmployerProfile) -> None:
    for match in found.matches_of(profile.id):
        if match.state == "introduced":
            for side in ("asker", "champion"):
                with unit_of_work():
                    done = peer_matches.say_outcome(
                        reference=match.reference,
                        side=side,
                        outcome="useful",
                        words="One visit was enough to begin.",
                        by=PORTAL,
                    )
                    taken(done)


def _known(reference: str) -> EmployerProfile:
    profile = employer_profile(reference)
    if profile is None:
        raise click.ClickException("The demonstration's employer is missing")
    return profile
