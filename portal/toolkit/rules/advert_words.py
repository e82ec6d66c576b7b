"""Sentences to paste into an advert, and what to do about what it leaves out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from portal.toolkit.rules.tools import Suggestion

# Square brackets are for the employer to fill in: nothing is promised for them.
PASTE: Final[Mapping[str, str]] = {
    "flexible": (
        "This job is open to part-time hours or a job share, from [16] hours a week. Tell us which"
        " days and times would suit you."
    ),
    "pay": "Pay: £[12.60] an hour. For [20] hours a week that is about £[13,100] a year.",
    "number": "Hours: [20] to [30] a week; we can agree the number with you.",
    "pattern": (
        "Shifts are between [7am] and [10pm], Monday to Sunday. You get your rota [4] weeks ahead."
    ),
    "guaranteed": "Your contract guarantees at least [16] hours every week.",
    "contract": "This is a permanent contract.",
    "place": "You work at [address and postcode], [5 minutes] from [bus stop or station].",
    "training": "You are paid for all training, and it takes place in your working hours.",
    "progress": (
        "Part-time colleagues become [shift leaders] here, and can do that job in part-time hours"
        " too."
    ),
    "returners": (
        "You do not need recent experience. We welcome people coming back to work and will train"
        " you."
    ),
    "wording": (
        "We plan shifts with you. Tell us when you cannot work, and we will say what we can do."
    ),
}
NOTES: Final = (
    (
        "In 2019, 15.3% of job adverts offered flexible working; it was 23% of those paid less"
        " than £20,000 and 14% of those paid £20,000 to £34,000, full-time equivalent (Timewise,"
        " Flexible Jobs Index 2019)."
    ),
    (
        "The checker looks for words. It can miss what is said in an unusual way: read each quote,"
        " and trust yourself."
    ),
    "Words in square brackets are yours to fill in. Promise only what is true of the job.",
)
_MADE: Final = (
    (
        ("flexible",),
        Suggestion(
            "say-flexible",
            "Say in the title or first lines of every advert that hours can be talked about",
            "The advert does not tell a part-timer early on that the job may suit them.",
            "Put the suggested sentence into the next advert, under the job title.",
            "open_jobs",
            "recruitment",
            effort=1,
            impact=3,
            evidence="The next advert",
        ),
    ),
    (
        ("pay",),
        Suggestion(
            "state-pay",
            "State the pay as an amount in every advert",
            "Without an amount nobody can work out whether the job pays for part-time hours.",
            "Write the hourly rate, or where it starts and ends, into your advert template.",
            "fair_deal",
            "recruitment",
            effort=1,
            impact=3,
            evidence="The advert template with pay in it",
        ),
    ),
    (
        ("number", "pattern", "guaranteed"),
        Suggestion(
            "state-hours",
            "State hours, days and what is guaranteed in every advert",
            "People who care for somebody or have another job need to know when they would work.",
            "Ask the manager which hours are really fixed, and write only those down as fixed.",
            "steady_hours",
            "scheduling",
            effort=1,
            impact=3,
            evidence="The advert template with hours in it",
        ),
    ),
    (
        ("training", "progress"),
        Suggestion(
            "state-way-up",
            "Say in adverts what training there is and what the next step is, part-time too",
            "People stay where they can see a way up.",
            "Name one part-timer who moved up, with their agreement, and say so in the advert.",
            "build_skills",
            "progression",
            effort=1,
            impact=2,
            evidence="The next advert",
        ),
    ),
    (
        ("returners", "wording"),
        Suggestion(
            "open-wording",
            "Take demands out of adverts that the job does not need",
            "Demands for recent years, for any hours at all or for a kind of person shut out people"
            " who could do the job.",
            "Go through the quotes, and cross out each that you would not turn somebody down for.",
            "open_jobs",
            "recruitment",
            effort=1,
            impact=2,
            evidence="The advert before and after",
        ),
    ),
)


def suggestions(keys: Collection[str]) -> tuple[Suggestion, ...]:
    """What to do about findings that are not good, by their keys."""
    return tuple(one for some, one in _MADE if not set(some).isdisjoint(keys))
