"""What the lock files hold: every package, its version, its hashes, who needs it and for what."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from scripts.system import ROOT

Use = Literal["the portal", "tests and checks", "building pages", "installing"]
# In this order: a package that several need stands with the first.
_PYTHON_LOCKS: Final[tuple[tuple[str, Use], ...]] = (
    ("app", "the portal"),
    ("dev", "tests and checks"),
    ("node", "building pages"),
    ("bootstrap", "installing"),
)
_PINNED: Final = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==([^\s;\\]+)")
_HASH: Final = re.compile(r"--hash=(sha256):([0-9a-f]{64})")


@dataclass(slots=True)
class Package:
    """One locked package. ``hashes`` are of every file of it that may be installed, in hex.

    ``licence`` is what a lock file says itself; ``needed_by`` are names of packages of its kind.
    """

    kind: Literal["pypi", "npm"]
    name: str
    version: str
    use: Use
    licence: str = ""
    hashes: list[tuple[str, str]] = field(default_factory=list)
    needed_by: list[str] = field(default_factory=list)

    @property
    def is_shipped(self) -> bool:
        """Whether it is part of the portal as it runs."""
        return self.use == "the portal"


def canonical(name: str) -> str:
    """A Python package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def python_packages(folder: Path = ROOT / "requirements") -> list[Package]:
    """What the requirements pin, each package once, by name."""
    found: dict[str, Package] = {}
    for lock, use in _PYTHON_LOCKS:
        for one in _read_lock((folder / f"{lock}.txt").read_text(encoding="utf-8"), use):
            found.setdefault(one.name, one)
    return [found[name] for name in sorted(found)]


def _read_lock(text: str, use: Use) -> Iterator[Package]:
    current: Package | None = None
    is_via = False
    for line in text.splitlines():
        start = _PINNED.match(line)
        if start:
            if current is not None:
                yield current
            current, is_via = Package("pypi", canonical(start[1]), start[2], use), False
        elif current is not None:
            current.hashes += [(kind, value) for kind, value in _HASH.findall(line)]
            said = line.strip().removeprefix("#").strip()
            if said.startswith("via"):
                is_via, said = True, said.removeprefix("via").strip()
            if is_via and said and not said.startswith("-r "):
                current.needed_by.append(canonical(said))
    if current is not None:
        yield current


def npm_packages(lock: Path = ROOT / "package-lock.json") -> list[Package]:
    """What package-lock.json pins, by name and version."""
    entries: Mapping[str, Any] = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    made: dict[tuple[str, str], Package] = {}
    for place, entry in entries.items():
        if not place:
            continue
        name = entry.get("name") or place.rpartition("node_modules/")[2]
        use: Use = "building pages" if entry.get("dev") else "the portal"
        one = made.setdefault(
            (name, entry["version"]),
            Package("npm", name, entry["version"], use, str(entry.get("license", ""))),
        )
        for part in str(entry.get("integrity", "")).split():
            kind, _, value = part.partition("-")
            one.hashes.append((kind, b64decode(value).hex()))
    for place, entry in entries.items():
        if place:
            own = entry.get("name") or place.rpartition("node_modules/")[2]
            for needed in entry.get("dependencies", {}):
                for one in made.values():
                    if one.name == needed and own not in one.needed_by:
                        one.needed_by.append(own)
    return [made[key] for key in sorted(made)]


def all_packages() -> list[Package]:
    """Every locked package, those of Python first."""
    return [*python_packages(), *npm_packages()]
