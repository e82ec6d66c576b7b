"""Pages of a plan, by journey."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("action_plans", __name__, url_prefix="/employers/<employer>/plan")
