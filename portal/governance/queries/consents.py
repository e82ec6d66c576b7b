"""What was agreed to: a person's own, an employer's own, and one register over the whole portal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, func, literal, null, select, true
from sqlalchemy.orm import aliased

from portal.accounts.models import User
from portal.caseload.models.cases import Case
from portal.caseload.models.referrals import Referral
from portal.caseload.models.support import ReferralOut
from portal.caseload.models.work import Consultation
from portal.db import current_session
from portal.employers.models import Employer
from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.governance.models.privacy import ConsentRecord
from portal.governance.rules.consents import HOW, load_consents
from portal.network.models import AwardApplication, MailRefusal, NetworkConsent
from portal.network.rules.words import FIELDS, MAIL_KINDS
from portal.toolkit.models import Insight

PAGE: Final = 50


@dataclass(frozen=True, slots=True)
class Standing:
    """How a purpose stands for a person or an employer."""

    purpose: str
    given: bool
    version: int
    at: datetime
    by_name: str


def _latest(column: Any, key: int) -> dict[str, Standing]:
    newest = select(func.max(ConsentRecord.id)).where(column == key).group_by(ConsentRecord.purpose)
    rows = current_session().scalars(select(ConsentRecord).where(ConsentRecord.id.in_(newest)))
    return {
        row.purpose: Standing(row.purpose, row.given, row.words_version, row.at, row.by_name)
        for row in rows
    }


def of_user(user_id: int) -> dict[str, Standing]:
    """What a person agreed to or took back, by purpose."""
    return _latest(ConsentRecord.user_id, user_id)


def of_employer(employer_id: int) -> dict[str, Standing]:
    """What an employer agreed to or took back, by purpose."""
    return _latest(ConsentRecord.employer_id, employer_id)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the register. ``about`` says in words what was agreed to."""

    id: int
    at: datetime
    given: bool
    about: str
    employer: str | None
    employer_reference: str | None
    person: str | None
    email: str | None
    by_name: str | None


@dataclass(frozen=True, slots=True)
class Source:
    """One place of the portal in which somebody agrees to something.

    ``rows`` selects id, at, given, about, employer's name and reference, person, e-mail and who
    did it; ``key`` is the column by which it is ordered and paged.
    """

    title: str
    where: str
    rows: Callable[[], Any]
    key: Any
    words: Mapping[str, str] | None = None


_NOTHING = null()


def _records() -> Any:
    return (
        select(
            ConsentRecord.id,
            ConsentRecord.at,
            ConsentRecord.given,
            ConsentRecord.purpose.label("about"),
            Employer.name,
            Employer.reference,
            User.name,
            User.email,
            ConsentRecord.by_name,
        )
        .outerjoin(Employer, Employer.id == ConsentRecord.employer_id)
        .outerjoin(User, User.id == ConsentRecord.user_id)
    )


def _network() -> Any:
    return select(
        NetworkConsent.id,
        NetworkConsent.at,
        NetworkConsent.shown,
        NetworkConsent.field,
        Employer.name,
        Employer.reference,
        _NOTHING,
        _NOTHING,
        NetworkConsent.by_name,
    ).join(Employer, Employer.id == NetworkConsent.employer_id)


def _mail() -> Any:
    return select(
        MailRefusal.id,
        MailRefusal.at,
        ~true(),
        MailRefusal.kind,
        _NOTHING,
        _NOTHING,
        _NOTHING,
        MailRefusal.email,
        _NOTHING,
    )


def _outcomes() -> Any:
    return (
        select(
            Consultation.id,
            Consultation.held_at,
            Consultation.shares_outcomes,
            literal("Sharing outcomes, asked in the first talk"),
            Employer.name,
            Employer.reference,
            Consultation.with_name,
            _NOTHING,
            Consultation.by_name,
        )
        .join(Case, Case.id == Consultation.case_id)
        .join(Employer, Employer.id == Case.employer_id)
        .where(Consultation.shares_outcomes.is_not(None))
    )


def _referred() -> Any:
    return select(
        Referral.id,
        Referral.received_at,
        Referral.consent,
        literal("Being referred"),
        Referral.employer_name,
        Employer.reference,
        Referral.contact_name,
        Referral.contact_email,
        Referral.referrer_name,
    ).outerjoin(Employer, Employer.id == Referral.employer_id)


def _onward() -> Any:
    return (
        select(
            ReferralOut.id,
            ReferralOut.created_at,
            true(),
            ReferralOut.service,
            Employer.name,
            Employer.reference,
            ReferralOut.consent_by,
            _NOTHING,
            ReferralOut.by_name,
        )
        .join(Case, Case.id == ReferralOut.case_id)
        .join(Employer, Employer.id == Case.employer_id)
    )


def _evidence() -> Any:
    return (
        select(
            AwardApplication.id,
            AwardApplication.submitted_at,
            AwardApplication.consent_evidence,
            literal("Assessors may see its results as evidence"),
            Employer.name,
            Employer.reference,
            AwardApplication.submitted_name,
            _NOTHING,
            AwardApplication.submitted_name,
        )
        .join(Employer, Employer.id == AwardApplication.employer_id)
        .where(AwardApplication.submitted_at.is_not(None))
    )


def _quotes() -> Any:
    return (
        select(
            Insight.id,
            Insight.created_at,
            Insight.may_quote,
            literal("Being quoted without a name"),
            func.coalesce(Employer.name, Insight.business),
            Employer.reference,
            _NOTHING,
            _NOTHING,
            Insight.by_name,
        )
        .outerjoin(Employer, Employer.id == Insight.employer_id)
        .where(Insight.withdrawn_at.is_(None))
    )


SOURCES: Final[Mapping[str, Source]] = {
    "agreements": Source(
        "Agreements",
        "In the account, and on an employer's page “What we agreed to”",
        _records,
        ConsentRecord.id,
        {purpose.key: purpose.title for purpose in load_consents()},
    ),
    "directory": Source(
        "Shown in the network",
        "An employer's profile in the network, field by field",
        _network,
        NetworkConsent.id,
        FIELDS,
    ),
    "mail": Source(
        "Mail refused",
        "A link in every mail, and in the account",
        _mail,
        MailRefusal.id,
        MAIL_KINDS,
    ),
    "outcomes": Source(
        "Outcomes shared", "Asked by the adviser in the first talk", _outcomes, Consultation.id
    ),
    "referred": Source(
        "Referred with their agreement", "Said by whoever refers", _referred, Referral.id
    ),
    "onward": Source(
        "Referred on to other support", "Asked by the adviser", _onward, ReferralOut.id
    ),
    "evidence": Source(
        "Results as evidence for an award", "In the application", _evidence, AwardApplication.id
    ),
    "quotes": Source("Quoted in research", "Asked by whoever held the talk", _quotes, Insight.id),
}


def counts() -> dict[str, tuple[int, int]]:
    """How many lines of each source say yes, and how many no. History counts line by line."""
    found = {}
    for key, source in SOURCES.items():
        inner = source.rows().subquery()
        given = list(inner.c)[2]
        rows = current_session().execute(select(given, func.count()).group_by(given)).all()
        said = {bool(yes): n for yes, n in rows}
        found[key] = (said.get(True, 0), said.get(False, 0))
    return found


def lines(key: str, *, before: int | None = None, limit: int = PAGE) -> list[Line]:
    """Lines of one source, the newest first, from before an id."""
    source = SOURCES[key]
    query = source.rows().order_by(source.key.desc()).limit(limit)
    if before is not None:
        query = query.where(source.key < before)
    words = source.words or {}
    return [
        Line(row[0], row[1], bool(row[2]), words.get(row[3], str(row[3])), *row[4:9])
        for row in current_session().execute(query)
    ]


def agreeing(purpose: str) -> Sequence[tuple[str | None, str | None, str | None, datetime]]:
    """Who agrees to a purpose now: employer, person, address, since when."""
    newer = aliased(ConsentRecord)
    same = and_(
        newer.purpose == ConsentRecord.purpose,
        newer.user_id.is_not_distinct_from(ConsentRecord.user_id),
        newer.employer_id.is_not_distinct_from(ConsentRecord.employer_id),
        newer.id > ConsentRecord.id,
    )
    rows = current_session().execute(
        select(Employer.name, User.name, User.email, ConsentRecord.at)
        .select_from(ConsentRecord)
        .outerjoin(Employer, Employer.id == ConsentRecord.employer_id)
        .outerjoin(User, User.id == ConsentRecord.user_id)
        .where(
            ConsentRecord.purpose == purpose,
            ConsentRecord.given.is_(True),
            ~select(newer.id).where(same).exists(),
            (User.id.is_(None)) | User.active.is_(True),
        )
        .order_by(ConsentRecord.id)
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


HELD: Final = TableShown(
    table_of(ConsentRecord),
    lambda key: ConsentRecord.employer_id == key,
    {
        "at": "When",
        "purpose": "What",
        "given": "Agreed",
        "words_version": "Version of the words",
        "how": "How",
        "by": "By",
        "by_name": "Their name then",
    },
    names("id user_id employer_id"),
    words={
        "purpose": {purpose.key: purpose.title for purpose in load_consents()},
        "how": HOW,
    },
)


def keys_of_employer(employer_id: int) -> list[int]:
    """The rows about an employer."""
    return list(
        current_session().scalars(
            select(ConsentRecord.id).where(ConsentRecord.employer_id == employer_id)
        )
    )
