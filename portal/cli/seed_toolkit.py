"""The demonstration's toolkit: what the portal comes with, and two employers working with it."""

from __future__ import annotations

from datetime import timedelta

import click

from portal.cli.demo_tools import taken
from portal.cli.toolkit import load_toolkit
from portal.db import unit_of_work
from portal.employers.queries import employer_profile
from portal.kernel import clock
from portal.kernel.people import Author
from portal.toolkit.queries import library, resources
from portal.toolkit.queries.library import SearchQuestion
from portal.toolkit.service import steps

_DAYS_BETWEEN = 6


def seed_toolkit(*, cafe: str, home: str, owner: Author, carer: Author) -> int:
    """Load the library; the café has finished one toolkit, the care home is half through one.

    Returns how many resources there are.
    """
    load_toolkit()
    toolkits = library.search(SearchQuestion(chosen={"format": ("toolkit",)})).hits
    for reference, by, place, share in ((cafe, owner, 0, 1.0), (home, carer, -1, 0.5)):
        if toolkits:
            _work_through(toolkits[place].slug, reference, by, share)
    return library.count_published()


def _work_through(slug: str, employer: str, by: Author, share: float) -> None:
    profile, facts = employer_profile(employer), resources.published(slug)
    if profile is None or facts is None:
        raise click.ClickException("The demonstration's employer or toolkit is missing")
    keys = [section.key for section in steps.steps_in(facts.content.body)]
    chosen = keys[: max(1, round(len(keys) * share))]
    now = clock.utc_now()
    for number, key in enumerate(chosen):
        days = _DAYS_BETWEEN * (len(chosen) - number)
        with clock.freeze(now - timedelta(days=days)), unit_of_work():
            taken(steps.mark(slug=slug, employer_id=profile.id, step=key, done=True, by=by))
