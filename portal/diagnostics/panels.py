"""What later features add to the page of a diagnostic's result.

    register_result_help(app, help)

where ``help(response, actor)`` returns a ``ResultHelp``, or None to show nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, current_app

from portal.diagnostics.queries import ResponseFacts
from portal.employers.panels import Panel
from portal.web.access import Actor

HELP_EXTENSION = "portal_result_help"


@dataclass(frozen=True, slots=True)
class ResultHelp:
    """A heading with cards below it, and a link to more."""

    title: str
    text: str
    panels: tuple[Panel, ...]
    more_text: str = ""
    more_href: str = ""


HelpFunction = Callable[[ResponseFacts, Actor], ResultHelp | None]


def register_result_help(app: Flask, help_function: HelpFunction) -> None:
    """Add a part to the page of every result."""
    app.extensions.setdefault(HELP_EXTENSION, []).append(help_function)


def result_help(response: ResponseFacts, actor: Actor) -> list[ResultHelp]:
    """What this person sees of it on the page of a result."""
    known: list[HelpFunction] = current_app.extensions.get(HELP_EXTENSION, [])
    made = (function(response, actor) for function in known)
    return [one for one in made if one is not None]
