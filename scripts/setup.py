"""`make setup`: installs and builds what the project needs, and does nothing twice.

Each step leaves a stamp under .setup/ that holds a digest of what it was made from. A step whose
stamp still fits is passed over, so a second set-up takes a tenth of a second.
"""

from __future__ import annotations

import argparse
import ctypes
import hashlib
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from scripts.system import ROOT, STATE, VENV, Step, install_system, one_at_a_time, stop

PYTHON = VENV / "bin" / "python"
MIN_NODE = 20
NETWORK = "Check that this machine reaches its package registries, then run the same command again."
PDF_LIBRARIES = (
    "libgobject-2.0.so.0",
    "libpango-1.0.so.0",
    "libpangoft2-1.0.so.0",
    "libharfbuzz.so.0",
    "libharfbuzz-subset.so.0",
    "libfontconfig.so.1",
)


def digest(*paths: Path, text: str = "") -> str:
    """A digest of files (folders with all they hold) and of what else a step depends on."""
    total = hashlib.sha256(text.encode())
    for path in _files(paths):
        total.update(f"\0{path.relative_to(ROOT)}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _files(paths: Iterable[Path]) -> Iterable[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(
                p for p in path.rglob("*") if p.is_file() and "__pycache__" not in p.parts
            )
        elif path.exists():
            yield path


def is_stamped(name: str, value: str) -> bool:
    """Whether a step was done from exactly these inputs."""
    stamp = STATE / f"{name}.stamp"
    return stamp.exists() and stamp.read_text() == value


def stamp(name: str, value: str) -> None:
    """Note that a step is done."""
    (STATE / f"{name}.stamp").write_text(value)


def _venv_works() -> bool:
    # A folder that was moved keeps commands that point at its old place.
    pip = VENV / "bin" / "pip"
    if not PYTHON.exists() or not pip.exists():
        return False
    if str(VENV) not in pip.read_text(errors="replace").split("\n\n")[0]:
        return False
    probe = "import sys; raise SystemExit(sys.version_info < (3, 11))"
    return subprocess.run([PYTHON, "-c", probe], check=False, capture_output=True).returncode == 0


def make_venv() -> None:
    """The virtual environment, of this Python, in this place."""
    value = digest(text=f"{VENV}")
    if is_stamped("venv", value) and PYTHON.exists():
        return
    if not _venv_works():
        if (
            importlib.util.find_spec("venv") is None
            or importlib.util.find_spec("ensurepip") is None
        ):
            stop(
                "This Python cannot make virtual environments. On Debian or Ubuntu run this once, "
                "then try again:\n\n    sudo apt-get install -y python3-venv"
            )
        for old in STATE.glob("*.stamp"):
            old.unlink()
        with Step("venv", "Python environment", "Remove the folder .venv and try again.") as step:
            step.run([sys.executable, "-m", "venv", "--clear", VENV])
    stamp("venv", value)


def install_packages(*, app_only: bool) -> None:
    """Pinned packages, each checked against its hash."""
    bootstrap = ROOT / "requirements" / "bootstrap.txt"
    wanted = ROOT / "requirements" / ("app.txt" if app_only else "dev.txt")
    value = digest(bootstrap, wanted)
    if is_stamped(wanted.stem, value):
        return
    if app_only and is_stamped("dev", digest(bootstrap, wanted.with_name("dev.txt"))):
        return
    if not is_stamped("bootstrap", digest(bootstrap)):
        with Step("bootstrap", "Installer", NETWORK) as step:
            step.run([PYTHON, "-m", "pip", "install", "-q", "--require-hashes", "-r", bootstrap])
        stamp("bootstrap", digest(bootstrap))
    with Step("packages", "Python packages", NETWORK) as step:
        step.run(
            [
                VENV / "bin" / "uv",
                "pip",
                "install",
                *("--python", PYTHON),
                # Read once here instead of at every start, also where Python may not keep it.
                "--compile-bytecode",
                "--require-hashes",
                *("-r", wanted),
            ],
        )
    stamp(wanted.stem, value)


def _node_version(command: str) -> int:
    try:
        said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return 0
    major = said.stdout.strip().removeprefix("v").partition(".")[0]
    return int(major) if major.isdigit() else 0


def find_node() -> Path:
    """The folder of a new enough node and npm: the system's, or one installed from a package."""
    for folder in os.get_exec_path():
        node = Path(folder) / "node"
        has_npm = (Path(folder) / "npm").exists()
        if node.exists() and has_npm and _node_version(str(node)) >= MIN_NODE:
            return Path(folder)
    own = VENV / "bin"
    wanted = ROOT / "requirements" / "node.txt"
    if not (own / "npm").exists() or not is_stamped("node", digest(wanted)):
        with Step("node", "Node.js (none on this machine)", NETWORK) as step:
            step.run(
                [
                    own / "uv",
                    "pip",
                    "install",
                    "--python",
                    PYTHON,
                    "--require-hashes",
                    "-r",
                    wanted,
                ],
            )
        stamp("node", digest(wanted))
    return own


def build_assets() -> None:
    """Styles, scripts and fonts under static/dist."""
    lock = [ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc"]
    modules, sources = digest(*lock), digest(*lock, ROOT / "static" / "src")
    has_modules = is_stamped("npm", modules) and (ROOT / "node_modules").is_dir()
    has_assets = is_stamped("assets", sources)
    if has_modules and has_assets and (ROOT / "static" / "dist" / "manifest.json").exists():
        return
    node = find_node()
    env = {"PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"}
    if not has_modules:
        with Step("npm", "Style and script packages", NETWORK) as step:
            step.run([node / "npm", "ci", "--ignore-scripts"], env)
        stamp("npm", modules)
    advice = "Correct what the log names in static/src, then run the same command again."
    with Step("assets", "Styles, scripts and fonts", advice) as step:
        step.run([node / "npm", "run", "--silent", "build"], env)
    stamp("assets", sources)


def _missing_libraries() -> list[str]:
    missing = []
    for name in PDF_LIBRARIES:
        try:
            ctypes.CDLL(name)
        except OSError:
            missing.append(name)
    return missing


def _pdf_works() -> bool:
    if platform.system() == "Linux":
        return not _missing_libraries()
    # Elsewhere the libraries have other names and places: ask the engine itself, once.
    value = digest(ROOT / "requirements" / "app.txt")
    if is_stamped("pdf", value):
        return True
    asked = subprocess.run([PYTHON, "-c", "import weasyprint"], check=False, capture_output=True)
    if asked.returncode == 0:
        stamp("pdf", value)
    return asked.returncode == 0


def need_pdf_libraries() -> None:
    """Pango and HarfBuzz, which lay out the text of the PDF."""
    if _pdf_works():
        return
    install_system(
        debian=("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core"),
        fedora=("pango", "harfbuzz", "dejavu-sans-fonts"),
        brew=("pango",),
        step=("pdf", "Text layout for the PDF (Pango)"),
    )
    if not _pdf_works():
        stop(f"The PDF engine still misses: {', '.join(_missing_libraries()) or 'its libraries'}")


def main() -> None:
    """Set up what is not yet set up."""
    parser = argparse.ArgumentParser(prog="make setup", description=__doc__)
    parser.add_argument("--app-only", action="store_true", help="leave out tests and checks")
    options = parser.parse_args()
    if shutil.which("sh") is None or os.name != "posix":
        stop("The portal is set up on Linux or macOS (on Windows: inside WSL).")
    with one_at_a_time():
        make_venv()
        install_packages(app_only=options.app_only)
        build_assets()
        need_pdf_libraries()


if __name__ == "__main__":
    main()
