"""``flask db move``: a whole installation's database into another one, proved row by row."""

from __future__ import annotations

from flask import Flask

from portal.cli.moving.commands import move_command
from portal.cli.schema import db_group


def register(app: Flask) -> None:
    """Add the command to ``flask db``."""
    del app
    if "move" not in db_group.commands:
        db_group.add_command(move_command)
