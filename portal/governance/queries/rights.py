"""Requests of people about their data, and the copies made for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from portal.db import current_session
from portal.governance.models.privacy import PersonCopy, RightsRequest, RightsStep

PAGE = 50
# For pages, which know no tables.
Request = RightsRequest


def open_requests() -> Sequence[RightsRequest]:
    """What is still to be answered, the most urgent first; what waits for proof comes last."""
    return (
        current_session()
        .scalars(
            select(RightsRequest)
            .where(RightsRequest.state == "open")
            .order_by(RightsRequest.due_on.is_(None), RightsRequest.due_on, RightsRequest.id)
        )
        .all()
    )


def closed_requests(*, before: int | None = None, limit: int = PAGE) -> Sequence[RightsRequest]:
    """What was answered, the newest first, from before an id."""
    query = select(RightsRequest).where(RightsRequest.state != "open")
    if before is not None:
        query = query.where(RightsRequest.id < before)
    return current_session().scalars(query.order_by(RightsRequest.id.desc()).limit(limit)).all()


def request_of(reference: str, *, lock: bool = False) -> RightsRequest | None:
    """The request with a reference, held for change when asked."""
    query = select(RightsRequest).where(RightsRequest.reference == reference)
    return current_session().scalar(query.with_for_update() if lock else query)


def by_key(request_id: int) -> RightsRequest | None:
    """The request with a key."""
    return current_session().get(RightsRequest, request_id)


def request_with(request_id: int) -> RightsRequest | None:
    """The request with a key, held for change."""
    query = select(RightsRequest).where(RightsRequest.id == request_id)
    return current_session().scalar(query.with_for_update())


def requests_of(user_id: int) -> Sequence[RightsRequest]:
    """What a person asked, the newest first."""
    return (
        current_session()
        .scalars(
            select(RightsRequest)
            .where(RightsRequest.user_id == user_id)
            .order_by(RightsRequest.id.desc())
            .limit(PAGE)
        )
        .all()
    )


def open_of_kind(user_id: int, kind: str) -> RightsRequest | None:
    """The open request of a kind that a person has already."""
    return current_session().scalar(
        select(RightsRequest).where(
            RightsRequest.user_id == user_id,
            RightsRequest.kind == kind,
            RightsRequest.state == "open",
        )
    )


def steps(request_id: int) -> Sequence[RightsStep]:
    """What happened to a request, the newest first."""
    return (
        current_session()
        .scalars(
            select(RightsStep)
            .where(RightsStep.request_id == request_id)
            .order_by(RightsStep.id.desc())
        )
        .all()
    )


# Copies -----------------------------------------------------------------------------------------


def copy_of(reference: str, *, lock: bool = False) -> PersonCopy | None:
    """The copy with a reference, held for change when asked."""
    query = select(PersonCopy).where(PersonCopy.reference == reference)
    return current_session().scalar(query.with_for_update() if lock else query)


def copies_of_user(user_id: int, *, limit: int = 10) -> Sequence[PersonCopy]:
    """Copies that a person asked for in their account, the newest first."""
    return (
        current_session()
        .scalars(
            select(PersonCopy)
            .where(PersonCopy.user_id == user_id, PersonCopy.request_id.is_(None))
            .order_by(PersonCopy.id.desc())
            .limit(limit)
        )
        .all()
    )


def copies_of_request(request_id: int) -> Sequence[PersonCopy]:
    """Copies made to answer a request, the newest first."""
    return (
        current_session()
        .scalars(
            select(PersonCopy)
            .where(PersonCopy.request_id == request_id)
            .order_by(PersonCopy.id.desc())
        )
        .all()
    )


def expired_copies(now: datetime, *, limit: int = 500) -> Sequence[PersonCopy]:
    """Copies whose time is over and whose file is still there."""
    return (
        current_session()
        .scalars(
            select(PersonCopy)
            .where(PersonCopy.state == "ready", PersonCopy.expires_at <= now)
            .order_by(PersonCopy.id)
            .limit(limit)
            .with_for_update()
        )
        .all()
    )
