"""Budgets against their profile: what should be spent by when, and what is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from portal.reports.rules.document import Column, Section, Table, Unit, Value
from portal.reports.rules.programme.data import (
    Contract,
    Data,
    last_day,
    months_between,
    quarter_of,
)
from portal.reports.rules.programme.tables import table, text
from portal.reports.rules.readings import pictured
from portal.reports.rules.written import share

# How each kind of entry changes what is claimed: promised or gone, and not come back.
_CLAIMS: Final[Mapping[str, int]] = {"commit": 1, "release": -1, "recover": -1, "adjust": 1}
_CLAIMED: Final = (
    "What was claimed and not refused, less what came back, in the month the claim is for. A month "
    "is claimed after it has ended."
)
_PROFILE: Final = (
    "What the contracts expect to be spent; a quarter's profile is spread evenly over its months."
)


def profile_by(contracts: Sequence[Contract], month: date) -> int:
    """Pence that should be spent by the end of a month, half a penny rounded up."""
    pence = 0
    for contract in contracts:
        for quarter, expected in contract.profile.items():
            if quarter > month:
                continue
            begun = (month.year - quarter.year) * 12 + month.month - quarter.month + 1
            pence += (2 * expected * min(begun, 3) + 3) // 6
    return pence


def claimed_by(data: Data, contracts: Sequence[Contract], month: date) -> int:
    """Pence claimed and not refused for months until this one."""
    ids = {str(contract.id) for contract in contracts}
    return sum(
        _CLAIMS.get(kind, 0) * one.amount
        for (at, kind, contract), one in data.tally("claimed").groups
        if contract in ids and at <= month.isoformat()
    )


def _burn_up(data: Data) -> Table:
    contracts = data.contracts
    starts = min(quarter_of(one.starts_on) for one in contracts)
    planned = [quarter for one in contracts for quarter in one.profile]
    ends = max(one.ends_on for one in contracts)
    if planned:
        starts, ends = min(starts, *planned), max(ends, last_day(max(planned)))
    rows: list[tuple[Value, ...]] = []
    for month in months_between(starts, ends):
        over = last_day(month) <= data.scope.last
        rows.append(
            (
                month.isoformat(),
                profile_by(contracts, month) if planned else None,
                claimed_by(data, contracts, month) if over else None,
            )
        )
    return table(
        "burn-up",
        "Spending against the profile, since the contracts began",
        (
            Column("month", "By the end of", Unit.MONTH, "The end of this month."),
            Column("profile", "Profile", Unit.PENCE, _PROFILE),
            Column("claimed", "Claimed", Unit.PENCE, _CLAIMED),
        ),
        rows,
        total=False,
        note="The last month that has ended is often not claimed yet.",
    )


def _contracts(data: Data) -> Table:
    ended = [month for month in data.months if last_day(month) <= data.scope.last]
    rows: list[tuple[Value, ...]] = []
    for one in data.contracts:
        claimed = claimed_by(data, [one], data.scope.last_month)
        expected = profile_by([one], ended[-1]) if ended and one.profile else None
        rows.append(
            (
                one.title,
                one.provider,
                one.starts_on.isoformat(),
                one.ends_on.isoformat(),
                one.cap,
                claimed,
                share(claimed, one.cap),
                expected,
                None if expected is None else claimed - expected,
            )
        )
    return table(
        "contracts",
        "Contracts",
        (
            text("contract", "Contract", "The contract's name."),
            text("provider", "Provider", "Whose contract it is."),
            Column("starts", "Starts", Unit.DAY, "Its first day."),
            Column("ends", "Ends", Unit.DAY, "Its last day."),
            Column("cap", "Budget", Unit.PENCE, "Its full cap, as varied until now."),
            Column("claimed", "Claimed", Unit.PENCE, f"Since it began. {_CLAIMED}"),
            Column("used", "Of the budget", Unit.PER_MILLE, "Claimed as a share of the budget."),
            Column(
                "profile",
                "Profile by then",
                Unit.PENCE,
                f"Until the last month of the period that has ended. {_PROFILE}",
            ),
            Column(
                "difference",
                "Ahead or behind",
                Unit.PENCE,
                "Claimed less the profile by then; below nought is behind.",
            ),
        ),
        rows,
    )


def section(data: Data) -> Section | None:
    """Targets and profile; nothing for a part of the employers, to whom no budget belongs."""
    if data.scope.filtered:
        return None
    title, intro = "Targets and profile", "What the contracts expect, and what was claimed."
    if not data.contracts:
        return Section(
            "targets", title, intro, notes=("Nothing yet: no contract was in force then.",)
        )
    burn_up, contracts = _burn_up(data), _contracts(data)
    has_profile = any(one.profile for one in data.contracts)
    picture = pictured(
        "burn-up",
        "burn_up",
        "Spending against the profile",
        burn_up,
        what="money claimed",
        label="month",
        actual="claimed",
        profile="profile",
    )
    return Section(
        "targets",
        title,
        intro,
        tables=(burn_up, contracts),
        pictures=(picture,),
        notes=()
        if has_profile
        else ("No contract has a profile yet: there is nothing to hold spending against.",),
    )
