"""Loads a questionnaire file, or refuses it with every fault found."""

from __future__ import annotations

import hashlib
from pathlib import Path

from portal.diagnostics.rules.checks import check
from portal.diagnostics.rules.parse import parse_root
from portal.diagnostics.rules.reader import MAX_FILE_BYTES, Fault, Notes, compose
from portal.diagnostics.rules.schema import Questionnaire


class QuestionnaireError(Exception):
    """A questionnaire file that cannot be used; `faults` says why, in the order of its lines."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def load_questionnaire(path: Path) -> Questionnaire:
    """The questionnaire in a file; raises QuestionnaireError with all faults of the file."""
    notes = Notes(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        notes.fault(0, f"the file cannot be read: {error.strerror or error}")
        raise QuestionnaireError(tuple(notes.faults)) from error
    return read_questionnaire(data, str(path))


def read_questionnaire(data: bytes, name: str) -> Questionnaire:
    """The questionnaire in the bytes of a file; raises QuestionnaireError with all its faults."""
    notes = Notes(name)
    root = compose(data, notes)
    if root is not None:
        draft = parse_root(root, notes, hashlib.sha256(data).hexdigest())
        check(draft, notes)
        if not notes.faults:
            return draft.questionnaire
    raise QuestionnaireError(tuple(sorted(set(notes.faults))))
