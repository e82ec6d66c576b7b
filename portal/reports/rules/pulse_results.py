"""What one survey of workers said, for the employer: its basket, and three views of the practice.

Made of blurred totals and of the views that owners and managers gave under their names. Nothing in
it can say what one worker answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
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
from portal.reports.rules.pulse_privacy import shown_shares
from portal.reports.rules.pulse_survey import NO, YES, Statement, Survey
from portal.reports.rules.readings import pictured
from portal.reports.rules.sentences import listed

KEY: Final = "pulse"
STAFF: Final = "all"
ROLE_WORDS: Final[Mapping[str, str]] = {"owner": "Owner", "manager": "Manager"}
ANSWER_WORDS: Final[Mapping[str, str]] = {YES: "Yes", "partly": "Partly", NO: "No"}
HOW_SHARES_ARE_MADE: Final = (
    "Shares are rounded, to fifths or, from 20 answers on, to tenths, and every number behind them "
    "was blurred once by about one person. So nobody's answer can be worked out, not even by "
    "somebody who knows all the others. Differences of one step mean nothing."
)
# A share differs from another only when it is further away than rounding and blur.
_APART: Final = 300


@dataclass(frozen=True, slots=True)
class View:
    """How one owner or manager sees the practice, under their name."""

    name: str
    role: str
    answers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Result:
    """A survey that closed with enough answers; ``totals`` are blurred, by statement."""

    employer: str
    opened_on: date
    closed_on: date
    invited: int
    answers: int
    least: int
    totals: Mapping[str, Mapping[str, int]]
    views: Sequence[View] = ()
    is_example: bool = False


@dataclass(frozen=True, slots=True)
class _Shares:
    yes: str | Withheld
    no: str | Withheld
    mille: int | Withheld


_HIDDEN: Final = _Shares(Withheld.TOO_FEW, Withheld.TOO_FEW, Withheld.TOO_FEW)


def results(survey: Survey, result: Result, before: Result | None = None) -> Report:
    """The report of one survey, beside the one before it if there was one."""
    example = ("These are example answers, made up for the demonstration.",)
    return Report(
        key=KEY,
        title=f"What staff of {result.employer} say",
        summary=f"{result.answers} of {result.invited} people answered "
        f"between {_day(result.opened_on)} and {_day(result.closed_on)}.",
        first=result.opened_on,
        last=result.closed_on,
        # The whole day: no instant of a survey is kept.
        as_at=datetime.combine(result.closed_on, time(12), tzinfo=UTC),
        sections=(
            _basket(survey, result, before),
            _practice(survey, result),
            *([_named(survey, result)] if result.views else []),
        ),
        notes=(*(example if result.is_example else ()), HOW_SHARES_ARE_MADE),
        frozen_on=result.closed_on,
    )


def _basket(survey: Survey, result: Result, before: Result | None) -> Section:
    rows = [
        (survey.part_title(one.part), one.says, *_row(one, result, before)) for one in survey.basket
    ]
    return Section(
        "basket",
        "Sticking, staying and progressing",
        intro="Pay, secure work and moving up come first; responsibility and qualifications stand "
        "beside them. All of it is what people say of themselves.",
        figures=(
            Figure(
                "answers",
                "People who answered",
                result.answers,
                Unit.COUNT,
                "How many people sent in the survey",
                "Counted as they came, and told once the survey has closed",
                note=f"of {result.invited} who were asked",
            ),
        ),
        tables=(Table("basket", "What staff say of their work", _basket_columns(), tuple(rows)),),
        notes=() if before is None else (_last_time(before),),
    )


def _last_time(before: Result) -> str:
    return (
        f"Last time: the survey that closed on {_day(before.closed_on)}, with {before.answers} "
        "answers. Other people may have answered, so a difference is not what changed for anybody."
    )


def _basket_columns() -> tuple[Column, ...]:
    return (
        Column("part", "About", Unit.TEXT, "The measure of the basket"),
        Column("statement", "Staff say", Unit.TEXT, "The statement"),
        Column("yes", "Yes", Unit.TEXT, "Share who say yes, rounded"),
        Column("yes_share", "Yes, as a share", Unit.PER_MILLE, "The same as a number"),
        Column("no", "No", Unit.TEXT, "Share who say no, rounded"),
        Column("before", "Yes, last time", Unit.TEXT, "Share who said yes in the survey before"),
    )


def _row(one: Statement, result: Result, before: Result | None) -> tuple[Value, ...]:
    now = _shares(one, result)
    earlier: Value = None if before is None else _shares(one, before).yes
    return now.yes, now.mille, now.no, earlier


def _shares(one: Statement, result: Result) -> _Shares:
    found = shown_shares(result.totals.get(one.key, {}), answers=result.answers, least=result.least)
    if found is None:
        return _HIDDEN
    yes, no = found
    return _Shares(yes.words, no.words, yes.per_mille)


# Three views of one practice ---------------------------------------------------------------------


def _practice(survey: Survey, result: Result) -> Section:
    groups = {"staff": "Staff", "managers": "Managers", "owners": "Owners"}
    roles = {"managers": "manager", "owners": "owner"}
    shown = {
        group: title
        for group, title in groups.items()
        if group == "staff" or any(one.role == roles[group] for one in result.views)
    }
    rows = [
        (one.says, *(_of_group(one, result, roles.get(group)) for group in shown))
        for one in survey.practice
    ]
    columns = (
        Column("statement", "Statement", Unit.TEXT, "What all of them were asked"),
        *(
            Column(group, f"{title} who say yes", Unit.PER_MILLE, _MEANINGS[group])
            for group, title in shown.items()
        ),
    )
    table = Table("practice", "The same practice as each group sees it", columns, tuple(rows))
    others = len(shown) > 1
    return Section(
        "practice",
        "One practice, as staff, managers and owners see it",
        intro=_differences(survey, rows)
        if others
        else "No owner or manager has given a view, so there is nothing to set beside it.",
        tables=(table,),
        pictures=(_picture(table, tuple(shown)),) if others else (),
        notes=(
            "The share of staff is rounded and blurred; those of owners and managers are exact.",
        )
        if others
        else (),
    )


_MEANINGS: Final[Mapping[str, str]] = {
    "staff": "Share of staff who say yes, rounded",
    "managers": "Share of the managers who gave their view",
    "owners": "Share of the owners who gave their view",
}


def _picture(table: Table, shown: tuple[str, ...]) -> Picture:
    return pictured(
        "views",
        "dots",
        "Who says yes, statement by statement",
        table,
        what="share who say yes",
        label="statement",
        values=list(shown),
    )


def _of_group(one: Statement, result: Result, role: str | None) -> Value:
    if role is None:
        return _shares(one, result).mille
    said = [
        view.answers[one.key]
        for view in result.views
        if view.role == role and one.key in view.answers
    ]
    if not said:
        return None
    return int(Fraction(1000 * said.count(YES), len(said)) + Fraction(1, 2))


def _differences(survey: Survey, rows: Sequence[tuple[Value, ...]]) -> str:
    """Where staff see a practice otherwise than those who lead; worth a talk, not a verdict."""
    apart = []
    for one, (_says, staff, *leaders) in zip(survey.practice, rows, strict=True):
        known = [value for value in leaders if isinstance(value, int)]
        if isinstance(staff, int) and known and max(known) - staff >= _APART:
            apart.append(f"“{one.says}”")
    if not apart:
        return "Staff and those who lead them see these practices much the same way."
    return (
        f"Fewer staff than owners or managers say this: {listed(apart)}. "
        "That is worth asking about."
    )


def _named(survey: Survey, result: Result) -> Section:
    rows = [
        (view.name, ROLE_WORDS[view.role], one.says, ANSWER_WORDS[view.answers[one.key]])
        for view in result.views
        for one in survey.practice
        if one.key in view.answers
    ]
    return Section(
        "named",
        "Owners and managers by name",
        intro="They gave these views under their names, for the people of your business only.",
        tables=(
            Table(
                "named",
                "Who said what",
                (
                    Column("name", "Name", Unit.TEXT, "Who gave the view"),
                    Column("role", "Role", Unit.TEXT, "Owner or manager, as they said"),
                    Column("statement", "Statement", Unit.TEXT, "What they were asked"),
                    Column("answer", "Answer", Unit.TEXT, "What they answered"),
                ),
                tuple(rows),
            ),
        ),
    )


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
