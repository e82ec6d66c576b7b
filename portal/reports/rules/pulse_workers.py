"""What workers say over several employers: the report "workers", made of blocks of surveys only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Final

from portal.reports.rules.document import (
    Column,
    Figure,
    Picture,
    Report,
    Section,
    Table,
    Unit,
    Value,
    Withheld,
)
from portal.reports.rules.pulse_survey import HOURS, NO, PART_TIME, YES, Statement, Survey
from portal.reports.rules.readings import pictured

KEY: Final = "workers"
TITLE: Final = "What workers say"
ABOUT: Final = (
    "Pay, secure work and progress as workers report them in anonymous surveys, and the same "
    "practices as owners, managers and staff see them."
)
_CORE: Final = ("pay_up", "stay", "can_move")
_RULE: Final = (
    "Added up over surveys that closed with enough answers, in blocks of employers that are made "
    "once, when a quarter of a year is over; dated by the last day of the block's quarters"
)
_BLUR: Final = (
    "Every total was blurred once, by about one person, when its survey closed. A share over a "
    "hundred answers is right to within about two percentage points because of it."
)
_WHO: Final = (
    "Those who answer choose to. They are no random sample, so no margin of error is given, and "
    "a difference between two times is not what changed for anybody: other employers and other "
    "people may have answered."
)


@dataclass(frozen=True, slots=True)
class Block:
    """Surveys of several employers, taken together; ``totals`` by whose, statement and answer."""

    sector: str
    first_on: date
    last_on: date
    employers: int
    answers: int
    owners: int
    managers: int
    is_example: bool
    totals: Mapping[tuple[str, str, str], int]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the report is made for: its days, whom it is compared with, and what was left out."""

    first: date
    last: date
    as_at: datetime
    least_answers: int
    least_employers: int
    sector: str = ""
    unfiltered: tuple[str, ...] = ()
    some_wait: bool = False


def workers(
    survey: Survey, blocks: Sequence[Block], asked: Asked, sectors: Mapping[str, str]
) -> Report:
    """The report; it reads well with no blocks, too."""
    return Report(
        key=KEY,
        title=TITLE,
        summary=_summary(blocks, asked),
        first=asked.first,
        last=asked.last,
        as_at=asked.as_at,
        sections=(
            _reach(blocks, asked, sectors),
            _basket(survey, blocks, asked),
            _practice(survey, blocks, asked),
        )
        if blocks
        else (),
        chosen=(("Sector", sectors[asked.sector]),) if asked.sector else (),
        notes=_notes(blocks, asked),
    )


def _summary(blocks: Sequence[Block], asked: Asked) -> str:
    if not blocks:
        wait = (
            f" Results of some employers wait until there are {asked.least_employers} together."
            if asked.some_wait
            else ""
        )
        return f"Nothing yet: no {asked.least_employers} employers have results together.{wait}"
    answers = sum(block.answers for block in blocks)
    return f"{answers:,} people answered surveys of their employers that closed in these months."


def _notes(blocks: Sequence[Block], asked: Asked) -> tuple[str, ...]:
    notes = []
    if any(block.is_example for block in blocks):
        notes.append("These are example answers, made up for the demonstration.")
    if asked.unfiltered:
        notes.append(
            f"This report is not filtered by {' or '.join(asked.unfiltered)}: with such filters "
            "the answers of one employer's people could be worked out. It shows all."
        )
    notes.append(
        f"A survey counts from {asked.least_answers} answers on, and only together with those of "
        f"at least {asked.least_employers} employers, none of which gives more than half of the "
        "answers. Such a block is made once and never changes; nothing finer is shown, and no two "
        "dates or filters differ by less than a block."
    )
    if blocks and asked.some_wait:
        notes.append("Results of some employers wait until there are enough of them together.")
    return (*notes, _BLUR, _WHO) if blocks else tuple(notes)


def _total(blocks: Iterable[Block]) -> Counter[tuple[str, str, str]]:
    added: Counter[tuple[str, str, str]] = Counter()
    for block in blocks:
        for key, n in block.totals.items():
            added[key] += n
    return added


def share(
    totals: Mapping[tuple[str, str, str], int],
    whose: str,
    one: Statement,
    choice: str,
    *,
    least: int,
) -> Value:
    """A share of those who answered a statement, in whole percent; withheld below the least."""
    each = {name: totals.get((whose, one.key, name), 0) for name in one.counted}
    whole = sum(max(n, 0) for n in each.values())
    if whole < least:
        return Withheld.TOO_FEW
    percent = int(Fraction(100 * min(max(each[choice], 0), whole), whole) + Fraction(1, 2))
    return 10 * percent


# Reach -----------------------------------------------------------------------------------------

_BLOCK_COLUMNS: Final = (
    Column("sector", "Sector", Unit.TEXT, "Sector of its employers"),
    Column("until", "Quarter up to", Unit.MONTH, "Last month of its quarters"),
    Column("employers", "Employers", Unit.COUNT, "Employers in the block"),
    Column("answers", "Answers", Unit.COUNT, "People who answered"),
)


def _reach(blocks: Sequence[Block], asked: Asked, sectors: Mapping[str, str]) -> Section:
    rows = tuple(
        (
            sectors.get(block.sector, "Several sectors together"),
            block.last_on.replace(day=1).isoformat(),
            block.employers,
            block.answers,
        )
        for block in blocks
    )
    return Section(
        "reach",
        "Who answered",
        figures=(
            Figure(
                "surveys",
                "Surveys of employers",
                sum(block.employers for block in blocks),
                Unit.COUNT,
                "Employers whose people answered, once for each block they are in",
                _RULE,
            ),
            Figure(
                "answers",
                "People who answered",
                sum(block.answers for block in blocks),
                Unit.COUNT,
                "How many sent in a survey that closed with enough answers",
                _RULE,
            ),
        ),
        tables=(
            Table(
                "blocks",
                "Blocks of surveys",
                _BLOCK_COLUMNS,
                rows,
                total=None
                if len(rows) < 2  # noqa: PLR2004
                else (
                    "All",
                    None,
                    sum(block.employers for block in blocks),
                    sum(block.answers for block in blocks),
                ),
                note=f"Each has at least {asked.least_employers} employers.",
            ),
        ),
    )


# The basket ------------------------------------------------------------------------------------


def _basket(survey: Survey, blocks: Sequence[Block], asked: Asked) -> Section:
    totals, least = _total(blocks), asked.least_answers
    table = _basket_table(survey, totals, least)
    hours = {one.key: one for one in survey.statements}[HOURS]
    return Section(
        "basket",
        "Sticking, staying and progressing",
        intro="The basket of measures for progress from low pay: pay, secure work and position as "
        "its core, responsibility and qualifications beside them.",
        figures=(
            *(_headline(survey, totals, key, least) for key in _CORE),
            Figure(
                "part_time",
                "Work part-time",
                share(totals, "all", hours, PART_TIME, least=least),
                Unit.PER_MILLE,
                "Share of those who told their hours who work part-time",
                _RULE,
            ),
        ),
        tables=(table,),
        pictures=(
            pictured(
                "basket",
                "bars",
                "Share who say yes",
                table,
                what="share who say yes",
                label="statement",
                value="yes",
            ),
        ),
    )


def _basket_table(survey: Survey, totals: Mapping[tuple[str, str, str], int], least: int) -> Table:
    rows = tuple(
        (
            survey.part_title(one.part),
            one.says,
            share(totals, "all", one, YES, least=least),
            share(totals, PART_TIME, one, YES, least=least),
            share(totals, "all", one, NO, least=least),
        )
        for one in survey.basket
    )
    return Table(
        "basket",
        "What workers say of their work",
        (
            Column("part", "About", Unit.TEXT, "The measure of the basket"),
            Column("statement", "Workers say", Unit.TEXT, "The statement"),
            Column("yes", "Yes", Unit.PER_MILLE, "Share of all who answered it"),
            Column("part_time", "Yes, part-time", Unit.PER_MILLE, "Share of part-time staff"),
            Column("no", "No", Unit.PER_MILLE, "Share of all who answered it who say no"),
        ),
        rows,
        note="Core measures are pay, secure work and moving up.",
    )


def _headline(
    survey: Survey, totals: Mapping[tuple[str, str, str], int], key: str, least: int
) -> Figure:
    one = {statement.key: statement for statement in survey.statements}[key]
    return Figure(
        key,
        one.says,
        share(totals, "all", one, YES, least=least),
        Unit.PER_MILLE,
        "Share of those who answered it who say yes",
        _RULE,
    )


# Three views -----------------------------------------------------------------------------------


def _practice(survey: Survey, blocks: Sequence[Block], asked: Asked) -> Section:
    # Views are not blurred: only blocks with enough people of a group count for it.
    enough = asked.least_employers
    totals = _total(blocks)
    owners = _total(block for block in blocks if block.owners >= enough)
    managers = _total(block for block in blocks if block.managers >= enough)
    rows = tuple(
        (
            one.says,
            share(totals, "all", one, YES, least=asked.least_answers),
            _tenths(share(managers, "manager", one, YES, least=enough)),
            _tenths(share(owners, "owner", one, YES, least=enough)),
        )
        for one in survey.practice
    )
    table = Table(
        "practice",
        "The same practice as each group sees it",
        (
            Column("statement", "Statement", Unit.TEXT, "What all of them were asked"),
            Column("staff", "Staff", Unit.PER_MILLE, "Share of staff who say yes"),
            Column("managers", "Managers", Unit.PER_MILLE, "Share of managers, in tenths"),
            Column("owners", "Owners", Unit.PER_MILLE, "Share of owners, in tenths"),
        ),
        rows,
        note=f"Managers and owners are shown where at least {enough} of a block gave their view, "
        "in tenths, with 10% standing for fewer and 90% for more.",
    )
    return Section(
        "practice",
        "One practice, as staff, managers and owners see it",
        tables=(table,),
        pictures=_picture(table),
    )


def _picture(table: Table) -> tuple[Picture, ...]:
    if not any(isinstance(value, int) for row in table.rows for value in row[2:]):
        return ()
    return (
        pictured(
            "views",
            "dots",
            "Who says yes, statement by statement",
            table,
            what="share who say yes",
            label="statement",
            values=["staff", "managers", "owners"],
        ),
    )


def _tenths(value: Value) -> Value:
    return min(max((value + 50) // 100 * 100, 100), 900) if isinstance(value, int) else value
