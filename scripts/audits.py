"""Known weaknesses of the packages, asked of PyPI (pip-audit) and of npm (npm audit).

A weakness fails the check unless scripts/data/advisories.toml accepts it, with a reason and a last
day. Where the services cannot be reached, or answer without knowing our packages as mirrors do,
that is said and nothing fails: then nothing is known, which is not the same as nothing found.

One package is asked about first: a mirror that keeps no advisories is not sent all the others.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from scripts.packages import Package, npm_packages, python_packages
from scripts.system import ROOT, VENV

ACCEPTED: Final = ROOT / "scripts" / "data" / "advisories.toml"
_SECONDS: Final = 120
_LONGEST_REASON: Final = 120


class UnreachableError(RuntimeError):
    """The service gave no answer that says anything of our packages."""


@dataclass(frozen=True, slots=True)
class Weakness:
    """One known weakness of one package; ``also`` are its other names."""

    package: str
    version: str
    name: str
    mended_in: str = ""
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        cure = f"mended in {self.mended_in}" if self.mended_in else "no version mends it yet"
        return f"{self.package} {self.version}: {self.name} ({cure})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service knows: weaknesses, and packages that it does not know at all."""

    weak: tuple[Weakness, ...]
    asked: int
    unknown: tuple[str, ...] = ()


Run = Callable[[Sequence[str], Path], tuple[str, str]]


def run(command: Sequence[str], folder: Path) -> tuple[str, str]:
    """What a command wrote to its two outputs; nothing when it cannot be run or does not end."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", str(error)
    return done.stdout, done.stderr


def _parsed(said: tuple[str, str]) -> Any:
    try:
        return json.loads(said[0])
    except ValueError:
        lines = [line for line in said[1].splitlines() if line.strip()]
        reason = lines[-1].strip()[:_LONGEST_REASON] if lines else "no answer"
        raise UnreachableError(reason) from None


def ask_pypi(packages: Sequence[Package], runner: Run = run) -> Answer:
    """Ask about Python packages.

    Raises:
        UnreachableError: when nothing is known of any of them.
    """
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "requirements.txt"
        wanted.write_text("".join(f"{one.name}=={one.version}\n" for one in packages))
        audit = str(VENV / "bin" / "pip-audit")
        command = [audit, "-r", str(wanted), "--disable-pip", "--no-deps", "--format", "json"]
        command += ["--progress-spinner", "off", "--timeout", "10"]
        answer = _parsed(runner(command, Path(folder)))
    found = answer.get("dependencies", [])
    unknown = tuple(one["name"] for one in found if "skip_reason" in one)
    if len(unknown) == len(found):
        raise UnreachableError("the registry answers, but keeps no advisories of our packages")
    weak = tuple(
        Weakness(
            one["name"],
            one["version"],
            fault["id"],
            ", ".join(fault.get("fix_versions", ())),
            tuple(fault.get("aliases", ())),
        )
        for one in found
        for fault in one.get("vulns", ())
    )
    return Answer(weak, len(found), unknown)


def ask_npm(packages: Sequence[Package], runner: Run = run) -> Answer:
    """Ask about packages of styles and scripts.

    Raises:
        UnreachableError: when the service does not answer.
    """
    places = {f"node_modules/{one.name}": {"version": one.version} for one in packages}
    needs = {one.name: one.version for one in packages}
    top = {"name": "asked", "version": "1.0.0", "dependencies": needs}
    lock = {**top, "lockfileVersion": 3, "requires": True, "packages": {"": top, **places}}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("package.json", top), ("package-lock.json", lock)):
            (Path(folder) / name).write_text(json.dumps(content))
        npm = shutil.which("npm") or str(VENV / "bin" / "npm")
        command = [npm, "audit", "--package-lock-only", "--json", "--fetch-retries=0"]
        answer = _parsed(runner([*command, "--fetch-timeout=10000"], Path(folder)))
    if "auditReportVersion" not in answer:
        raise UnreachableError(str(answer.get("message", "no answer"))[:_LONGEST_REASON])
    versions = {one.name: one.version for one in packages}
    weak = {
        Weakness(name, versions.get(name, ""), fault["url"].rpartition("/")[2])
        for name, entry in answer["vulnerabilities"].items()
        for fault in entry["via"]
        if isinstance(fault, dict)
    }
    return Answer(tuple(sorted(weak, key=str)), len(packages))


def accepted(path: Path = ACCEPTED, *, on: date | None = None) -> frozenset[str]:
    """Names of weaknesses that somebody judged harmless here, and whose last day is not over."""
    day = on or datetime.now(UTC).date()
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["accepted"]
    return frozenset(one["id"] for one in entries if one["reason"] and one["until"] >= day)


def hurting(weak: Iterable[Weakness], known: frozenset[str]) -> list[Weakness]:
    """Those that nobody accepted, by any of their names."""
    return [one for one in weak if not known & {one.name, *one.also}]


def judge(
    title: str,
    packages: Sequence[Package],
    ask: Callable[[Sequence[Package]], Answer],
    known: frozenset[str],
) -> tuple[str, bool]:
    """What to say of a kind of package, and whether it is without fault."""
    try:
        ask(packages[:1])
        answer = ask(packages)
    except UnreachableError as error:
        return f"NOT CHECKED: {title} cannot be asked from here ({error})", True
    weak = hurting(answer.weak, known)
    lines = [f"{title}: asked about {answer.asked} packages, {len(weak)} known weaknesses"]
    if answer.unknown:
        lines.append(f"NOT CHECKED: {title} does not know {', '.join(answer.unknown)}")
    lines += [f"  {one}" for one in weak]
    if weak:
        lines.append(
            "  Take the mended version (make lock), or accept it in scripts/data/advisories.toml"
        )
    return "\n".join(lines), not weak


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask both; exit 1 when a weakness is known."""
    argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0]).parse_args(arguments)
    if os.environ.get("AUDIT", "on") == "off":
        print("NOT CHECKED: AUDIT=off")
        return
    known = accepted()
    said = [
        judge("PyPI", python_packages(), ask_pypi, known),
        judge("npm", npm_packages(), ask_npm, known),
    ]
    print("\n".join(words for words, _ in said))
    if not all(fine for _, fine in said):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
