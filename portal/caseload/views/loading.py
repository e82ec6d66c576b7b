"""What every page about a case begins with: the case, if this person may see it."""

from __future__ import annotations

from flask import abort

from portal.caseload import queries
from portal.caseload.access import may_read, may_work
from portal.caseload.queries import CaseFacts
from portal.kernel.ids import normalise_reference
from portal.web.access import current_actor


def load_case(reference: str) -> CaseFacts:
    """The case in the address, to read; 404 when it is absent or another provider's."""
    case = queries.case_facts(normalise_reference(reference))
    # The same answer whether it is absent or another's: a guess learns nothing.
    if case is None or not may_read(current_actor(), case):
        abort(404)
    return case


def load_own_case(reference: str) -> CaseFacts:
    """The case in the address, to change: 404 for all but its provider's staff."""
    case = load_case(reference)
    if not may_work(current_actor(), case):
        abort(404)
    return case
