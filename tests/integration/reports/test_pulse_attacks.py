"""Attacks on a survey of workers through the database, the pages, the logs and the clock."""

from __future__ import annotations

import logging
import random
import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from portal.db import Base, audit, current_session, unit_of_work
from portal.employers.panels import held_records
from portal.reports.models import PulseTally, PulseWave
from portal.reports.queries import pulse as found
from portal.reports.rules.pulse_survey import survey
from portal.reports.rules.scope import Scope
from portal.reports.service import pulse as service
from portal.reports.service import pulse_reports
from tests.factories import pulse as make
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer, make_membership
from tests.support.client import PortalClient

DAY = date(2026, 5, 4)
ALL_YES = {one.key: one.counted[0] for one in survey().statements}
ALL_NO = {one.key: one.counted[-1] for one in survey().statements}


def contents() -> dict[str, list[Any]]:
    """Every row of every table."""
    session = current_session()
    return {
        table.name: [
            tuple(row) for row in session.execute(select(table).order_by(*table.primary_key))
        ]
        for table in Base.metadata.sorted_tables
    }


def changed(before: Mapping[str, list[Any]], after: Mapping[str, list[Any]]) -> set[str]:
    """The tables that are not as they were."""
    return {name for name in before if before[name] != after[name]}


def test_an_answer_adds_no_row_anywhere_and_moves_only_totals(client: PortalClient) -> None:
    wave = make.open_wave(day=DAY)
    before = contents()
    with make.on(DAY + timedelta(days=1)):
        answer = client.submit(f"/pulse/{wave.code}/en", ALL_YES)
    assert answer.request.path.endswith("/thanks")
    after = contents()
    assert changed(before, after) == {"pulse_waves", "pulse_tallies"}
    assert all(len(before[name]) == len(after[name]) for name in before)
    now = make.wave(wave.reference)
    same = {"answers": 0, "counted_on": None}
    as_before = {**{key: getattr(now, key) for key in found.WaveFacts.__dataclass_fields__}, **same}
    assert found.WaveFacts(**as_before) == wave
    assert (now.answers, now.counted_on) == (1, DAY + timedelta(days=1))


def test_the_order_of_answers_leaves_no_trace(app: Flask) -> None:
    people = [make.some_answers(random.Random(seed)) for seed in range(6)]  # noqa: S311
    kept = []
    for order in (people, people[::-1]):
        wave = make.open_wave(day=DAY)
        make.answer(wave, *order)
        rows = current_session().execute(
            select(PulseTally.whose, PulseTally.question, PulseTally.choice, PulseTally.n)
            .where(PulseTally.wave_id == wave.id)
            .order_by(PulseTally.id)
        )
        kept.append([tuple(row) for row in rows])
    assert kept[0] == kept[1]


def test_the_database_does_not_remember_which_totals_the_last_person_moved(
    committed_app: Flask,
) -> None:
    with committed_app.app_context():
        wave = make.open_wave(day=DAY)
        make.answer(wave, ALL_YES)
        make.answer(wave, {"pay_up": "no"})
        session = current_session()
        if session.get_bind().dialect.name == "postgresql":
            wrote = session.execute(
                text("SELECT count(DISTINCT xmin::text) FROM pulse_tallies WHERE wave_id = :key"),
                {"key": wave.id},
            ).scalar_one()
            assert wrote == 1
        table = PulseTally.__table__
        assert not {"at", "created_at", "updated_at", "given_at"} & set(table.columns.keys())
        assert not [column for column in PulseWave.__table__.columns if "_at" in column.name]


def test_no_log_line_audit_entry_or_job_follows_an_answer(
    client: PortalClient, caplog: pytest.LogCaptureFixture
) -> None:
    wave = make.open_wave(day=DAY)
    with caplog.at_level(logging.DEBUG), make.on(DAY + timedelta(days=1)):
        client.submit(f"/pulse/{wave.code}/pl", ALL_NO)
    said = " ".join(record.getMessage() for record in caplog.records)
    assert wave.code not in said
    assert "127.0.0.1" not in said
    entries = current_session().scalars(
        select(audit.AuditEntry.action).where(audit.AuditEntry.subject == f"pulse:{wave.reference}")
    )
    assert list(entries) == ["pulse.opened"]


def test_the_cookie_says_only_that_this_phone_has_sent_it_in(client: PortalClient) -> None:
    wave = make.open_wave(day=DAY)
    path = f"/pulse/{wave.code}/en"
    headers = []
    with make.on(DAY + timedelta(days=1)):
        client.get(path)
        for given in (ALL_YES, ALL_NO):
            client.delete_cookie("pulse_sent", path=f"/pulse/{wave.code}")
            answer = client.submit(path, given, follow=False)
            headers += [h for h in answer.headers.getlist("Set-Cookie") if "pulse_sent" in h]
        assert "Somebody has answered on this phone" in client.get(path).get_data(as_text=True)
        assert client.get(f"{path}?again=1").get_data(as_text=True).count("<fieldset") == 15
    assert len(headers) == 2
    plain = {re.sub(r"Expires=[^;]+; ", "", header) for header in headers}
    assert len(plain) == 1, "the same whatever was answered"
    assert plain.pop().startswith("pulse_sent=yes;")
    assert all(f"Path=/pulse/{wave.code}" in h and "HttpOnly" in h for h in headers)


def _owner(client: PortalClient) -> tuple[Any, Any]:
    with unit_of_work():
        user = make_user(name="Olive Example")
        employer = make_employer(owner_id=user.id, name="Example Watchers Ltd")
    sign_in(client, user)
    return user, employer


def test_an_owner_who_watches_sees_nothing_move_while_somebody_answers(
    client: PortalClient,
) -> None:
    _user, employer = _owner(client)
    wave = make.open_wave(employer.reference, day=DAY)
    day = DAY + timedelta(days=3)
    make.answer(wave, *[ALL_YES] * 7, day=DAY + timedelta(days=2))
    home = f"/employers/{employer.reference}"
    pages = (f"{home}/pulse", f"{home}/pulse/{wave.reference}", home, f"{home}/held")

    def seen() -> list[str]:
        with make.on(day):
            texts = [client.get(page).get_data(as_text=True) for page in pages]
        return [
            re.sub(r'nonce="[^"]+"|csrf_token" value="[^"]+"|value="Ij[^"]+"', "", t) for t in texts
        ]

    before = seen()
    assert "Fewer than 8 people had answered by last night" in before[1]
    make.answer(wave, ALL_NO, day=day)
    assert seen() == before
    day += timedelta(days=1)
    assert "At least 8 people had answered by last night" in seen()[1]


def test_nothing_of_an_open_survey_leaves_by_any_way_out(client: PortalClient) -> None:
    _user, employer = _owner(client)
    wave = make.open_wave(employer.reference, day=DAY)
    make.answer(wave, *[ALL_YES] * 12)
    base = f"/employers/{employer.reference}/pulse/{wave.reference}"
    assert client.get(f"{base}/results.csv").status_code == 404
    assert pulse_reports.results_of(make.wave(wave.reference)) is None
    assert found.totals_of(wave.id) == {wave.id: {}}
    with make.on(date(2027, 1, 5)):
        with unit_of_work():
            assert service.make_blocks() == 0
        report = pulse_reports.build(Scope(date(2026, 1, 1), date(2027, 1, 5)))
    assert report.sections == ()
    tables = {one.file_name: one.table(employer.id) for one in held_records()}
    assert tables["staff-survey-results"][1] == []
    assert "12" not in [str(value) for row in tables["staff-surveys"][1] for value in row]


def test_a_small_survey_leaves_nothing_behind(client: PortalClient) -> None:
    _user, employer = _owner(client)
    wave = make.closed_wave(employer.reference, day=DAY, people=[ALL_YES] * 7)
    assert (wave.released, wave.answers) == (False, 0)
    left = select(PulseTally.id).where(PulseTally.wave_id == wave.id)
    assert current_session().scalars(left).all() == []
    page = client.get(f"/employers/{employer.reference}/pulse/{wave.reference}")
    said = page.get_data(as_text=True)
    assert "fewer than 8 people answered" in said
    assert "7 " not in re.sub(r"<[^>]+>", " ", said.split("<main")[1].split("</main")[0])


def test_closing_early_or_opening_again_soon_is_refused(app: Flask) -> None:
    wave = make.open_wave(day=DAY)
    make.answer(wave, *[ALL_YES] * 9)
    with make.on(DAY + timedelta(days=6)), unit_of_work():
        refused = service.close(reference=wave.reference, by=make.BY)
    assert refused.problem is service.TOO_EARLY  # type: ignore[union-attr]
    closed = make.close(wave, day=DAY + timedelta(days=7))
    assert closed.released
    for days in (0, 30, 89):
        with pytest.raises(AssertionError, match="too_soon"):
            make.open_wave(wave.employer_reference, day=DAY + timedelta(days=7 + days))
    assert make.open_wave(wave.employer_reference, day=DAY + timedelta(days=97)).is_open


def test_exact_totals_are_gone_once_it_has_closed(app: Flask) -> None:
    """Closed a hundred times, the same answers do not leave the same totals."""
    kept = set()
    for _ in range(6):
        wave = make.closed_wave(day=DAY, people=[ALL_YES] * 9)
        totals = found.totals_of(wave.id)[wave.id]
        kept.add(tuple(n for each in totals.values() for n in each.values()))
    assert len(kept) == 6


def test_two_surveys_that_differ_by_one_person_do_not_name_their_answers(app: Flask) -> None:
    """The best guess from both surveys is wrong often enough to mean little.

    Eight people answer alike twice; a ninth joins. The attacker knows all of that, and takes the
    first survey's published shares from the second's.
    """
    rng = random.Random(3)  # noqa: S311 - the same worlds each time
    right = 0
    rounds = 24
    for _ in range(rounds):
        staff = [{"stay": rng.choice(["yes", "no"])} for _ in range(8)]
        joined = rng.choice(["yes", "no"])
        shown = []
        for people in (staff, [*staff, {"stay": joined}]):
            wave = make.closed_wave(day=DAY, people=people, dice=rng)
            report = pulse_reports.results_of(wave)
            assert report is not None
            rows = {row[1]: row for row in report.section("basket").tables[0].rows}
            mille = rows["Expect to be there in a year"][3]
            shown.append(mille if isinstance(mille, int) else 500)
        right += ("yes" if shown[1] >= shown[0] else "no") == joined
    # Sure would be all of them; a coin would be half.
    assert right <= rounds * 0.85


# One manager -------------------------------------------------------------------------------------


def _block(managers: int) -> Any:
    """Five employers, each with nine answers; some with a manager's view. Read by the LEP."""
    with make.on(DAY):
        for number in range(5):
            views = [("owner", f"Example Owner {number}", {"p_posts": "yes"})]
            if number < managers:
                views.append(("manager", f"Example Manager {number}", {"p_posts": "no"}))
            make.closed_wave(day=DAY, people=[ALL_NO] * 9, views=views, dice=make.Still())
    with make.on(date(2026, 7, 2)):
        with unit_of_work():
            assert service.make_blocks() == 1
        return pulse_reports.build(Scope(date(2026, 1, 1), date(2026, 7, 2)))


@pytest.mark.parametrize(("managers", "shown"), [(1, False), (4, False), (5, True)])
def test_one_manager_is_never_a_group(app: Flask, managers: int, shown: bool) -> None:
    report = _block(managers)
    row = report.section("practice").tables[0].rows[0]
    assert row[1] == 0
    assert isinstance(row[2], int) and row[2] == 100 if shown else str(row[2]) == "too_few"
    assert row[3] == 900, "all five owners say yes, and that is shown as nine in ten or more"
    assert "Example Manager" not in str(report)
    assert "Example Owner" not in str(report)


# Who else may look -------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["lep_officer", "lep_manager", "adviser", "evaluator", ""])
def test_nobody_but_its_own_people_opens_an_employers_survey(
    client: PortalClient, role: str
) -> None:
    wave = make.closed_wave(day=DAY, people=[ALL_YES] * 9)
    with unit_of_work():
        user = make_user(roles=[role] if role else [])
        make_membership(employer_id=make_employer().id, user_id=user.id, role="owner")
    sign_in(client, user)
    base = f"/employers/{wave.employer_reference}/pulse"
    for path in (base, f"{base}/{wave.reference}", f"{base}/{wave.reference}/results.csv"):
        assert client.get(path).status_code == 403


def test_one_employers_people_do_not_reach_anothers_survey_by_their_own_address(
    client: PortalClient,
) -> None:
    _user, employer = _owner(client)
    wave = make.closed_wave(day=DAY, people=[ALL_YES] * 9)
    for end in ("", "/results.csv", "/poster.pdf", "/qr.svg", "/view"):
        path = f"/employers/{employer.reference}/pulse/{wave.reference}{end}"
        assert client.get(path).status_code == 404


def test_who_is_signed_in_does_not_answer(client: PortalClient) -> None:
    _user, employer = _owner(client)
    wave = make.open_wave(employer.reference)
    page = client.get(f"/pulse/{wave.code}/en")
    assert "answered without a name" in page.get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.get_data(as_text=True))
    assert token is not None
    answer = client.post(f"/pulse/{wave.code}/en", data={**ALL_YES, "csrf_token": token[1]})
    assert answer.status_code == 200
    assert make.wave(wave.reference).answers == 0
