"""Surveys of workers: opening, answering, closing, stopping; and taking surveys together.

Answering is the one action in the portal that leaves no trace of who did it or when: no audit
entry, no timeline, no job, no log line. What opens, closes and stops a survey is audited as all
else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from secrets import SystemRandom
from typing import Final

from sqlalchemy import case, delete, insert, or_, update

from portal.db import audit, current_session, outbox, unit_of_work
from portal.employers.queries import EmployerProfile
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme
from portal.reports.models import PulseBlock, PulseSum, PulseTally, PulseView, PulseWave
from portal.reports.queries import pulse as found
from portal.reports.rules import pulse_privacy as privacy
from portal.reports.rules.pulse_survey import CURRENT, HOURS, PART_TIME, Survey, survey
from portal.reports.rules.pulse_waves import Opening, faults_of, may_close, takes_answers

POSTER_KIND: Final = "reports.pulse_poster"
NO_WAVE: Final = Problem("no_survey", "There is no such survey")
OVER: Final = Problem("over", "The survey takes no answers any more")
FULL: Final = Problem("full", "The survey has as many answers as there are people")
NOTHING: Final = Problem("nothing", "Nothing was answered")
TOO_EARLY: Final = Problem(
    "too_early", "A survey can be closed when it has been open for a week, not before"
)
ROLE_MISSING: Final = Problem("role", "Say whether you own the business or manage people", "role")
_DICE: Final = SystemRandom()


def open_wave(
    *, employer: EmployerProfile, opening: Opening, by: Author, is_example: bool = False
) -> Ok[PulseWave] | list[Problem]:
    """Open a survey of an employer's workers; its poster is drawn by the worker."""
    day = today()
    least = programme.settings().minimum_pulse_answers
    earlier = found.waves_of(employer.id)
    closed = [one.closed_on for one in earlier if one.state == "closed" and one.closed_on]
    faults = faults_of(
        opening,
        day=day,
        least=least,
        is_open=any(one.is_open for one in earlier),
        last_closed_on=max(closed, default=None),
    )
    if faults:
        return faults
    session = current_session()
    wave = PulseWave(
        employer_id=employer.id,
        survey_version=CURRENT,
        invited=opening.invited,
        threshold=least,
        opened_on=day,
        closes_on=opening.closes_on,
        opened_by=by.user_id,
        opened_by_name=by.shown,
        sector=employer.sector,
        size_tier=employer.size_tier,
        district=employer.district,
        is_example=is_example,
    )
    session.add(wave)
    session.flush()
    _add_totals(wave.id, survey(CURRENT))
    _record("opened", wave, by)
    outbox.add(
        kind=POSTER_KIND,
        payload={"wave": wave.reference},
        unique_key=f"{POSTER_KIND}:{wave.reference}",
    )
    return Ok(wave)


def _add_totals(wave_id: int, asked: Survey) -> None:
    """A total for everything that can be answered, all at once and before anybody answers."""
    rows = [
        {"wave_id": wave_id, "whose": whose, "question": one.key, "choice": choice, "n": 0}
        for whose in ("all", "part_time")
        for one in asked.statements
        for choice in one.counted
    ]
    current_session().execute(insert(PulseTally), rows)


def answer(*, code: str, answers: Mapping[str, str]) -> Ok[None] | Err:
    """Add somebody's answers to the totals of a survey; nothing else of it is kept.

    Every total of the survey is written, also those that stay as they are: a database remembers
    which rows were written last, and that must not tell what somebody answered.
    """
    wave = found.wave_to_answer(code)
    if wave is None:
        return Err(NO_WAVE)
    day = today()
    if not takes_answers(state=wave.state, closes_on=wave.closes_on, day=day):
        return Err(OVER)
    given = survey(wave.survey_version).counted(answers)
    if not given:
        return Err(NOTHING)
    if wave.answers >= wave.invited:
        return Err(FULL)
    ticked = or_(
        *(
            (PulseTally.question == question) & (PulseTally.choice == choice)
            for question, choice in given.items()
        )
    )
    if given.get(HOURS) != PART_TIME:
        ticked &= PulseTally.whose == "all"
    session = current_session()
    session.execute(
        update(PulseTally)
        .where(PulseTally.wave_id == wave.id)
        .values(n=PulseTally.n + case((ticked, 1), else_=0))
        .execution_options(synchronize_session=False)
    )
    if wave.counted_on != day:
        wave.counted_on, wave.answers_before = day, wave.answers
    wave.answers += 1
    session.flush()
    return Ok(None)


def close(*, reference: str, by: Author, dice: privacy.Dice = _DICE) -> Ok[PulseWave] | Err:
    """Close a survey: blur its totals and keep them as its result, or forget them if too few came.

    The exact totals are gone with the transaction.
    """
    wave = found.wave_to_change(reference)
    if wave is None or wave.state != "open":
        return Err(NO_WAVE)
    day = today()
    if not may_close(opened_on=wave.opened_on, day=day):
        return Err(TOO_EARLY)
    wave.state, wave.closed_on = "closed", min(day, wave.closes_on)
    wave.counted_on, wave.answers_before = None, 0
    wave.released = wave.answers >= wave.threshold
    if wave.released:
        tallies = found.tallies_to_change(wave.id)
        for tally, n in zip(tallies, privacy.blurred([t.n for t in tallies], dice), strict=True):
            tally.n = n
        _add_views(wave)
    else:
        _forget(wave)
    _record("closed", wave, by)
    current_session().flush()
    return Ok(wave)


def stop(*, reference: str, by: Author) -> Ok[PulseWave] | Err:
    """Stop a survey and throw away what came: it never has results."""
    wave = found.wave_to_change(reference)
    if wave is None or wave.state != "open":
        return Err(NO_WAVE)
    wave.state, wave.closed_on = "stopped", today()
    wave.counted_on, wave.answers_before = None, 0
    _forget(wave)
    _record("stopped", wave, by)
    current_session().flush()
    return Ok(wave)


def _forget(wave: PulseWave) -> None:
    wave.answers = 0
    current_session().execute(delete(PulseTally).where(PulseTally.wave_id == wave.id))


def _add_views(wave: PulseWave) -> None:
    """Add up the named views, for what is said of several employers together."""
    totals: Counter[tuple[str, str, str]] = Counter()
    for one in found.views_of(wave.id):
        totals.update((one.role, question, choice) for question, choice in one.answers.items())
        if one.role == "owner":
            wave.owners += 1
        else:
            wave.managers += 1
    rows = [
        {"wave_id": wave.id, "whose": role, "question": question, "choice": choice, "n": n}
        for (role, question, choice), n in sorted(totals.items())
    ]
    if rows:
        current_session().execute(insert(PulseTally), rows)


def give_view(
    *, reference: str, role: str, answers: Mapping[str, str], by: Author
) -> Ok[PulseView] | Err:
    """Keep how an owner or a manager sees the practice; they may change it while it is open."""
    wave = found.wave_to_change(reference)
    if wave is None or not takes_answers(state=wave.state, closes_on=wave.closes_on, day=today()):
        return Err(OVER)
    if role not in {"owner", "manager"}:
        return Err(ROLE_MISSING)
    asked = survey(wave.survey_version)
    practice = {one.key for one in asked.practice}
    given = {key: value for key, value in asked.counted(answers).items() if key in practice}
    if not given:
        return Err(NOTHING)
    session = current_session()
    view = (
        session.query(PulseView).filter_by(wave_id=wave.id, user_id=by.user_id).one_or_none()
        if by.user_id is not None
        else None
    )
    if view is None:
        view = PulseView(wave_id=wave.id, user_id=by.user_id)
        session.add(view)
    view.by_name, view.role, view.answers, view.given_on = by.shown, role, given, today()
    session.flush()
    _record("view_given", wave, by)
    return Ok(view)


def close_due() -> int:
    """Close every survey whose last day is over; returns how many. Each in its own unit of work."""
    closed = 0
    for reference in found.due_references(today()):
        with unit_of_work():
            closed += isinstance(close(reference=reference, by=Author(None, "The portal")), Ok)
    return closed


def make_blocks(day: date | None = None) -> int:
    """Take surveys of finished quarters together where there are enough; returns how many blocks.

    A block is made once and never changes: what was read over several employers stays as it was.
    """
    session = current_session()
    least = programme.settings().minimum_pulse_employers
    made = privacy.blocks(found.waiting(), day=day or today(), least=least)
    for one in made:
        first, last = one.days
        waves = session.query(PulseWave).filter(
            PulseWave.id.in_([wave.wave_id for wave in one.waves])
        )
        held = waves.order_by(PulseWave.id).with_for_update().populate_existing().all()
        if any(wave.block_id is not None for wave in held):
            continue  # another worker was there first
        block = PulseBlock(
            sector=one.sector,
            first_on=first,
            last_on=last,
            employers=one.employers,
            answers=one.answers,
            owners=sum(wave.owners for wave in held),
            managers=sum(wave.managers for wave in held),
            is_example=any(wave.is_example for wave in held),
        )
        session.add(block)
        session.flush()
        for wave in held:
            wave.block_id = block.id
        _add_sums(block.id, [wave.id for wave in held])
        audit.record(
            action="pulse.block_made",
            subject=f"pulse_block:{block.reference}",
            detail={"employers": block.employers},
        )
    session.flush()
    return len(made)


def _add_sums(block_id: int, wave_ids: list[int]) -> None:
    added: Counter[tuple[str, str, str]] = Counter()
    for totals in found.totals_of(*wave_ids).values():
        for (whose, question), by_choice in totals.items():
            for choice, n in by_choice.items():
                added[whose, question, choice] += n
    rows = [
        {"block_id": block_id, "whose": whose, "question": question, "choice": choice, "n": n}
        for (whose, question, choice), n in sorted(added.items())
    ]
    if rows:
        current_session().execute(insert(PulseSum), rows)


def _record(what: str, wave: PulseWave, by: Author) -> None:
    audit.record(
        action=f"pulse.{what}", subject=f"pulse:{wave.reference}", detail={}, actor_id=by.user_id
    )
