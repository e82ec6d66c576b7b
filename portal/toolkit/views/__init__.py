"""Pages of the toolkit, by journey."""

from flask import Blueprint

blueprint = Blueprint("toolkit", __name__)
