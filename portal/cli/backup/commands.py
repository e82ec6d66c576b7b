"""``flask backup`` and ``flask restore``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from portal.cli.backup import keeping, reading, restoring
from portal.cli.backup.making import Made, make
from portal.cli.programmes import allow
from portal.db.programmes import current_programme
from portal.db.session import current_database
from portal.integrations.backup_record import last_backup
from portal.integrations.dumps import DumpError
from portal.integrations.sealing import SealError, make_key_file
from portal.integrations.storage import StorageAway, storage

_SHOWN = 5


class _Group(click.Group):
    """``flask backup [FILE]`` makes one; a known word after it is another command."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        if args and args[0] not in self.commands:
            args = ["make", *args]
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        wants_help = bool(args) and args[0] in ctx.help_option_names
        if not wants_help and (not args or args[0] not in self.commands):
            args = ["make", *args]
        return super().parse_args(ctx, args)


@contextmanager
def _in_words() -> Iterator[None]:
    """Faults that somebody can do something about, without a traceback."""
    try:
        yield
    except (reading.BackupError, SealError, DumpError, StorageAway) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.strerror}: {error.filename or ''}") from error


@click.group("backup", cls=_Group)
def backup() -> None:
    """Make and check backups: database and files in one encrypted file."""


@backup.command("make")
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace a file that is there already.")
@click.option("--keep", type=click.IntRange(min=1), help="In a folder: how many to keep.")
def make_command(path: Path | None, *, force: bool, keep: int | None) -> None:
    """Make a backup while the portal is in use: into FILE, or under its own name in a FOLDER.

    Without a place it goes into BACKUP_FOLDER. In a folder it is read back at once and the oldest
    beyond --keep (BACKUP_KEEP) are removed. Exit 1 names files that storage lacks.
    """
    settings = keeping.current_settings()
    place = path or settings.backup_folder
    if place is None:
        raise click.UsageError("Name a file or folder, or set BACKUP_FOLDER")
    with _in_words():
        if place.is_dir() or place == settings.backup_folder:
            made, gone = keeping.make_in(place, keep=keep or settings.backup_keep)
            for old in gone:
                click.echo(f"Removed {old.name}.")
        else:
            if place.exists() and not force:
                raise reading.BackupError(f"{place} is there already: --force replaces it")
            secret = keeping.current_secret(settings)
            made = make(database=current_database(), store=storage(), secret=secret, path=place)
    _tell(made)


def _tell(made: Made) -> None:
    click.echo(
        f"{made.path}: {made.size:,} bytes, {sum(made.rows.values()):,} rows of "
        f"{len(made.rows)} tables, {len(made.files):,} files, {made.seconds:.1f} s."
    )
    for words in made.faults[:_SHOWN]:
        click.echo(f"FAULT: {words}", err=True)
    if made.faults:
        raise click.ClickException(
            f"The backup is made, but {len(made.faults):,} files that the database names could "
            "not be put in"
        )


@backup.command("verify")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--scratch",
    help="PostgreSQL: address of an empty database to prove it in (BACKUP_SCRATCH_URL).",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object for a monitor to read.")
def verify_command(path: Path, *, scratch: str | None, as_json: bool) -> None:
    """Decrypt a backup, compare every hash, open its database and prove it; changes nothing."""
    with _in_words():
        settings = keeping.current_settings()
        secret = keeping.current_secret(settings)
        with keeping.scratch_of(settings, scratch) as empty:
            contents = reading.verify(path, secret, scratch=empty, beside=current_database().url)
    if as_json:
        said = {"about": asdict(contents.about), "rows": contents.rows, "notes": contents.notes}
        click.echo(json.dumps({"whole": True, **said, "files": len(contents.files)}))
        return
    _tell_contents("is whole", path, contents)


def _tell_contents(what: str, path: Path, contents: reading.Contents) -> None:
    click.echo(
        f"{path} {what}: {sum(contents.rows.values()):,} rows of {len(contents.rows)} tables, "
        f"{len(contents.files):,} files, made at {contents.about.made_at}."
    )
    for words in (*contents.notes, *contents.faults[:_SHOWN]):
        click.echo(words)


@backup.command("key")
@click.argument("path", type=click.Path(path_type=Path))
def key_command(path: Path) -> None:
    """Make a key file. Keep a copy where the backups are not: without it they open for nobody."""
    with _in_words():
        make_key_file(path)
    click.echo(f"{path} is made. Set BACKUP_KEY_FILE to it, and keep a copy elsewhere.")


@backup.command("status")
def status_command() -> None:
    """Say when the last backup was made; exit 1 when there is none."""
    folder = keeping.current_settings().backup_folder
    last = last_backup(folder)
    if last is None:
        raise click.ClickException("No backup was made in BACKUP_FOLDER yet")
    hours = last.age.total_seconds() / 3600
    proved = "read back" if last.verified_at else "not read back"
    click.echo(f"{last.name}, {hours:.1f} hours ago, {last.size:,} bytes, {proved}.")


@click.command("restore")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace what the database holds now.")
@click.option("--upgrade", "migrate", is_flag=True, help="Take a backup of an older schema.")
def restore_command(path: Path, *, force: bool, migrate: bool) -> None:
    """Put a backup's database and files into DATABASE_URL and STORAGE_URL.

    Stop web and worker first. The whole backup is proved before anything is changed; the database
    is changed last and in one step.
    """
    with _in_words():
        contents = restoring.restore(
            path,
            keeping.current_secret(keeping.current_settings()),
            database=current_database(),
            store=storage(),
            replace=force,
            migrate=migrate,
        )
    programme = current_programme()
    if programme is not None:
        # Its tables were made anew: its role may use them again.
        with current_database().engine.begin() as connection:
            allow(connection, programme)
    _tell_contents("is restored", path, contents)
    click.echo("Work that waited when it was made is done once a worker starts.")
