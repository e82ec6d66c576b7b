"""Files of referrals: checked first, taken in when their sender says so, each row once."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from portal.caseload.models import ReferralBatch, ReferralSource
from portal.caseload.queries import referral_sources as queries
from portal.caseload.queries.referral_likeness import Known
from portal.caseload.queries.referrals import Scope
from portal.caseload.rules.referral_file import (
    WHOLE_ROW,
    CheckedRow,
    check_rows,
    given_of,
    read_file,
)
from portal.caseload.rules.referral_likeness import STRONG, Identity, identity, likeness
from portal.caseload.rules.referrals import Given, news_of_file
from portal.caseload.service import referrals
from portal.db import audit, current_session
from portal.employers.rules.register_file import RegisterFileError
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme

SAME_FILE = "same_file"
NO_FILE = Problem("no_file", "There is no such file")
OVER = Problem("file_over", "This file was taken in or dropped already")
_HITS_KEPT = 3
_NAME_KEPT = 200


def upload(
    *,
    content: bytes,
    file_name: str,
    source: ReferralSource,
    organisation_id: int | None,
    scope: Scope,
    by: Author,
    again: bool = False,
) -> Ok[ReferralBatch] | Err:
    """Read and check a file; nothing is taken in yet.

    Refused with ``same_file`` when the same content was sent before, unless ``again``.
    """
    try:
        read = read_file(content)
    except RegisterFileError as error:
        return Err(Problem("bad_file", str(error), "file"))
    digest = hashlib.sha256(content).hexdigest()
    if not again and queries.same_file(digest, scope) is not None:
        return Err(Problem(SAME_FILE, "This file was sent before", "file"))
    rows = check_rows(read, sectors=dict(programme.settings().sector_choices))
    batch = ReferralBatch(
        source_id=source.id,
        organisation_id=organisation_id,
        file_name=file_name.strip()[-_NAME_KEPT:] or "referrals.csv",
        sha256=digest,
        rows=_with_doubles(rows, scope),
        uploaded_by=by.user_id,
    )
    current_session().add(batch)
    current_session().flush()
    audit.record(
        action="referral_file.checked",
        subject=f"referral_file:{batch.reference}",
        detail={"rows": len(rows), "encoding": read.encoding},
        actor_id=by.user_id,
    )
    return Ok(batch)


def sent_before(content: bytes, scope: Scope) -> tuple[str, str, datetime] | None:
    """The reference, state and time of the file with this content that was sent before."""
    batch = queries.same_file(hashlib.sha256(content).hexdigest(), scope)
    return None if batch is None else (batch.reference, batch.state, batch.created_at)


def _with_doubles(rows: list[CheckedRow], scope: Scope) -> list[dict[str, Any]]:
    known = Known(scope)
    kept: list[dict[str, Any]] = []
    earlier: list[tuple[int, Identity]] = []
    for row in rows:
        described = _identity(row.given) if row.given else _of_cells(row.cells)
        hits = [h for h in known.hits(described, limit=_HITS_KEPT) if h.score >= STRONG]
        twin = next((number for number, other in earlier if _same(described, other)), None)
        earlier.append((row.number, described))
        kept.append(
            row.kept()
            | {
                "like": [[h.kind, h.reference, h.name, h.hint, h.why] for h in hits],
                "twin": twin,
                "taken": None,
            }
        )
    return kept


def _identity(given: Given) -> Identity:
    return identity(
        given.employer_name,
        given.trading_name,
        company_number=given.company_number,
        postcode=given.postcode,
    )


def _of_cells(cells: dict[str, str]) -> Identity:
    return identity(
        cells["employer_name"],
        cells["trading_name"],
        company_number=cells["company_number"],
        postcode=cells["postcode"],
    )


def _same(one: Identity, other: Identity) -> bool:
    like = likeness(one, other)
    return like is not None and like.is_strong


def is_open(row: dict[str, Any]) -> bool:
    """Whether a row has no fault and was not taken in yet."""
    return not row["faults"] and not row["taken"]


def is_double(row: dict[str, Any]) -> bool:
    """Whether a row looks like something that is here, or like a row above it."""
    return bool(row["like"]) or row["twin"] is not None


def take(
    *, reference: str, chosen: Collection[int] | None, by: Author
) -> Ok[tuple[ReferralBatch, int]] | Err:
    """Take in rows: those ``chosen`` by number, or every one without faults and without doubles.

    A row that was taken in before is left alone, so that pressing twice does nothing twice.
    """
    batch = queries.batch_to_change(reference)
    if batch is None:
        return Err(NO_FILE)
    source = current_session().get_one(ReferralSource, batch.source_id)
    if batch.state != "checked":
        return Err(OVER)
    if source.closed_at is not None:
        return Err(Problem("source_closed", "The source of this file takes no more referrals"))
    rows = [dict(row) for row in batch.rows]
    wanted = [row for row in rows if is_open(row)]
    wanted = [r for r in wanted if (not is_double(r) if chosen is None else r["n"] in chosen)]
    if not wanted:
        return Err(Problem("no_rows", "No row was chosen that can be taken in"))
    count = _take_rows(wanted, batch, source, by)
    batch.rows = rows
    batch.taken_count += count
    if not any(is_open(row) for row in rows):
        batch.state = "taken"
    current_session().flush()
    audit.record(
        action="referral_file.taken",
        subject=f"referral_file:{batch.reference}",
        detail={"rows": count},
        actor_id=by.user_id,
    )
    return Ok((batch, count))


def _take_rows(
    rows: list[dict[str, Any]], batch: ReferralBatch, source: ReferralSource, by: Author
) -> int:
    """Make a referral of each row, and write once to each person who referred some of them.

    A row that passed once and passes no more, since the programme's sectors changed meanwhile, is
    left with a fault. Returns how many were taken in.
    """
    sectors = dict(programme.settings().sector_choices)
    told: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for row in rows:
        given = given_of(row["cells"], sectors=sectors)
        if given is None:
            row["faults"] = {WHOLE_ROW: "The programme's rules changed: send this row again"}
            continue
        taken = referrals.receive(
            given=given,
            source=source,
            channel="file",
            by=by,
            organisation_id=batch.organisation_id,
            batch_id=batch.id,
            tell=False,
        )
        if isinstance(taken, Err):
            row["faults"] = {WHOLE_ROW: taken.problem.message}
            continue
        row["taken"] = taken.value.reference
        if given.referrer_email:
            told[given.referrer_email, given.referrer_name].append(
                (given.employer_name, taken.value.reference)
            )
    _write_to(told)
    return sum(bool(row["taken"]) for row in rows)


def _write_to(told: dict[tuple[str, str], list[tuple[str, str]]]) -> None:
    days = programme.settings().referral_working_days
    for (email, name), named in told.items():
        referrals.send_news(
            news_of_file(named, working_days=days),
            to=email,
            name=name,
            key=f"referral-received:{named[0][1]}",
        )


def drop(*, reference: str, by: Author) -> Ok[ReferralBatch] | Err:
    """Leave the rest of a file: what was taken in stays, nothing more will be."""
    batch = queries.batch_to_change(reference)
    if batch is None:
        return Err(NO_FILE)
    if batch.state != "checked":
        return Err(OVER)
    batch.state = "taken" if batch.taken_count else "dropped"
    current_session().flush()
    audit.record(
        action="referral_file.dropped",
        subject=f"referral_file:{batch.reference}",
        actor_id=by.user_id,
    )
    return Ok(batch)
