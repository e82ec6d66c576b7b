"""Who is written to about checks to let through, and how an overdue or expired one is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.accounts.models import User
from portal.caseload.models import Confirmation
from portal.db import current_session, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.kernel.clock import freeze, today, utc_now
from portal.kernel.result import Ok
from portal.payments.models import CheckOverride
from portal.payments.rules.overrides import state_of
from portal.payments.service import overrides
from portal.programme.models import StaffPost
from tests.factories.accounts import sign_in
from tests.factories.caseload import author_of, make_lep_officer
from tests.support import claims_world as world
from tests.support.claims_world import Desk

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def november():
    with freeze(NOW):
        yield


@dataclass
class Failing:
    """A draft whose one line fails a check, and managers of the LEP."""

    app: Flask
    desk: Desk
    claim: str
    line: int
    managers: tuple[User, User]
    inside: User

    def client(self, user_id: int | None) -> Any:
        client = self.app.test_client()
        sign_in(client, current_session().get_one(User, user_id))
        return client

    def ask(self, **changes: Any) -> CheckOverride:
        values = {
            "reference": self.claim,
            "line_id": self.line,
            "kind": "confirmation",
            "reason": "The owner also sits on our board",
            "until_on": today() + timedelta(days=10),
            "by": self.desk.manager,
            **changes,
        }
        with unit_of_work():
            done = overrides.ask(**values)
            assert isinstance(done, Ok), done
            return done.value


@pytest.fixture
def failing(app: Flask) -> Failing:
    with unit_of_work():
        desk = world.make_desk()
        world.add_work(desk, date(2026, 10, 5))
        session = current_session()
        officer = make_lep_officer()
        session.execute(update(Confirmation).values(to_email=officer.email))
        inside = make_lep_officer("lep_manager")
        session.add(StaffPost(organisation_id=desk.organisation, user_id=inside.id))
        claim = world.draft(desk)
        managers = tuple(session.get_one(User, one.user_id) for one in desk.payers)
    return Failing(app, desk, claim, world.lines_of(claim)[0], managers, inside)


def mails(subject: str) -> list[tuple[str, str]]:
    rows = current_session().scalars(
        select(OutboxEntry.payload).where(OutboxEntry.kind == "mail.send").order_by(OutboxEntry.id)
    )
    return [(row["to"], row["text"]) for row in rows if row["subject"].startswith(subject)]


def test_those_who_may_decide_are_written_to_once_with_a_link(failing: Failing) -> None:
    failing.ask()
    told = mails("A check to let through")
    names = [to for to, _text in told]
    assert {one.email for one in failing.managers} <= set(names)
    # Who works for the provider may not decide, so is not asked to.
    assert failing.inside.email not in names
    assert len(names) == len(set(names))
    assert all("/overrides" in text and "sits on our board" in text for _to, text in told)


def test_a_manager_who_asks_is_not_asked(failing: Failing) -> None:
    failing.ask(by=author_of(failing.managers[0]))
    names = [to for to, _text in mails("A check to let through")]
    assert failing.managers[0].email not in names
    assert failing.managers[1].email in names


@pytest.mark.parametrize(
    ("granted", "subject"), [(True, "Let through"), (False, "Not let through")]
)
def test_who_asked_hears_what_became_of_it(failing: Failing, granted, subject) -> None:
    override = failing.ask()
    by = author_of(failing.managers[1])
    with unit_of_work():
        if granted:
            done = overrides.grant(override_id=override.id, by=by)
        else:
            done = overrides.decline(override_id=override.id, words="The board decides", by=by)
    assert isinstance(done, Ok)
    [(to, text)] = mails(subject)
    assert to == failing.desk.manager.email
    assert f"/claims/{failing.claim}" in text
    assert granted or "The board decides" in text


def page(failing: Failing, path: str, *, days: int = 0, user: int | None = None) -> str:
    """A page so many days later, as a manager of the LEP sees it unless told otherwise."""
    with freeze(utc_now() + timedelta(days=days)):
        client = failing.client(user or failing.managers[0].id)
        return client.soup(path).get_text(" ")


def test_overdue_and_expired_requests_are_shown_as_such(failing: Failing) -> None:
    override = failing.ask()
    line = f"/claims/{failing.claim}/lines/{failing.line}"
    assert "Waits for an answer" in page(failing, "/overrides")
    assert "Overdue: no answer yet" in page(failing, "/overrides", days=9)
    assert "Never answered" in page(failing, "/overrides", days=11)
    assert "Nobody answered, and that day is over" in page(failing, line, days=11)
    with unit_of_work():
        overrides.grant(override_id=override.id, by=author_of(failing.managers[0]))
    assert "Let through until" in page(failing, line)
    assert "Was let through" in page(failing, "/overrides", days=11)
    for path in (line, f"/claims/{failing.claim}"):
        assert "Fails again" in page(failing, path, days=11)
    asker = failing.desk.manager.user_id
    assert "Ask for this check to be let through" in page(failing, line, days=11, user=asker)


def test_a_newer_request_counts_and_stands_once(failing: Failing) -> None:
    failing.ask(until_on=today())
    with freeze(utc_now() + timedelta(days=1)):
        failing.ask()
        shown = page(failing, f"/claims/{failing.claim}")
        assert shown.count("Fails, asked about") == 1
        assert "Nobody answered until" not in shown


@pytest.mark.parametrize(
    ("asked", "until", "granted", "state"),
    [
        (date(2026, 11, 16), date(2026, 12, 1), False, "asked"),
        (date(2026, 11, 13), date(2026, 12, 1), False, "overdue"),
        (date(2026, 11, 13), date(2026, 12, 1), True, "granted"),
        (date(2026, 11, 13), date(2026, 11, 22), False, "lapsed"),
        (date(2026, 11, 13), date(2026, 11, 22), True, "expired"),
        (date(2026, 11, 13), date(2026, 11, 23), True, "granted"),
    ],
)
def test_how_a_request_stands(asked, until, granted, state) -> None:
    found = state_of(
        asked_on=asked, until_on=until, granted=granted, declined=False, today=date(2026, 11, 23)
    )
    assert found == state
