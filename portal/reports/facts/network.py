"""What is counted of promotion and the network: events, who came, and the library's reach."""

from __future__ import annotations

from portal.reports.facts.axes import ALL, employer, joined_employer
from portal.reports.facts.definition import Axis, Derived, Fact, Watch
from portal.reports.facts.dialect import Sql


def activities(sql: Sql) -> Derived:
    """One row an event to which somebody came: that is a network activity."""
    return Derived(
        table="report_activities",
        source="events e",
        columns=(
            ("event_id", "e.id"),
            ("mode", "e.mode"),
            (
                "held_on",
                (
                    "CASE WHEN (SELECT 1 FROM event_registrations v "  # noqa: S608
                    "WHERE v.event_id = e.id "
                    "AND v.attended_at IS NOT NULL LIMIT 1) IS NOT NULL "
                    f"THEN {sql.day('e.starts_at')} END"
                ),
            ),
        ),
        watches=(
            Watch("events", "e.id = {row}.id", ("mode", "starts_at")),
            Watch("event_registrations", "e.id = {row}.event_id", ("event_id", "attended_at")),
        ),
    )


def facts(sql: Sql) -> tuple[Fact, ...]:
    """Events held, employers' people who came, and resources distributed."""
    return (
        Fact(
            key="activity",
            meaning="Network events to which at least one person came",
            source="report_activities f",
            where="f.held_on IS NOT NULL",
            month=sql.month("f.held_on"),
            kind="f.mode",
            axes=(ALL,),
            watches=(
                Watch("report_activities", "f.event_id = {row}.event_id", ("mode", "held_on")),
            ),
        ),
        Fact(
            key="attendance",
            meaning="People who came to network events",
            source="event_registrations f LEFT JOIN employers e ON e.id = f.employer_id",
            where="f.attended_at IS NOT NULL",
            month=sql.month(sql.day("f.attended_at")),
            axes=(employer("e"),),
            watches=(
                Watch("event_registrations", "f.id = {row}.id", ("employer_id", "attended_at")),
                joined_employer(),
            ),
        ),
        Fact(
            key="reach",
            meaning="Visitors a day who used resources of the library, by what they did",
            source="reach_counts f",
            month=sql.month("f.day"),
            kind="f.kind",
            n="f.count",
            axes=(
                Axis("sector", "coalesce(nullif(f.reader_sector, ''), 'unknown')"),
                Axis("campaign", "CASE WHEN f.campaign_id = 0 THEN 'none' ELSE 'campaign' END"),
            ),
            watches=(Watch("reach_counts", "f.id = {row}.id", ("count",)),),
        ),
    )
