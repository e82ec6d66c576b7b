"""Outcomes before and after, as a section of a report. Change with its sample, never impact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from portal.reports.rules.document import Column, Figure, Section, Table, Unit, Value, Withheld
from portal.reports.rules.readings import pictured
from portal.reports.rules.written import mean, share

# What each measure counts. The five kinds are domain.md's; quality part-time roles are the sixth.
MEASURES: Final[Mapping[str, str]] = {
    "posts": "Posts above entry level open part-time or flexibly",
    "quality": "Quality part-time roles advertised in 12 months",
    "policies": "Policies in place, of two asked about",
    "pathways": "Entry-level roles with the next step written down",
    "support": "Reviews, coaching and mentoring of part-time staff",
    "training": "Part-time staff who had extra training",
}
QUALITY: Final = (
    "A quality part-time role pays over £20,000 a year full-time equivalent and is advertised as "
    "part-time or with flexibility (Green and others, 2016, note 40)."
)
_RULE: Final = (
    "Counted in the month of the employer's first record, only where the employer agreed to share "
    "data on outcomes. The start is the latest record of the start; afterwards is the latest "
    "follow-up. Both must answer the same question."
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One measure: cases at the start, those with both, their sums, and which way each went.

    ``moves`` maps "more", "same" and "fewer" to cases; it is empty where that is not known.
    """

    started: int
    matched: int
    before: int
    after: int
    moves: Mapping[str, int]


def section(measured: Mapping[str, Measured]) -> Section:
    """What changed for employers between the start and their latest follow-up."""
    rows = tuple(_row(label, measured[key]) for key, label in MEASURES.items() if key in measured)
    table = Table(
        key="outcomes",
        title="Outcomes at the start and at the latest follow-up",
        columns=_COLUMNS,
        rows=rows,
        note="Averages are for each employer that has both records.",
    )
    most = max((item.matched for item in measured.values()), default=0)
    return Section(
        key="outcomes",
        title="Outcomes: what employers say changed",
        intro=(
            "What employers said at the start and again at their latest follow-up. This is change "
            "beside the service, not because of it: there are no other employers to compare with."
        ),
        figures=_figures(measured),
        tables=(table,),
        pictures=(
            pictured(
                "outcomes-dots",
                "dots",
                "Each employer on average, then and now",
                table,
                what="the average for each employer",
                label="measure",
                values=["mean_before", "mean_after"],
            ),
        )
        if most
        else (),
        notes=(QUALITY,) if most else ("Nothing yet: no employer has been followed up.", QUALITY),
    )


def _row(label: str, item: Measured) -> tuple[Value, ...]:
    """A row of the table; an average needs somebody to be about."""
    moves: Sequence[Value] = [item.moves.get(way, 0) for way in ("more", "same", "fewer")]
    if not item.moves and item.matched:
        moves = [Withheld.NOT_KNOWN] * 3
    return (
        label,
        item.started,
        item.matched,
        share(item.started - item.matched, item.started),
        mean(item.before, item.matched, 10),
        mean(item.after, item.matched, 10),
        *moves,
    )


_COLUMNS: Final = (
    Column("measure", "Measure", Unit.TEXT, "What was asked of the employer"),
    Column("started", "Employers at the start", Unit.COUNT, "Cases with an answer at the start"),
    Column("matched", "With a follow-up", Unit.COUNT, "Those with an answer afterwards as well"),
    Column(
        "missing",
        "Not followed up",
        Unit.PER_MILLE,
        "Share of those at the start without an answer afterwards",
    ),
    Column("mean_before", "Average then", Unit.TENTHS, "Average at the start, of those with both"),
    Column(
        "mean_after",
        "Average now",
        Unit.TENTHS,
        "Average at the latest follow-up, of those with both",
    ),
    Column("more", "Went up", Unit.COUNT, "Cases with a higher answer afterwards"),
    Column("same", "Stayed", Unit.COUNT, "Cases with the same answer"),
    Column("fewer", "Went down", Unit.COUNT, "Cases with a lower answer afterwards"),
)


def _figures(measured: Mapping[str, Measured]) -> tuple[Figure, ...]:
    quality = measured.get("quality", Measured(0, 0, 0, 0, {}))
    posts = measured.get("posts", Measured(0, 0, 0, 0, {}))
    return (
        Figure(
            "quality_roles",
            "Quality part-time roles advertised",
            quality.after,
            Unit.COUNT,
            f"{QUALITY} Those that followed-up employers advertised in the 12 months before.",
            _RULE,
            source="Records of outcomes",
            note=f"{quality.before:,} in the 12 months before they started"
            if quality.matched
            else "",
        ),
        Figure(
            "posts_open",
            "Higher-level posts open part-time or flexibly",
            posts.after,
            Unit.COUNT,
            "Posts above entry level that can be done part-time or flexibly, at employers followed "
            "up.",
            _RULE,
            source="Records of outcomes",
            note=f"{posts.before:,} at the start, at the same employers" if posts.matched else "",
        ),
        Figure(
            "outcomes_matched",
            "Employers with a start and a follow-up",
            posts.matched,
            Unit.COUNT,
            "Employers whose answers about higher-level posts can be compared.",
            _RULE,
            source="Records of outcomes",
            note=f"of {posts.started:,} asked at the start" if posts.started else "",
        ),
    )
