"""The main navigation: features name their entries, each shown to those who may use it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from flask import Flask, current_app, request, url_for
from markupsafe import Markup

from portal.web.access import Actor, current_actor

NAV_EXTENSION = "portal_navigation"
HOME_EXTENSION = "portal_home"
_DRAWN = "portal_navigation_drawn"
# Some 2 KB each: a person with one employer has a set of their own on each page of the menu.
_KEPT = 500


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


class _Shown(NamedTuple):
    """An entry as one person sees it on one page: all that its HTML depends on."""

    text: str
    endpoint: str
    values: tuple[tuple[str, Any], ...]
    active: bool


def navigation() -> Markup:
    """The main navigation as this person sees it on this page; empty where it has no entry.

    It is drawn once for each set of entries: addresses and HTML were a seventh of a list page.
    """
    actor = current_actor()
    blueprint, endpoint = request.blueprint, request.endpoint
    entries: list[NavEntry] = current_app.extensions.get(NAV_EXTENSION, [])
    shown = tuple(
        _Shown(
            entry.text,
            entry.endpoint,
            tuple(entry.values(actor).items()) if entry.values else (),
            entry.is_active(blueprint, endpoint),
        )
        for entry in entries
        if entry.show(actor)
    )
    drawn: Callable[[str, tuple[_Shown, ...]], Markup] = current_app.extensions[_DRAWN]
    return drawn(request.root_path, shown)


def _draw(_root: str, shown: tuple[_Shown, ...]) -> Markup:
    """The navigation's HTML; addresses begin with the folder the portal is served from."""
    if not shown:
        return Markup()
    items = [
        {
            "text": entry.text,
            "href": url_for(entry.endpoint, **dict(entry.values)),
            "active": entry.active,
        }
        for entry in shown
    ]
    component = current_app.jinja_env.get_template("components/service_navigation.html").module
    drawn: Markup = component.service_navigation(items, label="Main")  # type: ignore[attr-defined]
    return drawn


def init_navigation(app: Flask) -> None:
    """What was drawn is kept with the application, the sets asked for last."""
    app.extensions[_DRAWN] = lru_cache(maxsize=_KEPT)(_draw)
