"""Pages of the reports, by journey."""

from flask import Blueprint

blueprint = Blueprint("reports", __name__)
