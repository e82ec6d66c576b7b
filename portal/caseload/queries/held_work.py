"""How the records of work with an employer are shown to it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select

from portal.caseload.models import (
    Attendance,
    Confirmation,
    Consultation,
    Delivery,
    DiagnosticSession,
    FollowUp,
    FollowUpAnswer,
    Interaction,
    OutcomeRecord,
    ReferralOut,
)
from portal.caseload.queries.held import by_case, case_reference, cases_of, fact, provider_name
from portal.caseload.rules import words
from portal.caseload.rules.onward import SHARES
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of

_NEXT_STEPS: Final = {
    "session": "In-depth session",
    "think": "You wanted to think about it",
    "signpost": "Sent on to other support",
    "not_eligible": "Not eligible",
    "no": "You did not want to go on",
}
_EARLIER: Final = table_of(Consultation).alias("earlier")


def _present(people: Any) -> str:
    """Who took part, in words."""
    parts = []
    for person in people or ():
        about = ", ".join(part for part in (person.get("job"), person.get("side")) if part)
        parts.append(
            f"{person.get('name', '')} ({about})" if about else str(person.get("name", ""))
        )
    return "; ".join(parts)


CONTACTS: Final = TableShown(
    table_of(Interaction),
    by_case(Interaction),
    {
        "reference": "Reference",
        "at": "When",
        "kind": "Kind",
        "reached": "Somebody was reached",
        "minutes": "Minutes",
        "with_name": "With",
        "summary": "Summary",
        "by_name": "By",
        "recorded_at": "Written down",
    },
    names("id case_id by once"),
    more={"Case": case_reference(Interaction)},
    words={"kind": words.CONTACT_KINDS},
)
CONSULTATIONS: Final = TableShown(
    table_of(Consultation),
    by_case(Consultation),
    {
        "reference": "Reference",
        "held_at": "Held",
        "minutes": "Minutes",
        "with_name": "With",
        "with_job": "Their job",
        "business": "The business",
        "challenges": "Challenges",
        "challenges_text": "Challenges in words",
        "tried": "What was tried",
        "wants": "What you want",
        "wants_text": "What you want, in words",
        "next_step": "Next step",
        "next_step_text": "Next step in words",
        "shares_outcomes": "Agreed to share outcomes",
        "by_name": "By",
        "recorded_at": "Written down",
    },
    names("id case_id by once corrects_id"),
    more={
        "Case": case_reference(Consultation),
        "Corrects": select(_EARLIER.c.reference)
        .where(_EARLIER.c.id == Consultation.corrects_id)
        .scalar_subquery(),
    },
    words={
        "challenges": words.CHALLENGES,
        "wants": words.BENEFITS,
        "next_step": _NEXT_STEPS,
    },
)
SESSIONS: Final = TableShown(
    table_of(DiagnosticSession),
    by_case(DiagnosticSession),
    {
        "reference": "Reference",
        "held_on": "Held",
        "minutes": "Minutes",
        "mode": "How",
        "place": "Place",
        "present": "Present",
        "challenges": "Challenges",
        "challenges_text": "Challenges in words",
        "benefits": "Benefits",
        "benefits_text": "Benefits in words",
        "goals_text": "Possible goals",
        "solutions_text": "Practical solutions",
        "by_name": "By",
        "withdrawn_at": "Withdrawn",
        "withdrawn_reason": "Why withdrawn",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    names("id case_id by revision once"),
    more={"Case": case_reference(DiagnosticSession)},
    words={
        "mode": words.SESSION_MODES,
        "challenges": words.CHALLENGES,
        "benefits": words.BENEFITS,
        "present": _present,
    },
)


def _deliveries_of(employer_id: int) -> Any:
    return select(Attendance.delivery_id).where(Attendance.employer_id == employer_id)


DELIVERIES: Final = TableShown(
    table_of(Delivery),
    lambda key: Delivery.id.in_(_deliveries_of(key)),
    {
        "reference": "Reference",
        "kind": "Kind",
        "design": "Design",
        "title": "Title",
        "audience": "For",
        "delivered_on": "Date",
        "minutes": "Minutes",
        "mode": "How",
        "place": "Place",
        "trainer": "Trainer",
        "funding": "Funding",
        "by_name": "Recorded by",
        "withdrawn_at": "Withdrawn",
        "withdrawn_reason": "Why withdrawn",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    # A delivery may be for several employers: notes on it may be about the others.
    names("id organisation_id by notes once revision"),
    more={"Provider": provider_name(Delivery)},
    words={
        "kind": words.SUPPORT_KINDS,
        "design": words.SUPPORT_DESIGNS,
        "audience": words.AUDIENCES,
        "mode": words.SUPPORT_MODES,
        "funding": words.FUNDING,
    },
)
ATTENDANCES: Final = TableShown(
    table_of(Attendance),
    lambda key: Attendance.employer_id == key,
    {
        "reference": "Reference",
        "attended": "People who attended",
        "part_time_attended": "Of them part-time",
        "sector": "Your sector then",
        "size_tier": "Your size then",
    },
    names("id delivery_id employer_id case_id"),
    more={
        "Delivery": select(Delivery.reference)
        .where(Delivery.id == Attendance.delivery_id)
        .scalar_subquery(),
        "Case": case_reference(Attendance),
    },
    words={"sector": fact("sector"), "size_tier": fact("size_tier")},
)
# The link's hash would open nothing, but nothing secret leaves.
CONFIRMATIONS: Final = TableShown(
    table_of(Confirmation),
    lambda key: Confirmation.employer_id == key,
    {
        "reference": "Reference",
        "to_name": "Asked of",
        "to_email": "Sent to",
        "asked_at": "Asked",
        "asked_by": "Asked by",
        "due_on": "Answer by",
        "reminded_at": "Reminded",
        "link_asked_at": "New link asked for",
        "state": "State",
        "answered_at": "Answered",
        "answered_name": "Answered by",
        "answered_by": "Answered from the account of",
        "words": "Words",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    names("id session_id attendance_id employer_id case_id token_hash reminder_hash"),
    more={
        "Session": select(DiagnosticSession.reference)
        .where(DiagnosticSession.id == Confirmation.session_id)
        .scalar_subquery(),
        "Attendance": select(Attendance.reference)
        .where(Attendance.id == Confirmation.attendance_id)
        .scalar_subquery(),
        "Case": case_reference(Confirmation),
    },
    words={
        "state": {
            "awaiting": "Not answered",
            "confirmed": "Confirmed",
            "disputed": "Disputed",
            "replaced": "Replaced by a later one",
        }
    },
)
# How to reach somebody at the other service is theirs to give.
REFERRALS_OUT: Final = TableShown(
    table_of(ReferralOut),
    by_case(ReferralOut),
    {
        "reference": "Reference",
        "service": "Service",
        "organisation": "Organisation",
        "contact_name": "Contact there",
        "reason": "Why",
        "consent_by": "Agreed by",
        "consent_on": "Agreed on",
        "shares": "What you agreed to share",
        "sent_on": "Sent",
        "chase_on": "Ask again on",
        "outcome": "Outcome",
        "outcome_on": "Outcome on",
        "outcome_note": "Note on the outcome",
        "mailed_at": "Mailed to them",
        "by_name": "By",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    names("id case_id contact_email contact_phone by once revision"),
    more={"Case": case_reference(ReferralOut)},
    words={
        "service": words.ONWARD_SERVICES,
        "outcome": words.ONWARD_OUTCOMES,
        "shares": SHARES,
    },
)
FOLLOW_UPS: Final = TableShown(
    table_of(FollowUp),
    by_case(FollowUp),
    {
        "reference": "Reference",
        "months": "Months after the plan",
        "due_on": "Due",
        "state": "State",
        "done_on": "Done",
        "skip_reason": "Why skipped",
        "channel": "How",
        "minutes": "Minutes",
        "with_name": "With",
        "summary": "Summary",
        "by_name": "By",
        "reminded_on": "Adviser reminded",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    names("id case_id by"),
    more={"Case": case_reference(FollowUp)},
    words={
        "channel": words.CONTACT_KINDS,
        "state": {"planned": "Planned", "done": "Done", "skipped": "Skipped"},
    },
)
ANSWERS: Final = TableShown(
    table_of(FollowUpAnswer),
    lambda key: FollowUpAnswer.follow_up_id.in_(
        select(FollowUp.id).where(FollowUp.case_id.in_(cases_of(key)))
    ),
    {"title": "Action", "item": "Action's reference", "answer": "Answer", "note": "Note"},
    names("id follow_up_id"),
    more={
        "Follow-up": select(FollowUp.reference)
        .where(FollowUp.id == FollowUpAnswer.follow_up_id)
        .scalar_subquery()
    },
    words={
        "answer": {
            "embedded": "Embedded",
            "under_way": "Under way",
            "not_started": "Not started",
            "stopped": "Stopped",
            "not_asked": "Not asked",
        }
    },
)
OUTCOMES: Final = TableShown(
    table_of(OutcomeRecord),
    by_case(OutcomeRecord),
    {
        "reference": "Reference",
        "phase": "When asked",
        "true_on": "True on",
        "answers": "Answers",
        "roles": "Roles opened",
        "quality_roles": "Quality part-time roles",
        "recorded_at": "Written down",
        "by_name": "By",
        "replaced_at": "Replaced",
    },
    names("id case_id follow_up_id by"),
    more={"Case": case_reference(OutcomeRecord)},
    words={"phase": {"baseline": "At the start", "follow_up": "At a follow-up"}},
)
