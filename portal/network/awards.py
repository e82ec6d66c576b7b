"""What awards put on other pages, on the worker, into downloads and into merges of employers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from flask import Flask, url_for

from portal.caseload.merging import Effect, MergePolicy, RowChange, register_merge_policy
from portal.employers.panels import (
    HeldRecords,
    Panel,
    register_employer_panel,
    register_held_records,
    register_timeline_link,
)
from portal.employers.queries import EmployerProfile
from portal.employers.queries.held import read_table
from portal.integrations.jobs import register_daily, register_handler
from portal.kernel.clock import today
from portal.kernel.result import Problem
from portal.network.access import may_read_certificate
from portal.network.queries import award_held as held
from portal.network.queries import awards as queries
from portal.network.rules.awards import shown_code
from portal.network.rules.words import TIERS
from portal.network.service import award_certificates, award_rounds
from portal.web.access import Actor

# Applications that may still become an award.
UNDECIDED: Final = frozenset({"draft", "submitted", "assessing", "moderation", "ready"})
_WHO: Final = "You, the assessors of the round, and the LEP"


def wire_awards(app: Flask) -> None:
    """Install them."""
    award_certificates.init_certificates(app)
    register_handler(app, award_rounds.OPENED, award_rounds.tell_opened)
    register_daily(app, "network.award_rounds", award_rounds.follow_all)
    register_employer_panel(app, award_panel, order=55)
    register_timeline_link(app, "award", _award_address)
    register_held_records(app, *RECORDS)
    register_merge_policy(app, *POLICIES)


def award_panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card on an employer's page: its award, or the way to one."""
    if not may_read_certificate(actor, profile.reference):
        return None
    own = profile.reference in actor.employers
    tier = queries.tiers_of([profile.id], today()).get(profile.id)
    href = url_for("network.apply", employer=profile.reference) if own else None
    if tier is not None:
        return Panel("Employer champion", f"{TIERS[tier]} award", href, tint=True)
    if not own:
        return None
    return Panel("Awards", "Have what you changed recognised: become an employer champion.", href)


def _award_address(code: str, _actor: Actor) -> str | None:
    return url_for("network.verify_code", code=shown_code(code))


# Two records of one employer ------------------------------------------------------------------


def same_round(kept_id: int, merged_id: int) -> Effect:
    """One application in a round counts: the merged employer's stays behind, and is not decided.

    Where it has gone further than the one of the employer that is kept, the merge is refused: to
    withdraw it would lose what the business has sent.
    """
    rows = queries.rows_of([kept_id, merged_id])["applications"]
    has = {row[2]: row[3] for row in rows if row[1] == kept_id and row[3] != "withdrawn"}
    twice = [row for row in rows if row[1] == merged_id and row[2] in has and row[3] != "withdrawn"]
    return Effect(
        staying={row[0]: "the employer that is kept applied in this round too" for row in twice},
        changes=tuple(
            RowChange(
                "award_applications",
                row[0],
                {"state": "withdrawn"},
                f"Application {row[4]} is withdrawn: one in a round is decided",
            )
            for row in twice
            if row[3] in UNDECIDED
        ),
        problems=tuple(
            Problem(
                "same_round",
                f"Both applied in one award round, and application {row[4]} of the employer that "
                "goes has been sent while that of the other has not. Keep the other employer, "
                "or have the draft withdrawn first",
            )
            for row in twice
            if row[3] in UNDECIDED - {"draft"} and has[row[2]] in {"draft", "lapsed"}
        ),
    )


def same_conflict(kept_id: int, merged_id: int) -> Effect:
    """A conflict that was declared about both stays behind: once is enough."""
    rows = queries.rows_of([kept_id, merged_id])["conflicts"]
    has = {row[2] for row in rows if row[1] == kept_id}
    return Effect(
        staying={
            row[0]: "the same person declared it about the employer that is kept"
            for row in rows
            if row[1] == merged_id and row[2] in has
        }
    )


def counted_once(kept_id: int, merged_id: int) -> Effect:
    """An employer is a champion once."""
    rows = {row[1]: row for row in queries.rows_of([kept_id, merged_id])["champions"]}
    if len(rows) < 2:  # noqa: PLR2004 - each is one
        return Effect()
    kept, merged = rows[kept_id], rows[merged_id]
    change = RowChange(
        "champions",
        kept[0],
        {"since": merged[2].isoformat()},
        f"Champion since {merged[2]:%-d %B %Y}, as the employer that goes was one first",
    )
    return Effect(
        staying={merged[0]: "the employer that is kept is counted as a champion"},
        changes=(change,) if merged[2] < kept[2] else (),
    )


def _application_words(row: Mapping[str, Any]) -> str:
    return f"{row['reference']}: {TIERS[row['tier_sought']]}, {row['state']}"


def _award_words(row: Mapping[str, Any]) -> str:
    return f"{TIERS[row['tier']]}, valid until {row['valid_until']}"


POLICIES: Final = (
    MergePolicy(
        "award_applications.employer_id",
        "Award applications",
        _application_words,
        ("reference", "tier_sought", "state"),
        rule=same_round,
    ),
    MergePolicy(
        "awards.employer_id",
        "Awards",
        _award_words,
        ("tier", "valid_until"),
        follows=("application_id",),
    ),
    MergePolicy(
        "award_conflicts.employer_id",
        "Conflicts of assessors",
        lambda row: f"Declared on {row['at']}",
        ("at",),
        rule=same_conflict,
    ),
    MergePolicy(
        "champions.employer_id",
        "Champions",
        lambda row: f"Champion since {row['since']}",
        ("since",),
        rule=counted_once,
        follows=("award_id",),
    ),
)


# What is held ---------------------------------------------------------------------------------


def _records(title: str, file: str, about: str, who: str, shown: Any, order: int) -> HeldRecords:
    return HeldRecords(
        title, file, about, who, (shown.table.name,), partial(read_table, shown), order=order
    )


RECORDS: Final = (
    _records(
        "Award applications",
        "award-applications",
        "Applications for awards, with what you wrote and what came of them",
        _WHO,
        held.APPLICATIONS,
        80,
    ),
    _records(
        "Statements of staff",
        "award-statements",
        "Whom you asked to speak for an application, and what those said who did",
        f"{_WHO}; assessors without the names",
        held.STATEMENTS,
        81,
    ),
    _records(
        "Assessments",
        "award-assessments",
        "What assessors scored and noted, once it was decided",
        _WHO,
        held.ASSESSMENTS,
        82,
    ),
    _records(
        "Awards",
        "awards",
        "Awards you hold or held, each with the code by which anybody can verify it",
        "Whoever has the code, and the LEP",
        held.AWARDS,
        83,
    ),
    _records(
        "Champion",
        "champion",
        "That you were counted as an employer champion",
        "The LEP",
        held.CHAMPIONS,
        84,
    ),
    _records(
        "Conflicts of assessors",
        "award-conflicts",
        "That somebody said they cannot judge you; who and why is theirs",
        "The LEP",
        held.CONFLICTS,
        85,
    ),
)
