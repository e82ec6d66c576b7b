"""The reference of settings, written from the class that reads them."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin

import click
from flask import Flask
from flask.cli import AppGroup
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from config import DEVELOPMENT_SECRET, ROOT, Settings

REFERENCE: Final = ROOT / "docs" / "settings.md"
_HEAD: Final = """# Settings

Only from the environment, each by its name. Nothing needs to be set in development. In
production the start refuses what is unsafe and names every fault at once. This page is written
from `config.py` by `flask settings reference`; a test says when it is not current.

| variable | default | what it is |
| --- | --- | --- |
"""
_FOOT: Final = """
Read by others, in the same environment:

| variable | read by | what it is |
| --- | --- | --- |
| `BIND` | deploy/gunicorn.conf.py | where pages are served: `unix:/run/portal/web.sock` |
| `WEB_CONCURRENCY` | gunicorn | web processes; the default is one more than processors |
| `PORT` | `make run` | the port of a trial on this machine |
| `PROMETHEUS_MULTIPROC_DIR` | the metrics | an empty folder: web processes count together |
"""
settings_group = AppGroup("settings", help="What can be set, and what it is set to.")


def _default(field: FieldInfo) -> str:
    value: Any = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value in ("", []):
        return "none"
    if value == DEVELOPMENT_SECRET:
        return "a development key"
    if isinstance(value, bool):
        return "`true`" if value else "`false`"
    # Addresses of this machine's folders are those of the project.
    return f"`{value}`".replace(f"{ROOT}/", "").replace("file://instance", "file:instance")


def _takes(field: FieldInfo) -> str:
    """What it may be, where that is not free: a choice of words or a span of numbers."""
    annotation: Any = field.annotation
    kinds = get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    words = [str(one) for kind in kinds if get_origin(kind) is Literal for one in get_args(kind)]
    if words:
        return "One of " + ", ".join(f"`{word}`" for word in words if word) + "."
    least = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    most = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    if least is not None and most is not None:
        return f"From {least} to {most}."
    return ""


def reference() -> str:
    """The page, in Markdown."""
    lines = []
    for name, field in Settings.model_fields.items():
        said = " ".join(
            part for part in (field.description or "Of the logs.", _takes(field)) if part
        )
        lines.append(
            f"| `{name.upper()}` | {_default(field)} | {said.replace('|', chr(92) + '|')} |"
        )
    return _HEAD + "\n".join(lines) + "\n" + _FOOT


@settings_group.command("reference")
@click.option("--check", is_flag=True, help="Only say whether the page is current.")
@click.option("--to", type=click.Path(path_type=Path), default=REFERENCE, show_default=False)
def reference_command(to: Path, *, check: bool) -> None:
    """Write docs/settings.md from the settings there are."""
    text = reference()
    current = to.exists() and to.read_text(encoding="utf-8") == text
    if check and not current:
        raise click.ClickException(f"{to.name} is not current: run flask settings reference")
    if not current:
        to.write_text(text, encoding="utf-8")
    click.echo(f"{to.name} is current.")


def register(app: Flask) -> None:
    """Add ``flask settings``."""
    app.cli.add_command(settings_group)
