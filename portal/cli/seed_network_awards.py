"""The demonstration's awards: a decided round with two example champions, and one that is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import click
from sqlalchemy import select

from portal.action_plans import queries as plan_queries
from portal.action_plans import service as plans
from portal.action_plans.rules.plan import ActionStatus
from portal.cli.demo_tools import taken
from portal.db import current_session, unit_of_work
from portal.diagnostics import queries as diagnostics
from portal.employers.models import Employer
from portal.employers.queries import EmployerProfile, employer_profile_by_id
from portal.kernel import clock
from portal.kernel.people import Author
from portal.network.queries import award_applications as applications
from portal.network.queries import award_assessing, members
from portal.network.rules.award_criteria import Criteria, load_criteria, versions
from portal.network.service import award_applications as service
from portal.network.service import award_assessing as assessing
from portal.network.service import award_deciding as deciding
from portal.network.service import award_rounds as rounds
from portal.network.service.award_applications import Section
from portal.network.service.award_assessing import Scored
from portal.network.service.award_rounds import RoundDetails

_DAYS_AGO: Final = 70
_LASTED: Final = 20
_OPEN_FOR: Final = 45


@dataclass(frozen=True, slots=True)
class Sketch:
    """An example employer that applies; ``score`` is what both assessors give everywhere."""

    name: str
    tier: str
    score: int


CHAMPIONS: Final = (
    Sketch("Example Pennine View Care Home Ltd", "established", 3),
    Sketch("Example Castle Hill Garden Centre Ltd", "committed", 2),
)
_OWNER: Final = Author(None, "Example Owner")


def seed_awards(*, manager: Author, assessors: Sequence[Author]) -> int:
    """Decide a round with two labelled example champions, then open another; champions made.

    Both employers are in the network with a completed diagnostic. ``assessors`` have accounts and
    no part in either; the ``manager`` decides and assesses nothing.
    """
    chosen = [(sketch, _known(sketch.name)) for sketch in CHAMPIONS]
    for _sketch, profile in chosen:
        _answer_flags(profile)
    begun = clock.utc_now() - timedelta(days=_DAYS_AGO)
    with clock.freeze(begun):
        reference = _round("Example round: first champions", _LASTED, manager, assessors)
    sent = []
    for days, (sketch, profile) in enumerate(chosen, start=3):
        with clock.freeze(begun + timedelta(days=days)):
            sent.append((sketch, _apply(reference, sketch, profile)))
    with clock.freeze(begun + timedelta(days=_LASTED + 2)):
        rounds.follow_all()
        with unit_of_work():
            taken(assessing.assign_all(round_reference=reference, by=manager))
    with clock.freeze(begun + timedelta(days=_LASTED + 10)):
        for sketch, application in sent:
            _assess(application, sketch.score, assessors)
    with clock.freeze(begun + timedelta(days=_LASTED + 20)):
        for sketch, application in sent:
            _decide(application, sketch.tier, manager)
    _round("Example round: open now", _OPEN_FOR, manager, assessors)
    return len(sent)


def _known(name: str) -> EmployerProfile:
    key = current_session().scalar(select(Employer.id).where(Employer.name == name))
    profile = None if key is None else employer_profile_by_id(key)
    if profile is None or not members.is_member(profile.id):
        raise click.ClickException(f"{name} is not in the demonstration's network")
    return profile


def _round(title: str, days: int, manager: Author, assessors: Sequence[Author]) -> str:
    day = clock.today()
    with unit_of_work():
        made = rounds.add(
            details=RoundDetails(
                title=title,
                about="An example, for the demonstration.",
                sectors=(),
                opens_on=day,
                closes_on=day + timedelta(days=days),
                decide_by=day + timedelta(days=days + 30),
                valid_months=24,
            ),
            by=manager,
        )
        if isinstance(made, list):
            raise click.ClickException(made[0].message)
        reference = made.value.reference
        for assessor in assessors:
            taken(rounds.add_assessor(reference=reference, email=assessor.email or "", by=manager))
    return reference


def _apply(round_reference: str, sketch: Sketch, profile: EmployerProfile) -> str:
    with unit_of_work():
        reference = taken(
            service.begin(
                employer=profile.reference,
                round_reference=round_reference,
                tier=sketch.tier,
                by=_OWNER,
            )
        )
        taken(service.choose(reference=reference, tier=sketch.tier, consent=True, by=_OWNER))
    done = applications.done_actions(profile.id)
    with unit_of_work():
        for one in load_criteria(versions()[-1]).criteria:
            section = Section(
                one.key,
                f"Example text. {one.levels[sketch.score]}",
                tuple(each.reference for each in done if each.about(one.dimension, one.questions)),
            )
            taken(service.save_section(reference=reference, section=section, by=_OWNER))
        taken(service.submit(reference=reference, by=_OWNER))
    return reference


def _answer_flags(profile: EmployerProfile) -> None:
    """Complete the actions that answer what the law asks for, as the scheme demands."""
    latest = diagnostics.latest_completed(profile.id)
    plan = plan_queries.active_plan(profile.reference)
    if latest is None or plan is None:
        raise click.ClickException(f"{profile.name} has no diagnostic or no plan to apply with")
    wanted = {key for flag in latest.result["flags"] for key in flag["recommendations"]}
    for goal in plan_queries.goals_with_actions(plan.id):
        for action in goal.live:
            if action.recommendation_key in wanted and action.status.is_open:
                with unit_of_work():
                    taken(
                        plans.change_status(
                            employer=profile.reference,
                            action=action.reference,
                            revision=action.revision,
                            status=ActionStatus.DONE,
                            by=_OWNER,
                        )
                    )


def _assess(reference: str, score: int, assessors: Sequence[Author]) -> None:
    facts = applications.application(reference)
    if facts is None:
        raise click.ClickException("The demonstration's application is missing")
    criteria = load_criteria(facts.criteria_version)
    for one in award_assessing.of_application(facts.id):
        author = next(each for each in assessors if each.user_id == one.user_id)
        with unit_of_work():
            taken(assessing.finish(reference=reference, scored=_scored(criteria, score), by=author))


def _scored(criteria: Criteria, score: int) -> Scored:
    words = "Example assessment: shown for each criterion."
    return Scored(dict.fromkeys(criteria.keys, (score, "Example note")), words, 0)


def _decide(reference: str, tier: str, manager: Author) -> None:
    with unit_of_work():
        taken(
            deciding.decide(
                reference=reference,
                tier=tier,
                feedback="Example feedback: share how you did it, and count who moves up.",
                reason="",
                by=manager,
            )
        )
