"""The page of one case: where it stands, what comes next, whom to ring, what is proven."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for

from portal.caseload import queries
from portal.caseload.access import is_manager_of, may_work
from portal.caseload.panels import case_panels
from portal.caseload.queries import CaseFacts, contacts
from portal.caseload.rules import attention
from portal.caseload.rules.attention import EngagementFacts, Gap
from portal.caseload.rules.contacts import mail_link, telephone_link
from portal.caseload.rules.lists import view_title
from portal.caseload.rules.stages import CLOSE_REASONS, Milestone, Stage
from portal.caseload.rules.words import SOURCE_KINDS
from portal.caseload.views import blueprint
from portal.caseload.views.links import back_query, here, link_to, way_back
from portal.caseload.views.loading import load_case
from portal.caseload.views.rows import action_words, day_words, late_words
from portal.kernel.clock import london, today
from portal.programme import queries as programme
from portal.web.access import current_actor


@blueprint.get("/cases/<case>")
def case(case: str) -> str:
    """Everything about one case that its adviser needs, and the way to each change of it."""
    facts = load_case(case)
    actor = current_actor()
    settings = programme.settings()
    day = today()
    works = may_work(actor, facts)
    last = None if facts.last_contact_at is None else london(facts.last_contact_at).date()
    quiet = facts.is_open and attention.is_quiet(
        last_contact_at=facts.last_contact_at,
        opened_at=facts.opened_at,
        today=day,
        quiet_days=settings.quiet_days,
    )
    return render_template(
        "caseload/case.html",
        case=facts,
        back=way_back(url_for("caseload.case_list")),
        to_here=back_query(here()),
        base=url_for("caseload.case", case=facts.reference),
        works=works and facts.is_open,
        may_reopen=works and not facts.is_open,
        reassign=is_manager_of(actor, facts),
        words=_words(facts),
        steps=_steps(facts),
        next_words=action_words(facts.next_kind, facts.next_what),
        next_due=day_words(facts.next_due_on, day),
        next_late=late_words(facts.next_due_on, day),
        dial=telephone_link(facts.contact_phone),
        mail=mail_link(facts.contact_email),
        last_contact=day_words(last, day),
        quiet=view_title("quiet", settings.quiet_days) if quiet else "",
        gaps=_gaps(facts, works=works and facts.is_open),
        panels=case_panels(facts, actor),
        lines=contacts.latest_lines(facts.employer_id),
        timeline_href=url_for("employers.timeline", employer=facts.employer_reference),
    )


def _words(case: CaseFacts) -> dict[str, str]:
    settings = programme.settings()
    kind = SOURCE_KINDS.get(case.source_kind or "", "")
    return {
        "sector": settings.sector_title(case.sector),
        "size": settings.tier_title(case.size_tier) if case.size_tier else "Size not known",
        "district": settings.district_title(case.district),
        "source": case.source_name or kind,
        "closed": CLOSE_REASONS.get(case.close_reason or "", ""),
    }


def _steps(case: CaseFacts) -> list[dict[str, str]]:
    """The stages in order, each done, current or to come; a closed case stands at its end."""
    return [
        {
            "title": stage.label,
            "state": (
                "current"
                if stage is case.stage
                else "done"
                if stage.place < case.stage.place
                else "later"
            ),
        }
        for stage in Stage
    ]


def _gaps(case: CaseFacts, *, works: bool) -> list[dict[str, Any]]:
    """What the engagement lacks before it can be claimed, each with where to mend it."""
    held = queries.held_milestones(case.id)
    gaps = attention.engagement_readiness(
        EngagementFacts(
            in_target_sector=case.sector in {s.key for s in programme.settings().sectors},
            size_known=case.size_tier is not None,
            session_recorded=case.session_state in attention.SESSION_HELD,
            diagnostic_completed=Milestone.DIAGNOSTIC in held,
            session_confirmed=case.session_state == attention.SESSION_CONFIRMED,
        )
    )
    return [{"words": gap.words, "href": _mend(gap, case) if works else None} for gap in gaps]


_MENDED_AT = {
    Gap.SECTOR: "employers.details",
    Gap.SIZE: "employers.staff_numbers",
    Gap.DIAGNOSTIC: "diagnostics.call_sheet",
}


def _mend(gap: Gap, case: CaseFacts) -> str | None:
    if gap in _MENDED_AT:
        # The call sheet is a later feature's page.
        return link_to(_MENDED_AT[gap], employer=case.employer_reference)
    if gap is Gap.SESSION:
        return url_for("caseload.session_new", case=case.reference)
    record = contacts.latest_session(case.id)
    if record is None:
        return None
    if case.session_state == "held":
        return url_for(
            "caseload.ask_confirmation", case=case.reference, what="session", record=record
        )
    return url_for("caseload.session", case=case.reference, record=record)
