"""Who may use which route: one table for the whole portal, checked before every request.

A route that does not stand in the table answers nobody. Record-level rules are the features' own
pure predicates; this table decides whether the route may be tried at all.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import (
    Flask,
    abort,
    current_app,
    g,
    make_response,
    redirect,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response

from portal.kernel.people import Author
from portal.web.asked import init_asked
from portal.web.errors import expired_form


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever makes this request, as plain data.

    ``employers`` maps an employer's reference to ``owner`` or ``member``. ``visitor_responses``
    holds references of diagnostics started in this browser before registering. ``strong`` says
    whether a second factor stood behind this sign-in; staff roles count only then.
    ``organisations`` holds keys of the organisations a member of staff works for, ``served`` the
    references of employers that their provider has a case for; it may ask the database.
    """

    user_id: int | None = None
    email: str | None = None
    name: str = ""
    roles: frozenset[str] = frozenset()
    employers: Mapping[str, str] = field(default_factory=dict)
    visitor_responses: frozenset[str] = frozenset()
    strong: bool = False
    organisations: frozenset[int] = frozenset()
    served: Container[str] = frozenset()

    @property
    def is_authenticated(self) -> bool:
        """Whether somebody is signed in."""
        return self.user_id is not None


VISITOR = Actor()
Predicate = Callable[[Actor, Mapping[str, Any]], bool]
ActorPart = Callable[[Actor], Actor]
TABLE_EXTENSION = "portal_access_table"
PARTS_EXTENSION = "portal_actor_parts"


def public(_actor: Actor, _args: Mapping[str, Any]) -> bool:
    """Anyone, signed in or not."""
    return True


def signed_in(actor: Actor, _args: Mapping[str, Any]) -> bool:
    """Anyone with an account, signed in."""
    return actor.is_authenticated


def visitor_only(actor: Actor, _args: Mapping[str, Any]) -> bool:
    """Only somebody who is not signed in, such as on the registration page."""
    return not actor.is_authenticated


def has_role(*names: str) -> Predicate:
    """Anyone signed in with a second factor who holds one of these staff roles."""
    wanted = frozenset(names)

    def holds(actor: Actor, _args: Mapping[str, Any]) -> bool:
        return actor.strong and bool(wanted & actor.roles)

    return holds


provider_staff = has_role("adviser", "provider_manager")
lep_staff = has_role("lep_officer", "lep_manager", "administrator")


def employer_member(actor: Actor, args: Mapping[str, Any]) -> bool:
    """An owner or member of the employer whose reference is in the address as ``employer``."""
    return args.get("employer") in actor.employers


def employer_owner(actor: Actor, args: Mapping[str, Any]) -> bool:
    """An owner of the employer whose reference is in the address as ``employer``."""
    return actor.employers.get(str(args.get("employer"))) == "owner"


def serves_employer(actor: Actor, args: Mapping[str, Any]) -> bool:
    """An adviser or manager of a provider that has a case for the employer in the address."""
    return provider_staff(actor, args) and args.get("employer") in actor.served


def any_of(*predicates: Predicate) -> Predicate:
    """Whoever at least one of the predicates lets in."""

    def allowed(actor: Actor, args: Mapping[str, Any]) -> bool:
        return any(predicate(actor, args) for predicate in predicates)

    return allowed


def register_routes(app: Flask, routes: Mapping[str, Predicate]) -> None:
    """Add a feature's routes to the table; an endpoint stands in it once."""
    table: dict[str, Predicate] = app.extensions.setdefault(TABLE_EXTENSION, {})
    twice = table.keys() & routes.keys()
    if twice:
        raise RuntimeError(f"Routes registered twice in the access table: {sorted(twice)}")
    table.update(routes)


def register_actor_part(app: Flask, part: ActorPart) -> None:
    """Add what one feature knows about the person, in feature order."""
    parts: list[ActorPart] = app.extensions.setdefault(PARTS_EXTENSION, [])
    parts.append(part)


def current_actor() -> Actor:
    """The person making this request; loaded once a request."""
    if "actor" not in g:
        g.actor = VISITOR
        actor = VISITOR
        parts: list[ActorPart] = current_app.extensions.get(PARTS_EXTENSION, [])
        for part in parts:
            actor = part(actor)
        g.actor = actor
    known: Actor = g.actor
    return known


def current_author() -> Author:
    """The person making this request, as what they change remembers them."""
    actor = current_actor()
    return Author(actor.user_id, actor.name, actor.email)


def forget_actor() -> None:
    """Load the person afresh, after signing in or out within a request."""
    g.pop("actor", None)


def _check_access() -> Response | None:
    endpoint = request.endpoint
    if endpoint is None:
        return None
    table: dict[str, Predicate] = current_app.extensions.get(TABLE_EXTENSION, {})
    predicate = table.get(endpoint)
    if predicate is None:
        abort(403)
    actor = current_actor()
    if predicate(actor, request.view_args or {}):
        return None
    if predicate is visitor_only:
        return redirect(url_for("pages.home"))
    if not actor.is_authenticated:
        if request.method == "POST" and "_user_id" in session:
            # A sign-in that ended while somebody was writing: the form is sent again after the
            # next one.
            return make_response(expired_form())
        target = request.full_path.rstrip("?") if request.method == "GET" else None
        return redirect(url_for("security.login", next=target))
    # A stranger learns nothing about what exists, except that this address is not theirs.
    return abort(403)


def init_access(app: Flask) -> None:
    """Check the table before every request, and read numbers in addresses as keys."""
    init_asked(app)
    app.before_request(_check_access)
    register_routes(app, {"static": public})
