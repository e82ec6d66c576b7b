"""What an employer's record is told of a diagnostic: its timeline, and the case on it."""

from __future__ import annotations

from portal.caseload.models import Case
from portal.caseload.rules.stages import Milestone
from portal.caseload.service import cases
from portal.diagnostics.models import Response
from portal.employers.service import timeline
from portal.kernel.people import Author

_FINISHED = {
    "first": "Diagnostic completed",
    "correction": "Diagnostic corrected",
    "retake": "Diagnostic taken again",
}


def subject_of(response: Response) -> str:
    """A response as the timeline and a case's milestones name it."""
    return f"response:{response.reference}"


def tell(response: Response, by: Author, *, title: str, text: str = "") -> None:
    """Put a line about a response on its employer's timeline; nothing while it has no employer."""
    if response.employer_id is None:
        return
    timeline.note(
        employer_id=response.employer_id,
        kind="diagnostic",
        title=title,
        text=text,
        by=by,
        subject=subject_of(response),
    )


def tell_completed(response: Response, by: Author, case: Case | None) -> None:
    """A completed response now stands for its employer, and for the case that is open."""
    score = response.overall_score
    scored = "" if score is None else f": {score} out of 100"
    tell(response, by, title=f"{_FINISHED[response.kind]}{scored}")
    rest_case_on(response, by, case)


def rest_case_on(response: Response, by: Author, case: Case | None) -> None:
    """Let the open case rest on a completed response."""
    if case is not None:
        cases.note_milestone(
            case=case, kind=Milestone.DIAGNOSTIC, subject=subject_of(response), by=by
        )
