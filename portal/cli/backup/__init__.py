"""``flask backup`` and ``flask restore``: everything the portal holds, in one encrypted file."""

from __future__ import annotations

from flask import Flask

from portal.cli.backup.commands import backup, restore_command
from portal.cli.backup.keeping import make_due
from portal.integrations.jobs import register_daily


def register(app: Flask) -> None:
    """Add the commands, and the daily backup where BACKUP_FOLDER is set."""
    app.cli.add_command(backup)
    app.cli.add_command(restore_command)
    register_daily(app, "backup", make_due)
