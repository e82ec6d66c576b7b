"""What is counted of outputs and of the ledger, as they were priced and written."""

from __future__ import annotations

from portal.reports.facts.axes import employer, provider, source
from portal.reports.facts.definition import Axis, Fact, Watch
from portal.reports.facts.dialect import Sql


def facts(sql: Sql) -> tuple[Fact, ...]:
    """Outputs that can be paid for, and what moved between the accounts for them."""
    hard = "CASE WHEN f.hard_to_reach THEN 'yes' ELSE 'no' END"
    return (
        Fact(
            key="output",
            meaning="Outputs that arose and were not withdrawn, in the month of the work",
            source="outputs f JOIN cases c ON c.id = f.case_id "
            "LEFT JOIN referral_sources s ON s.id = c.source_id",
            where="f.withdrawn_at IS NULL",
            month=sql.month("f.occurred_on"),
            kind="f.output_type",
            amount="f.base_pence + f.bonus_pence",
            amount_meaning="pence, the price with its bonus as frozen on the output",
            axes=(
                employer("f"),
                provider(sql, "f.organisation_id"),
                source("s.kind"),
                Axis("hard", hard, "f.sector", "f.size_tier"),
            ),
            watches=(
                Watch(
                    "outputs",
                    "f.id = {row}.id",
                    ("withdrawn_at", "occurred_on", "base_pence", "bonus_pence", "case_id"),
                ),
                Watch("cases", "c.id = {row}.id", ("source_id",), added=False),
            ),
        ),
        Fact(
            key="money",
            meaning="Transfers of the ledger for outputs, by entry, in the month they were written",
            source="ledger_entries l JOIN outputs f ON f.id = l.output_id",
            month=sql.month(sql.day("l.at")),
            kind="l.kind",
            amount="l.pence",
            amount_meaning="pence",
            axes=(
                employer("f"),
                provider(sql, "f.organisation_id"),
                Axis("type", "f.output_type", "f.size_tier", hard),
            ),
            # The ledger is only appended to; what it names is frozen on the output.
            watches=(Watch("ledger_entries", "l.id = {row}.id", ()),),
        ),
    )
