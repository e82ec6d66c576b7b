"""Cards on a case's page, added by journeys and by later features, and what a plan asks later.

    register_case_panel(app, panel, order=20)

where ``panel(case, actor)`` returns a ``Panel``, or None to show nothing.

What later features do when something happens to a case, in the same unit of work:

    register_confirmed(app, fn)    # fn("session" | "attendance", key, by): the employer said yes
    register_milestone(app, fn)    # fn(case_id, kind, by): a case now has a record
    register_withdraw_guard(app, fn)    # fn("session:REF"): why it cannot be withdrawn, or None
    register_withdrawn(app, fn)    # fn("session:REF" | "delivery:REF", reason, by): it was
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from flask import Flask, current_app

from portal.caseload.queries import CaseFacts
from portal.caseload.rules.stages import Milestone
from portal.db import current_session
from portal.employers.panels import Panel
from portal.kernel.people import Author
from portal.kernel.result import Problem
from portal.web.access import Actor

__all__ = [
    "Panel",
    "PanelFunction",
    "PracticeAnswer",
    "PracticeItem",
    "PracticeSource",
    "case_panels",
    "practice_source",
    "register_case_panel",
    "register_confirmed",
    "register_milestone",
    "register_session_link",
    "register_withdraw_guard",
    "register_withdrawn",
    "session_panels",
    "set_practice_source",
    "tell_confirmed",
    "tell_milestone",
    "tell_withdrawn",
    "withdraw_problem",
]

PANELS_EXTENSION = "portal_case_panels"
ITEMS_EXTENSION = "portal_follow_up_items"
SESSIONS_EXTENSION = "portal_session_links"
GUARDS_EXTENSION = "portal_withdraw_guards"
CONFIRMED_EXTENSION = "portal_confirmed"
MILESTONES_EXTENSION = "portal_milestones"
WITHDRAWN_EXTENSION = "portal_withdrawn"

_log = logging.getLogger(__name__)

PanelFunction = Callable[[CaseFacts, Actor], Panel | None]
# Given a record's name such as "attendance:7Q2M4T9KZC": why it cannot be withdrawn, or None.
WithdrawGuard = Callable[[str], Problem | None]
Confirmed = Callable[[str, int, Author], object]
MilestoneNoted = Callable[[int, Milestone, Author], object]
Withdrawn = Callable[[str, str, Author], object]


def register_case_panel(app: Flask, panel: PanelFunction, *, order: int = 50) -> None:
    """Add a card to every case's page; lower orders come first."""
    known: list[tuple[int, PanelFunction]] = app.extensions.setdefault(PANELS_EXTENSION, [])
    known.append((order, panel))
    known.sort(key=lambda entry: entry[0])


def case_panels(case: CaseFacts, actor: Actor) -> list[Panel]:
    """The cards this person sees on a case's page."""
    known: list[tuple[int, PanelFunction]] = current_app.extensions.get(PANELS_EXTENSION, [])
    made = (panel(case, actor) for _order, panel in known)
    return [panel for panel in made if panel is not None]


SessionLinks = Callable[[str, CaseFacts, Actor], list[Panel]]


def register_session_link(app: Flask, links: SessionLinks) -> None:
    """Add cards to the page of an in-depth session, such as the diagnostic done in it.

    ``links(session_reference, case, actor)`` returns them, or an empty list.
    """
    known: list[SessionLinks] = app.extensions.setdefault(SESSIONS_EXTENSION, [])
    known.append(links)


def session_panels(reference: str, case: CaseFacts, actor: Actor) -> list[Panel]:
    """The cards this person sees on the page of an in-depth session."""
    known: list[SessionLinks] = current_app.extensions.get(SESSIONS_EXTENSION, [])
    return [panel for links in known for panel in links(reference, case, actor)]


@dataclass(frozen=True, slots=True)
class PracticeItem:
    """One practice that a follow-up asks about: the record's name, its title and how it stands."""

    key: str
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class PracticeAnswer:
    """How a practice stands: ``embedded``, ``under_way``, ``not_started`` or ``stopped``."""

    answer: str
    note: str = ""


class PracticeSource(Protocol):
    """Where the practices that a follow-up asks about are kept: the action plan."""

    def items(self, employer_reference: str, *, change: bool = False) -> Sequence[PracticeItem]:
        """What can be asked about now; with ``change``, held until the unit of work ends.

        Whoever changes practices and a case in one unit of work holds the practices first.
        """

    def apply(
        self,
        employer_reference: str,
        answers: Mapping[str, PracticeAnswer],
        *,
        occasion: str,
        by: Author,
    ) -> None:
        """Take the answers over, each with a note that names the ``occasion``.

        Called inside the unit of work in which the follow-up is recorded.
        """


def set_practice_source(app: Flask, source: PracticeSource) -> None:
    """Name the one place where practices are kept."""
    if ITEMS_EXTENSION in app.extensions:
        raise RuntimeError("Two sources of practices for follow-ups")
    app.extensions[ITEMS_EXTENSION] = source


def practice_source() -> PracticeSource | None:
    """Where practices are kept, if a feature keeps them."""
    return current_app.extensions.get(ITEMS_EXTENSION)


def register_withdraw_guard(app: Flask, guard: WithdrawGuard) -> None:
    """Let a later feature refuse that a record is withdrawn, such as one that was paid for."""
    known: list[WithdrawGuard] = app.extensions.setdefault(GUARDS_EXTENSION, [])
    known.append(guard)


def withdraw_problem(*subjects: str) -> Problem | None:
    """Why records cannot be withdrawn: the first refusal of any guard, or None."""
    known: list[WithdrawGuard] = current_app.extensions.get(GUARDS_EXTENSION, [])
    refusals = (guard(subject) for subject in subjects for guard in known)
    return next((problem for problem in refusals if problem is not None), None)


# --- What follows, in the same unit of work ------------------------------------------------------


def register_confirmed(app: Flask, follow: Confirmed) -> None:
    """Let a later feature act on what an employer confirmed."""
    app.extensions.setdefault(CONFIRMED_EXTENSION, []).append(follow)


def tell_confirmed(subject: str, record_id: int, by: Author) -> None:
    """An employer confirmed a session or an attendance. Nothing that follows undoes its answer."""
    follows: list[Confirmed] = current_app.extensions.get(CONFIRMED_EXTENSION, [])
    for follow in follows:
        _alone(partial(follow, subject, record_id, by), f"{subject} {record_id}")


def register_milestone(app: Flask, follow: MilestoneNoted) -> None:
    """Let a later feature act on a record that a case now has."""
    app.extensions.setdefault(MILESTONES_EXTENSION, []).append(follow)


def tell_milestone(case_id: int, kind: Milestone, by: Author) -> None:
    """A case now has a record. Nothing that follows undoes the record."""
    follows: list[MilestoneNoted] = current_app.extensions.get(MILESTONES_EXTENSION, [])
    for follow in follows:
        _alone(partial(follow, case_id, kind, by), f"{kind} of case {case_id}")


def register_withdrawn(app: Flask, follow: Withdrawn) -> None:
    """Let a later feature withdraw what rests on a record; its fault stops the withdrawal."""
    app.extensions.setdefault(WITHDRAWN_EXTENSION, []).append(follow)


def tell_withdrawn(subject: str, reason: str, by: Author) -> None:
    """A session or a delivery was withdrawn, every guard having let it."""
    follows: list[Withdrawn] = current_app.extensions.get(WITHDRAWN_EXTENSION, [])
    for follow in follows:
        follow(subject, reason, by)


def _alone(follow: Callable[[], object], about: str) -> None:
    """Run what follows in a savepoint of its own: its fault is logged, and only it is undone."""
    try:
        with current_session().begin_nested():
            follow()
    except Exception:  # noqa: BLE001 - whatever it is, what a person did stands
        _log.exception("What follows from %s failed; it is tried again daily", about)
