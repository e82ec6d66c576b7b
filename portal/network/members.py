"""What the membership puts on other pages, in the menu, in downloads and into a merge."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from flask import Flask, url_for

from portal.caseload.merging import (
    Effect,
    MergePolicy,
    MergeStep,
    register_merge_policy,
    register_merge_step,
)
from portal.employers.panels import (
    HeldRecords,
    Panel,
    register_employer_panel,
    register_held_records,
)
from portal.employers.queries import EmployerProfile
from portal.employers.queries.held import read_table
from portal.network.access import staff
from portal.network.places import network_places
from portal.network.queries import competitors, home, invitations, members
from portal.network.rules.invitations import STATES
from portal.network.rules.words import FIELDS
from portal.network.service import merges
from portal.web.access import Actor
from portal.web.navigation import NavEntry, register_nav

_EVERYBODY: Final = "You, and everybody as far as you show it; the LEP and the providers"
_YOU: Final = "You and the LEP"


def wire_members(app: Flask) -> None:
    """Install the card, the menu's entry, the downloads and what a merge does."""
    app.jinja_env.globals["network_places"] = network_places
    register_nav(
        app,
        NavEntry("Network", "network.home", show=lambda _actor: True, order=25, section="network"),
    )
    register_employer_panel(app, panel, order=50)
    register_held_records(app, *HELD)
    register_merge_policy(app, *POLICIES)
    register_merge_step(app, LEAVING)


def panel(profile: EmployerProfile, actor: Actor) -> Panel | None:
    """The card on an employer's page: joining, or what others see of it."""
    own = profile.reference in actor.employers
    if not own and not staff(actor, {}):
        return None
    corner = next(iter(home.own_corners([profile.reference])), None)
    if corner is None or (corner.member is None and not own):
        return None
    if corner.member is None:
        return Panel(
            "Network",
            "Meet other employers who open better jobs to part-time staff. You choose what they "
            "see of you.",
            url_for("network.profile_edit", employer=profile.reference),
        )
    words = "1 field is" if corner.shown == 1 else f"{corner.shown or 'No'} fields are"
    brought = f"{corner.brought} brought into the network" if corner.brought else ""
    href: str | None = None
    if own:
        href = url_for("network.profile_edit", employer=profile.reference)
    elif corner.shown:
        href = url_for("network.member", reference=corner.member)
    return Panel("Network", f"In the network. {words} shown to others.", href, brought)


# What is held -----------------------------------------------------------------------------------

HELD: Final = (
    HeldRecords(
        "Network: what you say of yourself",
        "network-member",
        "What your business wrote for the network, and which of it others see",
        _EVERYBODY,
        (members.MEMBERS.table.name,),
        partial(read_table, members.MEMBERS),
        order=70,
    ),
    HeldRecords(
        "Network: what you opened and closed",
        "network-consents",
        "When your people opened a field to others, or closed it again",
        _YOU,
        (members.CONSENTS.table.name,),
        partial(read_table, members.CONSENTS),
        order=71,
    ),
    HeldRecords(
        "Network: competitors",
        "network-competitors",
        "The businesses that you have named as competitors; they are not told",
        _YOU,
        (competitors.HELD.table.name,),
        partial(read_table, competitors.HELD),
        order=72,
    ),
    HeldRecords(
        "Network: invitations",
        "network-invitations",
        "The businesses that you have invited into the network",
        "You, whoever you invited, and the LEP",
        (invitations.HELD.table.name,),
        partial(read_table, invitations.HELD),
        order=73,
    ),
)


# Two records of one employer --------------------------------------------------------------------


def one_membership(kept_id: int, merged_id: int) -> Effect:
    """An employer is in the network once: the merged one's stays where the kept has its own."""
    kept, merged = members.record_of(kept_id), members.record_of(merged_id)
    if kept is None or merged is None:
        return Effect()
    return Effect(staying={merged.id: "the employer that is kept has its own place there"})


def same_consents(kept_id: int, merged_id: int) -> Effect:
    """The history of what was shown stays with the membership that showed it."""
    if members.record_of(kept_id) is None:
        return Effect()
    reason = "they are about what the merged employer showed"
    return Effect(staying=dict.fromkeys(members.consent_keys(merged_id), reason))


def same_competitors(kept_id: int, merged_id: int) -> Effect:
    """A pair that would be there twice stays behind, and one of the two themselves."""
    return Effect(staying=_pairs_staying(kept_id, merged_id, named=False))


def same_named(kept_id: int, merged_id: int) -> Effect:
    """The same where the merged employer is the one that was named."""
    return Effect(staying=_pairs_staying(kept_id, merged_id, named=True))


def _pairs_staying(kept_id: int, merged_id: int, *, named: bool) -> dict[int, str]:
    rows = competitors.pairs_of([kept_id, merged_id])
    there = {(one, other) for _key, one, other in rows}
    staying = {}
    for key, one, other in rows:
        if (other if named else one) != merged_id:
            continue
        moved = (one, kept_id) if named else (kept_id, other)
        if kept_id in (one, other):
            staying[key] = "a business is no competitor of its own"
        elif moved in there:
            staying[key] = "the employer that is kept has this competitor too"
    return staying


def brought_by_itself(kept_id: int, merged_id: int) -> Effect:
    """That one brought the other stays behind: nobody brings itself."""
    both = {kept_id, merged_id}
    return Effect(
        staying={
            key: "one of the two brought the other"
            for key, one, other in invitations.pairs_of([kept_id, merged_id])
            if {one, other} == both
        }
    )


def _member_words(row: Mapping[str, Any]) -> str:
    return f"{row['reference']}: in the network" + (", left" if row["left_at"] else "")


def _consent_words(row: Mapping[str, Any]) -> str:
    return f"{FIELDS[row['field']]}: {'opened' if row['shown'] else 'closed'} by {row['by_name']}"


def _competitor_words(row: Mapping[str, Any]) -> str:
    return f"A competitor, named by {row['by_name']}"


def _invitation_words(row: Mapping[str, Any]) -> str:
    to = f"to {row['to_business']}" if row["to_business"] else "by link"
    return f"{row['reference']}: {to}, {STATES[row['state']].lower()}"


_INVITATION: Final = ("reference", "to_business", "state")
POLICIES: Final = (
    MergePolicy(
        "network_members.employer_id",
        "Membership of the network",
        _member_words,
        ("reference", "left_at"),
        rule=one_membership,
    ),
    MergePolicy(
        "network_consents.employer_id",
        "What was opened to others in the network",
        _consent_words,
        ("field", "shown", "by_name"),
        rule=same_consents,
    ),
    MergePolicy(
        "network_competitors.employer_id",
        "Competitors it named",
        _competitor_words,
        ("by_name",),
        rule=same_competitors,
    ),
    MergePolicy(
        "network_competitors.other_id",
        "Those that named it as a competitor",
        _competitor_words,
        ("by_name",),
        rule=same_named,
    ),
    MergePolicy(
        "network_invitations.from_employer_id",
        "Invitations into the network",
        _invitation_words,
        _INVITATION,
        rule=brought_by_itself,
    ),
    MergePolicy(
        "network_invitations.joined_employer_id",
        "Who brought it into the network",
        _invitation_words,
        _INVITATION,
        rule=brought_by_itself,
    ),
)
LEAVING: Final = MergeStep(
    "network members", merges.preview_leaving, merges.leave, merges.come_back
)
