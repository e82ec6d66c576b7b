"""What is counted of employers: when each first used, joined, was advised, engaged, recognised."""

from __future__ import annotations

from typing import Final

from portal.reports.facts.axes import EMPLOYER_COLUMNS, employer
from portal.reports.facts.definition import Derived, Fact, Watch
from portal.reports.facts.dialect import Sql

# What an employer is counted for once, on the first day of it.
FIRSTS: Final = (
    ("registered", "registered_on"),
    ("strand_1", "strand_1_on"),
    ("member", "member_on"),
    ("attended", "attended_on"),
    ("diagnosed", "diagnosed_on"),
    ("advised", "advised_on"),
    ("engaged", "engaged_on"),
    ("champion", "champion_on"),
)


def standing(sql: Sql) -> Derived:
    """One row an employer: the London day on which it first did each thing, and its groups.

    A record that was merged into another counts nowhere; what it held has moved with the merge.
    """
    return Derived(
        table="report_employers",
        source="employers e",
        columns=(
            ("employer_id", "e.id"),
            ("sector", "e.sector"),
            ("size_tier", "e.size_tier"),
            ("district", "e.district"),
            *((first, _unless_merged(day)) for first, day in _days(sql)),
        ),
        watches=_watches(),
    )


_OWN: Final = "x.employer_id = e.id"
_CASES: Final = "c.employer_id = e.id"


def _first(day: str, tables: str, where: str) -> str:
    """The first of the days in the rows that are the employer's."""
    return f"(SELECT min({day}) FROM {tables} WHERE {where})"  # noqa: S608


def _days(sql: Sql) -> tuple[tuple[str, str], ...]:
    """The day of each first, by column."""
    member = _first(sql.day("x.joined_at"), "network_members x", _OWN)
    attended = _first(sql.day("x.attended_at"), "event_registrations x", _OWN)
    consulted = _first(
        sql.day("x.held_at"), "cases c JOIN consultations x ON x.case_id = c.id", _CASES
    )
    met = _first(
        "x.held_on",
        "cases c JOIN diagnostic_sessions x ON x.case_id = c.id",
        f"{_CASES} AND x.withdrawn_at IS NULL",
    )
    supported = _first(
        "d.delivered_on",
        "delivery_attendances x JOIN support_deliveries d ON d.id = x.delivery_id",
        f"{_OWN} AND d.withdrawn_at IS NULL",
    )
    engaged = f"{_OWN} AND x.output_type = 'engagement' AND x.withdrawn_at IS NULL"
    completed = f"{_OWN} AND x.status = 'completed'"
    return (
        ("registered_on", sql.day("e.created_at")),
        ("member_on", member),
        ("attended_on", attended),
        ("strand_1_on", sql.earliest(member, attended)),
        ("diagnosed_on", _first(sql.day("x.completed_at"), "diagnostic_responses x", completed)),
        ("advised_on", sql.earliest(consulted, met, supported)),
        ("engaged_on", _first("x.occurred_on", "outputs x", engaged)),
        ("champion_on", _first("x.since", "champions x", _OWN)),
    )


def _watches() -> tuple[Watch, ...]:
    own = "e.id = {row}.employer_id"
    of_case = "e.id IN (SELECT employer_id FROM cases WHERE id = {row}.case_id)"
    attended = "e.id IN (SELECT employer_id FROM delivery_attendances WHERE delivery_id = {row}.id)"
    return (
        Watch("employers", "e.id = {row}.id", (*EMPLOYER_COLUMNS, "created_at", "merged_into_id")),
        Watch("network_members", own, ("employer_id", "joined_at")),
        Watch("event_registrations", own, ("employer_id", "attended_at")),
        Watch("diagnostic_responses", own, ("employer_id", "status", "completed_at")),
        Watch("cases", own, ("employer_id",)),
        Watch("consultations", of_case, ("case_id", "held_at")),
        Watch("diagnostic_sessions", of_case, ("case_id", "held_on", "withdrawn_at")),
        Watch("delivery_attendances", own, ("employer_id", "delivery_id")),
        Watch("support_deliveries", attended, ("delivered_on", "withdrawn_at"), added=False),
        Watch("outputs", own, ("employer_id", "occurred_on", "withdrawn_at")),
        Watch("champions", own, ("employer_id", "since")),
    )


def _unless_merged(day: str) -> str:
    return f"CASE WHEN e.merged_into_id IS NULL THEN {day} END"


def facts(sql: Sql) -> tuple[Fact, ...]:
    """Employers by what they first did in which month."""
    names = " UNION ALL ".join(f"SELECT '{first}' AS first" for first, _ in FIRSTS)
    day = "CASE k.first {} END".format(
        " ".join(f"WHEN '{first}' THEN f.{column}" for first, column in FIRSTS)
    )
    return (
        Fact(
            key="employer",
            meaning="Employers, each once, by what they first did in the month",
            source=f"report_employers f CROSS JOIN ({names}) k",
            where=f"{day} IS NOT NULL",
            month=sql.month(day),
            kind="k.first",
            axes=(employer("f"),),
            watches=(
                Watch(
                    "report_employers",
                    "f.employer_id = {row}.employer_id",
                    (*EMPLOYER_COLUMNS, *(column for _, column in FIRSTS)),
                ),
            ),
        ),
    )
