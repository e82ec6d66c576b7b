"""The diagnostics report, held against a plain reading of the records."""

from __future__ import annotations

import random
from datetime import date
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from flask import Flask
from sqlalchemy import event

from portal.db import current_session, unit_of_work
from portal.diagnostics.rules import catalogue
from portal.diagnostics.service.rollups import Cell, Counted, count_current
from portal.programme.models import ProgrammeSetting
from portal.reports.queries import diagnostics as queries
from portal.reports.rules.document import Report, Table, Withheld, from_text, to_text
from portal.reports.rules.scope import Scope
from portal.reports.service import counting
from portal.reports.service.diagnostics import build
from tests.integration.reports import reference_diagnostics as plain
from tests.integration.reports.diagnostics_world import DiagnosticsWorld
from tests.integration.reports.reference_diagnostics import Asked, Moved

EVER = (date(2000, 1, 1), date(2099, 12, 31))
MINIMUM = 3
SECTORS = {
    "retail": "Retail",
    "hospitality": "Hospitality",
    "social_care": "Social care",
    "other": "Another sector",
}
ASKED = [
    Asked(*EVER),
    Asked(*EVER, sector="retail"),
    Asked(*EVER, size="small"),
    Asked(*EVER, district="leeds"),
    Asked(date(2025, 2, 1), date(2026, 1, 31)),
    Asked(date(2025, 5, 1), date(2026, 8, 31), sector="hospitality"),
]


@pytest.fixture
def second_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Publish a version 2: another weight, and one question begun anew."""

    def publish() -> None:
        first = (catalogue.FOLDER / "part-time-talent-1.yaml").read_text(encoding="utf-8")
        (tmp_path / "part-time-talent-1.yaml").write_text(first, encoding="utf-8")
        second = (
            first.replace("\nversion: 1\n", "\nversion: 2\n", 1)
            .replace("short: Leadership, weight: 1", "short: Leadership, weight: 5", 1)
            .replace("  - key: lead_owner\n", "  - key: lead_owner\n    comparable_from: 2\n", 1)
        )
        (tmp_path / "part-time-talent-2.yaml").write_text(second, encoding="utf-8")
        monkeypatch.setattr(catalogue, "FOLDER", tmp_path)

    return publish


def report_of(asked: Asked) -> Report:
    return build(
        Scope(
            asked.first,
            asked.last,
            sector=asked.sector,
            size_tier=asked.size,
            district=asked.district,
        )
    )


def rows_of(table: Table) -> dict[str, tuple[Any, ...]]:
    found = {str(row[0]): row[1:] for row in table.rows}
    assert len(found) == len(table.rows), "Two rows are called the same"
    if table.total is not None:
        found[str(table.total[0])] = table.total[1:]
    return found


def tables(report: Report, section: str) -> dict[str, dict[str, tuple[Any, ...]]]:
    return {table.key: rows_of(table) for table in report.section(section).tables}


def figures(report: Report) -> dict[str, Any]:
    return {figure.key: figure.value for figure in report.figures}


def dimensions() -> dict[str, tuple[str, str]]:
    newest = catalogue.load_catalogue().latest()
    assert newest is not None
    return {item.key: (item.title, item.short) for item in newest.dimensions}


def test_every_number_is_what_the_records_say(app: Flask, second_version: Any) -> None:
    with unit_of_work() as session:
        session.add(
            ProgrammeSetting(
                key="minimum_comparison_group",
                value=MINIMUM,
                effective_from=date(2020, 1, 1),
            )
        )
    world = DiagnosticsWorld(seed=11)
    world.live(22)
    second_version()
    world.live(28)
    assert counting.differences() == []
    with unit_of_work():
        counting.fold()
    world.live(4)
    moved = plain.movements()
    states = [item.state for item in moved]
    assert states.count("compared") >= 5
    assert states.count("once") >= 2
    for asked in ASKED:
        report = report_of(asked)
        assert from_text(to_text(report)) == report
        check_now(report, asked)
        check_weak(report, asked)
        check_movement(report, asked, moved)
        check_again(report, asked, moved)
        check_support(report, asked, moved)
        check_actions(report, asked)


def check_now(report: Report, asked: Asked) -> None:
    scores = plain.scores_now(asked)
    overall = [score for (key, _), found in scores.items() if key == "overall" for score in found]
    shown = figures(report)
    assert shown["diagnosed_now"] == len(overall)
    assert shown["median_overall"] == plain.quartile(overall, Fraction(1, 2))
    done = plain.completed(asked)
    assert shown["completed"] == done.get("first", 0) + done.get("retake", 0)
    if not overall:
        assert report.section("now").tables == ()
        return
    found = tables(report, "now")
    for band, row in found["scores"].items():
        if band == "All":
            assert row == (len(overall),)
            continue
        low, high = map(int, band.split(" to "))
        assert row == (sum(low <= score <= high for score in overall),), band
    assert sum(row[0] for row in found["scores"].values()) == 2 * len(overall)
    for key, (title, _) in [*dimensions().items(), ("overall", ("Overall", ""))]:
        values = [score for (one, _), some in scores.items() if one == key for score in some]
        levels = [int(Fraction(score, 25) + Fraction(1, 2)) for score in values]
        assert found["standing"][title] == (
            len(values),
            plain.mean_tenths(values),
            *(plain.quartile(values, Fraction(share, 4)) for share in (1, 2, 3)),
            *(levels.count(level) for level in range(5)),
        )


def check_weak(report: Report, asked: Asked) -> None:
    scores = plain.scores_now(asked)
    met = [key for key in SECTORS if any(sector == key for _, sector in scores)]
    if not met:
        assert report.section("weak").tables == ()
        return
    found = tables(report, "weak")
    for key, (_, short) in dimensions().items():
        every = [score for (one, _), some in scores.items() if one == key for score in some]
        groups = [every, *(scores.get((key, sector), []) for sector in met)]
        shares = [
            plain.per_mille(sum(score <= 37 for score in group), len(group))
            if len(group) >= MINIMUM
            else Withheld.TOO_FEW
            for group in groups
        ]
        assert found["weak"][short] == (sum(score <= 37 for score in every), *shares)
    for sector in met:
        overall = scores.get(("overall", sector), [])
        means = {
            short: Fraction(sum(some), len(some))
            for key, (_, short) in dimensions().items()
            if len(some := scores.get((key, sector), [])) >= MINIMUM
        }
        lowest = [short for short, value in means.items() if value == min(means.values())]
        assert found["sectors"][SECTORS[sector]] == (
            len(overall),
            plain.mean_tenths(overall) if len(overall) >= MINIMUM else Withheld.TOO_FEW,
            ", ".join(lowest) if lowest else Withheld.TOO_FEW,
        )


def then_and_now(pairs: list[tuple[int, int]]) -> tuple[Any, ...]:
    then, now = plain.mean([one for one, _ in pairs]), plain.mean([two for _, two in pairs])
    return (
        len(pairs),
        then,
        now,
        None if then is None or now is None else now - then,
        sum(two > one for one, two in pairs),
        sum(two == one for one, two in pairs),
        sum(two < one for one, two in pairs),
    )


def compared(asked: Asked, moved: list[Moved]) -> list[Moved]:
    return [
        item
        for item in moved
        if item.state == "compared"
        and asked.picks(item.sector, item.size, item.district)
        and item.latest_on is not None
        and asked.has(plain.month_of(item.latest_on))
    ]


def check_movement(report: Report, asked: Asked, moved: list[Moved]) -> None:
    wanted = compared(asked, moved)
    overall = [item.scores["overall"] for item in wanted]
    row = then_and_now(overall)
    shown = figures(report)
    assert (shown["matched"], shown["overall_then"], shown["overall_now"]) == row[:3]
    assert shown["rose"] == plain.per_mille(row[4], row[0])
    if not wanted:
        assert report.section("movement").tables == ()
        return
    found = tables(report, "movement")
    assert found["movement"]["Overall"] == row
    for key, (_, short) in dimensions().items():
        pairs = [item.scores[key] for item in wanted if key in item.scores]
        assert found["movement"][short] == then_and_now(pairs), short
    for sector in {item.sector for item in wanted}:
        pairs = [item.scores["overall"] for item in wanted if item.sector == sector]
        assert found["movement-sectors"][SECTORS[sector]] == then_and_now(pairs)
    assert len(found["movement-sectors"]) == 1 + len({item.sector for item in wanted})


def check_again(report: Report, asked: Asked, moved: list[Moved]) -> None:
    cohort = [
        item
        for item in moved
        if asked.picks(item.sector, item.size, item.district)
        and asked.has(plain.month_of(item.first_on))
    ]
    once = [item for item in cohort if item.state == "once"]
    shown = figures(report)
    assert shown["cohort"] == len(cohort)
    assert shown["not_again"] == plain.per_mille(len(once), len(cohort))
    if not cohort:
        assert report.section("again").tables == ()
        return
    found = tables(report, "again")
    for title, low, high in (
        ("Less than 6 months ago", 0, 5),
        ("6 to 11 months ago", 6, 11),
        ("12 months ago or more", 12, 10**6),
        ("All", 0, 10**6),
    ):
        states = [
            item.state
            for item in cohort
            if low
            <= 12 * (asked.last.year - item.first_on.year) + asked.last.month - item.first_on.month
            <= high
        ]
        n = [states.count(state) for state in ("compared", "apart", "once")]
        row = found["again"][title]
        assert row[:5] == (len(states), *n, plain.per_mille(len(states) - n[2], len(states)))
        if states:
            assert row[5] <= row[4] <= row[6]
    for title, items in (
        ("Taken again", [item for item in cohort if item.state != "once"]),
        ("Not taken again", once),
        ("All", cohort),
    ):
        scores = [item.first_score for item in items if item.first_score is not None]
        assert found["again-scores"][title] == (len(items), plain.mean_tenths(scores))


def check_support(report: Report, asked: Asked, moved: list[Moved]) -> None:
    wanted = [(item, plain.support_of(item)) for item in compared(asked, moved)]
    if not wanted:
        assert report.section("support").tables == ()
        return
    found = tables(report, "support")
    few = (Withheld.TOO_FEW,) * 5
    names = dict(
        zip(plain.KINDS, ("Training session", "Workshop", "Consultancy", "Coaching"), strict=True)
    )

    def row(items: list[Moved]) -> tuple[Any, ...]:
        changes = [item.scores["overall"][1] - item.scores["overall"][0] for item in items]
        higher = sum(by > 0 for by in changes)
        share = plain.per_mille(higher, len(changes))
        return (len(changes), plain.mean(changes), higher, share)

    for kinds in {support for _, support in wanted}:
        items = [item for item, support in wanted if support == kinds]
        label = " + ".join(names[kind] for kind in kinds).capitalize() or "No such support"
        shown = found["support"][label]
        assert shown[0] == len(items)
        assert shown[1:] == few if len(items) < MINIMUM else shown[:4] == row(items)
    assert len(found["support"]) == 1 + len({support for _, support in wanted})
    for kind, with_it in product(plain.KINDS, (True, False)):
        items = [item for item, support in wanted if (kind in support) is with_it]
        place = 0 if with_it else 2
        shown = found["support-kinds"][names[kind]]
        assert shown[place] == len(items)
        mean = row(items)[1] if len(items) >= MINIMUM else Withheld.TOO_FEW
        assert shown[place + 1] == mean


def check_actions(report: Report, asked: Asked) -> None:
    section = report.section("actions")
    if asked.size or asked.district:
        assert section.tables == ()
        assert "by sector, not by size" in section.notes[0]
        return
    taken, answers = plain.actions(asked), plain.lasted(asked)
    keys = taken.keys() | {key for key, _ in answers}
    assert keys, "nothing to compare"
    newest = catalogue.load_catalogue().latest()
    assert newest is not None
    titles = {item.key: item.title for item in newest.recommendations}
    titles["own"] = "Actions of employers' own"
    found = tables(report, "actions")["actions"]
    assert len(found) == 1 + min(len(keys), 15)
    for key in [*keys, None]:
        chosen = keys if key is None else {key}
        states = [state for one in chosen for state in taken.get(one, [])]
        row: list[int] = [len(states), sum(state in {"done", "embedded"} for state in states)]
        for months in (3, 6, 12):
            said = [word for one in chosen for word in answers.get((one, months), [])]
            row += [len(said), said.count("embedded")]
        title = "All actions" if key is None else titles[key]
        if key is None or title in found:
            assert found[title][1:] == tuple(row), title
    for months in (3, 6, 12):
        said = [word for (_, of), words in answers.items() if of == months for word in words]
        assert figures(report)[f"embedded_{months}"] == plain.per_mille(
            said.count("embedded"), len(said)
        )


def test_nothing_yet_reads_well(app: Flask) -> None:
    report = build(Scope(*EVER))
    assert report.tables == ()
    assert [section.pictures for section in report.sections] == [()] * 6
    assert all(section.notes[0].startswith("Nothing yet") for section in report.sections)
    assert figures(report)["diagnosed_now"] == 0
    assert figures(report)["not_again"] is None


def test_it_takes_three_statements_however_it_is_asked_for(app: Flask) -> None:
    DiagnosticsWorld(seed=3, employers=4).live(5)
    engine = current_session().connection().engine
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        build(Scope(*EVER))
        build(Scope(*EVER, sector="retail", size_tier="small", district="leeds"))
    finally:
        event.remove(engine, "before_cursor_execute", note)
    # The programme's settings are remembered for a request; here they are asked for each time.
    assert len([one for one in seen if one.lstrip().startswith(("SELECT", "WITH"))]) <= 6
    assert not [one for one in seen if "diagnostic_responses" in one]


def test_what_it_reads_does_not_grow_with_employers(app: Flask) -> None:
    """Rows are counted, not time: a row a group, whatever scores those in it have."""
    few = _rows_read(employers=1)
    many = _rows_read(employers=30)
    assert many == few
    # The control: another group is another row for each dimension.
    assert _rows_read(employers=1, district="york")["standing"] == 2 * few["standing"]


def _rows_read(*, employers: int, district: str = "leeds") -> dict[str, int]:
    """How many rows each question gives once so many more employers are counted."""
    keys = [*dimensions(), "overall"]
    spread = random.Random(employers)  # noqa: S311
    with unit_of_work():
        for _ in range(employers):
            count_current(
                come=Counted(
                    Cell(catalogue.MAIN_KEY, "retail", "small", district),
                    {key: spread.randrange(101) for key in keys},
                )
            )
    fetched: dict[str, int] = {}
    session = current_session()
    real = session.execute

    def counting_rows(name: str) -> Any:
        def execute(query: Any) -> list[Any]:
            rows = list(real(query))
            fetched[name] = fetched.get(name, 0) + len(rows)
            return rows

        return execute

    for name in ("standing", "counted"):
        with patch.object(session, "execute", counting_rows(name)):
            getattr(queries, name)(Scope(*EVER))
    return fetched


def test_no_word_claims_an_effect(app: Flask) -> None:
    DiagnosticsWorld(seed=5, employers=4).live(6)
    text = to_text(build(Scope(*EVER))).lower()
    assert "impact" not in text
    assert "because of the service" not in text
    assert "association" in text or "nothing yet" in text
