"""What the library puts on the pages of other features: what to read next, and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from flask import Flask, url_for

from portal.action_plans.panels import HelpLink, register_action_help
from portal.action_plans.queries import ActionFacts, PlanFacts
from portal.caseload.merging import Effect, MergePolicy, register_merge_policy
from portal.caseload.panels import register_case_panel
from portal.caseload.queries import CaseFacts
from portal.diagnostics import queries as diagnostics
from portal.diagnostics.panels import ResultHelp, register_result_help
from portal.diagnostics.queries import ResponseFacts
from portal.employers import queries as employers
from portal.employers.panels import (
    Panel,
    register_employer_panel,
    register_held_records,
    register_timeline_link,
)
from portal.employers.queries import EmployerProfile
from portal.toolkit import held
from portal.toolkit.access import may_read_recommended
from portal.toolkit.queries import steps as step_queries
from portal.toolkit.rules.steps import COMPLETED
from portal.toolkit.service import recommending
from portal.toolkit.service.recommending import Recommended
from portal.web.access import Actor
from portal.web.navigation import NavEntry, register_nav

_ABOUT: Final = "Guides, templates and tools to use with the team."
_ON_RESULTS: Final = 3
_ON_CARD: Final = 2
_ON_ACTION: Final = 3


def wire_library(app: Flask) -> None:
    """Put them there, and the way to the library in the menu."""
    register_nav(
        app,
        NavEntry(
            "Toolkit",
            "toolkit.library",
            show=lambda _actor: True,
            order=20,
            section="toolkit",
        ),
    )
    register_employer_panel(app, employer_panel, order=40)
    register_case_panel(app, case_panel, order=50)
    register_result_help(app, result_help)
    register_action_help(app, action_help)
    register_timeline_link(app, "resource", _resource_address)
    register_held_records(app, held.STEPS)
    register_merge_policy(
        app,
        MergePolicy(
            "toolkit_steps.employer_id",
            "Steps of toolkits",
            _step_words,
            ("step", "by_name"),
            rule=same_steps,
        ),
    )


def employer_panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card on an employer's page: what is recommended, or the way to the library."""
    if not may_read_recommended(actor, profile.reference):
        return None
    href = url_for("toolkit.recommended", employer=profile.reference)
    latest = diagnostics.latest_completed(profile.id)
    if latest is None:
        return Panel(
            "Toolkit",
            "Guides, templates and tools to use with the team.",
            url_for("toolkit.library"),
        )
    found = recommending.recommended(
        latest.result, sector=profile.sector, size=profile.size_tier, limit=_ON_CARD
    )
    if not found:
        return Panel("Toolkit", _ABOUT, href)
    own = profile.reference in actor.employers
    return Panel(
        "Recommended for you" if own else "What to read",
        f"“{found[0].card.title}” and more",
        href,
        _reason(found[0], own=own),
    )


def case_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The card on a case's page: what to send the employer."""
    latest = diagnostics.latest_completed(case.employer_id)
    if latest is None or not may_read_recommended(actor, case.employer_reference):
        return None
    found = recommending.recommended(
        latest.result, sector=case.sector, size=case.size_tier, limit=_ON_CARD
    )
    if not found:
        return None
    return Panel(
        "What to send",
        " · ".join(one.card.title for one in found),
        url_for("toolkit.recommended", employer=case.employer_reference),
        _reason(found[0], own=False),
    )


def result_help(response: ResponseFacts, actor: Actor) -> ResultHelp | None:
    """The part on the page of a result: resources for its gaps."""
    if response.result is None:
        return None
    found = recommending.recommended(
        response.result, sector=response.sector, size=response.size_tier, limit=_ON_RESULTS
    )
    if not found:
        return None
    employer = response.employer_reference
    known = employer is not None and may_read_recommended(actor, employer)
    own = employer is None or employer in actor.employers
    return ResultHelp(
        "Read this next",
        f"From the toolkit, chosen by {'your' if own else 'their'} answers.",
        tuple(
            Panel(
                one.card.title,
                _reason(one, own=own),
                url_for("toolkit.resource", slug=one.card.slug),
                f"{one.card.kind}, {one.card.minutes} minutes",
            )
            for one in found
        ),
        "See all that is recommended" if known else "See the whole toolkit",
        url_for("toolkit.recommended", employer=employer) if known else url_for("toolkit.library"),
    )


def action_help(plan: PlanFacts, actions: Sequence[ActionFacts]) -> dict[str, list[HelpLink]]:
    """Links beside the actions of a plan, by the answers that each rests on."""
    profile = employers.employer_profile_by_id(plan.employer_id)
    if profile is None:
        return {}
    by_action = recommending.for_actions(
        {action.reference: action.because for action in actions if action.because},
        sector=profile.sector,
        size=profile.size_tier,
        limit=_ON_ACTION,
    )
    return {
        reference: [
            HelpLink(
                card.title,
                url_for("toolkit.resource", slug=card.slug),
                f"{card.kind}, {card.minutes} minutes",
            )
            for card in cards
        ]
        for reference, cards in by_action.items()
    }


def _reason(one: Recommended, *, own: bool) -> str:
    first = one.because[0]
    return f"Because {'you' if own else 'they'} answered “{first.answer}” to “{first.question}”"


def _resource_address(slug: str, _actor: Actor) -> str | None:
    return url_for("toolkit.resource", slug=slug)


# Two records of one employer ------------------------------------------------------------------


def _step_words(row: Any) -> str:
    what = "every step" if row["step"] == COMPLETED else f"step “{row['step']}”"
    return f"{what} done, marked by {row['by_name']}"


def same_steps(kept_id: int, merged_id: int) -> Effect:
    """A step that both have done stays behind: once is enough."""
    rows = step_queries.steps_of([kept_id, merged_id])
    has = {(resource, step) for _key, owner, resource, step in rows if owner == kept_id}
    staying = {
        key: "the employer that is kept has done this step too"
        for key, owner, resource, step in rows
        if owner == merged_id and (resource, step) in has
    }
    return Effect(staying=staying)
