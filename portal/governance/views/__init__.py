"""Pages of information governance, by journey."""

from flask import Blueprint

blueprint = Blueprint("governance", __name__)
