"""Copies of everything held about a person: asked for, made by the worker, taken, and removed."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

from portal.db import audit, current_session, outbox, unit_of_work
from portal.db.session import steady_reading
from portal.governance.models.privacy import PersonCopy, RightsRequest
from portal.governance.person_archive import archive
from portal.governance.queries import person_data
from portal.governance.queries import rights as found
from portal.governance.service import rights
from portal.integrations.mail import public_link, send_later
from portal.integrations.storage import StorageError, storage
from portal.kernel.clock import london, utc_now
from portal.kernel.ids import new_reference
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem

_log = logging.getLogger(__name__)
KIND: Final = "governance.person_copy"
REMOVE: Final = "governance.remove_copy"
LIVES: Final = timedelta(days=7)
GONE: Final = Problem("gone", "There is no such copy, or its time is over. Ask for a new one")
DAMAGED: Final = Problem("damaged", "The stored file is not the one that was made. Ask for another")
NOT_PROVED: Final = Problem("not_proved", "Note first that the person showed who they are")


def ask_own(*, user_id: int, email: str, by: Author) -> PersonCopy:
    """A person asks for their own copy. While one is being made or waits, it is that one."""
    for one in found.copies_of_user(user_id, limit=1):
        if one.state == "making" or (one.expires_at is not None and one.expires_at > utc_now()):
            return one
    return _ask(user_id=user_id, email=email, request=None, by=by)


def ask_for(*, request: RightsRequest, by: Author) -> Ok[PersonCopy] | Err:
    """A manager has a copy made to answer a request, once the person showed who they are."""
    if request.channel != "account" and request.identity_on is None:
        return Err(NOT_PROVED)
    for one in found.copies_of_request(request.id)[:1]:
        if one.state == "making" or (one.expires_at is not None and one.expires_at > utc_now()):
            return Ok(one)
    rights.note_copy(request, "copy", by)
    return Ok(_ask(user_id=request.user_id, email=request.email, request=request, by=by))


def _ask(
    *, user_id: int | None, email: str, request: RightsRequest | None, by: Author
) -> PersonCopy:
    copy = PersonCopy(
        user_id=user_id,
        email=email.strip().lower(),
        request_id=None if request is None else request.id,
        asked_by=by.user_id,
        asked_name=by.shown,
    )
    current_session().add(copy)
    current_session().flush()
    outbox.add(kind=KIND, payload={"copy": copy.reference}, unique_key=f"copy:{copy.reference}")
    audit.record(
        action="person_copy.asked", subject=f"person_copy:{copy.reference}", actor_id=by.user_id
    )
    return copy


def make(payload: Mapping[str, Any]) -> None:
    """Make and keep a copy. May be called twice, or after a crash."""
    copy = found.copy_of(str(payload["copy"]))
    if copy is None or copy.state != "making":
        return
    reference = copy.reference
    with steady_reading():
        person = person_data.person_of(user_id=copy.user_id, email=copy.email)
        data = archive(person)
    # A crash may have left a file without a row: each try has a key of its own.
    key = f"copies/{reference}-{new_reference()}.zip"
    storage().put(key, data)
    with unit_of_work():
        copy = found.copy_of(reference, lock=True)
        if copy is None or copy.state != "making":
            storage().delete(key)
            return
        now = utc_now()
        copy.state, copy.storage_key, copy.size = "ready", key, len(data)
        copy.sha256, copy.ready_at, copy.expires_at = sha256(data).hexdigest(), now, now + LIVES
        audit.record(
            action="person_copy.made",
            subject=f"person_copy:{reference}",
            detail={"sha256": copy.sha256, "bytes": copy.size},
        )
        if copy.request_id is None:
            _tell(copy, person.name)


def take(*, copy: PersonCopy, by: Author) -> Ok[bytes] | Err:
    """The file, proved to be the one that was made. Each taking is noted."""
    if copy.state != "ready" or copy.expires_at is None or copy.expires_at <= utc_now():
        return Err(GONE)
    try:
        data = storage().get(str(copy.storage_key))
    except StorageError:
        data = b""
    if sha256(data).hexdigest() != copy.sha256:
        _log.error("The copy %s is damaged", copy.reference)
        return Err(DAMAGED)
    copy.taken, copy.taken_at = copy.taken + 1, utc_now()
    audit.record(
        action="person_copy.taken",
        subject=f"person_copy:{copy.reference}",
        detail={"time": copy.taken},
        actor_id=by.user_id,
    )
    if copy.request_id is not None:
        request = current_session().get_one(RightsRequest, copy.request_id)
        rights.note_copy(request, "taken", by)
    return Ok(data)


def expire() -> None:
    """Give up the copies whose time is over; their files go after the commit."""
    with unit_of_work():
        for copy in found.expired_copies(utc_now()):
            outbox.add(
                kind=REMOVE,
                payload={"key": copy.storage_key},
                unique_key=f"remove:{copy.storage_key}",
            )
            copy.state, copy.storage_key = "expired", None
            audit.record(action="person_copy.expired", subject=f"person_copy:{copy.reference}")


def remove(payload: Mapping[str, Any]) -> None:
    """Remove a file that no copy names any more. Absent is fine."""
    storage().delete(str(payload["key"]))


def _tell(copy: PersonCopy, name: str) -> None:
    assert copy.expires_at is not None  # noqa: S101 - it was just set
    send_later(
        to=copy.email,
        subject="The copy of your data is ready",
        template="governance_notice",
        context={
            "name": name or "there",
            "lines": [
                f"It waits in your account until {london(copy.expires_at):%d %B %Y}.",
                "Somebody signed in to your account asked for it.",
                "If it was not you, change your password at once and tell us.",
            ],
            "button": "Go to your data",
            "link": public_link("governance.my_privacy"),
        },
        unique_key=f"copy:{copy.reference}:ready",
    )
