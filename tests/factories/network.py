"""The network for tests, written straight to the tables. Call inside ``with unit_of_work():``."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, TypeVar

from portal.db import current_session
from portal.employers.models import Employer
from portal.kernel.clock import london, today, utc_now
from portal.kernel.ids import new_reference
from portal.network.models import (
    Award,
    AwardApplication,
    AwardRound,
    Champion,
    Competitor,
    Event,
    ForumCategory,
    ForumPost,
    ForumThread,
    NetworkMember,
)
from tests.factories.employers import make_employer

_serial = itertools.count(1)
Row = TypeVar("Row")
SHOWN = ("name", "sector", "size", "district", "about", "changed", "ask_about", "award")


def make_member(
    employer: Employer | None = None, *, shown: Iterable[str] = SHOWN, **changes: Any
) -> NetworkMember:
    """An employer in the network that shows the fields asked for; a new one if none is given."""
    number = next(_serial)
    employer = employer or make_employer()
    values: dict[str, Any] = {
        "employer_id": employer.id,
        "shown": list(shown),
        "about": f"About text {number}: a cafe.",
        "changed": f"Changed text {number}: shifts are swapped by the team.",
        "for_whom": f"For whom text {number}: supervisors.",
        "cost": f"Cost text {number}: two days.",
        "brought": f"Brought text {number}: fewer leavers.",
        "ask_about": f"Ask text {number}: job shares.",
        "contact": f"Example Person {number}",
        "website": f"https://member{number}.example",
        "link_code": new_reference(),
    }
    member = NetworkMember(**{**values, **changes})
    return _kept(member)


def make_champion(
    employer: Employer | None = None, *, tier: str = "committed", valid: bool = True, **changes: Any
) -> Champion:
    """An employer champion with its round, application and award; in the network unless it is."""
    employer = employer or make_employer()
    now = utc_now()
    day = london(now).date()
    session = current_session()
    if not session.query(NetworkMember).filter_by(employer_id=employer.id).count():
        make_member(employer)
    award_round = make_round(state="decided")
    application = _kept(
        AwardApplication(
            round_id=award_round.id,
            employer_id=employer.id,
            state="awarded",
            tier_sought=tier,
            tier_awarded=tier,
            answers={},
            feedback="Well done.",
            submitted_at=now,
            decided_at=now,
        )
    )
    award = _kept(
        Award(
            code=new_reference(),
            employer_id=employer.id,
            application_id=application.id,
            tier=tier,
            employer_name=employer.name,
            awarded_on=day if valid else day - timedelta(days=800),
            valid_until=day + timedelta(days=730) if valid else day - timedelta(days=70),
        )
    )
    values: dict[str, Any] = {
        "employer_id": employer.id,
        "award_id": award.id,
        "since": award.awarded_on,
        "sector": employer.sector,
        "district": employer.district,
        "size_tier": employer.size_tier,
    }
    return _kept(Champion(**{**values, **changes}))


def make_round(**changes: Any) -> AwardRound:
    """A round of awards that is open, changed as asked."""
    values: dict[str, Any] = {
        "programme": "Example programme",
        "title": f"Example round {next(_serial)}",
        "criteria_version": 1,
        "opens_on": today() - timedelta(days=10),
        "closes_on": today() + timedelta(days=20),
        "decide_by": today() + timedelta(days=50),
        "state": "open",
    }
    return _kept(AwardRound(**{**values, **changes}))


def make_event(**changes: Any) -> Event:
    """A published event in a week's time, of two hours, for 20 people."""
    number = next(_serial)
    starts = changes.get("starts_at") or utc_now() + timedelta(days=7)
    values: dict[str, Any] = {
        "title": f"Example event {number}",
        "summary": "How others share one post.",
        "body": "Come and ask.",
        "sectors": [],
        "mode": "in_person",
        "place": "Example Hall, Example Street, Leeds LS1 4AP",
        "starts_at": starts,
        "ends_at": starts + timedelta(hours=2),
        "closes_at": starts - timedelta(hours=1),
        "capacity": 20,
        "questions": [],
        "state": "published",
        "checkin_code": new_reference(),
    }
    return _kept(Event(**{**values, **changes}))


def make_category(**changes: Any) -> ForumCategory:
    """A part of the forum."""
    number = next(_serial)
    values: dict[str, Any] = {
        "slug": f"example-{number}",
        "title": f"Example category {number}",
        "about": "Questions and answers.",
        "position": number,
    }
    return _kept(ForumCategory(**{**values, **changes}))


def make_thread(
    category: ForumCategory | None = None,
    *,
    employer: Employer | None = None,
    by: int | None = None,
    by_name: str = "Example Person",
    body: str = "How do you share one post?",
    unnamed: bool = False,
    **changes: Any,
) -> ForumThread:
    """A thread with its first post, which is shown."""
    category = category or make_category()
    who: dict[str, Any] = {
        "by": by,
        "by_name": by_name,
        "employer_id": None if employer is None else employer.id,
    }
    values: dict[str, Any] = {
        "category_id": category.id,
        "title": f"Example question {next(_serial)}",
        "posts": 1,
        **who,
    }
    thread = _kept(ForumThread(**{**values, **changes}))
    _kept(ForumPost(thread_id=thread.id, body=body, unnamed=unnamed, **who))
    return thread


def make_competitors(one: Employer, other: Employer) -> Competitor:
    """That one employer sees another as a competitor."""
    return _kept(Competitor(employer_id=one.id, other_id=other.id, by_name="Example Person"))


def _kept(row: Row) -> Row:
    session = current_session()
    session.add(row)
    session.flush()
    return row
