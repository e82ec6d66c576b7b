"""Pages about employers, a module for each journey."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.local import LocalProxy

from portal.programme import queries as programme

blueprint = Blueprint("employers", __name__, url_prefix="/employers")


@blueprint.context_processor
def _programme_words() -> dict[str, object]:
    # Asked only where a page says it.
    return {"part_time_hours": LocalProxy(lambda: programme.settings().part_time_hours)}
