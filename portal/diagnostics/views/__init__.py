"""The pages of a diagnostic: start, answer, check, results, and whose it is."""

from flask import Blueprint

blueprint = Blueprint("diagnostics", __name__)
