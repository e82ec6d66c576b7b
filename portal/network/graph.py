"""Ties the network's graph to the application: worker, merging, and what an employer sees of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from flask import Flask

from portal.caseload.merging import (
    MergePolicy,
    MergeStep,
    register_merge_policy,
    register_merge_step,
)
from portal.employers.panels import HeldRecords, register_held_records
from portal.employers.queries.held import read_table
from portal.integrations.jobs import register_daily, register_handler
from portal.network.queries import graph as queries
from portal.network.rules.words import TIE_KINDS
from portal.network.service import ties

_STAYS: Final = "Ties are worked out again from what happened, within minutes of the merge"

HELD_TIES: Final = HeldRecords(
    "Ties in the network",
    "network-ties",
    "In which ways you are connected with other members, since when and how often; the other "
    "members are named on the page of your own network, if they show their names",
    "The LEP, in its report on the network, and you",
    (queries.HELD.table.name,),
    partial(read_table, queries.HELD),
    order=72,
)


def _words(row: Mapping[str, Any]) -> str:
    return TIE_KINDS[row["kind"]]


def _policy(column: str) -> MergePolicy:
    return MergePolicy(
        f"network_ties.{column}",
        "Ties in the network",
        _words,
        ("kind",),
        moves=False,
        stays=_STAYS,
    )


def _preview(_kept_id: int, _merged_id: int) -> list[str]:
    return []


def _after_merging(_kept_id: int, _merged_id: int) -> dict[str, Any]:
    ties.renew_soon()
    return {}


def _after_undoing(_noted: Mapping[str, Any]) -> None:
    ties.renew_soon()


def wire_graph(app: Flask) -> None:
    """Install what the report of the network needs beside its pages."""
    register_handler(app, ties.KIND, ties.run)
    register_daily(app, ties.KIND, ties.renew)
    register_merge_policy(app, _policy("low_id"), _policy("high_id"))
    register_merge_step(app, MergeStep("network ties", _preview, _after_merging, _after_undoing))
    register_held_records(app, HELD_TIES)
