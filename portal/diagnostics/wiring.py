"""Ties the diagnostic to the application: routes, navigation, who holds what, employer's card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from flask import Flask, has_request_context, session, url_for

from portal.accounts.sessions import on_signed_in
from portal.caseload.merging import (
    MergePolicy,
    MergeStep,
    register_merge_policy,
    register_merge_step,
)
from portal.caseload.panels import register_case_panel, register_session_link
from portal.caseload.queries import CaseFacts
from portal.db import unit_of_work
from portal.diagnostics import held, queries, service
from portal.diagnostics.access import ROUTES, may_answer_for, may_work_on
from portal.diagnostics.queries import HistoryLine
from portal.diagnostics.rules.catalogue import load_catalogue
from portal.diagnostics.service import merging
from portal.diagnostics.views import (
    answering,
    blueprint,
    holding,
    keying,
    results,
    sheets,
    starting,
    together,
)
from portal.diagnostics.views.loading import VISITOR_KEY
from portal.employers.panels import (
    Panel,
    register_employer_panel,
    register_held_records,
    register_timeline_links,
)
from portal.employers.queries import EmployerProfile
from portal.kernel.clock import london
from portal.web.access import Actor, lep_staff, register_actor_part, register_routes
from portal.web.kept import KeptPage, register_kept_pages
from portal.web.navigation import NavEntry, register_home, register_nav

_JOURNEYS = (answering, holding, keying, results, sheets, starting, together)


def _held(actor: Actor) -> Actor:
    held = session.get(VISITOR_KEY) if has_request_context() else None
    return replace(actor, visitor_responses=frozenset(held)) if held else actor


def _claim(user_id: int) -> None:
    """After signing in, what this browser held belongs to the person."""
    held = session.pop(VISITOR_KEY, [])
    with unit_of_work():
        service.claim_for_person(user_id=user_id, references=held)


def _panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card on an employer's page: where its diagnostic stands and what to do next."""
    if not may_answer_for(actor, profile.reference):
        return _read_panel(profile, actor)
    lines = queries.history(profile.id)
    own = profile.reference in actor.employers
    waiting = queries.waiting_for_employer(actor.user_id) if own and actor.user_id else []
    if waiting and not lines:
        return Panel(
            "You have a diagnostic already",
            f"Say that it is about {profile.name}, and its answers and scores are kept here.",
            href=url_for("diagnostics.attach", response=waiting[0].reference),
            tint=True,
        )
    current = next((line for line in lines if line.is_current), None)
    open_line = next((line for line in lines if line.status == "in_progress"), None)
    if open_line is not None:
        return Panel(
            "Diagnostic: not finished",
            "Go on where it was left. Answers are saved.",
            href=url_for("diagnostics.go_on", response=open_line.reference),
            meta=f"Overall score so far on record: {current.overall_score}" if current else "",
            tint=True,
        )
    if current is not None:
        return _result_panel(profile, current, "See the result, change an answer or take it again.")
    return Panel(
        "Start the diagnostic",
        "About 40 short questions, 15 minutes. You leave with scores and a plan."
        if own
        else "About 40 short questions, 15 minutes. Answer it with them, or key in a call sheet.",
        href=url_for("diagnostics.start_for_employer", employer=profile.reference),
        tint=True,
    )


def _read_panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card for those who read results and change nothing."""
    if not lep_staff(actor, {}):
        return None
    current = next((line for line in queries.history(profile.id) if line.is_current), None)
    return None if current is None else _result_panel(profile, current, "See the result.")


def _result_panel(profile: EmployerProfile, current: HistoryLine, text: str) -> Panel:
    score = "no score" if current.overall_score is None else f"{current.overall_score} out of 100"
    return Panel(
        f"Diagnostic: {score}",
        text,
        href=url_for("diagnostics.history", employer=profile.reference),
        meta=_how(current),
    )


def _how(line: HistoryLine) -> str:
    if line.session_on is None:
        return ""
    day = f"{line.session_on.day} {line.session_on:%B %Y}"
    return f"Answered together with {line.session_by} on {day}"


def _case_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The card on a case's page: answer it together, go on, or see the result."""
    lines = queries.history(case.employer_id)
    current = next((line for line in lines if line.is_current), None)
    open_line = next((line for line in lines if line.status == "in_progress"), None)
    works = may_work_on(actor, case) and case.is_open
    if works and open_line is not None:
        return Panel(
            "Diagnostic: not finished",
            "Answered together. Go on where it was left."
            if open_line.session_on
            else "They have one under way. Go on with theirs together, or key in a call sheet.",
            href=url_for("diagnostics.together", case=case.reference),
            meta=f"Started on {_day(open_line.started_at)}",
            tint=True,
        )
    if current is not None:
        finished = "" if current.completed_at is None else _day(current.completed_at)
        score = (
            "no score" if current.overall_score is None else f"{current.overall_score} out of 100"
        )
        return Panel(
            f"Diagnostic: {score}",
            "Go through the answers together, or take it again." if works else "See the result.",
            href=url_for("diagnostics.together", case=case.reference)
            if works
            else url_for("diagnostics.results", response=current.reference),
            meta=_how(current) or f"Finished on {finished}",
        )
    if not works:
        return None
    return Panel(
        "Start the diagnostic together",
        "At the in-depth session, each on their own device or on yours. Or print the call sheet.",
        href=url_for("diagnostics.together", case=case.reference),
        tint=True,
    )


def _session_panels(session: str, case: CaseFacts, actor: Actor) -> list[Panel]:
    """The diagnostic of an in-depth session, or the way to one."""
    works = may_work_on(actor, case) and case.is_open
    tied = queries.response_of_session(session)
    if tied is not None and (works or tied.status == "completed"):
        done = tied.status == "completed"
        return [
            Panel(
                "Diagnostic answered together",
                "See the result." if done else "Not finished. Go on where it was left.",
                href=url_for("diagnostics.go_on", response=tied.reference),
                tint=not done,
            )
        ]
    if not works:
        return []
    return [
        Panel(
            "Start the diagnostic together",
            "Or go on with one they have, or say that a finished one was answered here.",
            href=url_for("diagnostics.together", case=case.reference, session=session),
            tint=True,
        )
    ]


def _timeline_addresses(subjects: Sequence[str], actor: Actor) -> dict[str, str]:
    """Where lines about diagnostics lead: results for all readers, answers for who may answer."""
    references = {subject.partition(":")[2]: subject for subject in subjects}
    return {
        references[each.reference]: url_for("diagnostics.go_on", response=each.reference)
        for each in queries.tied_responses(references)
        if each.status == "completed"
        or (each.status == "in_progress" and may_answer_for(actor, each.employer))
    }


def _day(at: datetime) -> str:
    day = london(at)
    return f"{day.day} {day:%B %Y}"


def _home(actor: Actor) -> str | None:
    """Somebody who answered before registering goes on with that."""
    if actor.employers or actor.roles or actor.user_id is None:
        return None
    return url_for("diagnostics.intro") if queries.waiting_for_employer(actor.user_id) else None


def wire(app: Flask) -> None:
    """Register everything. A faulty questionnaire stops the start, with file and line."""
    load_catalogue()
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    register_kept_pages(app, {"diagnostics.intro": KeptPage(quiet=True)})
    register_actor_part(app, _held)
    on_signed_in(app, _claim)
    register_employer_panel(app, _panel, order=10)
    register_merge_policy(
        app,
        MergePolicy(
            "diagnostic_responses.employer_id", "Diagnostics", merging.words, merging.COLUMNS
        ),
        MergePolicy(
            "diagnostic_movements.employer_id",
            "Movement between diagnostics",
            merging.movement_words,
            merging.MOVEMENT_COLUMNS,
            moves=False,
            stays="It is worked out again from the diagnostics of both",
        ),
    )
    register_merge_step(
        app,
        MergeStep("diagnostics", merging.merge_preview, merging.merge_do, merging.merge_undo),
    )
    register_case_panel(app, _case_panel, order=30)
    register_session_link(app, _session_panels)
    register_held_records(app, *held.RECORDS)
    register_timeline_links(app, ["response"], _timeline_addresses)
    register_home(app, _home, order=10)
    register_nav(
        app,
        NavEntry(
            text="Diagnostic", endpoint="diagnostics.intro", show=lambda _actor: True, order=10
        ),
    )
