"""What every step of an award does: say it on the timeline, in the audit trail and by mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from portal.db import audit
from portal.db.promise_keys import key_for
from portal.employers import queries as employers
from portal.employers.service import timeline
from portal.kernel.people import Author
from portal.kernel.result import Err, Problem
from portal.network.models import AwardApplication, AwardRound
from portal.network.queries import award_applications as applications
from portal.network.queries import award_rounds as rounds
from portal.network.rules.states import APPLICATION_MOVES, ROUND_MOVES, refused
from portal.network.service.mails import tell

NO_ROUND: Final = Problem("no_round", "There is no such round")
NO_APPLICATION: Final = Problem("no_application", "There is no such application")
STALE: Final = Problem(
    "stale", "Somebody else has changed this meanwhile. Both texts are shown: keep what is right"
)


def move_round(award_round: AwardRound, then: str, by: Author) -> Problem | None:
    """Take a round to another state if that is allowed, or say why not."""
    problem = refused(ROUND_MOVES, award_round.state, then, what="A round")
    if problem is None:
        before, award_round.state = award_round.state, then
        award_round.revision += 1
        note_round(award_round, then, by, {"from": before})
    return problem


def move(application: AwardApplication, then: str, by: Author) -> Problem | None:
    """Take an application to another state if that is allowed, or say why not; both are logged."""
    problem = refused(APPLICATION_MOVES, application.state, then, what="An application")
    if problem is not None:
        deny(f"award_application:{application.reference}", problem, by)
        return problem
    before, application.state = application.state, then
    application.revision += 1
    note(application, then, by, {"from": before})
    return None


def deny(subject: str, problem: Problem, by: Author) -> Err:
    """Log that something was refused, and say why."""
    audit.record(
        action="network.refused",
        subject=subject,
        detail={"code": problem.code},
        actor_id=by.user_id,
    )
    return Err(problem)


def note(
    application: AwardApplication, what: str, by: Author, detail: Mapping[str, Any] | None = None
) -> None:
    """Write what was done with an application into the audit trail."""
    audit.record(
        action=f"award_application.{what}",
        subject=f"award_application:{application.reference}",
        detail=dict(detail or {}),
        actor_id=by.user_id,
    )


def note_round(
    award_round: AwardRound, what: str, by: Author, detail: Mapping[str, Any] | None = None
) -> None:
    """Write what was done with a round into the audit trail."""
    audit.record(
        action=f"award_round.{what}",
        subject=f"award_round:{award_round.reference}",
        detail=dict(detail or {}),
        actor_id=by.user_id,
    )


def line(application: AwardApplication, title: str, by: Author, text: str = "") -> None:
    """Write a line on the employer's timeline."""
    timeline.note(
        employer_id=application.employer_id,
        kind="network",
        title=title,
        text=text,
        by=by,
        subject=f"award_application:{application.reference}",
    )


def held(reference: str) -> tuple[AwardRound, AwardApplication] | None:
    """An application and its round, held in the order in which everybody holds them."""
    round_id = applications.round_of(reference)
    if round_id is None:
        return None
    award_round = rounds.by_id_to_change(round_id)
    application = applications.to_change(reference)
    return None if application is None else (award_round, application)


def tell_owners(
    employer_id: int,
    *,
    subject: str,
    lines: Sequence[str],
    link: str,
    link_text: str,
    unique_key: str,
) -> None:
    """Send the owners of an employer a mail about awards, each once under its key."""
    for email in employers.owner_emails(employer_id):
        tell_one(
            email,
            subject=subject,
            lines=lines,
            link=link,
            link_text=link_text,
            unique_key=key_for(unique_key, email),
        )


def tell_one(
    email: str,
    *,
    subject: str,
    lines: Sequence[str],
    link: str,
    link_text: str,
    unique_key: str | None = None,
) -> bool:
    """Send somebody a mail about awards, unless they refuse them; whether it goes out."""
    return tell(
        kind="awards",
        to=email,
        subject=" ".join(subject.split())[:200],
        template="network_award",
        context={"lines": list(lines), "link": link, "link_text": link_text},
        unique_key=unique_key and unique_key[:200],
    )
