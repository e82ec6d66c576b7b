"""The demonstration's campaigns, what businesses said, and readers of the toolkit. All examples."""

from __future__ import annotations

import random
from datetime import date, timedelta
from typing import Final

from sqlalchemy import insert

from portal.cli.demo_tools import at
from portal.db import current_session, unit_of_work
from portal.kernel import clock
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.toolkit.models import ReachCount
from portal.toolkit.queries import campaigns as campaign_queries
from portal.toolkit.queries import insights as insight_queries
from portal.toolkit.queries import library, resources
from portal.toolkit.queries.library import SearchQuestion
from portal.toolkit.rules.campaigns import CampaignDetails
from portal.toolkit.rules.insights import InsightDetails
from portal.toolkit.service import campaigns, insights

# Title, network, its name, resource, people it was sent to, days ago.
_CAMPAIGNS: Final = (
    (
        *("Example: Chamber newsletter", "chamber", "Example Chamber"),
        *("rota-four-weeks-ahead", 1200, 90),
    ),
    (
        *("Example: meeting of care providers", "trade_body", "Example Care Association"),
        *("", 85, 45),
    ),
    (
        *("Example: bulletin for union reps", "union", "Example Union branch"),
        *("learning-agreement-with-your-union", 240, 20),
    ),
)
_THEMES: Final = (
    ("Rotas come too late", "scheduling"),
    ("Supervisors must work full-time", "job_design"),
    ("Training only in the daytime", "training"),
)
# Business, sector, size, theme, challenge, support need.
_SAID: Final = (
    (
        *("Example Bakery", "retail", "micro", 0),
        *("The rota comes out on Friday for Monday", "A way to plan four weeks"),
    ),
    (
        *("Example Inn", "hospitality", "small", 0),
        *("Two good people left over late shifts", ""),
    ),
    (
        *("Example Care Home", "social_care", "medium", 1),
        *("A senior post stood empty for five months", "How to share a senior post"),
    ),
    (
        *("Example Garden Centre", "retail", "small", 1),
        *("Nobody part-time has ever asked to lead", ""),
    ),
    (
        *("Example Hotel", "hospitality", "medium", 2),
        *("Night staff cannot come to training", "Short units they can do at work"),
    ),
    (
        *("Example Home Care", "social_care", "small", 2),
        *("We pay for training but not for the time", ""),
    ),
)
_DAYS: Final = 120


def seed_reach(*, officer: Author, adviser: Author, organisation_id: int | None) -> int:
    """Three campaigns, six discussions on three themes, and four months of made-up readers.

    Returns how many readers were made up. Nothing happens where campaigns are there already.
    """
    if campaign_queries.how_many():
        return 0
    now = clock.utc_now()
    codes = []
    for title, network, name, slug, sent, days in _CAMPAIGNS:
        with clock.freeze(now - timedelta(days=days)), unit_of_work():
            codes.append(_campaign(title, network, name, slug, sent, officer))
    _discussions(adviser, organisation_id)
    with unit_of_work():
        return _readers(codes)


def _campaign(title: str, network: str, name: str, slug: str, sent: int, by: Author) -> int:
    known = slug if resources.published(slug) is not None else ""
    done = campaigns.add(
        details=CampaignDetails(
            title=title,
            network=network,
            network_name=name,
            resource=known,
            starts_on=today(),
            sent_to=sent,
            note="An example: no such network, and nothing was sent",
        ),
        organisation_id=None,
        by=by,
    )
    assert isinstance(done, Ok), done  # noqa: S101 - a fault in the demonstration itself
    return done.value.id


def _discussions(by: Author, organisation_id: int | None) -> None:
    with unit_of_work():
        for title, dimension in _THEMES:
            insights.add_theme(title=title, about="", dimension=dimension, by=by)
        themes = {one.title: one.reference for one in insight_queries.themes()}
    for number, (business, sector, size, theme, challenge, need) in enumerate(_SAID):
        day = today() - timedelta(days=7 * number + 3)
        with clock.freeze(at(day)), unit_of_work():
            insights.log(
                details=InsightDetails(
                    held_on=day,
                    how="visit" if number % 2 else "phone",
                    business=business,
                    sector=sector,
                    size_tier=size,
                    challenge=challenge,
                    support_need=need,
                    may_quote=number % 3 == 0,
                    themes=(themes[_THEMES[theme][0]],),
                ),
                employer="",
                organisation_id=organisation_id,
                by=by,
            )


def _readers(campaign_ids: list[int]) -> int:
    """Counts as the worker would have made them, the same for every demonstration."""
    rng = random.Random(5)  # noqa: S311 - an example, not a secret
    found = library.search(SearchQuestion()).hits
    rows: dict[tuple[date, str, int, int, str], int] = {}
    for back in range(_DAYS):
        day = today() - timedelta(days=back)
        campaign = campaign_ids[back % 3] if back % 7 == 0 and campaign_ids else 0
        if campaign:
            rows[(day, "visit", 0, campaign, "")] = rng.randrange(2, 15)
        for hit in rng.sample(found, min(5, len(found))):
            readers = rng.randrange(1, 9)
            sector = rng.choice(("", "", "retail", "hospitality", "social_care"))
            rows[(day, "view", hit.id, campaign, sector)] = readers
            rows[(day, "reached", hit.id, campaign, sector)] = readers
            if readers > 3:  # noqa: PLR2004 - some of them take it away
                rows[(day, "download", hit.id, campaign, sector)] = readers // 3
    current_session().execute(
        insert(ReachCount),
        [
            {
                "day": day,
                "kind": kind,
                "resource_id": resource_id,
                "number": 1 if resource_id else 0,
                "campaign_id": campaign_id,
                "reader_sector": sector,
                "count": count,
            }
            for (day, kind, resource_id, campaign_id, sector), count in rows.items()
        ],
    )
    return sum(count for (_day, kind, *_rest), count in rows.items() if kind == "reached")
