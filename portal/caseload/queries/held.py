"""How the caseload's tables are shown to the employer they are about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select

from portal.caseload.models import (
    Assignment,
    Case,
    CaseMilestone,
    EmployerMerge,
    EvidenceFile,
    NextAction,
    Referral,
    ReferralSource,
    StageChange,
)
from portal.caseload.rules import words
from portal.caseload.rules.stages import CLOSE_REASONS, MILESTONE_TITLES, STAGE_TITLES
from portal.employers.models import Employer
from portal.employers.queries.held import TableShown, Words, names
from portal.employers.queries.held_tables import table_of
from portal.employers.queries.wording import in_words
from portal.programme.models import Organisation

STAGES: Final = {stage.value: title for stage, title in STAGE_TITLES.items()}
MILESTONES: Final = {kind.value: title for kind, title in MILESTONE_TITLES.items()}


def cases_of(employer_id: int) -> Any:
    """Keys of an employer's cases."""
    return select(Case.id).where(Case.employer_id == employer_id)


def by_case(model: Any) -> Callable[[int], ColumnElement[bool]]:
    """Rows of the employer's cases."""
    return lambda key: model.case_id.in_(cases_of(key))


def case_reference(model: Any) -> ColumnElement[Any]:
    """The reference of the case that a row belongs to."""
    return select(Case.reference).where(Case.id == model.case_id).scalar_subquery()


def provider_name(model: Any) -> ColumnElement[Any]:
    """The name of the provider that a row belongs to."""
    query = select(Organisation.name).where(Organisation.id == model.organisation_id)
    return query.scalar_subquery()


def source_name(model: Any) -> ColumnElement[Any]:
    """The name of the body that referred the employer."""
    query = select(ReferralSource.name).where(ReferralSource.id == model.source_id)
    return query.scalar_subquery()


def fact(field: str) -> Words:
    """A key of the programme's settings in words."""
    return lambda value: in_words(field, value)


# Whoever referred the employer is somebody else: the name is given, the address is not.
REFERRALS: Final = TableShown(
    table_of(Referral),
    lambda key: or_(Referral.employer_id == key, Referral.case_id.in_(cases_of(key))),
    {
        "reference": "Reference",
        "received_at": "Received",
        "channel": "How it came",
        "employer_name": "Employer as given",
        "trading_name": "Trading name as given",
        "company_number": "Company number",
        "postcode": "Postcode",
        "sector": "Sector",
        "contact_name": "Contact",
        "contact_job": "Contact's job",
        "contact_email": "Contact's e-mail",
        "contact_phone": "Contact's telephone",
        "message": "Message",
        "consent": "Contact agreed",
        "referrer_name": "Referred by",
        "status": "State",
        "expires_on": "To be decided by",
        "decline_reason": "Why declined",
        "decision_note": "Note on the decision",
        "decided_at": "Decided",
        "decided_by": "Decided by",
        "created_by": "Entered by",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    names("id source_id organisation_id batch_id match_name referrer_email employer_id case_id"),
    more={
        "Source": source_name(Referral),
        "Provider": provider_name(Referral),
        "Case": case_reference(Referral),
    },
    words={
        "sector": fact("sector"),
        "decline_reason": words.DECLINE_REASONS,
        "channel": {
            "form": "Entered by staff",
            "file": "From a file",
            "link": "By a partner's link",
            "public": "From the public page",
        },
        "status": {
            "waiting": "Waiting",
            "accepted": "Accepted",
            "declined": "Declined",
            "expired": "Expired",
        },
    },
)
CASES: Final = TableShown(
    table_of(Case),
    lambda key: Case.employer_id == key,
    {
        "reference": "Reference",
        "programme": "Programme",
        "adviser_id": "Adviser",
        "stage": "Stage",
        "stage_since": "Stage since",
        "opened_at": "Opened",
        "closed_at": "Closed",
        "close_reason": "Why closed",
        "close_note": "Note on closing",
        "last_contact_at": "Last reached",
        "contact_count": "Times reached",
        "waiting_since": "Waiting for the employer since",
        "waiting_for": "Waiting for",
        "session_state": "In-depth session",
        "contact_name": "Contact",
        "contact_job": "Contact's job",
        "contact_email": "Contact's e-mail",
        "contact_phone": "Contact's telephone",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    names("id employer_id organisation_id source_id revision"),
    more={"Provider": provider_name(Case), "Source": source_name(Case)},
    words={
        "stage": STAGES,
        "close_reason": CLOSE_REASONS,
        "session_state": {
            "none": "Not held",
            "held": "Held",
            "asked": "You were asked to confirm it",
            "confirmed": "Confirmed",
            "disputed": "Disputed",
        },
    },
)
NEXT_ACTIONS: Final = TableShown(
    table_of(NextAction),
    by_case(NextAction),
    {
        "kind": "Kind",
        "what": "What",
        "due_on": "Due",
        "state": "State",
        "created_at": "Set",
        "created_by": "Set by",
        "ended_at": "Ended",
        "ended_by": "Ended by",
    },
    names("id case_id"),
    more={"Case": case_reference(NextAction)},
    words={
        "kind": words.ACTION_KINDS,
        "state": {"open": "To do", "done": "Done", "moved": "Moved", "dropped": "Dropped"},
    },
)
MILESTONE_ROWS: Final = TableShown(
    table_of(CaseMilestone),
    by_case(CaseMilestone),
    {"kind": "Record", "subject": "Which", "at": "Since", "withdrawn_at": "Withdrawn"},
    names("id case_id"),
    more={"Case": case_reference(CaseMilestone)},
    words={"kind": MILESTONES},
)
STAGE_CHANGES: Final = TableShown(
    table_of(StageChange),
    by_case(StageChange),
    {
        "at": "When",
        "from_stage": "From",
        "to_stage": "To",
        "by_name": "By",
        "missing": "Records that were missing",
        "reason": "Reason",
    },
    names("id case_id by"),
    more={"Case": case_reference(StageChange)},
    words={"from_stage": STAGES, "to_stage": STAGES, "missing": MILESTONES},
)
ASSIGNMENTS: Final = TableShown(
    table_of(Assignment),
    by_case(Assignment),
    {
        "at": "When",
        "from_id": "From adviser",
        "to_id": "To adviser",
        "by_name": "By",
        "reason": "Reason",
    },
    names("id case_id by"),
    more={"Case": case_reference(Assignment)},
)
EVIDENCE: Final = TableShown(
    table_of(EvidenceFile),
    lambda key: EvidenceFile.employer_id == key,
    {
        "reference": "Reference",
        "kind": "What it proves",
        "subject": "Record",
        "note": "Note",
        "file_name": "File",
        "media_type": "Type",
        "size_bytes": "Bytes",
        "sha256": "SHA-256",
        "scan_state": "Virus scan",
        "scanned_at": "Scanned",
        "uploaded_at": "Added",
        "by_name": "Added by",
        "withdrawn_at": "Withdrawn",
        "withdrawn_reason": "Why withdrawn",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    # Where a file lies is nobody's business but the portal's.
    names("id employer_id case_id organisation_id uploaded_by storage_key"),
    more={"Case": case_reference(EvidenceFile), "Provider": provider_name(EvidenceFile)},
    words={
        "kind": words.EVIDENCE_KINDS,
        "scan_state": {
            "waiting": "Waiting",
            "clean": "Clean",
            "infected": "Virus found",
            "failed": "Could not be scanned",
            "not_scanned": "Not scanned",
        },
    },
)
MERGES: Final = TableShown(
    table_of(EmployerMerge),
    lambda key: or_(EmployerMerge.kept_id == key, EmployerMerge.merged_id == key),
    {
        "reference": "Reference",
        "at": "When",
        "by_name": "By",
        "reason": "Reason",
        "undone_at": "Undone",
        "undone_by_name": "Undone by",
    },
    # What moved is told by the records themselves, which are all here.
    names("id kept_id merged_id moved by undone_by"),
    more={
        "Record merged": select(Employer.name)
        .where(Employer.id == EmployerMerge.merged_id)
        .scalar_subquery()
    },
)
