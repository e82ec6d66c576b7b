"""Puts the web room's parts on an application."""

from __future__ import annotations

from typing import Any

from flask import Flask

from portal.kernel.clock import london
from portal.kernel.money import Money
from portal.web.access import current_actor, init_access
from portal.web.assets import asset_url
from portal.web.errors import init_errors
from portal.web.navigation import nav_items
from portal.web.pages import init_pages
from portal.web.security import init_security


def _context() -> dict[str, Any]:
    return {"current_actor": current_actor(), "nav_items": nav_items()}


def init_web(app: Flask) -> None:
    """Security first, then access, pages, errors and what templates may call."""
    init_security(app)
    init_access(app)
    init_errors(app)
    init_pages(app)
    app.context_processor(_context)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals["asset_url"] = asset_url
    app.jinja_env.filters["day"] = lambda value: f"{value.day} {value:%B %Y}"
    app.jinja_env.filters["day_time"] = lambda value: (
        f"{london(value).day} {london(value):%B %Y at %H:%M}"
    )
    app.jinja_env.filters["pounds"] = lambda pence: Money(pence).format()
    app.jinja_env.filters["pounds_whole"] = lambda pence: Money(pence).format_whole()
