"""Linking accounts over programmes, and going over from one to the other.

Who the person is gets proved on both sides, each to its own programme: an offer is made here by
somebody who has just signed in, and accepted there by somebody who signs in there. Going over takes
a ticket that works once within a minute, in the body of a form and for one programme. A ticket is
signed by the portal, and its hash stands in the table that programmes share: neither is enough
without the other.

Called inside a unit of work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from flask import current_app
from flask import session as cookie
from flask_security.utils import login_user
from itsdangerous import BadData, URLSafeSerializer

from portal.accounts import links, mails, queries, rules, sessions
from portal.accounts.keys import derived_keys
from portal.accounts.models import LinkedAccount, User
from portal.db import audit, current_session, linked
from portal.db.linked import Ticket, here
from portal.db.programmes import Programme
from portal.kernel.clock import utc_now
from portal.kernel.ids import new_token, token_hash
from portal.kernel.result import Err, Ok, Problem

LINK: Final = "link"
GO: Final = "go"
NO_LINK: Final = Problem("no_link", "These accounts are not linked any more. Link them again")
NO_PROGRAMME: Final = Problem("no_programme", "Choose one of the programmes", "programme")
LINKED: Final = Problem(
    "linked", "Your account is linked with one of that programme already. End that link first"
)
FIRST_HAND: Final = Problem(
    "first_hand",
    "You came here from another programme. Go back to it, or sign out and sign in here to do this",
)
NO_TICKET: Final = Problem(
    "no_ticket", "Going over did not work. Go back and try again, or sign in here"
)
TOO_LATE: Final = Problem("too_late", "That took too long, or was done already. Start again")
WEAK: Final = Problem(
    "weak", "Your account here asks for a second step, which was not proved there. Sign in here"
)
WEAK_HERE: Final = Problem("weak_here", "Sign in with your second step first")


@dataclass(frozen=True, slots=True)
class Slip:
    """What the browser carries: from where to where, and for an offer whose account it is."""

    kind: str
    origin: str
    to: str
    link: str
    secret: str
    who: str = ""

    @property
    def hashed(self) -> str:
        """What the shared table knows it by: every part counts."""
        return token_hash(f"{self.kind}|{self.origin}|{self.to}|{self.link}|{self.secret}")


@dataclass(frozen=True, slots=True)
class Standing:
    """One of the person's links as the page shows it."""

    row: LinkedAccount
    programme: Programme
    stands: bool


def _signer() -> URLSafeSerializer:
    keys = derived_keys(current_app.config["SETTINGS"], "account-tickets")
    # The library signs with the last.
    return URLSafeSerializer(keys[::-1], salt="ticket")


def read(carried: str) -> Slip | None:
    """The slip that the portal signed; None for anything else."""
    try:
        said: dict[str, Any] = _signer().loads(carried)
        return Slip(**said)
    except (BadData, TypeError):
        return None


def _written(slip: Slip) -> str:
    said = {name: getattr(slip, name) for name in Slip.__slots__}
    return str(_signer().dumps(said))


def partner_called(slug: str) -> Programme | None:
    """Another open programme, by its name."""
    return next((one for one in linked.others() if one.slug == slug), None)


def standing_of(user_id: int) -> list[Standing]:
    """The person's links with open programmes, and whether each stands on both sides."""
    found = []
    for row in queries.links_of(user_id):
        programme = partner_called(row.partner)
        if programme is not None:
            found.append(Standing(row, programme, linked.stands(row.reference)))
    return found


def _proved(user: User, *, strong: bool) -> bool:
    passkeys = any(key.usage == "secondary" for key in user.webauthn)
    has_one = bool(user.tf_totp_secret) or passkeys
    return strong or not rules.asks_second_step(user.role_names, has_one=has_one)


# Linking -----------------------------------------------------------------------------------------


def offer(*, me: queries.SignedIn, to: str) -> Ok[str] | Err:
    """Begin a link on this side; returns what the browser carries to the other one."""
    partner = partner_called(to)
    user = queries.locked_user(me.user_id)
    if partner is None or user is None:
        return Err(NO_PROGRAMME)
    problem = _in_the_way(me, user, partner)
    if problem is not None:
        return Err(problem)
    reference = _make_half(user, new_token(), partner, strong=me.strong)
    audit.record(
        action="account.link_begun", subject=f"user:{user.id}", detail={"programme": partner.slug}
    )
    mails.send_notice("link_begun", to=user.email, name=user.name)
    return Ok(_give(LINK, me, partner, reference, strong=me.strong, who=user.email))


def _in_the_way(me: queries.SignedIn, user: User, partner: Programme) -> Problem | None:
    """Why this sign-in may not link the account with one of that programme."""
    if me.over is not None:
        return FIRST_HAND
    if not _proved(user, strong=me.strong):
        return WEAK_HERE
    return LINKED if _stands_with(user, partner) else None


def _stands_with(user: User, partner: Programme) -> bool:
    """Whether the person has a link with the programme; what is left of one that ended goes."""
    for row in queries.links_of(user.id):
        if row.partner == partner.slug:
            if linked.stands(row.reference) and links.is_as_linked(user, row):
                return True
            links.end_one(row, why="replaced")
    return False


def _make_half(user: User, reference: str, partner: Programme, *, strong: bool) -> str:
    linked.write_half(reference, partner)
    current_session().add(
        LinkedAccount(
            reference=reference,
            user_id=user.id,
            partner=partner.slug,
            stamp=links.stamp_of(user, reference),
            strong=strong,
            created_at=utc_now(),
        )
    )
    current_session().flush()
    return reference


def _give(
    kind: str, me: queries.SignedIn, to: Programme, link: str, *, strong: bool, who: str = ""
) -> str:
    slip = Slip(kind, here().slug, to.slug, link, new_token(), who)
    session = queries.session_of(me.session_id)
    length = rules.LINKING_LENGTH if kind == LINK else rules.GOING_LENGTH
    ticket = Ticket(
        kind=kind,
        to=to,
        from_session=linked.session_mark(session.token_hash),
        strong=strong,
        ends_at=session.expires_at,
        idle=sessions.idle_length(me),
    )
    linked.give_ticket(slip.hashed, ticket, expires_at=utc_now() + length)
    return _written(slip)


def open_offer(carried: str) -> tuple[Slip, Programme] | None:
    """An offer from another programme that can still be accepted here."""
    slip = read(carried)
    origin = partner_called(slip.origin) if slip is not None else None
    if slip is None or origin is None or (slip.kind, slip.to) != (LINK, here().slug):
        return None
    return (slip, origin) if linked.waiting(slip.hashed, LINK, origin) else None


def accept(*, me: queries.SignedIn, carried: str) -> Ok[Programme] | Err:
    """Complete a link on this side, as somebody who has just signed in here."""
    found = open_offer(carried)
    user = queries.locked_user(me.user_id)
    if found is None or user is None:
        return Err(TOO_LATE)
    slip, origin = found
    problem = _in_the_way(me, user, origin)
    if problem is not None:
        return Err(problem)
    if linked.take_ticket(slip.hashed, LINK, origin) is None:
        return Err(TOO_LATE)
    _make_half(user, slip.link, origin, strong=me.strong)
    if not linked.stands(slip.link):
        # Taken back there meanwhile.
        _stands_with(user, origin)
        return Err(TOO_LATE)
    audit.record(
        action="account.linked", subject=f"user:{user.id}", detail={"programme": origin.slug}
    )
    mails.send_notice("linked", to=user.email, name=user.name)
    return Ok(origin)


def unlink(*, user_id: int, link_id: int) -> Ok[None] | Err:
    """End one of the person's links, from either side."""
    row = queries.link_of(user_id=user_id, link_id=link_id)
    if row is None:
        return Err(NO_LINK)
    links.end_one(row, why="unlinked")
    return Ok(None)


# Going over --------------------------------------------------------------------------------------


def go(*, me: queries.SignedIn, link_id: int) -> Ok[tuple[Programme, str]] | Err:
    """A ticket to the linked account, for the browser to carry there."""
    user = queries.locked_user(me.user_id)
    row = queries.link_of(user_id=me.user_id, link_id=link_id)
    partner = partner_called(row.partner) if row is not None else None
    if user is None or row is None or partner is None:
        return Err(NO_LINK)
    if me.over is not None:
        # Each programme trusts those that the person linked it with, not theirs in turn.
        return Err(FIRST_HAND)
    if not links.is_as_linked(user, row):
        links.end_one(row, why="changed")
        return Err(NO_LINK)
    if not linked.stands(row.reference):
        return Err(NO_LINK)
    audit.record(
        action="account.went_over", subject=f"user:{user.id}", detail={"programme": partner.slug}
    )
    strong = me.strong and row.strong
    return Ok((partner, _give(GO, me, partner, row.reference, strong=strong)))


def come_in(*, carried: str) -> Ok[User] | Err:
    """Take a ticket and sign its owner in, as strongly and as long as both accounts allow.

    Whatever comes of it, the ticket is gone.
    """
    slip = read(carried)
    origin = partner_called(slip.origin) if slip is not None else None
    if slip is None or origin is None or (slip.kind, slip.to) != (GO, here().slug):
        return Err(NO_TICKET)
    ticket = linked.take_ticket(slip.hashed, GO, origin)
    row = queries.link_called(slip.link)
    if ticket is None or row is None or row.partner != origin.slug:
        return Err(NO_TICKET)
    user = queries.locked_user(row.user_id)
    if user is None or not links.is_as_linked(user, row):
        links.end_one(row, why="changed")
        return Err(NO_TICKET)
    if not linked.stands(row.reference) or ticket.ends_at <= utc_now():
        return Err(NO_TICKET)
    strong = ticket.strong and row.strong
    if not _proved(user, strong=strong):
        return Err(WEAK)
    _sign_in(user, origin, ticket, row.reference, strong=strong)
    audit.record(
        action="account.came_over",
        subject=f"user:{user.id}",
        detail={"programme": origin.slug, "strong": strong},
        actor_id=user.id,
    )
    return Ok(user)


def _sign_in(user: User, origin: Programme, ticket: Ticket, link: str, *, strong: bool) -> None:
    known = sessions.current_sign_in()
    if (
        known is not None
        and known.user_id == user.id
        and known.over is None
        and known.strong >= strong
    ):
        # They are in already, by their own password.
        return
    reference = new_token()
    linked.keep_crossing(reference, link, origin, ticket)
    sessions.note_arrival(sessions.Arrival(reference, ticket.ends_at, strong))
    login_user(user, authn_via=["link"])
    # Nobody has shown anything here: what is sensitive asks for this account's own password.
    for mark in ("fs_paa", "fs_gexp"):
        cookie.pop(mark, None)
