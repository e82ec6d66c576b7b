"""Keeping campaigns. A code that was printed is never given to another campaign."""

from __future__ import annotations

from dataclasses import replace

from portal.db import audit, current_session
from portal.integrations.mail import public_link
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.toolkit.models import Campaign
from portal.toolkit.queries import campaigns as found
from portal.toolkit.queries import resources
from portal.toolkit.rules.campaigns import CampaignDetails, faults, new_code

NO_CAMPAIGN = Problem("no_campaign", "There is no such campaign")
STALE = Problem(
    "stale", "Somebody else has changed this campaign meanwhile. Look at it again, then change it"
)
NO_RESOURCE = Problem("no_resource", "Choose a published resource, or the library", "resource")
TAKEN = Problem("code_taken", "Another campaign has this code. Choose another", "code")


def add(
    *, details: CampaignDetails, organisation_id: int | None, by: Author
) -> Ok[Campaign] | list[Problem]:
    """Begin a campaign; it gets a code of its own unless one was chosen."""
    problems, resource_id = _judged(details)
    details = replace(details, code=details.code or _free_code())
    if not problems and found.code_taken(details.code):
        problems = [TAKEN]
    if problems:
        return problems
    campaign = Campaign(
        code=details.code,
        organisation_id=organisation_id,
        created_by=by.user_id,
        by_name=by.shown,
        resource_id=resource_id,
        **_values(details),
    )
    current_session().add(campaign)
    current_session().flush()
    _record("added", campaign, by)
    return Ok(campaign)


def change(
    *, reference: str, revision: int, details: CampaignDetails, by: Author
) -> Ok[Campaign] | list[Problem]:
    """Put a campaign right. Its code stays: it may be on paper already."""
    campaign = found.to_change(reference)
    if campaign is None:
        return [NO_CAMPAIGN]
    if campaign.revision != revision:
        return [STALE]
    problems, resource_id = _judged(replace(details, code=""), now=campaign.resource_id)
    if problems:
        return problems
    for name, value in _values(details).items():
        setattr(campaign, name, value)
    campaign.resource_id = resource_id
    campaign.revision += 1
    _record("changed", campaign, by)
    current_session().flush()
    return Ok(campaign)


def _judged(
    details: CampaignDetails, *, now: int | None = None
) -> tuple[list[Problem], int | None]:
    """What is wrong, and the key of its resource; one that was retired since may stay."""
    problems = faults(details)
    if not details.resource:
        return problems, None
    shown = resources.published(details.resource)
    if shown is not None:
        return problems, shown.id
    if now is not None and found.slug_of(now) == details.resource:
        return problems, now
    return [*problems, NO_RESOURCE], None


def _values(details: CampaignDetails) -> dict[str, object]:
    return {
        "title": details.title.strip(),
        "network": details.network,
        "network_name": details.network_name.strip(),
        "audience": details.audience or None,
        "sectors": list(details.sectors),
        "starts_on": details.starts_on,
        "ends_on": details.ends_on,
        "sent_to": details.sent_to,
        "note": details.note.strip(),
    }


def _free_code() -> str:
    code = new_code()
    while found.code_taken(code):
        code = new_code()
    return code


def _record(what: str, campaign: Campaign, by: Author) -> None:
    audit.record(
        action=f"campaign.{what}",
        subject=f"campaign:{campaign.reference}",
        detail={"code": campaign.code},
        actor_id=by.user_id,
    )


def short_link(code: str) -> str:
    """The whole address of a campaign's link, as it is printed."""
    return public_link("toolkit.go", code=code)


def lead(code: str) -> Ok[tuple[str, str | None]] | Err:
    """Where a short link leads: the campaign's code, and the resource's address if it has one."""
    campaign = found.by_code(code)
    if campaign is None:
        return Err(NO_CAMPAIGN)
    slug = None if campaign.resource_id is None else found.published_slug(campaign.resource_id)
    return Ok((campaign.code, slug))
