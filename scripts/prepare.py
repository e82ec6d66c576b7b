"""Brings the database up to date and fills an empty one with demonstration data.

Runs in a process of its own before the portal starts, so a fault here stops the start with its
own message. `make demo` is this with --fresh.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import io
import logging
import shutil
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import select

from config import ROOT, Settings
from portal import create_app
from portal.cli.schema import load_metadata, upgrade
from portal.cli.toolkit import load_toolkit
from portal.db.session import Database, current_session
from scripts.system import stop

INSTANCE = ROOT / "instance"
RUN_LOCK = INSTANCE / "run.lock"


def throw_away(settings: Settings) -> None:
    """Remove the local database, its files and its queue; anything that is not local is refused."""
    if settings.is_production:
        stop("PORTAL_ENV is production: nothing was removed.")
    database = Path(settings.database_url.removeprefix("sqlite:///"))
    files = Path(settings.storage_url.removeprefix("file://"))
    local = settings.database_url.startswith("sqlite:///") and INSTANCE in database.parents
    if not local or INSTANCE not in files.parents:
        stop(
            "`make demo` only replaces the local database under instance/. DATABASE_URL or "
            "STORAGE_URL name another: empty that one yourself."
        )
    INSTANCE.mkdir(exist_ok=True)
    with RUN_LOCK.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            stop("The portal is running: stop `make run` first (Ctrl-C in its window).")
        (INSTANCE / "sign-ins.txt").unlink(missing_ok=True)
        for path in (database, settings.queue_path):
            for end in ("", "-wal", "-shm"):
                path.with_name(path.name + end).unlink(missing_ok=True)
        shutil.rmtree(files, ignore_errors=True)


def _seed(app: Flask, name: str) -> str | None:
    """What `flask seed NAME` says, run here; None where there is no such command."""
    group = app.cli.commands.get("seed")
    command = group.commands.get(name) if isinstance(group, click.Group) else None
    if command is None:
        return None
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        command.main(args=[], prog_name=f"flask seed {name}", standalone_mode=False)
    return said.getvalue()


def is_empty() -> bool:
    """Whether nobody has an account yet."""
    users = load_metadata().tables.get("users")
    return users is None or current_session().execute(select(users.c.id).limit(1)).first() is None


def prepare(sign_ins: Path | None) -> None:
    """Migrate, seed when empty, and leave the demonstration sign-ins in a file."""
    app = create_app()
    settings: Settings = app.config["SETTINGS"]
    logging.getLogger().setLevel(logging.WARNING)
    database: Database = app.extensions["portal_db"]
    with app.app_context():
        upgrade(database)
        if settings.is_production:
            return
        if is_empty():
            print("  Filling in demonstration data …", flush=True)
            _seed(app, "demo")
        else:
            # Resources of the toolkit that came with a newer version; what was edited here stays.
            load_toolkit()
        words = _seed(app, "sign-ins") or ""
        if sign_ins is not None:
            sign_ins.write_text(words, encoding="utf-8")
        elif words:
            print(words)


def main() -> None:
    """Read the options and prepare."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="throw the local database away first")
    parser.add_argument("--sign-ins", type=Path, help="where to leave the demonstration sign-ins")
    options = parser.parse_args()
    if options.fresh:
        throw_away(Settings())
    prepare(options.sign_ins)


if __name__ == "__main__":
    main()
