"""Which reports somebody may have, in a page or by mail, as things stand at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portal.accounts import queries as accounts
from portal.programme import queries as programme
from portal.reports.access import may_read, view_of
from portal.reports.rules.scope import View
from portal.reports.rules.statistics.report import KEY as STATISTICS
from portal.reports.service.building import builders
from portal.reports.service.monthly import Reader
from portal.reports.service.tokens import SCOPES
from portal.web.access import Actor


@dataclass(frozen=True, slots=True)
class Offer:
    """A report that somebody may read: its key, its name, and what it answers."""

    key: str
    title: str
    about: str


_RELEASED: Final = Offer(
    STATISTICS,
    "Released statistics",
    "The statistics of each quarter, in the month after they are released.",
)


def offers(actor: Actor) -> list[Offer]:
    """The reports that a person may read now, in their order."""
    if view_of(actor) is View.STATISTICS:
        return [_RELEASED]
    return [Offer(one.key, one.title, one.about) for one in builders() if may_read(actor, one)]


def reader_of(user_id: int) -> Reader | None:
    """Somebody who may read reports, as they are now; None for anybody else."""
    actor = _actor_of(user_id)
    view = None if actor is None else view_of(actor)
    if actor is None or view is None:
        return None
    return Reader(
        str(actor.email),
        actor.name,
        view,
        tuple(sorted(actor.organisations)),
        frozenset(one.key for one in offers(actor)),
    )


def is_backed(scope: str, made_by: int | None) -> bool:
    """Whether a token opens what it says: everything only while its maker may read everything.

    Statistics are meant to leave the programme, and stay open to a token whose maker has left.
    """
    if SCOPES[scope] is not View.FULL:
        return True
    maker = None if made_by is None else reader_of(made_by)
    return maker is not None and maker.view is View.FULL


def _actor_of(user_id: int) -> Actor | None:
    """A person as they are now, with the roles and organisations they have; None when closed.

    Staff roles count with a second step only, which nobody on the staff is without.
    """
    person = accounts.user_by_id(user_id)
    if person is None or not person.active or person.confirmed_at is None:
        return None
    return Actor(
        user_id=person.id,
        email=person.email,
        name=person.name,
        roles=person.role_names,
        strong=person.tf_primary_method is not None or bool(person.webauthn),
        organisations=programme.organisation_ids_of(person.id),
    )
