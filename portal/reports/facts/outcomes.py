"""What is counted of outcomes: the five kinds, at the start and at the latest follow-up.

The kinds and their questions are ``portal/caseload/data/outcomes.yaml``. One number stands for
each kind, so that before and after can be compared; quality part-time roles are a sixth.
"""

from __future__ import annotations

from typing import Final

from portal.reports.facts.axes import EMPLOYER_COLUMNS, groups, provider
from portal.reports.facts.definition import Axis, Derived, Fact, Watch
from portal.reports.facts.dialect import Sql

# Each measure, with the counts of which it is the sum.
_COUNTS: Final = {
    "posts": ("higher_posts_open",),
    "pathways": ("pathways_mapped",),
    "support": ("reviews", "coaching", "mentoring"),
    "training": ("training_people",),
}
# The answers that mean a policy is in place.
_POLICIES: Final = {"policy_written": "written", "policy_posts": "reviewed"}
MEASURES: Final = ("posts", "quality", "policies", "pathways", "support", "training")
_PHASES: Final = (
    ("before", "x.phase = 'baseline'"),
    ("after", "x.phase = 'follow_up'"),
)


def standings(sql: Sql) -> Derived:
    """One row a case, whether or not there is anything to compare yet."""
    measured = tuple(
        (f"{measure}_{when}", _latest(_measure(sql, measure), phase))
        for measure in MEASURES
        for when, phase in _PHASES
    )
    agreed = (
        "(SELECT k.shares_outcomes FROM consultations k WHERE k.case_id = c.id "
        "AND k.shares_outcomes IS NOT NULL ORDER BY k.held_at DESC, k.id DESC LIMIT 1)"
    )
    of_case = "c.id = {row}.case_id"
    return Derived(
        table="report_outcomes",
        source="cases c JOIN employers e ON e.id = c.employer_id",
        columns=(
            ("case_id", "c.id"),
            ("sector", "e.sector"),
            ("size_tier", "e.size_tier"),
            ("district", "e.district"),
            ("organisation_id", "c.organisation_id"),
            ("shares", f"CASE WHEN {agreed} THEN 1 ELSE 0 END"),
            ("baseline_on", _latest("x.true_on", _PHASES[0][1])),
            ("followed_on", _latest("x.true_on", _PHASES[1][1])),
            *measured,
        ),
        watches=(
            Watch("cases", "c.id = {row}.id", ("employer_id", "organisation_id")),
            Watch("employers", "c.employer_id = {row}.id", EMPLOYER_COLUMNS, added=False),
            Watch("consultations", of_case, ("case_id", "held_at", "shares_outcomes")),
            Watch("outcome_records", of_case, ("case_id", "replaced_at")),
        ),
    )


def _latest(expression: str, phase: str) -> str:
    """Of the latest record of a phase that no other has replaced."""
    return (
        f"(SELECT {expression} FROM outcome_records x WHERE x.case_id = c.id AND {phase} "  # noqa: S608
        "AND x.replaced_at IS NULL ORDER BY x.true_on DESC, x.id DESC LIMIT 1)"
    )


def _measure(sql: Sql, measure: str) -> str:
    """One number of a record; empty where none of its questions was answered."""
    if measure == "quality":
        asked = sql.word("x.answers", "advertised")
        return f"CASE WHEN {asked} IS NOT NULL THEN x.quality_roles END"
    if measure == "policies":
        answers = [(sql.word("x.answers", key), good) for key, good in _POLICIES.items()]
        known = " OR ".join(f"{answer} IS NOT NULL" for answer, _ in answers)
        held = " + ".join(
            f"CASE WHEN {answer} = '{good}' THEN 1 ELSE 0 END" for answer, good in answers
        )
        return f"CASE WHEN {known} THEN {held} END"
    counts = [sql.whole("x.answers", key) for key in _COUNTS[measure]]
    if len(counts) == 1:
        return counts[0]
    known = " OR ".join(f"{count} IS NOT NULL" for count in counts)
    summed = " + ".join(f"coalesce({count}, 0)" for count in counts)
    return f"CASE WHEN {known} THEN {summed} END"


def facts(sql: Sql) -> tuple[Fact, ...]:
    """Cases with a start that may be shown, those with a follow-up beside it, and their sums.

    All are in the month of the start, so that what was followed up can be held against what began.
    """
    return (
        _fact(
            sql,
            key="outcome_start",
            meaning="Cases with this measure at the start, whose employer shares data on outcomes",
            value="{before}",
            where="{before} IS NOT NULL",
        ),
        _fact(
            sql,
            key="outcome_before",
            meaning="Cases with this measure at the start and at a follow-up: what it was",
            value="{before}",
            where="{before} IS NOT NULL AND {after} IS NOT NULL",
        ),
        _fact(
            sql,
            key="outcome_after",
            meaning="The same cases: what it was at the latest follow-up",
            value="{after}",
            where="{before} IS NOT NULL AND {after} IS NOT NULL",
            change=True,
        ),
    )


def _fact(
    sql: Sql, *, key: str, meaning: str, value: str, where: str, change: bool = False
) -> Fact:
    names = " UNION ALL ".join(f"SELECT '{measure}' AS measure" for measure in MEASURES)
    chosen = {
        when: "CASE k.measure {} END".format(
            " ".join(f"WHEN '{measure}' THEN f.{measure}_{when}" for measure in MEASURES)
        )
        for when, _ in _PHASES
    }
    moved = (
        "CASE WHEN {after} > {before} THEN 'more' WHEN {after} < {before} THEN 'fewer' "
        "ELSE 'same' END"
    ).format(**chosen)
    axes: tuple[Axis, ...] = (
        groups("f.sector", "f.size_tier", "f.district"),
        provider(sql, "f.organisation_id"),
    )
    return Fact(
        key=key,
        meaning=meaning,
        source=f"report_outcomes f CROSS JOIN ({names}) k",
        where=f"f.shares = 1 AND f.baseline_on IS NOT NULL AND {where.format(**chosen)}",
        month=sql.month("f.baseline_on"),
        kind="k.measure",
        amount=value.format(**chosen),
        amount_meaning="the sum of the measure",
        axes=(*axes, Axis("change", moved, "f.sector", "''")) if change else axes,
        watches=(
            Watch(
                "report_outcomes",
                "f.case_id = {row}.case_id",
                (
                    *EMPLOYER_COLUMNS,
                    "organisation_id",
                    "shares",
                    "baseline_on",
                    *(f"{measure}_{when}" for measure in MEASURES for when, _ in _PHASES),
                ),
            ),
        ),
    )
