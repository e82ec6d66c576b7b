"""Ties from records, kept by a job; the report and an employer's own network."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from portal.caseload.merging import merge_policies, merge_steps
from portal.db import current_session, outbox, unit_of_work
from portal.db.outbox import OutboxEntry
from portal.db.session import PortalSession
from portal.employers.models import Employer
from portal.kernel.clock import freeze, utc_now
from portal.kernel.ids import new_reference
from portal.network.models import (
    EventRegistration,
    ForumPost,
    NetworkInvitation,
    NetworkMember,
    NetworkSnapshot,
    NetworkTie,
    PeerMatch,
    PeerRequest,
)
from portal.network.queries import graph as queries
from portal.network.queries import ties as found
from portal.network.service import ties
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import (
    make_case,
    make_lep_officer,
    make_provider,
    make_referral,
    make_source,
)
from tests.factories.employers import make_employer, make_membership
from tests.factories.network import make_event, make_member, make_thread
from tests.support.client import PortalClient

AT = datetime(2026, 5, 6, 23, 30, tzinfo=UTC)
DAY = date(2026, 5, 7)
LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=UTC)


def member(*, shown: Iterable[str] = ("name", "sector", "district"), **changes: Any) -> Employer:
    employer = make_employer(**changes)
    make_member(employer, shown=shown, joined_at=LONG_AGO)
    return employer


def came(*employers: Employer, at: datetime = AT, **changes: Any) -> None:
    """An event to which somebody of each came."""
    event = make_event(starts_at=at, state="held", **changes)
    for employer in employers:
        current_session().add(
            EventRegistration(
                event_id=event.id,
                employer_id=employer.id,
                name="Example Person",
                email=f"{new_reference().lower()}@example.org",
                answers={},
                token_hash=new_reference(),
                attended_at=at,
            )
        )
    current_session().flush()


def matched(asking: Employer, champion: Employer, **changes: Any) -> None:
    request = PeerRequest(
        employer_id=asking.id,
        topic="scheduling",
        question="How?",
        contact_name="Example Person",
        contact_email="person@example.org",
        state="closed",
    )
    current_session().add(request)
    current_session().flush()
    values: dict[str, Any] = {
        "state": "introduced",
        "asker_agreed_at": AT,
        "champion_agreed_at": AT,
        "introduced_at": AT,
        **changes,
    }
    current_session().add(
        PeerMatch(
            request_id=request.id,
            asking_id=asking.id,
            champion_id=champion.id,
            reasons=["Same sector"],
            score=10,
            due_at=AT,
            asker_token_hash=new_reference(),
            champion_token_hash=new_reference(),
            **values,
        )
    )
    current_session().flush()


def post(thread: Any, employer: Employer | None, **changes: Any) -> ForumPost:
    made = ForumPost(
        thread_id=thread.id,
        employer_id=None if employer is None else employer.id,
        by_name="Example Person",
        body="We did.",
        created_at=AT,
        **changes,
    )
    current_session().add(made)
    current_session().flush()
    return made


def renew() -> None:
    ties.renew()


def kinds() -> set[tuple[int, int, str]]:
    return set(found.kept())


def pair(one: Employer, other: Employer, kind: str) -> tuple[int, int, str]:
    return (min(one.id, other.id), max(one.id, other.id), kind)


@pytest.fixture
def officer(client: PortalClient, session: PortalSession) -> PortalClient:
    with unit_of_work():
        user = make_lep_officer()
    sign_in(client, user)
    return client


def test_each_record_that_ties_makes_its_tie(session: PortalSession) -> None:
    with unit_of_work():
        a, b, c, d = (member() for _ in range(4))
        outside = make_employer()
        came(a, b, outside)
        came(a, b, at=AT + timedelta(days=3))
        matched(a, c)
        invitation = NetworkInvitation(
            from_employer_id=d.id,
            by_name="Example Person",
            token_hash=new_reference(),
            state="joined",
            joined_employer_id=c.id,
            joined_at=AT,
        )
        current_session().add(invitation)
        user = make_user()
        make_membership(employer_id=b.id, user_id=user.id)
        make_referral(
            make_source("champion"),
            status="accepted",
            decided_at=AT,
            received_at=AT,
            employer_id=d.id,
            case_id=make_case(make_provider(), d).id,
            referrer_email=user.email.upper(),
        )
        thread = make_thread(employer=a)
        first = post(thread, d)
        post(thread, b, reply_to_id=first.id)
    renew()
    assert kinds() == {
        pair(a, b, "event"),
        pair(a, c, "peer"),
        pair(c, d, "invited"),
        pair(b, d, "referral"),
        pair(a, d, "reply"),
        pair(b, d, "reply"),
    }
    tie = found.kept()[pair(a, b, "event")][1]
    # Half past eleven at night in UTC is the next day in London.
    assert (tie.since, tie.until, tie.times) == (DAY, DAY + timedelta(days=3), 2)


def test_what_ties_nobody(session: PortalSession) -> None:
    with unit_of_work():
        a, b, c, d = (member() for _ in range(4))
        unnamed = make_thread(employer=a, unnamed=True)
        post(unnamed, b)
        asked = make_thread(employer=a)
        hidden = post(asked, b, unnamed=True)
        post(asked, c, reply_to_id=hidden.id)
        post(asked, d, state="held")
        post(asked, None, is_staff=True)
        post(make_thread(employer=a, state="hidden"), d)
        matched(a, b, state="ended", outcome="not_met", ended_at=AT)
        matched(a, c, state="proposed", introduced_at=None, asker_agreed_at=None)
        came(*(make_employer() for _ in range(40)), a, b)
        gone = make_employer()
        make_member(gone, joined_at=LONG_AGO, left_at=AT)
        came(gone, a)
        for channel, email in (("champion", "nobody@example.org"), ("chamber", "x@example.org")):
            make_referral(
                make_source(channel),
                status="accepted",
                decided_at=AT,
                employer_id=d.id,
                case_id=make_case(make_provider(), member()).id,
                referrer_email=email,
            )
    renew()
    assert kinds() == set()


def test_the_job_is_idempotent_and_puts_everything_right(session: PortalSession) -> None:
    with unit_of_work():
        a, b, c = (member() for _ in range(3))
        came(a, b, c)
    renew()
    before = found.kept()
    with unit_of_work():
        assert ties.rebuild() == 0
    assert found.kept() == before
    with unit_of_work():
        rows = list(session.scalars(select(NetworkTie).order_by(NetworkTie.id)))
        rows[0].times = 99
        session.delete(rows[1])
        session.add(
            NetworkTie(low_id=a.id, high_id=b.id, kind="peer", since=DAY, until=DAY, times=1)
        )
        session.flush()
        assert ties.rebuild() == 3
    assert {key: tie for key, (_row, tie) in found.kept().items()} == {
        key: tie for key, (_row, tie) in before.items()
    }
    with unit_of_work():
        session.get_one(
            NetworkMember,
            session.scalars(
                select(NetworkMember.id).where(NetworkMember.employer_id == a.id)
            ).one(),
        ).left_at = utc_now()
    renew()
    assert kinds() == {pair(b, c, "event")}


def test_a_merged_employers_ties_are_those_of_the_one_that_was_kept(session: PortalSession) -> None:
    with unit_of_work():
        a, b = member(), member()
        double = make_employer(merged_into_id=a.id)
        came(double, b)
    renew()
    assert kinds() == {pair(a, b, "event")}


def test_a_merge_leaves_ties_behind_and_has_them_worked_out_again(session: PortalSession) -> None:
    policies = {policy.column: policy for policy in merge_policies()}
    for column in ("network_ties.low_id", "network_ties.high_id"):
        assert not policies[column].moves
        assert policies[column].words({"kind": "peer"}) == "Matched as peers"
    step = next(step for step in merge_steps() if step.name == "network ties")
    assert list(step.preview(1, 2)) == []
    with unit_of_work():
        step.undo(step.do(1, 2))
    assert session.scalar(select(OutboxEntry.id).where(OutboxEntry.kind == ties.KIND))


def test_work_asked_for_often_is_promised_once(session: PortalSession) -> None:
    with freeze(datetime(2026, 11, 22, 9, 1, tzinfo=UTC)), unit_of_work():
        ties.renew_soon()
        ties.renew_soon()
    waiting = list(session.scalars(select(OutboxEntry).where(OutboxEntry.kind == ties.KIND)))
    assert [entry.due_at for entry in waiting] == [datetime(2026, 11, 22, 9, 5, tzinfo=UTC)]
    assert waiting[0].id not in outbox.waiting() or utc_now() >= waiting[0].due_at


def test_quarters_are_kept_and_today_is_replaced(session: PortalSession) -> None:
    with unit_of_work():
        a, b, c = (member() for _ in range(3))
        came(a, b, at=datetime(2026, 3, 10, 10, tzinfo=UTC))
    with freeze(datetime(2026, 8, 1, 9, tzinfo=UTC)):
        renew()
    with unit_of_work():
        came(b, c, at=datetime(2026, 6, 10, 10, tzinfo=UTC))
    with freeze(datetime(2026, 9, 30, 9, tzinfo=UTC)):
        renew()
    with freeze(datetime(2026, 10, 1, 9, tzinfo=UTC)):
        renew()
        renew()
    whole = session.scalars(
        select(NetworkSnapshot)
        .where(NetworkSnapshot.sector == "", NetworkSnapshot.district == "")
        .order_by(NetworkSnapshot.day)
    ).all()
    # What was said of a quarter that was over stays; its own last day is made again once over.
    assert [(row.day, row.measures["ties"], "picture" in row.measures) for row in whole] == [
        (date(2026, 3, 31), 1, False),
        (date(2026, 6, 30), 1, False),
        (date(2026, 9, 30), 2, False),
        (date(2026, 10, 1), 2, True),
    ]


def test_the_report_says_it_all_in_few_statements(officer: PortalClient) -> None:
    with unit_of_work():
        hub = member(name="Example Hub Ltd", shown=["name"])
        many = [member(shown=["name"]) for _ in range(7)]
        quiet = member(name="Example Hidden Ltd", shown=[])
        alone = [member(shown=[]) for _ in range(3)]
        for other in (*many, quiet):
            came(hub, other)
    renew()
    page = officer.soup("/network/report")
    text = " ".join(page.main.get_text(" ").split())
    assert "The network has 12 members and 8 ties." in text
    assert "3 members are tied to nobody" in text
    assert "Example Hub Ltd" in text
    assert "Example Hidden Ltd" not in text
    assert "An employer in hospitality, Leeds" in text
    svg = page.find("svg", class_="app-chart__image")
    assert svg.get("role") == "img"
    assert "8 ties" in svg.desc.get_text()
    links = {a["href"] for a in page.main.find_all("a")}
    assert {f"/employers/{one.reference}" for one in alone} <= links
    few = len(officer.statements)
    with unit_of_work():
        for _ in range(30):
            came(hub, member())
    renew()
    officer.soup("/network/report")
    assert len(officer.statements) == few
    assert few <= 9, officer.statements


def test_filters_show_a_part_and_nothing_that_singles_somebody_out(officer: PortalClient) -> None:
    with unit_of_work():
        retail = [member(sic_codes=["47110"], district="york") for _ in range(6)]
        lone = member(name="Example Lone Ltd", sic_codes=["87100"], district="selby", shown=[])
        open_one = member(name="Example Open Ltd", sic_codes=["55100"], district="bradford")
        came(*retail, lone, open_one)
    renew()
    part = officer.soup("/network/report?sector=retail&district=york").main.get_text(" ")
    assert "6 members and 15 ties" in " ".join(part.split())
    small = officer.get("/network/report?district=selby").text
    assert "Figures about so few would tell who they are" in small
    assert "Close-knit" not in small
    shown = officer.get("/network/report?district=bradford").text
    assert "Example Open Ltd" in shown
    assert "No members here" in officer.get("/network/report?district=barnsley").text
    whole = officer.get("/network/report?sector=nonsense&page=x")
    assert "8 members" in whole.text
    refused = officer.get("/network/report/ties.csv?district=selby")
    assert refused.status_code == 302
    # Somebody takes back that the name is shown: it is gone at once.
    with unit_of_work():
        session = current_session()
        row = session.scalars(
            select(NetworkMember).where(NetworkMember.employer_id == open_one.id)
        ).one()
        row.shown = []
    assert "Example Open Ltd" not in officer.get("/network/report").text
    assert "would tell who they are" in officer.get("/network/report?district=bradford").text


def test_ties_can_be_taken_away_without_names_that_are_not_shown(officer: PortalClient) -> None:
    with unit_of_work():
        a = member(name="=Example Formula Ltd")
        b = member(name="Example Hidden Ltd", shown=[])
        came(a, b)
    renew()
    answer = officer.get("/network/report/ties.csv")
    rows = list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert len(rows) == 1
    names = {rows[0]["Member"], rows[0]["Other member"]}
    assert names == {"'=Example Formula Ltd", "An employer"}
    assert {rows[0]["Number"], rows[0]["Other number"]} == {"1", "2"}
    assert (rows[0]["Since"], rows[0]["How often"]) == ("2026-05-07", "1")


def test_a_large_network_is_drawn_in_groups(officer: PortalClient) -> None:
    with unit_of_work():
        some = [
            member(sic_codes=[code], district=place)
            for code in ("47110", "56101")
            for place in ("leeds", "york")
            for _ in range(32)
        ]
        for start in range(0, 128, 8):
            came(*some[start : start + 12])
    renew()
    text = " ".join(officer.soup("/network/report").main.get_text(" ").split())
    assert "Each dot is a member" in text
    assert "Retail, York" in text
    assert "Ties within" in text


def test_staff_ask_for_a_new_report_and_others_do_not_see_it(
    officer: PortalClient, session: PortalSession
) -> None:
    assert "No members here" in officer.get("/network/report").text
    page = officer.submit("/network/report", form="/network/report/renew")
    assert "within a few minutes" in page.text
    assert session.scalar(select(OutboxEntry.id).where(OutboxEntry.kind == ties.KIND))


def test_the_report_is_the_leps_own(client: PortalClient, session: PortalSession) -> None:
    with unit_of_work():
        employer = member()
        user = make_user()
        make_membership(employer_id=employer.id, user_id=user.id)
    assert client.get("/network/report").status_code == 302
    sign_in(client, user)
    for path in ("/network/report", "/network/report/ties.csv"):
        assert client.get(path).status_code == 403


def test_an_employer_sees_its_own_ties_and_nobody_elses(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        own = member(name="Example Own Ltd")
        named = member(name="Example Named Ltd")
        hidden = member(name="Example Hidden Ltd", shown=["sector"])
        silent = member(name="Example Silent Ltd", shown=[])
        stranger = member(name="Example Stranger Ltd")
        gone = member(name="Example Gone Ltd")
        came(own, named)
        came(own, named)
        matched(own, named)
        came(own, hidden)
        came(own, silent)
        came(own, gone)
        came(named, stranger)
        user = make_user()
        make_membership(employer_id=own.id, user_id=user.id)
        other = make_user()
        make_membership(employer_id=named.id, user_id=other.id)
    renew()
    with unit_of_work():
        session.scalars(
            select(NetworkMember).where(NetworkMember.employer_id == gone.id)
        ).one().left_at = utc_now()
    sign_in(client, user)
    path = f"/employers/{own.reference}/network/picture"
    text = " ".join(client.soup(path).main.get_text(" ").split())
    assert "You are connected with 3 other members" in text
    assert "1: Example Named Ltd Were at the same event; Matched as peers 3" in text
    assert "A member in hospitality" in text
    for name in ("Hidden", "Silent", "Stranger", "Gone"):
        assert f"Example {name} Ltd" not in text
    assert len(client.statements) <= 8, client.statements
    assert client.get(f"/employers/{named.reference}/network/picture").status_code == 403
    sign_in(client, other)
    assert client.get(path).status_code == 403


def test_an_employer_that_is_not_in_the_network_is_invited_to_join(
    client: PortalClient, session: PortalSession
) -> None:
    with unit_of_work():
        employer = make_employer()
        user = make_user()
        make_membership(employer_id=employer.id, user_id=user.id)
        fresh = member()
        make_membership(employer_id=fresh.id, user_id=user.id)
    sign_in(client, user)
    assert (
        "Not in the network" in client.get(f"/employers/{employer.reference}/network/picture").text
    )
    none = client.get(f"/employers/{fresh.reference}/network/picture").text
    assert "You are not connected with anybody yet." in none


def test_what_is_held_names_no_other_employer(session: PortalSession) -> None:
    columns = set(queries.HELD.columns)
    assert columns == {"kind", "since", "until", "times"}
    assert {column.name for column in queries.HELD.table.columns} - columns == queries.HELD.left_out
