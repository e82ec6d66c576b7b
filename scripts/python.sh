#!/bin/sh
# Runs its arguments with the first Python on this machine that is new enough.
cd "$(dirname "$0")/.." || exit 1
for name in ${PYTHON:+"$PYTHON"} python3 python3.14 python3.13 python3.12 python3.11 python; do
    if "$name" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$name" "$@"
    fi
done
cat >&2 <<'TEXT'
The portal needs Python 3.11 or newer, and none was found.
  Debian or Ubuntu:  sudo apt-get install python3 python3-venv
  macOS:             brew install python
Or name one yourself:  make run PYTHON=/path/to/python3
TEXT
exit 1
