"""Cards on an employer's page that later features add: diagnostics, action plans and more.

    register_employer_panel(app, panel, order=20)

where ``panel(profile, actor)`` returns a ``Panel``, or None to show nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app
from markupsafe import Markup

from portal.employers.queries import EmployerProfile
from portal.web.access import Actor

PANELS_EXTENSION = "portal_employer_panels"


@dataclass(frozen=True, slots=True)
class Panel:
    """One card: a title, a text (or markup), where it leads, and a short note below it."""

    title: str
    text: str | Markup = ""
    href: str | None = None
    meta: str | Markup = ""
    tint: bool = False


PanelFunction = Callable[[EmployerProfile, Actor], Panel | None]


def register_employer_panel(app: Flask, panel: PanelFunction, *, order: int = 50) -> None:
    """Add a card to every employer's page; lower orders come first."""
    known: list[tuple[int, PanelFunction]] = app.extensions.setdefault(PANELS_EXTENSION, [])
    known.append((order, panel))
    known.sort(key=lambda entry: entry[0])


def employer_panels(profile: EmployerProfile, actor: Actor) -> list[Panel]:
    """The cards this person sees on an employer's page."""
    known: list[tuple[int, PanelFunction]] = current_app.extensions.get(PANELS_EXTENSION, [])
    made = (panel(profile, actor) for _order, panel in known)
    return [panel for panel in made if panel is not None]
