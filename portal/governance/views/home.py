"""The first page of information governance: a way to each of its places."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.governance.places import governance_places
from portal.governance.views import blueprint


@blueprint.get("/governance")
def home() -> ResponseReturnValue:
    """A card for every place that the person may open."""
    return render_template("governance/home.html", places=governance_places())
