"""The journey of a survey: opened, put up, answered in any language, closed, read."""

from __future__ import annotations

import io
import re
import threading
import zipfile
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import select

from portal.caseload.merging import merge_policies
from portal.cli.seed_pulse import seed_pulse
from portal.db import current_session, unit_of_work
from portal.employers.models import Employer
from portal.employers.panels import held_records
from portal.employers.queries import employer_profile
from portal.integrations.jobs import run_daily
from portal.integrations.pdf import page_count
from portal.kernel.people import Author
from portal.kernel.result import Ok
from portal.programme.service import change_setting
from portal.reports import pulse as wiring
from portal.reports.models import PulseBlock, PulseTally, PulseWave
from portal.reports.queries import pulse as found
from portal.reports.rules.pulse_survey import languages, survey
from portal.reports.service import pulse as service
from portal.reports.service import pulse_posters as posters
from portal.web.access import Actor
from tests.factories import pulse as make
from tests.factories.accounts import make_user, sign_in
from tests.factories.caseload import make_lep_officer
from tests.factories.employers import make_employer, make_membership
from tests.support.client import PortalClient

DAY = date(2026, 5, 4)
LANGUAGES = [one.key for one in languages()]
YES = {one.key: one.counted[0] for one in survey().statements}


def owner_of(client: PortalClient, **changes: Any) -> str:
    with unit_of_work():
        user = make_user(name="Olive Example")
        employer = make_employer(owner_id=user.id, **changes).reference
    sign_in(client, user)
    return employer


def test_the_whole_journey(client: PortalClient, app: Flask, run_jobs: Any) -> None:
    employer = owner_of(client, name="Example Bakery Ltd")
    home = f"/employers/{employer}/pulse"
    with make.on(DAY):
        assert "No survey yet" in client.soup(home).get_text()
        opened = client.submit(f"{home}/new", {"invited": "12"})
        assert "The survey is open" in opened.get_data(as_text=True)
        run_jobs()
        page = client.soup(opened.request.path)
        assert "Fewer than 8 people had answered" in page.get_text()
    wave = make.wave(opened.request.path.rsplit("/", 1)[1])
    poster = client.get(f"{opened.request.path}/poster.pdf")
    assert poster.mimetype == "application/pdf"
    assert page_count(poster.data) == 1
    with make.on(DAY + timedelta(days=2)):
        given = client.submit(f"{opened.request.path}/view", {"role": "owner", "p_posts": "yes"})
        assert "Your view is kept" in given.get_data(as_text=True)
    worker = app.test_client()
    with make.on(DAY + timedelta(days=2)):
        typed = worker.get(f"/pulse?code={wave.code[:5].lower()}+{wave.code[5:]}")
        assert typed.location.endswith(f"/pulse/{wave.code}")
        for number in range(9):
            key = LANGUAGES[number % len(LANGUAGES)]
            assert isinstance(worker, PortalClient)
            worker.delete_cookie("pulse_sent", path=f"/pulse/{wave.code}")
            worker.submit(f"/pulse/{wave.code}/{key}", YES)
    with make.on(DAY + timedelta(days=8)):
        closed = client.submit(f"{opened.request.path}/close")
    text = closed.get_data(as_text=True)
    assert "What staff of Example Bakery Ltd say" in text
    assert "9 of 12 people answered" in text
    assert "Olive Example" in text
    assert "4 in 5 or more" in text or "3 in 5" in text
    taken = client.get(f"{opened.request.path}/results.csv").get_data(as_text=True)
    assert "Better jobs are open to part-timers" in taken
    profile = employer_profile(employer)
    assert profile is not None
    with app.test_request_context():
        card = wiring.panel(profile, Actor(employers={employer: "owner"}))
        assert card is not None
        assert card.text == "9 people answered: see what they say."
        assert wiring.panel(profile, Actor(roles=frozenset({"lep_manager"}), strong=True)) is None


@pytest.mark.parametrize("key", LANGUAGES)
def test_a_survey_reads_in_its_language_and_direction(client: PortalClient, key: str) -> None:
    wave = make.open_wave()
    page = client.soup(f"/pulse/{wave.code}/{key}")
    root = page.find("html")
    assert root is not None
    assert (root["lang"], root["dir"]) == (key, "rtl" if key == "ur" else "ltr")
    assert len(page.find_all("fieldset")) == len(survey().statements)
    assert not page.find_all("script"), "no script on an old phone"
    assert not page.find_all(checked=True)
    assert "{" not in page.get_text()
    spoken = next(one for one in languages() if one.key == key)
    assert (spoken.words["unchecked"] or "nothing") in page.get_text() or key == "en"
    with_thanks = client.submit(f"/pulse/{wave.code}/{key}", {"stay": "yes"})
    assert spoken.words["thanks"] in with_thanks.get_data(as_text=True)


def test_pages_are_small_and_cost_few_statements(client: PortalClient) -> None:
    wave = make.open_wave()
    for path in (f"/pulse/{wave.code}", f"/pulse/{wave.code}/bn", f"/pulse/{wave.code}/en/thanks"):
        answer = client.get(path)
        assert len(answer.data) < 20_000
        assert len(client.statements) <= 3, client.statements
    employer = owner_of(client)
    first = make.closed_wave(employer, day=DAY, people=[YES] * 9)
    later = make.closed_wave(employer, day=DAY + timedelta(days=120), people=[YES] * 30)
    make.open_wave(employer, day=DAY + timedelta(days=240))
    base = f"/employers/{employer}/pulse"
    for path in (base, f"{base}/{first.reference}", f"{base}/{later.reference}"):
        client.soup(path)
        pulse = [one for one in client.statements if "pulse_" in one or "programme_s" in one]
        assert len(pulse) <= 5, client.statements
        assert len(client.statements) <= 9


@pytest.mark.parametrize(
    ("given", "code"),
    [({}, "nothing"), ({"pay_up": "unsure"}, "nothing"), ({"other": "yes"}, "nothing")],
)
def test_nothing_ticked_is_not_an_answer(
    client: PortalClient, given: dict[str, str], code: str
) -> None:
    wave = make.open_wave()
    page = client.submit(f"/pulse/{wave.code}/en", given).get_data(as_text=True)
    assert "You have not ticked anything yet" in page
    with unit_of_work():
        refused = service.answer(code=wave.code, answers=given)
    assert refused.problem.code == code  # type: ignore[union-attr]
    assert make.wave(wave.reference).answers == 0


def test_a_survey_that_is_over_full_stopped_or_unknown(client: PortalClient) -> None:
    wave = make.open_wave(day=DAY, invited=8)
    make.answer(wave, *[YES] * 8)
    with make.on(DAY + timedelta(days=2)):
        text = client.get(f"/pulse/{wave.code}/en").get_data(as_text=True)
        assert "as many answers as there are people" in text
        with unit_of_work():
            assert service.answer(code=wave.code, answers=YES).problem is service.FULL  # type: ignore[union-attr]
    with make.on(wave.closes_on + timedelta(days=1)):
        assert "This survey is closed" in client.get(f"/pulse/{wave.code}/en").get_data(
            as_text=True
        )
        with unit_of_work():
            assert service.answer(code=wave.code, answers=YES).problem is service.OVER  # type: ignore[union-attr]
    stopped = make.open_wave()
    make.answer(stopped, *[YES] * 3)
    with unit_of_work():
        assert isinstance(service.stop(reference=stopped.reference, by=make.BY), Ok)
    left = select(PulseTally.id).where(PulseTally.wave_id == stopped.id)
    assert current_session().scalars(left).all() == []
    assert make.wave(stopped.reference).answers == 0
    for path in (f"/pulse/{stopped.code}", "/pulse/0000000000", f"/pulse/{wave.code}/xx"):
        assert client.get(path).status_code == 404
    assert "No survey has this code" in client.get("/pulse?code=zzz").get_data(as_text=True)


def test_only_an_owner_opens_closes_and_stops(client: PortalClient) -> None:
    with unit_of_work():
        member, employer = make_user(), make_employer()
        make_membership(employer_id=employer.id, user_id=member.id)
        reference = employer.reference
    sign_in(client, member)
    wave = make.open_wave(reference)
    base = f"/employers/{reference}/pulse"
    for path in (f"{base}/new", f"{base}/{wave.reference}/close", f"{base}/{wave.reference}/stop"):
        assert client.get(path).status_code == 403
    assert client.get(f"{base}/{wave.reference}/view").status_code == 200


def test_what_is_wrong_with_opening_stands_beside_its_field(client: PortalClient) -> None:
    employer = owner_of(client)
    page = client.submit(f"/employers/{employer}/pulse/new", {"invited": "5"})
    soup = BeautifulSoup(page.data, "html5lib")
    error = soup.select_one("#invited-error")
    assert error is not None
    assert "At least 8 people" in error.get_text()


def test_the_programme_decides_how_many_answers_a_result_needs(app: Flask) -> None:
    with make.on(DAY), unit_of_work():
        least = {"key": "minimum_pulse_answers", "effective_from": DAY, "changed_by": None}
        assert isinstance(change_setting(value=12, **least), Ok)  # type: ignore[arg-type]
        refused = change_setting(value=4, **least)  # type: ignore[arg-type]
    assert "from 5" in refused.problem.message  # type: ignore[union-attr]
    wave = make.open_wave(day=DAY + timedelta(days=1))
    assert wave.threshold == 12
    make.answer(wave, *[YES] * 11)
    assert not make.close(wave).released


def test_the_day_after_its_last_a_survey_closes_by_itself(app: Flask) -> None:
    wave = make.open_wave(day=DAY)
    make.answer(wave, *[YES] * 8)
    with make.on(wave.closes_on):
        service.close_due()
    assert make.wave(wave.reference).is_open
    with make.on(wave.closes_on + timedelta(days=1)):
        assert "reports.pulse" not in run_daily()
    closed = make.wave(wave.reference)
    assert (closed.released, closed.closed_on) == (True, wave.closes_on)


def test_a_long_name_fits_the_poster_and_a_damaged_one_is_not_given_out(
    app: Flask, run_jobs: Any
) -> None:
    with unit_of_work():
        name = "Example of a Business with an Uncommonly Long Name and Daughters of Nidderdale"
        employer = make_employer(name=f"{name} Limited").reference
    wave = make.open_wave(employer)
    assert posters.file_of(wave).problem is posters.NOT_READY  # type: ignore[union-attr]
    # It was opened at noon, which has not come every time that this runs.
    with make.on(wave.opened_on + timedelta(days=1)):
        run_jobs()
    ready = make.wave(wave.reference)
    done = posters.file_of(ready)
    assert isinstance(done, Ok)
    assert page_count(done.value) == 1
    posters.draw({"wave": wave.reference})
    other = replace(ready, poster_sha256="0" * 64)
    assert posters.file_of(other).problem is posters.DAMAGED  # type: ignore[union-attr]


def test_the_poster_says_it_in_every_language(app: Flask) -> None:
    page = posters.html_of(make.open_wave())
    for one in languages():
        if one.key != "en":
            assert re.search(rf'<li lang="{one.key}" dir="{one.direction}">', page)


def test_a_merge_moves_surveys_and_waits_for_two_that_are_open(app: Flask) -> None:
    assert "pulse_waves.employer_id" in {policy.column for policy in merge_policies()}
    one, other = make.open_wave(), make.open_wave()
    effect = wiring.both_open(one.employer_id, other.employer_id)
    assert [problem.code for problem in effect.problems] == ["open_surveys"]
    with unit_of_work():
        service.stop(reference=other.reference, by=make.BY)
    assert wiring.both_open(one.employer_id, other.employer_id).problems == ()


def test_the_lep_takes_away_no_surveys_of_an_employer(app: Flask, client: PortalClient) -> None:
    """Who opened them and who gave views are for the people of the business, as the page says."""
    views = [("owner", "Olive Example", {"p_posts": "yes"})]
    wave = make.closed_wave(day=DAY, people=[YES] * 9, views=views, dice=make.Still())
    with unit_of_work() as session:
        reference = session.get_one(Employer, wave.employer_id).reference
        owner = make_user("owner@example.org")
        make_membership(employer_id=wave.employer_id, user_id=owner.id)
        manager = make_lep_officer("lep_manager")
    surveys = {"staff-surveys.csv", "staff-survey-results.csv", "staff-survey-views.csv"}
    for person, sees in ((owner, True), (manager, False)):
        sign_in(client, person)
        answer = client.get(f"/employers/{reference}/data.zip", buffered=True)
        with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
            assert surveys.isdisjoint(archive.namelist()) is not sees
            everything = b"".join(map(archive.read, archive.namelist()))
        assert (b"Olive Example" in everything) is sees
        assert ("Surveys of staff" in client.get(f"/employers/{reference}/data").text) is sees


def test_an_employer_takes_away_what_its_pages_show(app: Flask) -> None:
    views = [("owner", "Olive Example", {"p_posts": "yes"})]
    wave = make.closed_wave(day=DAY, people=[YES] * 9, views=views, dice=make.Still())
    tables = {one.file_name: one.table(wave.employer_id)[1] for one in held_records()}
    assert len(tables["staff-surveys"]) == 1
    assert "Olive Example" in str(tables["staff-survey-views"])
    values = {str(row[3]) for row in tables["staff-survey-results"]}
    assert "4 in 5 or more" in values
    assert "9" not in values


def test_answers_at_once_are_all_counted_and_no_more_than_people(committed_app: Flask) -> None:
    with committed_app.app_context():
        wave = make.open_wave(invited=20)
    results: list[bool] = []

    def run() -> None:
        with committed_app.app_context():
            for _ in range(5):
                with unit_of_work():
                    done = service.answer(code=wave.code, answers=YES)
                results.append(isinstance(done, Ok))

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(results), sum(results)) == (30, 20)
    with committed_app.app_context():
        assert make.wave(wave.reference).answers == 20
        tallies = current_session().scalars(
            select(PulseTally.n).where(PulseTally.wave_id == wave.id, PulseTally.choice == "yes")
        )
        assert set(tallies) == {20}


def test_the_demonstration_is_labelled_and_has_blocks(app: Flask) -> None:
    with unit_of_work():
        users = [make_user() for _ in range(2)]
        cafe = make_employer(owner_id=users[0].id).reference
        for code in ("47110", "56101", "87300"):
            for _ in range(6):
                make_employer(sic_codes=[code])
    people = [Author(user.id, "Example Person", user.email) for user in users]
    assert seed_pulse(cafe=cafe, owner=people[0], member=people[1]) == 20
    session = current_session()
    waves = session.scalars(select(PulseWave)).all()
    assert all(wave.is_example for wave in waves)
    assert sorted(wave.state for wave in waves).count("open") == 1
    assert len(session.scalars(select(PulseBlock)).all()) >= 3
    latest = found.latest_of(cafe)
    assert latest is not None
    assert latest.is_open
