"""Planning an employer's follow-ups from the day its plan was agreed."""

from __future__ import annotations

from datetime import date

from portal.caseload.models import Case, FollowUp
from portal.caseload.queries import follow_up as queries
from portal.caseload.rules import follow_up as rules
from portal.db import audit, current_session
from portal.employers.service import timeline
from portal.kernel.people import Author
from portal.programme import queries as programme


def schedule(*, case: Case, agreed_on: date, by: Author) -> list[FollowUp]:
    """Plan follow-ups at the programme's intervals after the plan was agreed (a London day).

    The intervals are those in force on that day. A case is planned once: those that it has stay as
    they are, whether the plan is signed again or the settings change; then nothing is returned.
    """
    if queries.of_case(case.id):
        return []
    planned = [
        FollowUp(case_id=case.id, months=months, due_on=rules.due_on(agreed_on, months))
        for months in programme.settings(on=agreed_on).follow_up_months
    ]
    session = current_session()
    session.add_all(planned)
    session.flush()
    days = rules.listed_days({each.months: each.due_on for each in planned})
    timeline.note(
        employer_id=case.employer_id,
        kind="follow_up",
        title="Follow-ups planned",
        text=f"On {days}",
        by=by,
        subject=f"case:{case.reference}",
    )
    audit.record(
        action="follow_up.planned",
        subject=f"case:{case.reference}",
        detail={"agreed_on": agreed_on.isoformat()},
        actor_id=by.user_id,
    )
    return planned
