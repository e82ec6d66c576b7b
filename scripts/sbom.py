"""A bill of materials in the CycloneDX format, from the lock files: docs/sbom.cdx.json.

    python -m scripts.sbom           write it
    python -m scripts.sbom --check   exit 1 when it is not up to date or not well formed

It names no moment and no random number: equal locks give equal bytes, so that a change shows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from scripts.licences import UNKNOWN, licence_of, rules
from scripts.packages import Package, all_packages
from scripts.system import ROOT

SBOM: Final = ROOT / "docs" / "sbom.cdx.json"
FORMAT: Final = "1.6"
_PORTAL: Final = "part-time-talent-portal"
_HASHES: Final = {"sha256": "SHA-256", "sha384": "SHA-384", "sha512": "SHA-512"}


def address(one: Package) -> str:
    """The package's universal address (package-url)."""
    name = "/".join(quote(part, safe="") for part in one.name.split("/"))
    return f"pkg:{one.kind}/{name}@{quote(one.version, safe='.')}"


def bill(packages: Sequence[Package], clarified: Mapping[str, str]) -> dict[str, Any]:
    """The whole bill as a document."""
    version = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["version"]
    needs: dict[str, list[str]] = {address(one): [] for one in packages}
    places = {(one.kind, one.name): address(one) for one in packages}
    for one in packages:
        for user in one.needed_by:
            place = places.get((one.kind, user))
            if place is not None and address(one) not in needs[place]:
                needs[place].append(address(one))
    return {
        "$schema": f"http://cyclonedx.org/schema/bom-{FORMAT}.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": FORMAT,
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": _PORTAL,
                "name": _PORTAL,
                "version": version,
            }
        },
        "components": [_component(one, clarified) for one in packages],
        "dependencies": [
            {"ref": _PORTAL, "dependsOn": sorted(address(one) for one in packages)},
            *({"ref": ref, "dependsOn": sorted(on)} for ref, on in sorted(needs.items())),
        ],
    }


def _component(one: Package, clarified: Mapping[str, str]) -> dict[str, Any]:
    said = licence_of(one, clarified)
    made: dict[str, Any] = {
        "type": "library",
        "bom-ref": address(one),
        "name": one.name,
        "version": one.version,
        "purl": address(one),
        "scope": "required" if one.is_shipped else "excluded",
        "properties": [{"name": "portal:use", "value": one.use}],
    }
    if said != UNKNOWN:
        made["licenses"] = [{"expression": said}]
    if len(one.hashes) == 1:
        # One file, one hash. Where a package has a file for each system, each is a reference.
        made["hashes"] = [_hash(*one.hashes[0])]
    elif one.hashes:
        # A file for each system: requirements/*.txt hold every hash, this is one over all of them.
        whole = hashlib.sha256("\n".join(sorted({value for _, value in one.hashes})).encode())
        made["properties"].append({"name": "portal:hash-of-hashes", "value": whole.hexdigest()})
    return made


def _hash(kind: str, value: str) -> dict[str, str]:
    return {"alg": _HASHES[kind], "content": value}


def text_of(document: Mapping[str, Any]) -> str:
    """The document as it stands in its file: one component a line keeps it readable by diff."""
    parts = []
    for key, value in document.items():
        if isinstance(value, list):
            rows = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in value)
            parts.append(f"  {json.dumps(key)}: [\n{rows}\n  ]")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def schema_faults(text: str) -> str:
    """What the format's own schema says against a bill; nothing when it is well formed."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    fault = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    return "" if fault is None else str(fault)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the bill, or check it."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing; say what is wrong")
    only_check = parser.parse_args(arguments).check
    packages = all_packages()
    text = text_of(bill(packages, rules().clarified))
    wrong = schema_faults(text)
    if not only_check:
        SBOM.write_text(text, encoding="utf-8")
    elif not SBOM.exists() or SBOM.read_text(encoding="utf-8") != text:
        wrong = "docs/sbom.cdx.json is not up to date: run `make licences` and commit it"
    print(wrong or f"{len(packages)} packages, as CycloneDX {FORMAT}")
    if wrong:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
