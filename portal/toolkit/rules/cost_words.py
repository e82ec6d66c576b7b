"""The words of the cost calculator: its verdict, what to do, and what its figures rest on."""

from __future__ import annotations

from typing import Final

from portal.action_plans.rules.business_case_figures import BusinessCaseInputs
from portal.kernel.money import Money
from portal.toolkit.rules.tools import Suggestion

NOTES: Final = (
    (
        "The wage of an empty post is not counted: you would have paid it anyway. Only the extra"
        " for cover is."
    ),
    (
        "Figures marked as our example are there to start with. They are not averages or"
        " findings: put in your own."
    ),
    (
        "To compare: in adult social care, turnover was 48.7% where none of five retention"
        " factors held and 20.6% where all did (Skills for Care, The state of the adult social"
        " care sector and workforce in England, 2023)."
    ),
    (
        "Fewer leavers are not the only reason to change something, and this does not count the"
        " rest: service, skills, or people who would like to apply."
    ),
)
_LONG_VACANCY_WEEKS: Final = 4

Net = tuple[Money, Money, Money]


def headline(leavers: int, year: str, one: str, left: Net | None) -> tuple[str, str, str]:
    """The answer in a sentence, what follows from it, and how it stands.

    ``left`` is what a measure leaves after its first year on low, typed and high figures.
    """
    if left is None:
        if not leavers:
            return (
                "Nobody left, so turnover cost you nothing",
                f"One leaver would cost {one}.",
                "good",
            )
        return (
            f"Turnover of part-time staff costs you about {year} a year",
            f"Each time somebody leaves it costs {one}.",
            "note",
        )
    low, central, high = left
    if low.pence > 0:
        text = f"Even on the low figures it leaves {low.format_whole()} in the first year."
        return "Yes: on your figures the change pays within a year", text, "good"
    if central.pence > 0:
        text = (
            f"As typed it leaves {central.format_whole()} in the first year; on the low figures"
            f" it {_loses(low)}."
        )
        return "It may pay: your figures as typed say yes, the low ones no", text, "watch"
    text = f"As typed it {_loses(central)} in the first year."
    if high.pence > 0:
        text += f" Only on the high figures would it leave {high.format_whole()}."
    return (
        "No: on your figures it does not pay within a year",
        f"{text} Saving on turnover alone is not the reason to do it.",
        "bad",
    )


def _loses(amount: Money) -> str:
    if not amount:
        return "breaks even"
    return f"costs {(-amount).format_whole()} more than it saves"


def suggestions(figures: BusinessCaseInputs, leavers: int, *, pays: bool) -> tuple[Suggestion, ...]:
    """What to do next, from the figures. A measure that does not pay is not suggested."""
    found = [
        Suggestion(
            "ask-leavers",
            "Ask everybody who leaves why, and write it down",
            "You know what leavers cost. Why they go says which change would keep them.",
            "Ask the last three people who left, by phone: what would have kept you?",
            "hear_and_learn",
            "measurement",
            effort=1,
            impact=2,
            evidence="A list of reasons, by job and by length of service",
        )
    ]
    if not leavers:
        return tuple(found)
    if figures.figures["vacancy_weeks"].value > _LONG_VACANCY_WEEKS:
        found.append(
            Suggestion(
                "shorten-vacancies",
                "Offer every empty post as part-time or job share, inside first",
                "Posts stand empty for more than four weeks. More people can apply when the hours"
                " can be talked about.",
                "Take the next empty post and write down which of its hours are really fixed.",
                "open_jobs",
                "recruitment",
                effort=1,
                impact=3,
                evidence="The advert, and the weeks until it was filled",
            )
        )
    if pays:
        found.append(
            Suggestion(
                "try-keeping",
                "Try one change that may keep people, and count leavers before and after",
                "On your figures, keeping a few people pays for a modest change.",
                "Choose one team and one change, such as rotas four weeks ahead. Write down how"
                " many left in the last 12 months.",
                "lead_from_top",
                "leadership",
                effort=2,
                impact=3,
                evidence="Leavers in 12 months before and after, for that team",
            )
        )
    return tuple(found)
