"""The Part-Time Talent Portal: ``create_app`` puts the rooms together and does nothing else."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flask import Flask

    from config import Settings


def create_app(settings: Settings | None = None, **engine_options: Any) -> Flask:
    """The application with everything registered, lower rooms first.

    The rooms are imported here, so that a rule can be imported without the web framework. Nearly
    all that this makes is kept: looking for rubbish meanwhile would take a fifth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        from portal.app import build

        return build(settings, **engine_options)
    finally:
        if was_enabled:
            gc.enable()
