"""What later features do when an employer becomes a champion, in the same unit of work.

    register_champion(app, follow)   # follow(made: ChampionMade) -> None

It is called once for an employer, however many awards follow. A fault in it undoes the decision.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from flask import Flask, current_app

EXTENSION = "portal_champion_hooks"


@dataclass(frozen=True, slots=True)
class ChampionMade:
    """A champion as it was made: facts of the day, for counting."""

    employer_id: int
    employer_reference: str
    award_reference: str
    tier: str
    since: date
    sector: str
    district: str
    size_tier: str | None


ChampionHook = Callable[[ChampionMade], None]


def register_champion(app: Flask, follow: ChampionHook) -> None:
    """Have something done whenever an employer becomes a champion."""
    app.extensions.setdefault(EXTENSION, []).append(follow)


def champion_made(made: ChampionMade) -> None:
    """Tell everybody who asked to know."""
    hooks: list[ChampionHook] = current_app.extensions.get(EXTENSION, [])
    for follow in hooks:
        follow(made)
