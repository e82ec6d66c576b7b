"""Licences of all that is installed: listed in docs/licences.md, and refused where not allowed.

    python -m scripts.licences           write the list
    python -m scripts.licences --check   exit 1 when the list is old or a licence is not allowed

What a package says itself counts: its licence expression, else its licence file, else its
classifiers. What stays ambiguous is looked up by a person and noted in scripts/data/licences.toml.
"""

from __future__ import annotations

import argparse
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import Any, Final

from scripts.packages import Package, all_packages
from scripts.system import ROOT

LIST: Final = ROOT / "docs" / "licences.md"
DATA: Final = ROOT / "scripts" / "data" / "licences.toml"
UNKNOWN: Final = "unknown"
# What only a licence's own text has, the more particular first.
_TEXTS: Final = (
    ("Mozilla Public License Version 2.0", "MPL-2.0"),
    ("Apache License", "Apache-2.0"),
    ("Neither the name", "BSD-3-Clause"),
    ("names of its contributors", "BSD-3-Clause"),
    ("contributors may not be used to endorse", "BSD-3-Clause"),
    ("Redistributions in binary form", "BSD-2-Clause"),
    ("Redistribution and use in source and binary forms", "BSD-2-Clause"),
    ("Permission is hereby granted, free of charge", "MIT"),
    ("This is free and unencumbered software", "Unlicense"),
    ("PYTHON SOFTWARE FOUNDATION LICENSE", "PSF-2.0"),
)
_CLASSIFIERS: Final = {
    "MIT License": "MIT",
    "Apache Software License": "Apache-2.0",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
_FIELDS: Final = {
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache-2.0": "Apache-2.0",
    "MPL-2.0 AND MIT": "MPL-2.0 AND MIT",
    "BSD-2-Clause": "BSD-2-Clause",
    "BSD-3-Clause": "BSD-3-Clause",
    "MIT": "MIT",
    "PSF-2.0": "PSF-2.0",
}
_PREFACE: Final = (
    "Written by `make licences` from the lock files and from what each package says of itself; "
    "`make check` fails when it is not up to date or a licence is not taken. Which are taken, and "
    "why: scripts/data/licences.toml. The same packages as a bill of materials (CycloneDX): "
    "docs/sbom.cdx.json."
)
_LICENCE_FILE: Final = re.compile(r"(^|/)(licen[sc]e|copying|unlicen[sc]e)[^/]*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rules:
    """Which licences are taken, and what is known of packages that do not say."""

    shipped: frozenset[str]
    tools: frozenset[str]
    clarified: Mapping[str, str]


def rules() -> Rules:
    """The rules as they stand in the data file."""
    data: Mapping[str, Any] = tomllib.loads(DATA.read_text(encoding="utf-8"))
    shipped = frozenset(data["shipped"])
    return Rules(shipped, shipped | frozenset(data["tools"]), data["clarified"])


def licence_of(package: Package, known: Mapping[str, str]) -> str:
    """The licence of a package as an SPDX expression, or ``unknown``."""
    if package.name in known:
        return known[package.name]
    if package.kind == "npm":
        return package.licence or UNKNOWN
    try:
        said = metadata.metadata(package.name)
    except metadata.PackageNotFoundError:
        return UNKNOWN
    if "License-Expression" in said:
        return str(said["License-Expression"])
    whole = _FIELDS.get(str(said["License"]).strip()) if "License" in said else None
    return whole or _by_text(package.name) or _by_classifier(said.get_all("Classifier") or [])


def _by_text(name: str) -> str | None:
    for file in metadata.files(name) or ():
        if _LICENCE_FILE.search(str(file)) and ".dist-info" in str(file):
            text = " ".join(file.read_text(encoding="utf-8").split())
            found = next((key for words, key in _TEXTS if words in text), None)
            if found:
                return found
    return None


def _by_classifier(classifiers: Sequence[str]) -> str:
    said = {line.rpartition("::")[2].strip() for line in classifiers if line.startswith("License")}
    found = {_CLASSIFIERS[words] for words in said if words in _CLASSIFIERS}
    return found.pop() if len(found) == 1 else UNKNOWN


def is_allowed(expression: str, allowed: frozenset[str]) -> bool:
    """Whether an SPDX expression can be met: every part of AND, one part of OR."""
    tokens = re.findall(r"\(|\)|[^\s()]+", expression)

    def either(at: int) -> tuple[bool, int]:
        met, at = both(at)
        while at < len(tokens) and tokens[at].upper() == "OR":
            other, at = both(at + 1)
            met = met or other
        return met, at

    def both(at: int) -> tuple[bool, int]:
        met, at = one(at)
        while at < len(tokens) and tokens[at].upper() == "AND":
            other, at = one(at + 1)
            met = met and other
        return met, at

    def one(at: int) -> tuple[bool, int]:
        if at >= len(tokens):
            return False, at
        if tokens[at] == "(":
            met, at = either(at + 1)
            return met, at + 1
        return tokens[at] in allowed, at + 1

    met, end = either(0)
    return met and end == len(tokens)


def faults(packages: Sequence[Package], by: Rules) -> Iterator[str]:
    """Packages whose licence is not taken, each with what to do."""
    for one in packages:
        said = licence_of(one, by.clarified)
        if not is_allowed(said, by.shipped if one.is_shipped else by.tools):
            what = "is part of the portal" if one.is_shipped else f"serves {one.use}"
            yield (
                f"{one.name} {one.version} ({what}): licence {said!r} is not among those taken. "
                "Read its licence file: then take another package, or note the licence in "
                "scripts/data/licences.toml"
            )


def listed(packages: Sequence[Package], by: Rules) -> str:
    """The list for people."""
    lines = [
        "# Licences of what the portal is made with",
        "",
        _PREFACE,
    ]
    for use in sorted({one.use for one in packages}, key=_use_order):
        rows = [one for one in packages if one.use == use]
        lines += ["", f"## For {use}: {len(rows)}", "", "| package | version | licence | from |"]
        lines.append("| --- | --- | --- | --- |")
        lines += [
            f"| {one.name} | {one.version} | {licence_of(one, by.clarified)} | "
            f"{'PyPI' if one.kind == 'pypi' else 'npm'} |"
            for one in rows
        ]
    return "\n".join(lines) + "\n"


def _use_order(use: str) -> int:
    return ("the portal", "tests and checks", "building pages", "installing").index(use)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the list, or check it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; say what is wrong")
    only_check = parser.parse_args(arguments).check
    packages, by = all_packages(), rules()
    wrong = list(faults(packages, by))
    text = listed(packages, by)
    if not only_check:
        LIST.write_text(text, encoding="utf-8")
    elif not LIST.exists() or LIST.read_text(encoding="utf-8") != text:
        wrong.append("docs/licences.md is not up to date: run `make licences` and commit it")
    print("\n".join(wrong) or f"{len(packages)} packages, every licence among those taken")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
