"""The system's Chromium, for tests in a real browser. None is ever downloaded beside it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from scripts.system import install_system, one_at_a_time, stop

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def find_chromium() -> str | None:
    """The path of Chromium: CHROMIUM from the environment, else the system's, else None."""
    given = os.environ.get("CHROMIUM")
    if given:
        return given if Path(given).exists() else None
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or (str(MAC) if MAC.exists() else None)


def main() -> None:
    """Install Chromium when root and apt are here; otherwise stop with the one command to run."""
    if find_chromium():
        return
    if os.environ.get("CHROMIUM"):
        stop(f"CHROMIUM names {os.environ['CHROMIUM']}, which is not there.")
    with one_at_a_time():
        install_system(
            debian=("chromium",),
            fedora=("chromium",),
            brew=("--cask", "google-chrome"),
            step=("chromium", "Chromium for the browser tests"),
        )
    if not find_chromium():
        stop("Chromium was installed but is not on the PATH: set CHROMIUM to where it is.")


if __name__ == "__main__":
    main()
