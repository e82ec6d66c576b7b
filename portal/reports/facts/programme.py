"""What the programme report needs beside the records' own facts: by contract, provider and day."""

from __future__ import annotations

from typing import Final

from portal.reports.facts.axes import EMPLOYER_COLUMNS, employer, provider, source
from portal.reports.facts.definition import Axis, Fact, Watch
from portal.reports.facts.dialect import Sql

# Steps of a case that are also counted in the month in which they were reached.
ARRIVALS: Final = (
    ("consulted", "consulted_on"),
    ("plan", "plan_on"),
    ("supported", "supported_on"),
    ("followed", "followed_on"),
    ("embedded", "embedded_on"),
)


def facts(sql: Sql) -> tuple[Fact, ...]:
    """Steps by their own month, outputs by contract and provider, and what was claimed."""
    return (_arrival(sql), _work(sql), _claimed(sql))


def _arrival(sql: Sql) -> Fact:
    names = " UNION ALL ".join(f"SELECT '{step}' AS step" for step, _ in ARRIVALS)
    day = "CASE k.step {} END".format(
        " ".join(f"WHEN '{step}' THEN f.{column}" for step, column in ARRIVALS)
    )
    return Fact(
        key="arrival",
        meaning="Cases by the steps that they first came to, in the month in which they did",
        source=f"report_journeys f CROSS JOIN ({names}) k",
        where=f"{day} IS NOT NULL",
        month=sql.month(day),
        kind="k.step",
        axes=(employer("f"), provider(sql, "f.organisation_id"), source("f.source_kind")),
        watches=(
            Watch(
                "report_journeys",
                "f.case_id = {row}.case_id",
                (
                    "organisation_id",
                    "source_kind",
                    *EMPLOYER_COLUMNS,
                    *(column for _, column in ARRIVALS),
                ),
            ),
        ),
    )


def _work(sql: Sql) -> Fact:
    hard = "CASE WHEN f.hard_to_reach THEN 'yes' ELSE 'no' END"
    return Fact(
        key="work",
        meaning="Outputs that arose and were not withdrawn, by whose contract and whose work",
        source="outputs f",
        where="f.withdrawn_at IS NULL",
        month=sql.month("f.occurred_on"),
        kind="f.output_type",
        amount="f.base_pence + f.bonus_pence",
        amount_meaning="pence, the price with its bonus as frozen on the output",
        axes=(
            Axis("contract", sql.text("f.contract_id"), hard, "f.size_tier"),
            Axis("owner", sql.text("f.organisation_id"), hard, "f.size_tier"),
            Axis("place", sql.text("f.organisation_id"), "f.sector", "f.district"),
        ),
        watches=(
            Watch(
                "outputs",
                "f.id = {row}.id",
                ("withdrawn_at", "occurred_on", "base_pence", "bonus_pence"),
            ),
        ),
    )


def _claimed(sql: Sql) -> Fact:
    return Fact(
        key="claimed",
        meaning="Transfers of the ledger for outputs, by entry, in the month their claim is for",
        source="ledger_entries l JOIN claims m ON m.id = l.claim_id "
        "JOIN outputs f ON f.id = l.output_id",
        month="m.period",
        kind="l.kind",
        amount="l.pence",
        amount_meaning="pence",
        axes=(Axis("contract", sql.text("l.contract_id"), "f.output_type"),),
        watches=(
            # The ledger is only appended to; an output keeps its type.
            Watch("ledger_entries", "l.id = {row}.id", ()),
            Watch("claims", "m.id = {row}.id", ("period",), added=False),
        ),
    )
