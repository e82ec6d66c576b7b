"""Agreeing to something and taking it back: each is a row of its own, so the history is whole."""

from __future__ import annotations

from portal.db import audit, current_session
from portal.governance.models.privacy import ConsentRecord
from portal.governance.queries import consents as found
from portal.governance.rules.consents import HOW, purpose_of
from portal.kernel.clock import today
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

NO_PURPOSE = Problem("no_purpose", "There is nothing of that name to agree to")


def for_person(*, user_id: int, purpose: str, given: bool, by: Author) -> Ok[bool] | Err:
    """Note what a person says for themselves; True when it changes anything."""
    known = found.of_user(user_id).get(purpose)
    return _say("user", user_id, purpose, given, known, by, "page")


def for_employer(
    *, employer_id: int, purpose: str, given: bool, by: Author, how: str = "page"
) -> Ok[bool] | Err:
    """Note what an owner says for the business; True when it changes anything."""
    known = found.of_employer(employer_id).get(purpose)
    return _say("employer", employer_id, purpose, given, known, by, how)


def _say(
    whose: str,
    key: int,
    purpose: str,
    given: bool,  # noqa: FBT001 - what is said
    known: found.Standing | None,
    by: Author,
    how: str,
) -> Ok[bool] | Err:
    offered = purpose_of(purpose, whose)
    words = None if offered is None else offered.words_on(today())
    if words is None or how not in HOW:
        return Err(NO_PURPOSE)
    # Taking back is about the words that were agreed to; agreeing is to those shown today.
    version = words.version if given or known is None else known.version
    unchanged = (known is None and not given) or (
        known is not None and (known.given, known.version) == (given, version)
    )
    if unchanged:
        return Ok(value=False)
    current_session().add(
        ConsentRecord(
            user_id=key if whose == "user" else None,
            employer_id=key if whose == "employer" else None,
            purpose=purpose,
            words_version=version,
            given=given,
            how=how,
            by=by.user_id,
            by_name=by.shown,
        )
    )
    audit.record(
        action="consent.given" if given else "consent.withdrawn",
        subject=f"{whose}:{key}",
        detail={"purpose": purpose, "words": version, "how": how},
        actor_id=by.user_id,
    )
    current_session().flush()
    return Ok(value=True)
