"""Readers are counted once a day for each resource, without anybody being known."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask, g
from sqlalchemy import select

from portal.db import unit_of_work
from portal.db.session import PortalSession
from portal.kernel import clock
from portal.kernel.clock import today
from portal.toolkit.models import Campaign, ReachCount, ReachMark, ReachSalt
from portal.toolkit.queries import reach as found
from portal.toolkit.rules.reach import fingerprint, is_ahead_of_reading, mark
from portal.toolkit.service import reach
from portal.web.access import Actor

READER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Example/1.0"}
ROBOT = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}


def seen(kind: str = "view", *, who: str = "a", resource: int = 7, **more: str) -> reach.Seen:
    return reach.Seen(
        kind,
        today().isoformat(),
        fingerprint("secret", today(), address=who, agent="x"),
        resource,
        1,
        more.get("campaign", ""),
        more.get("employer", ""),
    )


def test_a_visitor_counts_once_a_day_for_each_thing(session: PortalSession) -> None:
    with unit_of_work():
        news = [
            reach.count(seen()),
            reach.count(seen()),
            reach.count(seen("download")),
            reach.count(seen(who="b")),
            reach.count(seen(resource=8)),
        ]
    assert news == [True, False, True, True, True]
    assert found.total("view") == 3
    assert found.total("view", resource_id=7) == 2
    assert found.total("download") == 1
    # Who views and downloads is one reader of it.
    assert found.total("reached", resource_id=7) == 2


def test_the_next_day_counts_anew_and_nobody_can_be_traced(session: PortalSession) -> None:
    with clock.freeze(datetime(2026, 11, 20, 12, 0, tzinfo=UTC)), unit_of_work():
        reach.count(seen())
    with clock.freeze(datetime(2026, 11, 21, 12, 0, tzinfo=UTC)):
        reach.forget()
        assert session.scalars(select(ReachMark.id)).all() == []
        assert session.scalars(select(ReachSalt.id)).all() == []
        with unit_of_work():
            assert reach.count(seen())
    assert found.total("view") == 2
    days = session.scalars(select(ReachCount.day).where(ReachCount.kind == "view")).all()
    assert len(days) == 2


def test_a_campaign_gets_what_its_link_brought(session: PortalSession) -> None:
    with unit_of_work() as writing:
        campaign = Campaign(
            code="k7m2",
            title="Example campaign",
            network="chamber",
            sectors=[],
            starts_on=today(),
            by_name="Example Officer",
        )
        writing.add(campaign)
        writing.flush()
        reach.count(seen("visit", resource=0, campaign="K7M2"))
        reach.count(seen(campaign="k7m2"))
        reach.count(seen(who="b", campaign="nobody"))
    rows = session.execute(
        select(ReachCount.kind, ReachCount.campaign_id).order_by(ReachCount.id)
    ).all()
    assert [tuple(row) for row in rows] == [
        ("visit", campaign.id),
        ("view", campaign.id),
        ("reached", campaign.id),
        ("view", 0),
        ("reached", 0),
    ]


@pytest.mark.parametrize(
    ("headers", "method", "roles", "counted"),
    [
        (READER, "GET", (), True),
        (READER, "POST", (), True),
        (READER, "HEAD", (), False),
        (ROBOT, "GET", (), False),
        ({"User-Agent": ""}, "GET", (), False),
        ({**READER, "Sec-Purpose": "prefetch;prerender"}, "GET", (), False),
        ({**READER, "Purpose": "preview"}, "GET", (), False),
        (READER, "GET", ("lep_officer",), False),
    ],
)
def test_people_are_counted_by_the_worker_and_robots_and_staff_are_not(
    app: Flask, headers: dict[str, str], method: str, roles: tuple[str, ...], *, counted: bool
) -> None:
    huey = app.extensions["portal_huey"]
    # Other tests leave tasks in the queue that they all share.
    huey.flush()
    with app.test_request_context("/toolkit/x?c=abc", headers=headers, method=method):
        g.actor = Actor(user_id=1 if roles else None, roles=frozenset(roles))
        reach.count_later("view", resource_id=7, number=1)
        reach.count_later("nonsense", resource_id=7)
        task = huey.dequeue()
        assert (task is not None) is counted
        if task is not None:
            huey.execute(task)
            assert huey.dequeue() is None
    assert found.total("view", resource_id=7) == int(counted)


def test_a_queue_that_is_gone_costs_the_reader_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(*_arguments: object) -> None:
        raise ConnectionError

    monkeypatch.setitem(app.extensions, reach.REACH_EXTENSION, gone)
    with app.test_request_context("/toolkit/x", headers=READER):
        reach.count_later("view", resource_id=7)
    assert "is not counted" in caplog.text


def test_a_mark_needs_the_secret_of_its_day() -> None:
    one = fingerprint("secret", today(), address="192.0.2.7", agent="x")
    assert one == fingerprint("secret", today(), address="192.0.2.7", agent="x")
    assert one != fingerprint("secret", today(), address="192.0.2.8", agent="x")
    assert mark("salt", one) != mark("other", one)
    assert "192.0.2.7" not in one
    assert is_ahead_of_reading("", "prefetch")
    assert not is_ahead_of_reading("", "")
