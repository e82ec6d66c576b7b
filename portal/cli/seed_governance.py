"""The demonstration of information governance: requests, an erasure, a breach, agreements."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import click
from sqlalchemy import select

from portal.cli.demo_tools import taken
from portal.db import current_session, unit_of_work
from portal.employers.queries import employer_profile
from portal.governance.models.privacy import RightsRequest
from portal.governance.service import (
    audit_chain,
    breaches,
    consents,
    erasure,
    holds,
    retention,
    rights,
)
from portal.governance.service.breaches import Facts
from portal.kernel import clock
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok
from portal.network.models import EventRegistration

_ASKED: Final = "Example: what do you hold about me, and who has seen it?"
_FORGET: Final = "Example: I came to one event and want to be forgotten."


def seed_governance(*, head: Author, owner: Author, member: Author, cafe: str) -> int:
    """Labelled examples of everything that a manager answers for; how many."""
    _answered_request(member, head)
    _erasure_proposed(head)
    _breach(head)
    agreed = _agreements(owner, member, cafe)
    _hold(head)
    retention.run("command")
    audit_chain.check("command")
    return agreed + 4


def _answered_request(member: Author, head: Author) -> None:
    """A correction, asked for in the account and answered within the month."""
    now = clock.utc_now()
    with clock.freeze(now - timedelta(days=24)), unit_of_work():
        request = rights.receive(
            kind="rectification",
            channel="account",
            name=member.shown,
            email=member.email or "",
            words="Example: my name is spelt Milo, with one l.",
            by=member,
            user_id=member.user_id,
        )
        reference = taken(request).reference
    with clock.freeze(now - timedelta(days=20)), unit_of_work():
        words = "Example: your name is corrected everywhere."
        taken(rights.step(reference=reference, what="done", words=words, by=head))


def _erasure_proposed(head: Author) -> None:
    """Somebody without an account asks to be forgotten by letter; a second person has to do it."""
    now = clock.utc_now()
    name, email = _guest()
    with clock.freeze(now - timedelta(days=9)), unit_of_work():
        request = taken(_letter("erasure", name, email, _FORGET, head))
        reference = request.reference
    with clock.freeze(now - timedelta(days=7)), unit_of_work():
        taken(rights.step(reference=reference, what="identity_shown", words="", by=head))
        asked = erasure.Asked("contact", email, clock.today() - timedelta(days=2), reference)
        begun = taken(erasure.ask(asked, by=head))
        taken(erasure.propose(reference=begun.reference, by=head))
    with clock.freeze(now - timedelta(days=3)), unit_of_work():
        taken(_letter("access", "Ned Example", "ned@guest.example", _ASKED, head))


def _guest() -> tuple[str, str]:
    """Somebody of whom something is held: a guest of an event, who has no account."""
    row = current_session().execute(
        select(EventRegistration.name, EventRegistration.email)
        .where(EventRegistration.user_id.is_(None))
        .order_by(EventRegistration.id)
        .limit(1)
    )
    found = row.one_or_none()
    return ("Gia Example", "gia@guest.example") if found is None else (found.name, found.email)


def _letter(kind: str, name: str, email: str, words: str, by: Author) -> Ok[RightsRequest] | Err:
    return rights.receive(kind=kind, channel="letter", name=name, email=email, words=words, by=by)


def _breach(head: Author) -> None:
    """A list that went to the wrong address: judged, nobody harmed, closed."""
    now = clock.utc_now()
    with clock.freeze(now - timedelta(days=40)), unit_of_work():
        found = Facts(
            title="Example: list of an event's guests sent to one guest",
            found_at=clock.utc_now(),
            what="Example: the list of twelve guests was attached to a mail to one of them.",
            kinds=["contact"],
            people=12,
        )
        recorded = breaches.record(facts=found, by=head)
        if not isinstance(recorded, Ok):
            raise click.ClickException(f"The demonstration data is refused: {recorded}")
        reference = recorded.value.reference
    with clock.freeze(now - timedelta(days=39)), unit_of_work():
        judged = Facts(
            title=found.title,
            found_at=found.found_at,
            what=found.what,
            kinds=found.kinds,
            people=found.people,
            risk="unlikely",
            why="Example: names of businesses and people who knew each other from the event.",
            done="Example: the guest deleted the mail and confirmed it.",
            ico_reason="Example: a risk to people is unlikely.",
            lessons="Example: lists are no longer sent, they are looked at in the portal.",
        )
        breaches.judge(reference=reference, revision=0, facts=judged, by=head)
        closed = breaches.close(reference=reference, by=head)
        if not isinstance(closed, Ok):
            raise click.ClickException(f"The demonstration data is refused: {closed}")


def _agreements(owner: Author, member: Author, cafe: str) -> int:
    """What two people and their business agreed to; one took something back."""
    profile = employer_profile(cafe)
    if profile is None or owner.user_id is None or member.user_id is None:
        raise click.ClickException("The demonstration's people are missing")
    said = ((owner, "news", True), (member, "research", True), (member, "research", False))
    for person, purpose, given in said:
        with unit_of_work():
            key = person.user_id or 0
            taken(consents.for_person(user_id=key, purpose=purpose, given=given, by=person))
    for purpose in ("outcomes", "named"):
        with unit_of_work():
            taken(
                consents.for_employer(employer_id=profile.id, purpose=purpose, given=True, by=owner)
            )
    return len(said) + 2


def _hold(head: Author) -> None:
    """Files stay while an audit looks at them."""
    wanted = holds.Wanted(
        "class", "evidence_paid", "Example: an audit of the funding", clock.today() + timedelta(90)
    )
    with unit_of_work():
        taken(holds.place(wanted, by=head))
