"""The places an employer works from."""

from __future__ import annotations

from sqlalchemy import select

from portal.db import audit, current_session
from portal.employers import queries
from portal.employers.models import EmployerSite
from portal.employers.rules.facts import POSTCODE_HELP
from portal.employers.rules.identifiers import normalise_postcode
from portal.employers.service import timeline
from portal.kernel.clock import utc_now
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme


def add_site(
    *, reference: str, name: str, address: str, postcode: str, district: str, by: int | None
) -> Ok[EmployerSite] | Err:
    """Add a place of work."""
    employer = queries.employer_for_update(reference)
    if employer is None:
        return Err(Problem("not_found", "There is no such employer"))
    name, address = " ".join(name.split()), " ".join(address.split())
    normal = normalise_postcode(postcode)
    if not name or len(name) > 160 or len(address) > 400:  # noqa: PLR2004
        return Err(Problem("bad_name", "Enter a name for the site, such as its town", "name"))
    if normal is None:
        return Err(Problem("bad_postcode", POSTCODE_HELP, "postcode"))
    if district not in dict(programme.settings().district_choices):
        return Err(Problem("bad_district", "Choose a district", "district"))
    site = EmployerSite(
        employer_id=employer.id, name=name, address=address, postcode=normal, district=district
    )
    current_session().add(site)
    current_session().flush()
    _tell(site, "Site added", by)
    audit.record(
        action="employer.site_added",
        subject=f"employer:{reference}",
        detail={"site": site.id},
        actor_id=by,
    )
    return Ok(site)


def withdraw_site(*, reference: str, site_id: int, by: int | None) -> Ok[EmployerSite] | Err:
    """Say that the employer no longer works there; withdrawing it again changes nothing."""
    employer = queries.employer_for_update(reference)
    site = current_session().scalar(
        select(EmployerSite).where(
            EmployerSite.id == site_id,
            EmployerSite.employer_id == (employer.id if employer else None),
        )
    )
    if site is None:
        return Err(Problem("not_found", "There is no such site"))
    if site.withdrawn_at is None:
        site.withdrawn_at = utc_now()
        _tell(site, "Site withdrawn", by)
        audit.record(
            action="employer.site_withdrawn",
            subject=f"employer:{reference}",
            detail={"site": site.id},
            actor_id=by,
        )
    return Ok(site)


def _tell(site: EmployerSite, title: str, by: int | None) -> None:
    timeline.note(
        employer_id=site.employer_id,
        kind="record",
        title=f"{title}: {site.name}",
        text=", ".join(part for part in (site.address, site.postcode) if part),
        by=timeline.author(by),
    )
