"""`flask employers import FILE`: load a published register."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from portal.employers.rules.register_file import RegisterFileError
from portal.employers.service.register import GENDER_PAY_GAP, ImportSummary, import_register
from portal.kernel.tables import guarded

employers_group = AppGroup("employers", help="Employers and the register they are found in.")
_SHOWN = 20


@employers_group.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--source",
    default=GENDER_PAY_GAP,
    show_default=True,
    metavar="NAME",
    help="Which register it is: a file of the same one updates its entries.",
)
@click.option(
    "--refused",
    "refused_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write every refused row with its reason to this CSV file.",
)
def import_command(file: Path, source: str, refused_file: Path | None) -> None:
    """Load the register FILE (a CSV of the gender pay gap service), again without harm."""
    if not 1 <= len(source) <= 40:  # noqa: PLR2004 - as long as its column
        _stop("--source must have 1 to 40 characters")
    try:
        content = file.read_bytes()
    except OSError as error:
        _stop(f"{file}: {error.strerror or error}")
    try:
        summary = _load(content, source)
    except RegisterFileError as error:
        _stop(f"{file}: {error} Nothing was changed.")
    _print(summary)
    if refused_file is not None:
        _write_refused(refused_file, summary)


def _stop(message: str) -> Any:
    click.echo(message, err=True)
    raise SystemExit(2)


def _load(content: bytes, source: str) -> ImportSummary:
    columns = (
        TextColumn("Importing"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("import", total=None)
        return import_register(
            content,
            source=source,
            started=lambda total: progress.update(task, total=total),
            advance=lambda done: progress.advance(task, done),
        )


def _print(summary: ImportSummary) -> None:
    click.echo(f"{summary.rows:,} rows")
    for name, count in (
        ("created", summary.created),
        ("updated", summary.updated),
        ("unchanged", summary.unchanged),
        ("older", summary.older),
        ("refused", len(summary.refused)),
    ):
        if count or name != "older":
            click.echo(f"  {name:<10} {count:>7,}")
    for refusal in summary.refused[:_SHOWN]:
        click.echo(f"  row {refusal.row}: {refusal.column} {refusal.reason}")
    if len(summary.refused) > _SHOWN:
        click.echo(f"  and {len(summary.refused) - _SHOWN:,} more; --refused FILE lists them all")
    for (column, note), count in sorted(summary.notes.items()):
        click.echo(f"  {column}: {note} in {count:,} values")


def _write_refused(path: Path, summary: ImportSummary) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(("row", "column", "reason"))
        writer.writerows((r.row, guarded(r.column), guarded(r.reason)) for r in summary.refused)
    click.echo(f"  refused rows listed in {path}")


def register(app: Flask) -> None:
    """Add the commands to ``flask``."""
    app.cli.add_command(employers_group)
