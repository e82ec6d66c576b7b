"""What is counted of changed practice: diagnostics, actions, and whether they lasted."""

from __future__ import annotations

from portal.reports.facts.axes import groups, joined_employer
from portal.reports.facts.definition import Axis, Fact, Watch
from portal.reports.facts.dialect import Sql


def facts(sql: Sql) -> tuple[Fact, ...]:
    """Diagnostics completed for employers, actions taken up, and follow-up answers."""
    return (_diagnostic(sql), _action(sql), _lasted(sql))


def _diagnostic(sql: Sql) -> Fact:
    return Fact(
        key="diagnostic",
        meaning="Diagnostics completed for an employer: first ones, corrections, re-takes",
        source="diagnostic_responses f",
        where="f.status = 'completed' AND f.employer_id IS NOT NULL",
        month=sql.month(sql.day("f.completed_at")),
        kind="f.kind",
        axes=(groups("f.sector", "f.size_tier", "f.district"),),
        watches=(
            Watch(
                "diagnostic_responses",
                "f.id = {row}.id",
                ("status", "employer_id", "completed_at", "sector", "size_tier", "district"),
            ),
        ),
    )


def _action(sql: Sql) -> Fact:
    return Fact(
        key="action",
        meaning="Actions in employers' plans by what they do, in the quarter they were added",
        source="plan_actions f JOIN plans p ON p.id = f.plan_id "
        "JOIN employers e ON e.id = p.employer_id",
        where="f.status <> 'withdrawn'",
        month=sql.quarter(sql.day("f.created_at")),
        kind="coalesce(f.recommendation_key, 'own')",
        axes=(Axis("state", "f.status", "e.sector", "coalesce(f.dimension, '')"),),
        watches=(
            Watch("plan_actions", "f.id = {row}.id", ("status", "dimension", "created_at")),
            Watch("plans", "p.id = {row}.id", ("employer_id",), added=False),
            joined_employer(),
        ),
    )


def _lasted(sql: Sql) -> Fact:
    return Fact(
        key="lasted",
        meaning="Answers at follow-ups on whether an action has become usual practice",
        source="follow_up_answers f JOIN follow_ups u ON u.id = f.follow_up_id "
        "JOIN cases c ON c.id = u.case_id JOIN employers e ON e.id = c.employer_id "
        "LEFT JOIN plan_actions a ON a.reference = f.item",
        where=f"{sql.unindexed('u.state')} = 'done'",
        month=sql.quarter("u.done_on"),
        kind="coalesce(a.recommendation_key, 'own')",
        axes=(Axis("lasted", sql.padded("u.months", 2), "f.answer", "e.sector"),),
        watches=(
            Watch("follow_up_answers", "f.id = {row}.id", ("answer", "item", "follow_up_id")),
            Watch(
                "follow_ups",
                "u.id = {row}.id",
                ("state", "done_on", "months", "case_id"),
                added=False,
            ),
            Watch("cases", "c.id = {row}.id", ("employer_id",), added=False),
            joined_employer(),
        ),
    )
