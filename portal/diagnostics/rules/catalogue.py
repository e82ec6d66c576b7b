"""All questionnaire versions of the portal, read once from their folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from portal.diagnostics.rules.loader import QuestionnaireError, load_questionnaire
from portal.diagnostics.rules.reader import Fault
from portal.diagnostics.rules.schema import Questionnaire

FOLDER = Path(__file__).parent.parent / "questionnaires"
MAIN_KEY = "part-time-talent"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Questionnaires, ordered by key and version."""

    questionnaires: tuple[Questionnaire, ...]

    def get(self, key: str, version: int) -> Questionnaire | None:
        """One version of a questionnaire."""
        return next((item for item in self.versions(key) if item.version == version), None)

    def latest(self, key: str = MAIN_KEY) -> Questionnaire | None:
        """The highest version of a questionnaire."""
        return next(reversed(self.versions(key)), None)

    def versions(self, key: str) -> tuple[Questionnaire, ...]:
        """All versions of a questionnaire, the oldest first."""
        return tuple(item for item in self.questionnaires if item.key == key)


def load_catalogue(folder: Path | None = None) -> Catalogue:
    """Read every questionnaire of a folder; raises QuestionnaireError with the faults of all.

    A file is named after its key and version, `part-time-talent-1.yaml`, so that no two hold the
    same version. The catalogue is kept: a changed file needs a restart.
    """
    return _load(folder or FOLDER)


@cache
def _load(folder: Path) -> Catalogue:
    found: list[Questionnaire] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            questionnaire = load_questionnaire(path)
        except QuestionnaireError as error:
            faults.extend(error.faults)
            continue
        name = f"{questionnaire.key}-{questionnaire.version}.yaml"
        if path.name != name:
            faults.append(Fault(str(path), 0, f"the file must be named {name}"))
        found.append(questionnaire)
    if faults:
        raise QuestionnaireError(tuple(faults))
    return Catalogue(tuple(sorted(found, key=lambda item: (item.key, item.version))))
