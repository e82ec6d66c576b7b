"""What later features add beside the actions of a plan: help to carry them out.

    register_action_help(app, find)

where ``find(plan, actions)`` returns links for each action's reference, all actions at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from flask import Flask, current_app

from portal.action_plans.queries import ActionFacts, PlanFacts

HELP_EXTENSION = "portal_action_help"


@dataclass(frozen=True, slots=True)
class HelpLink:
    """Something to read or use for an action; ``meta`` is a short note on it."""

    title: str
    href: str
    meta: str = ""


FindHelp = Callable[[PlanFacts, Sequence[ActionFacts]], Mapping[str, Sequence[HelpLink]]]


def register_action_help(app: Flask, find: FindHelp) -> None:
    """Add links beside every action."""
    app.extensions.setdefault(HELP_EXTENSION, []).append(find)


def action_help(plan: PlanFacts, actions: Sequence[ActionFacts]) -> dict[str, list[HelpLink]]:
    """The links of each action, by its reference."""
    known: list[FindHelp] = current_app.extensions.get(HELP_EXTENSION, [])
    found: dict[str, list[HelpLink]] = {}
    for find in known:
        for reference, links in find(plan, actions).items():
            found.setdefault(reference, []).extend(links)
    return found
