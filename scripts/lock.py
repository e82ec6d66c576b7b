"""`make lock`: pins every package again, with hashes, for every supported Python and system."""

from __future__ import annotations

import shutil

from scripts.setup import NETWORK, find_node
from scripts.system import VENV, Step, one_at_a_time

NAMES = ("bootstrap", "node", "app", "dev")


def main() -> None:
    """Write requirements/*.txt and package-lock.json afresh."""
    uv = VENV / "bin" / "uv"
    with one_at_a_time():
        for name in NAMES:
            source = f"requirements/{name}.in"
            with Step(f"lock-{name}", source, NETWORK) as step:
                step.run(
                    [
                        *(uv, "pip", "compile", "--quiet", "--upgrade", "--universal"),
                        *("--python-version", "3.11", "--generate-hashes", "--no-header"),
                        *(source, "-o", f"requirements/{name}.txt"),
                    ]
                )
        npm = shutil.which("npm") or find_node() / "npm"
        with Step("lock-npm", "package-lock.json", NETWORK) as step:
            step.run([npm, "install", "--package-lock-only", "--ignore-scripts"])
    print("Read the changes before committing them: git diff requirements package-lock.json")
    print("Then: make setup licences, which lists what they are and under which licence")


if __name__ == "__main__":
    main()
