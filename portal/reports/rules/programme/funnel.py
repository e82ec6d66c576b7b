"""The way from referral to embedded practice: who went on, who did not, how long it took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from portal.reports.rules.document import Column, Drill, Section, Table, Unit, Value
from portal.reports.rules.programme.data import Data, next_month, quarter_of
from portal.reports.rules.programme.tables import table, text
from portal.reports.rules.programme.tally import median
from portal.reports.rules.readings import pictured
from portal.reports.rules.written import share

STEPS: Final = (
    ("referred", "Referred"),
    ("accepted", "Case opened"),
    ("consulted", "Consultation held"),
    ("session", "In-depth session held"),
    ("plan", "Action plan agreed"),
    ("supported", "Support delivered"),
    ("followed", "Followed up"),
    ("embedded", "A practice is embedded"),
)
_NOT_TAKEN_ON: Final = ("waiting", "declined", "expired")
STATUSES: Final = (
    ("accepted", "Accepted"),
    ("waiting", "Waiting"),
    ("declined", "Declined"),
    ("expired", "Expired"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """One step: how many came to it, and the days between it and the step before."""

    key: str
    title: str
    cases: int
    days: Sequence[tuple[int, int]] = ()


def rows(stages: Sequence[Stage]) -> list[tuple[Value, ...]]:
    """Each step with its share of the first and of the one before, who stopped, and the median."""
    found: list[tuple[Value, ...]] = []
    for before, stage in pairwise((None, *stages)):
        if stage is None:
            continue
        timed = sum(times for _, times in stage.days)
        found.append(
            (
                stage.title,
                stage.cases,
                share(stage.cases, stages[0].cases),
                None if before is None else share(stage.cases, before.cases),
                None if before is None else before.cases - stage.cases,
                median(stage.days),
                timed if stage.days else None,
            )
        )
    return found


def _stages(data: Data) -> list[Stage]:
    steps = data.tally("steps").per("kind")
    found = []
    for key, title in STEPS:
        cases = steps[key].n if key in steps else 0
        if key == "referred":
            if data.scope.size_tier or data.scope.district:
                continue
            cases += data.sum("referrals", kind=_NOT_TAKEN_ON).n
        days = tuple(
            (int(days), one.n) for days, one in data.tally("gaps").per("days", kind=key).items()
        )
        found.append(Stage(key, title, cases, days))
    return found


_COLUMNS: Final = (
    text("step", "Step", "The step of the way."),
    Column(
        "cases",
        "Employers",
        Unit.COUNT,
        "Cases opened in the period that came to this step or a later one, until now. The first "
        "step adds the referrals of the period that no provider has taken on.",
    ),
    Column("of_first", "Of the first step", Unit.PER_MILLE, "As a share of the first step."),
    Column("of_before", "Of the step before", Unit.PER_MILLE, "As a share of the step before."),
    Column(
        "stopped", "Not gone on", Unit.COUNT, "Came to the step before and not, or not yet, here."
    ),
    Column(
        "days",
        "Days since the step before",
        Unit.DAYS,
        "The median of the days between the two steps, of cases that have a day for both, opened "
        "in the quarters that the period touches.",
    ),
    Column("timed", "Cases behind the days", Unit.COUNT, "How many cases the median is made of."),
)


def section(data: Data) -> Section:
    """The funnel and what became of referrals."""
    stages = _stages(data)
    way = table(
        "funnel",
        "From referral to embedded practice",
        _COLUMNS,
        rows(stages),
        total=False,
        note=_note(data),
        drills=[_drill(data, stage.key) for stage in stages],
    )
    referrals = _referrals(data)
    picture = pictured(
        "funnel",
        "funnel",
        "From referral to embedded practice",
        way,
        what="employers referred" if stages[0].key == "referred" else "employers taken on",
        label="step",
        value="cases",
        days="days",
    )
    return Section(
        "funnel",
        "From referral to embedded practice",
        "How far the employers of this period have come until now. A case that is under way has "
        "not stopped: it may still go on.",
        tables=(way, referrals),
        pictures=(picture,),
    )


def _note(data: Data) -> str:
    notes = []
    if not data.has("gaps"):
        notes.append("Days between steps are counted for the whole programme only.")
    elif not _whole_quarters(data):
        notes.append("The days speak of whole quarters, the cases of the months chosen.")
    if data.scope.size_tier or data.scope.district:
        notes.append(
            "A referral that nobody took on seldom says the employer's size or district, so the "
            "way begins with the opened case."
        )
    return " ".join(notes)


def _whole_quarters(data: Data) -> bool:
    """Whether the months chosen are whole quarters, the present one as far as it has come."""
    first, last = data.scope.first_month, data.scope.last_month
    ends = data.running or quarter_of(next_month(last)) == next_month(last)
    return quarter_of(first) == first and ends


def _drill(data: Data, step: str) -> Drill | None:
    return None if step == "referred" else data.drill("cohort", kind=step)


def _referrals(data: Data) -> Table:
    received = data.sum("referrals").n
    counted = [(title, key, data.sum("referrals", kind=key).n) for key, title in STATUSES]
    return table(
        "referrals",
        "What became of referrals",
        (
            text("status", "Now", "What became of the referral until now."),
            Column(
                "referrals",
                "Referrals",
                Unit.COUNT,
                "Referrals received in the period, each once.",
            ),
            Column("share", "Share", Unit.PER_MILLE, "Of all referrals received in the period."),
        ),
        [(title, n, share(n, received)) for title, _, n in counted],
        drills=[data.drill("referrals", kind=key) for _, key, _ in counted],
    )
