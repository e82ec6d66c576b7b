"""Saving answers, one page or one field at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from portal.diagnostics import queries
from portal.diagnostics.rules.merge import Clash, merge
from portal.diagnostics.rules.states import may_answer
from portal.kernel.clock import utc_now
from portal.kernel.result import Err, Ok


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a save: the revision now, what changed, and what clashed."""

    revision: int
    changed: tuple[str, ...]
    clashes: tuple[Clash, ...]


def save_answers(
    *, response_id: int, values: Mapping[str, Any], seen: int, by: str
) -> Ok[Saved] | Err:
    """Save checked answers (JSON values by question; None takes one back).

    ``seen`` is the revision the page was drawn from, ``by`` who answers (``user:12``, ``visitor``).
    """
    response = queries.response_to_change(response_id)
    problem = may_answer(status=response.status)
    if problem is not None:
        return Err(problem)
    merged = merge(
        response.answers,
        response.revision,
        values,
        seen=seen,
        by=by,
        at=utc_now().isoformat(timespec="seconds"),
    )
    if merged.changed:
        response.answers = merged.document
        response.revision = merged.revision
    return Ok(Saved(merged.revision, merged.changed, merged.clashes))
