"""`flask diagnostics`: an answers file to fill in, and its scores without a web page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import click
from flask import Flask
from flask.cli import AppGroup

from portal.db import unit_of_work
from portal.diagnostics.answers_file import (
    MAX_BYTES,
    AnswersFile,
    AnswersFileError,
    read_answers,
    template,
)
from portal.diagnostics.rules.catalogue import Catalogue, load_catalogue
from portal.diagnostics.rules.loader import QuestionnaireError
from portal.diagnostics.rules.report import result_as_data
from portal.diagnostics.rules.schema import SECTORS, SIZES, size_tier
from portal.diagnostics.service import movement

_BAD_FILE = 2
# More digits than any employer has people are not a number worth reading.
_MOST_DIGITS = 9

commands = AppGroup("diagnostics", help="Fill in and score a diagnostic without the web pages.")


def register(app: Flask) -> None:
    """Add the commands to an application."""
    app.cli.add_command(commands)


@commands.command("template")
@click.option(
    "--sector", type=click.Choice(SECTORS), default="other", show_default=True, help="Its wording."
)
@click.option(
    "--size",
    default="small",
    show_default=True,
    metavar="N|TIER",
    help=f"Number of employees, or one of {', '.join(SIZES)}.",
)
def template_command(sector: str, size: str) -> None:
    """Print an answers file to fill in, as JSON."""
    tier = _tier(size)
    if tier is None:
        _refuse(f"--size: give a number of employees from 1, or one of {', '.join(SIZES)}")
    latest = _catalogue().latest()
    if latest is None:
        _refuse("there is no questionnaire")
    _print_json(template(latest, sector, tier))


@commands.command("score")
@click.argument("answers", metavar="ANSWERS.json", type=click.Path(path_type=Path))
@click.option(
    "--pdf",
    metavar="OUT.pdf",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also write the scores and recommendations as a PDF.",
)
def score_command(answers: Path, pdf: Path | None) -> None:
    """Score a file of answers and print the result as JSON; faults go to stderr, exit code 2."""
    try:
        with answers.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        _refuse(f"{answers}: it cannot be read: {error.strerror or error}")
    try:
        found = read_answers(data, _catalogue())
    except AnswersFileError as error:
        _refuse(*(f"{answers}: {fault}" for fault in error.faults))
    result = result_as_data(found.questionnaire, found.profile, found.answers)
    if pdf is not None:
        _write_pdf(found, pdf)
    _print_json(result)


@commands.command("movement")
def movement_command() -> None:
    """Work out afresh how far every employer moved between its first and latest diagnostic."""
    last, done = 0, False
    while not done:
        with unit_of_work():
            found = movement.keep_again(last)
        last, done = found or last, found is None
    click.echo("Movement between diagnostics is worked out for every employer.")


def keep_missing_movement() -> int:
    """Work out the movement of employers that have none yet; returns how many they were."""
    count = 0
    while True:
        with unit_of_work():
            step = movement.keep_missing()
        if not step:
            return count
        count += step


def _tier(size: str) -> str | None:
    """The size tier in words or as a number of employees."""
    if size in SIZES:
        return size
    is_number = size.isascii() and size.isdigit() and len(size) <= _MOST_DIGITS
    return size_tier(int(size)) if is_number else None


def _catalogue() -> Catalogue:
    try:
        return load_catalogue()
    except QuestionnaireError as error:
        _refuse(*(str(fault) for fault in error.faults))


def _write_pdf(found: AnswersFile, out: Path) -> None:
    # The PDF library takes longer to import than all else here takes to run.
    from portal.action_plans.headless import write_pdf

    try:
        write_pdf(
            questionnaire=found.questionnaire,
            profile=found.profile,
            answers=found.answers,
            out=out,
        )
    except OSError as error:
        _refuse(f"{out}: it cannot be written: {error.strerror or error}")


def _print_json(data: dict[str, Any]) -> None:
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _refuse(*faults: str) -> NoReturn:
    for fault in faults:
        click.echo(fault, err=True)
    raise SystemExit(_BAD_FILE)
