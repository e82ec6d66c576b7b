"""The demonstration's network: six example employers, what they show, and who brought whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import click
from sqlalchemy import select

from portal.cli.demo_tools import taken
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.employers.queries import EmployerProfile, employer_profile
from portal.kernel import clock
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Ok
from portal.network.models import NetworkMember
from portal.network.queries import members as found
from portal.network.rules.invitations import Invited
from portal.network.rules.members import TEXTS, Profile
from portal.network.service import competitors, invitations, members


@dataclass(frozen=True, slots=True)
class Sketch:
    """What an example employer says of itself; everything it writes is shown but ``closed``."""

    name: str
    days: int
    texts: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[str, ...] = ("name", "sector", "size", "district", "award")
    closed: tuple[str, ...] = ()


CAFE: Final = Sketch(
    "",
    160,
    {
        "about": "An example café and bakery in the middle of town, open seven days a week.",
        "changed": "Every supervisor post can be shared by two people. Rotas come out four weeks "
        "ahead, and the team swaps shifts among themselves.",
        "for_whom": "Fifteen part-time staff, four of whom now lead a shift.",
        "cost": "Two days to redraw the rota, then an hour a week.",
        "brought": "Example figures: two people left last year instead of six.",
        "ask_about": "Job shares for supervisors, rotas four weeks ahead",
        "contact": "The manager",
    },
)
HOME: Final = Sketch(
    "",
    120,
    {
        "about": "An example care home with 34 staff.",
        "changed": "Training takes place in working hours, in parts of two hours.",
        "ask_about": "Training during shifts",
        "cost": "Written down for ourselves only.",
    },
    closed=("cost",),
)
OTHERS: Final = (
    Sketch(
        "Example Castle Hill Garden Centre Ltd",
        100,
        {
            "about": "An example garden centre with a shop and a café.",
            "changed": "We advertise every post as open to part-time, and say so in the title.",
            "brought": "Example figures: twice as many people apply.",
            "ask_about": "Job adverts, seasonal staff who stay",
        },
    ),
    Sketch(
        "Example Pennine View Care Home Ltd",
        80,
        {
            "about": "An example care home in the hills.",
            "changed": "A senior carer post for 20 hours a week.",
            "ask_about": "Senior posts with few hours",
        },
    ),
    Sketch(
        "Example Wharf Street Kitchen Ltd",
        45,
        {
            "changed": "Kitchen staff talk about their next step twice a year.",
            "ask_about": "Talking about progression in a busy kitchen",
        },
        # This one shows no name: others read "A member of the network".
        facts=("sector", "district"),
    ),
    Sketch(
        "Example Aire Valley Grocers Ltd",
        20,
        {
            "about": "An example grocer with two shops.",
            "ask_about": "Late shifts and childcare",
        },
        facts=("name", "sector", "district"),
    ),
)


def seed_network(*, cafe: str, home: str, owner: Author, carer: Author) -> int:
    """Six members: the café brought two of them. Returns how many there are."""
    first = _joins(_known(cafe), CAFE, owner)
    _joins(_known(home), HOME, carer, came_by=first.link_code)
    profiles = [_by_name(sketch.name) for sketch in OTHERS]
    for number, (profile, sketch) in enumerate(zip(profiles, OTHERS, strict=True)):
        _joins(profile, sketch, PORTAL, came_by=first.link_code if number == 0 else "")
    with unit_of_work():
        taken(
            competitors.declare(employer=_known(cafe), other=profiles[2].reference, by=owner),
        )
    with unit_of_work():
        done = invitations.invite(
            employer=_known(cafe),
            invited=Invited(
                "Example Corner House Deli",
                "Dina Example",
                "dina@deli.example",
                "We met at the market. It helped us with the rota.",
            ),
            by=owner,
        )
    if not isinstance(done, Ok):
        raise click.ClickException("The demonstration's invitation is refused")
    return len(OTHERS) + 2


def _joins(
    profile: EmployerProfile, sketch: Sketch, by: Author, *, came_by: str = ""
) -> NetworkMember:
    shown = {*sketch.facts, *(name for name in TEXTS if name in sketch.texts)}
    given = Profile(sketch.texts, frozenset(shown - set(sketch.closed)))
    record = found.record_of(profile.id)
    with clock.freeze(clock.utc_now() - timedelta(days=sketch.days)), unit_of_work():
        done = members.save(
            employer=profile,
            revision=record.revision if record else 0,
            profile=given,
            by=by,
            came_by=came_by,
        )
    if not isinstance(done, Ok):
        raise click.ClickException(f"The demonstration's member is refused: {done[0].message}")
    return done.value


def _known(reference: str) -> EmployerProfile:
    profile = employer_profile(reference)
    if profile is None:
        raise click.ClickException("The demonstration's employer is missing")
    return profile


def _by_name(name: str) -> EmployerProfile:
    reference = current_session().scalar(select(Employer.reference).where(Employer.name == name))
    if reference is None:
        raise click.ClickException(f"The demonstration has no {name}")
    return _known(reference)
