"""What the checks of a claim look at, read in a fixed number of statements whatever its length."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, func, literal, or_, select, union_all

from portal.accounts.models import User
from portal.caseload.models import (
    Attendance,
    Confirmation,
    Delivery,
    DiagnosticSession,
    EvidenceFile,
)
from portal.db import current_session
from portal.employers.models import Employer, RegisterEntry
from portal.kernel.addresses import mailbox
from portal.payments.models import Claim, ClaimLine, Contract, Output
from portal.payments.rules.checks_alike import Business, comparable
from portal.payments.rules.states import LineState
from portal.payments.rules.words import ENGAGEMENT
from portal.programme.models import StaffPost

_GONE: Final = (LineState.REJECTED.value, LineState.REMOVED.value)
FACT_KINDS: Final = ("size", "investors_in_people", "training")


class LineFacts(NamedTuple):
    """A line with its output and the record of its work."""

    line: int
    state: str
    pence: int
    output: int
    output_type: str
    occurred_on: date
    employer_name: str
    sector: str
    size_tier: str
    hard_to_reach: bool
    facts: dict[str, Any]
    adviser_id: int | None
    output_withdrawn: bool
    work_withdrawn: bool
    funding: str | None
    adviser: str | None


class FileUse(NamedTuple):
    """A file that stands for a line: of its work, of its case, or of a fact about its employer."""

    line: int
    file: int
    sha256: str
    subject: str
    case_id: int
    kind: str
    of_work: bool


class OtherFile(NamedTuple):
    """Any place where a file of a claim is used."""

    file: int
    sha256: str
    subject: str
    case_id: int
    organisation_id: int
    employer_name: str
    kind: str


@dataclass(frozen=True, slots=True)
class ClaimTerms:
    """What of the contract the checks ask for."""

    contract_id: int
    organisation_id: int
    programme: str
    starts_on: date
    ends_on: date
    period: date
    bonus_target: int | None


def terms(claim_id: int) -> ClaimTerms:
    """The terms of a claim's contract."""
    row = (
        current_session()
        .execute(
            select(
                Contract.id,
                Contract.organisation_id,
                Contract.programme,
                Contract.starts_on,
                Contract.ends_on,
                Claim.period,
                Contract.bonus_target_percent,
            )
            .join(Claim, Claim.contract_id == Contract.id)
            .where(Claim.id == claim_id)
        )
        .one()
    )
    return ClaimTerms(*row)


def lines(claim_id: int) -> list[LineFacts]:
    """The lines that stand on a claim, in the order in which they are paid."""
    rows = current_session().execute(
        select(
            ClaimLine.id,
            ClaimLine.state,
            ClaimLine.pence,
            Output.id,
            Output.output_type,
            Output.occurred_on,
            Output.employer_name,
            Output.sector,
            Output.size_tier,
            Output.hard_to_reach,
            Output.facts,
            Output.adviser_id,
            Output.withdrawn_at.is_not(None),
            or_(
                DiagnosticSession.withdrawn_at.is_not(None),
                Delivery.withdrawn_at.is_not(None),
            ),
            Delivery.funding,
            User.name,
        )
        .join(Output, Output.id == ClaimLine.output_id)
        .outerjoin(DiagnosticSession, DiagnosticSession.id == Output.session_id)
        .outerjoin(Delivery, Delivery.id == Output.delivery_id)
        .outerjoin(User, User.id == Output.adviser_id)
        .where(ClaimLine.claim_id == claim_id, ClaimLine.state.not_in(_GONE))
        .order_by(Output.occurred_on, Output.reference)
    )
    return [_line_facts(row) for row in rows.all()]


def _line_facts(row: Any) -> LineFacts:
    return LineFacts(*row)


def _of_claim(claim_id: int, *columns: Any) -> Select[Any]:
    return (
        select(ClaimLine.id, *columns)
        .join(Output, Output.id == ClaimLine.output_id)
        .where(ClaimLine.claim_id == claim_id, ClaimLine.state.not_in(_GONE))
    )


def confirmations(claim_id: int) -> dict[int, list[bool]]:
    """For each line that somebody confirmed, whether each who did is staff.

    By who was signed in when it was answered, and by whose mailbox the question was sent to.
    """
    said = (Confirmation.answered_by, Confirmation.to_email)
    confirmed = Confirmation.state == "confirmed"
    query = union_all(
        _of_claim(claim_id, *said).join(
            Confirmation, and_(Confirmation.session_id == Output.session_id, confirmed)
        ),
        _of_claim(claim_id, *said)
        .join(Attendance, Attendance.delivery_id == Output.delivery_id)
        .join(Confirmation, and_(Confirmation.attendance_id == Attendance.id, confirmed)),
    )
    people, mailboxes = _staff()
    found: dict[int, list[bool]] = {}
    for line, person, address in current_session().execute(query).all():
        found.setdefault(line, []).append(person in people or mailbox(address) in mailboxes)
    return found


def _staff() -> tuple[set[int], set[str]]:
    """Everybody who works for a provider or the LEP, and their mailboxes."""
    rows = current_session().execute(
        select(User.id, User.email).where(User.id.in_(select(StaffPost.user_id)))
    )
    everybody = rows.all()
    return {row[0] for row in everybody}, {mailbox(row[1]) for row in everybody}


def _files(claim_id: int) -> Any:
    """Files of the work itself, then of its case and of facts about the employer."""
    columns = (
        EvidenceFile.id.label("file"),
        EvidenceFile.sha256,
        EvidenceFile.subject,
        EvidenceFile.case_id,
        EvidenceFile.kind,
    )
    counts = (EvidenceFile.withdrawn_at.is_(None), EvidenceFile.scan_state != "infected")
    of_session = (
        _of_claim(claim_id, *columns, literal(1).label("of_work"))
        .join(DiagnosticSession, DiagnosticSession.id == Output.session_id)
        .join(
            EvidenceFile,
            and_(EvidenceFile.subject == "session:" + DiagnosticSession.reference, *counts),
        )
    )
    of_delivery = (
        _of_claim(claim_id, *columns, literal(1).label("of_work"))
        .join(Delivery, Delivery.id == Output.delivery_id)
        .join(
            EvidenceFile,
            and_(EvidenceFile.subject == "delivery:" + Delivery.reference, *counts),
        )
    )
    beside = _of_claim(claim_id, *columns, literal(0).label("of_work")).join(
        EvidenceFile,
        and_(
            EvidenceFile.employer_id == Output.employer_id,
            or_(
                and_(EvidenceFile.case_id == Output.case_id, EvidenceFile.subject == ""),
                EvidenceFile.kind.in_(FACT_KINDS),
            ),
            EvidenceFile.subject.not_like("session:%"),
            EvidenceFile.subject.not_like("delivery:%"),
            *counts,
        ),
    )
    return union_all(of_session, of_delivery, beside)


def files(claim_id: int) -> list[FileUse]:
    """Every file that stands for a line of a claim."""
    rows = current_session().execute(_files(claim_id)).all()
    return [_file_use(row) for row in rows]


def _file_use(row: Any) -> FileUse:
    return FileUse(*row)


def other_uses(claim_id: int) -> dict[str, list[OtherFile]]:
    """Where the files of a claim are used, by what they hold, its own places among them."""
    own = _files(claim_id).subquery()
    rows = current_session().execute(
        select(
            EvidenceFile.id,
            EvidenceFile.sha256,
            EvidenceFile.subject,
            EvidenceFile.case_id,
            EvidenceFile.organisation_id,
            func.coalesce(Employer.trading_name, Employer.name),
            EvidenceFile.kind,
        )
        .join(Employer, Employer.id == EvidenceFile.employer_id)
        .where(
            EvidenceFile.sha256.in_(select(own.c.sha256)),
            EvidenceFile.withdrawn_at.is_(None),
        )
        .order_by(EvidenceFile.id)
    )
    found: dict[str, list[OtherFile]] = {}
    for row in rows.all():
        found.setdefault(row[1], []).append(OtherFile(*row))
    return found


def engaged(claim_id: int, terms: ClaimTerms) -> tuple[list[Business], list[Business]]:
    """The businesses of a claim's engagements, and every business engaged in the programme."""
    holding = (
        select(ClaimLine.output_id, ClaimLine.claim_id)
        .where(ClaimLine.state.not_in(_GONE))
        .subquery()
    )
    rows = (
        current_session()
        .execute(
            select(
                Output.id,
                Output.contract_id,
                Output.occurred_on,
                Output.employer_name,
                Employer.id,
                Employer.merged_into_id,
                Employer.name,
                Employer.trading_name,
                Employer.company_number,
                Employer.charity_number,
                RegisterEntry.company_number,
                Employer.postcode,
                holding.c.claim_id,
            )
            .join(Employer, Employer.id == Output.employer_id)
            .outerjoin(RegisterEntry, RegisterEntry.id == Employer.register_entry_id)
            .outerjoin(holding, holding.c.output_id == Output.id)
            .where(
                Output.programme == terms.programme,
                Output.output_type == ENGAGEMENT,
                or_(Output.withdrawn_at.is_(None), holding.c.claim_id == claim_id),
            )
            .order_by(Output.id)
        )
        .all()
    )
    roots = {row[4]: row[5] for row in rows}
    known = [_business(row, roots, claim_id, terms.contract_id) for row in rows]
    wanted = [one for one, row in zip(known, rows, strict=True) if row[12] == claim_id]
    return wanted, known


def _business(row: Any, roots: dict[int, int | None], claim_id: int, contract_id: int) -> Business:
    numbers = [
        f"company {number}" for number in {row[8], row[10]} if number
    ]  # its own, or that of its entry in the register
    if row[9]:
        numbers.append(f"charity {row[9]}")
    root = row[4]
    while (further := roots.get(root)) is not None:
        root = further
    return Business(
        output=row[0],
        root=root,
        name=row[3],
        names=comparable((row[3], row[6], row[7])),
        numbers=frozenset(numbers),
        company_number=row[8] or row[10],
        postcode=row[11],
        occurred_on=row[2],
        claimed=row[12] not in (None, claim_id),
        own=row[1] == contract_id,
    )


def sessions_a_day(claim_id: int) -> dict[tuple[int, date], int]:
    """How many in-depth sessions each adviser of a claim recorded for each day."""
    rows = current_session().execute(
        select(DiagnosticSession.by, DiagnosticSession.held_on, func.count())
        .where(
            DiagnosticSession.withdrawn_at.is_(None),
            DiagnosticSession.by.in_(
                select(Output.adviser_id)
                .join(ClaimLine, ClaimLine.output_id == Output.id)
                .where(ClaimLine.claim_id == claim_id, ClaimLine.state.not_in(_GONE))
            ),
        )
        .group_by(DiagnosticSession.by, DiagnosticSession.held_on)
    )
    return {(row[0], row[1]): row[2] for row in rows if row[0] is not None}


def fact_kinds(uses: Iterable[FileUse]) -> dict[int, set[str]]:
    """Which facts about its employer a line has a file for."""
    found: dict[int, set[str]] = {}
    for use in uses:
        if use.kind in FACT_KINDS:
            found.setdefault(use.line, set()).add(use.kind)
    return found
