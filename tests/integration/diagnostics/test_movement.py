"""How far employers moved is kept with completing, attaching, merging and taking apart."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from flask import Flask
from sqlalchemy import delete, func, select

from portal.caseload.models import Attendance, Delivery, EmployerMerge
from portal.caseload.service import merge_undo, merging
from portal.db import current_session, unit_of_work
from portal.diagnostics import queries, service
from portal.diagnostics.models import DiagnosticMovement, MovementScore
from portal.diagnostics.service import movement
from portal.diagnostics.service.comparing import change_since_earlier
from portal.employers.queries import employer_profile
from portal.kernel import clock
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Ok
from portal.reports.models import ReportMovement
from portal.reports.service import counting
from tests.factories.caseload import author_of, make_case, make_lep_officer, make_provider
from tests.factories.diagnostics import finish, make_response
from tests.factories.employers import make_employer

JANUARY = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
JUNE = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)


def new_employer(**changes: Any) -> str:
    with unit_of_work():
        return make_employer(**changes).reference


def boss() -> Author:
    with unit_of_work():
        return author_of(make_lep_officer("lep_manager"))


def kept(employer: str) -> DiagnosticMovement | None:
    profile = employer_profile(employer)
    assert profile is not None
    return current_session().scalar(
        select(DiagnosticMovement)
        .where(DiagnosticMovement.employer_id == profile.id)
        .execution_options(populate_existing=True)
    )


def scores(employer: str) -> dict[str, tuple[int, int]]:
    row = kept(employer)
    assert row is not None
    found = current_session().execute(
        select(
            MovementScore.dimension, MovementScore.before_tenths, MovementScore.after_tenths
        ).where(MovementScore.movement_id == row.id)
    )
    return {dimension: (before, after) for dimension, before, after in found}


def everything() -> list[tuple[Any, ...]]:
    """All that is kept, without the keys of the rows."""
    return sorted(
        tuple(row)
        for row in current_session().execute(
            select(
                DiagnosticMovement.employer_id,
                DiagnosticMovement.state,
                DiagnosticMovement.first_id,
                func.coalesce(DiagnosticMovement.latest_id, 0),
                DiagnosticMovement.compared,
                func.coalesce(MovementScore.dimension, ""),
                func.coalesce(MovementScore.before_tenths, -1),
                func.coalesce(MovementScore.after_tenths, -1),
            ).outerjoin(MovementScore, MovementScore.movement_id == DiagnosticMovement.id)
        )
    )


def take_again(response_id: int, *, worst: bool = False) -> str:
    facts = queries.response_by_id(response_id)
    assert facts is not None
    with unit_of_work():
        opened = service.retake(
            response_id=response_id, sector=facts.sector, size_tier=facts.size_tier
        )
    assert isinstance(opened, Ok)
    finish(opened.value, worst=worst)
    return opened.value


def test_one_diagnostic_is_no_movement_yet(app: Flask) -> None:
    employer = new_employer()
    with clock.freeze(JANUARY):
        first = make_response(employer=employer, worst=True)
    row = kept(employer)
    assert row is not None
    assert (row.state, row.first_id, row.first_on, row.first_score) == (
        "once",
        first.id,
        date(2026, 1, 31),
        0,
    )
    assert (row.latest_id, row.latest_on, row.sector) == (None, None, "hospitality")
    assert scores(employer) == {}
    assert counting.differences() == []


def test_a_retake_is_held_against_the_first_as_its_page_says(app: Flask) -> None:
    employer = new_employer()
    with clock.freeze(JANUARY):
        first = make_response(employer=employer, worst=True)
    with clock.freeze(JUNE):
        again = take_again(first.id)
    row = kept(employer)
    assert row is not None
    # Half past eleven in the evening by UTC is the next day in London's summer.
    assert (row.state, row.latest_on) == ("compared", date(2026, 7, 1))
    later = queries.response_facts(again)
    assert later is not None
    page = change_since_earlier(later)
    assert page is not None
    assert page.overall is not None
    found = scores(employer)
    assert found.pop("overall") == tuple(10 * value for value in page.overall)
    assert {key: (a, b) for key, (a, b) in found.items()} == {
        item.dimension: (10 * item.earlier, 10 * item.later) for item in page.slope
    }
    assert (row.compared, row.left_out) == (page.compared, page.left_out)
    assert counting.differences() == []


def test_a_third_one_replaces_the_second(app: Flask) -> None:
    employer = new_employer()
    with clock.freeze(JANUARY):
        first = make_response(employer=employer, worst=True)
    with clock.freeze(JUNE):
        again = queries.response_facts(take_again(first.id))
    assert again is not None
    last = queries.response_facts(take_again(again.id, worst=True))
    row = kept(employer)
    assert row is not None
    assert last is not None
    assert (row.first_id, row.latest_id) == (first.id, last.id)
    assert scores(employer)["overall"] == (0, 0)
    assert current_session().scalar(select(func.count(DiagnosticMovement.id))) == 1
    assert counting.differences() == []


def test_a_correction_changes_what_it_corrects_and_is_no_movement(app: Flask) -> None:
    employer = new_employer()
    with clock.freeze(JANUARY):
        first = make_response(employer=employer, worst=True)
    with unit_of_work():
        opened = service.correct(response_id=first.id)
    assert isinstance(opened, Ok)
    finish(opened.value)
    corrected = queries.response_facts(opened.value)
    row = kept(employer)
    assert row is not None
    assert corrected is not None
    assert (row.state, row.first_id, row.first_on) == ("once", corrected.id, date(2026, 1, 31))
    assert row.first_score == corrected.overall_score
    assert counting.differences() == []


def test_a_visitors_diagnostic_moves_its_employer_once_it_belongs_to_it(app: Flask) -> None:
    employer = new_employer()
    with clock.freeze(JANUARY):
        visitors = make_response(worst=True)
    with clock.freeze(JUNE):
        own = make_response(employer=employer)
    assert current_session().scalar(select(func.count(DiagnosticMovement.id))) == 1
    profile = employer_profile(employer)
    assert profile is not None
    with unit_of_work():
        service.attach_to_employer(response_id=visitors.id, employer=profile, by=PORTAL)
    row = kept(employer)
    assert row is not None
    # What was completed earlier comes first, whenever it came to the employer.
    assert (row.first_id, row.latest_id, row.state) == (visitors.id, own.id, "compared")
    assert counting.differences() == []


def do_merge(kept_one: str, merged: str, by: Author) -> EmployerMerge:
    plan = merging.plan(kept=kept_one, merged=merged)
    assert isinstance(plan, Ok)
    staying = {table.title: table.reason for table in plan.value.tables if table.staying}
    assert staying["Movement between diagnostics"].startswith("It is worked out again")
    with unit_of_work():
        done = merging.merge(
            kept=kept_one,
            merged=merged,
            fill=(),
            reason="The same employer",
            fingerprint=plan.value.fingerprint,
            by=by,
        )
    assert isinstance(done, Ok), done
    return done.value


def test_a_merge_puts_two_first_diagnostics_in_order_and_its_undoing_takes_them_apart(
    app: Flask,
) -> None:
    one, other, by = new_employer(), new_employer(), boss()
    with clock.freeze(JUNE):
        june = make_response(employer=one)
    with clock.freeze(JANUARY):
        january = make_response(employer=other, worst=True)
    before = everything()
    made = do_merge(one, other, by)
    row = kept(one)
    assert row is not None
    assert (row.first_id, row.latest_id, row.state) == (january.id, june.id, "compared")
    assert current_session().scalar(select(func.count(DiagnosticMovement.id))) == 1
    assert counting.differences() == []
    with unit_of_work():
        undone = merge_undo.undo(reference=made.reference, by=by)
    assert isinstance(undone, Ok), undone
    assert everything() == before
    assert counting.differences() == []


def test_a_merge_from_before_movement_was_kept_is_taken_apart_as_well(app: Flask) -> None:
    one, other, by = new_employer(), new_employer(), boss()
    make_response(employer=other, worst=True)
    before = everything()
    made = do_merge(one, other, by)
    with unit_of_work():
        row = current_session().get_one(EmployerMerge, made.id)
        steps = {**row.moved["steps"]}
        steps["diagnostics"] = {"current": steps["diagnostics"]["current"]}
        row.moved = {**row.moved, "steps": steps}
    assert kept(one) is not None
    with unit_of_work():
        undone = merge_undo.undo(reference=made.reference, by=by)
    assert isinstance(undone, Ok), undone
    assert everything() == before
    assert kept(one) is None
    assert counting.differences() == []


def test_what_is_missing_is_worked_out_and_nothing_twice(app: Flask) -> None:
    employers = [new_employer() for _ in range(3)]
    for employer in employers:
        first = make_response(employer=employer, worst=True)
        take_again(first.id)
    new_employer()
    before = everything()
    with unit_of_work() as session:
        session.execute(delete(MovementScore))
        session.execute(delete(DiagnosticMovement))
    with unit_of_work():
        assert movement.keep_missing(2) == 2
    with unit_of_work():
        assert movement.keep_missing(2) == 1
    with unit_of_work():
        assert movement.keep_missing(2) == 0
    assert everything() == before
    assert counting.differences() == []


def test_the_command_works_everything_out_afresh(app: Flask) -> None:
    for _ in range(3):
        first = make_response(employer=new_employer(), worst=True)
        take_again(first.id)
    before = everything()
    with unit_of_work() as session:
        row = session.scalars(select(MovementScore).limit(1)).one()
        row.after_tenths = 3
    assert everything() != before
    done = app.test_cli_runner().invoke(args=["diagnostics", "movement"])
    assert done.exit_code == 0, done.output
    assert "worked out for every employer" in done.output
    assert everything() == before
    assert counting.differences() == []


def test_support_counts_from_the_day_after_the_first_to_the_day_of_the_latest(
    app: Flask,
) -> None:
    with unit_of_work():
        owner = make_employer()
        employer, employer_id = owner.reference, owner.id
        provider = make_provider()
        case = make_case(provider, owner).id
        organisation = provider.organisation.id
    with clock.freeze(JANUARY):
        first = make_response(employer=employer, worst=True)
    with clock.freeze(JUNE):
        take_again(first.id)
    days = {
        "training_session": date(2026, 1, 31),
        "workshop": date(2026, 2, 1),
        "consultancy": date(2026, 7, 1),
        "coaching": date(2026, 7, 2),
    }
    with unit_of_work() as session:
        for kind, day in days.items():
            delivery = Delivery(
                organisation_id=organisation,
                kind=kind,
                design="bespoke",
                title="Example session",
                delivered_on=day,
                minutes=60,
                mode="online",
                trainer="Example Trainer",
                funding="fully_funded",
                by_name="Example Adviser",
            )
            session.add(delivery)
            session.flush()
            session.add(
                Attendance(
                    delivery_id=delivery.id,
                    employer_id=employer_id,
                    case_id=case,
                    attended=3,
                    sector="hospitality",
                    size_tier="small",
                )
            )
    found = current_session().scalars(select(ReportMovement.support))
    assert found.all() == ["workshop consultancy"]
    assert counting.differences() == []
