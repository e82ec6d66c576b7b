"""Cards on a case's page, added by journeys and by later features, and what a plan asks later.

    register_case_panel(app, panel, order=20)

where ``panel(case, actor)`` returns a ``Panel``, or None to show nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from flask import Flask, current_app

from portal.caseload.queries import CaseFacts
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
    "register_session_link",
    "session_panels",
    "set_practice_source",
]

PANELS_EXTENSION = "portal_case_panels"
ITEMS_EXTENSION = "portal_follow_up_items"
SESSIONS_EXTENSION = "portal_session_links"
GUARDS_EXTENSION = "portal_withdraw_guards"

PanelFunction = Callable[[CaseFacts, Actor], Panel | None]
# Given a record's name such as "attendance:7Q2M4T9KZC": why it cannot be withdrawn, or None.
WithdrawGuard = Callable[[str], Problem | None]


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
