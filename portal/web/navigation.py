"""The main navigation: features name their entries, each shown to those who may use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request, url_for

from portal.web.access import Actor, current_actor

NAV_EXTENSION = "portal_navigation"
HOME_EXTENSION = "portal_home"


@dataclass(frozen=True, slots=True)
class NavEntry:
    """One entry; ``show`` decides for whom, ``section`` is the blueprint it lights up for.

    A blueprint with several entries names the ``endpoints`` of each instead: whole names, or
    beginnings of names with a star at their end.
    """

    text: str
    endpoint: str
    show: Callable[[Actor], bool]
    order: int = 50
    section: str | None = None
    values: Callable[[Actor], dict[str, Any]] | None = None
    endpoints: tuple[str, ...] = ()

    def is_active(self, blueprint: str | None, endpoint: str | None) -> bool:
        """Whether the page being shown belongs to this entry."""
        if not self.endpoints:
            return blueprint == (self.section or self.endpoint.partition(".")[0])
        here = endpoint or ""
        return any(
            here.startswith(name[:-1]) if name.endswith("*") else here == name
            for name in self.endpoints
        )


def register_nav(app: Flask, *entries: NavEntry) -> None:
    """Add entries to the main navigation."""
    known: list[NavEntry] = app.extensions.setdefault(NAV_EXTENSION, [])
    known.extend(entries)
    known.sort(key=lambda entry: entry.order)


def register_home(app: Flask, choose: Callable[[Actor], str | None], *, order: int = 50) -> None:
    """Say where somebody signed in begins: an address, or None to leave it to others."""
    known: list[tuple[int, Callable[[Actor], str | None]]] = app.extensions.setdefault(
        HOME_EXTENSION, []
    )
    known.append((order, choose))
    known.sort(key=lambda entry: entry[0])


def home_of(actor: Actor) -> str | None:
    """Where this person begins; None for visitors and for those no feature has a page for."""
    if not actor.is_authenticated:
        return None
    known = current_app.extensions.get(HOME_EXTENSION, [])
    return next((address for _order, choose in known if (address := choose(actor))), None)


def nav_items() -> list[dict[str, Any]]:
    """The entries this person sees, as the layout's macro takes them."""
    actor = current_actor()
    entries: list[NavEntry] = current_app.extensions.get(NAV_EXTENSION, [])
    return [
        {
            "text": entry.text,
            "href": url_for(entry.endpoint, **(entry.values(actor) if entry.values else {})),
            "active": entry.is_active(request.blueprint, request.endpoint),
        }
        for entry in entries
        if entry.show(actor)
    ]
