"""Rows of employers, cases, contacts, outputs and outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, Final

from portal.cli.bulk.loading import WRITTEN
from portal.cli.bulk.world import CODES, PRICES, Business, Way, World, row

PROGRAMME: Final = "pilot"
# Days until the evidence of a piece of work is there.
LATE: Final = (0, 0, 0, 5, 20, 60)


def reference(letter: str, number: int) -> str:
    """A reference that nobody has to look up: a letter and a number."""
    return f"{letter}{number:09d}"


def employer(item: Business) -> dict[str, Any]:
    """An employer's record."""
    return row(
        id=item.number,
        reference=reference("E", item.number),
        name=item.name,
        search_text=item.name.lower(),
        sic_codes=[CODES[item.sector]],
        sector=item.sector,
        district=item.district,
        postcode="LS1 4AP",
        headcount=item.headcount,
        part_time_headcount=item.headcount // 2,
        headcount_on=item.joined,
        size_tier=item.size_tier,
        merged_into_id=item.merged_into,
        created_at=WRITTEN.replace(
            year=item.joined.year, month=item.joined.month, day=item.joined.day
        ),
    )


SOURCE_KINDS: Final = (
    "skills_service", "jobcentre_plus", "chamber", "growth_hub", "trade_body", "trade_union",
    "event", "champion", "self_referral",
)  # fmt: skip
CASE: Final[dict[str, Any]] = {"programme": PROGRAMME}
_STAGES: Final = (
    ("followed", "follow_up"), ("supported", "support"), ("plan", "plan"),
    ("session", "diagnostic"), ("consulted", "consultation"),
)  # fmt: skip


# Why a case is closed that did not come to its follow-up, and how often.
_WHY: Final = (("no_contact", 60), ("employer_withdrew", 30), ("not_eligible", 7), ("other", 3))


def merge(item: Business, number: int) -> dict[str, Any]:
    """The merge of a double, on the day it was written down: it held nothing of its own yet."""
    return row(
        reference=reference("Z", number),
        kept_id=item.merged_into,
        merged_id=item.number,
        reason="Example: the same business under a like name",
        moved={},
        at=WRITTEN.replace(year=item.joined.year, month=item.joined.month, day=item.joined.day),
    )


def case(world: World, way: Way) -> dict[str, Any]:
    """A case at the stage it came to; three in ten are closed, and those of closed businesses."""
    stage = next((stage for step, stage in _STAGES if step in way.steps), "referral")
    last = max(way.steps.values(), default=way.opened)
    closed_on, reason = _end(world, way, last)
    return row(
        id=way.case,
        reference=reference("C", way.case),
        employer_id=way.business.number,
        organisation_id=way.provider,
        adviser_id=way.adviser,
        source_id=way.source,
        stage="closed" if closed_on else stage,
        opened_at=world.instant(way.opened),
        stage_since=world.instant(last),
        closed_at=world.instant(closed_on) if closed_on else None,
        close_reason=reason,
        last_contact_at=world.instant(last),
        contact_count=3 + len(way.steps),
    )


def _end(world: World, way: Way, last: date) -> tuple[date | None, str | None]:
    """When and why a case was closed; nothing for one that is open."""
    if way.business.closed_on is not None:
        return way.business.closed_on, "closed_down"
    if not world.happens(30):
        return None, None
    if "followed" in way.steps:
        return last + timedelta(days=30), "completed"
    often = [share for _, share in _WHY]
    reason = world.chance.choices([reason for reason, _ in _WHY], often)[0]
    return last + timedelta(days=30), reason


REFERRAL: Final[dict[str, Any]] = {
    "channel": "form", "contact_name": "Example Person", "contact_email": "person@business.example",
    "consent": True, "status": "accepted",
}  # fmt: skip


def referral(world: World, way: Way) -> dict[str, Any]:
    """The referral that a case came from, some days before."""
    received = way.opened - timedelta(days=world.chance.randrange(10))
    return row(
        reference=reference("N", way.case),
        source_id=way.source,
        organisation_id=way.provider,
        employer_name=way.business.name,
        match_name=way.business.name.lower(),
        sector=way.business.sector,
        received_at=world.instant(received),
        expires_on=received + timedelta(days=28),
        decided_at=world.instant(way.opened),
        employer_id=way.business.number,
        case_id=way.case,
    )


def contacts(world: World, ways: list[Way]) -> Iterator[dict[str, Any]]:
    """Some ten contacts a case, more for those that came far."""
    chance = world.chance
    number = 0
    for way in ways:
        last = max(way.steps.values(), default=way.opened + timedelta(days=20))
        span = max(1, (last - way.opened).days)
        for _ in range(6 + 2 * len(way.steps) - chance.randrange(7)):
            number += 1
            yield row(
                reference=reference("J", number),
                case_id=way.case,
                kind=chance.choice(("call", "call", "email", "video")),
                at=world.instant(way.opened + timedelta(days=chance.randrange(span))),
                reached=world.happens(70),
                minutes=chance.randrange(40),
                by=way.adviser,
            )


OUTPUT: Final[dict[str, Any]] = {
    "programme": PROGRAMME, "card_id": 1, "facts": {}, "explanation": "Example output",
}  # fmt: skip


def engagement(world: World, number: int, way: Way) -> dict[str, Any]:
    """The output of a confirmed session."""
    hard = way.business.hard_to_reach
    # Evidence is late for some: the work counts on its day, whenever it can be claimed.
    late = timedelta(days=world.chance.choice(LATE))
    return output(
        world,
        way,
        reference=reference("W", number),
        session_id=number,
        delivery_id=None,
        output_type="engagement",
        occurred_on=way.steps["session"],
        base_pence=40_000 if way.business.size_tier == "large" else PRICES["engagement"],
        bonus_pence=15_000 if hard else 0,
        hard_to_reach=hard,
        arose_at=world.instant(way.steps["session"] + late),
    )


def output(world: World, way: Way, **values: Any) -> dict[str, Any]:
    """An output with what was frozen on it; one in a hundred was withdrawn later."""
    business = way.business
    withdrawn = None
    if world.happens(1):
        withdrawn = values["occurred_on"] + timedelta(days=70 + world.chance.randrange(40))
    return row(
        contract_id=way.provider,
        organisation_id=way.provider,
        employer_id=business.number,
        case_id=way.case,
        adviser_id=way.adviser,
        employer_name=business.name,
        sector=business.sector,
        district=business.district,
        size_tier=business.size_tier,
        withdrawn_at=None if withdrawn is None else world.instant(withdrawn),
        withdrawn_reason=None if withdrawn is None else "Example: written down for the wrong case",
        **values,
    )


def outcomes(world: World, *, better: bool) -> dict[str, Any]:
    """Answers about outcomes, better at a follow-up than at the start."""
    chance = world.chance
    more = 2 if better else 0
    return {
        "higher_posts": 10, "higher_posts_open": chance.randrange(4) + more, "advertised": "yes",
        "policy_written": "written" if better or world.happens(30) else "none",
        "policy_posts": "reviewed" if better and world.happens(60) else "none",
        "pathways_mapped": chance.randrange(3) + more, "reviews": chance.randrange(9) + more,
        "coaching": chance.randrange(3), "mentoring": chance.randrange(3),
        "training_people": chance.randrange(8) + more,
    }  # fmt: skip
