"""Figures of surveys against a plain recount, and blocks that stay as they are."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask

from portal.db import unit_of_work
from portal.reports.queries import pulse as found
from portal.reports.rules.document import Report, Withheld, from_text, to_text
from portal.reports.rules.pulse_survey import survey
from portal.reports.rules.scope import Scope, View
from portal.reports.service import pulse as service
from portal.reports.service import pulse_reports
from portal.reports.service.building import builder_of
from tests.factories import pulse as make
from tests.factories.accounts import make_user, sign_in
from tests.factories.employers import make_employer
from tests.integration.reports import reference_pulse as reference
from tests.support.client import PortalClient

SPRING, SUMMER = date(2026, 4, 6), date(2026, 7, 6)
SECTORS = {"retail": "47110", "hospitality": "56101", "social_care": "87300"}
People = list[dict[str, str]]


def crowd(rng: random.Random, number: int) -> People:
    return [make.some_answers(rng) for _ in range(number)]


def employer_in(sector: str) -> str:
    with unit_of_work():
        return make_employer(sic_codes=[SECTORS[sector]]).reference


def make_blocks(day: date) -> int:
    with make.on(day), unit_of_work():
        return service.make_blocks()


def read(first: date, last: date, **filters: Any) -> Report:
    return pulse_reports.build(Scope(first, last, **filters))


@pytest.mark.parametrize("number", [8, 13, 27])
def test_an_employers_results_are_a_recount_of_what_people_said(app: Flask, number: int) -> None:
    people = crowd(random.Random(number), number)  # noqa: S311
    wave = make.closed_wave(day=SPRING, people=people, dice=make.Still())
    report = pulse_reports.results_of(wave)
    assert report is not None
    rows = report.section("basket").tables[0].rows
    for one, row in zip(survey().basket, rows, strict=True):
        expected = reference.fifths(people, one.key, "yes", answers=number)
        assert row[3] == (Withheld.TOO_FEW if expected is None else expected), one.key
    for one, row in zip(survey().practice, report.section("practice").tables[0].rows, strict=True):
        expected = reference.fifths(people, one.key, "yes", answers=number)
        assert row[1] == (Withheld.TOO_FEW if expected is None else expected), one.key
    assert report.section("basket").figures[0].value == number
    assert from_text(to_text(report)) == report


def test_results_stand_beside_those_of_the_survey_before(app: Flask) -> None:
    yes = [{"stay": "yes"}] * 10
    first = make.closed_wave(day=SPRING, people=yes, dice=make.Still())
    later = SPRING + timedelta(days=110)
    people = [{"stay": "no"}] * 12
    second = make.closed_wave(first.employer_reference, day=later, people=people, dice=make.Still())
    report = pulse_reports.results_of(second)
    assert report is not None
    row = report.section("basket").tables[0].rows[4]
    assert (row[2], row[5]) == ("1 in 5 or fewer", "4 in 5 or more")
    assert "with 10 answers" in report.section("basket").notes[0]


def test_three_views_stand_side_by_side(app: Flask) -> None:
    views = [
        ("owner", "Olive Example", {"p_posts": "yes", "p_talk": "partly"}),
        ("manager", "Milo Example", {"p_posts": "no"}),
        ("manager", "Mina Example", {"p_posts": "yes", "p_talk": "yes", "stay": "yes"}),
    ]
    people = [{"p_posts": "no"}] * 9
    wave = make.closed_wave(day=SPRING, people=people, views=views, dice=make.Still())
    report = pulse_reports.results_of(wave)
    assert report is not None
    practice = report.section("practice")
    assert practice.tables[0].rows[0][1:] == (200, 500, 1000)
    assert practice.tables[0].rows[3][1:] == (Withheld.TOO_FEW, 1000, 0)
    assert practice.pictures[0].kind == "dots"
    assert "“Better jobs are open to part-timers”" in practice.intro
    named = report.section("named").tables[0].rows
    assert ("Milo Example", "Manager", "Better jobs are open to part-timers", "No") in named
    assert len(named) == 5, "what is no practice statement is not kept"


def _year(rng: random.Random) -> dict[str, tuple[str, date, People]]:
    """Surveys of two quarters: enough retailers, some others. Keyed by the survey."""
    made = {}
    plan = [(SPRING, "retail", 6), (SPRING, "hospitality", 2), (SPRING, "social_care", 3)]
    plan += [(SUMMER, "retail", 4), (SUMMER, "hospitality", 5)]
    for day, sector, number in plan:
        for _ in range(number):
            people = crowd(rng, rng.randrange(8, 14))
            wave = make.closed_wave(employer_in(sector), day=day, people=people, dice=make.Still())
            made[wave.reference] = (sector, day, people)
    return made


def _recount(report: Report, people: People) -> None:
    rows = report.section("basket").tables[0].rows
    part_timers = reference.part_timers(people)
    for one, row in zip(survey().basket, rows, strict=True):
        expected = (
            reference.percent(people, one.key, "yes"),
            reference.percent(part_timers, one.key, "yes"),
            reference.percent(people, one.key, "no"),
        )
        assert row[2:] == tuple(Withheld.TOO_FEW if n is None else n for n in expected), one.key
    figures = {figure.key: figure.value for figure in report.figures}
    assert figures["answers"] == len(people)
    assert figures["part_time"] == reference.percent(people, "hours", "part_time")


def test_the_leps_report_is_a_recount_over_whole_blocks(app: Flask) -> None:
    rng = random.Random(41)  # noqa: S311
    made = _year(rng)

    def of(*days: date, sectors: tuple[str, ...] = tuple(SECTORS)) -> People:
        return [
            person
            for sector, day, people in made.values()
            if day in days and sector in sectors
            for person in people
        ]

    # Retail alone, then hospitality and social care together; nothing before the quarter is over.
    assert make_blocks(date(2026, 6, 30)) == 0
    assert make_blocks(date(2026, 7, 1)) == 2
    _recount(read(date(2026, 1, 1), date(2026, 6, 30)), of(SPRING))
    assert make_blocks(date(2026, 10, 1)) == 1, "four retailers wait"
    assert make_blocks(date(2026, 10, 2)) == 0, "a block is made once"
    summer = of(SUMMER, sectors=("hospitality",))
    _recount(read(date(2026, 7, 1), date(2026, 9, 30)), summer)
    _recount(read(date(2026, 1, 1), date(2026, 12, 31)), of(SPRING) + summer)
    retail = read(date(2026, 1, 1), date(2026, 12, 31), sector="retail")
    _recount(retail, of(SPRING, sectors=("retail",)))
    assert any("wait until there are enough" in note for note in retail.notes)


def test_no_two_reports_differ_by_less_than_a_block(app: Flask) -> None:
    """Every period by the day, every filter: what one shows more than another is whole blocks."""
    _year(random.Random(5))  # noqa: S311
    make_blocks(date(2026, 7, 1))
    make_blocks(date(2026, 10, 1))
    days = [date(2026, 1, 1) + timedelta(days=step) for step in range(0, 360, 30)]
    shown: set[tuple[int, int]] = set()
    for (first, last), sector in itertools.product(itertools.combinations(days, 2), ("", *SECTORS)):
        report = read(first, last, sector=sector, district="leeds", size_tier="small")
        values = {figure.key: figure.value for figure in report.figures}
        shown.add((int(values.get("surveys", 0)), int(values.get("answers", 0))))  # type: ignore[arg-type]
    blocks = found.blocks(date(2026, 1, 1), date(2026, 12, 31))
    assert all(block.employers >= 5 and block.answers >= 5 * 8 for block in blocks)
    unions = {
        (sum(block.employers for block in some), sum(block.answers for block in some))
        for number in range(len(blocks) + 1)
        for some in itertools.combinations(blocks, number)
    }
    assert len(shown) > len(blocks), "the search has looked at several unions"
    assert shown <= unions


def test_filters_that_would_reach_one_employer_are_not_applied(app: Flask) -> None:
    _year(random.Random(6))  # noqa: S311
    make_blocks(date(2026, 7, 1))
    plain = read(date(2026, 1, 1), date(2026, 12, 31))
    narrow = read(date(2026, 1, 1), date(2026, 12, 31), district="york", size_tier="micro")
    assert narrow.sections == plain.sections
    assert any("not filtered by size or district" in note for note in narrow.notes)


def test_a_large_employer_that_would_be_most_of_a_block_waits(app: Flask) -> None:
    for number in (60, 8, 8, 8, 8):
        people = [{"stay": "yes"}] * number
        make.closed_wave(employer_in("retail"), day=SPRING, people=people)
    assert make_blocks(date(2026, 7, 1)) == 0
    report = read(date(2026, 1, 1), date(2026, 12, 31))
    assert report.summary.startswith("Nothing yet: no 5 employers have results together.")
    assert "wait" in report.summary
    assert report.sections == ()


def test_the_report_is_for_lep_staff_only(client: PortalClient) -> None:
    builder = builder_of("workers")
    assert builder is not None
    assert builder.views == {View.FULL}
    _year(random.Random(7))  # noqa: S311
    make_blocks(date(2026, 7, 1))
    with unit_of_work():
        officer, other = make_user(roles=["lep_officer"]), make_user(roles=["evaluator"])
    sign_in(client, officer)
    text = client.soup("/reports/workers?first=2026-01&last=2026-12").get_text(" ")
    assert "What workers say" in text
    sign_in(client, other)
    assert client.get("/reports/workers").status_code in {403, 404}


def test_totals_of_blocks_are_those_of_their_surveys(app: Flask) -> None:
    made = _year(random.Random(8))  # noqa: S311
    make_blocks(date(2026, 7, 1))
    blocks = found.blocks(date(2026, 1, 1), date(2026, 12, 31))
    added: Counter[tuple[str, str, str]] = Counter()
    for key in made:
        wave = make.wave(key)
        if wave.closed_on and wave.closed_on < date(2026, 7, 1):
            totals: Mapping[Any, Mapping[str, int]] = found.totals_of(wave.id)[wave.id]
            for (whose, question), each in totals.items():
                for choice, n in each.items():
                    added[whose, question, choice] += n
    summed: Counter[tuple[str, str, str]] = Counter()
    for line in found.sums([block.id for block in blocks]):
        summed[line.whose, line.question, line.choice] += line.n
    assert summed == added
