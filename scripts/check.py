"""`make check`: every check that runs nothing of the portal, two at a time; all of them run."""

from __future__ import annotations

import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from scripts.system import ROOT, VENV

BIN = VENV / "bin"
# What a check could not look at: said at the end, though nothing failed.
NOT_CHECKED = "NOT CHECKED"
CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Types (mypy)", ("mypy",)),
    ("Lint (ruff)", ("ruff", "check", ".")),
    ("Form (ruff format)", ("ruff", "format", "--check", ".")),
    ("Layers and rooms (import-linter)", ("lint-imports", "--no-logo", "--no-cache")),
    ("Templates (djLint)", ("djlint", "--lint", "--quiet", "templates")),
    ("Licences", ("python", "-m", "scripts.licences", "--check")),
    ("Bill of materials (CycloneDX)", ("python", "-m", "scripts.sbom", "--check")),
    ("Known weaknesses (pip, npm)", ("python", "-m", "scripts.audits")),
)


def _check(command: tuple[str, ...]) -> tuple[int, str, float]:
    started = time.monotonic()
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, time.monotonic() - started


def main() -> None:
    """Run the checks; exit 1 when one finds fault."""
    failed, notes = [], []
    with ThreadPoolExecutor(max_workers=2) as pool:
        running = [(title, pool.submit(_check, command)) for title, command in CHECKS]
        for title, result in running:
            code, said, seconds = result.result()
            print(f"  {title:<34} {'ok' if code == 0 else 'FAULTS':<7}{seconds:6.1f} s", flush=True)
            if code:
                failed.append((title, said))
            notes += [line for line in said.splitlines() if line.startswith(NOT_CHECKED)]
    for note in notes:
        print(f"  {note}")
    for title, said in failed:
        print(f"\n--- {title}\n{said.strip()}")
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
