"""An employer's application: begun if it may be, saved section by section, sent, taken back.

Every function that changes something is called inside a unit of work. What the assessors see of
actions, files and the diagnostic is copied when the application is sent, and never after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from portal.db import current_session
from portal.diagnostics import queries as diagnostics
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.kernel.clock import today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.models import AwardApplication, AwardRound
from portal.network.queries import award_applications as found
from portal.network.queries import award_rounds as rounds
from portal.network.queries import awards, members
from portal.network.rules.award_criteria import load_criteria
from portal.network.rules.awards import (
    SECTION_LENGTH,
    Need,
    Standing,
    needs,
    open_flags,
    renewed,
)
from portal.network.rules.words import TIERS
from portal.network.service import award_parts as parts
from portal.network.service.award_parts import NO_APPLICATION, NO_ROUND
from portal.network.service.award_rounds import follow_dates, withdraw_one
from portal.programme import queries as programme

CLOSED: Final = Problem("closed", "This round takes no applications today")
NOT_DRAFT: Final = Problem("not_draft", "It was sent. Take it back first to change it")
NO_SECTION: Final = Problem("no_section", "There is no such section")
HAVE_ONE: Final = Problem("have_one", "You have an application in this round already")
NO_CONSENT: Final = Problem(
    "no_consent", "Agree first that assessors may see your actions and evidence"
)

NOT_THEIRS: Final = Problem("not_yours", "Choose actions and files of your own that are listed")


@dataclass(frozen=True, slots=True)
class Section:
    """What somebody saves of one section."""

    key: str
    text: str
    actions: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    seen: int = 0


def sectors_of(chosen: Sequence[str]) -> tuple[list[str], str]:
    """The sectors that may apply in a round, and the same in words."""
    settings = programme.settings()
    keys = list(chosen) or [sector.key for sector in settings.sectors]
    return keys, ", ".join(settings.sector_title(key) for key in keys)


def eligibility(profile: EmployerProfile, sectors: Sequence[str], tier: str) -> list[Need]:
    """What it takes an employer to apply for a tier in a round for these sectors."""
    latest = diagnostics.latest_completed(profile.id)
    flags: tuple[str, ...] = ()
    if latest is not None and latest.result.get("flags"):
        done = found.done_actions(profile.id, after=latest.completed_at)
        flags = open_flags(
            latest.result["flags"],
            {one.recommendation for one in done if one.recommendation},
            {question for one in done for question in one.questions},
        )
    keys, words = sectors_of(sectors)
    standing = Standing(
        diagnostic=latest is not None,
        sector=profile.sector,
        open_flags=flags,
        member=members.is_member(profile.id),
        awards=awards.in_force(profile.id, today()),
    )
    return needs(standing, sectors=keys, sector_words=words, tier=tier, today=today())


def begin(*, employer: str, round_reference: str, tier: str, by: Author) -> Ok[str] | Err:
    """Begin an application, or one that was withdrawn again; its reference."""
    # The round is held first, here and everywhere.
    award_round = rounds.to_change(round_reference)
    owner = employers.employer_for_update(employer)
    profile = employers.employer_profile(employer)
    if owner is None or profile is None or award_round is None:
        return Err(NO_ROUND)
    follow_dates(award_round)
    subject = f"award_round:{award_round.reference}"
    problem = _cannot_begin(award_round, profile, tier)
    if problem is not None:
        return parts.deny(subject, problem, by)
    application = found.one_of_round(award_round.id, profile.id)
    if application is not None and application.state != "withdrawn":
        return parts.deny(subject, HAVE_ONE, by)
    held_award = renewed(awards.in_force(profile.id, today()), today=today())
    if application is None:
        application = AwardApplication(
            round_id=award_round.id,
            employer_id=profile.id,
            tier_sought=tier,
            answers=_earlier_words(profile.id, award_round) if held_award else {},
        )
        current_session().add(application)
        current_session().flush()
        parts.note(application, "begun", by)
        parts.line(application, f"Award application begun: {TIERS[tier]}", by)
    else:
        problem = parts.move(application, "draft", by)
        if problem is not None:
            return Err(problem)
        application.tier_sought, application.frozen = tier, None
        application.submitted_at = None
        parts.line(application, "Award application taken up again", by)
    application.renews_id = held_award.id if held_award else None
    current_session().flush()
    return Ok(application.reference)


def save_section(*, reference: str, section: Section, by: Author) -> Ok[int] | Err:
    """Save a section of a draft; its new revision. Refused when it was changed since ``seen``."""
    application = found.to_change(reference)
    if application is None:
        return Err(NO_APPLICATION)
    problem = _cannot_save(application, section)
    saved = application.answers.get(section.key, {})
    if problem is parts.STALE and _is_saved(saved, section):
        # The page had saved it by itself at the moment in which the button was pressed.
        return Ok(int(saved["revision"]))
    if problem is parts.STALE:
        return Err(problem)
    if problem is not None:
        return parts.deny(f"award_application:{reference}", problem, by)
    revision = section.seen + 1
    application.answers = {
        **application.answers,
        section.key: {
            "text": section.text.strip(),
            "actions": list(section.actions),
            "evidence": list(section.evidence),
            "revision": revision,
            "by": by.shown,
            "at": utc_now().isoformat(),
        },
    }
    application.revision += 1
    parts.note(application, "saved", by, {"section": section.key})
    current_session().flush()
    return Ok(revision)


def choose(*, reference: str, tier: str, consent: bool, by: Author) -> Ok[None] | Err:
    """Choose the tier, and whether actions and evidence are put before the assessors.

    Taking the consent back takes out what was chosen because of it.
    """
    application = found.to_change(reference)
    if application is None:
        return Err(NO_APPLICATION)
    problem = _cannot_write(application)
    if problem is None and tier not in TIERS:
        problem = Problem("tier", "Choose a tier", "tier")
    if problem is not None:
        return parts.deny(f"award_application:{reference}", problem, by)
    if application.consent_evidence and not consent:
        application.answers = {
            key: {**section, "actions": [], "evidence": [], "revision": section["revision"] + 1}
            for key, section in application.answers.items()
        }
    application.tier_sought, application.consent_evidence = tier, consent
    application.revision += 1
    parts.note(application, "chosen", by, {"tier": tier, "consent": consent})
    current_session().flush()
    return Ok(None)


def submit(*, reference: str, by: Author) -> Ok[None] | Err:
    """Send an application: everything it takes is judged again, and what it shows is copied."""
    both = parts.held(reference)
    if both is None:
        return Err(NO_APPLICATION)
    award_round, application = both
    follow_dates(award_round)
    profile = employers.employer_profile_by_id(application.employer_id)
    if profile is None:
        return Err(NO_APPLICATION)
    problem = _cannot_send(award_round, application, profile)
    if problem is not None:
        return parts.deny(f"award_application:{reference}", problem, by)
    problem = parts.move(application, "submitted", by)
    if problem is not None:
        return Err(problem)
    latest = diagnostics.latest_completed(profile.id)
    application.response_id = latest.id if latest else None
    application.frozen = _frozen(application, latest.result if latest else {})
    application.submitted_at, application.submitted_by = utc_now(), by.user_id
    application.submitted_name = by.shown
    title = TIERS[application.tier_sought]
    parts.line(application, f"Award application sent: {title}, {award_round.title}", by)
    current_session().flush()
    return Ok(None)


def take_back(*, reference: str, by: Author) -> Ok[None] | Err:
    """Make a sent application a draft again, while the round is open."""
    both = parts.held(reference)
    if both is None:
        return Err(NO_APPLICATION)
    award_round, application = both
    follow_dates(award_round)
    if award_round.state != "open" and application.state == "submitted":
        return parts.deny(f"award_application:{reference}", CLOSED, by)
    if application.state == "withdrawn":
        return parts.deny(
            f"award_application:{reference}",
            Problem("state", "It was withdrawn. Apply again to take it up"),
            by,
        )
    problem = parts.move(application, "draft", by)
    if problem is not None:
        return Err(problem)
    application.frozen, application.submitted_at, application.submitted_by = None, None, None
    application.submitted_name = ""
    parts.line(application, "Award application taken back to change it", by)
    current_session().flush()
    return Ok(None)


def withdraw(*, reference: str, by: Author) -> Ok[None] | Err:
    """Withdraw an application that has no answer yet."""
    both = parts.held(reference)
    if both is None:
        return Err(NO_APPLICATION)
    award_round, application = both
    problem = withdraw_one(application, by)
    if problem is not None:
        return Err(problem)
    follow_dates(award_round)
    current_session().flush()
    return Ok(None)


# Parts ----------------------------------------------------------------------------------------


def _cannot_begin(award_round: AwardRound, profile: EmployerProfile, tier: str) -> Problem | None:
    if tier not in TIERS:
        return Problem("tier", "Choose a tier", "tier")
    if award_round.state != "open":
        return CLOSED
    missing = [one for one in eligibility(profile, award_round.sectors, tier) if not one.met]
    return Problem("not_eligible", missing[0].missing) if missing else None


def _cannot_write(application: AwardApplication) -> Problem | None:
    if application.state != "draft":
        return NOT_DRAFT
    return None if rounds.round_by_id(application.round_id).is_open(today()) else CLOSED


def _cannot_save(application: AwardApplication, section: Section) -> Problem | None:
    problem = _cannot_write(application)
    if problem is not None:
        return problem
    criteria = load_criteria(rounds.round_by_id(application.round_id).criteria_version)
    known = application.answers.get(section.key, {}).get("revision", 0)
    if criteria.criterion(section.key) is None or known != section.seen:
        return parts.STALE if criteria.criterion(section.key) else NO_SECTION
    if len(section.text.strip()) > SECTION_LENGTH * 4:
        return Problem("too_long", f"Write at most {SECTION_LENGTH:,} characters", "text")
    if not application.consent_evidence and (section.actions or section.evidence):
        return NO_CONSENT
    return None if _are_theirs(application.employer_id, section) else NOT_THEIRS


def _is_saved(saved: Mapping[str, Any], section: Section) -> bool:
    """Whether a section holds exactly this."""
    return bool(saved) and (saved["text"], saved["actions"], saved["evidence"]) == (
        section.text.strip(),
        list(section.actions),
        list(section.evidence),
    )


def _cannot_send(
    award_round: AwardRound, application: AwardApplication, profile: EmployerProfile
) -> Problem | None:
    if application.state != "draft":
        return Problem("state", "It was sent already, or has ended")
    problem = _cannot_begin(award_round, profile, application.tier_sought)
    if problem is not None:
        return problem
    criteria = load_criteria(award_round.criteria_version)
    empty = [
        one.title
        for one in criteria.criteria
        if not application.answers.get(one.key, {}).get("text")
    ]
    if empty:
        return Problem("incomplete", f"Write something under each criterion: {'; '.join(empty)}")
    return None


def _are_theirs(employer_id: int, section: Section) -> bool:
    if section.actions:
        own = {one.reference for one in found.done_actions(employer_id)}
        if not set(section.actions) <= own:
            return False
    if section.evidence:
        files = {one.reference for one in found.own_files(employer_id)}
        return set(section.evidence) <= files
    return True


def _earlier_words(employer_id: int, award_round: AwardRound) -> dict[str, Any]:
    """What they wrote for the award that is renewed, where the criterion is still there."""
    earlier = found.latest_awarded(employer_id)
    if earlier is None:
        return {}
    keys = load_criteria(award_round.criteria_version).keys
    return {
        key: {"text": earlier.section(key)["text"], "actions": [], "evidence": [], "revision": 1}
        for key in keys
        if earlier.section(key).get("text")
    }


def _frozen(application: AwardApplication, result: Mapping[str, Any]) -> dict[str, Any]:
    """What assessors see beside the words, as it is now; only what is consented to."""
    shown: dict[str, Any] = {
        "completed_on": result.get("completed_on"),
        "scores": {
            one["key"]: {"title": one["title"], "score": one["score"]}
            for one in result.get("dimensions", ())
        },
        "answers": {
            line["question"]: {"text": line["text"], "answer": line["answer"]}
            for one in result.get("dimensions", ())
            for line in one.get("lines", ())
        },
        "actions": {},
        "evidence": {},
    }
    if application.consent_evidence:
        chosen = {key for one in application.answers.values() for key in one["actions"]}
        files = {key for one in application.answers.values() for key in one["evidence"]}
        shown["actions"] = {
            one.reference: {"title": one.title, "evidence": one.evidence, "status": one.status}
            for one in found.done_actions(application.employer_id)
            if one.reference in chosen
        }
        shown["evidence"] = {
            one.reference: {"file_name": one.file_name, "kind": one.kind_words}
            for one in found.own_files(application.employer_id)
            if one.reference in files
        }
    return shown
