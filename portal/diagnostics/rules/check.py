"""`python -m portal.diagnostics.rules.check FILE…`: prints each fault of questionnaire files.

Exit code 0 when every file can be used, 2 otherwise.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from portal.diagnostics.rules.loader import QuestionnaireError, load_questionnaire

_REFUSED = 2


def main(arguments: Sequence[str]) -> int:
    """Check each file; returns the exit code."""
    if not arguments:
        sys.stderr.write("Usage: python -m portal.diagnostics.rules.check FILE…\n")
        return _REFUSED
    code = 0
    for name in arguments:
        try:
            found = load_questionnaire(Path(name))
        except QuestionnaireError as error:
            sys.stdout.write("".join(f"{fault}\n" for fault in error.faults))
            code = _REFUSED
        else:
            sys.stdout.write(
                f"{name}: {found.key} version {found.version}: {len(found.questions)} questions, "
                f"{len(found.recommendations)} recommendations, no faults\n"
            )
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
