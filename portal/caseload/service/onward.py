"""Sending an employer on to another service, and keeping what came of it.

Every function is called inside a unit of work.
"""

from __future__ import annotations

from datetime import date

from portal.caseload.models import Case, ReferralOut
from portal.caseload.queries import CaseFacts, case_facts, case_to_change
from portal.caseload.queries import onward as queries
from portal.caseload.rules.onward import Onward, onward_problem, outcome_problem
from portal.caseload.rules.words import ONWARD_OUTCOMES, ONWARD_SERVICES
from portal.caseload.service.cases import CLOSED, NO_CASE
from portal.caseload.service.support import once_key
from portal.db import audit, current_session
from portal.employers.service import timeline
from portal.integrations import mail
from portal.kernel.clock import today, utc_now
from portal.kernel.people import Author
from portal.kernel.result import Err, Ok, Problem
from portal.programme import queries as programme

NO_REFERRAL = Problem("no_referral", "There is no such referral")
CHANGED = Problem(
    "changed",
    "Somebody else changed this referral while you had it open. Look at it again, then repeat what "
    "you wanted to say",
)


def refer_on(*, case: str, given: Onward, once: str, by: Author) -> Ok[ReferralOut] | Err:
    """Record a referral of an open case to another service, and write to its contact if asked.

    Refused without the employer's consent. The mail says what the employer agreed to share, and no
    more. The same ``once`` from the same person gives the referral that it made the first time.
    """
    locked, facts = case_to_change(case), case_facts(case)
    if locked is None or facts is None:
        return Err(NO_CASE)
    mark = once_key(once, by)
    before = queries.onward_sent_before(mark) if mark else None
    if before is not None:
        return Ok(before)
    reachable = bool(facts.contact_name and (facts.contact_email or facts.contact_phone))
    problem = onward_problem(given, today=today(), can_share_contact=reachable)
    if locked.closed_at is not None:
        problem = CLOSED
    if problem is not None:
        return Err(problem)
    made = _add(locked, given, mark, by)
    if given.mail:
        _write_to(made, facts, by)
    _tell(
        locked,
        made,
        by,
        title=f"Referred to {ONWARD_SERVICES[made.service]}: {made.organisation}",
        text=f"{made.reason}\nConsent given by {made.consent_by}",
    )
    audit.record(
        action="referral_out.made",
        subject=f"referral_out:{made.reference}",
        detail={"case": case, "mailed": given.mail, "shares": list(given.shares)},
        actor_id=by.user_id,
    )
    current_session().flush()
    return Ok(made)


def _add(case: Case, given: Onward, mark: str | None, by: Author) -> ReferralOut:
    made = ReferralOut(
        case_id=case.id,
        service=given.service,
        organisation=given.organisation.strip(),
        contact_name=given.contact_name.strip(),
        contact_email=given.contact_email.strip(),
        contact_phone=given.contact_phone.strip(),
        reason=given.reason.strip(),
        consent_by=given.consent_by.strip(),
        consent_on=given.consent_on,
        shares=list(given.shares),
        sent_on=given.sent_on,
        chase_on=given.chase_on,
        by=by.user_id,
        by_name=by.shown,
        mailed_at=utc_now() if given.mail else None,
        once=mark,
    )
    session = current_session()
    session.add(made)
    session.flush()
    return made


def record_outcome(
    *,
    reference: str,
    outcome: str,
    on: date | None,
    chase_on: date | None,
    note: str,
    revision: int,
    by: Author,
) -> Ok[ReferralOut] | Err:
    """Say what came of a referral, or that it is to be chased again on a later day.

    ``on`` is the day on which it was heard. An outcome can be corrected the same way.
    """
    facts = queries.onward_facts(reference)
    case = case_to_change(facts.case_reference) if facts is not None else None
    made = queries.onward_to_change(reference)
    if case is None or made is None:
        return Err(NO_REFERRAL)
    problem = outcome_problem(
        outcome=outcome, on=on, chase_on=chase_on, sent_on=made.sent_on, today=today()
    )
    if made.revision != revision:
        problem = CHANGED
    if problem is not None:
        return Err(problem)
    waiting = outcome == "waiting"
    made.outcome, made.outcome_note = outcome, note.strip()
    made.outcome_on = None if waiting else on
    if waiting:
        made.chase_on = chase_on
    made.revision += 1
    what = "to be chased again" if waiting else ONWARD_OUTCOMES[outcome].lower()
    _tell(
        case,
        made,
        by,
        title=f"{ONWARD_SERVICES[made.service]} ({made.organisation}): {what}",
        text=made.outcome_note,
    )
    audit.record(
        action="referral_out.outcome",
        subject=f"referral_out:{reference}",
        detail={"outcome": outcome},
        actor_id=by.user_id,
    )
    current_session().flush()
    return Ok(made)


def _write_to(made: ReferralOut, case: CaseFacts, by: Author) -> None:
    settings = programme.settings()
    contact = [
        part
        for part in (case.contact_job, case.contact_email, case.contact_phone)
        if part and "contact" in made.shares
    ]
    business = [settings.sector_title(case.sector), settings.district_title(case.district)]
    if case.size_tier:
        business.append(settings.tier_title(case.size_tier))
    mail.send_later(
        to=made.contact_email,
        subject=f"An employer referred to you: {case.employer_name}",
        template="caseload_onward",
        context={
            "to_name": made.contact_name,
            "organisation": made.organisation,
            "employer": case.employer_name,
            "provider": case.organisation_name,
            "consent_by": made.consent_by,
            "consent_on": made.consent_on,
            "contact_name": case.contact_name,
            "contact": contact,
            "business": business if "business" in made.shares else [],
            "reason": made.reason if "reason" in made.shares else "",
            "by_name": by.shown,
            "by_email": by.email,
        },
        unique_key=f"referral_out:{made.reference}",
    )


def _tell(case: Case, made: ReferralOut, by: Author, *, title: str, text: str) -> None:
    timeline.note(
        employer_id=case.employer_id,
        kind="referral",
        title=title,
        text=text,
        by=by,
        subject=f"referral_out:{made.reference}",
    )
