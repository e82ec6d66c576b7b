"""Logging what businesses say, and giving it themes. Nothing is deleted: it is withdrawn."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, insert

from portal.db import audit, current_session
from portal.employers import queries as employers
from portal.employers.queries import EmployerProfile
from portal.employers.service import timeline
from portal.kernel.clock import today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.toolkit.models import Insight, InsightTheme, InsightThemeLink
from portal.toolkit.queries import insights as found
from portal.toolkit.queries import resources
from portal.toolkit.rules.insights import PARTS, InsightDetails, faults, theme_faults

NO_INSIGHT = Problem("no_insight", "There is no such discussion")
NO_THEME = Problem("no_theme", "There is no such theme")
STALE = Problem(
    "stale", "Somebody else has changed this meanwhile. Open it again and look at what they wrote"
)
WITHDRAWN = Problem("withdrawn", "This discussion was withdrawn, so it stays as it is")


def log(
    *, details: InsightDetails, employer: str, organisation_id: int | None, by: Author
) -> Ok[Insight] | list[Problem]:
    """Keep a discussion, with an employer's record (its reference) or with a business by name."""
    profile = employers.employer_profile(employer) if employer else None
    problems = faults(details, day=today(), named=profile is not None)
    if problems:
        return problems
    insight = Insight(organisation_id=organisation_id, by=by.user_id, by_name=by.shown)
    _take_over(insight, details, profile)
    current_session().add(insight)
    current_session().flush()
    _set_themes(insight, details.themes)
    if profile is not None:
        timeline.note(
            employer_id=profile.id,
            kind="toolkit",
            title="They told us about their practice",
            by=by,
            subject=f"insight:{insight.reference}",
        )
    _record("logged", insight, by)
    return Ok(insight)


def change(
    *, reference: str, revision: int, details: InsightDetails, by: Author
) -> Ok[Insight] | list[Problem]:
    """Put a discussion right."""
    insight = found.to_change(reference)
    if insight is None:
        return [NO_INSIGHT]
    if insight.withdrawn_at is not None:
        return [WITHDRAWN]
    if insight.revision != revision:
        return [STALE]
    profile = (
        None
        if insight.employer_id is None
        else employers.employer_profile_by_id(insight.employer_id)
    )
    problems = faults(details, day=today(), named=profile is not None)
    if problems:
        return problems
    # Sector and size stay as they were on the day where a record gave them.
    kept = (insight.sector, insight.size_tier) if profile is not None else None
    _take_over(insight, details, profile)
    if kept is not None:
        insight.sector, insight.size_tier = kept
    insight.revision += 1
    _set_themes(insight, details.themes)
    _record("changed", insight, by)
    return Ok(insight)


def withdraw(*, reference: str, reason: str, by: Author) -> Ok[Insight] | Err:
    """Take a discussion out of every list and count, and say why."""
    insight = found.to_change(reference)
    if insight is None:
        return Err(NO_INSIGHT)
    if insight.withdrawn_at is not None:
        return Err(WITHDRAWN)
    if not reason.strip():
        return Err(Problem("reason_needed", "Say why it is withdrawn", "reason"))
    insight.withdrawn_at, insight.withdrawn_reason = utc_now(), reason.strip()
    _record("withdrawn", insight, by)
    current_session().flush()
    return Ok(insight)


def add_theme(
    *, title: str, about: str, dimension: str, by: Author
) -> Ok[InsightTheme] | list[Problem]:
    """Begin a theme; there is one of each title."""
    problems = theme_faults(title, about, dimension)
    if not problems and found.theme_titled(title.strip()) is not None:
        problems = [Problem("theme_there", "There is a theme with this title already", "title")]
    if problems:
        return problems
    theme = InsightTheme(
        title=title.strip(),
        about=about.strip(),
        dimension=dimension or None,
        created_by=by.user_id,
    )
    current_session().add(theme)
    current_session().flush()
    audit.record(action="theme.added", subject=f"theme:{theme.reference}", actor_id=by.user_id)
    return Ok(theme)


def change_theme(
    *, reference: str, title: str, about: str, dimension: str, retired: bool, by: Author
) -> Ok[InsightTheme] | list[Problem]:
    """Put a theme right, or take it out of use; what it was given to keeps it."""
    theme = found.theme_to_change(reference)
    if theme is None:
        return [NO_THEME]
    problems = theme_faults(title, about, dimension)
    same = found.theme_titled(title.strip())
    if not problems and same is not None and same.id != theme.id:
        problems = [Problem("theme_there", "There is a theme with this title already", "title")]
    if problems:
        return problems
    theme.title, theme.about, theme.dimension = title.strip(), about.strip(), dimension or None
    theme.retired_at = (theme.retired_at or utc_now()) if retired else None
    audit.record(action="theme.changed", subject=f"theme:{theme.reference}", actor_id=by.user_id)
    current_session().flush()
    return Ok(theme)


def answer_theme(*, theme: str, resource: str, answers: bool, by: Author) -> Ok[None] | Err:
    """Say that a resource answers a theme, or no longer does; saying it twice is the same."""
    about = found.theme_to_change(theme)
    if about is None:
        return Err(NO_THEME)
    facts = resources.resource(resource)
    if facts is None:
        return Err(Problem("no_resource", "Choose a resource", "resource"))
    link = (
        InsightThemeLink.theme_id == about.id,
        InsightThemeLink.resource_id == facts.id,
    )
    session = current_session()
    session.execute(delete(InsightThemeLink).where(*link))
    if answers:
        session.add(InsightThemeLink(theme_id=about.id, resource_id=facts.id))
    session.flush()
    audit.record(
        action="theme.answered" if answers else "theme.unanswered",
        subject=f"theme:{about.reference}",
        detail={"resource": resource},
        actor_id=by.user_id,
    )
    return Ok(None)


def _take_over(insight: Insight, details: InsightDetails, profile: EmployerProfile | None) -> None:
    insight.held_on, insight.how = details.held_on, details.how
    insight.may_quote = details.may_quote
    for part in PARTS:
        setattr(insight, part, getattr(details, part).strip())
    if profile is None:
        insight.business = details.business.strip()
        insight.sector, insight.size_tier = details.sector, details.size_tier or None
    else:
        insight.employer_id, insight.business = profile.id, ""
        insight.sector, insight.size_tier = profile.sector, profile.size_tier


def _set_themes(insight: Insight, references: Collection[str]) -> None:
    session = current_session()
    session.flush()
    session.execute(delete(InsightThemeLink).where(InsightThemeLink.insight_id == insight.id))
    keys = sorted(found.theme_keys(references).values())
    rows: list[dict[str, Any]] = [{"theme_id": key, "insight_id": insight.id} for key in keys]
    if rows:
        session.execute(insert(InsightThemeLink), rows)


def _record(what: str, insight: Insight, by: Author) -> None:
    audit.record(
        action=f"insight.{what}", subject=f"insight:{insight.reference}", actor_id=by.user_id
    )
