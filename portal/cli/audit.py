"""``flask audit``: proving the audit trail, and anchors of its end."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup

from portal.db.programmes import settings_here
from portal.governance.rules.audit_chain import Anchor, read_anchor
from portal.governance.service import audit_chain as service

audit_group = AppGroup("audit", help="Look after the audit trail.")


def _anchors(given: tuple[str, ...], file: Path | None) -> list[Anchor]:
    try:
        found = [read_anchor(text) for text in given]
        path = file or settings_here().audit_anchor_file
        return [*found, *([] if path is None else service.read_anchor_file(path))]
    except ValueError as error:
        raise click.ClickException(str(error)) from error


@audit_group.command("verify")
@click.option("--json", "as_json", is_flag=True, help="One JSON object for a monitor to read.")
@click.option("--anchor", "given", multiple=True, help="POSITION:HASH, as a monthly mail says it.")
@click.option(
    "--anchors",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of anchors; default: AUDIT_ANCHOR_FILE.",
)
def verify_command(*, as_json: bool, given: tuple[str, ...], file: Path | None) -> None:
    """Walk the chain of the whole audit trail; exit 1 names the first fault."""
    proof = service.check("command", _anchors(given, file))
    if as_json:
        click.echo(json.dumps({"whole": proof.fault is None, **asdict(proof)}))
    elif proof.fault is None:
        click.echo(f"The audit trail is whole: {proof.position:,} entries.")
        click.echo(f"Its anchor is {proof.position}:{proof.hash}")
    else:
        click.echo(f"FAULT: {proof.fault}. Links that held: {proof.position:,}.", err=True)
    if proof.fault is not None:
        raise SystemExit(1)


@audit_group.command("anchor")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def anchor_command(file: Path) -> None:
    """Verify, and add the end of the chain to FILE, best on another machine's disk."""
    proof = service.check("command", _anchors((), file))
    if proof.fault is not None:
        raise click.ClickException(proof.fault)
    service.keep_anchor(file, proof)
    click.echo(f"Kept {proof.position}:{proof.hash}")


def register(app: Flask) -> None:
    """Add ``flask audit``."""
    app.cli.add_command(audit_group)
