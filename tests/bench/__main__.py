"""`make bench`: every measure in one line, with its ratio to a peer and to the lower bound.

    python -m tests.bench                 everything
    python -m tests.bench --only pages    one module, bench_pages.py (may be given again)
    python -m tests.bench --quick         fewer rounds and rows: for a look, not for the record
    python -m tests.bench --databases DIR keep the seeded programmes, which take longest to make

Each module runs in a process of its own, so that what one leaves in memory slows no other.
A module is `tests/bench/bench_NAME.py` with `measures()`, which may take `quick`.
"""

from __future__ import annotations

import argparse
import importlib
import inspect
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = ROOT / "bench-results"
_MARK = "measure:"


def modules() -> list[str]:
    """The names of all benchmarks."""
    return sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure the portal")
    parser.add_argument("--only", action="append", choices=modules(), help="this module only")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and rows")
    parser.add_argument("--strict", action="store_true", help="fail when a goal is missed")
    parser.add_argument(
        "--databases",
        metavar="FOLDER",
        help="keep seeded programmes here and use them again (BENCH_DATABASES); else they go",
    )
    parser.add_argument("--run", choices=modules(), help=argparse.SUPPRESS)
    return parser.parse_args()


def run_module(name: str, *, quick: bool) -> None:
    """In a process of its own: print each measure as it is known."""
    module = importlib.import_module(f"tests.bench.bench_{name}")
    takes_quick = "quick" in inspect.signature(module.measures).parameters
    for measure in module.measures(quick=quick) if takes_quick else module.measures():
        print(_MARK + json.dumps(asdict(measure)), flush=True)


def results_of(name: str, *, quick: bool) -> Iterator[dict[str, Any]]:
    """The measures of one module; what else it prints goes to the error stream.

    Raises:
        RuntimeError: when it did not come to its end.
    """
    command = [sys.executable, "-m", "tests.bench", "--run", name]
    with subprocess.Popen(
        [*command, *(["--quick"] if quick else [])], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if line.startswith(_MARK):
                    yield json.loads(line.removeprefix(_MARK))
                else:
                    sys.stderr.write(line)
        except BaseException:
            # Somebody has had enough: the module stops its own servers when told to end.
            process.terminate()
            raise
    if process.returncode:
        raise RuntimeError(f"bench_{name} failed")


def prepare(*, quick: bool) -> None:
    """One database server for all modules, as it is installed; fewer rounds if they are counted."""
    os.environ.setdefault("PORTAL_ENV", "test")
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    os.environ["PYTEST_XDIST_TESTRUNUID"] = f"bench-{os.getpid()}"
    os.environ["PORTAL_TEST_SERVER"] = "as-installed"
    if quick:
        os.environ.setdefault("BENCH_ROUNDS", "3")


def machine() -> dict[str, Any]:
    """What it ran on, in general words."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.system(),
        "load": round(os.getloadavg()[0], 1),
        "commit": commit.stdout.strip(),
    }


def _said(record: dict[str, Any]) -> str:
    """On what and when a table was made, in a sentence."""
    place = record["machine"]
    quick = ", quick: for a look, not for the record" if record["quick"] else ""
    return (
        f"{record['at']}, commit {place['commit']}, {place['cores']} cores, {place['system']}, "
        f"Python {place['python']}, load at the end {place['load']}; {record['minutes']} minutes"
        f"{quick}. Parts that failed: {', '.join(record['failed']) or 'none'}."
    )


def main() -> int:
    """Run what was asked for; returns the exit status."""
    from tests.bench.harness import Measure
    from tests.bench.table import as_markdown, as_text

    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if options.run:
        run_module(options.run, quick=options.quick)
        return 0
    prepare(quick=options.quick)
    if options.databases:
        os.environ["BENCH_DATABASES"] = str(Path(options.databases).resolve())
    from tests.bench.support_programme import remove_unkept
    from tests.support import databases

    begun, clock = datetime.now(UTC), time.monotonic()
    kept: list[dict[str, Any]] = []
    failed: list[str] = []
    try:
        for name in options.only or modules():
            print(f"-- {name}", flush=True)
            try:
                for found in results_of(name, quick=options.quick):
                    measure = Measure(**found)
                    kept.append({"module": name, **found, "met": measure.met})
                    print(measure.line(), flush=True)
            except RuntimeError as error:
                failed.append(name)
                print(f"{error}; see above", flush=True)
    finally:
        databases.clean_up()
        remove_unkept()
    missed = [item["name"] for item in kept if item["met"] is False]
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{begun:%Y-%m-%dT%H%M%SZ}{'-quick' if options.quick else ''}.json"
    record = {
        "at": begun.isoformat(timespec="seconds"),
        "minutes": round((time.monotonic() - clock) / 60, 1),
        "quick": options.quick,
        "machine": machine(),
        "failed": failed,
        "measures": kept,
    }
    print(as_text(kept))
    path.with_suffix(".md").write_text(as_markdown(kept, said=_said(record)), encoding="utf-8")
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    with_goal = sum(item["met"] is not None for item in kept)
    print(f"\n{len(kept)} measures, {with_goal - len(missed)} of {with_goal} goals met")
    for name in missed:
        print(f"  missed: {name}")
    print(f"Kept in {path.relative_to(ROOT)}")
    return 1 if failed or (options.strict and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
