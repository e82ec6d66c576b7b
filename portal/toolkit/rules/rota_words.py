"""What the rota score suggests, and what it says about itself."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

from portal.toolkit.rules.tools import Suggestion

NOTES: Final = (
    (
        "The file is not stored. Names are used to tell people apart while the score is worked "
        "out, and stand nowhere in the result."
    ),
    (
        "Four weeks' notice is what the Living Hours standard asks for (Living Wage Foundation, "
        "2019). Eleven hours' rest a day is in the Working Time Regulations 1998, which have some "
        "exceptions: ask Acas when you are not sure."
    ),
    (
        "The weights of the score are ours. Use it to compare your own rotas over time, not one "
        "business with another."
    ),
)
_SUGGESTIONS: Final[Mapping[str, Suggestion]] = {
    "notice": Suggestion(
        "publish-earlier",
        "Publish the rota two weeks earlier than now, then four weeks ahead",
        "People with children or a second job need to know early; late rotas cost you swaps, "
        "absences and leavers.",
        "Put the next four weeks' fixed shifts on the wall this week, and leave only gaps open.",
        "steady_hours",
        "scheduling",
        effort=2,
        impact=3,
        evidence="The day of publication on each rota",
    ),
    "changes": Suggestion(
        "fewer-late-changes",
        "Ask first when a shift must change within the week, and count how often it happens",
        "A change in the last week undoes arrangements that people have paid for.",
        "Keep a list by the rota: which shift, why, and who said yes.",
        "steady_hours",
        "scheduling",
        effort=1,
        impact=2,
        evidence="The list of late changes by month",
    ),
    "splits": Suggestion(
        "no-split-shifts",
        "Give split shifts only to people who have asked for them",
        "A gap in the middle of the day is unpaid time that nobody can use well.",
        "Mark every split shift on the next rota and ask the person whether it suits them.",
        "steady_hours",
        "scheduling",
        effort=1,
        impact=2,
        evidence="Split shifts on the rota, each with a request",
    ),
    "rests": Suggestion(
        "eleven-hours-rest",
        "Leave 11 hours between shifts, and look at each time it was less",
        "Daily rest is a legal right with few exceptions, and tired people make mistakes.",
        "Find the shifts in the rota and move the later start, or agree the rest that is owed.",
        "fair_deal",
        "scheduling",
        effort=1,
        impact=3,
        evidence="A rota without rests shorter than 11 hours",
    ),
    "steady": Suggestion(
        "steady-core-hours",
        "Fix a core of hours for each person, the same each week",
        "Pay that goes up and down with the rota makes it hard to stay in a job.",
        "Work out the hours each person has had in the last 12 weeks and offer that as the core.",
        "steady_hours",
        "scheduling",
        effort=2,
        impact=3,
        evidence="Contracts or letters with core hours",
    ),
}


def suggestions(weak: Collection[str]) -> tuple[Suggestion, ...]:
    """What to do about what is weak; the law first."""
    order = ("rests", "notice", "changes", "steady", "splits")
    return tuple(_SUGGESTIONS[key] for key in order if key in weak)
