"""Puts the web room's parts on an application."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from datetime import date
from typing import Any

from flask import Flask, has_request_context, url_for
from flask.templating import Environment

from portal.kernel.addresses import web_address
from portal.kernel.clock import london
from portal.kernel.money import Money
from portal.web.access import current_actor, init_access
from portal.web.assets import asset_url, init_assets
from portal.web.brand import BRAND
from portal.web.errors import init_errors
from portal.web.escaping import PlainOutput
from portal.web.health import init_health
from portal.web.maintenance import init_maintenance, is_read_only
from portal.web.metrics import init_metrics
from portal.web.navigation import init_navigation, navigation
from portal.web.pages import init_pages
from portal.web.programmes import init_programmes_by_host
from portal.web.reads import init_reads
from portal.web.request_ids import init_request_ids
from portal.web.security import init_security


class PortalFlask(Flask):
    """Flask for views and hooks that are all plain functions."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself: each of twenty-six a request would be asked whether it is async."""
        return func


class PortalEnvironment(Environment):
    """Flask's template environment, in which importing a component costs next to nothing.

    Each import compares the names of the importing and the imported template's globals. Where a
    template adds none, both are given the one plain dictionary, which makes that a matter of a
    microsecond; a page imports up to ten components.
    """

    code_generator_class = PlainOutput

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own globals, under those of the template if it has any."""
        return super().make_globals(d) if d else self.globals


def _day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


def _context() -> dict[str, Any]:
    if not has_request_context():
        # Mail composed by a command or a job: nobody is looking at a page.
        return {}
    actor = current_actor()
    known: dict[str, Any] = {"current_actor": actor, "main_navigation": navigation()}
    known["read_only"] = is_read_only()
    if actor.is_authenticated:
        known["sign_out_href"] = url_for("security.logout")
    else:
        known["sign_in_href"] = url_for("security.login")
        known["register_href"] = url_for("security.register")
    return known


def init_web(app: Flask) -> None:
    """Security first, then access, pages, errors and what templates may call."""
    init_request_ids(app)
    init_programmes_by_host(app)
    init_metrics(app)
    init_maintenance(app)
    init_security(app)
    init_assets(app)
    init_access(app)
    init_errors(app)
    init_navigation(app)
    init_pages(app)
    init_health(app)
    init_reads(app)
    app.context_processor(_context)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["asset_url"] = asset_url
    app.jinja_env.globals["brand"] = BRAND
    app.jinja_env.filters["day"] = _day
    app.jinja_env.filters["web_address"] = web_address
    app.jinja_env.filters["day_time"] = lambda value: (
        f"{london(value).day} {london(value):%B %Y at %H:%M}"
    )
    app.jinja_env.filters["iso_day"] = lambda text: _day(date.fromisoformat(text))
    app.jinja_env.filters["pounds"] = lambda pence: Money(pence).format()
    app.jinja_env.filters["pounds_whole"] = lambda pence: Money(pence).format_whole()
