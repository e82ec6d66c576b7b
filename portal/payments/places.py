"""The places where money is looked at, and who sees the way to each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from flask import Flask, current_app, url_for

from portal.payments.access import ROUTES, lep_finance, lep_manager
from portal.web.access import Actor, current_actor, provider_staff
from portal.web.navigation import NavEntry, register_nav

# Key, words, endpoint: in the order in which each side works through them.
_Places = tuple[tuple[str, str, str], ...]
_PROVIDER: Final[_Places] = (
    ("money", "Overview", "payments.money"),
    ("outputs", "Outputs", "payments.outputs"),
    ("claims", "Claims", "payments.claims"),
    ("payments", "Payments", "payments.remittances"),
    ("contracts", "Contracts", "payments.contracts"),
    ("rates", "Rates", "payments.rates"),
)
_LEP: Final[_Places] = (
    ("review", "To review", "payments.review"),
    ("claims", "Claims", "payments.claims"),
    ("payments", "Payments", "payments.runs"),
    ("budget", "Budget", "payments.budget"),
    ("outputs", "Outputs", "payments.outputs"),
    ("contracts", "Contracts", "payments.contracts"),
    ("rates", "Rates", "payments.rates"),
    ("ledger", "Ledger", "payments.ledger"),
    ("samples", "Samples", "payments.samples"),
    ("decisions", "Decisions", "payments.decisions"),
)


def money_places(here: str) -> list[dict[str, Any]]:
    """The sub-navigation of money for the person looking; ``here`` is the key of the page shown.

    A place is shown when it is there and the access table lets the person in.
    """
    actor = current_actor()
    places = _LEP if lep_finance(actor, {}) else _PROVIDER
    return [
        {"text": text, "href": url_for(endpoint), "active": key == here}
        for key, text, endpoint in places
        if endpoint in current_app.view_functions
        and endpoint in ROUTES
        and ROUTES[endpoint](actor, {})
    ]


def _is_provider(actor: Actor) -> bool:
    return provider_staff(actor, {}) and not lep_finance(actor, {})


def _is_officer(actor: Actor) -> bool:
    return lep_finance(actor, {}) and not lep_manager(actor, {})


def _is_manager(actor: Actor) -> bool:
    return lep_manager(actor, {})


def register_money_nav(app: Flask) -> None:
    """Put "Money" in the main navigation: each side of it where its day's work begins."""
    firsts: tuple[tuple[Callable[[Actor], bool], str], ...] = (
        (_is_provider, "payments.money"),
        (_is_officer, "payments.review"),
        (_is_manager, "payments.budget"),
    )
    register_nav(
        app,
        *(
            NavEntry("Money", endpoint, show=show, order=42)
            for show, endpoint in firsts
            if endpoint in app.view_functions
        ),
    )
