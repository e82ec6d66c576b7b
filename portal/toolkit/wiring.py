"""Ties the toolkit to the application: pages, access, menu, worker and the employer's page."""

from __future__ import annotations

from flask import Flask, url_for

from portal.caseload.merging import MergePolicy, register_merge_policy
from portal.caseload.panels import register_case_panel
from portal.caseload.queries import CaseFacts
from portal.employers.panels import (
    Panel,
    register_employer_panel,
    register_held_records,
    register_timeline_link,
)
from portal.employers.queries import EmployerProfile
from portal.integrations.jobs import register_daily
from portal.kernel.clock import london
from portal.toolkit import held
from portal.toolkit.access import ROUTES, may_keep, may_read_kept
from portal.toolkit.cards import wire_library
from portal.toolkit.managing import wire_managing
from portal.toolkit.places import toolkit_places
from portal.toolkit.queries import tools as tool_queries
from portal.toolkit.research import wire_research
from portal.toolkit.rules.search_facets import TITLES
from portal.toolkit.rules.words import TOOLS
from portal.toolkit.service import documents, resources, search_index
from portal.toolkit.service import reach as reach_service
from portal.toolkit.views import (
    blueprint,
    campaigns,
    comments,
    editing,
    files,
    insights,
    library,
    lifecycle,
    managing,
    rating,
    reach,
    resource,
    testing,
    themes,
    tool_advert,
    tool_cost,
    tool_job_design,
    tool_ladder,
    tool_results,
    tool_rota,
    tools,
    versions,
)
from portal.web.access import Actor, register_routes
from portal.web.kept import KeptPage, register_each_time, register_kept_pages

_JOURNEYS = (
    versions,
    testing,
    rating,
    managing,
    lifecycle,
    editing,
    comments,
    campaigns,
    insights,
    themes,
    files,
    reach,
    tools,
    tool_results,
    tool_advert,
    tool_cost,
    tool_job_design,
    tool_ladder,
    tool_rota,
    library,
    resource,
)
# Searches are not kept: hardly two are the same.
_KEPT = {
    "toolkit.library": KeptPage(frozenset({*TITLES, "page", reach_service.CAMPAIGN_ARGUMENT})),
    "toolkit.resource": KeptPage(frozenset({reach_service.CAMPAIGN_ARGUMENT})),
    "toolkit.tools": KeptPage(quiet=True),
}


def wire(app: Flask) -> None:
    """Install the feature."""
    for journey in _JOURNEYS:
        assert journey.blueprint is blueprint  # noqa: S101 - imported for their routes
    app.register_blueprint(blueprint)
    register_routes(app, ROUTES)
    resources.follow_publication(search_index.follow)
    documents.init_documents(app)
    reach_service.init_reach(app)
    register_each_time(app, reach_service.COUNTED, reach_service.count_later)
    register_kept_pages(app, _KEPT)
    register_daily(app, "toolkit.reach_forget", reach_service.forget)
    app.jinja_env.globals["toolkit_places"] = toolkit_places
    wire_library(app)
    wire_research(app)
    wire_managing(app)
    _wire_tools(app)


def _wire_tools(app: Flask) -> None:
    """Results of tools stand on the employer's page, its timeline, its cases and its download."""
    register_employer_panel(app, tools_panel, order=45)
    register_case_panel(app, tools_case_panel, order=60)
    register_timeline_link(app, "tool_result", _result_address)
    register_held_records(app, held.TOOL_RESULTS)
    register_merge_policy(
        app,
        MergePolicy(
            "tool_results.employer_id",
            "Results of tools",
            lambda row: f"{row['reference']}: {TOOLS[row['tool']]}: {row['title']}",
            ("reference", "tool", "title"),
        ),
    )


def tools_panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card on the employer's page: tools to use, and what was kept."""
    if not may_read_kept(actor, profile.reference):
        return None
    found = tool_queries.kept_count(profile.id)
    href = url_for("toolkit.kept_results", employer=profile.reference)
    if found.last is None:
        if not may_keep(actor, profile.reference):
            return None
        return Panel("Tools", "Work out what turnover costs, check a job advert, and more.", href)
    return Panel("Tools", _kept_words(found), href)


def tools_case_panel(case: CaseFacts, actor: Actor) -> Panel | None:
    """The card on a case's page: what the tools worked out for this employer."""
    if not may_read_kept(actor, case.employer_reference):
        return None
    found = tool_queries.kept_count(case.employer_id)
    href = url_for("toolkit.kept_results", employer=case.employer_reference)
    if found.last is None:
        works = case.is_open and may_keep(actor, case.employer_reference)
        return Panel("Tools", "Work something out with them", href) if works else None
    return Panel("Tools", _kept_words(found), href)


def _kept_words(found: tool_queries.KeptCount) -> str:
    number = "1 result" if found.number == 1 else f"{found.number} results"
    last = london(found.last) if found.last else None
    return f"{number} kept, the last on {last.day} {last:%B %Y}" if last else number


def _result_address(subject: str, _actor: Actor) -> str | None:
    employer, _, reference = subject.partition("/")
    return url_for("toolkit.kept_result", employer=employer, reference=reference)
