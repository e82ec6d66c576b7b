"""Pages of the network, by journey."""

from flask import Blueprint

blueprint = Blueprint("network", __name__)
