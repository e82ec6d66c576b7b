"""Pages of the caseload, by journey."""

from flask import Blueprint

blueprint = Blueprint("caseload", __name__)
