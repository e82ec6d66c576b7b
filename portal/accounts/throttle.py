"""Counting failed tries in the database, so that the limit holds over processes and restarts."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import current_app, request
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from portal.accounts import queries, rules
from portal.accounts.models import SignInCounter
from portal.db import audit, current_session
from portal.kernel.clock import utc_now
from portal.kernel.ids import token_hash

_KEEP = timedelta(days=1)
_LONGEST = 254
Keys = Mapping[str, str]


def address_key(address: str | None) -> str:
    """What counts as one address: an IPv6 customer has a whole /64 to come from."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if parsed.version == 6:  # noqa: PLR2004
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def keys(*, email: str | None = None, second_step_user: int | None = None) -> dict[str, str]:
    """The counters a try by this request counts against."""
    found = {"address": address_key(request.remote_addr)}
    if email:
        found["account"] = address_typed(email)
    if second_step_user is not None:
        found["second_step"] = str(second_step_user)
    return found


def mail_keys(*, email: str, by_address: bool = True) -> dict[str, str]:
    """The counters of asking for mail to an address: whoever asks, and from where.

    They stand beside those of failed tries: much asking locks nobody out of signing in.
    """
    found = {"account": f"mail:{address_typed(email)}"}
    if by_address:
        found["address"] = f"mail:{address_key(request.remote_addr)}"
    return found


def address_typed(email: str) -> str:
    """The e-mail address as accounts are found by it, however its letters were written.

    Otherwise each spelling (full-width letters in the domain, for one) would be tried ten times.
    """
    plain = rules.normal_email(email)
    if len(plain) > _LONGEST:
        return plain[:_LONGEST]
    try:
        known = current_app.extensions["security"].mail_util.normalize(plain)
    except ValueError:
        return plain
    return rules.normal_email(known)


def is_locked(counted: Keys, *, lock: bool = True) -> bool:
    """Whether any of the keys is locked. Under ``lock`` tries of one key wait for each other."""
    now = utc_now()
    # Every key is read, in order, before any is judged: the locks must not depend on the answers.
    tries = [_tries(_row(scope, key, lock=lock)) for scope, key in _each(counted)]
    return any(one.is_locked(now) for one in tries)


def failed(counted: Keys) -> None:
    """Count one failure against each key."""
    now = utc_now()
    _forget_old()
    for scope, key in _each(counted):
        row = _row(scope, key, lock=True) or _made(scope, key)
        after = _tries(row).after_failure(now)
        if after.locked_until is not None and row.locked_until is None:
            audit.record(action="account.locked", subject=f"sign_in:{scope}")
        row.failures = after.failures
        row.first_at = after.first_at or now
        row.locked_until = after.locked_until
    current_session().flush()


def succeeded(counted: Keys) -> None:
    """Forget failures against the account, never those of the address it came from."""
    for scope, key in _each(counted):
        if scope != "address":
            row = _row(scope, key, lock=True)
            if row is not None:
                current_session().delete(row)
    current_session().flush()


def _each(counted: Keys) -> list[tuple[str, str]]:
    # Always in the same order, so that two tries never wait for each other crosswise.
    return [(scope, token_hash(f"{scope}:{key}")) for scope, key in sorted(counted.items())]


def _row(scope: str, key_hash: str, *, lock: bool) -> SignInCounter | None:
    return queries.counter(scope=scope, key_hash=key_hash, lock=lock)


def _made(scope: str, key_hash: str) -> SignInCounter:
    session = current_session()
    sqlite = session.get_bind().dialect.name == "sqlite"
    insert: Any = sqlite_insert if sqlite else postgresql_insert
    session.execute(
        insert(SignInCounter)
        .values(scope=scope, key_hash=key_hash, failures=0, first_at=utc_now())
        .on_conflict_do_nothing(index_elements=["scope", "key_hash"])
    )
    row = _row(scope, key_hash, lock=True)
    assert row is not None  # noqa: S101 - made just above, in this transaction
    return row


def _tries(row: SignInCounter | None) -> rules.Tries:
    if row is None or row.failures == 0:
        return rules.Tries()
    return rules.Tries(row.failures, row.first_at, row.locked_until)


def _forget_old() -> None:
    current_session().execute(
        delete(SignInCounter)
        .where(SignInCounter.first_at < utc_now() - _KEEP)
        .execution_options(synchronize_session=False)
    )
