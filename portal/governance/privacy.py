"""What people's rights put on other pages, the worker, merging and downloads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from flask import Flask, url_for

from portal.caseload.merging import Effect, MergePolicy, register_merge_policy
from portal.employers.panels import (
    HeldRecords,
    Panel,
    register_employer_panel,
    register_held_records,
)
from portal.employers.queries import EmployerProfile
from portal.employers.queries.held import read_table
from portal.governance.access import agreements_reader
from portal.governance.queries import consents
from portal.governance.rules.consents import load_consents
from portal.governance.service import breaches, person_copies, rights
from portal.integrations.jobs import register_daily, register_handler
from portal.web.access import Actor

_TITLES: Final = {purpose.key: purpose.title for purpose in load_consents()}


def install(app: Flask) -> None:
    """Put it all on the application."""
    register_handler(app, person_copies.KIND, person_copies.make)
    register_handler(app, person_copies.REMOVE, person_copies.remove)
    register_handler(app, breaches.REMINDER, breaches.remind)
    register_daily(app, "governance.copies_expire", person_copies.expire)
    register_daily(app, "governance.rights_reminders", rights.remind)
    register_daily(app, "governance.breach_reminders", breaches.remind_late)
    register_employer_panel(app, panel, order=90)
    register_held_records(app, HELD)
    register_merge_policy(app, POLICY)


def panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card on an employer's page: what it agreed to."""
    if not agreements_reader(actor, {"employer": profile.reference}):
        return None
    return Panel(
        "What you agreed to" if profile.reference in actor.employers else "What it agreed to",
        "Sharing outcomes, being named, taking part in the evaluation. Each can be taken back.",
        url_for("governance.agreements", employer=profile.reference),
    )


HELD: Final = HeldRecords(
    "What you agreed to",
    "agreements",
    "What your owners agreed to for the business, or took back, and when",
    "You and the LEP",
    (consents.HELD.table.name,),
    partial(read_table, consents.HELD),
    order=95,
)


def stays_with_who_said_it(kept_id: int, merged_id: int) -> Effect:
    """Nobody agreed to anything for the kept employer by agreeing for the other."""
    del kept_id
    reason = "it was said for the merged employer"
    return Effect(staying=dict.fromkeys(consents.keys_of_employer(merged_id), reason))


def _words(row: Mapping[str, Any]) -> str:
    said = "agreed" if row["given"] else "taken back"
    return f"{_TITLES.get(row['purpose'], row['purpose'])}: {said} by {row['by_name']}"


POLICY: Final = MergePolicy(
    "consent_records.employer_id",
    "What it agreed to",
    _words,
    ("purpose", "given", "by_name"),
    rule=stays_with_who_said_it,
)
