"""Deciding an application, the award that follows, and taking an award away again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from portal.db import current_session
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.employers.service import timeline
from portal.integrations.mail import public_link
from portal.kernel.clock import today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.network.champions import ChampionMade, champion_made
from portal.network.models import Award, AwardApplication, AwardRound, Champion
from portal.network.queries import award_assessing as assessing
from portal.network.queries import awards as found
from portal.network.queries.award_assessing import AssessmentFacts
from portal.network.rules.award_criteria import Criteria, Tier, load_criteria
from portal.network.rules.awards import (
    FEEDBACK_LENGTH,
    REASON_LENGTH,
    add_months,
    decision_fault,
    earned,
    new_code,
    settled,
)
from portal.network.rules.states import APPLICATION_MOVES, refused
from portal.network.rules.words import TIERS
from portal.network.service import award_certificates as certificates
from portal.network.service import award_parts as parts
from portal.network.service.award_parts import NO_APPLICATION
from portal.network.service.award_rounds import end_if_all_decided

NO_AWARD = Problem("no_award", "There is no such award")
OWN_WORK = Problem("assessed", "You assessed it. Somebody else decides")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the assessments of an application come to; ``tier`` is the highest they allow."""

    scores: dict[str, Fraction]
    total: Fraction
    tier: Tier | None


def outcome(criteria: Criteria, assessments: list[AssessmentFacts]) -> Outcome | None:
    """What finished assessments come to; None while some are missing."""
    done = [one for one in assessments if one.state == "done"]
    two = [one.points for one in done if not one.moderates]
    third = next((one.points for one in done if one.moderates), None)
    if not two:
        return None
    scores = settled(criteria, two, third)
    return Outcome(scores, sum(scores.values(), Fraction(0)), earned(criteria, scores))


def decide(
    *, reference: str, tier: str | None, feedback: str, reason: str, by: Author
) -> Ok[Award | None] | Err:
    """Award a tier, or None to decline. More than the scores allow takes a written reason."""
    both = parts.held(reference)
    if both is None:
        return Err(NO_APPLICATION)
    award_round, application = both
    problem = _cannot_decide(application, tier, by)
    if problem is not None:
        return parts.deny(f"award_application:{reference}", problem, by)
    criteria = load_criteria(award_round.criteria_version)
    came = outcome(criteria, assessing.of_application(application.id))
    allowed = came.tier if came else None
    problem = decision_fault(tier=tier, allowed=allowed, feedback=feedback, reason=reason)
    if problem is not None:
        return parts.deny(f"award_application:{reference}", problem, by)
    above = tier is not None and decision_fault(
        tier=tier, allowed=allowed, feedback=feedback, reason=""
    )
    application.feedback = feedback.strip()[: FEEDBACK_LENGTH * 4]
    application.beyond_reason = reason.strip()[:REASON_LENGTH] if above else ""
    application.decided_at, application.decided_by = utc_now(), by.user_id
    application.decided_name, application.tier_awarded = by.shown, tier
    problem = parts.move(application, "awarded" if tier else "declined", by)
    if problem is not None:
        raise RuntimeError(problem.message)
    current_session().flush()
    award = _award(award_round, application, tier, by) if tier else None
    if award is None:
        parts.line(application, "Award application declined, with feedback", by)
    _tell(application, award_round, award)
    end_if_all_decided(award_round)
    current_session().flush()
    return Ok(award)


def revoke(*, code: str, reason: str, by: Author) -> Ok[Award] | Err:
    """Take an award away; its code says so from now on. The champion stays counted."""
    award = found.to_change(code)
    if award is None:
        return Err(NO_AWARD)
    if not reason.strip():
        return Err(Problem("no_reason", "Say why: the employer is told", "reason"))
    if award.revoked_at is not None:
        problem = Problem("state", "This award was revoked already")
        return parts.deny(f"award:{award.reference}", problem, by)
    award.revoked_at, award.revoked_reason = utc_now(), reason.strip()[:REASON_LENGTH]
    _line(award, f"{TIERS[award.tier]} award revoked", by, reason.strip())
    certificates.record(award, "revoked", by)
    parts.tell_owners(
        award.employer_id,
        subject=f"Your {TIERS[award.tier]} award was revoked",
        lines=[
            f"The {TIERS[award.tier]} award of {award.employer_name} was revoked. The reason:",
            award.revoked_reason,
            (
                "The certificate and the badge are no longer valid. Please take the badge off your "
                "website."
            ),
        ],
        link=public_link("network.awards"),
        link_text="See the award scheme",
        unique_key=f"award-revoked:{award.reference}",
    )
    current_session().flush()
    return Ok(award)


# Parts ----------------------------------------------------------------------------------------


def _cannot_decide(application: AwardApplication, tier: str | None, by: Author) -> Problem | None:
    if tier is not None and tier not in TIERS:
        return Problem("tier", "Choose a tier, or to decline", "tier")
    then = "awarded" if tier else "declined"
    problem = refused(APPLICATION_MOVES, application.state, then, what="An application")
    if problem is not None:
        return problem
    has = assessing.of_application(application.id)
    if any(one.user_id == by.user_id and one.state != "stood_down" for one in has):
        return OWN_WORK
    reasons = assessing.conflicts(
        employer_id=application.employer_id,
        application_id=application.id,
        user_ids=[] if by.user_id is None else [by.user_id],
    )
    for words in reasons.values():
        return Problem("conflict", f"You cannot decide about this employer: {'; '.join(words)}")
    return None


def _award(award_round: AwardRound, application: AwardApplication, tier: str, by: Author) -> Award:
    profile = employers.employer_profile_by_id(application.employer_id)
    if profile is None:
        raise RuntimeError("An application without an employer")
    # Held, so that an employer decided about twice at once is counted as a champion once.
    employers.employer_for_update(profile.reference)
    day = today()
    code = new_code()
    while found.code_taken(code):
        code = new_code()
    award = Award(
        code=code,
        employer_id=profile.id,
        application_id=application.id,
        tier=tier,
        employer_name=profile.display_name,
        awarded_on=day,
        valid_until=add_months(_term_from(application), award_round.valid_months),
    )
    current_session().add(award)
    current_session().flush()
    certificates.promise(award)
    certificates.record(award, "made", by)
    _line(award, f"{TIERS[tier]} award made", by)
    _make_champion(award, profile, by)
    return award


def _term_from(application: AwardApplication) -> date:
    """The day from which an award runs: where it renews one, the old one's end."""
    day = today()
    if application.renews_id is None:
        return day
    ends = [
        one.valid_until
        for one in found.in_force(application.employer_id, day)
        if one.id == application.renews_id
    ]
    return max([day, *ends])


def _make_champion(award: Award, profile: EmployerProfile, by: Author) -> None:
    if found.champion_of(profile.id) is not None:
        return
    champion = Champion(
        employer_id=profile.id,
        award_id=award.id,
        since=award.awarded_on,
        sector=profile.sector,
        district=profile.district,
        size_tier=profile.size_tier,
    )
    current_session().add(champion)
    current_session().flush()
    _line(award, "Became an employer champion", by)
    champion_made(
        ChampionMade(
            employer_id=profile.id,
            employer_reference=profile.reference,
            award_reference=award.reference,
            tier=award.tier,
            since=award.awarded_on,
            sector=profile.sector,
            district=profile.district,
            size_tier=profile.size_tier,
        )
    )


def _line(award: Award, title: str, by: Author, text: str = "") -> None:
    timeline.note(
        employer_id=award.employer_id,
        kind="network",
        title=title,
        text=text,
        by=by,
        subject=f"award:{award.code}",
    )


def _tell(application: AwardApplication, award_round: AwardRound, award: Award | None) -> None:
    profile = employers.employer_profile_by_id(application.employer_id)
    if profile is None:
        return
    if award is None:
        subject = f"Your application in {award_round.title}"
        lines = ["It was not successful this time. The feedback says what would make it so."]
    else:
        subject = f"You are an employer champion: {TIERS[award.tier]}"
        lines = [
            f"{award.employer_name} has the {TIERS[award.tier]} award.",
            "Your certificate, your badge and the feedback of the assessors are on its page.",
        ]
    parts.tell_owners(
        application.employer_id,
        subject=subject,
        lines=lines,
        link=public_link(
            "network.application",
            employer=profile.reference,
            reference=application.reference,
        ),
        link_text="Read the feedback",
        unique_key=f"award-decided:{application.reference}",
    )
