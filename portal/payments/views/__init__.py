"""Pages about money, by journey."""

from flask import Blueprint

blueprint = Blueprint("payments", __name__)
