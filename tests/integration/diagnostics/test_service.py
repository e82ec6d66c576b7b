"""Answers, completion, roll-ups and whose a diagnostic is."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.db import current_session, unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.models import OVERALL, Response
from portal.diagnostics.rules.catalogue import MAIN_KEY
from portal.diagnostics.service.rollups import month_of
from portal.employers.queries import employer_profile
from portal.kernel import clock
from portal.kernel.people import PORTAL
from portal.kernel.result import Err, Ok
from tests.factories.accounts import make_user
from tests.factories.diagnostics import finish, make_response
from tests.factories.employers import make_employer


def new_employer(**changes: Any) -> str:
    with unit_of_work():
        return make_employer(**changes).reference


def recomputed() -> tuple[dict[Any, Any], dict[Any, int]]:
    """What roll-ups and histograms must hold, added up from the score rows."""
    months: dict[Any, list[int]] = {}
    cells: Counter[Any] = Counter()
    for at, sector, size, district, dimension, score, current in queries.counted_scores(MAIN_KEY):
        cell = months.setdefault((month_of(at), sector, size, district, dimension), [0, 0])
        cell[0] += 1
        cell[1] += score
        if current:
            cells[(dimension, sector, size, district, score)] += 1
    return {key: tuple(value) for key, value in months.items()}, dict(cells)


def assert_counts_agree() -> None:
    months, cells = recomputed()
    assert queries.stored_rollups(MAIN_KEY) == months
    assert queries.stored_histograms(MAIN_KEY) == cells


def test_a_best_employer_scores_100_and_a_worst_0(app: Flask) -> None:
    best = make_response(employer=new_employer())
    worst = make_response(employer=new_employer(), worst=True)
    assert best.overall_score == 100
    assert worst.overall_score == 0
    assert best.result is not None
    assert worst.result is not None
    assert best.result["flags"] == []
    assert len(worst.result["flags"]) == 3
    assert best.result["facts"]["leavers_part_time"] == 6
    assert_counts_agree()


def test_it_cannot_be_completed_with_questions_open(app: Flask) -> None:
    facts = make_response(complete=False)
    with unit_of_work():
        service.save_answers(
            response_id=facts.id, values={"lead_owner": None}, seen=facts.revision, by="visitor"
        )
    with unit_of_work():
        refused = service.complete(response_id=facts.id, by=PORTAL)
    assert isinstance(refused, Err)
    assert refused.problem.field == "lead_owner"
    after = queries.response_facts(facts.reference)
    assert after is not None
    assert after.status == "in_progress"


def test_a_completed_response_takes_no_more_answers(app: Flask) -> None:
    facts = make_response(employer=new_employer())
    with unit_of_work():
        refused = service.save_answers(
            response_id=facts.id, values={"lead_owner": None}, seen=99, by="visitor"
        )
    assert isinstance(refused, Err)
    with unit_of_work():
        again = service.complete(response_id=facts.id, by=PORTAL)
    assert isinstance(again, Err)
    assert_counts_agree()


def test_a_retake_stands_for_the_employer_and_months_keep_both(app: Flask) -> None:
    employer = new_employer()
    first = make_response(employer=employer, worst=True)
    with unit_of_work():
        opened = service.retake(response_id=first.id, sector=first.sector, size_tier="small")
    assert isinstance(opened, Ok)
    finish(opened.value)
    lines = queries.history(first.employer_id or 0)
    assert [(line.kind, line.is_current) for line in lines] == [
        ("retake", True),
        ("first", False),
    ]
    assert_counts_agree()
    overall = [n for key, n in queries.stored_histograms(MAIN_KEY).items() if key[0] == OVERALL]
    assert overall == [1]
    months = [value for key, value in queries.stored_rollups(MAIN_KEY).items() if key[4] == OVERALL]
    assert months == [(2, 100)]


def test_a_correction_starts_from_the_answers_and_leaves_the_earlier_result(app: Flask) -> None:
    first = make_response(employer=new_employer(), worst=True)
    with unit_of_work():
        opened = service.correct(response_id=first.id)
    assert isinstance(opened, Ok)
    with unit_of_work():
        again = service.correct(response_id=first.id)
    assert again == opened, "pressing twice opens one copy"
    copy = queries.response_facts(opened.value)
    assert copy is not None
    assert copy.answers == first.answers
    finish(opened.value)
    earlier = queries.response_facts(first.reference)
    assert earlier is not None
    assert earlier.result == first.result
    assert earlier.overall_score == 0
    assert_counts_agree()


def test_a_visitors_diagnostic_counts_only_once_it_is_an_employers(app: Flask) -> None:
    facts = make_response()
    assert queries.stored_histograms(MAIN_KEY) == {}
    profile = employer_profile(new_employer())
    assert profile is not None
    with unit_of_work():
        assert isinstance(
            service.attach_to_employer(response_id=facts.id, employer=profile, by=PORTAL), Ok
        )
    assert_counts_agree()
    assert queries.stored_histograms(MAIN_KEY) != {}
    other = employer_profile(new_employer())
    assert other is not None
    with unit_of_work():
        refused = service.attach_to_employer(response_id=facts.id, employer=other, by=PORTAL)
    assert isinstance(refused, Err)


def test_registering_claims_what_the_browser_held_and_what_was_kept_by_mail(app: Flask) -> None:
    held, kept, strangers = make_response(), make_response(), make_response()
    with unit_of_work():
        person = make_user("owner@example.org")
        person_id = person.id
    with unit_of_work():
        service.keep_by_email(response_id=kept.id, email="Owner@Example.org")
    with unit_of_work():
        claimed = service.claim_for_person(user_id=person_id, references=[held.reference])
    assert claimed == Ok(2)
    mine = {line.reference for line in queries.waiting_for_employer(person_id)}
    assert mine == {held.reference, kept.reference}
    with unit_of_work():
        someone = make_user("other@example.org").id
    with unit_of_work():
        again = service.claim_for_person(
            user_id=someone, references=[held.reference, strangers.reference]
        )
    assert again == Ok(1), "what is somebody's already is not taken from them"


def test_roll_ups_equal_recomputation_after_random_writes(app: Flask) -> None:
    rng = random.Random(20261122)  # noqa: S311
    employers = [
        new_employer(sic_codes=rng.choice([["56101"], ["47110"], ["87300"]])) for _ in range(5)
    ]
    start = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    for step in range(14):
        employer = rng.choice(employers)
        with clock.freeze(start + timedelta(days=9 * step)):
            profile = employer_profile(employer)
            assert profile is not None
            current = queries.latest_completed(profile.id)
            if current is not None and rng.random() < 0.5:
                with unit_of_work():
                    opened = service.correct(response_id=current.id)
                assert isinstance(opened, Ok)
                finish(opened.value, worst=rng.random() < 0.5)
            else:
                make_response(employer=employer, sector=profile.sector, worst=rng.random() < 0.5)
    assert_counts_agree()


def test_a_count_is_never_driven_below_nought(app: Flask) -> None:
    facts = make_response(employer=new_employer())
    assert_counts_agree()
    current = current_session().scalar(select(Response.is_current).where(Response.id == facts.id))
    assert current is True
    with pytest.raises(Exception, match=r"(?i)check"), unit_of_work() as session:
        from portal.diagnostics.models import ScoreHistogram

        session.execute(update(ScoreHistogram).values(n=ScoreHistogram.n - 2))
