"""The demonstration's forum: labelled example threads, one of them without a name, one waiting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from portal.cli.demo_tools import taken
from portal.cli.forum import load_forum
from portal.db import unit_of_work
from portal.kernel import clock
from portal.kernel.people import Author
from portal.network.rules.forum_words import Rank
from portal.network.service import forum, forum_moderation, forum_readers
from portal.network.service.forum import Draft, Posted

_EXAMPLE: Final = "*An example for the demonstration.*\n\n"


@dataclass(frozen=True, slots=True)
class Voice:
    """Somebody who writes in the demonstration, and for whom."""

    by: Author
    rank: Rank
    as_whom: str


@dataclass(frozen=True, slots=True)
class Said:
    """One example post, so many days ago."""

    voice: Voice
    days: int
    body: str
    unnamed: bool = False


def seed_network_forum(
    *, cafe: str, home: str, owner: Author, carer: Author, officer: Author
) -> int:
    """Load the parts of the forum and let the example people talk; how many threads there are.

    Call it when the example employers are in the network; ``officer`` is LEP staff.
    """
    load_forum()
    olive, cara = Voice(owner, "member", cafe), Voice(carer, "member", home)
    leo = Voice(officer, "moderator", "staff")
    for voice in (olive, cara, leo):
        with unit_of_work():
            taken(forum_readers.promise(rank=voice.rank, by=voice.by))
    welcome, share, held = _threads(olive, cara, leo)
    with unit_of_work():
        taken(
            forum_moderation.change_thread(
                thread=welcome[0].thread,
                act="pin",
                reason="For newcomers (example)",
                by=officer,
            )
        )
        taken(forum_readers.solve(post=share[1].post, seen="", rank="member", by=carer))
        taken(forum_readers.helpful(post=share[1].post, helps=True, rank="member", by=carer))
        taken(forum_readers.subscribe(how="digest", category="job-design", rank="member", by=owner))
    return 4 if held[0].held else 3


def _threads(olive: Voice, cara: Voice, leo: Voice) -> tuple[list[Posted], ...]:
    """A welcome, a question that is answered, one without a name, and one that waits."""
    welcome = _thread(
        "start-here",
        "Welcome to the forum",
        Said(leo, 40, "Ask what you would ask a neighbour who has done it. Staff read along."),
    )
    share = _thread(
        "job-design",
        "How do two people share one lead post?",
        Said(
            cara, 30, "Two senior carers want 20 hours each. Who closes the week, and who is asked?"
        ),
        Said(
            olive,
            29,
            "Ours share by half weeks and overlap for an hour on Wednesday:\n\n"
            "- one list of what is open, on paper, by the till\n"
            "- each decides alone on her days\n"
            "- once a month we ask the team what fell between them",
        ),
        Said(cara, 28, "The hour of overlap is what we had missed. Thank you."),
    )
    _thread(
        "hours-and-rotas",
        "Swaps among the team: who says yes?",
        Said(
            cara,
            9,
            "Our team leaders still agree every swap. Has anybody let the team do it alone?",
            unnamed=True,
        ),
        Said(olive, 8, "Yes, with two rules on the wall. Nothing has gone wrong in a year."),
    )
    held = _thread(
        "hospitality",
        "Opening hours over the holidays",
        Said(olive, 2, "What do you pay on bank holidays, and could we all agree on one rate?"),
    )
    return welcome, share, held


def _thread(category: str, title: str, first: Said, *answers: Said) -> list[Posted]:
    """A thread with its answers, each on its day."""
    now = clock.utc_now()
    posted: list[Posted] = []
    for said in (first, *answers):
        draft = Draft(
            body=f"{_EXAMPLE}{said.body}",
            key="",
            as_whom=said.voice.as_whom,
            unnamed=said.unnamed,
            follow=not said.unnamed,
            title=title,
        )
        with clock.freeze(now - timedelta(days=said.days)), unit_of_work():
            done = (
                forum.reply(
                    thread=posted[0].thread, draft=draft, rank=said.voice.rank, by=said.voice.by
                )
                if posted
                else forum.start(
                    category=category, draft=draft, rank=said.voice.rank, by=said.voice.by
                )
            )
            posted.append(taken(done))
    return posted
