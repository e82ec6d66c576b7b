"""Referrals from receipt to decision. Every function is called inside a unit of work.

The referrer, where an address is known, is told of every outcome.
"""

from __future__ import annotations

from datetime import date

from portal.caseload.models import Referral, ReferralSource
from portal.caseload.queries import referral_sources
from portal.caseload.queries import referrals as queries
from portal.caseload.rules import referrals as rules
from portal.caseload.rules.referrals import Given
from portal.caseload.rules.words import DECLINE_REASONS
from portal.caseload.rules.working_days import add_working_days
from portal.db import audit, current_session, unit_of_work
from portal.employers import queries as employers
from portal.employers.service import timeline
from portal.integrations.mail import send_later
from portal.kernel.clock import today, utc_now
from portal.kernel.people import PORTAL, Author
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme

NO_REFERRAL = Problem("no_referral", "There is no such referral")
DECIDED = Problem("decided", "Somebody has decided on this referral already. Look at it again")
LATE = Problem(
    "expired", "The time to decide on this referral is over. Refer the employer again first"
)


def sole_provider() -> int | None:
    """The key of the programme's provider, where there is exactly one to choose."""
    providers = programme.organisations(kind="provider")
    return providers[0].id if len(providers) == 1 else None


def receive(
    *,
    given: Given,
    source: ReferralSource,
    channel: str,
    by: Author,
    organisation_id: int | None = None,
    batch_id: int | None = None,
    tell: bool = True,
) -> Ok[Referral] | Err:
    """Take in a referral; the referrer is told that it arrived, unless ``tell`` is false.

    It goes to ``organisation_id``, else to the only provider there is, else waits for LEP staff to
    choose one. It can be accepted for as many working days as the programme sets.
    """
    settings = programme.settings()
    given = rules.tidy(given)
    problem = rules.first_problem(
        rules.faults(given, sectors=[key for key, _title in settings.sector_choices])
    )
    if problem is not None:
        return Err(problem)
    if source.closed_at is not None:
        return Err(Problem("source_closed", "This source takes no more referrals", "source"))
    referral = _referral(given, source, by)
    referral.channel, referral.batch_id = channel, batch_id
    referral.organisation_id = organisation_id or sole_provider()
    referral.expires_on = add_working_days(today(), settings.referral_working_days)
    current_session().add(referral)
    current_session().flush()
    _record("received", referral, by, {"channel": channel})
    if tell:
        _tell(referral, source, "received", working_days=settings.referral_working_days)
    return Ok(referral)


def _referral(given: Given, source: ReferralSource, by: Author) -> Referral:
    return Referral(
        source_id=source.id,
        match_name=given.comparable_name,
        employer_name=given.employer_name,
        trading_name=given.trading_name,
        company_number=given.company_number or None,
        postcode=given.postcode or None,
        sector=given.sector or None,
        contact_name=given.contact_name,
        contact_job=given.contact_job,
        contact_email=given.contact_email,
        contact_phone=given.contact_phone,
        message=given.message,
        consent=given.consent,
        referrer_name=given.referrer_name,
        referrer_email=given.referrer_email,
        received_at=utc_now(),
        created_by=by.user_id,
    )


def assign(*, reference: str, organisation_id: int, by: Author) -> Ok[Referral] | Err:
    """Send a waiting referral to a provider, which then decides on it."""
    referral = to_decide(reference)
    if isinstance(referral, Err):
        return referral
    if organisation_id not in {each.id for each in programme.organisations(kind="provider")}:
        return Err(Problem("no_provider", "Choose a provider", "provider"))
    referral.organisation_id = organisation_id
    current_session().flush()
    _record("assigned", referral, by, {"organisation": organisation_id})
    return Ok(referral)


def decline(
    *, reference: str, reason: str, note: str, by: Author, employer_id: int | None = None
) -> Ok[Referral] | Err:
    """Turn a referral down. The note stays inside; the referrer reads words of the reason only."""
    referral = to_decide(reference)
    if isinstance(referral, Err):
        return referral
    if reason not in DECLINE_REASONS:
        return Err(Problem("no_reason", "Choose why the referral is declined", "reason"))
    if reason == "other" and not note.strip():
        return Err(Problem("note_needed", "Say why the referral is declined", "note"))
    referral.status, referral.decline_reason = "declined", reason
    _decided(referral, by, note)
    # The note stays with the referral: others who work with the employer read the timeline.
    words = DECLINE_REASONS[reason]
    on_timeline(referral, "Referral declined", by, text=words, employer_id=employer_id)
    _record("declined", referral, by, {"reason": reason})
    _tell(referral, None, "declined", reason=reason)
    return Ok(referral)


def mark_accepted(*, referral: Referral, employer_id: int, case_id: int, by: Author) -> None:
    """Keep that a case was opened for a referral, and tell whoever made it."""
    referral.status, referral.case_id = "accepted", case_id
    _decided(referral, by, "")
    on_timeline(referral, "Referral accepted", by, employer_id=employer_id)
    _record("accepted", referral, by, {"case": case_id})
    names = programme.organisation_names([referral.organisation_id or 0])
    _tell(referral, None, "accepted", provider=names.get(referral.organisation_id or 0, ""))


def refer_again(*, reference: str, by: Author) -> Ok[Referral] | Err:
    """Send in an expired referral once more, with all its details and a new last day."""
    old = queries.referral_to_change(reference)
    if old is None:
        return Err(NO_REFERRAL)
    if old.status == "waiting" and old.expires_on < today():
        _expire(old)
    if old.status != "expired":
        return Err(Problem("not_expired", "Only a referral that expired can be sent again"))
    source = current_session().get_one(ReferralSource, old.source_id)
    again = queries.waits_already(old.source_id, old.match_name, old.contact_name)
    if again is not None:
        return Err(Problem("waits_already", f"It was sent again already: {again}"))
    copied = Given(
        **{name: getattr(old, name) or "" for name in Given.__slots__ if name != "consent"},
        consent=old.consent,
    )
    return receive(
        given=copied,
        source=source,
        channel=old.channel,
        by=by,
        organisation_id=old.organisation_id,
    )


def expire(*, reference: str, day: date) -> bool:
    """Close one referral whose last day was before ``day``; False when that is not so any more."""
    referral = queries.referral_to_change(reference)
    if referral is None or referral.status != "waiting" or referral.expires_on >= day:
        return False
    _expire(referral)
    return True


def to_decide(reference: str) -> Referral | Err:
    """A referral that can be decided on now, locked."""
    referral = queries.referral_to_change(reference)
    if referral is None:
        return Err(NO_REFERRAL)
    if referral.status == "expired":
        return Err(LATE)
    if referral.status != "waiting":
        return Err(DECIDED)
    return Err(LATE) if referral.expires_on < today() else referral


def _expire(referral: Referral) -> None:
    referral.status = "expired"
    _decided(referral, PORTAL, "")
    on_timeline(referral, "Referral expired", PORTAL)
    _record("expired", referral, PORTAL, {})
    _tell(referral, None, "expired")


def _decided(referral: Referral, by: Author, note: str) -> None:
    referral.decided_at, referral.decided_by = utc_now(), by.user_id
    referral.decision_note = note.strip()
    current_session().flush()


def on_timeline(
    referral: Referral, title: str, by: Author, *, text: str = "", employer_id: int | None = None
) -> None:
    """Put receipt and outcome on the employer's timeline, once it is known who the employer is.

    Where nobody said so, an employer with the same company number is the one.
    """
    if employer_id is None and referral.company_number:
        known = employers.employer_with(number=referral.company_number)
        employer_id = None if known is None else known.id
    if employer_id is None:
        return
    referral.employer_id = employer_id
    source = current_session().get_one(ReferralSource, referral.source_id)
    subject = f"referral:{referral.reference}"
    received = Author(referral.created_by, referral.referrer_name or source.name)
    timeline.note(
        employer_id=employer_id,
        kind="referral",
        title=f"Referred by {source.name}",
        text=referral.message,
        by=received,
        at=referral.received_at,
        subject=subject,
    )
    timeline.note(
        employer_id=employer_id, kind="referral", title=title, text=text, by=by, subject=subject
    )
    current_session().flush()


def _record(what: str, referral: Referral, by: Author, detail: dict[str, object]) -> None:
    audit.record(
        action=f"referral.{what}",
        subject=f"referral:{referral.reference}",
        detail=detail,
        actor_id=by.user_id,
    )


def _tell(
    referral: Referral,
    source: ReferralSource | None,
    outcome: str,
    *,
    provider: str = "",
    reason: str = "",
    working_days: int = 0,
) -> None:
    """Write to whoever referred the employer, where an address is known."""
    if not referral.referrer_email:
        return
    source = source or current_session().get_one(ReferralSource, referral.source_id)
    told = rules.news(
        outcome,
        employer=referral.employer_name,
        reference=referral.reference,
        to_itself=source.kind == referral_sources.SELF_KIND,
        provider=provider,
        reason=reason,
        working_days=working_days,
    )
    send_news(
        told,
        to=referral.referrer_email,
        name=referral.referrer_name,
        key=f"referral-{outcome}:{referral.reference}",
    )


def send_news(told: rules.News, *, to: str, name: str, key: str) -> None:
    """Send a referrer what there is to tell; once for a key."""
    send_later(
        to=to,
        subject=told.subject[:200],
        template="caseload_referral_news",
        context={"name": name, "paragraphs": list(told.paragraphs)},
        unique_key=key,
    )


def expire_due() -> int:
    """Close every referral nobody decided in time, each in a unit of work of its own."""
    day = today()
    done = 0
    for reference in queries.due_to_expire(day):
        with unit_of_work():
            done += expire(reference=reference, day=day)
    return done
