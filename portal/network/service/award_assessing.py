"""Two assessors score an application, neither seeing the other; a third settles a large gap.

Every function is called inside a unit of work. The round is held first, then the application.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.caseload.queries.evidence import EvidenceFacts
from portal.caseload.service import evidence
from portal.db import current_session
from portal.integrations.mail import public_link
from portal.kernel.clock import utc_now
from portal.kernel.people import NAME_LENGTH, Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import (
    AwardApplication,
    AwardAssessment,
    AwardConflict,
    AwardRound,
)
from portal.network.queries import award_applications as applications
from portal.network.queries import award_assessing as found
from portal.network.queries import award_rounds as rounds
from portal.network.queries.award_rounds import AssessorLine
from portal.network.rules.award_criteria import LEVELS, Criteria, load_criteria
from portal.network.rules.awards import (
    ASSESSORS,
    FEEDBACK_LENGTH,
    NOTE_LENGTH,
    REASON_LENGTH,
    gap_words,
    scores_missing,
)
from portal.network.rules.states import ASSESSMENT_MOVES, refused
from portal.network.service import award_parts as parts
from portal.network.service.award_parts import NO_APPLICATION

NOT_YOURS = Problem("not_yours", "You do not assess this application")
TAKES_NONE = Problem("enough", "This application has all the assessors it needs now")


@dataclass(frozen=True, slots=True)
class Scored:
    """What an assessor saves; ``scores`` maps a criterion to a score (None: not yet) and a note."""

    scores: Mapping[str, tuple[int | None, str]]
    words: str
    seen: int


@dataclass(slots=True)
class Given:
    """What came of giving out a round's applications."""

    given: int = 0
    lacking: list[str] = field(default_factory=list)


def assign(*, reference: str, user_id: int, by: Author) -> Ok[AwardAssessment] | Err:
    """Give an application to an assessor of its round who has no conflict with it."""
    both = parts.held(reference)
    if both is None:
        return Err(NO_APPLICATION)
    award_round, application = both
    subject = f"award_application:{reference}"
    lines = {one.user_id: one for one in rounds.assessors(award_round.id)}
    if user_id not in lines:
        problem = Problem("no_assessor", "They do not assess in this round", "user")
        return parts.deny(subject, problem, by)
    reasons = found.conflicts(
        employer_id=application.employer_id, application_id=application.id, user_ids=[user_id]
    )
    if user_id in reasons:
        problem = Problem("conflict", "; ".join(reasons[user_id]), "user")
        return parts.deny(subject, problem, by)
    return _assign(award_round, application, lines[user_id], by)


def assign_all(*, round_reference: str, by: Author) -> Ok[Given] | Err:
    """Give each application of a closed round its assessors: those with the fewest, no conflict."""
    award_round = rounds.to_change(round_reference)
    if award_round is None:
        return Err(parts.NO_ROUND)
    if award_round.state != "assessing":
        problem = Problem("state", "Applications are given out once the round has closed")
        return parts.deny(f"award_round:{round_reference}", problem, by)
    done = Given()
    states = ("submitted", "assessing", "moderation")
    for application in applications.in_states_to_change(award_round.id, states):
        while _wanted(application, found.of_application(application.id)):
            free = _free(award_round, application)
            given = _assign(award_round, application, free[0], by) if free else None
            if not isinstance(given, Ok):
                done.lacking.append(application.reference)
                break
            done.given += 1
    return Ok(done)


def free_assessors(application_id: int, round_id: int, employer_id: int) -> list[AssessorLine]:
    """Who may still be given an application, those with the fewest first."""
    lines = rounds.assessors(round_id)
    has = {one.user_id for one in found.of_application(application_id)}
    reasons = found.conflicts(
        employer_id=employer_id,
        application_id=application_id,
        user_ids=[one.user_id for one in lines],
    )
    return [one for one in lines if one.user_id not in has and one.user_id not in reasons]


def declare(*, reference: str, user_id: int, reason: str, by: Author) -> Ok[None] | Err:
    """Note that somebody cannot judge an employer; what they have of it is taken from them."""
    both = parts.held(reference)
    if both is None:
        return Err(NO_APPLICATION)
    _round, application = both
    if not reason.strip():
        return Err(Problem("no_reason", "Say why, in a few words", "reason"))
    assessment = found.to_change(application.id, user_id)
    if assessment is not None and assessment.state == "done":
        problem = refused(ASSESSMENT_MOVES, "done", "stood_down", what="An assessment")
        return parts.deny(f"award_application:{reference}", problem or NOT_YOURS, by)
    known = found.conflict(user_id, application.employer_id)
    if known is None:
        current_session().add(
            AwardConflict(
                user_id=user_id,
                employer_id=application.employer_id,
                reason=reason.strip()[:REASON_LENGTH],
                by=by.user_id,
            )
        )
    if assessment is not None and assessment.state == "assigned":
        assessment.state = "stood_down"
        assessment.scores, assessment.words = {}, ""
    parts.note(application, "conflict_declared", by, {"user": user_id})
    current_session().flush()
    return Ok(None)


def save(*, reference: str, scored: Scored, by: Author) -> Ok[int] | Err:
    """Save an assessor's scores so far; refused when they were changed in another window."""
    opened = _opened(reference, by)
    if isinstance(opened, Err):
        return opened
    _application, assessment, criteria = opened
    if assessment.revision != scored.seen and not _is_saved(assessment, scored):
        return Err(parts.STALE)
    problem = _keep(assessment, criteria, scored)
    if problem is not None:
        return Err(problem)
    parts.note(_application, "scored", by)
    current_session().flush()
    return Ok(assessment.revision)


def finish(*, reference: str, scored: Scored, by: Author) -> Ok[str] | Err:
    """Save and finish an assessment: it never changes after. The application's state then."""
    opened = _opened(reference, by)
    if isinstance(opened, Err):
        return opened
    application, assessment, criteria = opened
    if assessment.revision != scored.seen and not _is_saved(assessment, scored):
        return Err(parts.STALE)
    problem = _keep(assessment, criteria, scored)
    if problem is not None:
        return Err(problem)
    missing = scores_missing(criteria, assessment.scores)
    if missing:
        return Err(Problem("incomplete", f"Score these as well: {'; '.join(missing)}"))
    if not assessment.words:
        return Err(Problem("no_words", "Write what decided your scores", "words"))
    assessment.state, assessment.done_at = "done", utc_now()
    current_session().flush()
    parts.note(application, "assessed", by, {"moderates": assessment.moderates})
    _settle(application, criteria, by)
    current_session().flush()
    return Ok(application.state)


def read_file(file: EvidenceFacts) -> Ok[bytes] | Err:
    """The bytes of a file that an application shows, if its scan allows it to be handed out."""
    return evidence.read(file)


# Parts ----------------------------------------------------------------------------------------


def _wanted(application: AwardApplication, has: list[found.AssessmentFacts]) -> bool:
    live = [one for one in has if one.state != "stood_down"]
    if application.state == "moderation":
        return not any(one.moderates for one in live)
    if application.state not in {"submitted", "assessing"}:
        return False
    return sum(not one.moderates for one in live) < ASSESSORS


def _free(award_round: AwardRound, application: AwardApplication) -> list[AssessorLine]:
    return free_assessors(application.id, award_round.id, application.employer_id)


def _assign(
    award_round: AwardRound, application: AwardApplication, line: AssessorLine, by: Author
) -> Ok[AwardAssessment] | Err:
    subject = f"award_application:{application.reference}"
    if award_round.state != "assessing":
        problem = Problem("state", "Applications are given out once the round has closed")
        return parts.deny(subject, problem, by)
    has = found.of_application(application.id)
    if any(one.user_id == line.user_id for one in has):
        return parts.deny(subject, Problem("has", "They have, or had, this application"), by)
    if not _wanted(application, has):
        return parts.deny(subject, TAKES_NONE, by)
    if application.state == "submitted":
        problem_ = parts.move(application, "assessing", by)
        if problem_ is not None:
            return Err(problem_)
    assessment = AwardAssessment(
        application_id=application.id,
        user_id=line.user_id,
        by_name=(line.name or line.email)[:NAME_LENGTH],
        moderates=application.state == "moderation",
        scores={},
    )
    current_session().add(assessment)
    current_session().flush()
    parts.note(application, "assigned", by, {"user": line.user_id})
    parts.tell_one(
        line.email,
        subject="An award application for you to assess",
        lines=[
            f"You were given an application in {award_round.title}.",
            (
                "If you know this employer in a way that could sway you, say so on its page and it "
                "goes to somebody else."
            ),
        ],
        link=public_link("network.assess", reference=application.reference),
        link_text="Read the application",
        unique_key=f"award-assess:{application.reference}:{line.user_id}",
    )
    return Ok(assessment)


def _opened(reference: str, by: Author) -> tuple[AwardApplication, AwardAssessment, Criteria] | Err:
    both = parts.held(reference)
    if both is None or by.user_id is None:
        return Err(NO_APPLICATION)
    award_round, application = both
    subject = f"award_application:{reference}"
    assessment = found.to_change(application.id, by.user_id)
    if assessment is None or assessment.state == "stood_down":
        return parts.deny(subject, NOT_YOURS, by)
    problem = refused(ASSESSMENT_MOVES, assessment.state, "done", what="An assessment")
    wanted = "moderation" if assessment.moderates else "assessing"
    if problem is None and application.state != wanted:
        problem = Problem("state", "This application is not being assessed any more")
    if problem is None:
        reasons = found.conflicts(
            employer_id=application.employer_id,
            application_id=application.id,
            user_ids=[by.user_id],
        ).get(by.user_id)
        if reasons:
            problem = Problem("conflict", f"You cannot judge this employer: {'; '.join(reasons)}")
    if problem is not None:
        return parts.deny(subject, problem, by)
    return application, assessment, load_criteria(award_round.criteria_version)


def _is_saved(assessment: AwardAssessment, scored: Scored) -> bool:
    """Whether it holds exactly this: the page saved it by itself as the button was pressed."""
    kept = {
        key: {"score": score, "note": note.strip()[:NOTE_LENGTH]}
        for key, (score, note) in scored.scores.items()
        if score is not None
    }
    return (assessment.scores, assessment.words) == (kept, scored.words.strip()[:FEEDBACK_LENGTH])


def _keep(assessment: AwardAssessment, criteria: Criteria, scored: Scored) -> Problem | None:
    kept: dict[str, Any] = {}
    for key, (score, note) in scored.scores.items():
        if criteria.criterion(key) is None or (score is not None and score not in LEVELS):
            return Problem("score", "Scores are from 0 to 4, one for each criterion")
        if score is not None:
            kept[key] = {"score": score, "note": note.strip()[:NOTE_LENGTH]}
    assessment.scores = kept
    assessment.words = scored.words.strip()[:FEEDBACK_LENGTH]
    assessment.revision += 1
    return None


def _settle(application: AwardApplication, criteria: Criteria, by: Author) -> None:
    has = [one for one in found.of_application(application.id) if one.state == "done"]
    two = [one for one in has if not one.moderates]
    if application.state == "moderation":
        if any(one.moderates for one in has):
            parts.move(application, "ready", by)
        return
    if len(two) >= ASSESSORS:
        apart = gap_words(criteria, two[0].points, two[1].points)
        parts.move(application, "moderation" if apart else "ready", by)
