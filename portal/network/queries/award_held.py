"""How an employer reads what is held about its awards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, select

from portal.employers.queries.held import TableShown, names
from portal.employers.queries.held_tables import table_of
from portal.network.models import (
    Award,
    AwardApplication,
    AwardAssessment,
    AwardConflict,
    AwardRound,
    AwardStatement,
    Champion,
)
from portal.network.rules.words import TIERS


def _applications_of(employer_id: int) -> Any:
    return select(AwardApplication.id).where(AwardApplication.employer_id == employer_id)


def _round_title(model: Any) -> ColumnElement[Any]:
    return (
        select(AwardRound.title)
        .where(AwardRound.id == model.round_id)
        .correlate(table_of(model))
        .scalar_subquery()
    )


APPLICATIONS: Final = TableShown(
    table_of(AwardApplication),
    lambda key: AwardApplication.employer_id == key,
    {
        "reference": "Reference",
        "state": "State",
        "tier_sought": "Tier asked for",
        "answers": "What you wrote",
        "consent_evidence": "Assessors may see actions and files",
        "frozen": "What assessors saw beside it",
        "submitted_at": "Sent",
        "submitted_name": "Sent by",
        "tier_awarded": "Tier awarded",
        "feedback": "Feedback",
        "beyond_reason": "Why more than the scores allow",
        "decided_at": "Decided",
        "decided_name": "Decided by",
        "created_at": "Begun",
        "updated_at": "Last changed",
    },
    names("id round_id employer_id renews_id response_id revision submitted_by decided_by"),
    more={"Round": _round_title(AwardApplication)},
    words={"tier_sought": TIERS, "tier_awarded": TIERS},
)
# When a row was last changed would tell that somebody refused, so it is left out.
STATEMENTS: Final = TableShown(
    table_of(AwardStatement),
    lambda key: AwardStatement.application_id.in_(_applications_of(key)),
    {
        "to_name": "Who was asked",
        "to_email": "Their email address",
        "state": "Answer",
        "job": "Their job",
        "part_time": "Works part-time",
        "words": "What they say",
        "given_at": "Said",
        "created_at": "Asked",
    },
    names("id application_id token_hash updated_at"),
    words={"state": lambda state: "Given" if state == "given" else "No answer yet"},
)


def _points(scores: Mapping[str, Mapping[str, Any]]) -> str:
    return "; ".join(
        f"{key}: {row['score']}" + (f" ({row['note']})" if row.get("note") else "")
        for key, row in scores.items()
    )


# Once it is decided, and never by whom.
ASSESSMENTS: Final = TableShown(
    table_of(AwardAssessment),
    lambda key: (
        AwardAssessment.application_id.in_(
            _applications_of(key).where(AwardApplication.state.in_(("awarded", "declined")))
        )
        & (AwardAssessment.state == "done")
    ),
    {
        "moderates": "Settled a gap between two",
        "scores": "Scores and notes",
        "words": "Over all",
        "done_at": "Finished",
    },
    names("id application_id user_id by_name state revision created_at updated_at"),
    words={"scores": _points},
)
AWARDS: Final = TableShown(
    table_of(Award),
    lambda key: Award.employer_id == key,
    {
        "reference": "Reference",
        "code": "Code",
        "tier": "Tier",
        "employer_name": "Name on the certificate",
        "awarded_on": "Awarded",
        "valid_until": "Valid until",
        "revoked_at": "Revoked",
        "revoked_reason": "Why it was revoked",
        "certificate_state": "Certificate",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    names("id employer_id application_id certificate_key certificate_sha256"),
    words={"tier": TIERS},
)
CHAMPIONS: Final = TableShown(
    table_of(Champion),
    lambda key: Champion.employer_id == key,
    {
        "since": "Champion since",
        "sector": "Sector then",
        "district": "District then",
        "size_tier": "Size then",
        "created_at": "Written down",
        "updated_at": "Last changed",
    },
    names("id employer_id award_id"),
)
CONFLICTS: Final = TableShown(
    table_of(AwardConflict),
    lambda key: AwardConflict.employer_id == key,
    {"at": "Declared"},
    names("id user_id employer_id reason by"),
)
