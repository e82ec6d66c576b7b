"""What is counted of movement between an employer's first and latest diagnostic.

Every number here is a change over time and no more: nothing is counted that could be read as an
effect of the service (docs/decisions/011).
"""

from __future__ import annotations

from typing import Final

from portal.diagnostics.rules.catalogue import MAIN_KEY
from portal.reports.facts.axes import EMPLOYER_COLUMNS, employer, groups
from portal.reports.facts.caseload import SUPPORT
from portal.reports.facts.definition import Axis, Derived, Fact, Watch
from portal.reports.facts.dialect import Sql

# Which way a score went, and the two sums kept of each: a kind is "leadership/higher/then".
WAYS: Final = ("higher", "same", "lower")
TIMES: Final = ("then", "now")
_BEFORE, _AFTER = "f.before_tenths", "f.after_tenths"
_WAY: Final = (
    f"CASE WHEN {_AFTER} > {_BEFORE} THEN 'higher' WHEN {_AFTER} < {_BEFORE} THEN 'lower' "
    "ELSE 'same' END"
)


_OVERALL: Final = (
    "(SELECT * FROM diagnostic_movement_scores WHERE dimension = 'overall') s "
    "JOIN diagnostic_movements m ON m.id = s.movement_id"
)


def meanwhile() -> Derived:
    """One row an employer that was compared, with the support it came to between the two days.

    Days are kept as days, which both databases read alike.
    """
    return Derived(
        table="report_movements",
        source=_OVERALL,
        columns=(
            ("score_id", "s.id"),
            ("questionnaire_key", "m.questionnaire_key"),
            ("sector", "m.sector"),
            ("size_tier", "m.size_tier"),
            ("district", "m.district"),
            ("latest_on", "m.latest_on"),
            ("support", f"trim({_support()})"),
            ("before_tenths", "s.before_tenths"),
            ("after_tenths", "s.after_tenths"),
        ),
        watches=(
            Watch(
                "diagnostic_movement_scores",
                "s.id = {row}.id",
                ("movement_id", "dimension", "before_tenths", "after_tenths"),
            ),
            Watch(
                "diagnostic_movements",
                "m.id = {row}.id",
                ("employer_id", "questionnaire_key", *EMPLOYER_COLUMNS, "first_on", "latest_on"),
                added=False,
            ),
            Watch(
                "delivery_attendances",
                "m.employer_id = {row}.employer_id",
                ("employer_id", "delivery_id"),
            ),
            Watch(
                "support_deliveries",
                "m.employer_id IN (SELECT employer_id FROM delivery_attendances "
                "WHERE delivery_id = {row}.id)",
                ("kind", "delivered_on", "withdrawn_at"),
                added=False,
            ),
        ),
    )


def _support() -> str:
    return " || ".join(
        "CASE WHEN (SELECT 1 FROM delivery_attendances t JOIN support_deliveries d "  # noqa: S608
        "ON d.id = t.delivery_id WHERE t.employer_id = m.employer_id AND d.withdrawn_at IS NULL "
        "AND d.delivered_on > m.first_on AND d.delivered_on <= m.latest_on "
        f"AND d.kind = '{kind}' LIMIT 1) IS NOT NULL THEN '{kind} ' ELSE '' END"
        for kind in SUPPORT
    )


def facts(sql: Sql) -> tuple[Fact, ...]:
    """Who took the diagnostic again, how each dimension moved, and what support went with it."""
    return (_cohort(sql), _movement(sql), _together(sql))


def _cohort(sql: Sql) -> Fact:
    return Fact(
        key="cohort",
        meaning="Employers by the month of their first diagnostic, and whether they took it again",
        source="diagnostic_movements f",
        where=f"f.questionnaire_key = '{MAIN_KEY}'",
        month=sql.month("f.first_on"),
        kind="CASE WHEN f.first_score IS NULL THEN f.state || '/unscored' ELSE f.state END",
        amount="coalesce(f.first_score, 0)",
        amount_meaning="points, the overall score of the first diagnostic",
        axes=(employer("f"),),
        watches=(
            Watch(
                "diagnostic_movements",
                "f.id = {row}.id",
                ("questionnaire_key", *EMPLOYER_COLUMNS, "first_on", "first_score", "state"),
            ),
        ),
    )


def _movement(sql: Sql) -> Fact:
    times = " UNION ALL ".join(f"SELECT '{time}' AS at" for time in TIMES)
    return Fact(
        key="movement",
        meaning="Employers compared, by dimension and whether it went up, twice each: then and now",
        source="diagnostic_movement_scores f "
        f"JOIN diagnostic_movements m ON m.id = f.movement_id CROSS JOIN ({times}) k",
        where=f"m.questionnaire_key = '{MAIN_KEY}'",
        month=sql.month("m.latest_on"),
        kind=f"f.dimension || '/' || {_WAY} || '/' || k.at",
        amount=f"CASE k.at WHEN 'then' THEN {_BEFORE} ELSE {_AFTER} END",
        amount_meaning="tenths of a point, over the comparable questions",
        axes=(groups("m.sector", "m.size_tier", "m.district"), Axis("sector", "m.sector")),
        watches=(
            Watch(
                "diagnostic_movement_scores",
                "f.id = {row}.id",
                ("movement_id", "dimension", "before_tenths", "after_tenths"),
            ),
            Watch(
                "diagnostic_movements",
                "m.id = {row}.id",
                ("questionnaire_key", *EMPLOYER_COLUMNS, "latest_on"),
                added=False,
            ),
        ),
    )


def _together(sql: Sql) -> Fact:
    return Fact(
        key="together",
        meaning="Employers compared, by the support they came to meanwhile and the way they went",
        source="report_movements f",
        where=f"f.questionnaire_key = '{MAIN_KEY}'",
        month=sql.month("f.latest_on"),
        kind=f"{_WAY} || '/' || f.support",
        amount=f"{_AFTER} - {_BEFORE}",
        amount_meaning="tenths of a point, the change of the overall score",
        axes=(employer("f"),),
        watches=(
            Watch(
                "report_movements",
                "f.score_id = {row}.score_id",
                (
                    "questionnaire_key",
                    *EMPLOYER_COLUMNS,
                    "latest_on",
                    "support",
                    "before_tenths",
                    "after_tenths",
                ),
            ),
        ),
    )
