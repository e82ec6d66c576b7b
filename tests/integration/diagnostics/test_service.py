"""Answers, completion, histograms and whose a diagnostic is."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from portal.db import current_session, unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.models import OVERALL, Response, ScoreHistogram
from portal.diagnostics.rules.catalogue import MAIN_KEY
from portal.diagnostics.service.rollups import Cell, Counted, count_current
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


def assert_counts_agree() -> None:
    """The histograms hold what the score rows of current responses add up to."""
    cells: Counter[Any] = Counter()
    for _at, sector, size, district, dimension, score, current in queries.counted_scores(MAIN_KEY):
        if current:
            cells[(dimension, sector, size, district, score)] += 1
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


def test_a_retake_stands_for_the_employer(app: Flask) -> None:
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
    cell = Cell(MAIN_KEY, facts.sector, facts.size_tier, facts.district or "")
    empty = 1 + (facts.overall_score or 0) % 100
    with pytest.raises(Exception, match=r"(?i)check"), unit_of_work():
        count_current(gone=Counted(cell, {OVERALL: empty}))
    # Nor when another score would come in its place.
    with pytest.raises(Exception, match=r"(?i)check"), unit_of_work():
        count_current(gone=Counted(cell, {OVERALL: empty}), come=Counted(cell, {OVERALL: 7}))
    nowhere = Cell(MAIN_KEY, facts.sector, facts.size_tier, "nowhere")
    with pytest.raises(RuntimeError, match="never counted"), unit_of_work():
        count_current(gone=Counted(nowhere, {OVERALL: empty}))
    assert_counts_agree()


def test_counts_are_as_many_as_scores(app: Flask) -> None:
    make_response(employer=new_employer())
    for counts in ([0] * 100, [0] * 102, [None, *[0] * 100], [-1, *[0] * 100]):
        with pytest.raises(Exception, match=r"(?i)check"), unit_of_work() as session:
            session.execute(update(ScoreHistogram).values(counts=counts))


def test_one_follows_the_other_in_another_group_or_in_the_same(app: Flask) -> None:
    here = Cell(MAIN_KEY, "retail", "small", "leeds")
    there = Cell(MAIN_KEY, "hospitality", "small", "")
    first = Counted(here, {"leadership": 50, "pay": 0, OVERALL: 100})
    second = Counted(here, {"leadership": 50, "voice": 3, OVERALL: 99})
    third = Counted(there, {"voice": 3, OVERALL: 99})
    steps = ((None, first, 1), (first, second, 1), (second, third, 1), (None, third, 2))
    for gone, come, number in steps:
        with unit_of_work():
            count_current(gone=gone, come=come)
        kept = queries.stored_histograms(MAIN_KEY)
        assert kept == {
            (dimension, come.cell.sector, "small", come.cell.district, score): number
            for dimension, score in come.scores.items()
        }


def test_rows_are_changed_in_one_order_whatever_goes_where(app: Flask) -> None:
    """Two employers that change places would otherwise wait for one another's rows."""
    cells = [Cell(MAIN_KEY, sector, "small", "") for sector in ("hospitality", "retail")]
    scores = {"voice": 10, "leadership": 20, OVERALL: 30}
    with unit_of_work():
        for cell in cells:
            count_current(come=Counted(cell, scores))
    orders = [_rows_changed(gone, come, scores) for gone, come in (cells, cells[::-1])]
    assert orders[0] == orders[1] == sorted(orders[0])
    assert len(orders[0]) == 2 * len(scores)


def _rows_changed(gone: Cell, come: Cell, scores: dict[str, int]) -> list[tuple[str, str]]:
    changed: list[tuple[str, str]] = []

    def note(_c: Any, _cur: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "score_histograms" in statement:
            rows = parameters if isinstance(parameters, list) else [parameters]
            changed.extend(map(_row, rows))

    engine = current_session().get_bind()
    event.listen(engine, "before_cursor_execute", note)
    with unit_of_work():
        count_current(gone=Counted(gone, scores), come=Counted(come, scores))
    event.remove(engine, "before_cursor_execute", note)
    return changed


def _row(parameters: Any) -> tuple[str, str]:
    """Sector and dimension among what was bound."""
    values = list(parameters.values() if isinstance(parameters, dict) else parameters)
    sector = next(value for value in values if value in ("hospitality", "retail"))
    return sector, next(value for value in values if value in ("voice", "leadership", OVERALL))
