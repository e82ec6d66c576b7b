"""What is counted of the caseload: referrals, contacts, sessions, support, a case's way."""

from __future__ import annotations

import itertools
from typing import Final

from portal.reports.facts.axes import (
    EMPLOYER_COLUMNS,
    employer,
    groups,
    joined_case,
    joined_employer,
    provider,
    source,
)
from portal.reports.facts.definition import Axis, Derived, Fact, Watch
from portal.reports.facts.dialect import Sql

# The steps of a case, in order, with the column of its row that dates them.
STEPS: Final = (
    ("referred", "referred_on"),
    ("accepted", "opened_on"),
    ("consulted", "consulted_on"),
    ("session", "session_on"),
    ("plan", "plan_on"),
    ("supported", "supported_on"),
    ("followed", "followed_on"),
    ("embedded", "embedded_on"),
)
SUPPORT: Final = ("training_session", "workshop", "consultancy", "coaching")
_CASE: Final = "JOIN cases c ON c.id = f.case_id JOIN employers e ON e.id = c.employer_id"
_CASE_SOURCE: Final = f"{_CASE} LEFT JOIN referral_sources s ON s.id = c.source_id"


def journeys(sql: Sql) -> Derived:
    """One row a case: the London day on which it first came to each step, and its groups.

    The groups are copied so that what counts it needs no other table (a fact that rests on a
    derived row rests on nothing else). ``support`` names the kinds of support it had, in order.
    """
    opened = sql.day("c.opened_at")
    done = f"{sql.unindexed('x.state')} = 'done'"
    referred = _first("referrals", sql.day("x.received_at"))
    return Derived(
        table="report_journeys",
        source="cases c JOIN employers e ON e.id = c.employer_id "
        "LEFT JOIN referral_sources s ON s.id = c.source_id",
        columns=(
            ("case_id", "c.id"),
            ("employer_id", "c.employer_id"),
            ("organisation_id", "c.organisation_id"),
            ("source_kind", "s.kind"),
            ("sector", "e.sector"),
            ("size_tier", "e.size_tier"),
            ("district", "e.district"),
            ("referred_on", f"coalesce({referred}, {opened})"),
            ("opened_on", opened),
            ("consulted_on", _first("consultations", sql.day("x.held_at"))),
            ("session_on", _first("diagnostic_sessions", "x.held_on", "x.withdrawn_at IS NULL")),
            ("plan_on", _first("case_milestones", sql.day("x.at"), _PLAN)),
            ("supported_on", _first(_DELIVERED, "d.delivered_on", "d.withdrawn_at IS NULL")),
            ("followed_on", _first("follow_ups", "x.done_on", done)),
            ("embedded_on", _first(_ANSWERED, "x.done_on", f"{done} AND a.answer = 'embedded'")),
            ("closed_on", sql.day("c.closed_at")),
            ("support", _support_had()),
        ),
        watches=_journey_watches(),
    )


_PLAN: Final = "x.kind = 'plan' AND x.withdrawn_at IS NULL"
_DELIVERED: Final = "support_deliveries d JOIN delivery_attendances x ON x.delivery_id = d.id"
_ANSWERED: Final = "follow_up_answers a JOIN follow_ups x ON x.id = a.follow_up_id"


def _first(table: str, day: str, where: str = "1 = 1") -> str:
    """The first day among a case's rows ``x`` of a table, or of tables joined to it."""
    named = table if " " in table else f"{table} x"
    return f"(SELECT min({day}) FROM {named} WHERE x.case_id = c.id AND {where})"  # noqa: S608


def _support_had() -> str:
    """The kinds of support a case had, in their order, with a space between."""
    # Not EXISTS: PostgreSQL may answer that by reading the whole table into memory once.
    kinds = " || ".join(
        f"CASE WHEN (SELECT 1 FROM {_DELIVERED} WHERE x.case_id = c.id "  # noqa: S608
        f"AND d.withdrawn_at IS NULL AND d.kind = '{kind}' LIMIT 1) IS NOT NULL "
        f"THEN '{kind} ' ELSE '' END"
        for kind in SUPPORT
    )
    return f"trim({kinds})"


def _journey_watches() -> tuple[Watch, ...]:
    of_case = "c.id = {row}.case_id"
    attended = "c.id IN (SELECT case_id FROM delivery_attendances WHERE delivery_id = {row}.id)"
    followed = "c.id IN (SELECT case_id FROM follow_ups WHERE id = {row}.follow_up_id)"
    own = ("employer_id", "organisation_id", "source_id", "opened_at", "closed_at")
    return (
        Watch("cases", "c.id = {row}.id", own),
        Watch("employers", "c.employer_id = {row}.id", EMPLOYER_COLUMNS, added=False),
        Watch("referrals", of_case, ("case_id", "received_at")),
        Watch("consultations", of_case, ("case_id", "held_at")),
        Watch("diagnostic_sessions", of_case, ("case_id", "held_on", "withdrawn_at")),
        Watch("case_milestones", of_case, ("case_id", "at", "withdrawn_at")),
        Watch("delivery_attendances", of_case, ("case_id", "delivery_id")),
        Watch(
            "support_deliveries", attended, ("kind", "delivered_on", "withdrawn_at"), added=False
        ),
        Watch("follow_ups", of_case, ("case_id", "state", "done_on")),
        Watch("follow_up_answers", followed, ("answer", "follow_up_id")),
    )


def facts(sql: Sql) -> tuple[Fact, ...]:
    """The facts, each with its axes."""
    return (
        _referral(sql),
        _contact(sql),
        _consultation(sql),
        _session(sql),
        _delivery(sql),
        _support(sql),
        _step(sql),
        _gap(sql),
    )


def _referral(sql: Sql) -> Fact:
    return Fact(
        key="referral",
        meaning="Referrals received, by what became of them",
        source="referrals f JOIN referral_sources s ON s.id = f.source_id "
        "LEFT JOIN employers e ON e.id = f.employer_id",
        month=sql.month(sql.day("f.received_at")),
        kind="f.status",
        axes=(
            groups("coalesce(e.sector, f.sector)", "e.size_tier", "e.district"),
            provider(sql, "f.organisation_id"),
            source("s.kind"),
        ),
        watches=(
            Watch(
                "referrals",
                "f.id = {row}.id",
                ("status", "employer_id", "organisation_id", "source_id", "received_at", "sector"),
            ),
            joined_employer(),
        ),
    )


def _contact(sql: Sql) -> Fact:
    return Fact(
        key="contact",
        meaning="Conversations with employers that were had, not only tried",
        source=f"interactions f {_CASE}",
        where="f.reached",
        month=sql.month(sql.day("f.at")),
        kind="f.kind",
        amount="f.minutes",
        amount_meaning="minutes of an adviser's time",
        axes=(employer("e"), provider(sql, "c.organisation_id")),
        watches=(
            Watch(
                "interactions", "f.id = {row}.id", ("case_id", "kind", "at", "reached", "minutes")
            ),
            joined_case(),
            joined_employer(),
        ),
    )


def _consultation(sql: Sql) -> Fact:
    return Fact(
        key="consultation",
        meaning="Phone consultations held, each once however often it was corrected",
        source=f"consultations f {_CASE_SOURCE}",
        where="f.corrects_id IS NULL",
        month=sql.month(sql.day("f.held_at")),
        amount="f.minutes",
        amount_meaning="minutes",
        axes=(employer("e"), provider(sql, "c.organisation_id"), source("s.kind")),
        watches=(
            Watch("consultations", "f.id = {row}.id", ("case_id", "held_at", "minutes")),
            joined_case(),
            joined_employer(),
        ),
    )


def _session(sql: Sql) -> Fact:
    return Fact(
        key="session",
        meaning="In-depth diagnostic sessions held and not withdrawn",
        source=f"diagnostic_sessions f {_CASE_SOURCE}",
        where="f.withdrawn_at IS NULL",
        month=sql.month("f.held_on"),
        kind="f.mode",
        amount="f.minutes",
        amount_meaning="minutes",
        axes=(employer("e"), provider(sql, "c.organisation_id"), source("s.kind")),
        watches=(
            Watch(
                "diagnostic_sessions",
                "f.id = {row}.id",
                ("case_id", "held_on", "mode", "minutes", "withdrawn_at"),
            ),
            joined_case(),
            joined_employer(),
        ),
    )


def _delivery(sql: Sql) -> Fact:
    return Fact(
        key="delivery",
        meaning="Training sessions, workshops, consultancy and coaching delivered, each once",
        source="support_deliveries f",
        where="f.withdrawn_at IS NULL",
        month=sql.month("f.delivered_on"),
        kind="f.kind",
        amount="f.minutes",
        amount_meaning="minutes",
        axes=(provider(sql, "f.organisation_id"),),
        watches=(
            Watch(
                "support_deliveries",
                "f.id = {row}.id",
                ("kind", "delivered_on", "minutes", "organisation_id", "withdrawn_at"),
            ),
        ),
    )


def _support(sql: Sql) -> Fact:
    return Fact(
        key="support",
        meaning="Employers at training, workshops, consultancy and coaching, each time they came",
        source="delivery_attendances f JOIN support_deliveries d ON d.id = f.delivery_id "
        "JOIN employers e ON e.id = f.employer_id",
        where="d.withdrawn_at IS NULL",
        month=sql.month("d.delivered_on"),
        kind="d.kind",
        amount="f.attended",
        amount_meaning="people who attended",
        axes=(
            # Sector and size as they were on the day; nobody wrote the district down then.
            groups("f.sector", "f.size_tier", "e.district"),
            provider(sql, "d.organisation_id"),
        ),
        watches=(
            Watch(
                "delivery_attendances",
                "f.id = {row}.id",
                ("delivery_id", "employer_id", "attended", "sector", "size_tier"),
            ),
            Watch(
                "support_deliveries",
                "d.id = {row}.id",
                ("kind", "delivered_on", "organisation_id", "withdrawn_at"),
                added=False,
            ),
            Watch("employers", "e.id = {row}.id", ("district",), added=False),
        ),
    )


_JOURNEY: Final = (
    "organisation_id",
    "source_kind",
    *EMPLOYER_COLUMNS,
    *(column for _, column in STEPS),
)


def _step(sql: Sql) -> Fact:
    # Who came to a later step has come past this one: no step holds fewer than the next.
    reached = " ".join(
        f"WHEN '{step}' THEN {sql.earliest(*later) if len(later) > 1 else later[0]}"
        for place, (step, _) in enumerate(STEPS)
        for later in ([f"f.{column}" for _, column in STEPS[place:]],)
    )
    names = " UNION ALL ".join(f"SELECT '{step}' AS step" for step, _ in STEPS)
    return Fact(
        key="step",
        meaning="Cases by the steps that they have come to, in the month in which they were opened",
        source=f"report_journeys f CROSS JOIN ({names}) k",
        where=f"CASE k.step {reached} END IS NOT NULL",
        month=sql.month("f.opened_on"),
        kind="k.step",
        axes=(employer("f"), provider(sql, "f.organisation_id"), source("f.source_kind")),
        watches=(Watch("report_journeys", "f.case_id = {row}.case_id", _JOURNEY),),
    )


def _gap(sql: Sql) -> Fact:
    pairs = list(itertools.pairwise(STEPS))
    names = " UNION ALL ".join(f"SELECT '{two[0]}' AS step" for _, two in pairs)
    days = " ".join(
        f"WHEN '{two[0]}' THEN {sql.days(f'f.{one[1]}', f'f.{two[1]}')}" for one, two in pairs
    )
    between = f"CASE k.step {days} END"
    return Fact(
        key="gap",
        meaning="Cases that came from one step to the next, by the days that lay between",
        source=f"report_journeys f CROSS JOIN ({names}) k",
        where=f"{between} >= 0",
        month=sql.quarter("f.opened_on"),
        kind="k.step",
        amount=between,
        amount_meaning="days from the step before",
        axes=(Axis("days", sql.padded(between, 5)),),
        watches=(
            Watch(
                "report_journeys",
                "f.case_id = {row}.case_id",
                tuple(column for _, column in STEPS),
            ),
        ),
    )
