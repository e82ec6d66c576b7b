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
    of_employer = "e.id = {row}.employer_id"
    of_case = "e.id IN (SELECT employer_id FROM cases WHERE id = {row}.case_id)"
    member = (
        f"(SELECT min({sql.day('w.joined_at')}) FROM network_members w "  # noqa: S608
        "WHERE w.employer_id = e.id)"
    )
    attended = (
        f"(SELECT min({sql.day('v.attended_at')}) FROM event_registrations v "  # noqa: S608
        "WHERE v.employer_id = e.id)"
    )
    advised = sql.earliest(
        f"(SELECT min({sql.day('k.held_at')}) FROM cases c JOIN consultations k "  # noqa: S608
        "ON k.case_id = c.id WHERE c.employer_id = e.id)",
        "(SELECT min(x.held_on) FROM cases c JOIN diagnostic_sessions x ON x.case_id = c.id "
        "WHERE c.employer_id = e.id AND x.withdrawn_at IS NULL)",
        "(SELECT min(d.delivered_on) FROM delivery_attendances t JOIN support_deliveries d "
        "ON d.id = t.delivery_id WHERE t.employer_id = e.id AND d.withdrawn_at IS NULL)",
    )
    days = (
        ("registered_on", sql.day("e.created_at")),
        ("member_on", member),
        ("attended_on", attended),
        ("strand_1_on", sql.earliest(member, attended)),
        (
            "diagnosed_on",
            (
                f"(SELECT min({sql.day('r.completed_at')}) FROM diagnostic_responses r "  # noqa: S608
                "WHERE r.employer_id = e.id AND r.status = 'completed')"
            ),
        ),
        ("advised_on", advised),
        (
            "engaged_on",
            (
                "(SELECT min(o.occurred_on) FROM outputs o WHERE o.employer_id = e.id "
                "AND o.output_type = 'engagement' AND o.withdrawn_at IS NULL)"
            ),
        ),
        ("champion_on", "(SELECT min(h.since) FROM champions h WHERE h.employer_id = e.id)"),
    )
    return Derived(
        table="report_employers",
        source="employers e",
        columns=(
            ("employer_id", "e.id"),
            ("sector", "e.sector"),
            ("size_tier", "e.size_tier"),
            ("district", "e.district"),
            *((first, _unless_merged(day)) for first, day in days),
        ),
        watches=(
            Watch(
                "employers", "e.id = {row}.id", (*EMPLOYER_COLUMNS, "created_at", "merged_into_id")
            ),
            Watch("network_members", of_employer, ("employer_id", "joined_at")),
            Watch("event_registrations", of_employer, ("employer_id", "attended_at")),
            Watch("diagnostic_responses", of_employer, ("employer_id", "status", "completed_at")),
            Watch(
                "cases",
                of_employer,
                ("employer_id",),
            ),
            Watch("consultations", of_case, ("case_id", "held_at")),
            Watch("diagnostic_sessions", of_case, ("case_id", "held_on", "withdrawn_at")),
            Watch("delivery_attendances", of_employer, ("employer_id", "delivery_id")),
            Watch(
                "support_deliveries",
                "e.id IN (SELECT employer_id FROM delivery_attendances "
                "WHERE delivery_id = {row}.id)",
                ("delivered_on", "withdrawn_at"),
                added=False,
            ),
            Watch("outputs", of_employer, ("employer_id", "occurred_on", "withdrawn_at")),
            Watch("champions", of_employer, ("employer_id", "since")),
        ),
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
