"""The evaluator's pack: asked for once a release, made by the worker, taken out with a trace."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from hashlib import sha256
from secrets import SystemRandom
from typing import Any, Final

from portal.caseload.rules.outcomes import load_outcomes
from portal.db import audit, current_session, outbox, unit_of_work
from portal.db.session import steady_reading
from portal.diagnostics.rules.catalogue import FOLDER
from portal.integrations.storage import StorageError, storage
from portal.kernel.clock import today, utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.reports.models import EvaluationPack
from portal.reports.queries import pack as found
from portal.reports.queries import statistics as releases
from portal.reports.queries.statistics import Release
from portal.reports.rules import pack as rules
from portal.reports.rules.anonymity import anonymised, check

_log = logging.getLogger(__name__)
KIND: Final = "reports.pack"
NOT_READY = Problem("not_ready", "The pack is still being made")
DAMAGED = Problem("damaged", "The stored file is not the one that was made")
_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class NotAnonymousError(RuntimeError):
    """The check of anonymity failed. No pack is made."""


def ask(release: Release, by: Author) -> None:
    """Have the pack of a release made, inside a unit of work. Asking again changes nothing."""
    if found.pack_to_change(release.id) is not None:
        return
    current_session().add(
        EvaluationPack(
            release_id=release.id,
            asked_at=utc_now(),
            asked_by=by.user_id,
            asked_name=by.shown,
        )
    )
    outbox.add(
        kind=KIND, payload={"release": release.reference}, unique_key=f"{KIND}:{release.reference}"
    )
    audit.record(
        action="statistics.pack_asked",
        subject=f"statistics:{release.reference}",
        actor_id=by.user_id,
    )


def make(payload: Mapping[str, Any]) -> None:
    """Make and keep the pack of a release. May be called twice, or after a crash.

    Raises:
        Exception: whatever stopped it; it is tried again.
    """
    release = releases.release_of(str(payload["release"]))
    if release is None or release.pack_asked_at is None or release.pack_ready_at is not None:
        return
    with steady_reading():
        checked, files = contents(release)
    data = rules.archive(files, today())
    # A crash may have left a file without a row: each try has a key of its own.
    key = f"packs/{release.reference}-{new_reference()}.zip"
    storage().put(key, data)
    with unit_of_work():
        pack = found.pack_to_change(release.id)
        if pack is None or pack.ready_at is not None:
            storage().delete(key)
            return
        pack.ready_at, pack.storage_key, pack.size = utc_now(), key, len(data)
        pack.sha256, pack.checks = sha256(data).hexdigest(), checked
        audit.record(
            action="statistics.pack_made",
            subject=f"statistics:{release.reference}",
            detail={"sha256": pack.sha256, "rows": checked["rows"], "holds": checked["holds"]},
        )


def contents(release: Release) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The check's result and every file of the pack of a release.

    Raises:
        NotAnonymousError: when three known values describe fewer than ``K`` employers.
    """
    everybody = found.employers(release.last_on)
    shown = anonymised(everybody, rules.K)
    checked = check(len(everybody), list(shown.values()), rules.K)
    if not checked.holds:
        raise NotAnonymousError("The check of anonymity failed; no pack is made")
    rows = _rows(release, shown)
    result = rules.checks(checked, rows)
    files = {f"{name}.csv": rules.table_file(rules.BY_NAME[name], rows[name]) for name in rows}
    files |= {
        "codebook.csv": rules.codebook(),
        "reading-notes.md": rules.reading_notes(release.first_on, release.last_on, checked),
        "checks.json": rules.checks_file(result),
    }
    files |= {
        f"questionnaires/{path.name}": path.read_bytes() for path in sorted(FOLDER.glob("*.yaml"))
    }
    sums = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    return result, {**files, "SHA256SUMS": sums.encode()}


def _rows(release: Release, shown: Mapping[int, tuple[str, str, str]]) -> rules.Rows:
    last = release.last_on
    known = _numbered(shown, "E")
    cases = found.cases(last, known)
    case_ids = _numbered(cases, "C")
    chance = SystemRandom()
    order = sorted(set(cases.values()))
    chance.shuffle(order)
    providers = {key: _letter(place) for place, key in enumerate(order)}
    options = {question.key: question.options for question in load_outcomes().questions}
    return {
        "employers": sorted((known[employer], *values) for employer, values in shown.items()),
        "cases": found.case_rows(last, known, case_ids, providers),
        "sessions": found.session_rows(last, case_ids),
        "support": found.support_rows(last, case_ids),
        "diagnostics": found.diagnostic_rows(last, known),
        "actions": found.action_rows(last, known),
        "follow_ups": found.follow_up_rows(last, case_ids),
        "outcomes": found.outcome_rows(
            last, case_ids, lambda key, answer: _is_told(options, key, answer)
        ),
    }


def _is_told(options: Mapping[str, Mapping[str, str] | None], key: str, answer: Any) -> bool:
    """Whether an answer is a number, or one of the choices that were offered; texts are not."""
    if isinstance(answer, int):
        return key in options or key == "quality_roles"
    return answer in (options.get(key) or ())


def _numbered(keys: Collection[int], letter: str) -> dict[int, str]:
    """A number drawn by lot for each, without a gap and without an order."""
    numbers = list(range(1, len(keys) + 1))
    SystemRandom().shuffle(numbers)
    width = len(str(len(numbers)))
    return {
        key: f"{letter}{number:0{width}}" for key, number in zip(sorted(keys), numbers, strict=True)
    }


def _letter(place: int) -> str:
    around, within = divmod(place, len(_LETTERS))
    return _LETTERS[within] + (str(around) if around else "")


def file_of(release: Release) -> Ok[bytes] | Err:
    """The pack's bytes, once they are proved to be those that were made."""
    pack = found.pack_of(release.id)
    if pack is None or pack.storage_key is None:
        return Err(NOT_READY)
    try:
        data = storage().get(pack.storage_key)
    except StorageError:
        data = b""
    if sha256(data).hexdigest() != pack.sha256:
        _log.error("The pack of release %s is damaged", release.reference)
        return Err(DAMAGED)
    return Ok(data)


def tables_of(checks: Mapping[str, Any]) -> Sequence[tuple[str, str, int]]:
    """The tables of a pack with what a row is and how many there are."""
    counted = checks.get("tables", {})
    return [(table.name, table.row, counted.get(table.name, 0)) for table in rules.TABLES]
