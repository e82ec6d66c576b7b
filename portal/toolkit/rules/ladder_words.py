"""What the stuck-ladder check suggests, and what it says about itself."""

from __future__ import annotations

from typing import Final

from portal.toolkit.rules.tools import Suggestion

NOTES: Final = (
    (
        "A step is pointed out where the part-time share falls by 10 percentage points or more. "
        "That line is ours: choose your own if you know better."
    ),
    (
        "In shops, half to three quarters of staff work part-time but 1 to 23% of supervisors and "
        "managers do (Timewise, Retail Pioneer Programme, 2018)."
    ),
    (
        "Part-time means fewer than 30 hours a week, unless you counted otherwise. Count the same "
        "way each time."
    ),
)
_AGAIN: Final = Suggestion(
    "count-again",
    "Count part-time staff at each grade again in a year",
    "One count shows where the ladder stands. The second shows whether what you did moved it.",
    "Put a date for the next count in the calendar, with who does it.",
    "hear_and_learn",
    "measurement",
    effort=1,
    impact=2,
    evidence="Two counts a year apart, kept side by side",
)


def suggestions(
    below: str = "", above: str = "", shares: tuple[str, str] = ("", "")
) -> tuple[Suggestion, ...]:
    """What to do at the step from one grade to the next; without a stuck step, count again."""
    if not above:
        return (_AGAIN,)
    fact = f"{shares[0]} of {below} work part-time and {shares[1]} of {above}."
    open_next = Suggestion(
        "open-next-post",
        f"Offer the next {above} post in part-time hours or as a job share",
        f"{fact} People who cannot work full-time do not apply for a full-time post.",
        f"Write down which tasks of {above} need which hours, with the job-design worksheet.",
        "open_jobs",
        "job_design",
        effort=2,
        impact=3,
        evidence="The advert, and who applied",
    )
    ask = Suggestion(
        "ask-why",
        f"Ask part-time {below} what stops them going for {above}",
        f"{fact} Only they know whether it is hours, pay, training or that nobody asked.",
        "Ask three of them this week, one at a time, and write down what they say.",
        "hear_and_learn",
        "voice",
        effort=1,
        impact=2,
        evidence="What they said, without names",
    )
    tell = Suggestion(
        "tell-everyone",
        f"Tell every part-timer about each {above} vacancy, whatever their shifts",
        f"{fact} Those who are not in on the day hear last.",
        "Send the next vacancy to everybody's phone on the day it opens.",
        "open_jobs",
        "progression",
        effort=1,
        impact=2,
        evidence="The message, and the part-time share of those who applied",
    )
    return (open_next, ask, tell, _AGAIN)
